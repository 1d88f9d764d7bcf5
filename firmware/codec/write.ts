/**
 * Packet writers: one byte string for a whole packet, in one join (MQTT 5.0 chapter 3; 3.1 and 3.1.1 are the same
 * without properties). A writer with a `limit` compares the whole packet with it before it allocates anything, and
 * answers EMPTY when the packet would be larger. Nothing here checks values: topic.ts, properties.ts and the client do.
 *
 * A `properties` argument is a whole section with its length, as `writeProperties` gives it, and EMPTY under 3.1 and
 * 3.1.1. Text is UTF-8 already.
 */
import { b1, b2, b3, b4, cat, EMPTY, u16 } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import { varint, varintSize } from './varint.js'

/** What CONNECT carries (section 3.1). */
export interface ConnectFields {
  /** Clean Session, in 5.0 Clean Start. */
  clean_: boolean
  /** Seconds, 0 to 65535. */
  keepalive_: number
  clientId_: Bytes
  /** Absent: no will, and the other will fields are not looked at. */
  willTopic_?: Bytes
  willPayload_: Bytes
  /** 0, 1, 2. */
  willQos_: number
  willRetain_: boolean
  willProperties_: Bytes
  username_?: Bytes
  password_?: Bytes
  properties_: Bytes
}

/** A length of two bytes, then the bytes: how strings and binary data stand in a packet (sections 1.5.4 and 1.5.6). At most 65535 bytes. */
export function field(bytes: Bytes): Bytes {
  return cat(u16(bytes.length), bytes)
}

/** `field(bytes)`, or nothing for a field that is not there. */
function optional(bytes: Bytes | undefined): Bytes {
  return bytes === undefined ? EMPTY : field(bytes)
}

/** The fixed header: the first byte and `length`, the number of bytes that follow (section 2.1). */
function fixed(first: number, length: number): Bytes {
  if (length < 128) return b2(first, length)
  if (length < 16384) {
    const low = length % 128
    return b3(first, low + 128, (length - low) / 128)
  }
  return cat(b1(first), varint(length))
}

/** True when a packet whose header announces `length` bytes is larger than `limit` bytes. */
function over(length: number, limit: number): boolean {
  return length + 1 + varintSize(length) > limit
}

/** CONNECT (section 3.1). `version` 3 is 3.1 ("MQIsdp"), 4 is 3.1.1, 5 is 5.0. EMPTY above `limit` bytes. */
export function writeConnect(version: number, c: ConnectFields, limit: number): Bytes {
  let flags = c.clean_ ? 2 : 0
  let length = (FEATURE_V31 && version === 3 ? 12 : 10) + c.properties_.length + 2 + c.clientId_.length
  const willTopic = c.willTopic_
  const username = c.username_
  const password = c.password_
  if (willTopic !== undefined) {
    flags = flags + 4 + c.willQos_ * 8 + (c.willRetain_ ? 32 : 0)
    length = length + c.willProperties_.length + 4 + willTopic.length + c.willPayload_.length
  }
  if (username !== undefined) {
    flags = flags + 128
    length = length + 2 + username.length
  }
  if (password !== undefined) {
    flags = flags + 64
    length = length + 2 + password.length
  }
  if (over(length, limit)) return EMPTY
  const name = (FEATURE_V31 && version === 3 ? 'MQIsdp' : 'MQTT') as Bytes
  return cat(
    fixed(0x10, length), field(name), b2(version, flags), u16(c.keepalive_), c.properties_, field(c.clientId_),
    willTopic === undefined ? EMPTY : cat(c.willProperties_, field(willTopic), field(c.willPayload_)),
    cat(optional(username), optional(password))
  )
}

/**
 * PUBLISH (section 3.3). `flags` is the sum of `PublishFlag`s. `topicField` is `field(topic)`, which the caller keeps
 * for topics it publishes to again; `b2(0, 0)` when a topic alias stands for it. `packetId` is 0 for QoS 0.
 * EMPTY above `limit` bytes.
 */
export function writePublish(
  flags: number, topicField: Bytes, packetId: number, properties: Bytes, payload: Bytes, limit: number
): Bytes {
  const length = topicField.length + (packetId > 0 ? 2 : 0) + properties.length + payload.length
  if (over(length, limit)) return EMPTY
  if (FEATURE_V5 && properties.length > 0) {
    if (packetId > 0) return cat(fixed(0x30 + flags, length), topicField, u16(packetId), properties, payload)
    return cat(fixed(0x30 + flags, length), topicField, properties, payload)
  }
  if (packetId > 0) return cat(fixed(0x30 + flags, length), topicField, u16(packetId), payload)
  return cat(fixed(0x30 + flags, length), topicField, payload)
}

/**
 * PUBLISH up to its payload of `payloadLength` bytes, for a message that is sent as a stream. EMPTY when what is
 * written here passes `limit` bytes, or the packet 268435455.
 */
export function writePublishHead(
  flags: number, topicField: Bytes, packetId: number, properties: Bytes, payloadLength: number, limit: number
): Bytes {
  const head = topicField.length + (packetId > 0 ? 2 : 0) + properties.length
  const length = head + payloadLength
  if (length > 268435455 || head + 1 + varintSize(length) > limit) return EMPTY
  return cat(fixed(0x30 + flags, length), topicField, packetId > 0 ? u16(packetId) : EMPTY, properties)
}

/**
 * PUBACK, PUBREC, PUBREL, PUBCOMP (sections 3.4 to 3.7). 4 bytes when `reason` is 0 and there are no properties, as
 * always under 3.1 and 3.1.1; 5 when only properties are missing.
 */
export function writeAck(firstByte: number, packetId: number, reason: number, properties: Bytes): Bytes {
  const low = packetId % 256
  if (FEATURE_V5) {
    // A section of one byte is a length of 0: it may be left out.
    if (properties.length > 1) {
      return cat(fixed(firstByte, 3 + properties.length), u16(packetId), b1(reason), properties)
    }
    if (reason > 0) return cat(b4(firstByte, 3, (packetId - low) / 256, low), b1(reason))
  }
  return b4(firstByte, 2, (packetId - low) / 256, low)
}

/**
 * SUBSCRIBE and UNSUBSCRIBE (sections 3.8 and 3.10). `fields` is what follows, already joined: for each filter
 * `field(filter)` and, in SUBSCRIBE, its options byte. EMPTY above `limit` bytes.
 */
export function writeSubscribe(firstByte: number, packetId: number, properties: Bytes, fields: Bytes, limit: number): Bytes {
  const length = 2 + properties.length + fields.length
  if (over(length, limit)) return EMPTY
  return cat(fixed(firstByte, length), u16(packetId), properties, fields)
}

/** PINGREQ (section 3.12). */
export function writePingreq(): Bytes {
  return b2(0xc0, 0)
}

/** DISCONNECT (section 3.14). `reason` and `properties` only under 5.0. */
export function writeDisconnect(version: number, reason: number, properties: Bytes): Bytes {
  if (FEATURE_V5 && version === 5) {
    if (properties.length > 1) return cat(fixed(0xe0, 1 + properties.length), b1(reason), properties)
    if (reason > 0) return b3(0xe0, 1, reason)
  }
  return b2(0xe0, 0)
}

/** AUTH (section 3.15), 5.0 only. */
export function writeAuth(reason: number, properties: Bytes): Bytes {
  if (properties.length > 1) return cat(fixed(0xf0, 1 + properties.length), b1(reason), properties)
  if (reason > 0) return b4(0xf0, 2, reason, 0)
  return b2(0xf0, 0)
}
