/** The codec's writers and its scanner, driven the same way on every runtime. */
import { at, b1, b4, cat, cut, EMPTY, join, keep, type Bytes } from '../../../firmware/bytes.js'
import { feed, newScanner, scan, Scan } from '../../../firmware/codec/scan.js'
import { field, writeAck, writeConnect, writePublish, writeSubscribe } from '../../../firmware/codec/write.js'

function text(n: number): Bytes {
  return ('' + n + ';') as Bytes
}

function payload(length: number): Bytes {
  let s = b4(0, 13, 128, 255)
  while (s.length < length) s = cat(s, s)
  return cut(s, 0, length)
}

export function packets(): Bytes {
  const out: Bytes[] = []
  out.push(writeConnect(4, {
    clean_: true, keepalive_: 300, clientId_: 'device-7' as Bytes, willTopic_: 'gone' as Bytes, willPayload_: payload(40), willQos_: 1, willRetain_: true,
    willProperties_: EMPTY, username_: 'ann' as Bytes, password_: payload(5), properties_: EMPTY
  }, 1024))
  for (let i = 0; i < 6; i = i + 1) {
    out.push(writePublish(i % 2 * 2, field('plant/7/temperature' as Bytes), i % 2 * (i + 255), EMPTY, payload(i * 61), 1024))
  }
  out.push(writePublish(0, field('long' as Bytes), 0, EMPTY, payload(20000), 30000))
  out.push(writeAck(0x40, 0x1234, 0, EMPTY))
  out.push(writeSubscribe(0x82, 9, EMPTY, cat(field('a/+/b' as Bytes), b1(1)), 1024))
  return join(out)
}

/** The packets, then what the scanner says about them when they come in pieces of 1, 2, 3 ... bytes. */
export function report(): Bytes {
  const all = packets()
  const seen: Bytes[] = [all]
  const scanner = newScanner()
  let from = 0
  let step = 1
  while (from < all.length) {
    let to = from + step
    if (to > all.length) to = all.length
    feed(scanner, keep(cut(all, from, to)))
    from = to
    step = step % 700 + 1
    let kind = scan(scanner, 30000, 0, 4)
    while (kind === Scan.Packet) {
      seen.push(text(scanner.header_))
      seen.push(text(scanner.to_ - scanner.from_))
      if (scanner.to_ > scanner.from_) seen.push(text(at(scanner.buffer_, scanner.to_ - 1)))
      kind = scan(scanner, 30000, 0, 4)
    }
    if (kind < 0) seen.push(text(kind))
  }
  return join(seen)
}
