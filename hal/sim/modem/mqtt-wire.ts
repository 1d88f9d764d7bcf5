/**
 * MQTT 3.1 and 3.1.1 on the wire, as much of it as a module's own client needs. Strings are byte strings, so that a
 * topic leaves as the host typed it. Shares nothing with the model broker's codec, which it is tested against.
 */
import type { Bytes } from '../../hal.js'

export const enum Packet {
  Connect = 1, Connack, Publish, Puback, Pubrec, Pubrel, Pubcomp, Subscribe, Suback, Unsubscribe, Unsuback, Pingreq, Pingresp, Disconnect
}

export interface Will {
  readonly topic: string
  readonly message: string
  readonly qos: number
  readonly retain: boolean
}

export interface ConnectOptions {
  /** 3 is 3.1, 4 is 3.1.1. */
  readonly version: number
  readonly clientId: string
  /** Undefined: not sent. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Seconds, 0 for none. */
  readonly keepalive: number
  readonly clean: boolean
  readonly will?: Will | undefined
}

/** An application message, in either direction. `id` is 0 for QoS 0. */
export interface Message {
  readonly topic: Bytes
  readonly payload: Bytes
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly id: number
}

export interface Filter {
  readonly filter: string
  readonly qos: number
}

/** A packet as it was cut from the stream. */
export interface Cut {
  readonly type: Packet
  readonly flags: number
  readonly body: string
}

/** Bytes of a packet that a module takes; more ends the link. */
export const PACKET_MAX = 65536
/** A SUBSCRIBE, UNSUBSCRIBE or PUBREL has this in its first byte. */
const RESERVED = 2

const CLEAN = 2
const WILL = 4
const WILL_RETAIN = 32
const PASSWORD = 64
const USER = 128

function word(n: number): string {
  return String.fromCharCode((n >> 8) & 255, n & 255)
}

function text(s: string): string {
  return word(s.length) + s
}

function assemble(type: Packet, flags: number, body: string): Bytes {
  let head = String.fromCharCode(type * 16 + flags)
  let rest = body.length
  do {
    const digit = rest % 128
    rest = Math.floor(rest / 128)
    head += String.fromCharCode(rest > 0 ? digit + 128 : digit)
  } while (rest > 0)
  return head + body as Bytes
}

export function connect(options: ConnectOptions): Bytes {
  const { version, user, password, will, clean } = options
  const flags = (clean ? CLEAN : 0) + (will === undefined ? 0 : WILL + will.qos * 8 + (will.retain ? WILL_RETAIN : 0)) +
    (password === undefined ? 0 : PASSWORD) + (user === undefined ? 0 : USER)
  const tail = [options.clientId, ...will === undefined ? [] : [will.topic, will.message], ...user === undefined ? [] : [user], ...password === undefined ? [] : [password]]
  return assemble(Packet.Connect, 0, text(version === 3 ? 'MQIsdp' : 'MQTT') + String.fromCharCode(version, flags) + word(options.keepalive) + tail.map(text).join(''))
}

export function publish(message: Message): Bytes {
  const { topic, payload, qos, retain, dup, id } = message
  return assemble(Packet.Publish, (dup ? 8 : 0) + qos * 2 + (retain ? 1 : 0), text(topic) + (qos > 0 ? word(id) : '') + payload)
}

export function subscribe(id: number, filters: readonly Filter[]): Bytes {
  return assemble(Packet.Subscribe, RESERVED, word(id) + filters.map((one) => text(one.filter) + String.fromCharCode(one.qos)).join(''))
}

export function unsubscribe(id: number, filters: readonly string[]): Bytes {
  return assemble(Packet.Unsubscribe, RESERVED, word(id) + filters.map(text).join(''))
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
export function answer(type: Packet, id: number): Bytes {
  return assemble(type, type === Packet.Pubrel ? RESERVED : 0, word(id))
}

export function bare(type: Packet): Bytes {
  return assemble(type, 0, '')
}

/** The number in the first two bytes from `at`; NaN where they are missing. */
export function wordAt(body: string, at: number): number {
  return body.charCodeAt(at) * 256 + body.charCodeAt(at + 1)
}

/** Undefined where the packet is none. */
export function readPublish(cut: Cut): Message | undefined {
  const { body, flags } = cut
  const length = wordAt(body, 0)
  const qos = (flags >> 1) & 3
  const start = 2 + length + (qos > 0 ? 2 : 0)
  const id = qos > 0 ? wordAt(body, 2 + length) : 0
  if (!(length > 0) || qos === 3 || body.length < start || (qos > 0 && id === 0)) return undefined
  return { topic: body.substring(2, 2 + length) as Bytes, payload: body.substring(start) as Bytes, qos, retain: (flags & 1) === 1, dup: (flags & 8) !== 0, id }
}

/** Cuts a stream into packets. */
export class Cutter {
  /** The stream is no MQTT, or a packet is larger than `PACKET_MAX`: nothing comes any more. */
  broken = false
  private rest = ''

  push(bytes: string): void {
    this.rest += bytes
  }

  /** The next whole packet, undefined when there is none yet. */
  next(): Cut | undefined {
    let length = 0
    let scale = 1
    for (let i = 1; i < this.rest.length && !this.broken; i++) {
      const digit = this.rest.charCodeAt(i)
      length += (digit % 128) * scale
      scale *= 128
      if (digit < 128) return this.cut(i + 1, length)
      if (i === 4) this.broken = true
    }
    return undefined
  }

  private cut(start: number, length: number): Cut | undefined {
    if (length > PACKET_MAX) this.broken = true
    const end = start + length
    if (this.broken || this.rest.length < end) return undefined
    const first = this.rest.charCodeAt(0)
    const body = this.rest.substring(start, end)
    this.rest = this.rest.substring(end)
    return { type: first >> 4, flags: first & 15, body }
  }
}
