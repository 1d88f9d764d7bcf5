/** UTF-8 as MQTT wants it (section 1.5.4): well-formed, without U+0000. U+FEFF is a character like any other. */
import { ascii, at } from './bytes.js'
import type { Bytes } from './bytes.js'

/**
 * True when `s` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF) and has no
 * U+0000 [MQTT-1.5.4-1, MQTT-1.5.4-2]. One native look when all is ASCII.
 */
export function validUtf8(s: Bytes): boolean {
  if (ascii(s)) return true
  // Bytes that the character still has, and the range of the next one.
  let more = 0
  let low = 0
  let high = 0
  for (let i = 0; i < s.length; i = i + 1) {
    const c = at(s, i)
    if (more > 0) {
      if (c < low || c > high) return false
      more = more - 1
      low = 0x80
      high = 0xbf
    } else if (c > 127) {
      if (c < 0xc2 || c > 0xf4) return false
      more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3
      // The first byte narrows the range of the second: nothing overlong, no surrogates, nothing above U+10FFFF.
      low = c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80
      high = c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf
    } else if (c === 0) return false
  }
  return more === 0
}
