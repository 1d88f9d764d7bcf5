/** Why a link ended: one event with one code for each way there is, and a sentence for it. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, mute, sentence } from './support.js'

interface Way {
  name: string
  code: number
  options?: WorldOptions
  /** What makes the link end. */
  end: (h: SimClient) => void
  /** Ended by us for good. */
  offline?: boolean
}

const quiet: WorldOptions = { keepalive: 10, broker: { enforceKeepalive: false } }

const ways: Way[] = [
  { name: 'the server\'s FIN', code: ErrorCode.ClosedByServer, end: (h) => h.peer.close() },
  { name: 'the server\'s RST', code: LinkCode.Reset, end: (h) => h.peer.rst() },
  { name: 'TCP that gave up sending', code: LinkCode.TcpTimeout, options: { ...quiet, sim: { conditions: { giveUpMs: 3000 } } }, end: (h) => {
    h.sim.network.last?.halfOpen('out')
    h.client.publish('t', h.bytes('x'), 1)
  } },
  { name: 'a server that lost the connection and answers with RST', code: LinkCode.Reset, end: (h) => {
    h.sim.network.last?.forget()
    h.client.publish('t', h.bytes('x'))
  } },
  { name: 'no PINGRESP', code: ErrorCode.PingTimeout, options: quiet, end: (h) => void mute(h, 'pingreq') },
  { name: 'a ping that cannot leave', code: ErrorCode.PingTimeout, options: quiet, end: (h) => void h.sim.network.last?.set({ sendBuffer: 0 }) },
  { name: 'a server that stopped reading', code: ErrorCode.TxBlocked, options: quiet, end: (h) => {
    h.sim.network.last?.set({ sendBuffer: 20, serverWindow: 5 })
    h.sim.network.last?.stall(true)
    h.client.publish('t', h.bytes('x'.repeat(50)), 1)
  } },
  { name: 'no ack', code: ErrorCode.AckTimeout, options: { ackTimeout: 5000 }, end: (h) => {
    mute(h, 'publish')
    h.client.publish('t', h.bytes('x'), 1)
  } },
  { name: 'bytes that are not well formed', code: ErrorCode.Malformed, end: (h) => h.peer.raw('00 00') },
  { name: 'a breach of the protocol', code: ErrorCode.ProtocolError, end: (h) => h.peer.connack() },
  { name: 'a packet above the limit', code: ErrorCode.InboundTooLarge, end: (h) => h.peer.raw('90 ff ff 03') },
  { name: 'a DISCONNECT of 5.0', code: ErrorCode.ServerDisconnected, options: { protocolVersion: 5 }, end: (h) => h.peer.disconnect(0x8b) },
  { name: 'disconnect()', code: ErrorCode.Disconnected, offline: true, end: (h) => void h.client.disconnect() },
  { name: 'abort()', code: ErrorCode.Aborted, offline: true, end: (h) => void h.client.abort() }
]

describe.each(BOTH_KINDS)('the end of a link, waits: %j', (waits) => {
  it.each(ways)('[S2-11] by $name is one event with its own code and sentence', ({ code, options, end, offline }) => {
    const h = simClient({ ...options, sim: { ...(options?.sim as object | undefined), waits }, clientId: 'a' })
    h.up()
    const before = h.got.links.length
    end(h)
    h.until(() => h.got.state !== 'up' && h.got.state !== 'draining', 200000, 'the end of the link')
    const told = h.got.links.slice(before).filter((link) => link.state !== 'draining')
    expect(told).toMatchObject([{ state: offline === true ? 'offline' : 'waiting', cause: code }])
    expect(h.client.explain().code).toBe(code)
    expect(sentence(h.client)).toMatch(/^[A-Z0-9].{20,}\.$/s)
    expect(h.client.stats().drops).toBe(offline === true ? 0 : 1)
    expect(h.device.openSockets).toBe(0)
  })
})
