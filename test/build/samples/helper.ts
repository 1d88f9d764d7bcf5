import { at, type Bytes } from '../../../firmware/bytes.js'

export const enum Kind { Small = 16, Large = 32 }

export function checksum(bytes: Bytes): number {
  let sum = 7
  let i = 0
  while (i < bytes.length) {
    sum = (sum * 31 + at(bytes, i)) % 65521
    i = i + 1
  }
  return sum
}

/** Reached from a dead branch alone, unless 5.0 is on. */
export function unusedHelper(bytes: Bytes): Bytes {
  return bytes
}
