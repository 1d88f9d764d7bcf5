import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import type { Bytes } from '../../firmware/types.js'
import { World } from './support.js'

/** A device that accepted three messages and lost its power; its store is then changed by `damage`. */
function damaged(damage: (values: Map<string, Bytes>) => void): { w: World; tokens: number[] } {
  const w = new World({ limits: { outboxCount: 8 } })
  const tokens = ['one', 'two', 'three'].map((text) => w.publish('t', text, 2))
  w.device.powerCut()
  damage(w.device.storage.values)
  w.reboot()
  return { w, tokens }
}

function flip(value: Bytes, at: number): Bytes {
  const code = value.charCodeAt(at)
  return (value.slice(0, at) + String.fromCharCode(code ^ 0x10) + value.slice(at + 1)) as Bytes
}

describe('damage', () => {
  it('of a message that the newest state counts on is told: its receipt is unknown, the rest goes on', () => {
    const { w, tokens } = damaged((values) => values.set('yq1', flip(values.get('yq1')!, 25)))
    expect(w.client.explain()).toMatchObject({ code: ErrorCode.JournalDamaged, value: 1, limit: 1 })
    expect(w.client.stats()).toMatchObject({ journalDamaged: 1, journalRestored: 2, unknown: 1 })
    w.up()
    w.run(300)
    expect(tokens.map((token) => w.told(token))).toEqual([['delivered'], ['unknown'], ['delivered']])
    expect(w.receipts.find((r) => r.token === tokens[1])!.reason).toBe(ErrorCode.JournalDamaged)
    expect(w.taken('t')).toEqual(['one', 'three'])
    w.device.powerCut()
    w.reboot()
    w.run(10)
    expect(w.told(tokens[1]!).length).toBeGreaterThanOrEqual(1)
    w.check()
  })

  it('of a value that never counted is counted and told once, and costs nothing', () => {
    const { w, tokens } = damaged((values) => values.set('yq5', 'yq\x01 torn' as Bytes))
    expect(w.client.explain()).toMatchObject({ code: ErrorCode.JournalDamaged, value: 1, limit: 0 })
    w.up()
    w.run(300)
    expect(tokens.map((token) => w.told(token))).toEqual([['delivered'], ['delivered'], ['delivered']])
  })

  it('of a value moved to another key is noticed', () => {
    const { w } = damaged((values) => values.set('yq7', values.get('yq0')!))
    expect(w.client.stats()).toMatchObject({ journalDamaged: 1, journalRestored: 3 })
  })

  it('of every key leaves an empty journal that works', () => {
    const { w } = damaged((values) => { for (const [key, value] of values) values.set(key, flip(value, 3)) })
    expect(w.client.stats()).toMatchObject({ journalDamaged: 3, journalRestored: 0 })
    const token = w.publish('t', 'new', 1)
    w.up()
    w.run(300)
    expect(w.told(token)).toEqual(['delivered'])
    expect(w.taken('t')).toEqual(['new'])
  })

  it('smaller limits than those that wrote it find every message all the same', () => {
    const w = new World({ limits: { outboxCount: 30 } })
    for (let i = 0; i < 30; i += 1) w.publish('t', `${i}`, 1)
    w.device.powerCut()
    w.options.limits = { outboxCount: 2 }
    w.reboot()
    expect(w.client.stats()).toMatchObject({ journalRestored: 30 })
    expect(w.publish('t', 'more', 1)).toBe(ErrorCode.QueueFull)
    w.up()
    w.run(2000)
    expect(w.taken('t')).toHaveLength(30)
    expect(w.publish('t', 'more', 1)).toBe(31)
  })
})

describe('any bytes in any key', () => {
  const key = fc.integer({ min: 0, max: 15 }).map((n) => `yq${n}`)
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((a) => String.fromCharCode(...a)),
    fc.uint8Array({ maxLength: 40 }).map((a) => `yq\x01${String.fromCharCode(...a)}`)
  )
  const edit = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, bytes }),
    fc.record({ kind: fc.constant('flip' as const), key, at: fc.nat(120) }),
    fc.record({ kind: fc.constant('short' as const), key, at: fc.nat(120) }),
    fc.record({ kind: fc.constant('copy' as const), key, from: key })
  )

  it('never crash the client and never invent a message', () => {
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      const { w, tokens } = damaged((values) => {
        for (const e of edits) {
          const value = values.get(e.key) ?? ('' as Bytes)
          if (e.kind === 'set') values.set(e.key, e.bytes as Bytes)
          else if (e.kind === 'copy') values.set(e.key, values.get(e.from) ?? ('' as Bytes))
          else if (value.length > e.at) values.set(e.key, e.kind === 'flip' ? flip(value, e.at) : value.slice(0, e.at) as Bytes)
        }
      })
      w.up()
      w.run(200)
      for (const text of w.taken('t')) expect(['one', 'two', 'three']).toContain(text)
      expect(new Set(w.taken('t')).size).toBe(w.taken('t').length)
      for (const r of w.receipts) expect(tokens).toContain(r.token)
      expect(new Set(w.receipts.map((r) => r.token)).size).toBe(w.receipts.length)
      w.check()
    }), { numRuns: 150, seed: 7 })
  })
})
