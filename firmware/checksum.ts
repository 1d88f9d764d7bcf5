/** A checksum for small stored values. */
import { at, type Bytes } from './bytes.js'

/** Of the first `to` bytes, 0 to 64250: two sums, as of Fletcher, but from 1 and modulo 251, so that zeros and swapped bytes show. */
export function checksum(bytes: Bytes, to: number): number {
  let a = 1
  let b = 0
  for (let i = 0; i < to; i = i + 1) {
    a = (a + at(bytes, i)) % 251
    b = (b + a) % 251
  }
  return a * 256 + b
}
