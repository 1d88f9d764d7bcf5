/**
 * Text. Boards with a network are built without Unicode: a text is its bytes there, and the program's UTF-8 is UTF-8 already.
 */
import type { Bytes, TextHal } from '../hal.js'

function same(this: void, text: string): Bytes {
  return text as Bytes
}

export const text: TextHal = { utf8: same, text: same }
