/**
 * Bytes to packets and back, by mqtt-packet: an oracle shares no code with what it checks. The stream is cut into
 * packets here, so that sizes are known and every packet is looked at alone. (mqtt-packet needs Node's Buffer; a bundler
 * for browsers brings it along.)
 */
import mqtt, { type Packet, type Parser } from 'mqtt-packet'
import type { Bytes } from '../../hal.js'
import type { Version } from './types.js'

/** A packet, or what is wrong with its bytes. `statement` where the specification numbers it. */
export interface Decoded {
  packet: Packet | undefined
  fault: string
  /** The whole packet, fixed header included. */
  raw: Bytes
}

const MAX_LENGTH = 268435455

/** Packets that have one length only under 3.1 and 3.1.1; the others have a body of any length. */
const FIXED_LENGTH: Partial<Record<Packet['cmd'], number>> = { puback: 2, pubrec: 2, pubrel: 2, pubcomp: 2, disconnect: 0 }

/** mqtt-packet's parser for one whole packet at a time. Making one costs as much as a hundred packets: all connections share it. */
class Reader {
  packet: Packet | undefined
  fault = ''
  private readonly settings = { protocolVersion: 4 }
  private readonly parser = mqtt.parser(this.settings) as Parser & { settings: { protocolVersion: number } }

  constructor() {
    this.parser.on('packet', (packet) => {
      this.packet = packet
    })
    this.parser.on('error', (error: unknown) => {
      this.fault = error instanceof Error ? error.message : String(error)
    })
  }

  read(raw: Bytes, version: Version): void {
    this.packet = undefined
    this.fault = ''
    this.settings.protocolVersion = version
    // A CONNECT puts itself in the place of the settings.
    this.parser.settings = this.settings
    try {
      this.parser.parse(Buffer.from(raw, 'latin1'))
    } catch (error) {
      // It reads past the end of what is malformed enough.
      this.fault = error instanceof Error ? error.message : String(error)
    }
    if (this.fault === '' && this.packet === undefined) this.fault = 'not a whole packet'
  }
}

let reader = new Reader()

/** The packets of four bytes that are most of the traffic, by their first byte. mqtt-packet reads them the same, forty times as slowly. */
const SHORT: Partial<Record<number, 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'>> = { 0x40: 'puback', 0x50: 'pubrec', 0x62: 'pubrel', 0x70: 'pubcomp' }
const SHORT_HEAD = { puback: '\x40\x02', pubrec: '\x50\x02', pubrel: '\x62\x02', pubcomp: '\x70\x02' } as const

/** The packet, where it is one of those; undefined: mqtt-packet shall look. */
export function shortPacket(raw: Bytes): Packet | undefined {
  if (raw.length === 2) return raw === '\xc0\x00' ? { cmd: 'pingreq', length: 0 } : undefined
  if (raw.length !== 4) return undefined
  const cmd = SHORT[raw.charCodeAt(0)]
  return cmd === undefined ? undefined : { cmd, messageId: raw.charCodeAt(2) * 256 + raw.charCodeAt(3), reasonCode: 0, length: 2 }
}

export class Decoder {
  /** Which version the packets are of, from CONNECT on. */
  version: Version = 4
  private rest = ''
  /** Bytes of the packet under way, 0 while its length is not known. */
  private need = 0

  /** True when no part of a packet waits. */
  get clean(): boolean {
    return this.rest.length === 0
  }

  push(bytes: Bytes): void {
    this.rest = this.rest.length === 0 ? bytes : this.rest + bytes
  }

  /** The next whole packet, undefined when there is none yet. */
  next(): Decoded | undefined {
    if (this.need === 0) {
      const fault = this.measure()
      if (fault !== undefined) return { packet: undefined, fault, raw: this.rest as Bytes }
      if (this.need === 0) return undefined
    }
    if (this.rest.length < this.need) return undefined
    const size = this.need
    const raw = this.rest.substring(0, size) as Bytes
    this.rest = this.rest.length === size ? '' : this.rest.substring(size)
    this.need = 0
    return this.decode(raw)
  }

  private measure(): string | undefined {
    let value = 0
    let scale = 1
    for (let i = 1; i < 5; i++) {
      if (i >= this.rest.length) return undefined
      const byte = this.rest.charCodeAt(i)
      value += (byte % 128) * scale
      scale *= 128
      if (byte < 128) {
        if (byte === 0 && i > 1) return 'the remaining length is not in its shortest form'
        this.need = 1 + i + value
        return undefined
      }
    }
    return `the remaining length has more than 4 bytes (at most ${MAX_LENGTH})`
  }

  private decode(raw: Bytes): Decoded {
    const short = shortPacket(raw)
    if (short !== undefined) return { packet: short, fault: '', raw }
    reader.read(raw, this.version)
    const { packet, fault } = reader
    if (fault !== '' || packet === undefined) {
      // It may be in the middle of something.
      reader = new Reader()
      return { packet: undefined, fault, raw }
    }
    const body = packet.length ?? 0
    const fixed = packet.cmd === 'pingreq' ? 0 : this.version < 5 ? FIXED_LENGTH[packet.cmd] : undefined
    if (fixed !== undefined && body !== fixed) return { packet: undefined, fault: `${packet.cmd} with ${body} bytes after the header, ${fixed} are right`, raw }
    return { packet, fault: '', raw }
  }
}

/** What is wrong with a text as it was decoded from `raw`: a replacement character that nobody sent betrays bytes that were not well-formed. */
export function textFault(text: string, raw: Bytes): { statement: string; text: string } | undefined {
  if (text.includes('\0')) return { statement: '1.5.4-2', text: 'U+0000 in a string' }
  if (text.includes('\ufffd') && !raw.includes('\xef\xbf\xbd')) return { statement: '1.5.4-1', text: 'a string that is not well-formed UTF-8' }
  return undefined
}

/** Whether `encode` writes it without mqtt-packet: an acknowledgement without a reason. */
export function isShort(packet: Packet, version: Version): packet is Packet & { cmd: keyof typeof SHORT_HEAD; messageId: number } {
  return packet.cmd in SHORT_HEAD && packet.messageId !== undefined && packet.messageId > 0 &&
    (version < 5 || ('reasonCode' in packet && packet.reasonCode === 0 && !('properties' in packet)))
}

export function encode(packet: Packet, version: Version): Bytes {
  if (isShort(packet, version)) {
    const id = packet.messageId
    return (SHORT_HEAD[packet.cmd] + String.fromCharCode((id >> 8) & 255, id & 255)) as Bytes
  }
  return mqtt.generate(packet, { protocolVersion: version }).toString('latin1') as Bytes
}

/** Payload bytes as mqtt-packet wants them. */
export function toPayload(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1')
}

export function fromPayload(payload: Buffer | string): Bytes {
  return (typeof payload === 'string' ? Buffer.from(payload, 'utf8').toString('latin1') : payload.toString('latin1')) as Bytes
}
