/** Variable byte integers (section 1.5.5): seven bits a byte, low ones first, bit 7 set while more follow. */
import { at, b1, cat, EMPTY } from '../bytes.js'
import type { Bytes } from '../bytes.js'

/** `n` in as few bytes as it takes, 0 to 268435455 (below 2^24 on ports with short floats). */
export function varint(n: number): Bytes {
  let bytes = EMPTY
  while (n > 127) {
    const low = n % 128
    bytes = cat(bytes, b1(low + 128))
    n = (n - low) / 128
  }
  return cat(bytes, b1(n))
}

/** The bytes that `varint(n)` takes, 1 to 4. */
export function varintSize(n: number): number {
  return n < 128 ? 1 : n < 16384 ? 2 : n < 2097152 ? 3 : 4
}

/**
 * The integer at `from`, which must end before `to` and use the minimum number of bytes, so that `varintSize` of the
 * result tells how many it took. -1 when it is malformed.
 */
export function readVarint(s: Bytes, from: number, to: number): number {
  let n = 0
  let scale = 1
  let i = from
  while (i < to && scale <= 2097152) {
    const b = at(s, i)
    if (b < 128) return b === 0 && scale > 1 ? -1 : n + b * scale
    n = n + (b - 128) * scale
    scale = scale * 128
    i = i + 1
  }
  return -1
}
