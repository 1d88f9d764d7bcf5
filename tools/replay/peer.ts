/** The packets of a recording, made again from type, flags, id and sizes: contents were never recorded. */
import type { Bytes } from '../../hal/hal.js'
import type { EventRecord, PacketRecord } from './format.js'

/** The unit separators of a packet: its bytes, and for one in pieces where its payload begins. */
export interface Made {
  bytes: Bytes
  head: number
}

function varint(n: number): number[] {
  const out: number[] = []
  while (n > 127) {
    out.push((n % 128) + 128)
    n = Math.floor(n / 128)
  }
  return [...out, n]
}

const u16 = (n: number): number[] => [(n >> 8) & 255, n & 255]
const u32 = (n: number): number[] => (n < 0 ? [255, 255, 255, 255] : [...u16(Math.floor(n / 65536)), ...u16(n % 65536)])

function text(bytes: number[]): string {
  return Buffer.from(bytes).toString('latin1')
}

function packet(first: number, body: number[]): Made {
  return { bytes: text([first, ...varint(body.length), ...body]) as Bytes, head: 0 }
}

/** A topic or filter of a length in bytes; those of different numbers differ where the length allows it. */
export function name(length: number, number: number, fill: string): string {
  const digits = number.toString(36)
  return digits.length >= length ? digits.slice(-length) : digits.padStart(length, fill)
}

function connack(p: PacketRecord, version: number): Made {
  const body = [p.present === true ? 1 : 0, p.reason ?? 0]
  if (version < 5) return packet(0x20, body)
  const s = p.server ?? {}
  const bits = s.bits ?? 0
  const properties: number[] = []
  if ((s.receiveMaximum ?? 0) > 0) properties.push(0x21, ...u16(s.receiveMaximum!))
  if ((s.maximumPacketSize ?? 0) !== 0) properties.push(0x27, ...u32(s.maximumPacketSize!))
  if ((s.topicAliasMaximum ?? 0) > 0) properties.push(0x22, ...u16(s.topicAliasMaximum!))
  if ((s.serverKeepAlive ?? -1) >= 0) properties.push(0x13, ...u16(s.serverKeepAlive!))
  if ((s.assignedId ?? 0) > 0) properties.push(0x12, ...u16(s.assignedId!), ...Array<number>(s.assignedId!).fill(97))
  if (bits >= 32) properties.push(0x24, Math.floor(bits / 32) - 1)
  if ((bits & 2) > 0) properties.push(0x25, 0)
  if ((bits & 4) > 0) properties.push(0x28, 0)
  if ((bits & 8) > 0) properties.push(0x2a, 0)
  if ((bits & 16) > 0) properties.push(0x29, 0)
  return packet(0x20, [...body, ...varint(properties.length), ...properties])
}

function publish(p: PacketRecord, version: number): Made {
  const flags = p.flags ?? 0
  const topic = Math.max(1, p.topic ?? 1)
  const head = [...u16(topic), ...Buffer.from(name(topic, 0, 'i')), ...(flags & 6 ? u16(p.id ?? 0) : []), ...(version === 5 ? [0] : [])]
  let payload = p.payload ?? 0
  if (p.stream === true) {
    // In pieces because of its size: that is kept, whatever stood in it.
    const size = p.size ?? 0
    const rest = size < 130 ? size - 2 : size < 16387 ? size - 3 : size < 2097156 ? size - 4 : size - 5
    payload = Math.max(0, rest - head.length)
  }
  const front = [0x30 + flags, ...varint(head.length + payload), ...head]
  return { bytes: (text(front) + 'x'.repeat(payload)) as Bytes, head: front.length }
}

/** The bytes of a recorded packet of the server's. */
export function makePacket(p: PacketRecord, version: number): Made {
  const id = u16(p.id ?? 0)
  const reason = p.reason ?? 0
  if (p.type === 2) return connack(p, version)
  if (p.type === 3) return publish(p, version)
  if (p.type >= 4 && p.type <= 7) return packet(p.type * 16 + (p.type === 6 ? 2 : 0), version === 5 && reason > 0 ? [...id, reason] : id)
  if (p.type === 9) return packet(0x90, [...id, ...(version === 5 ? [0] : []), ...(p.codes ?? [])])
  if (p.type === 11) return packet(0xb0, version === 5 ? [...id, 0, ...(p.codes ?? [])] : id)
  if (p.type === 13) return packet(0xd0, [])
  return packet(p.type * 16, version === 5 && reason > 0 ? [reason] : [])
}

/** Bytes that a scanner or reader of ours refuses in the recorded way. */
export function makeBad(e: EventRecord): Bytes {
  if (e.value === 1) return text([0x90, 0xff, 0xff, 0x7f]) as Bytes
  if (e.value === 2) return text([0x00]) as Bytes
  if (e.value === 0x81) return text([0x90, 0x01, 0x00]) as Bytes
  return text([0x32, 0x06, 0x00, 0x01, 0x69, 0x00, 0x00, 0x78]) as Bytes
}
