/**
 * A ring of bytes in shared memory, for one writing and one reading thread. The two positions count bytes since the
 * start and wrap at 2^32, so that a full ring and an empty one differ.
 */
import type { Bytes } from '../../hal.js'

export class Ring {
  private readonly words: Int32Array
  private readonly writtenWord: number
  private readonly readWord: number
  private readonly bytes: Buffer

  /** `bytes.length` is a power of two. */
  constructor(words: Int32Array, writtenWord: number, readWord: number, bytes: Buffer) {
    this.words = words
    this.writtenWord = writtenWord
    this.readWord = readWord
    this.bytes = bytes
  }

  get size(): number {
    return this.bytes.length
  }

  used(): number {
    return (Atomics.load(this.words, this.writtenWord) - Atomics.load(this.words, this.readWord)) | 0
  }

  free(): number {
    return this.bytes.length - this.used()
  }

  /** Takes the first n bytes that fit, and returns n. */
  put(source: Bytes): number {
    const count = Math.min(this.free(), source.length)
    if (count === 0) return 0
    const written = Atomics.load(this.words, this.writtenWord)
    const at = written & (this.bytes.length - 1)
    const first = Math.min(count, this.bytes.length - at)
    this.bytes.write(source, at, first, 'latin1')
    if (first < count) this.bytes.write(source.substring(first, count), 0, count - first, 'latin1')
    // Only now may the other thread see them.
    Atomics.store(this.words, this.writtenWord, (written + count) | 0)
    return count
  }

  /** At most `max` bytes, "" for none. */
  take(max: number): Bytes {
    const count = Math.min(this.used(), max)
    if (count <= 0) return '' as Bytes
    const read = Atomics.load(this.words, this.readWord)
    const at = read & (this.bytes.length - 1)
    const first = Math.min(count, this.bytes.length - at)
    let taken = this.bytes.toString('latin1', at, at + first)
    if (first < count) taken += this.bytes.toString('latin1', 0, count - first)
    Atomics.store(this.words, this.readWord, (read + count) | 0)
    return taken as Bytes
  }
}

/** The smallest power of two that is not below `bytes`. */
export function ringSize(bytes: number): number {
  let size = 1024
  while (size < bytes) size *= 2
  return size
}
