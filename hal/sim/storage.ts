/**
 * A store in memory. It survives a power cut of its device. It can be told to cut the power at a write, to tear a value,
 * to fail and to be full, and it counts what was written where.
 */
import { LinkCode, type Bytes, type Code, type StorageHal } from '../hal.js'
import type { Power } from './power.js'
import type { Random } from './random.js'

/**
 * What a write leaves behind when the power goes in the middle of it. The first n bytes of the new value, and then:
 * `short`: nothing, the value ends there. `old`: the write never counts and the old value stays whole, as in stores that
 * write a copy first. `mixed`: the bytes of the old value behind them, as where a value is written over in place.
 * `garbage`: bytes by chance up to the new length, as in flash cells that were being written.
 */
export type CutKind = 'short' | 'old' | 'mixed' | 'garbage'

/** Writes to one key. */
export interface Wear {
  writes: number
  bytes: number
}

const NONE = '' as Bytes

/** Bytes of a value of `length` that arrive, by what `cut` was told. */
function keptOf(told: number, length: number): number {
  if (told < 0) return Math.max(0, length + told)
  return told > 0 && told < 1 ? Math.floor(told * length) : Math.min(told, length)
}

export class SimStorage {
  readonly values = new Map<string, Bytes>()
  /** Calls of `set` and `remove` that changed something or were cut, and the bytes that `set` wrote. */
  writes = 0
  bytesWritten = 0
  /** The same for each key. */
  readonly wear = new Map<string, Wear>()
  /** Calls that were refused: by `fail`, by `failChance`, or because the store is full. */
  refused = 0
  private capacity = Infinity
  private failing = { code: 0, count: 0 }
  private failRandomly = { chance: 0, code: 0 }
  private tearAt = -1
  private cutting = { writes: 0, keptBytes: 0, kind: 'short' as CutKind }

  /** @param sizeLimit bytes that one value may have. */
  constructor(readonly sizeLimit: number, private readonly random: Random) {}

  /** Bytes held now: keys and values. */
  get used(): number {
    let total = 0
    for (const [key, value] of this.values) total += key.length + value.length
    return total
  }

  /** The next write fails with `code` (below 0) and changes nothing. */
  failNext(code: Code): void {
    this.fail(1, code)
  }

  /** The next `count` writes fail with `code` and change nothing; Infinity for all of them, 0 to work again. */
  fail(count: number, code: Code = LinkCode.StorageFailed): void {
    this.failing = { code, count }
  }

  /** Each write fails with this probability, 0 to 1. */
  failChance(chance: number, code: Code = LinkCode.StorageFailed): void {
    this.failRandomly = { chance, code }
  }

  /** Bytes that all keys and values may have together, Infinity for no limit. What is there stays; a `set` above it gets `StorageFailed`. */
  full(bytes: number): void {
    this.capacity = bytes
  }

  /** The next `set` keeps only the first `bytes` bytes, and still returns success. */
  tearNext(bytes: number): void {
    this.tearAt = bytes
  }

  /**
   * Cuts the power in the middle of a write.
   * @param nthWrite which `set` or `remove` from now, 1 for the next. 0 takes the order back.
   * @param keptBytes bytes of the value that arrive, 0 to all of them (Infinity); below 0 all but so many, between 0 and 1
   * that part of them. A `remove` is done when it is not 0.
   * @param kind what is found behind them.
   */
  cut(nthWrite: number, keptBytes: number, kind: CutKind = 'short'): void {
    this.cutting = { writes: nthWrite, keptBytes, kind }
  }

  /** Writes until the power goes by `cut`, 0 when it was not told to. */
  get untilCut(): number {
    return this.cutting.writes
  }

  /** The store as the program of one life sees it. */
  hal(power: Power, overLimit: Code): StorageHal {
    return {
      get: (key) => {
        power.check('storage.get')
        return this.values.get(key) ?? NONE
      },
      set: (key, bytes) => {
        power.check('storage.set')
        return this.set(key, bytes, power, overLimit)
      },
      remove: (key) => {
        power.check('storage.remove')
        return this.remove(key, power)
      },
      sizeLimit: () => this.sizeLimit
    }
  }

  private set(key: string, bytes: Bytes, power: Power, overLimit: Code): Code {
    if (bytes.length > this.sizeLimit) return overLimit
    const old = this.values.get(key)
    const cut = this.countDown()
    const failed = this.failure()
    if (failed < 0 || this.overCapacity(key, bytes, old)) {
      this.refused += 1
      if (cut) power.cut()
      power.check('storage.set')
      return failed < 0 ? failed : LinkCode.StorageFailed
    }
    if (cut) {
      const { kind } = this.cutting
      const keptBytes = keptOf(this.cutting.keptBytes, bytes.length)
      this.count(key, keptBytes)
      if (keptBytes >= bytes.length && kind !== 'old') this.values.set(key, bytes)
      else if (kind !== 'old') this.values.set(key, this.torn(bytes, keptBytes, kind, old ?? NONE))
      power.cut()
      power.check(`storage.set of ${key}`)
    }
    const kept = this.tearAt < 0 ? bytes : (bytes.substring(0, this.tearAt) as Bytes)
    this.tearAt = -1
    this.count(key, kept.length)
    this.values.set(key, kept)
    return 0
  }

  private remove(key: string, power: Power): Code {
    const there = this.values.has(key)
    const cut = this.countDown()
    const failed = this.failure()
    if (failed < 0) this.refused += 1
    else {
      if (there) this.count(key, 0)
      if (!cut || this.cutting.keptBytes !== 0) this.values.delete(key)
    }
    if (cut) {
      power.cut()
      power.check(`storage.remove of ${key}`)
    }
    return failed < 0 ? failed : there ? 1 : 0
  }

  /** True: this is the write at which the power goes. */
  private countDown(): boolean {
    if (this.cutting.writes <= 0) return false
    this.cutting.writes -= 1
    return this.cutting.writes === 0
  }

  private failure(): Code {
    if (this.failing.count > 0) {
      this.failing.count -= 1
      return this.failing.code
    }
    return this.random.chance(this.failRandomly.chance) ? this.failRandomly.code : 0
  }

  private overCapacity(key: string, bytes: Bytes, old: Bytes | undefined): boolean {
    if (this.capacity === Infinity) return false
    const freed = old === undefined ? 0 : key.length + old.length
    return this.used - freed + key.length + bytes.length > this.capacity
  }

  private torn(bytes: Bytes, keptBytes: number, kind: CutKind, old: Bytes): Bytes {
    const head = bytes.substring(0, keptBytes)
    if (kind === 'short') return head as Bytes
    if (kind === 'mixed') return (head + old.substring(head.length)) as Bytes
    let tail = ''
    for (let i = head.length; i < bytes.length; i++) tail += String.fromCharCode(this.random.int(0, 255))
    return (head + tail) as Bytes
  }

  private count(key: string, bytes: number): void {
    this.writes += 1
    this.bytesWritten += bytes
    const wear = this.wear.get(key)
    if (wear === undefined) this.wear.set(key, { writes: 1, bytes })
    else {
      wear.writes += 1
      wear.bytes += bytes
    }
  }
}
