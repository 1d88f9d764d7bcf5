/**
 * Texts between the quotes of openLuat's commands: `"` is \22, CR \0D, LF \0A, `\` \5C. Nothing else is escaped, and nothing twice: the
 * longer form of some guides (\\\22) is the same in the source of a C program.
 */
import { at, cat, cut, EMPTY, find, type Bytes } from '../../firmware/bytes.js'

const enum Char { Quote = 34, Cr = 13, Lf = 10, Backslash = 92 }

/** The bytes that no text can carry: 0 and 26 end it, 8 takes back the byte before it, as in any command line (V.250, 5.2.1). */
export const UNESCAPABLE = '\x00\x08\x1a' as Bytes

/** Whether `escapeText` can carry `bytes`. */
export function isEscapable(this: void, bytes: Bytes): boolean {
  for (let i = 0; i < UNESCAPABLE.length; i = i + 1) {
    if (find(bytes, cut(UNESCAPABLE, i, i + 1), 0) >= 0) return false
  }
  return true
}

/** `bytes`, which must be escapable, as they stand in a command. At most three times as long. */
export function escapeText(this: void, bytes: Bytes): Bytes {
  let out = EMPTY
  let from = 0
  for (let i = 0; i < bytes.length; i = i + 1) {
    const c = at(bytes, i)
    const escape = c === Char.Quote ? '\\22' : c === Char.Cr ? '\\0D' : c === Char.Lf ? '\\0A' : c === Char.Backslash ? '\\5C' : ''
    if (escape.length > 0) {
      out = cat(out, cut(bytes, from, i), escape as Bytes)
      from = i + 1
    }
  }
  return from > 0 ? cat(out, cut(bytes, from, bytes.length)) : bytes
}
