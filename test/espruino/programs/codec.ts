/** The codec, both ways, on given packets. The same text runs on Node and, as a bundle, on Espruino; texts are UTF-8 bytes in both. */
import { at, b1, b2, cat, cut, EMPTY, join, keep, u16, type Bytes } from '../../../firmware/bytes.js'
import { newPacket, readPacket, readStreamHead, type Packet } from '../../../firmware/codec/read.js'
import { checkProperties, writeProperties } from '../../../firmware/codec/properties.js'
import { feed, newScanner, scan, Scan } from '../../../firmware/codec/scan.js'
import { varint } from '../../../firmware/codec/varint.js'
import {
  field, writeAck, writeAuth, writeConnect, writeDisconnect, writePingreq, writePublish, writePublishHead, writeSubscribe
} from '../../../firmware/codec/write.js'
import type { Properties } from '../../../firmware/types.js'
import type { TextHal } from '../../../hal/hal.js'

const text: TextHal = {
  utf8(this: void, value: string): Bytes {
    return value as Bytes
  },
  text(this: void, bytes: Bytes): string {
    return bytes
  }
}

/** Told one result after the other: a board could not hold them all. */
type Each = (this: void, bytes: Bytes) => void

/** Packet types that a client sends with properties, and a will. */
const CARRIERS = [1, 3, 4, 5, 6, 7, 8, 10, 14, 15, 16]

function line(word: string, n: number): Bytes {
  return (word + '=' + n + ' ') as Bytes
}

/** One property at a time: `checkProperties` says which packets take it, and those are written. */
function oneProperty(each: Each, p: Properties): void {
  for (const type of CARRIERS) {
    if (checkProperties(p, type, text) < 0) each(line('no', type))
    else each(cat(line('type', type), writeProperties(p, type, text)))
  }
}

function propertySections(each: Each): void {
  const long = 'long text with \xc3\xa9 \xe2\x82\xac ' as Bytes
  oneProperty(each, { payloadFormatIndicator: 1, messageExpiryInterval: 65536, contentType: long, responseTopic: 'a/b', correlationData: cat(b2(0, 255), long) })
  oneProperty(each, { sessionExpiryInterval: -1, receiveMaximum: 65535, maximumPacketSize: 2147483647, topicAliasMaximum: 300, requestResponseInformation: 1, requestProblemInformation: 0 })
  oneProperty(each, { authenticationMethod: 'SCRAM', authenticationData: b2(128, 0) })
  oneProperty(each, { willDelayInterval: 16777216 })
  oneProperty(each, { subscriptionIdentifier: 268435455 })
  oneProperty(each, { topicAlias: 256 })
  oneProperty(each, { sessionExpiryInterval: 1 })
  oneProperty(each, { reasonString: long, userProperties: ['name', 'value', 'name', '', '', long] })
  oneProperty(each, { topicAlias: 0 })
  oneProperty(each, { responseTopic: 'a/#' })
  oneProperty(each, { contentType: 'half \xc3' })
}

/** Every packet that a client sends, in 3.1, 3.1.1 and 5.0. */
export function written(each: Each): void {
  const properties = writeProperties({ userProperties: ['k', 'v'] }, 3, text)
  for (let version = 3; version <= 5; version = version + 1) {
    const section = version === 5 ? properties : EMPTY
    each(writeConnect(version, { clean_: true, keepalive_: 0, clientId_: EMPTY, willPayload_: EMPTY, willQos_: 0, willRetain_: false, willProperties_: EMPTY, properties_: section }, 1024))
    for (let qos = 0; qos <= 2; qos = qos + 1) {
      each(writeConnect(version, {
        clean_: qos === 1, keepalive_: 65535, clientId_: 'meter-7' as Bytes, willTopic_: 'gone/\xc3\xa9' as Bytes, willPayload_: b2(0, 255), willQos_: qos, willRetain_: qos === 2,
        willProperties_: section, username_: 'ann' as Bytes, password_: b2(128, 10), properties_: section
      }, 1024))
      for (let size = 0; size <= 20000; size = size * 12 + 7) {
        const payload = payloadOf(size)
        each(writePublish(qos * 2 + qos % 2 * 8, field('plant/7/temperature' as Bytes), qos * 32767, section, payload, 32768))
        each(writePublishHead(qos * 2 + 1, field('t' as Bytes), qos, section, size * 13000, 64))
      }
    }
    each(writeSubscribe(0x82, 513, section, cat(field('a/+/b' as Bytes), b1(2), field('#' as Bytes), b1(0)), 1024))
    each(writeSubscribe(0xa2, 65535, section, field('a/+/b' as Bytes), 1024))
    each(writeDisconnect(version, version === 5 ? 4 : 0, EMPTY))
    each(writeDisconnect(version, 0, section))
  }
  for (const first of [0x40, 0x50, 0x62, 0x70]) {
    each(writeAck(first, 1, 0, EMPTY))
    each(writeAck(first, 65535, 0x92, EMPTY))
    each(writeAck(first, 256, 0x10, properties))
  }
  each(writePingreq())
  each(writeAuth(0x18, writeProperties({ authenticationMethod: 'm' }, 15, text)))
  each(writeAuth(0, EMPTY))
  // One byte above the limit: nothing.
  each(writePublish(0, field('t' as Bytes), 0, EMPTY, payloadOf(100), 104))
  for (const n of [0, 127, 128, 16383, 16384, 2097151, 2097152, 268435455]) each(varint(n))
  propertySections(each)
}

export function payloadOf(length: number): Bytes {
  let s = cat(b2(0, 13), b2(128, 255))
  while (s.length < length) s = cat(s, s)
  return cut(s, 0, length)
}

/** Numbers, text, bytes and lists of text alike. */
function show(out: Bytes[], name: string, value: unknown): void {
  if (value !== undefined) out.push((name + '=' + (value as string) + ' ') as Bytes)
}

function showProperties(out: Bytes[], p: Properties | undefined): void {
  if (p === undefined) return
  show(out, 'format', p.payloadFormatIndicator)
  show(out, 'expiry', p.messageExpiryInterval)
  show(out, 'type', p.contentType)
  show(out, 'response', p.responseTopic)
  show(out, 'correlation', p.correlationData)
  show(out, 'id', p.subscriptionIdentifier)
  if (p.subscriptionIdentifiers !== undefined) for (const one of p.subscriptionIdentifiers) show(out, 'ids', one)
  show(out, 'session', p.sessionExpiryInterval)
  show(out, 'assigned', p.assignedClientIdentifier)
  show(out, 'keepalive', p.serverKeepAlive)
  show(out, 'method', p.authenticationMethod)
  show(out, 'data', p.authenticationData)
  show(out, 'information', p.responseInformation)
  show(out, 'reference', p.serverReference)
  show(out, 'reason', p.reasonString)
  show(out, 'receive', p.receiveMaximum)
  show(out, 'aliases', p.topicAliasMaximum)
  show(out, 'alias', p.topicAlias)
  show(out, 'qos', p.maximumQoS)
  show(out, 'retain', p.retainAvailable)
  if (p.userProperties !== undefined) for (const one of p.userProperties) show(out, 'user', one)
  show(out, 'size', p.maximumPacketSize)
  show(out, 'wildcards', p.wildcardSubscriptionAvailable)
  show(out, 'identifiers', p.subscriptionIdentifiersAvailable)
  show(out, 'shared', p.sharedSubscriptionAvailable)
}

function showPacket(out: Bytes[], p: Packet, reason: number): void {
  out.push(line('packet', p.type_))
  out.push(line('verdict', reason))
  if (reason > 0) return
  if (p.type_ === 3) {
    out.push(line('flags', p.qos_ * 2 + (p.dup_ ? 8 : 0) + (p.retain_ ? 1 : 0)))
    show(out, 'topic', p.topic_)
    show(out, 'payload', p.payload_)
  }
  if (p.type_ === 2) out.push(line('present', p.sessionPresent_ ? 1 : 0))
  if (p.type_ === 2 || (p.type_ >= 4 && p.type_ <= 7) || p.type_ >= 14) out.push(line('code', p.reason_))
  if (p.type_ >= 3 && p.type_ <= 11) out.push(line('packetId', p.packetId_))
  if (p.type_ === 9 || p.type_ === 11) show(out, 'codes', p.codes_)
  showProperties(out, p.properties_)
}

/** What the decoder says of one connection's bytes when they come in chunks of `step`. Packets above `limit` are streams. */
function readOne(out: Bytes[], version: number, bytes: Bytes, step: number, limit: number): void {
  const s = newScanner()
  const p = newPacket()
  for (let from = 0; from < bytes.length; from = from + step) {
    feed(s, keep(cut(bytes, from, from + step)))
    let found = scan(s, limit, 100000, version)
    while (found > 0) {
      if (found === Scan.Packet) showPacket(out, p, readPacket(p, s, version, text))
      else if (found === Scan.StreamStart) {
        out.push(line('stream', s.total_))
        showPacket(out, p, readStreamHead(p, s, text))
      } else if (found === Scan.StreamChunk) out.push(cut(s.buffer_, s.from_, s.to_))
      else out.push(line('end', s.size_))
      found = scan(s, limit, 100000, version)
    }
    if (found < 0) {
      out.push(line('failed', found))
      return
    }
  }
}

/** A case for `readAll`: the version, the number of bytes, the bytes. */
export function wrap(version: number, bytes: Bytes): Bytes {
  return cat(b1(version), u16(bytes.length), bytes)
}

/** What the decoder says of every wrapped case. */
export function readAll(cases: Bytes, step: number, limit: number, each: Each): void {
  let from = 0
  while (from < cases.length) {
    const to = from + 3 + at(cases, from + 1) * 256 + at(cases, from + 2)
    const parts: Bytes[] = []
    readOne(parts, at(cases, from), cut(cases, from + 3, to), step, limit)
    each(join(parts))
    from = to
  }
}
