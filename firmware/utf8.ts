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
      if (first < 0xc2 || first > 0xf4) return false
      let more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
      if (i + more > end) return false
      // The first byte narrows the range of the second: nothing overlong, no surrogates, nothing above U+10FFFF.
      let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
      let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
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
