/** Every byte intrinsic on every byte value. The same text runs on Node and, lowered, on Espruino. */
import { ascii, at, b1, b2, b3, b4, cat, cut, EMPTY, find, join, keep, plain, u16, u16At, u32, type Bytes } from '../../../firmware/bytes.js'

export interface Cases { [name: string]: Bytes }

function all256(): Bytes {
  let s = EMPTY
  for (let i = 0; i < 256; i = i + 1) s = cat(s, b1(i))
  return s
}

function yes(value: boolean): Bytes {
  return value ? b1(1) : b1(0)
}

function no(value: number): Bytes {
  return b2(value < 0 ? 1 : 0, value < 0 ? -value : value)
}

/** By the intrinsic's name: what it gives, joined. */
export function cases(): Cases {
  const all = all256()
  const out: Cases = { all }
  const parts: Bytes[][] = [[], [], [], [], [], [], [], [], [], [], [], []]
  for (let i = 0; i < 256; i = i + 1) {
    const word = cat('topic/' as Bytes, b1(i), 'end' as Bytes)
    parts[0]!.push(b2(i, 255 - i))
    parts[1]!.push(b3(i, 0, 255 - i))
    parts[2]!.push(b4(255 - i, i, 0, i))
    parts[3]!.push(b1(at(all, i)))
    parts[4]!.push(cut(all, i, i + 3))
    parts[5]!.push(no(find(all, b1(i), 0)))
    parts[6]!.push(yes(ascii(word)))
    parts[7]!.push(yes(plain(word)))
    parts[8]!.push(u16(i * 257))
    parts[9]!.push(yes(u16At(all, i < 255 ? i : 0) === (i < 255 ? i * 257 + 1 : 1)))
    parts[10]!.push(u32(i * 8421504 + i))
    parts[11]!.push(yes(word === cat('topic/' as Bytes, b1(i), 'end' as Bytes)))
  }
  out.b2 = join(parts[0]!)
  out.b3 = join(parts[1]!)
  out.b4 = join(parts[2]!)
  out.at = join(parts[3]!)
  out.cut = join(parts[4]!)
  out.find = join(parts[5]!)
  out.ascii = join(parts[6]!)
  out.plain = join(parts[7]!)
  out.u16 = join(parts[8]!)
  out.u16At = join(parts[9]!)
  out.u32 = join(parts[10]!)
  out.equal = join(parts[11]!)
  out.keep = keep(all)
  out.unsigned = u32(-1)
  // Alone, first and last: a regular expression that looked at a part only would pass the words above.
  out.alone = join([yes(ascii(b1(0))), yes(ascii(b1(1))), yes(ascii(b1(127))), yes(ascii(b1(128))), yes(plain(b1(35))), yes(plain(b1(43))), yes(plain(b1(34)))])
  out.ends = join([yes(ascii(cat('abc' as Bytes, b1(0)))), yes(ascii(cat(b1(255), 'abc' as Bytes))), yes(plain('a/b/#' as Bytes)), yes(plain('+/b' as Bytes))])
  // No bytes where there are none, and no more than there are.
  out.past = join([cut(all, 250, 400), cut(all, 256, 300), cut(all, 9, 9), no(find(all, b2(1, 3), 0)), no(find(all, b1(5), 6)), no(find(EMPTY, b1(5), 0))])
  out.empty = join([EMPTY, cut(EMPTY, 0, 5), keep(EMPTY), join([])])
  return out
}
