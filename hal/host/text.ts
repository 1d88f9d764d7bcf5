/**
 * Text to UTF-8 bytes and back. Most topics are ASCII, where the text is its own byte string.
 */
import type { Bytes, TextHal } from '../hal.js'

export const text: TextHal = {
  utf8(text) {
    // Every character beyond ASCII takes more bytes than it has UTF-16 units.
    if (Buffer.byteLength(text, 'utf8') === text.length) return text as Bytes
    // Node would write U+FFFD for a lone surrogate, and the core could not refuse what it no longer sees.
    if (LONE_SURROGATE.test(text)) return illFormed(text)
    return Buffer.from(text, 'utf8').toString('latin1') as Bytes
  },
  text(bytes) {
    // A native look at all of it: a loop over a part of a chunk takes twice as long.
    if (!BEYOND_ASCII.test(bytes)) return bytes
    return Buffer.from(bytes, 'latin1').toString('utf8')
  }
}

/** In Unicode mode a pair is one character, so only surrogates without a partner match. */
const LONE_SURROGATE = /\p{Surrogate}/u

const BEYOND_ASCII = /[^\0-\x7f]/

function illFormed(text: string): Bytes {
  let bytes = ''
  for (const character of text) {
    const code = character.charCodeAt(0)
    bytes += LONE_SURROGATE.test(character)
      ? String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
      : Buffer.from(character, 'utf8').toString('latin1')
  }
  return bytes as Bytes
}
