/**
 * The simulator's only source of chance: a small generator (mulberry32) with its state in one number, so that one
 * seed replays a run byte for byte on any machine.
 */

/** A stream of numbers from a seed. */
export class Random {
  private state: number

  /** @param seed any integer; its low 32 bits count. */
  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** 0 up to and without 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let x = this.state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  /** True with the given probability, 0 to 1. Draws nothing at 0, so that a fault switched off moves no other number. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability
  }

  /** A stream of its own, so that one part's draws never move another's. The same label gives the same stream. */
  fork(label: string): Random {
    let hash = this.state ^ 0x811c9dc5
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
    return new Random(hash)
  }
}
