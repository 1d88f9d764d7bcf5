/** New inputs from old ones. */
import type { Random } from '../../hal/sim/index.js'

/** Bytes of an input, at most. */
export const LONGEST = 1024

const INTERESTING = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 254, 255]

export function random(r: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => r.int(0, 255))
}

/** `input` changed in one to eight places; now and then its head with the tail of `other`. */
export function mutate(input: Uint8Array, other: Uint8Array, r: Random): Uint8Array {
  let bytes = [...input]
  if (r.chance(0.15)) bytes = [...input.subarray(0, r.int(0, input.length)), ...other.subarray(r.int(0, other.length))]
  for (let n = r.int(1, 8); n > 0; n -= 1) {
    const at = r.int(0, bytes.length)
    const length = r.int(1, 8)
    switch (r.int(0, 6)) {
      case 0: bytes[at] = r.int(0, 255); break
      case 1: bytes[at] = INTERESTING[r.int(0, INTERESTING.length - 1)]!; break
      case 2: bytes[at] = (bytes[at] ?? 0) ^ (1 << r.int(0, 7)); break
      case 3: bytes.splice(at, 0, ...random(r, length)); break
      case 4: bytes.splice(at, length); break
      case 5: bytes.splice(at, 0, ...bytes.slice(at, at + length * 4)); break
      default: bytes.push(...random(r, length * 4))
    }
  }
  return Uint8Array.from(bytes.slice(0, LONGEST), (byte) => byte ?? 0)
}

/** The shortest input found that still satisfies `holds`, by leaving out parts. At most `tries` calls. */
export function shrink(input: Uint8Array, holds: (input: Uint8Array) => boolean, tries: number): Uint8Array {
  let best = input
  let left = tries
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length && left > 0;) {
      const shorter = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)])
      left -= 1
      if (holds(shorter)) best = shorter
      else at += size
    }
  }
  for (let at = 0; at < best.length && left > 0; at += 1) {
    if (best[at] === 0) continue
    const plainer = Uint8Array.from(best)
    plainer[at] = 0
    left -= 1
    if (holds(plainer)) best = plainer
  }
  return best
}
