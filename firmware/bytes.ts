/**
 * Byte strings and their intrinsics: the only file of the core that touches JavaScript's string built-ins.
 *
 * `b1 b2 b3 b4 cat at cut find ascii plain keep` are compile-time forms. The Espruino and Lua pipelines lower each call to the native
 * operation (`String.fromCharCode(a, b)`, `string.char(a, b)`, one flat `a .. b .. c`), because as calls they cost twice
 * as much on Espruino. What stands here is what they mean, and what Node runs when no pipeline lowered them.
 */
import type { Bytes } from '../hal/hal.js'
export type { Bytes, Code } from '../hal/hal.js'

/** No bytes. */
export const EMPTY = '' as Bytes

/** One byte, 0 to 255. */
export function b1(a: number): Bytes {
  return String.fromCharCode(a) as Bytes
}

/** Two bytes. */
export function b2(a: number, b: number): Bytes {
  return String.fromCharCode(a, b) as Bytes
}

/** Three bytes. */
export function b3(a: number, b: number, c: number): Bytes {
  return String.fromCharCode(a, b, c) as Bytes
}

/** Four bytes. */
export function b4(a: number, b: number, c: number, d: number): Bytes {
  return String.fromCharCode(a, b, c, d) as Bytes
}

/** One flat join of two to eight byte strings. */
export function cat(a: Bytes, b: Bytes, c?: Bytes, d?: Bytes, e?: Bytes, f?: Bytes, g?: Bytes, h?: Bytes): Bytes {
  if (c === undefined) return (a + b) as Bytes
  if (d === undefined) return (a + b + c) as Bytes
  if (e === undefined) return (a + b + c + d) as Bytes
  if (f === undefined) return (a + b + c + d + e) as Bytes
  if (g === undefined) return (a + b + c + d + e + f) as Bytes
  if (h === undefined) return (a + b + c + d + e + f + g) as Bytes
  return (a + b + c + d + e + f + g + h) as Bytes
}

/** The byte at index `i`, counted from 0. `i` must be below `s.length`. */
export function at(s: Bytes, i: number): number {
  return s.charCodeAt(i)
}

/** The bytes from index `from` up to and without index `to`. */
export function cut(s: Bytes, from: number, to: number): Bytes {
  return s.substring(from, to) as Bytes
}

/** Where `part` first stands in `s` at or after index `from`, or -1. Espruino 2v29 finds a `part` of several bytes also where `s` ends with its beginning. Lua: `(string.find(s, part, from + 1, true) or 0) - 1`. */
export function find(s: Bytes, part: Bytes, from: number): number {
  return s.indexOf(part, from)
}

/**
 * True when every byte is 0x01 to 0x7F: well-formed UTF-8 without U+0000, at a glance. Native elsewhere:
 * Lua `(string.find(s, "[^\1-\127]") == nil)`, Espruino `!/[^\x01-\x7f]/.test(s)`. A false
 * always asks for the longer look.
 */
export function ascii(s: Bytes): boolean {
  for (let i = 0; i < s.length; i = i + 1) {
    const c = s.charCodeAt(i)
    if (c > 127 || c === 0) return false
  }
  return true
}

/**
 * True when `ascii(s)` and no byte is `#` or `+`: the bytes of nearly every topic name, at a glance.
 * Lua `(string.find(s, "[^\1-\34\36-\42\44-\127]") == nil)`, Espruino `!/[^\x01-\x22\x24-\x2a\x2c-\x7f]/.test(s)`.
 */
export function plain(s: Bytes): boolean {
  for (let i = 0; i < s.length; i = i + 1) {
    const c = s.charCodeAt(i)
    // Nearly all of them are letters, digits or slashes.
    if (c < 44 ? c === 43 || c === 35 || c === 0 : c > 127) return false
  }
  return true
}

/**
 * For anything held past the slice (caches, queues, registry): a real copy on Node, where a slice of 50 characters
 * can pin its 64 kB chunk; nothing on Lua and Espruino.
 */
export function keep(s: Bytes): Bytes {
  return (' ' + s).substring(1) as Bytes
}

/** One join of a whole list; what `cat` is for a known number of parts. */
export function join(parts: Bytes[]): Bytes {
  return parts.join('') as Bytes
}

/** The most significant byte first, 0 to 65535. */
export function u16(n: number): Bytes {
  const low = n % 256
  return b2((n - low) / 256, low)
}

/** The most significant byte first, 0 to 2147483647; -1 stands for 0xFFFFFFFF. */
export function u32(n: number): Bytes {
  if (n < 0) return b4(255, 255, 255, 255)
  const low = n % 65536
  const high = (n - low) / 65536
  return b4((high - high % 256) / 256, high % 256, (low - low % 256) / 256, low % 256)
}

/** The number that the two bytes at `i` and `i + 1` make, the most significant first. */
export function u16At(s: Bytes, i: number): number {
  return at(s, i) * 256 + at(s, i + 1)
}
