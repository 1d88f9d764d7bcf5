/** Text and UTF-8: both ways, exactly, and what is not text stays visible as such. */
import { EMPTY, b1, b2, b3, b4, cat } from '../../firmware/bytes.js'
import type { Bytes } from '../hal.js'
import { check, fail } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

/** True when the bytes come back from the text that they make. */
function returns(kit: Kit, bytes: Bytes): boolean {
  return kit.hal.text.utf8(kit.hal.text.text(bytes)) === bytes
}

function plainText(kit: Kit): Step {
  const text = kit.hal.text
  let all = EMPTY
  for (let c = 1; c < 128; c = c + 1) all = cat(all, b1(c))
  if (text.utf8('home/+/light #1') !== 'home/+/light #1') return fail(kit, 'utf8 changed a text of ASCII')
  if (text.utf8('') !== EMPTY || text.text(EMPTY) !== '') return fail(kit, 'the empty text is not "" in UTF-8')
  return check(kit, returns(kit, all), 'the characters 1 to 127 did not come back from utf8(text())')
}

function wide(kit: Kit): Step {
  // U+00E9, U+07FF; U+0800, U+20AC, U+6F22, U+FFFD.
  if (!returns(kit, cat(b2(0xc3, 0xa9), b2(0xdf, 0xbf)))) return fail(kit, 'characters of two bytes did not come back from utf8(text())')
  return check(kit, returns(kit, cat(b3(0xe0, 0xa0, 0x80), b3(0xe2, 0x82, 0xac), b3(0xe6, 0xbc, 0xa2), b3(0xef, 0xbf, 0xbd))), 'characters of three bytes did not come back from utf8(text())')
}

function beyond(kit: Kit): Step {
  // U+10000, U+1F600, U+10FFFF.
  return check(kit, returns(kit, cat(b4(0xf0, 0x90, 0x80, 0x80), b4(0xf0, 0x9f, 0x98, 0x80), b4(0xf4, 0x8f, 0xbf, 0xbf))), 'characters of four bytes did not come back from utf8(text())')
}

function mark(kit: Kit): Step {
  return check(kit, returns(kit, cat(b3(0xef, 0xbb, 0xbf), b1(97))), 'U+FEFF at the start of a text was dropped (MQTT 3.1.1, 1.5.3)')
}

function long(kit: Kit): Step {
  let bytes = cat(b1(97), b2(0xc3, 0xa9), b3(0xe2, 0x82, 0xac))
  while (bytes.length < 6000) bytes = cat(bytes, bytes)
  return check(kit, returns(kit, bytes), 'a text of ' + bytes.length + ' bytes did not come back from utf8(text())')
}

function sample(kit: Kit): Step {
  const text = kit.setup.sampleText!
  const bytes = kit.setup.sampleBytes!
  if (kit.hal.text.utf8(text) !== bytes) return fail(kit, 'utf8 of a text of the runtime gave ' + kit.hal.text.utf8(text).length + ' other bytes than the ' + bytes.length + ' that are right')
  return check(kit, kit.hal.text.text(bytes) === text, 'text of UTF-8 bytes gave another text')
}

/** 0xED 0xA0 or above, or any other form that is not UTF-8: not the replacement character, and not '?'. */
function surrogate(kit: Kit): Step {
  const bytes = kit.hal.text.utf8(kit.setup.loneSurrogate!)
  const good = kit.hal.text.text(bytes)
  // Well-formed bytes come back unchanged; these must not.
  return check(kit, kit.hal.text.utf8(good) !== bytes || good === kit.setup.loneSurrogate, 'half a surrogate pair became bytes that are well-formed UTF-8')
}

export const textCases: Case[] = [
  { id: 'text.ascii', needs: Need.Nothing, run: plainText },
  { id: 'text.two-and-three-bytes', needs: Need.Nothing, run: wide },
  { id: 'text.four-bytes', needs: Need.Nothing, run: beyond },
  { id: 'text.byte-order-mark', needs: Need.Nothing, run: mark },
  { id: 'text.long', needs: Need.Nothing, run: long },
  { id: 'text.own-form', needs: Need.Utf16, run: sample },
  { id: 'text.lone-surrogate', needs: Need.Utf16, run: surrogate }
]
