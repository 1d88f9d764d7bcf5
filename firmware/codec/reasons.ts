/**
 * Which reason codes a server may send in which packet (MQTT 5.0 section 2.4 and the tables of chapter 3). 5.0 only.
 * 0x00 is allowed in every packet that has a reason code, and stands in no list.
 */
import { cat, cut, find } from '../bytes.js'
import type { Bytes } from '../bytes.js'
import { PacketType } from './packets.js'

// Hexadecimal, each behind a blank, so that one search answers.
const CONNACK = ' 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f' as Bytes
const PUBACK = ' 10 80 83 87 90 91 97 99' as Bytes
const PUBCOMP = ' 92' as Bytes
const SUBACK = ' 01 02 80 83 87 8f 91 97 9e a1 a2' as Bytes
const UNSUBACK = ' 11 80 83 87 8f 91' as Bytes
// 0x04 is the client's alone. 0x8C stands in the table of section 2.4 only.
const DISCONNECT = ' 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2' as Bytes
// 0x19 is the client's alone.
const AUTH = ' 18' as Bytes

const BLANK = ' ' as Bytes
const DIGITS = '0123456789abcdef' as Bytes

/** True when a server may send `code` in a packet of type `type`; for SUBACK and UNSUBACK, among its codes. */
export function listed(type: number, code: number): boolean {
  if (code === 0) return true
  const list = type === PacketType.Connack ? CONNACK
    : type === PacketType.Puback || type === PacketType.Pubrec ? PUBACK
    : type === PacketType.Pubrel || type === PacketType.Pubcomp ? PUBCOMP
    : type === PacketType.Suback ? SUBACK
    : type === PacketType.Unsuback ? UNSUBACK
    : type === PacketType.Disconnect ? DISCONNECT
    : AUTH
  const low = code % 16
  const high = (code - low) / 16
  return find(list, cat(BLANK, cut(DIGITS, high, high + 1), cut(DIGITS, low, low + 1)), 0) >= 0
}
