import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, mute, outcomes, publishedTexts, sentence } from './support.js'

/** A client whose server cannot be reached: everything stays in the outbox. */
function offline(options: WorldOptions): ReturnType<typeof simClient> {
  const h = simClient({ broker: false, reconnectPeriod: 3600000, reconnectPeriodMax: 3600000, ...options })
  h.client.connect()
  h.run(1000)
  expect(h.got.state).toBe('waiting')
  return h
}

describe.each(BOTH_KINDS)('a full outbox, waits: %j', (waits) => {
  it('[S1-11] [S2-18] [S0-18] refuses one more at limits.outboxCount, with the numbers, and takes it when an ack made room', () => {
    const h = simClient({ sim: { waits }, limits: { outboxCount: 3 } })
    h.up()
    const unmute = mute(h, 'publish')
    const tokens = [0, 1, 2].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(50)
    expect(h.client.publish('t', h.bytes('3'), 1)).toBe(ErrorCode.QueueFull)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.QueueFull, value: 3, limit: 3 })
    expect(sentence(h.client)).toMatch(/holds 3 messages, its limit is 3/)
    expect(h.client.stats()).toMatchObject({ accepted: 3, outboxCount: 3 })
    unmute()
    h.peer.puback(h.peer.all('publish')[0]!.messageId!)
    h.run(50)
    tokens.push(h.client.publish('t', h.bytes('3'), 1))
    expect(tokens[3]).toBeGreaterThan(0)
    for (const packet of h.peer.all('publish').slice(1, 3)) h.peer.puback(packet.messageId!)
    h.run(100)
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
    h.check()
  })

  it('[S2-18] refuses at limits.outboxBytes, counted over topics and payloads', () => {
    const h = offline({ sim: { waits }, limits: { outboxBytes: 100 } })
    expect(h.client.publish('1234', h.bytes('x'.repeat(44)), 1)).toBeGreaterThan(0)
    expect(h.client.stats().outboxBytes).toBe(50)
    expect(h.client.publish('1234', h.bytes('x'.repeat(45)), 1)).toBe(ErrorCode.QueueBytes)
    expect(h.client.explain()).toMatchObject({ value: 101, limit: 100 })
    expect(h.client.publish('1234', h.bytes('x'.repeat(44)), 1)).toBeGreaterThan(0)
    expect(h.client.stats().outboxBytes).toBe(100)
  })
})

describe('receipts that were not told yet', () => {
  it('are bounded as messages are: QoS 0 in one turn is refused beyond limits.outboxCount, and goes on after a slice', () => {
    const h = simClient({ limits: { outboxCount: 5 } })
    h.up()
    const turn = (): number[] => Array.from({ length: 8 }, () => h.client.publish('t', h.bytes('x')))
    const codes = turn()
    expect(codes.map((code) => code > 0)).toEqual([true, true, true, true, true, false, false, false])
    expect(codes[5]).toBe(ErrorCode.QueueFull)
    expect(h.client.explain()).toMatchObject({ value: 5, limit: 5, detail: 'receipts' })
    h.run(100)
    expect(h.got.receipts).toHaveLength(5)
    expect(turn().filter((code) => code > 0)).toHaveLength(5)
    h.run(100)
    expect(h.broker.messages).toHaveLength(10)
    h.check()
  })
})

describe('whenFull', () => {
  const limits = { outboxCount: 3 }

  it('drop-oldest gives up the oldest unsent message, whose receipt is dropped', () => {
    const h = offline({ whenFull: 'drop-oldest', limits })
    const tokens = [0, 1, 2, 3, 4].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(10)
    expect(tokens.every((token) => token > 0)).toBe(true)
    expect(h.got.receipts).toMatchObject([{ token: tokens[0], outcome: 'dropped', reason: ErrorCode.QueueFull }, { token: tokens[1], outcome: 'dropped', reason: ErrorCode.QueueFull }])
    expect(h.client.stats()).toMatchObject({ outboxCount: 3, dropped: 2 })
  })

  it('drop-oldest never gives up what was sent, and refuses when that is all there is', () => {
    const h = simClient({ whenFull: 'drop-oldest', limits })
    h.up()
    mute(h, 'publish')
    for (let n = 0; n < 3; n++) h.client.publish('t', h.bytes(`${n}`), 1)
    h.run(50)
    expect(h.client.publish('t', h.bytes('3'), 1)).toBe(ErrorCode.QueueFull)
    h.run(50)
    expect(h.got.receipts).toEqual([])
  })

  it('drop-oldest makes room in bytes too, and gives up nothing when that would not be enough', () => {
    const h = offline({ whenFull: 'drop-oldest', limits: { outboxBytes: 60 } })
    const tokens = [0, 1].map(() => h.client.publish('t', h.bytes('x'.repeat(20)), 1))
    expect(h.client.publish('t', h.bytes('x'.repeat(58)), 1)).toBe(ErrorCode.QueueBytes)
    h.run(10)
    expect(outcomes(h, tokens)).toEqual([undefined, undefined])
    expect(h.client.publish('t', h.bytes('x'.repeat(50)), 1)).toBeGreaterThan(0)
    h.run(10)
    expect(outcomes(h, tokens)).toEqual(['dropped', 'dropped'])
    expect(h.client.stats()).toMatchObject({ outboxCount: 1, outboxBytes: 53 })
  })

  it('drop-newest takes the new message and drops it, with a receipt', () => {
    const h = offline({ whenFull: 'drop-newest', limits })
    const tokens = [0, 1, 2, 3].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    expect(h.client.idle()).toBe(0)
    h.run(10)
    expect(h.got.receipts).toMatchObject([{ token: tokens[3], outcome: 'dropped', reason: ErrorCode.QueueFull }])
    expect(h.client.stats()).toMatchObject({ outboxCount: 3, accepted: 4, dropped: 1 })
  })

  it('keep-latest keeps one unsent message of each topic, in the place of the older one', () => {
    const h = simClient({ whenFull: 'keep-latest' })
    const tokens = ['a', 'b', 'a', 'c', 'b'].map((topic, n) => h.client.publish(topic, h.bytes(`${n}`), 1))
    h.up()
    h.run(200)
    expect(h.peer.all('publish').map((packet) => [packet.topic, packet.payload.toString()])).toEqual([['a', '2'], ['b', '4'], ['c', '3']])
    expect(outcomes(h, tokens)).toEqual(['dropped', 'dropped', 'delivered', 'delivered', 'delivered'])
    expect(h.got.receipt(tokens[0]!)).toMatchObject({ reason: ErrorCode.Superseded })
    h.check()
  })

  it('keep-latest does not touch what was sent, and refuses other topics when full', () => {
    const h = simClient({ whenFull: 'keep-latest', limits: { outboxCount: 2 } })
    h.up()
    mute(h, 'publish')
    const first = h.client.publish('a', h.bytes('1'), 1)
    h.run(50)
    const second = h.client.publish('a', h.bytes('2'), 1)
    expect(h.client.publish('b', h.bytes('1'), 1)).toBe(ErrorCode.QueueFull)
    h.run(50)
    expect(outcomes(h, [first, second])).toEqual([undefined, undefined])
  })

  it('a message that replaces one of another priority goes where its own priority puts it', () => {
    const h = simClient()
    h.client.publish('t', h.bytes('old'), 1)
    h.client.publish('t', h.bytes('second'), 1)
    h.client.publish('t', h.bytes('late'), 1, false, { keepLatest: true, priority: -5 })
    h.client.publish('t', h.bytes('third'), 1)
    h.up()
    h.run(1000)
    expect(h.broker.messages.map((m) => String(m.payload))).toEqual(['second', 'third', 'late'])
    h.check()
  })

  it('a message marked keepLatest replaces its topic under every policy', () => {
    const h = offline({})
    const tokens = [1, 2].map((n) => h.client.publish('t', h.bytes(`${n}`), 1, false, { keepLatest: true }))
    h.run(10)
    expect(outcomes(h, tokens)).toEqual(['dropped', undefined])
    expect(h.client.stats()).toMatchObject({ outboxCount: 1, outboxBytes: 4 })
  })
})

describe('priority', () => {
  it('goes first among messages never yet sent; equals keep their order', () => {
    const h = simClient({ limits: { inflight: 1 } })
    for (const [text, priority] of [['a', 0], ['b', 5], ['c', -3], ['d', 5], ['e', 127], ['f', 0]] as const) h.client.publish('t', h.bytes(text), 1, false, { priority })
    h.up()
    h.run(2000)
    expect(publishedTexts(h.peer).join('')).toBe('ebdafc')
    h.check()
  })

  it('does not pass what was sent before and waits to be sent again', () => {
    const h = simClient({ limits: { inflight: 2 } })
    h.up()
    const unmute = mute(h, 'publish')
    h.client.publish('t', h.bytes('a'), 1)
    h.client.publish('t', h.bytes('b'), 1)
    h.run(50)
    unmute()
    h.peer.close()
    h.run(20)
    h.client.publish('t', h.bytes('c'), 1, false, { priority: 9 })
    h.run(5000)
    expect(publishedTexts(h.peer).join('')).toBe('abc')
  })

  it('saves the urgent ones under drop-oldest: the least urgent go first, never a more urgent one', () => {
    const h = offline({ whenFull: 'drop-oldest', limits: { outboxCount: 2 } })
    const high = h.client.publish('t', h.bytes('high'), 1, false, { priority: 5 })
    const low = h.client.publish('t', h.bytes('low'), 1)
    const mid = h.client.publish('t', h.bytes('mid'), 1, false, { priority: 3 })
    h.run(10)
    expect(outcomes(h, [high, low, mid])).toEqual([undefined, 'dropped', undefined])
    expect(h.client.publish('t', h.bytes('low'), 1)).toBe(ErrorCode.QueueFull)
  })
})

describe('deadlines', () => {
  it('end in their own order, each with its receipt at its time', () => {
    const h = offline({})
    const begin = h.sim.now
    const tokens = [3000, 1000, 2000].map((deadline) => h.client.publish('t', h.bytes('x'), 1, false, { deadline }))
    h.run(10000)
    expect(h.got.receipts.map((receipt) => [receipt.token, receipt.t - begin])).toEqual([[tokens[1], 1000], [tokens[2], 2000], [tokens[0], 3000]])
  })

  it('count from the call, however long the last slice is ago', () => {
    const h = offline({})
    h.run(500000)
    const begin = h.sim.now
    const token = h.client.publish('t', h.bytes('x'), 1, false, { deadline: 5000 })
    h.run(10000)
    expect(h.got.receipt(token)!.t - begin).toBe(5000)
  })

  it('hold over days', () => {
    const h = offline({})
    const begin = h.sim.now
    const token = h.client.publish('t', h.bytes('x'), 1, false, { deadline: 1000000000 })
    h.run(999999999)
    expect(h.got.receipt(token)).toBeUndefined()
    h.run(10)
    expect(h.got.receipt(token)!.t - begin).toBe(1000000000)
  })
})

describe('100,000 publishes at once', () => {
  const CALLS = 100000

  /** Length of the longest walk along the outbox's chains that `fn` can cause: nodes there are. */
  function nodes(h: ReturnType<typeof simClient>): number {
    const box = h.client.core_!.outbox_
    let count = 0
    for (const chain of [box.queue_, box.flight_, box.receipts_, box.leaving_]) {
      for (let m = chain.head_; m !== undefined; m = m.next_) count += 1
    }
    return count
  }

  it.each(['refuse', 'drop-oldest', 'drop-newest', 'keep-latest'] as const)('are bounded in count, bytes and receipts under %s, and one that is over says so', (whenFull) => {
    const h = offline({ whenFull, sim: { traceLimit: 0 } })
    const bound = 256
    let accepted = 0
    let refused = 0
    let most = 0
    for (let i = 0; i < CALLS; i++) {
      const code = h.client.publish(`t/${i % 1000}`, h.bytes('0123456789'), 1)
      if (code > 0) accepted += 1
      else if (code === ErrorCode.QueueFull) refused += 1
      if (i % 1000 === 0) most = Math.max(most, nodes(h))
    }
    expect(accepted + refused).toBe(CALLS)
    expect(most).toBeLessThanOrEqual(2 * bound)
    expect(nodes(h)).toBeLessThanOrEqual(2 * bound)
    expect(refused).toBeGreaterThan(CALLS - 3 * bound)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.QueueFull, value: bound, limit: bound })
    expect(h.client.stats().accepted).toBe(accepted)
    h.client.destroy()
    h.run(10)
    expect(h.got.receipts).toHaveLength(accepted)
    h.got.checkReceipts()
  })

  it('keep nothing under drop-oldest when nobody wants receipts but what is bounded', () => {
    const h = offline({ whenFull: 'drop-oldest', sim: { traceLimit: 0 } })
    h.client.core_!.outbox_.wanted_ = false
    let accepted = 0
    for (let i = 0; i < CALLS; i++) if (h.client.publish('t', h.bytes('0123456789'), 1) > 0) accepted += 1
    expect(accepted).toBe(CALLS)
    expect(nodes(h)).toBe(256)
    expect(h.client.stats()).toMatchObject({ accepted: CALLS, dropped: CALLS - 256, outboxCount: 256 })
  })

  it('cost no more calls into the port than calls: refusal is immediate', () => {
    const h = offline({ sim: { traceLimit: 0 } })
    const count = (calls: number): number => {
      let seen = 0
      const timer = h.device.hal.timer
      const { since, ticks } = timer
      timer.since = (t0) => {
        seen += 1
        return since(t0)
      }
      timer.ticks = () => {
        seen += 1
        return ticks()
      }
      for (let i = 0; i < calls; i++) h.client.publish('t', h.bytes('x'), 1)
      timer.since = since
      timer.ticks = ticks
      return seen
    }
    count(300)
    expect(count(10000)).toBe(0)
    expect(count(100000)).toBe(0)
  })

  it('cost the same number of slices per message at 10,000 and at 100,000, with the link up', () => {
    const slices = (total: number): number => {
      const h = simClient({ sim: { traceLimit: 0 }, limits: { outboxCount: 200000, outboxBytes: 16000000, inflight: 1000 } })
      h.up()
      h.broker.on('publish', (packet, peer) => {
        peer.puback(packet.messageId!)
        peer.packets.length = 0
        peer.sent.length = 0
        return true
      })
      for (let i = 0; i < total; i++) h.client.publish('t', h.bytes('x'), 1)
      expect(h.client.stats().accepted).toBe(total)
      const before = h.device.system.feeds
      h.until(() => h.client.stats().delivered === total, 3600000, 'all acks')
      expect(h.got.receipts).toHaveLength(total)
      return (h.device.system.feeds - before) / total
    }
    const small = slices(10000)
    const large = slices(100000)
    expect(large / small).toBeGreaterThan(0.8)
    expect(large / small).toBeLessThan(1.2)
  })
})
