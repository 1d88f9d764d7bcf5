/**
 * Patterns of modem lines, as data. A pattern is the line itself, with marks that begin with %:
 *
 *   %n %e %l %r %x   a whole number, negative or not: link, error, length, rest, any
 *   %t               text up to the byte that follows the mark in the pattern
 *   %T               as %t, up to the first such byte from which on the rest of the pattern matches
 *   %i               fifteen digits: an IMEI
 *   %_               spaces, or none
 *   %*               whatever follows
 *   %$               the end of what is known: counted bytes begin here, in the same line
 */
import { at, cut, EMPTY, find, type Bytes } from '../../firmware/bytes.js'

/** What the last match found. A mark that the pattern does not have keeps its old value. */
export interface Found {
  n: number
  e: number
  l: number
  r: number
  x: number
  t: Bytes
}

const enum Mark { Any = 42, Prefix = 36, Spaces = 95, Error = 101, Imei = 105, Length = 108, Link = 110, Rest = 114, Text = 116, Fitting = 84, Minus = 45, Zero = 48, Space = 32 }

/** Nine digits: more do not fit what all runtimes count exactly. */
const enum Most { Digits = 9, Imei = 15 }

export function createFound(this: void): Found {
  return { n: 0, e: 0, l: 0, r: 0, x: 0, t: EMPTY }
}

/** Bytes of `line` that `pattern` takes: all of it, or, with %$, those before the counted bytes. -1: it does not match. */
export function match(this: void, pattern: Bytes, line: Bytes, found: Found): number {
  let i = 0
  let j = 0
  while (true) {
    const mark = find(pattern, '%' as Bytes, i)
    const to = mark < 0 ? pattern.length : mark
    if (to > i) {
      if (cut(line, j, j + to - i) !== cut(pattern, i, to)) return -1
      j = j + to - i
    }
    if (mark < 0) return j === line.length ? j : -1
    const kind = at(pattern, mark + 1)
    i = mark + 2
    if (kind === Mark.Any) return line.length
    if (kind === Mark.Prefix) return j
    if (kind === Mark.Spaces) {
      while (j < line.length && at(line, j) === Mark.Space) j = j + 1
    } else if (kind === Mark.Text) {
      const end = i < pattern.length ? find(line, cut(pattern, i, i + 1), j) : line.length
      if (end < 0) return -1
      found.t = cut(line, j, end)
      j = end
    } else if (kind === Mark.Fitting) {
      const rest = cut(pattern, i, pattern.length)
      let end = find(line, cut(rest, 0, 1), j)
      while (end >= 0) {
        const used = match(rest, cut(line, end, line.length), found)
        if (used >= 0) {
          found.t = cut(line, j, end)
          return end + used
        }
        end = find(line, cut(rest, 0, 1), end + 1)
      }
      return -1
    } else {
      const isBelow = j < line.length && at(line, j) === Mark.Minus
      if (isBelow) j = j + 1
      const from = j
      let value = 0
      while (j < line.length) {
        const digit = at(line, j) - Mark.Zero
        if (digit < 0 || digit > 9) break
        value = value * 10 + digit
        j = j + 1
        if (j - from > (kind === Mark.Imei ? Most.Imei : Most.Digits)) return -1
      }
      if (j === from) return -1
      if (isBelow) value = -value
      if (kind === Mark.Imei) {
        if (j - from !== Most.Imei) return -1
        found.t = cut(line, from, j)
      } else if (kind === Mark.Link) found.n = value
      else if (kind === Mark.Error) found.e = value
      else if (kind === Mark.Length) found.l = value
      else if (kind === Mark.Rest) found.r = value
      else found.x = value
    }
  }
}
