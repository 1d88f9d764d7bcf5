import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import { ErrorCode } from '../../firmware/codes.js'
import { keyOf } from '../../firmware/journal.js'
import { writeValue, newState } from '../../firmware/journal-format.js'
import { runPlan } from '../../tools/journal/cuts.js'
import { createSim } from '../../hal/sim/index.js'
import type { Options } from '../../firmware/types.js'
import { World } from './support.js'

describe('a store that is full or fails', () => {
  it('refuses a publish with JournalFailed and changes nothing', () => {
    const w = new World()
    const first = w.publish('t', 'kept', 1)
    const before = { ...w.client.stats() }
    w.device.storage.fail(1)
    expect(w.publish('t', 'refused', 1)).toBe(ErrorCode.JournalFailed)
    expect(w.client.explain()).toMatchObject({ code: ErrorCode.JournalFailed, detail: 'yq1', value: -72 })
    expect(w.client.stats()).toMatchObject({ accepted: before.accepted, outboxCount: before.outboxCount, outboxBytes: before.outboxBytes })
    const second = w.publish('t', 'taken', 1)
    expect(second).toBe(first + 1)
    w.device.powerCut()
    w.reboot()
    w.up()
    w.run(200)
    expect(w.taken('t')).toEqual(['kept', 'taken'])
    expect([w.told(first), w.told(second)]).toEqual([['delivered'], ['delivered']])
    w.check()
  })

  it('refuses keep-latest and drop-oldest whole: what was to give way stays', () => {
    const w = new World({ whenFull: 'drop-oldest', limits: { outboxCount: 2 } })
    const a = w.publish('a', '1', 1)
    const b = w.publish('b', '2', 1)
    // Each refused write is followed by a removal, which fails too.
    w.device.storage.fail(4)
    expect(w.publish('a', 'newer', 1, false, { keepLatest: true })).toBe(ErrorCode.JournalFailed)
    expect(w.publish('c', '3', 1)).toBe(ErrorCode.JournalFailed)
    expect(w.receipts).toEqual([])
    const c = w.publish('c', '3', 1)
    w.device.powerCut()
    w.reboot()
    w.up()
    w.run(200)
    expect([w.told(a), w.told(b), w.told(c)]).toEqual([['dropped'], ['delivered'], ['delivered']])
    expect(w.broker.messages.map((m) => m.payload.toString())).toEqual(['2', '3'])
  })

  it('drop-newest ends the new one at once, and its receipt survives a cut', () => {
    const w = new World({ whenFull: 'drop-newest', limits: { outboxCount: 1 } })
    const a = w.publish('a', '1', 1)
    const b = w.publish('b', '2', 1)
    w.device.powerCut()
    w.reboot()
    w.up()
    w.run(200)
    expect([w.told(a), w.told(b)]).toEqual([['delivered'], ['dropped']])
    expect(w.publish('c', '3', 1)).toBe(b + 1)
  })

  it('holds packets back that are not written, tries once a second, and goes on when the store does', () => {
    const w = new World()
    w.up()
    w.run(100)
    const token = w.publish('t', 'x', 2)
    w.device.storage.fail(5)
    w.run(900)
    expect(w.broker.peer.all('pubrel')).toEqual([])
    expect(w.client.explain()).toMatchObject({ code: ErrorCode.JournalFailed })
    w.run(4000)
    expect(w.device.storage.refused).toBe(5)
    expect(w.told(token)).toEqual(['delivered'])
    w.check()
  })

  it('closes a link whose packets the store holds back for too long, and says why; no message is lost', () => {
    const codes: number[] = []
    const w: World = new World({ onLink: (state, _present, cause) => { w.state = state; if (cause < 0) codes.push(cause) } })
    w.up()
    w.run(100)
    const token = w.publish('t', 'x', 2)
    w.device.storage.fail(Infinity)
    w.run(30000)
    expect(codes[0]).toBe(ErrorCode.JournalFailed)
    expect(w.device.storage.refused).toBeLessThan(70)
    w.device.storage.fail(0)
    w.run(60000)
    expect(w.told(token)).toEqual(['delivered'])
    expect(w.taken('t')).toEqual(['x'])
    w.check()
  })

  it('says JournalFull with the numbers when all keys hold something, and works again after a slice', () => {
    const w = new World({ limits: { outboxCount: 4 } })
    const tokens: number[] = []
    while (tokens.length < 100) {
      const token = w.publish('t', `${tokens.length}`, 1, false, { keepLatest: true })
      if (token < 0) break
      tokens.push(token)
    }
    // QueueFull is the outbox's own bound: receipts wait to be told.
    expect([ErrorCode.JournalFull, ErrorCode.QueueFull]).toContain(w.client.explain().code)
    w.run(10)
    expect(w.publish('t', 'after', 1, false, { keepLatest: true })).toBeGreaterThan(0)
    w.up()
    w.run(200)
    expect(w.taken('t')).toEqual(['after'])
  })

  it('never writes over its newest state, however many writes failed since', () => {
    for (let seconds = 1; seconds <= 9; seconds += 1) {
      const w = new World({ limits: { outboxCount: 8 } })
      w.client.subscribe('in', 2)
      w.up()
      w.run(200)
      w.broker.on('publish', () => w.life === 1)
      for (let i = 0; i < 8; i += 1) w.publish(`t${i}`, 'x', 1)
      w.broker.publish('in', 'one', { qos: 2 })
      w.run(100)
      const { newest_ } = w.client.core_!.journal_!
      w.device.storage.fail(Infinity)
      w.broker.publish('in', 'two', { qos: 2 })
      w.run(seconds * 1000)
      w.device.storage.fail(0)
      w.device.storage.cut(1, 0)
      expect(w.run(3000)).toBe(false)
      w.reboot()
      expect(w.client.stats()).toMatchObject({ journalRestored: 8, unknown: 0 })
      expect(w.client.core_!.journal_!.newest_).toBe(newest_)
    }
  })

  it('refuses a message that one value cannot hold, with the numbers', () => {
    const w = new World({ limits: { outboxCount: 8 } }, { storageLimit: 600 })
    expect(w.publish('t', 'x'.repeat(590), 1)).toBe(ErrorCode.JournalFull)
    expect(w.client.explain()).toMatchObject({ detail: 'storage.sizeLimit', limit: 600 })
    expect(w.publish('t', 'x'.repeat(500), 1)).toBe(1)
  })
})

describe('misuse', () => {
  function codeOf(options: Partial<Options>, sim: Parameters<typeof createSim>[0] = {}): [number, string] {
    const client = create(createSim(sim).hal, { servers: [{ host: 'broker', port: 1883 }], ...options })
    return [client.connect(), client.explain().detail]
  }

  it('is named at connect: no store, a small one, a bad name, too many keys', () => {
    expect(codeOf({ journal: true }, { storage: false })).toEqual([ErrorCode.HalMissing, 'storage'])
    expect(codeOf({ journal: true }, { storageLimit: 100 })).toEqual([ErrorCode.BadLimits, 'storage.sizeLimit'])
    expect(codeOf({ journal: '' })).toEqual([ErrorCode.BadOption, 'journal'])
    expect(codeOf({ journal: 'x'.repeat(17) })).toEqual([ErrorCode.BadOption, 'journal'])
    expect(codeOf({ journal: true, limits: { outboxCount: 70000 } })).toEqual([ErrorCode.BadLimits, 'limits.outboxCount'])
    expect(codeOf({ journal: false }, { storage: false })[0]).toBe(0)
  })

  it('two clients with names of their own share a store', () => {
    const w = new World()
    const other = create(w.device.hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'other', journal: 'two' })
    w.publish('a', '1', 1)
    other.publish('b', '2' as never, 1)
    expect([...w.device.storage.values.keys()].sort()).toEqual(['two0', 'yq0'])
  })
})

describe('the format', () => {
  it('does not touch a value of a later version, and names the two', () => {
    const w = new World()
    w.publish('t', 'x', 1)
    const journal = w.client.core_!.journal_!
    const state = { ...newState(), sequence_: 9, slots_: journal.slots_ }
    // The frame of a version to come: the checksum is where ours is.
    const later = versioned(writeValue(3, state, undefined, 0))
    w.device.storage.values.set(keyOf(journal, 3), later as never)
    const before = [...w.device.storage.values]
    w.device.powerCut()
    w.reboot()
    expect(w.client.connect()).toBe(ErrorCode.JournalFailed)
    expect(w.client.explain()).toMatchObject({ detail: 'version', value: 2, limit: 1 })
    expect(w.client.publish('t', 'x' as never, 1)).toBe(ErrorCode.JournalFailed)
    expect([...w.device.storage.values]).toEqual(before)
  })

  it('wears its keys evenly', () => {
    for (const traffic of ['qos1', 'qos2'] as const) {
      const { wear, keys, writes } = runPlan({ version: 4, traffic, messages: 400, cuts: [] })
      expect(keys).toBe(40)
      expect(wear[0] - wear[1]).toBeLessThanOrEqual(Math.ceil(writes / keys * 0.25))
    }
  })

  it('costs about one write a message at QoS 1 and two at QoS 2', () => {
    const one = runPlan({ version: 4, traffic: 'qos1', messages: 200, cuts: [] })
    const two = runPlan({ version: 4, traffic: 'qos2', messages: 200, cuts: [] })
    // One of them counts the boot.
    expect([one.writes, two.writes]).toEqual([203, 403])
    expect(one.bytes / one.accepted).toBeLessThan(1.8)
    expect(two.bytes / two.accepted).toBeLessThan(2.6)
  })
})

/** The same value with version 2, under a checksum that fits. */
function versioned(value: string): string {
  const body = `yq\x02${value.slice(3, -6)}`
  let a = 4
  let b = body.length % 65536
  for (let i = 0; i < body.length; i += 2) {
    a = (a * 251 + (i + 1 < body.length ? body.charCodeAt(i) * 256 + body.charCodeAt(i + 1) : body.charCodeAt(i))) % 8388593
    b = (b + a) % 8388593
  }
  return body + String.fromCharCode(a >> 16, a >> 8 & 255, a & 255, b >> 16, b >> 8 & 255, b & 255)
}
