/** A small program in the dialect: enough of everything for the three pipelines to be compared. */
import { ascii, at, b1, b2, b3, b4, cat, cut, find, join, keep, plain, u16, EMPTY, type Bytes } from '../../../firmware/bytes.js'
import { checksum, Kind, unusedHelper } from './helper.js'

interface Frame { kind_: Kind; body_: Bytes; size: number }

/** Only reached when 5.0 is on. */
function onlyInFive(n: number): Bytes {
  return cat(b1(n % 256), unusedHelper('five' as Bytes))
}

function makeFrame(kind: Kind, body: Bytes): Frame {
  return { kind_: kind, body_: keep(body), size: body.length }
}

export class Counter {
  private count_ = 0
  constructor(public step: number) {}
  next(): number {
    this.count_ = this.count_ + this.step
    return this.count_
  }
}

export function encode(kind: Kind, body: Bytes): Bytes {
  const frame = makeFrame(kind, body)
  if (FEATURE_V5) return onlyInFive(frame.size)
  if (frame.size > 200) return cat(b2(frame.kind_, 255), cut(frame.body_, 0, 200), b3(1, 2, 3))
  return cat(b4(frame.kind_, 1, 2, 3), u16(frame.body_.length), frame.body_, FEATURE_QOS2 ? b1(2) : EMPTY)
}

export function decode(bytes: Bytes): number {
  let sum = 0
  for (let i = 0; i < 6; i = i + 1) {
    if (i < bytes.length) sum = sum + at(bytes, i) * (i + 1)
  }
  return sum + checksum(bytes)
}

export function list(count: number): Bytes {
  const parts: Bytes[] = []
  for (let i = 0; i < count; i = i + 1) parts.push(cat(b1(65 + i % 26), cut(cat(b1(97), u16(i * 300 + 1)), 1, 3)))
  return join(parts)
}

export function count(steps: number): number {
  const counter = new Counter(3)
  let last = 0
  for (let i = 0; i < steps; i = i + 1) last = counter.next()
  return last
}

function text(n: number): Bytes {
  return ('' + n + ';') as Bytes
}

/** All of it in one byte string: what every pipeline's output must give alike. */
export function report(): Bytes {
  const parts: Bytes[] = []
  let body = EMPTY
  for (let i = 0; i < 9; i = i + 1) {
    parts.push(encode(Kind.Small, body))
    parts.push(text(decode(cat(body, b2(i * 31, 255 - i)))))
    body = cat(body, list(i), b4(i, 0, 128, 255 - i), i % 2 === 0 ? b1(13) : body)
  }
  parts.push(encode(Kind.Large, body))
  for (let i = 0; i < 256; i = i + 1) {
    const word = cat('topic/' as Bytes, b1(i), 'x' as Bytes)
    parts.push(text((ascii(word) ? 1 : 0) + (plain(word) ? 2 : 0) + find(word, b1(i), i % 9) * 4))
  }
  parts.push(text(count(7)))
  parts.push(at(body, body.length - 1) > 0 ? b1(at(body, 3)) : cut(body, 1, 5))
  return keep(join(parts))
}
