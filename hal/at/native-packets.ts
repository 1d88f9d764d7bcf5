/**
 * The server's side of MQTT 3.1 and 3.1.1, as far as a module needs it: what the core writes, read; what a server would answer, written.
 * Nothing is checked twice: the core's packets are well-formed, or they are none.
 */
import { at, b1, b2, b4, cat, cut, EMPTY, u16, u16At, type Bytes } from '../../firmware/bytes.js'

export const enum Packet { Connect = 1, Publish = 3, Subscribe = 8, Unsubscribe = 10, Pingreq = 12, Disconnect = 14 }

/** What a CONNECT says (3.1.1 section 3.1). */
export interface ConnectPacket {
  version_: number
  isClean_: boolean
  keepalive_: number
  clientId_: Bytes
  willTopic_: Bytes | undefined
  willPayload_: Bytes
  willQos_: number
  isWillRetained_: boolean
  username_: Bytes | undefined
  password_: Bytes
}

/** Where the body of the packet at the start of `bytes` begins: 2 to 5; 0: that is not there yet. */
export function bodyAt(this: void, bytes: Bytes): number {
  let i = 1
  while (i < bytes.length && i < 5) {
    if (at(bytes, i) < 128) return i + 1
    i = i + 1
  }
  return 0
}

/** Bytes of the packet at the start of `bytes`; 0: it is not whole. */
export function packetLength(this: void, bytes: Bytes): number {
  const body = bodyAt(bytes)
  if (body === 0) return 0
  let length = 0
  for (let i = body - 1; i > 0; i = i - 1) length = length * 128 + at(bytes, i) % 128
  return body + length <= bytes.length ? body + length : 0
}

/** The field at `i`: two bytes of length, and as many as they say. */
export function fieldAt(this: void, bytes: Bytes, i: number): Bytes {
  return cut(bytes, i + 2, i + 2 + u16At(bytes, i))
}

/** The CONNECT at the start of `bytes`. */
export function readConnect(this: void, bytes: Bytes): ConnectPacket {
  let i = bodyAt(bytes)
  i = i + 2 + u16At(bytes, i)
  const flags = at(bytes, i + 1)
  const isWill = flags % 8 >= 4
  const c: ConnectPacket = {
    version_: at(bytes, i), isClean_: flags % 4 >= 2, keepalive_: u16At(bytes, i + 2), clientId_: fieldAt(bytes, i + 4),
    willTopic_: undefined, willPayload_: EMPTY, willQos_: isWill ? (flags % 32 - flags % 8) / 8 : 0, isWillRetained_: flags % 64 >= 32, username_: undefined, password_: EMPTY
  }
  i = i + 6 + c.clientId_.length
  if (isWill) {
    const topic = fieldAt(bytes, i)
    c.willTopic_ = topic
    i = i + 2 + topic.length
    c.willPayload_ = fieldAt(bytes, i)
    i = i + 2 + c.willPayload_.length
  }
  if (flags >= 128) {
    const name = fieldAt(bytes, i)
    c.username_ = name
    i = i + 2 + name.length
  }
  if (flags % 128 >= 64) c.password_ = fieldAt(bytes, i)
  return c
}

/** CONNACK; the session is never said to be present, since no module tells. */
export function connack(this: void, code: number): Bytes {
  return b4(0x20, 2, 0, code)
}

/** PUBACK and UNSUBACK: `first` is their first byte. */
export function ack(this: void, first: number, id: number): Bytes {
  return cat(b2(first, 2), u16(id))
}

/** A packet of any length. */
function packet(first: number, body: Bytes): Bytes {
  let head = b1(first)
  let rest = body.length
  while (rest > 127) {
    head = cat(head, b1(rest % 128 + 128))
    rest = (rest - rest % 128) / 128
  }
  return cat(head, b1(rest), body)
}

/** SUBACK: a code for each filter. */
export function suback(this: void, id: number, codes: Bytes): Bytes {
  return packet(0x90, cat(u16(id), codes))
}

export function pingresp(this: void): Bytes {
  return b2(0xd0, 0)
}

/** A message of QoS 0. */
export function publishPacket(this: void, topic: Bytes, payload: Bytes): Bytes {
  return packet(0x30, cat(u16(topic.length), topic, payload))
}
