/** Servers that do what they can to fill the client: no mark of its statistics passes the memory contract. */
import { describe, expect, it } from 'vitest'
import type { Options } from '../../firmware/types.js'
import { checkMarks, memoryContract } from '../../tools/contract/contract.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'

const BOTH = [['v4', 4], ['v5', 5]] as const

function world(options: WorldOptions): { h: SimClient; check: () => void } {
  const all: WorldOptions = { onReceipt: () => {}, keepalive: 60, ...options }
  const h = simClient(all)
  const contract = memoryContract(all as Partial<Options>, 'full')
  return { h, check: () => expect(checkMarks(h.client.stats(), contract)).toEqual([]) }
}

/** Small limits, so that every one of them is met. */
const SMALL = { packetIn: 300, packetOut: 300, outboxCount: 5, outboxBytes: 700, inboxCount: 3, inboxBytes: 700, inflight: 3, subscriptions: 2, slicePackets: 4, sliceBytes: 600 }

describe.each(BOTH)('under the memory contract (%s)', (_name, protocolVersion) => {
  it.each(['direct', 'overwrite-oldest', 'push-back'] as const)('a flood of QoS 1 and 2 that never reads holds no more than is stated, cache %s', (cache) => {
    const { h, check } = world({ protocolVersion, cache, limits: SMALL, sim: { conditions: { sendBuffer: 100, serverWindow: 50 } } })
    h.up()
    h.sim.network.last?.stall(true)
    for (let i = 1; i <= 400; i++) {
      h.peer.publish({ topic: 't', payload: 'x'.repeat(i % 250), qos: i % 2 === 0 ? 1 : 2, messageId: i })
      h.client.publish('out', h.bytes('y'.repeat(i % 200)), (i % 3) as 0 | 1 | 2)
      if (i % 20 === 0) h.run(100)
      if (i % 50 === 0) h.client.receive(0)
      check()
    }
    h.run(120000)
    check()
    expect(h.client.stats().transmitBytesMost).toBeGreaterThan(cache === 'push-back' ? 0 : 100)
  })

  it('packets of every size around the limits, in pieces of every size', () => {
    const { h, check } = world({ protocolVersion, limits: SMALL, cache: 'overwrite-oldest', sim: { conditions: { piecesIn: 'random', pieceGapMs: 1 } } })
    h.up()
    for (let size = 250; size < 340; size++) h.peer.publish({ topic: 't/1', payload: 'x'.repeat(size - 20), qos: 0 })
    h.run(60000)
    check()
    expect(h.client.stats().scannerBytesMost).toBeGreaterThan(200)
    expect(h.client.stats().received).toBeGreaterThan(30)
  })

  it('many retained messages for one subscription', () => {
    const { h, check } = world({ protocolVersion, limits: SMALL, cache: 'push-back', sim: { waits: true } })
    h.up()
    for (let i = 0; i < 200; i++) h.broker.publish(`r/${i}`, 'x'.repeat(200), { qos: 1, retain: true })
    h.client.subscribe('r/#', 1)
    let got = 0
    for (let i = 0; i < 400; i++) if (h.client.receive(100) !== undefined) got += 1
    expect(got).toBe(200)
    check()
  })

  it('a storm of acks for nothing, and subscriptions refused for ever', () => {
    const { h, check } = world({ protocolVersion, limits: SMALL })
    h.broker.on('subscribe', (packet, peer) => {
      peer.send({ cmd: 'suback', messageId: packet.messageId!, granted: packet.subscriptions.map(() => 128) })
      return true
    })
    h.up()
    for (let i = 0; i < 300; i++) {
      h.client.subscribe(`f/${i % 5}`, 1)
      if (i % 3 === 0) h.client.unsubscribe(`f/${i % 5}`)
      for (let k = 1; k < 20; k++) h.peer.send({ cmd: 'pubrec', messageId: 1000 + k })
      h.run(1)
      check()
    }
    h.run(60000)
    check()
    expect(h.client.stats().strayAcks).toBeGreaterThan(1000)
    expect(h.client.stats().subscriptionsMost).toBeGreaterThan(1)
  })
})

describe('the contract', () => {
  it('names the mark that passed it, with both numbers', () => {
    const { h } = world({})
    const contract = memoryContract({}, 'full')
    h.client.core_!.stats_.inflightMost = 21
    expect(checkMarks(h.client.stats(), contract)).toEqual(['inflightMost is 21, and the memory contract allows 20'])
  })

  it('does not check marks that a build does not have, and not a number is not within it', () => {
    const contract = memoryContract({}, 'tiny')
    expect(checkMarks({ connects: 1 } as never, contract)).toEqual([])
    expect(checkMarks({ inflightMost: NaN } as never, contract)).toHaveLength(1)
  })
})
