/** What the codec's tests share: bytes from hexadecimal and from Buffers, and a decoder that turns chunks into a list of events. */
import { type Bytes } from '../../firmware/bytes.js'
import { newPacket, readPacket, readStreamHead, type Packet } from '../../firmware/codec/read.js'
import { feed, newScanner, scan, Scan, type Scanner } from '../../firmware/codec/scan.js'
import type { Properties } from '../../firmware/types.js'
import { text } from '../../hal/host/text.js'

export { text }
export type { Bytes }

/** Bytes from hexadecimal; white space and `// comments` up to the end of a line are left out. */
export function hex(source: string): Bytes {
  const digits = source.replace(/\/\/.*$/gm, '').replace(/\s+/g, '')
  if (digits.length % 2 === 1 || /[^0-9a-fA-F]/.test(digits)) throw new Error(`not hexadecimal: ${source}`)
  return Buffer.from(digits, 'hex').toString('latin1') as Bytes
}

export function toHex(bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('hex').replace(/(..)(?=.)/g, '$1 ')
}

export function fromBuffer(buffer: Uint8Array): Bytes {
  return Buffer.from(buffer).toString('latin1') as Bytes
}

export function toBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1')
}

export function utf8(value: string): Bytes {
  return text.utf8(value)
}

/** One thing that a decoder said. A stream is told as its head and its payload, however it came in pieces. */
export type Event =
  | { packet: Facts; reason: number }
  | { stream: Facts; reason: number; total: number; size: number; skip: boolean; payload: Bytes }
  | { failed: number }

export interface Setting {
  version?: number
  limit?: number
  streamMax?: number
  /** Called after each `scan`. */
  watch?: (s: Scanner) => void
}

/** What a packet says, in the words of the specification. */
export interface Facts {
  type: number
  dup?: boolean
  qos?: number
  retain?: boolean
  packetId?: number
  topic?: Bytes
  topicText?: string
  payload?: Bytes
  codes?: Bytes
  reason?: number
  sessionPresent?: boolean
  properties?: Properties
}

/** The members that mean something for the packet's type, copied. */
export function facts(p: Packet, reason: number): Facts {
  const type = p.type_
  const packetId = p.packetId_
  const of: Facts = { type }
  if (reason > 0) return of
  if (type === 3) Object.assign(of, { dup: p.dup_, qos: p.qos_, retain: p.retain_, packetId, topic: p.topic_, topicText: text.text(p.topic_), payload: p.payload_ })
  else if (type === 2) Object.assign(of, { sessionPresent: p.sessionPresent_, reason: p.reason_ })
  else if (type >= 4 && type <= 7) Object.assign(of, { packetId, reason: p.reason_ })
  else if (type === 9 || type === 11) Object.assign(of, { packetId, codes: p.codes_ })
  else if (type >= 14) Object.assign(of, { reason: p.reason_ })
  if (p.properties_ !== undefined) of.properties = structuredClone(p.properties_)
  return of
}

/** Feeds the chunks one by one and lists what comes of them, up to the first failure. */
export function decode(chunks: Bytes[], { version = 4, limit = 1 << 20, streamMax = 1 << 22, watch }: Setting = {}): Event[] {
  const s = newScanner()
  const p = newPacket()
  const events: Event[] = []
  let stream: Extract<Event, { stream: unknown }> | undefined
  for (const chunk of chunks) {
    feed(s, chunk)
    for (;;) {
      const found = scan(s, limit, streamMax, version)
      watch?.(s)
      if (found === Scan.More) break
      if (found < 0) {
        events.push({ failed: found })
        return events
      }
      if (found === Scan.Packet) {
        const reason = readPacket(p, s, version, text)
        events.push({ packet: facts(p, reason), reason })
      } else if (found === Scan.StreamStart) {
        const reason = readStreamHead(p, s, text)
        stream = { stream: facts(p, reason), reason, total: s.total_, size: s.size_, skip: s.skip_, payload: '' as Bytes }
      } else if (found === Scan.StreamChunk) {
        if (stream!.payload.length !== s.offset_) throw new Error(`a piece at ${s.offset_} after ${stream!.payload.length} bytes`)
        if (s.to_ <= s.from_) throw new Error('an empty piece')
        stream!.payload = (stream!.payload + s.buffer_.substring(s.from_, s.to_)) as Bytes
      } else {
        events.push(stream!)
        stream = undefined
      }
    }
  }
  if (stream !== undefined) events.push(stream)
  return events
}

/** One packet, whole: what `readPacket` makes of it, or what the scanner says against it. */
export function decodeOne(bytes: Bytes, version = 4): Event {
  const events = decode([bytes], { version })
  if (events.length !== 1) throw new Error(`${events.length} events from one packet`)
  return events[0]!
}

/** Cuts `bytes` at the given indices, which are in order. */
export function cutAt(bytes: Bytes, indices: number[]): Bytes[] {
  const list: Bytes[] = []
  let from = 0
  for (const to of [...indices, bytes.length]) {
    list.push(bytes.substring(from, to) as Bytes)
    from = to
  }
  return list
}

/** Pieces of `size` bytes. */
export function pieces(bytes: Bytes, size: number): Bytes[] {
  const list: Bytes[] = []
  for (let i = 0; i < bytes.length; i += size) list.push(bytes.substring(i, i + size) as Bytes)
  return list
}
