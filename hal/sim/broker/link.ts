/** One connection of a client: what was agreed on it, and the sending of packets. */
import type { IConnectPacket, Packet } from 'mqtt-packet'
import type { Bytes } from '../../hal.js'
import type { ScheduledEvent } from '../clock.js'
import type { SimConnection } from '../connection.js'
import type { Core } from './core.js'
import { LinkChecks } from './checks.js'
import type { Session } from './session.js'
import type { Ack } from './options.js'
import type { EndKind, Message, Outgoing, Version } from './types.js'
import { Decoder, encode, type Decoded } from './wire.js'

export interface Will {
  message: Message
  delaySeconds: number
}

export class Link {
  version: Version = 4
  readonly decoder = new Decoder()
  readonly checks: LinkChecks
  connect: IConnectPacket | undefined
  /** As CONNECT named it, or as it was assigned. */
  clientId = ''
  session: Session | undefined
  will: Will | undefined
  /** CONNACK of code 0 was sent. */
  up = false
  closed = false
  disconnected = false
  /** Seconds in force, 0 for none. */
  keepalive = 0
  lastHeard: number
  readonly aliasesIn = new Map<number, string>()
  readonly aliasesOut = new Map<string, number>()
  /** What the client allows us. */
  receiveMaximum = 65535
  maximumPacketSize = Infinity
  topicAliasMaximum = 0
  /** In flight before this connection and not sent again on it yet. */
  readonly toResend: Outgoing[] = []
  /** Packets that came between CONNECT and CONNACK. */
  readonly early: Decoded[] = []
  /** Called once CONNACK of code 0 is out: the early packets are due. */
  onUp: () => void = () => undefined
  watch: ScheduledEvent | undefined
  private lastAckAt = 0

  constructor(readonly core: Core, readonly connection: SimConnection) {
    this.lastHeard = core.now
    this.checks = new LinkChecks(core, this)
  }

  send(packet: Packet): void {
    if (!this.closed) this.put(encode(packet, this.version))
  }

  /** Sends the bytes of a packet, or does to them what the dishonest broker does. */
  put(bytes: Bytes): void {
    const { lies } = this.core
    if (lies.tells('delay')) {
      this.connection.after(lies.random.int(1, 30000), () => this.raw(bytes))
      return
    }
    if (lies.tells('malformed')) {
      const at = lies.random.int(0, bytes.length - 1)
      this.raw((bytes.substring(0, at) + String.fromCharCode(lies.random.int(0, 255)) + bytes.substring(at + 1)) as Bytes)
      return
    }
    if (lies.tells('truncated')) {
      this.raw(bytes.substring(0, lies.random.int(1, bytes.length)) as Bytes)
      return
    }
    this.raw(bytes)
  }

  /** Sends any bytes, right or wrong. */
  raw(bytes: Bytes): void {
    if (!this.closed) this.connection.send(bytes)
  }

  /** Sends an acknowledgement, as late as the options say, in the order of the requests. Returns the ms that it waits. */
  acknowledge(packet: Packet, message: Message | undefined): number {
    const { options, lies, now } = this.core
    const packetId = packet.messageId ?? 0
    const ack: Ack = { clientId: this.clientId, kind: packet.cmd as Ack['kind'], packetId, message }
    if (options.neverAck(ack) || lies.tells('neverAck')) return 0
    const said = this.bent(packet)
    const at = Math.max(now + options.ackDelayMs(ack), this.lastAckAt)
    this.lastAckAt = at
    const twice = lies.tells('duplicateAck')
    const go = (): void => {
      if (this.closed) return
      this.checks.acknowledged(packet)
      this.send(said)
      if (twice) this.send(said)
      if (lies.tells('unknownAck')) this.send({ ...packet, cmd: packet.cmd === 'pubcomp' ? 'pubrec' : 'puback', messageId: lies.random.int(1, 65535) } as Packet)
    }
    if (at > now) this.connection.after(at - now, go)
    else go()
    return at - now
  }

  /** Ends the connection from our side. */
  close(how: EndKind, reset = false): void {
    if (this.closed) return
    if (reset) this.connection.rst()
    else this.connection.close()
    this.ended(how)
  }

  /** The connection is over. */
  ended(how: EndKind): void {
    if (this.closed) return
    this.closed = true
    this.core.sim.clock.cancel(this.watch)
    this.core.linkEnded(this, how)
  }

  /** DISCONNECT with a reason to a 5.0 client, then the end. */
  refuse(reasonCode: number, how: EndKind): void {
    if (this.version === 5 && this.up) this.send({ cmd: 'disconnect', reasonCode })
    this.close(how)
  }

  private bent(packet: Packet): Packet {
    const { lies } = this.core
    if (lies.tells('wrongAckKind')) {
      const other = packet.cmd === 'puback' ? 'pubrec' : 'puback'
      return { cmd: other, messageId: packet.messageId ?? 0, reasonCode: 0 } as Packet
    }
    if (packet.cmd === 'suback' && lies.tells('subackCount')) {
      const granted = packet.granted as number[]
      return { ...packet, granted: granted.length > 1 && lies.random.chance(0.5) ? granted.slice(1) : [...granted, 0] }
    }
    return packet
  }
}
