/**
 * The packet reader: the body that the scanner delimited, judged and taken apart (MQTT 5.0 chapter 3). Every length is
 * checked against what contains it, what the specification makes a reason to close is one, and nothing is left over.
 */
import { at, cut, EMPTY, plain, u16At } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import type { TextHal } from '../../hal/hal.js'
import { Reason } from '../codes.js'
import { checkTopic } from '../topic.js'
import type { Properties } from '../types.js'
import { PacketType } from './packets.js'
import { readProperties, readSection } from './properties.js'
import { listed } from './reasons.js'
import type { Scanner } from './scan.js'

/** The packet read last. One record, reused: only the members of its type mean something. */
export interface Packet {
  /** A `PacketType`. */
  type_: number
  /** PUBLISH. */
  dup_: boolean
  qos_: 0 | 1 | 2
  retain_: boolean
  /** PUBLISH (0 for QoS 0), the acks, SUBACK, UNSUBACK. */
  packetId_: number
  /** Return code of CONNACK, reason code of 5.0; 0 where a packet has none. Also set when the packet is refused for it. */
  reason_: number
  /** CONNACK of 3.1.1 and 5.0; false under 3.1, where that byte is reserved. */
  sessionPresent_: boolean
  /** PUBLISH: EMPTY only under 5.0, where a topic alias stands for it. A part of the chunk: `keep` what must last. */
  topic_: Bytes
  payload_: Bytes
  /** SUBACK, and UNSUBACK of 5.0: one byte for each filter, in order. */
  codes_: Bytes
  /** 5.0: a new record, undefined when the packet has none. */
  properties_: Properties | undefined
}

/** A record for `readPacket`. */
export function newPacket(): Packet {
  return {
    type_: 0, dup_: false, qos_: 0, retain_: false, packetId_: 0, reason_: 0, sessionPresent_: false,
    topic_: EMPTY, payload_: EMPTY, codes_: EMPTY, properties_: undefined
  }
}

/** The flags of PUBLISH, then topic and packet identifier as they stand in the record: 0, or the reason to close. */
function judgePublish(into: Packet, header: number): number {
  const flags = header % 8
  into.type_ = PacketType.Publish
  into.dup_ = header % 16 >= 8
  into.retain_ = flags % 2 === 1
  into.qos_ = flags >= 4 ? 2 : flags >= 2 ? 1 : 0
  if (into.qos_ > 0 && into.packetId_ === 0) return Reason.ProtocolError
  const topic = into.topic_
  if (topic.length === 0) {
    if (FEATURE_V5 && into.properties_ !== undefined && into.properties_.topicAlias !== undefined) return 0
    return Reason.ProtocolError
  }
  if (plain(topic)) return 0
  return checkTopic(topic) < 0 ? Reason.MalformedPacket : 0
}

/** PUBLISH (section 3.3). */
function readPublish(into: Packet, s: Scanner, version: number, text: TextHal): number {
  const b = s.buffer_
  const to = s.to_
  let i = s.from_ + 2
  if (i > to) return Reason.MalformedPacket
  const end = i + u16At(b, i - 2)
  if (end > to) return Reason.MalformedPacket
  into.topic_ = cut(b, i, end)
  i = end
  into.packetId_ = 0
  if (s.header_ % 8 >= 2) {
    if (i + 2 > to) return Reason.MalformedPacket
    into.packetId_ = u16At(b, i)
    i = i + 2
  }
  if (FEATURE_V5) {
    into.properties_ = undefined
    if (version === 5) {
      i = readSection(into, b, i, to, PacketType.Publish, text)
      if (i < 0) return -i
    }
  }
  into.payload_ = cut(b, i, to)
  return judgePublish(into, s.header_)
}

/**
 * The head of a PUBLISH above the limit, after `Scan.StreamStart`: fills `into` as `readPacket` would, with an empty
 * payload. 0, or the reason code to close with. Where the scanner passed over the topic (`headSkipped_`), it is EMPTY
 * and not judged.
 */
export function readStreamHead(into: Packet, s: Scanner, text: TextHal): number {
  into.topic_ = s.topic_
  into.packetId_ = s.packetId_
  into.payload_ = EMPTY
  if (FEATURE_V5) {
    into.properties_ = undefined
    if (s.properties_.length > 0) {
      const properties: Properties = {}
      into.properties_ = properties
      const reason = readProperties(properties, s.properties_, 0, s.properties_.length, PacketType.Publish, text)
      if (reason > 0) return reason
    }
  }
  const reason = judgePublish(into, s.header_)
  return s.headSkipped_ && (into.qos_ === 0 || into.packetId_ > 0) ? 0 : reason
}

/**
 * What ends CONNACK, the acks, DISCONNECT and AUTH of 5.0: a reason code at `i`, then properties, up to `to`. Where
 * `brief` is true the properties may be missing, and the reason code too, which is then 0.
 */
function readReason(into: Packet, b: Bytes, i: number, to: number, brief: boolean, text: TextHal): number {
  if (i === to) return brief ? 0 : Reason.MalformedPacket
  into.reason_ = at(b, i)
  if (i + 1 < to || !brief) {
    const end = readSection(into, b, i + 1, to, into.type_, text)
    if (end < 0) return -end
    if (end !== to) return Reason.MalformedPacket
  }
  return listed(into.type_, into.reason_) ? 0 : Reason.ProtocolError
}

/** CONNACK (section 3.2). */
function readConnack(into: Packet, b: Bytes, from: number, to: number, version: number, text: TextHal): number {
  if (to - from < 2) return Reason.MalformedPacket
  const flags = at(b, from)
  into.sessionPresent_ = false
  // 3.1 reserves the first byte without saying what is in it.
  if (!FEATURE_V31 || version > 3) {
    if (flags > 1) return Reason.MalformedPacket
    into.sessionPresent_ = flags === 1
  }
  if (FEATURE_V5 && version === 5) {
    const reason = readReason(into, b, from + 1, to, false, text)
    if (reason > 0) return reason
  } else {
    into.reason_ = at(b, from + 1)
    if (to - from > 2) return Reason.MalformedPacket
    if (into.reason_ > 5) return Reason.ProtocolError
  }
  // A refusal has no session [MQTT-3.2.2-4 of 3.1.1, MQTT-3.2.2-6 of 5.0].
  return into.sessionPresent_ && into.reason_ > 0 ? Reason.ProtocolError : 0
}

/** SUBACK and UNSUBACK (sections 3.9 and 3.11). UNSUBACK has codes only under 5.0. */
function readSuback(into: Packet, b: Bytes, from: number, to: number, version: number, text: TextHal): number {
  const v5 = FEATURE_V5 && version === 5
  let i = from + 2
  if (FEATURE_V5 && v5) {
    i = readSection(into, b, i, to, into.type_, text)
    if (i < 0) return -i
  }
  into.codes_ = cut(b, i, to)
  if (!v5 && into.type_ === PacketType.Unsuback) return i === to ? 0 : Reason.MalformedPacket
  if (i === to) return Reason.MalformedPacket
  while (i < to) {
    const code = at(b, i)
    if (FEATURE_V5 && v5) {
      if (!listed(into.type_, code)) return Reason.ProtocolError
    } else if (code > 2 && code !== 0x80) {
      return Reason.ProtocolError
    }
    i = i + 1
  }
  return 0
}

/**
 * Reads the packet that `scan` delimited (`Scan.Packet`) into `into`. 0, or the reason code to close with: 0x81 for what
 * is malformed, 0x82 for what the protocol forbids, 0x94 for topic alias 0. `version` is 3, 4 or 5. A DISCONNECT under
 * 3.1 and 3.1.1 is no packet of a server; it is read as one without a reason.
 */
export function readPacket(into: Packet, s: Scanner, version: number, text: TextHal): number {
  const header = s.header_
  if (header >= 0x30 && header < 0x40) return readPublish(into, s, version, text)
  const b = s.buffer_
  const from = s.from_
  const to = s.to_
  const type = (header - header % 16) / 16
  into.type_ = type
  into.reason_ = 0
  if (FEATURE_V5) into.properties_ = undefined
  if (type === PacketType.Connack) return readConnack(into, b, from, to, version, text)
  if (type === PacketType.Pingresp) return to === from ? 0 : Reason.MalformedPacket
  if (type >= PacketType.Disconnect) {
    if (!FEATURE_V5 || version < 5) return 0
    // AUTH may leave out both or nothing, DISCONNECT the properties alone too.
    if (type === PacketType.Auth && to === from + 1) return Reason.MalformedPacket
    return readReason(into, b, from, to, true, text)
  }
  // What is left has a packet identifier.
  if (to - from < 2) return Reason.MalformedPacket
  into.packetId_ = u16At(b, from)
  if (into.packetId_ === 0) return Reason.ProtocolError
  if (type === PacketType.Suback || type === PacketType.Unsuback) return readSuback(into, b, from, to, version, text)
  if (FEATURE_V5 && version === 5) return readReason(into, b, from + 2, to, true, text)
  return to - from === 2 ? 0 : Reason.MalformedPacket
}
