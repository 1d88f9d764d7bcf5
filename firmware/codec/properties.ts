/**
 * MQTT 5.0 properties (section 2.2.2): checked and written from a `Properties` record, read into one. Everything goes
 * by one table: identifier, name, kind of value, and the packets that may carry it. 5.0 only; nothing else imports it.
 */
import { at, b1, b4, cat, cut, find, join, keep, u16, u16At } from '../bytes.js'
import type { Bytes, Code } from '../bytes.js'
import type { TextHal } from '../../hal/hal.js'
import { ErrorCode, Reason } from '../codes.js'
import { checkTopic } from '../topic.js'
import type { Properties } from '../types.js'
import { validUtf8 } from '../utf8.js'
import { PacketType } from './packets.js'
import { readVarint, varint, varintSize } from './varint.js'

/** Values by name. Numbers, text, Bytes, or a list of text. */
type Values = Record<string, unknown>

/** The letters of KINDS. */
const enum Kind {
  /** b: one byte, 0 or 1. */
  Bit = 98,
  /** s: two bytes, 0 to 65535. S: not 0. */
  Short = 115,
  ShortAbove0 = 83,
  /** l: four bytes, see `Properties`. L: not 0. */
  Long = 108,
  LongAbove0 = 76,
  /** v: a variable byte integer, not 0. */
  Varint = 118,
  /** t: text. T: a topic name. */
  Text = 116,
  Topic = 84,
  /** d: binary data. */
  Data = 100,
  /** p: pairs of text, as many as one likes. */
  Pairs = 112
}

/** The highest identifier. */
const LAST = 42

// The table, by identifier from 0 on; what does not exist is blank.
const NAMES = [
  '', 'payloadFormatIndicator', 'messageExpiryInterval', 'contentType', '', '', '', '',
  'responseTopic', 'correlationData', '', 'subscriptionIdentifier', '', '', '', '',
  '', 'sessionExpiryInterval', 'assignedClientIdentifier', 'serverKeepAlive',
  '', 'authenticationMethod', 'authenticationData', 'requestProblemInformation',
  'willDelayInterval', 'requestResponseInformation', 'responseInformation', '',
  'serverReference', '', '', 'reasonString',
  '', 'receiveMaximum', 'topicAliasMaximum', 'topicAlias', 'maximumQoS', 'retainAvailable', 'userProperties', 'maximumPacketSize',
  'wildcardSubscriptionAvailable', 'subscriptionIdentifiersAvailable', 'sharedSubscriptionAvailable'
]
const KINDS = ' blt    Td v     lts tdblbt t  t SsSbbpLbbb' as Bytes
// The packets that may carry it, by their letters in SENT and RECEIVED.
const CARRIERS = [
  '', 'PpW', 'PpW', 'PpW', '', '', '', '',
  'PpW', 'PpW', '', 'pS', '', '', '', '',
  '', 'CcD', 'c', 'c',
  '', 'CcX', 'CcX', 'C',
  'W', 'C', 'c', '',
  'cd', '', '', 'cAsDdX',
  '', 'Cc', 'Cc', 'Pp', 'c', 'c', 'CcPpASUsDdXW', 'Cc',
  'c', 'c', 'c'
]
// By packet type from 0 on. Small: what the server sends. PUBACK to PUBCOMP and AUTH are the same both ways.
const SENT = ' C PAAAAS U   DXW' as Bytes
const RECEIVED = '  cpAAAA s s  dX ' as Bytes

/** True when packets of type `packetType`, seen from the direction that `letters` stands for, may carry property `id`. */
function carries(letters: Bytes, packetType: number, id: number): boolean {
  return find(CARRIERS[id] as Bytes, cut(letters, packetType, packetType + 1), 0) >= 0
}

/** Text or a topic name: 0 or a code. */
function checkText(value: unknown, kind: number, text: TextHal): Code {
  if (typeof value !== 'string') return ErrorCode.BadProperty
  const bytes = text.utf8(value)
  if (bytes.length > 65535) return ErrorCode.BadProperty
  if (!validUtf8(bytes)) return ErrorCode.BadUtf8
  return kind === Kind.Topic && checkTopic(bytes) < 0 ? ErrorCode.BadProperty : 0
}

function checkPairs(value: unknown, text: TextHal): Code {
  const list = value as string[]
  if (list.length % 2 !== 0) return ErrorCode.BadProperty
  for (const item of list) {
    const code = checkText(item, Kind.Text, text)
    if (code < 0) return code
  }
  return 0
}

function checkNumber(value: unknown, kind: number): Code {
  if (typeof value !== 'number') return ErrorCode.BadProperty
  const long = kind === Kind.Long || kind === Kind.LongAbove0
  if (long && value === -1) return 0
  const low = kind === Kind.ShortAbove0 || kind === Kind.LongAbove0 || kind === Kind.Varint ? 1 : 0
  const high = long ? 2147483647 : kind === Kind.Bit ? 1 : kind === Kind.Varint ? 268435455 : 65535
  return value >= low && value <= high && value % 1 === 0 ? 0 : ErrorCode.BadProperty
}

/**
 * What `writeProperties` must not be given: 0, or `BadProperty` for a property that a client may not send in that packet
 * or a value out of range, `BadUtf8` for text that is not well-formed or has U+0000. `packetType` is a `PacketType`,
 * `Will` included.
 */
export function checkProperties(p: Properties | undefined, packetType: number, text: TextHal): Code {
  if (p === undefined) return 0
  const values = p as unknown as Values
  if (values['subscriptionIdentifiers'] !== undefined) return ErrorCode.BadProperty
  let id = 1
  while (id <= LAST) {
    const name = NAMES[id] as string
    const value = name.length > 0 ? values[name] : undefined
    if (value !== undefined) {
      if (!carries(SENT, packetType, id)) return ErrorCode.BadProperty
      const kind = at(KINDS, id)
      let code: Code = 0
      if (kind === Kind.Text || kind === Kind.Topic) code = checkText(value, kind, text)
      else if (kind === Kind.Pairs) code = checkPairs(value, text)
      else if (kind === Kind.Data) code = typeof value === 'string' && value.length <= 65535 ? 0 : ErrorCode.BadProperty
      else code = checkNumber(value, kind)
      if (code < 0) return code
    }
    id = id + 1
  }
  return 0
}

/** The most significant byte first; -1 is 0xFFFFFFFF. */
function u32(n: number): Bytes {
  if (n < 0) return b4(255, 255, 255, 255)
  const d = n % 256
  n = (n - d) / 256
  const c = n % 256
  n = (n - c) / 256
  const b = n % 256
  return b4((n - b) / 256, b, c, d)
}

function sized(bytes: Bytes): Bytes {
  return cat(u16(bytes.length), bytes)
}

function writeValue(value: unknown, kind: number, text: TextHal): Bytes {
  if (kind === Kind.Text || kind === Kind.Topic) return sized(text.utf8(value as string))
  if (kind === Kind.Data) return sized(value as Bytes)
  const n = value as number
  if (kind === Kind.Bit) return b1(n)
  if (kind === Kind.Varint) return varint(n)
  return kind === Kind.Long || kind === Kind.LongAbove0 ? u32(n) : u16(n)
}

/**
 * The whole section with its length (section 2.2.2): one byte 0 for `undefined` [MQTT-2.2.2-1]. What `checkProperties`
 * refuses must not come here. Properties are written in the order of their identifiers.
 */
export function writeProperties(p: Properties | undefined, packetType: number, text: TextHal): Bytes {
  if (p === undefined) return b1(0)
  const values = p as unknown as Values
  const parts: Bytes[] = []
  let id = 1
  while (id <= LAST) {
    const name = NAMES[id] as string
    const value = name.length > 0 ? values[name] : undefined
    if (value !== undefined && carries(SENT, packetType, id)) {
      const kind = at(KINDS, id)
      if (kind === Kind.Pairs) {
        const list = value as string[]
        let i = 0
        while (i < list.length) {
          parts.push(cat(b1(id), sized(text.utf8(list[i] as string)), sized(text.utf8(list[i + 1] as string))))
          i = i + 2
        }
      } else {
        parts.push(cat(b1(id), writeValue(value, kind, text)))
      }
    }
    id = id + 1
  }
  const body = join(parts)
  return cat(varint(body.length), body)
}

/** The index behind the field of two length bytes at `i`, or -1 when it passes `to`. */
function fieldEnd(s: Bytes, i: number, to: number): number {
  if (i + 2 > to) return -1
  const end = i + 2 + u16At(s, i)
  return end > to ? -1 : end
}

/** Bytes that a value of this kind takes when its size is fixed; 0 for the others. */
function fixedSize(kind: number): number {
  if (kind === Kind.Bit) return 1
  if (kind === Kind.Short || kind === Kind.ShortAbove0) return 2
  return kind === Kind.Long || kind === Kind.LongAbove0 ? 4 : 0
}

/** A number of 1, 2 or 4 bytes. Four bytes as `Properties` says: 0xFFFFFFFF is -1, others above 2147483647 saturate. */
function readNumber(s: Bytes, i: number, size: number): number {
  if (size === 1) return at(s, i)
  const high = u16At(s, i)
  if (size === 2) return high
  const low = u16At(s, i + 2)
  if (high < 32768) return high * 65536 + low
  return high === 65535 && low === 65535 ? -1 : 2147483647
}

/** What is wrong with number `n` of property `id`: 0, or the reason code to close with. */
function judgeNumber(n: number, kind: number, id: number): number {
  if (kind === Kind.Bit && n > 1) return Reason.ProtocolError
  if (n === 0 && kind !== Kind.Bit && kind !== Kind.Short && kind !== Kind.Long) {
    return id === 35 ? Reason.TopicAliasInvalid : Reason.ProtocolError
  }
  return 0
}

/** A second subscription identifier: `subscriptionIdentifiers` holds them all from then on. */
function addSubscription(into: Properties, id: number): void {
  const first = into.subscriptionIdentifier
  if (first === undefined) into.subscriptionIdentifier = id
  else if (into.subscriptionIdentifiers === undefined) into.subscriptionIdentifiers = [first, id]
  else into.subscriptionIdentifiers.push(id)
}

/**
 * Reads the properties that stand in `s` from `from` up to `to`, without their length, into `into`, which must be
 * empty. 0, or the reason code to close with: malformed (0x81) for what is unknown, not of this packet, cut short or
 * not UTF-8; protocol error (0x82) for what stands twice or is out of range; 0x94 for topic alias 0.
 */
export function readProperties(into: Properties, s: Bytes, from: number, to: number, packetType: number, text: TextHal): number {
  const values = into as unknown as Values
  let i = from
  while (i < to) {
    const id = at(s, i)
    i = i + 1
    // Session Expiry Interval in a server's DISCONNECT is spelled out [MQTT-3.14.2-2].
    if (id === 17 && packetType === PacketType.Disconnect) return Reason.ProtocolError
    if (id > LAST || !carries(RECEIVED, packetType, id)) return Reason.MalformedPacket
    const kind = at(KINDS, id)
    const name = NAMES[id] as string
    if (kind !== Kind.Pairs && kind !== Kind.Varint && values[name] !== undefined) return Reason.ProtocolError
    const size = fixedSize(kind)
    if (size > 0 || kind === Kind.Varint) {
      if (i + size > to) return Reason.MalformedPacket
      const n = size > 0 ? readNumber(s, i, size) : readVarint(s, i, to)
      if (size === 0 && n < 0) return Reason.MalformedPacket
      const reason = judgeNumber(n, kind, id)
      if (reason > 0) return reason
      if (kind === Kind.Varint) addSubscription(into, n)
      else values[name] = n
      i = i + (size > 0 ? size : varintSize(n))
    } else {
      const end = fieldEnd(s, i, to)
      if (end < 0) return Reason.MalformedPacket
      // Of its own: a cached message must not hold on to the chunk that it came in.
      const bytes = keep(cut(s, i + 2, end))
      i = end
      if (kind === Kind.Data) values[name] = bytes
      else if (!validUtf8(bytes) || (kind === Kind.Topic && checkTopic(bytes) < 0)) return Reason.MalformedPacket
      else if (kind !== Kind.Pairs) values[name] = text.text(bytes)
      else {
        const last = fieldEnd(s, i, to)
        if (last < 0) return Reason.MalformedPacket
        const value = keep(cut(s, i + 2, last))
        i = last
        if (!validUtf8(value)) return Reason.MalformedPacket
        if (into.userProperties === undefined) into.userProperties = []
        into.userProperties.push(text.text(bytes))
        into.userProperties.push(text.text(value))
      }
    }
  }
  return 0
}

/**
 * Reads a whole section, its length included, at `from` of a packet that ends at `to`: the index behind it, or the
 * negated reason code. `into.properties_` becomes a new record, or stays undefined when there is none.
 */
export function readSection(
  into: { properties_: Properties | undefined }, s: Bytes, from: number, to: number, packetType: number, text: TextHal
): number {
  const length = readVarint(s, from, to)
  if (length < 0) return -Reason.MalformedPacket
  if (length === 0) return from + 1
  const start = from + varintSize(length)
  const end = start + length
  if (end > to) return -Reason.MalformedPacket
  const properties: Properties = {}
  into.properties_ = properties
  const reason = readProperties(properties, s, start, end, packetType, text)
  return reason > 0 ? -reason : end
}
