import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'
import { outcomes, publishedTexts, sentence } from './support.js'

/** The server closes whenever it sees this payload. */
function poison(h: SimClient, how: 'fin' | 'rst' | 'disconnect' = 'fin', text = 'poison'): void {
  h.broker.on('publish', (packet, peer) => {
    if (packet.payload.toString() !== text) return false
    if (how === 'rst') peer.rst()
    else {
      if (how === 'disconnect') peer.disconnect(0x83)
      peer.close()
    }
    return true
  })
}

describe.each([
  ['clean on', 'fin', { clean: true }], ['clean off', 'fin', { clean: false, clientId: 'a' }], ['clean off, RST', 'rst', { clean: false, clientId: 'a' }],
  ['5.0 with a DISCONNECT', 'disconnect', { clean: false, clientId: 'a', protocolVersion: 5 }]
] as const)('a publish that makes the server close, %s', (_name, how, options) => {
  it.each([1, 2] as const)('of QoS %i goes alone after three connections, is rejected after the fourth, and the rest goes on', (qos) => {
    const h = simClient({ ...options })
    poison(h, how)
    h.up()
    const token = h.client.publish('t', h.bytes('poison'), qos)
    const others = [0, 1, 2].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(120000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.Poison })
    expect(outcomes(h, others)).toEqual(['delivered', 'delivered', 'delivered'])
    const alone = h.broker.peers[3]!
    expect(publishedTexts(alone)).toEqual(['poison'])
    expect(h.broker.peers).toHaveLength(5)
    expect(publishedTexts(h.peer)).not.toContain('poison')
    expect(h.got.state).toBe('up')
    h.check()
  })
})

describe('a suspicion', () => {
  it('names itself with the numbers when the message is given up', () => {
    const h = simClient()
    poison(h)
    h.up()
    const token = h.client.publish('t', h.bytes('poison'), 1)
    h.until(() => h.got.receipt(token) !== undefined, 120000, 'the receipt')
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.Poison, value: 4, limit: 3 })
    expect(sentence(h.client)).toMatch(/again and again/)
  })

  it('ends when the message is acknowledged: sent alone, and the others follow', () => {
    const h = simClient({ clean: false, clientId: 'a' })
    let closes = 3
    h.broker.on('publish', (_packet, peer) => {
      if (closes === 0) return false
      closes -= 1
      peer.close()
      return true
    })
    h.up()
    const tokens = [0, 1, 2].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(60000)
    expect(outcomes(h, tokens)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(h.broker.peers).toHaveLength(4)
    expect(h.client.core_!.alone_).toBe(false)
    h.check()
  })

  it('does not fall on a message when the link ends for reasons of ours: a ping time-out', () => {
    const h = simClient({ clean: false, clientId: 'a', keepalive: 10, ackTimeout: 100000, broker: { enforceKeepalive: false } })
    h.broker.on('publish', (packet) => packet.payload.toString() === 'x')
    h.broker.on('pingreq', () => h.broker.peers.length < 7)
    h.up()
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(200000)
    expect(h.client.stats().drops).toBeGreaterThan(5)
    expect(h.got.receipt(token)).toBeUndefined()
    expect(h.client.core_!.alone_).toBe(false)
  })

  it('needs the same message three times: different ones are not rejected', () => {
    const h = simClient({ clean: false, clientId: 'a' })
    h.up()
    const tokens: number[] = []
    for (let i = 0; i < 6; i++) {
      let closed = false
      const off = h.broker.on('publish', (_packet, peer) => {
        closed = true
        peer.close()
        return true
      })
      tokens.push(h.client.publish('t', h.bytes(`${i}`), 1))
      h.until(() => closed, 100000, 'the close')
      off()
      h.until(() => h.got.receipt(tokens[i]!) !== undefined, 100000, 'the receipt')
    }
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
  })
})
