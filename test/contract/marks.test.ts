/** High-water marks: the most there ever was, though it is gone again. */
import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import { Step } from '../../firmware/outbox.js'
import type { Options } from '../../firmware/types.js'
import type { Hal } from '../../hal/hal.js'
import { memoryContract } from '../../tools/contract/contract.js'
import { generate } from '../../tools/sim/generate.js'
import { runScript } from '../../tools/sim/run.js'
import { simClient } from '../support/harness.js'

describe('the high-water marks', () => {
  it('keep the most messages and bytes of the outbox, and the most in flight', () => {
    const h = simClient({ limits: { inflight: 2 } })
    for (let i = 0; i < 5; i++) h.client.publish('t', h.bytes('12345'), 1)
    h.up()
    h.run(1000)
    expect(h.client.stats()).toMatchObject({ outboxCount: 0, outboxBytes: 0, inflight: 0, outboxCountMost: 5, outboxBytesMost: 5 * 8, inflightMost: 2 })
    h.check()
  })

  it('keep the most messages and bytes of the receive cache', () => {
    const h = simClient({ cache: 'overwrite-oldest', limits: { inboxCount: 3 } })
    h.up()
    h.client.subscribe('t', 0)
    h.run(100)
    for (let i = 0; i < 5; i++) h.broker.publish('t', '12345')
    h.run(100)
    while (h.client.receive(0) !== undefined);
    expect(h.client.stats()).toMatchObject({ inboxCountMost: 3, inboxBytesMost: 3 * 6, inboxDropped: 2 })
    h.check()
  })

  it('keep the most filters, those on their way out included', () => {
    const h = simClient()
    h.up()
    for (const filter of ['a', 'b', 'c']) h.client.subscribe(filter, 0)
    h.run(100)
    for (const filter of ['a', 'b', 'c']) h.client.unsubscribe(filter)
    h.client.subscribe('d', 0)
    h.run(100)
    expect(h.client.core_!.registry_.entries_).toHaveLength(1)
    expect(h.client.stats().subscriptionsMost).toBe(4)
    h.check()
  })

  it('keep the most QoS 2 messages that the server had not released', () => {
    const h = simClient()
    h.up()
    h.client.subscribe('t', 2)
    h.run(100)
    for (let i = 0; i < 4; i++) h.broker.publish('t', 'x', { qos: 2 })
    h.run(1000)
    expect(h.client.core_!.receiveSet_).toEqual([])
    expect(h.client.stats().receiveSetMost).toBe(4)
    h.check()
  })

  it('keep the most bytes that waited for the socket, also when they left in the same slice', () => {
    const h = simClient()
    h.up()
    const before = h.client.stats().transmitBytesMost
    for (let i = 0; i < 3; i++) h.client.publish('t', h.bytes('x'.repeat(100)), 1)
    h.run(0)
    expect(h.client.core_!.outbox_.flight_.head_?.step_).toBe(Step.Puback)
    expect(h.client.core_!.tx_.bytes_).toBe(0)
    // Header, length, topic with its length, packet id, payload.
    expect(h.client.stats().transmitBytesMost).toBe(3 * (2 + 3 + 2 + 100))
    expect(before).toBeLessThan(100)
    h.check()
  })

  it('keep the most bytes that waited for the socket, also when the connection ended before they left', () => {
    const h = simClient({ sim: { waits: true } })
    h.up()
    h.client.subscribe('t', 1)
    h.run(100)
    for (let i = 0; i < 20; i++) h.broker.publish('t', '', { qos: 1 })
    h.peer.close()
    h.sim.advance(1000)
    h.client.yield(0)
    expect(h.client.stats()).toMatchObject({ drops: 1, received: 20, transmitBytesMost: 20 * 4 })
    expect(h.client.core_!.tx_.bytes_).toBe(0)
  })

  it('keep the most bytes of a packet that had arrived in part', () => {
    const h = simClient({ sim: { conditions: { piecesIn: 100, pieceGapMs: 1 } } })
    h.up()
    h.client.subscribe('t', 0)
    h.run(100)
    h.broker.publish('t', 'x'.repeat(494))
    h.run(1000)
    expect(h.got.messages).toHaveLength(1)
    // The packet has three header bytes, and the last of its five pieces is not held.
    expect(h.client.stats().scannerBytesMost).toBe(400 - 3)
    h.check()
  })
})

describe('the simulator\'s promise about the marks', () => {
  it('is broken by a client that holds one message more than the contract allows', () => {
    const script = generate(1, { profile: 'honest', features: 'full', days: 0 })
    const most = memoryContract(script.client, 'full').marks.outboxCountMost
    const under = {
      create: (hal: Hal, options: Options) => {
        const client = create(hal, options)
        client.core_!.stats_.outboxCountMost = most + 1
        return client
      }
    }
    expect(runScript(script, { create }).failure).toBeUndefined()
    expect(runScript(script, under).failure).toMatchObject({ promise: 'marks-kept', detail: `outboxCountMost is ${most + 1}, and the memory contract allows ${most}` })
  })
})
