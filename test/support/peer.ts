/** One client connection at the test broker: what came in, what can be said, and what the client did wrong. */
import mqtt, { type IConnackPacket, type IConnectPacket, type IDisconnectPacket, type IPublishPacket, type IAuthPacket, type Packet, type PacketCmd } from 'mqtt-packet'
import type { Session } from './session.js'
import type { Wire } from './wire.js'

/** A packet as it came, with its time in ms. */
export interface Received {
  t: number
  packet: Packet
}

type Properties = Record<string, unknown>

/** A packet of mqtt-packet without the members that the helper fills in. */
type Said<T> = Partial<Omit<T, 'cmd'>>

export class Peer {
  /** Every packet of this connection, in order. */
  readonly packets: Received[] = []
  /** Every packet sent on it. */
  readonly sent: Packet[] = []
  /** What the client did against the specification, as sentences. */
  readonly violations: string[] = []
  /** The CONNECT, once it came. */
  connect: IConnectPacket | undefined
  session: Session | undefined
  /** A CONNACK of code 0 was sent. */
  accepted = false
  /** The client ended the connection, or we did. */
  closed = false
  /** The client sent DISCONNECT. */
  disconnected = false
  version: 3 | 4 | 5 = 4
  /** Bytes received. */
  bytes = 0
  lastHeard = 0
  /** QoS 1 and 2 ids published by the client on this connection and not finished, with the QoS. */
  readonly unfinished = new Map<number, 1 | 2>()
  readonly aliases = new Map<number, string>()
  private cursor = 0
  private readonly settings = { protocolVersion: 4 }
  private readonly parser = mqtt.parser(this.settings)

  /** @param id 1 for the broker's first connection. */
  constructor(readonly id: number, readonly wire: Wire, private readonly onPacket: (packet: Packet) => void, private readonly onEnd: () => void) {
    this.parser.on('packet', (packet) => {
      if (this.closed) return
      if (packet.cmd === 'connect') {
        this.version = packet.protocolVersion ?? 4
        this.settings.protocolVersion = this.version
      }
      this.packets.push({ t: wire.now(), packet })
      this.lastHeard = wire.now()
      this.onPacket(packet)
    })
    this.parser.on('error', (error: unknown) => {
      this.violations.push(`bytes that are not MQTT: ${String(error)}`)
      this.close()
    })
    wire.onData((bytes) => {
      this.bytes += bytes.length
      if (!this.closed) this.parser.parse(bytes)
    })
    wire.onEnd(() => {
      if (this.closed) return
      this.closed = true
      this.onEnd()
    })
  }

  /** The packets of one kind, in order. */
  all<C extends PacketCmd>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.packets.map((received) => received.packet).filter((packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd)
  }

  /** The next packet not yet asked for; it must be a `cmd`. */
  expectPacket<C extends PacketCmd>(cmd: C): Extract<Packet, { cmd: C }> {
    const received = this.packets[this.cursor]
    if (received === undefined) throw new Error(`connection ${this.id}: expected ${cmd}, and no further packet came; so far: ${this.heard()}`)
    if (received.packet.cmd !== cmd) throw new Error(`connection ${this.id}: expected ${cmd} and got ${received.packet.cmd} (packet ${this.cursor + 1} of: ${this.heard()})`)
    this.cursor += 1
    return received.packet as Extract<Packet, { cmd: C }>
  }

  /** No packet came that was not asked for. */
  expectNothing(): void {
    const received = this.packets[this.cursor]
    if (received !== undefined) throw new Error(`connection ${this.id}: expected nothing more and got ${received.packet.cmd} at ${received.t} ms; in all: ${this.heard()}`)
  }

  /** Treats what came so far as asked for. */
  skip(): void {
    this.cursor = this.packets.length
  }

  /** The kinds of all packets: "connect subscribe pingreq". */
  heard(): string {
    return this.packets.map((received) => received.packet.cmd).join(' ')
  }

  send(packet: Packet): void {
    this.sent.push(packet)
    const id = packet.messageId ?? 0
    const refused = 'reasonCode' in packet && (packet.reasonCode ?? 0) >= 0x80
    if (packet.cmd === 'puback' || packet.cmd === 'pubcomp' || (packet.cmd === 'pubrec' && refused)) this.unfinished.delete(id)
    if (packet.cmd === 'connack') this.accepted = (packet.returnCode ?? packet.reasonCode ?? 0) === 0
    this.raw(mqtt.generate(packet, { protocolVersion: this.version }))
  }

  /** Any bytes, right or wrong; a string is hexadecimal, "20 02 00 00". */
  raw(bytes: Buffer | string): void {
    this.wire.send(typeof bytes === 'string' ? Buffer.from(bytes.replace(/\s/g, ''), 'hex') : bytes)
  }

  /** Code 0 and no session when nothing else is said; `code` is the return or the reason code. */
  connack(fields: Said<IConnackPacket> & { code?: number } = {}): void {
    const { code = 0, ...rest } = fields
    const codes = this.version === 5 ? { reasonCode: code } : { returnCode: code }
    this.send({ cmd: 'connack', sessionPresent: false, ...codes, ...rest })
  }

  suback(messageId: number, granted: number[], properties?: Properties): void {
    this.send({ cmd: 'suback', messageId, granted, ...(properties === undefined ? {} : { properties }) })
  }

  unsuback(messageId: number, granted: number[] = []): void {
    this.send({ cmd: 'unsuback', messageId, granted })
  }

  puback(messageId: number, reasonCode = 0, properties?: Properties): void {
    this.ack('puback', messageId, reasonCode, properties)
  }

  pubrec(messageId: number, reasonCode = 0, properties?: Properties): void {
    this.ack('pubrec', messageId, reasonCode, properties)
  }

  pubrel(messageId: number, reasonCode = 0): void {
    this.ack('pubrel', messageId, reasonCode, undefined)
  }

  pubcomp(messageId: number, reasonCode = 0): void {
    this.ack('pubcomp', messageId, reasonCode, undefined)
  }

  publish(fields: Said<IPublishPacket> & { topic: string }): void {
    this.send({ cmd: 'publish', qos: 0, dup: false, retain: false, payload: '', ...fields })
  }

  pingresp(): void {
    this.send({ cmd: 'pingresp' })
  }

  /** A 5.0 server's DISCONNECT. Nothing is closed by it. */
  disconnect(reasonCode: number, properties?: IDisconnectPacket['properties']): void {
    this.send({ cmd: 'disconnect', reasonCode, ...(properties === undefined ? {} : { properties }) })
  }

  auth(reasonCode: number, properties: NonNullable<IAuthPacket['properties']>): void {
    this.send({ cmd: 'auth', reasonCode, properties })
  }

  /** Closes in order. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.wire.close()
    this.onEnd()
  }

  /** Resets the connection. */
  rst(): void {
    if (this.closed) return
    this.closed = true
    this.wire.rst()
    this.onEnd()
  }

  private ack(cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', messageId: number, reasonCode: number, properties: Properties | undefined): void {
    const code = this.version === 5 ? { reasonCode } : {}
    this.send({ cmd, messageId, ...code, ...(properties === undefined ? {} : { properties }) })
  }
}
