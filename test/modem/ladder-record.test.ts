import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadLadder, saveLadder } from '../../hal/at/ladder-record.js'
import { climbed, Rung, stable, trouble, Trouble, type Ladder } from '../../hal/at/ladder.js'
import { LinkCode, type Bytes, type StorageHal } from '../../hal/hal.js'
import { MINUTE, rig } from './ladder-rig.js'

const KEY = 'ymq-ladder'

/** A store that counts writes. */
function store() {
  const values = new Map<string, string>()
  const seen = { writes: 0, isBroken: false }
  const storage: StorageHal = {
    get: (key) => (values.get(key) ?? '') as Bytes,
    set: (key, bytes) => {
      if (seen.isBroken) return LinkCode.StorageFailed
      seen.writes += 1
      values.set(key, bytes)
      return 0
    },
    remove: (key) => { values.delete(key); return 0 },
    sizeLimit: () => 64
  }
  return { storage, values, seen }
}

const recordOf = ({ last_, lastWhy_, isLastOk_, climbs_ }: Ladder) => ({ last_, lastWhy_, isLastOk_, climbs_ })
const NONE = recordOf(rig().ladder)

/** A fresh ladder's record after it read `value`. */
function read(value: string) {
  const { storage, values } = store()
  const { ladder } = rig()
  values.set(KEY, value)
  loadLadder(ladder, storage)
  return recordOf(ladder)
}

/** What a ladder stores that climbed all rungs and came back with the last. */
function written(): string {
  const { storage, values } = store()
  const r = rig()
  r.order(Trouble.PdpLost, false)
  r.pass(MINUTE)
  trouble(r.ladder, Trouble.PdpLost)
  climbed(r.ladder, true)
  saveLadder(r.ladder, storage)
  return values.get(KEY)!
}

describe('the ladder\'s record', () => {
  it('is these bytes', () => {
    expect([...written()].map((c) => c.charCodeAt(0))).toEqual([
      1, // version
      6, 3, 1, // the power key, for a lost PDP context, and it helped
      0, 0, 0, 2, 0, 2, 0, 2, 0, 1, 0, 1, 0, 2, // climbs by rung
      178 // checksum
    ])
  })

  it('comes back after a restart, and goes on', () => {
    const { storage, seen } = store()
    const first = rig()
    first.order(Trouble.NoContext, false)
    expect(saveLadder(first.ladder, storage)).toBe(0)
    const { ladder } = rig()
    loadLadder(ladder, storage)
    expect(recordOf(ladder)).toEqual({ last_: Rung.PowerKey, lastWhy_: Trouble.Silent, isLastOk_: false, climbs_: [0, 0, 2, 2, 1, 1, 1] })
    // Used up is what was climbed since the start.
    expect(trouble(ladder, Trouble.Silent)).toBe(Rung.ResetPin)
    expect(ladder.climbs_).toEqual([0, 0, 2, 2, 1, 2, 1])
    expect(seen.writes).toBe(1)
  })

  it('is written when a reset begins and when it succeeded, and not otherwise', () => {
    const { storage, seen } = store()
    const r = rig()
    const writes = (): number => { saveLadder(r.ladder, storage); return seen.writes }
    let rung = trouble(r.ladder, Trouble.LinkFailed)
    while (rung < Rung.SoftReset) {
      expect(writes()).toBe(0)
      rung = climbed(r.ladder, false)
    }
    expect(writes()).toBe(1)
    expect(climbed(r.ladder, false)).toBe(Rung.ResetPin)
    expect(writes()).toBe(2)
    expect(writes()).toBe(2)
    climbed(r.ladder, true)
    expect(writes()).toBe(3)
    r.up(20 * MINUTE)
    stable(r.ladder, false)
    trouble(r.ladder, Trouble.LinkClosed)
    climbed(r.ladder, true)
    expect(writes()).toBe(3)
  })

  it('that could not be written is let go: nothing depends on it', () => {
    const { storage, seen } = store()
    const { ladder } = rig()
    seen.isBroken = true
    trouble(ladder, Trouble.Silent)
    expect(saveLadder(ladder, storage)).toBe(LinkCode.StorageFailed)
    expect(saveLadder(ladder, storage)).toBe(0)
  })

  it('counts to 65535', () => {
    const { ladder } = rig()
    ladder.climbs_[Rung.ResetPin] = 65535
    trouble(ladder, Trouble.Silent)
    expect(ladder.climbs_[Rung.ResetPin]).toBe(65535)
  })

  it('is nothing where it was torn at any byte', () => {
    const value = written()
    expect(read(value)).not.toEqual(NONE)
    for (let n = 0; n < value.length; n += 1) {
      expect(read(value.slice(0, n)), `${n} bytes`).toEqual(NONE)
      expect(read(value.slice(0, n).padEnd(value.length, '\xff')), `${n} bytes in erased flash`).toEqual(NONE)
      expect(read(value.slice(0, n).padEnd(value.length, '\0')), `${n} bytes in zeros`).toEqual(NONE)
    }
    expect(read(value + '\0')).toEqual(NONE)
  })

  it('is nothing where any byte is another, the version too', () => {
    const value = written()
    for (let i = 0; i < value.length; i += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        if (byte === value.charCodeAt(i)) continue
        expect(read(value.slice(0, i) + String.fromCharCode(byte) + value.slice(i + 1)), `byte ${i} is ${byte}`).toEqual(NONE)
      }
    }
  })

  it('is nothing or in range, whatever is stored', () => {
    fc.assert(fc.property(fc.constantFrom(1, 1, 1, 0, 2, 255), fc.nat(8), fc.nat(13), fc.nat(3), fc.array(fc.nat(255), { minLength: 14, maxLength: 14 }), (version, last, why, ok, climbs) => {
      // The checksum is right, the rest is anything, and other versions are not ours to read.
      const body = [version, last, why, ok, ...climbs]
      const sum = body.reduce((s, byte) => (s * 3 + byte) % 256, 165)
      const is = read(String.fromCharCode(...body, sum))
      const isGood = version === 1 && last <= 6 && why <= 11 && ok <= 1
      expect(is.last_).toBe(isGood ? last : -1)
      expect(is.lastWhy_).toBe(isGood ? why : -1)
    }), { numRuns: 2000 })
  })
})
