import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ascii, plain } from '../../firmware/bytes.js'
import { validUtf8 } from '../../firmware/utf8.js'
import { fromBuffer, hex, utf8, type Bytes } from './support.js'

/** The platform's own decoder, which refuses what is not well-formed; U+0000 is MQTT's own exception. */
function decodes(bytes: Bytes): boolean {
  if (bytes.includes('\0')) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'))
    return true
  } catch {
    return false
  }
}

test('the bytes of any text without U+0000 are valid, and U+FEFF is a character [MQTT-1.5.3-1] [MQTT-1.5.3-3] [MQTT5-1.5.4-3]', () => {
  for (let code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    if (!validUtf8(utf8(String.fromCodePoint(code)))) expect.fail(`U+${code.toString(16)} is refused`)
  }
  for (const code of [0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x10ffff]) expect(validUtf8(utf8(String.fromCodePoint(code)))).toBe(true)
  expect(validUtf8('' as Bytes)).toBe(true)
})

test.each([
  ['U+0000', '61 00'], ['U+0000 behind other text', 'c3 a9 00'], ['U+0000 in two bytes', 'c0 80'], ['an overlong slash', 'c0 af'], ['an overlong slash in three', 'e0 80 af'],
  ['an overlong slash in four', 'f0 80 80 af'], ['a high surrogate', 'ed a0 80'], ['a low surrogate', 'ed bf bf'], ['a pair of surrogates', 'ed a0 80 ed b0 80'],
  ['above U+10FFFF', 'f4 90 80 80'], ['five bytes', 'f8 88 80 80 80'], ['a stray continuation', '80'], ['0xFF', 'ff'], ['one of two', 'c3'], ['two of three', 'e2 82'],
  ['three of four', 'f0 9f 98'], ['ASCII where a continuation should be', 'c3 41'], ['a new character where a continuation should be', 'e2 c3 a9']
])('%s is refused [MQTT-1.5.3-1] [MQTT-1.5.3-2] [MQTT5-1.5.4-1] [MQTT5-1.5.4-2]', (_, bytes) => {
  expect(validUtf8(hex(bytes))).toBe(false)
})

test('every sequence of two bytes, and many longer ones, are judged as the platform judges them', () => {
  for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) {
    const bytes = fromBuffer(Buffer.from([a, b]))
    if (validUtf8(bytes) !== decodes(bytes)) expect.fail(`${a} ${b}`)
  }
  const edges = fc.constantFrom(0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff)
  fc.assert(fc.property(fc.array(edges, { maxLength: 6 }), list => {
    const bytes = fromBuffer(Buffer.from(list))
    expect(validUtf8(bytes)).toBe(decodes(bytes))
  }), { numRuns: 3000 })
})

test('the looks at a glance say what they promise, byte by byte', () => {
  for (let c = 0; c < 256; c++) {
    for (const bytes of [String.fromCharCode(c), `ab${String.fromCharCode(c)}`, `${String.fromCharCode(c)}ab`] as Bytes[]) {
      expect(ascii(bytes)).toBe(c > 0 && c < 128)
      expect(plain(bytes)).toBe(c > 0 && c < 128 && c !== 35 && c !== 43)
    }
  }
})
