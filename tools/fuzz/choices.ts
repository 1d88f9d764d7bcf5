/** Bytes as decisions: what a target does follows from its input alone, so a mutated byte is another decision. */
export class Choices {
  private at = 0

  constructor(private readonly bytes: Uint8Array) {}

  /** Nothing is left: further decisions are all 0. */
  get done(): boolean {
    return this.at >= this.bytes.length
  }

  byte(): number {
    const value = this.bytes[this.at] ?? 0
    this.at += 1
    return value
  }

  /** 0 to `below` - 1; `below` up to 65536. */
  int(below: number): number {
    return (below <= 256 ? this.byte() : this.byte() * 256 + this.byte()) % below
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T
  }

  /** True once in `n`, on the average. */
  oneIn(n: number): boolean {
    return this.int(n) === n - 1
  }

  take(count: number): Uint8Array {
    const part = this.bytes.subarray(this.at, this.at + count)
    this.at += count
    return part
  }
}
