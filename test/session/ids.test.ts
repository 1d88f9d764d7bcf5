import { describe, expect, it } from 'vitest'
import { simClient, type SimClient } from '../support/harness.js'
import { BOTH_KINDS, mute, outcomes, publishIds, reconnect } from './support.js'

/** Makes `id` the last one given, as 65534 earlier packets would. */
function lastId(h: SimClient, id: number): void {
  const core = h.client.core_
  if (core === undefined) throw new Error('the client was not created')
  core.ids_.last_ = id
  core.ids_.free_ = 0
}

describe('packet ids', () => {
  it('are one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE, and rise', () => {
    const h = simClient()
    h.up()
    const first = h.client.core_!.ids_.last_
    h.client.subscribe('a', 1)
    h.run(50)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    h.client.unsubscribe('a')
    h.run(50)
    h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    const ids = h.peer.packets.map((received) => received.packet).filter((packet) => ['publish', 'subscribe', 'unsubscribe'].includes(packet.cmd)).map((packet) => packet.messageId)
    expect(ids).toEqual([1, 2, 3, 4].map((n) => (first + n - 1) % 65535 + 1))
    h.check()
  })

  it('start anywhere: devices differ', () => {
    const starts = new Set<number>()
    for (let seed = 1; seed <= 20; seed++) {
      const h = simClient({ sim: { seed } })
      h.up()
      h.client.publish('t', h.bytes('x'), 1)
      h.run(50)
      starts.add(publishIds(h.peer)[0]!)
    }
    expect(starts.size).toBeGreaterThan(15)
  })

  it('skip 0 when they begin anew', () => {
    const h = simClient()
    h.up()
    lastId(h, 65533)
    for (let i = 0; i < 4; i++) h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    expect(publishIds(h.peer)).toEqual([65534, 65535, 1, 2])
    h.check()
  })

  it('skip what is in flight: a PUBLISH, a PUBREL phase, a SUBSCRIBE and an UNSUBSCRIBE without an ack', () => {
    const h = simClient()
    h.up()
    h.client.subscribe('old', 0)
    h.run(100)
    lastId(h, 9)
    h.broker.on('publish', (packet) => packet.messageId === 10)
    mute(h, 'pubrel')
    mute(h, 'subscribe')
    mute(h, 'unsubscribe')
    h.client.publish('t', h.bytes('x'), 1)
    h.client.publish('t', h.bytes('x'), 2)
    h.run(50)
    h.client.subscribe('new', 0)
    h.run(50)
    h.client.unsubscribe('old')
    h.run(50)
    lastId(h, 8)
    for (let i = 0; i < 3; i++) h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    expect(publishIds(h.peer)).toEqual([10, 11, 9, 14, 15])
    h.check()
  })

  it('are free again after the final ack, and only then', () => {
    const h = simClient()
    h.up()
    const answers: (() => void)[] = []
    h.broker.on('publish', (packet, peer) => {
      answers.push(() => peer.puback(packet.messageId!))
      return true
    })
    lastId(h, 99)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    lastId(h, 99)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    answers[0]!()
    h.run(50)
    lastId(h, 99)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    expect(publishIds(h.peer)).toEqual([100, 101, 100])
    h.check()
  })

  it('of a publish given up without an ack are not used again in this session', () => {
    const h = simClient({ clean: false, ackTimeout: 5000 })
    h.up()
    lastId(h, 199)
    h.broker.on('publish', (packet) => packet.topic === 'ignored')
    const token = h.client.publish('ignored', h.bytes('x'), 1)
    h.until(() => h.got.receipt(token) !== undefined, 60000, 'the receipt')
    h.until(() => h.got.state === 'up', 60000, 'the link')
    lastId(h, 199)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    expect(publishIds(h.peer)).toEqual([201])
    h.check()
  })

  it('of a publish given up as poison are not used again in this session', () => {
    const h = simClient({ clean: false, clientId: 'a' })
    h.up()
    lastId(h, 199)
    h.broker.on('publish', (packet, peer) => {
      if (packet.topic !== 'poison') return false
      peer.close()
      return true
    })
    const token = h.client.publish('poison', h.bytes('x'), 2)
    h.until(() => h.got.receipt(token) !== undefined, 120000, 'the receipt')
    h.until(() => h.got.state === 'up', 60000, 'the link')
    lastId(h, 199)
    h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    expect(publishIds(h.peer)).toEqual([201])
    h.check()
  })

  it('that the server said are in use (PUBREC 0x91) are not used again in this session', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    lastId(h, 199)
    const off = h.broker.on('publish', (packet, peer) => {
      peer.pubrec(packet.messageId!, 0x91)
      return true
    })
    h.client.publish('t', h.bytes('x'), 2)
    h.run(15)
    off()
    h.run(100)
    lastId(h, 199)
    h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    expect(publishIds(h.peer)).toEqual([200, 201, 201])
  })

  it('rise over the end of a connection: a new one does not begin with an id that the last one used', () => {
    const h = simClient()
    h.up()
    h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    reconnect(h)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    const [first, second] = h.broker.peers.map((peer) => publishIds(peer)[0]!)
    expect(second).toBe(first! % 65535 + 1)
  })
})

describe.each(BOTH_KINDS)('a whole round of packet ids, waits: %j', (waits) => {
  it('never gives 0 nor the one that is still in flight', () => {
    const h = simClient({ sim: { waits, traceLimit: 0 }, ackTimeout: 1073741824, limits: { inflight: 1000, outboxCount: 2000, outboxBytes: 100000 } })
    h.up()
    let held = 0
    const used = new Uint8Array(65536)
    h.broker.on('publish', (packet, peer) => {
      const id = packet.messageId!
      if (held === 0) held = id
      else {
        expect(id === held || id === 0).toBe(false)
        used[id]! += 1
        peer.puback(id)
      }
      return true
    })
    const tokens: number[] = []
    for (let i = 0; i < 36; i++) {
      for (let k = 0; k < 1900; k++) tokens.push(h.client.publish('t', h.bytes('x'), 1))
      h.run(500)
      h.peer.packets.length = 0
    }
    expect(tokens.every((token) => token > 0)).toBe(true)
    expect(used[0]).toBe(0)
    expect(used[held]).toBe(0)
    expect(used.filter((count) => count > 0).length).toBe(65534)
    expect(outcomes(h, [tokens[0]!])).toEqual([undefined])
    expect(h.client.stats()).toMatchObject({ delivered: 36 * 1900 - 1, inflight: 1 })
  })
})
