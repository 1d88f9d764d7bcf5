/** UTF-8 as MQTT wants it (section 1.5.4): well-formed, without U+0000. U+FEFF is a character like any other. */
import { ascii, at } from './bytes.js'
import type { Bytes } from './bytes.js'

/**
 * True when `s` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF) and has no
 * U+0000 [MQTT-1.5.4-1, MQTT-1.5.4-2]. One native look when all is ASCII.
 */
export function validUtf8(s: Bytes): boolean {
  if (ascii(s)) return true
  const end = s.length
  let i = 0
  while (i < end) {
    const first = at(s, i)
    i = i + 1
    if (first === 0) return false
    if (first > 127) {
      // The first byte says how many follow and, for four of them, narrows the range of the second.
      let more = 0
      let low = 0x80
      let high = 0xbf
      if (first >= 0xc2 && first <= 0xdf) more = 1
      else if (first >= 0xe0 && first <= 0xef) {
        more = 2
        if (first === 0xe0) low = 0xa0
        if (first === 0xed) high = 0x9f
      } else if (first >= 0xf0 && first <= 0xf4) {
        more = 3
        if (first === 0xf0) low = 0x90
        if (first === 0xf4) high = 0x8f
      } else return false
      if (i + more > end) return false
      while (more > 0) {
        const next = at(s, i)
        if (next < low || next > high) return false
        low = 0x80
        high = 0xbf
        more = more - 1
        i = i + 1
      }
    }
  }
  return true
}
