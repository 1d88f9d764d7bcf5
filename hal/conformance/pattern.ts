/**
 * The bytes of transfers: byte number i is i % 251, so that a piece lost, doubled or moved shows, and whole blocks can
 * be compared at once.
 */
import { EMPTY, b1, cat, cut } from '../../firmware/bytes.js'
import type { Bytes } from '../hal.js'

const PERIOD = 251
/** Bytes that one call of `pattern` gives at most. */
export const PATTERN_MAX = 1004

function someValues(from: number, to: number): Bytes {
  let bytes = EMPTY
  for (let i = from; i < to; i = i + 1) bytes = cat(bytes, b1(i))
  return bytes
}

/** 0 to 255, each once. */
export function allValues(): Bytes {
  return someValues(0, 256)
}

let block = EMPTY

/** `length` bytes of the pattern, at most PATTERN_MAX, from byte number `from` on. */
export function pattern(from: number, length: number): Bytes {
  if (block.length === 0) {
    const period = someValues(0, PERIOD)
    block = cat(period, period, period, period, period)
  }
  const start = from % PERIOD
  return cut(block, start, start + length)
}

/** How many of `bytes` follow the pattern from byte number `from` on. */
export function followed(bytes: Bytes, from: number): number {
  let done = 0
  while (done < bytes.length) {
    let length = bytes.length - done
    if (length > PATTERN_MAX) length = PATTERN_MAX
    const part = cut(bytes, done, done + length)
    const expected = pattern(from + done, length)
    if (part !== expected) {
      let same = 0
      while (cut(part, same, same + 1) === cut(expected, same, same + 1)) same = same + 1
      return done + same
    }
    done = done + length
  }
  return done
}
