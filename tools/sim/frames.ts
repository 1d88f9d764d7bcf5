/**
 * MQTT frames as they pass a socket, cut anywhere: what the checks look at, independent of the core's codec and of the
 * model broker's. Only what they need is read.
 */

export const TYPE_NAMES = ['', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH'] as const
export type FrameName = (typeof TYPE_NAMES)[number]

export interface Frame {
  name: FrameName
  /** The low four bits of the first byte. */
  flags: number
  /** Bytes of the whole packet. */
  size: number
  /** 0 where it has none. */
  id: number
  /** CONNACK and the acks: return or reason code. */
  reason: number
  /** CONNACK. */
  sessionPresent: boolean
  /** CONNACK: its reserved bits are 0, and under 3.1 and 3.1.1 it is as long as it must be. */
  wellFormed: boolean
  /** PUBLISH. */
  dup: boolean
  qos: number
  topic: string
  /** PUBLISH: the first bytes of its payload. */
  label: string
  /** SUBSCRIBE, UNSUBSCRIBE: the filters in the packet. */
  filters: string[]
}

function u16(bytes: string, at: number): number {
  return bytes.charCodeAt(at) * 256 + bytes.charCodeAt(at + 1)
}

/** A variable byte integer at `at`: its value and where it ends; undefined when it is not all there. */
function varint(bytes: string, at: number): { value: number; end: number } | undefined {
  let value = 0
  let scale = 1
  for (let i = at; i < at + 4; i++) {
    if (i >= bytes.length) return undefined
    const c = bytes.charCodeAt(i)
    value += (c % 128) * scale
    scale *= 128
    if (c < 128) return { value, end: i + 1 }
  }
  return undefined
}

/** The packet identifier's place: after the topic, at the start of the body, or nowhere. */
const WITH_ID = new Set<FrameName>(['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK'])

function emptyFrame(name: FrameName, flags: number, size: number): Frame {
  return { name, flags, size, id: 0, reason: 0, sessionPresent: false, wellFormed: true, dup: false, qos: 0, topic: '', label: '', filters: [] }
}

/** Reads one direction of one connection. */
export class FrameReader {
  private held = ''
  private wanted = 2

  /** @param version of the protocol; @param labelBytes of each payload that `label` takes. */
  constructor(private readonly version: number, private readonly labelBytes: number, private readonly onFrame: (frame: Frame) => void) {}

  /** Bytes of a frame that has begun and not ended. */
  get begun(): number {
    return this.held.length
  }

  /** The label of a PUBLISH that has begun and not ended, as far as it can be told; "" for none. */
  get begunLabel(): string {
    const { held } = this
    const length = held.charCodeAt(0) >> 4 === 3 ? varint(held, 1) : undefined
    if (length === undefined || held.length < length.end + 2) return ''
    const frame = emptyFrame('PUBLISH', held.charCodeAt(0) & 15, held.length)
    this.publish(frame, held, length.end)
    return frame.label.length === this.labelBytes ? frame.label : ''
  }

  /** Bytes that passed. */
  feed(bytes: string): void {
    this.held += bytes
    let from = 0
    while (this.held.length - from >= this.wanted) {
      const length = varint(this.held, from + 1)
      if (length === undefined) break
      const end = length.end + length.value
      if (this.held.length < end) {
        this.wanted = end - from
        break
      }
      this.frame(this.held.substring(from, end), length.end - from)
      from = end
      this.wanted = 2
    }
    if (from > 0) this.held = this.held.substring(from)
  }

  private frame(bytes: string, body: number): void {
    const first = bytes.charCodeAt(0)
    const name = TYPE_NAMES[first >> 4] ?? ''
    const frame = emptyFrame(name, first & 15, bytes.length)
    if (name === 'PUBLISH') this.publish(frame, bytes, body)
    else if (name === 'CONNACK') {
      frame.sessionPresent = (bytes.charCodeAt(body) & 1) === 1
      frame.reason = bytes.charCodeAt(body + 1)
      frame.wellFormed = frame.flags === 0 && bytes.charCodeAt(body) < 2 && (this.version === 5 || bytes.length === 4)
    } else if (WITH_ID.has(name)) {
      frame.id = u16(bytes, body)
      if (bytes.length > body + 2 && frame.size > body + 2) frame.reason = bytes.charCodeAt(body + 2)
      if (name === 'SUBSCRIBE' || name === 'UNSUBSCRIBE') this.filters(frame, bytes, body + 2)
    } else if (name === 'DISCONNECT') frame.reason = bytes.length > body ? bytes.charCodeAt(body) : 0
    this.onFrame(frame)
  }

  private publish(frame: Frame, bytes: string, body: number): void {
    frame.dup = (frame.flags & 8) !== 0
    frame.qos = (frame.flags >> 1) & 3
    let at = body + 2 + u16(bytes, body)
    frame.topic = bytes.substring(body + 2, at)
    if (frame.qos > 0) {
      frame.id = u16(bytes, at)
      at += 2
    }
    if (this.version === 5) {
      const properties = varint(bytes, at)
      if (properties !== undefined) at = properties.end + properties.value
    }
    frame.label = bytes.substring(at, at + this.labelBytes)
  }

  private filters(frame: Frame, bytes: string, from: number): void {
    let at = from
    if (this.version === 5) {
      const properties = varint(bytes, at)
      if (properties !== undefined) at = properties.end + properties.value
    }
    while (at + 2 <= bytes.length) {
      const end = at + 2 + u16(bytes, at)
      frame.filters.push(bytes.substring(at + 2, end))
      at = frame.name === 'SUBSCRIBE' ? end + 1 : end
    }
  }
}

/** "PUBLISH dup q1 id 7 p00003". */
export function describe(frame: Frame): string {
  const parts: string[] = [frame.name]
  if (frame.name === 'PUBLISH') parts.push(...(frame.dup ? ['DUP'] : []), `QoS ${frame.qos}`)
  if (frame.name === 'CONNACK') parts.push(frame.sessionPresent ? 'session' : 'no session')
  if (frame.id > 0) parts.push(`id ${frame.id}`)
  if (frame.reason > 0) parts.push(`reason ${frame.reason}`)
  if (frame.name === 'PUBLISH') parts.push(frame.topic === '' ? '(alias)' : frame.topic, frame.label)
  if (frame.filters.length > 0) parts.push(frame.filters.join(' '))
  return parts.join(' ')
}
