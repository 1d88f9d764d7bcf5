/** The way out under a socket that takes little, fails in the middle, or is followed by the end. */
import { describe, expect, it } from 'vitest'
import type { Bytes, Code, Endpoint, Hal, Socket } from '../../hal/hal.js'
import { create } from '../../firmware/index.js'
import { createSim, hex } from '../../hal/sim/index.js'
import { simClient } from '../support/harness.js'
import { allOf } from '../session/support.js'
import { counted } from './support.js'

const BIG = { packetOut: 16000, outboxBytes: 65536 }

describe('while much waits to be sent and the socket takes nothing', () => {
  it('a client that has something to read waits for the socket instead of spinning', () => {
    const h = simClient({ sim: { waits: true, maxSpins: 20, conditions: { sendBuffer: 2000, serverWindow: 100 } }, limits: BIG, keepalive: 60 })
    h.up()
    h.sim.network.last?.stall(true)
    h.client.publish('t', h.bytes('x'.repeat(12000)), 1)
    h.client.yield(50)
    h.peer.publish({ topic: 'in', payload: 'hello' })
    h.client.yield(50)
    const slices = counted(h)
    h.client.yield(5000)
    expect(slices()).toBeLessThan(20)
  })

  it('what arrived meanwhile is read as soon as the socket took it, on a port of events', () => {
    const h = simClient({ sim: { waits: false, conditions: { latencyMs: 1000, piecesOut: 20000 } }, limits: BIG, keepalive: 600 })
    h.up()
    h.run(5000)
    h.client.publish('t', h.bytes('x'.repeat(11000)))
    h.peer.publish({ topic: 'in', payload: 'hello' })
    h.run(1500)
    expect(h.client.core_!.tx_.bytes_).toBeGreaterThan(4096)
    h.run(60000)
    expect(h.client.core_!.tx_.bytes_).toBe(0)
    expect(h.got.payloads('in')).toEqual(['hello'])
  })
})

describe('a large message on a slow link', () => {
  it('is not cut off by a ping that waits behind it', () => {
    const h = simClient({
      sim: { conditions: { bandwidth: 500, sendBuffer: 2000, knowsUnacked: false } }, broker: { enforceKeepalive: false },
      limits: { packetOut: 60000, outboxBytes: 65536 }, keepalive: 30, ackTimeout: 600000
    })
    h.up()
    const token = h.client.publish('t', h.bytes('x'.repeat(50000)), 1)
    h.run(300000)
    expect(h.client.stats().drops).toBe(0)
    expect(h.got.receipt(token)?.outcome).toBe('delivered')
  })
})

describe('DISCONNECT', () => {
  it('is the last packet of a connection, also when the socket takes it slowly and messages arrive meanwhile [3.14.4-2]', () => {
    const h = simClient({ sim: { conditions: { writeMax: 1, writeGapMs: 50, latencyMs: 200 } } })
    h.up()
    h.client.subscribe('t', 1)
    h.run(5000)
    const peer = h.peer
    h.broker.publish('t', 'x', { qos: 1 })
    h.run(195)
    const from = h.sim.trace.joined('out').length
    h.client.disconnect({ timeout: 0 })
    h.run(3000)
    expect(peer.disconnected).toBe(true)
    expect(h.got.state).toBe('offline')
    expect(hex(h.sim.trace.joined('out').slice(from))).toBe('e0 00')
  })

  it('is not followed by another when the server then breaks the protocol [3.14.4-2]', () => {
    const h = simClient({ protocolVersion: 5, sim: { conditions: { writeMax: 1, writeGapMs: 100 } } })
    h.up()
    h.run(5000)
    const from = h.sim.trace.joined('out').length
    h.peer.raw('20 03 00 00 00')
    h.run(8)
    h.client.disconnect({ timeout: 0 })
    h.sim.after(1, () => h.sim.network.set({ writeMax: 0 }))
    h.run(3000)
    expect(h.got.state).toBe('offline')
    expect(hex(h.sim.trace.joined('out').slice(from))).toBe('e0 00')
  })

  it('is not larger than the server takes: its reason string and user properties are left out [3.14.2-3] [3.2.2-15]', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumPacketSize: 40 } } })
    h.up()
    const peer = h.peer
    const from = h.sim.trace.joined('out').length
    expect(h.client.disconnect({ properties: { reasonString: 'x'.repeat(100), userProperties: ['a', 'b'.repeat(100)] } })).toBe(0)
    h.run(1000)
    expect(h.got.state).toBe('offline')
    expect(peer.disconnected).toBe(true)
    expect(h.sim.trace.joined('out').length - from).toBeLessThanOrEqual(40)
  })
})

/** A port whose first connection fails for good with its second write after `arm`. */
function failing(hal: Hal): { hal: Hal; arm: () => void; writesAfter: () => number } {
  let armed = false
  let writes = 0
  let failed: Socket | undefined
  let after = 0
  return {
    arm: () => { armed = true },
    writesAfter: () => after,
    hal: {
      ...hal,
      socket: {
        open: (endpoint: Endpoint): Socket => {
          const real = hal.socket.open(endpoint)
          const socket: Socket = {
            status: () => (failed === socket ? -61 : real.status()), read: (max) => real.read(max), credit: () => real.credit(),
            pending: () => real.pending(), unacked: () => real.unacked(), close: () => real.close(),
            write: (bytes: Bytes): Code => {
              if (failed === socket) after += 1
              if (armed && failed === undefined) {
                writes += 1
                if (writes === 2) failed = socket
              }
              return failed === socket ? -61 : real.write(bytes)
            }
          }
          return socket
        }
      }
    }
  }
}

describe('a write that fails after one in the same slice was taken', () => {
  it('does not make what was taken unsent: QoS 2 goes again with its id and DUP, and comes once', () => {
    const sim = createSim()
    const h = simClient({ sim, clientId: 'c' })
    const port = failing(sim.hal)
    const receipts: string[] = []
    const client = create(port.hal, {
      servers: [{ host: 'broker', port: 1883 }], clean: false, clientId: 'd', jitter: false, limits: { packetOut: 8000 },
      onReceipt: (_token, outcome) => { receipts.push(outcome) }
    })
    client.connect()
    sim.run(1000)
    port.arm()
    client.publish('small', h.bytes('once'), 2)
    client.publish('large', h.bytes('y'.repeat(3000)), 2)
    sim.run(30000)
    expect(receipts).toEqual(['delivered', 'delivered'])
    const small = allOf(h, 'publish').filter((packet) => packet.topic === 'small')
    expect(h.broker.messages.filter((message) => message.topic === 'small')).toHaveLength(1)
    expect(small).toHaveLength(2)
    expect(small[1]).toMatchObject({ dup: true, messageId: small[0]?.messageId })
  })

  it('does not send a QoS 0 message twice', () => {
    const sim = createSim()
    const h = simClient({ sim })
    const port = failing(sim.hal)
    const client = create(port.hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'd', jitter: false, limits: { packetOut: 8000 } })
    client.connect()
    sim.run(1000)
    port.arm()
    client.publish('small', h.bytes('a'), 0, false, {})
    client.publish('large', h.bytes('y'.repeat(3000)))
    sim.run(30000)
    expect(h.broker.messages.map((message) => message.payload.toString().slice(0, 1))).toEqual(['a', 'y'])
  })

  it('is the last write on that socket', () => {
    const sim = createSim()
    const h = simClient({ sim })
    const port = failing(sim.hal)
    const client = create(port.hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'd', jitter: false, limits: { packetOut: 8000 } })
    client.connect()
    sim.run(1000)
    port.arm()
    client.publish('large', h.bytes('y'.repeat(3000)))
    sim.run(30000)
    expect(port.writesAfter()).toBe(0)
  })
})
