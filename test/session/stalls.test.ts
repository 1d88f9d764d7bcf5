import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { BOTH_KINDS, outcomes } from './support.js'

describe.each(BOTH_KINDS)('a way out that is blocked, waits: %j', (waits) => {
  it('[S2-17] is given up as tx-blocked after the time of a ping answer, without spinning, and the message goes later', () => {
    const h = simClient({ sim: { waits, maxSpins: 50, conditions: { sendBuffer: 200, serverWindow: 100 } }, keepalive: 60 })
    h.up()
    h.sim.network.last?.stall(true)
    const tokens = [0, 1].map(() => h.client.publish('t', h.bytes('x'.repeat(300)), 1))
    h.run(20000 - 1)
    expect(h.got.state).toBe('up')
    const stalled = h.client.core_!.tx_.bytes_
    expect(stalled).toBeGreaterThan(0)
    h.run(50)
    expect(h.got.links.findLast((link) => link.state === 'waiting')).toMatchObject({ cause: ErrorCode.TxBlocked })
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.TxBlocked, value: stalled, limit: 20000 })
    h.run(5000)
    expect(outcomes(h, tokens)).toEqual(['delivered', 'delivered'])
    h.check()
  })

  it('[S2-17] takes what the socket takes, a few bytes at a time, and nothing is lost or doubled', () => {
    const h = simClient({ sim: { waits, conditions: { sendBuffer: 300, writeMax: 7, writeGapMs: 3, shortWriteChance: 0.5 } } })
    h.up()
    const tokens: number[] = []
    for (let i = 0; i < 60; i++) {
      tokens.push(h.client.publish('t', h.bytes(`message ${i}`), (i % 3) as 0 | 1 | 2))
      h.run(i % 7)
    }
    h.run(20000)
    expect(outcomes(h, tokens)).toEqual(tokens.map((_, i) => (i % 3 === 0 ? 'sent' : 'delivered')))
    expect(h.broker.messages.map((message) => message.payload.toString())).toEqual(tokens.map((_, i) => `message ${i}`))
    h.check()
  })

  it('is not what an ack after a long silence waits for', () => {
    const h = simClient({ sim: { waits }, keepalive: 600 })
    h.up()
    h.client.subscribe('t', 1)
    h.run(300000)
    h.broker.publish('t', 'x', { qos: 1 })
    h.run(1000)
    expect(h.client.stats()).toMatchObject({ received: 1, drops: 0 })
    expect(h.peer.all('puback')).toHaveLength(1)
  })
})

describe('the fast path of QoS 0', () => {
  it('finishes a message of which the socket took only a part, in order and once', () => {
    const h = simClient({ sim: { conditions: { shortWriteChance: 1 } } })
    h.up()
    const tokens: number[] = []
    for (let i = 0; i < 20; i++) {
      tokens.push(h.client.publish('t', h.bytes(`number ${i} of many`)))
      if (i % 4 === 3) h.run(3)
    }
    h.run(1000)
    expect(h.broker.messages.map((message) => message.payload.toString())).toEqual(tokens.map((_, i) => `number ${i} of many`))
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'sent'))
    expect(h.client.stats()).toMatchObject({ accepted: 20, sent: 20, outboxCount: 0, outboxBytes: 0 })
    h.check()
  })

  it('sends a partly taken message again as a whole when the link ends', () => {
    const h = simClient({ sim: { conditions: { shortWriteChance: 1 } } })
    h.up()
    const token = h.client.publish('t', h.bytes('a message of some length'))
    h.sim.network.last?.set({ sendBuffer: 0 })
    h.sim.network.last?.rst()
    expect(h.got.receipt(token)).toBeUndefined()
    h.run(5000)
    expect(h.broker.messages.map((message) => message.payload.toString())).toEqual(['a message of some length'])
    expect(h.got.receipt(token)?.outcome).toBe('sent')
    h.check()
  })
})
