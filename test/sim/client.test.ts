/** The client on both kinds of simulated port: what must not depend on which kind it is. */
import { describe, expect, it } from 'vitest'
import { simClient } from '../support/harness.js'

describe.each([true, false])('a client whose port waits: %j', (waits) => {
  it('gives the receipt of a QoS 0 publish without being called again [S2-08]', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.run(1000)
    const token = h.client.publish('t', h.bytes('x'), 0)
    h.run(1000)
    expect(h.got.receipt(token)?.outcome).toBe('sent')
    h.check()
  })

  it('subscribes and publishes again after disconnect and connect [S2-20] [S3-04]', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.client.subscribe('t', 0)
    h.run(1000)
    h.client.disconnect()
    h.run(1000)
    expect(h.got.state).toBe('offline')
    h.up()
    const token = h.client.publish('u', h.bytes('x'), 1)
    h.run(1000)
    expect(h.peer.heard()).toBe('connect subscribe publish')
    expect(h.got.receipt(token)?.outcome).toBe('delivered')
    h.check()
  })

  it('takes a flood of 2000 QoS 2 messages in one-byte pieces through a small receive buffer, each once [S1-16]', () => {
    const h = simClient({ sim: { waits, conditions: { piecesIn: 1, receiveBuffer: 64 } } })
    h.up()
    h.client.subscribe('t', 2)
    h.run(100)
    for (let i = 0; i < 2000; i++) h.broker.publish('t', String(i), { qos: 2 })
    h.run(600000)
    expect(h.got.payloads('t')).toEqual(Array.from({ length: 2000 }, (_, i) => String(i)))
    h.check()
  })

  it.each([1, 7, 'random'] as const)('delivers 50 QoS 1 and 2 publishes in order through short writes and pieces of %j', (piecesOut) => {
    const h = simClient({ sim: { waits, seed: 4, conditions: { piecesOut, shortWriteChance: 0.7, sendBuffer: 100, writeMax: 20, writeGapMs: 3 } } })
    h.up()
    for (let i = 0; i < 25; i++) for (const qos of [1, 2] as const) h.client.publish(`t/${qos}`, h.bytes(String(i)), qos)
    h.run(60000)
    for (const qos of [1, 2]) {
      expect(h.broker.messages.filter((message) => message.topic === `t/${qos}`).map((message) => message.payload.toString())).toEqual(Array.from({ length: 25 }, (_, i) => String(i)))
    }
    expect(h.got.receipts.filter((receipt) => receipt.outcome === 'delivered')).toHaveLength(50)
    h.check()
  })
})

describe('both kinds of port', () => {
  it('give the same bytes for the same program', () => {
    const [a, b] = [true, false].map((waits) => {
      const h = simClient({ sim: { waits }, clientId: 'same', clean: false })
      h.up()
      h.client.subscribe('t/#', 2)
      h.run(1000)
      for (const qos of [0, 1, 2] as const) h.client.publish('t/x', h.bytes(`q${qos}`), qos)
      h.run(200000)
      h.peer.close()
      h.run(100000)
      h.client.publish('t/y', h.bytes('end'), 2)
      h.run(1000)
      h.client.disconnect()
      h.run(1000)
      h.check()
      return h
    })
    expect(b!.sim.trace.joined('out')).toBe(a!.sim.trace.joined('out'))
    expect(b!.got.messages.map((message) => message.payload)).toEqual(a!.got.messages.map((message) => message.payload))
  })
})
