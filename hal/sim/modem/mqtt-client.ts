/**
 * The MQTT client inside a module. It knows no AT command: a family's rows drive it and hear of what happens. It
 * acknowledges by itself and pings by itself, as modules do, and it sends nothing again by itself: where a family does
 * (Quectel), its rows say so.
 */
import { LinkCode, type Bytes, type Endpoint } from '../../hal.js'
import type { Link } from './link.js'
import type { Modem } from './modem.js'
import { answer, bare, connect, Cutter, Packet, publish, readPublish, subscribe, unsubscribe, wordAt, type ConnectOptions, type Cut, type Filter, type Message } from './mqtt-wire.js'

export type { ConnectOptions, Filter, Message, Will } from './mqtt-wire.js'

/** `peer`: FIN. `reset`: RST, or the network. `ping`: PINGRESP did not come. `protocol`: what came is no MQTT. */
export type End = 'peer' | 'reset' | 'ping' | 'protocol'

export type Acknowledgement = 'puback' | 'pubrec' | 'pubcomp'

/** Called from the world's wakes, never from within a call. */
export interface ClientEvents {
  /** The TCP or TLS link stands. */
  opened?: () => void
  /** It could not be opened: a `LinkCode`. */
  failed?: (code: number) => void
  connack?: (code: number) => void
  suback?: (id: number, codes: readonly number[]) => void
  unsuback?: (id: number) => void
  /** For a PUBLISH of ours. */
  acknowledged?: (id: number, what: Acknowledgement) => void
  message: (message: Message) => void
  /** The link is gone, and not because we closed it. */
  ended?: (why: End) => void
}

export interface ClientOptions {
  /** The module's number for the link. */
  readonly number: number
  readonly endpoint: Endpoint
  /** A `LinkCode` where the module knows by itself that it cannot. */
  readonly refused?: number
  /** ms that the link may stand without CONNECT, 0 for ever: then it ends as if the peer had closed it. */
  readonly windowMs?: number
}

/** `tcp`: the link stands, and there is no session. */
export type ClientState = 'opening' | 'tcp' | 'connecting' | 'up' | 'closed'

/** ms from PINGREQ to the end, without PINGRESP. */
const PING_MS = 20000
/** Bytes that wait for the link; a packet that finds no room is refused. */
const OUT_LIMIT = 32768
/** Bytes that may wait for the line to the host before more is taken from the link. */
const LINE_PENDING = 4096
const LINE_RETRY_MS = 5
/** Bytes looked at at a time. */
const PIECE = 512
/** QoS 2 messages from the broker that await PUBREL; the oldest is forgotten. */
const INCOMING_LIMIT = 256
const LAST_ID = 65535

export class MqttClient {
  state: ClientState = 'opening'
  /** Our PUBLISHes of QoS 1 and 2 that are not finished, by id; true: the broker has it, and PUBCOMP is awaited. */
  readonly inFlight = new Map<number, boolean>()
  private readonly link: Link
  private readonly cutter = new Cutter()
  private readonly incoming = new Set<number>()
  private lastId = 0
  private out = ''
  private flushing = false
  private paused = false
  private keepaliveMs = 0
  /** 0: nothing yet. */
  private sentAt = 0
  private heardAt = 0

  constructor(private readonly modem: Modem, options: ClientOptions, private readonly events: ClientEvents) {
    this.link = modem.open(options.number, options.endpoint, {
      opened: () => {
        this.state = 'tcp'
        this.awaitConnect(options.windowMs ?? 0)
        events.opened?.()
      },
      failed: (code) => {
        this.state = 'closed'
        events.failed?.(code)
      },
      data: () => this.pump(),
      closed: (code) => {
        while (this.link.pending > 0 && this.alive) this.take(this.link.read(PIECE))
        this.end(code === LinkCode.Closed ? 'peer' : 'reset')
      }
    }, options.refused)
  }

  /** The link stands, or is coming up. */
  get alive(): boolean {
    return this.state !== 'closed'
  }

  get up(): boolean {
    return this.state === 'up'
  }

  /** An id that no PUBLISH in flight has. */
  nextId(): number {
    do this.lastId = this.lastId % LAST_ID + 1
    while (this.inFlight.has(this.lastId))
    return this.lastId
  }

  connect(options: ConnectOptions): void {
    if (this.state !== 'tcp') return
    this.state = 'connecting'
    this.keepaliveMs = options.keepalive * 1000
    this.send(connect(options))
    this.watch()
  }

  subscribe(id: number, filters: readonly Filter[]): boolean {
    return this.up && this.send(subscribe(id, filters))
  }

  unsubscribe(id: number, filters: readonly string[]): boolean {
    return this.up && this.send(unsubscribe(id, filters))
  }

  publish(message: Message): boolean {
    if (!this.up || !this.send(publish(message))) return false
    if (message.qos > 0) this.inFlight.set(message.id, false)
    return true
  }

  /** Sends what the broker has not answered. */
  publishAgain(message: Message): void {
    const released = this.inFlight.get(message.id)
    if (this.up && released !== undefined) this.send(released ? answer(Packet.Pubrel, message.id) : publish({ ...message, dup: true }))
  }

  /** Ends the session, with DISCONNECT unless told otherwise; the link stands until it is closed. */
  disconnect(sends = true): void {
    if (this.up && sends) this.send(bare(Packet.Disconnect))
    if (this.alive && this.state !== 'opening') this.state = 'tcp'
  }

  /** Calls `done` when the link ends, however it does. */
  whenClosed(done: () => void): void {
    this.link.whenClosed(done)
  }

  /** Closes the link without an event. */
  close(): void {
    this.state = 'closed'
    this.link.close()
  }

  private awaitConnect(ms: number): void {
    if (ms === 0) return
    this.modem.after(ms, () => {
      if (this.state !== 'tcp' || this.sentAt > 0) return
      this.link.close()
      this.end('peer')
    })
  }

  private send(bytes: Bytes): boolean {
    if (!this.alive || this.out.length + bytes.length > OUT_LIMIT) return false
    this.out += bytes
    this.sentAt = this.modem.schedule.now
    this.flush()
    return true
  }

  /** The link takes a write whole or not at all, and a packet may be larger than its buffer. */
  private flush(): void {
    const count = Math.min(this.link.room, this.out.length)
    if (count > 0 && this.link.write(this.out.substring(0, count) as Bytes)) this.out = this.out.substring(count)
    if (this.out === '' || this.flushing || !this.alive) return
    this.flushing = true
    this.link.whenSent(false, (good) => {
      this.flushing = false
      if (good) this.flush()
    })
  }

  /** Pings after a keepalive without a packet of ours. */
  private watch(): void {
    if (this.keepaliveMs === 0 || !this.alive) return
    const due = this.sentAt + this.keepaliveMs - this.modem.schedule.now
    if (due > 0) {
      this.modem.after(due, () => this.watch())
      return
    }
    if (this.up) {
      this.send(bare(Packet.Pingreq))
      this.expectAnswer(this.modem.schedule.now)
    } else this.sentAt = this.modem.schedule.now
    this.modem.after(this.keepaliveMs, () => this.watch())
  }

  private expectAnswer(asked: number): void {
    this.modem.after(PING_MS, () => {
      // What waits unread behind a slow host may be the answer.
      if (!this.up || this.heardAt >= asked || this.link.pending > 0) return
      this.link.close()
      this.end('ping')
    })
  }

  private pump(): void {
    while (!this.paused && this.alive && this.link.pending > 0) {
      if (this.modem.wire.pending > LINE_PENDING) {
        this.paused = true
        this.modem.after(LINE_RETRY_MS, () => {
          this.paused = false
          this.pump()
        })
        return
      }
      this.take(this.link.read(PIECE))
    }
  }

  private take(bytes: string): void {
    this.heardAt = this.modem.schedule.now
    this.cutter.push(bytes)
    for (let cut = this.cutter.next(); cut !== undefined; cut = this.cutter.next()) {
      if (!this.handle(cut)) this.cutter.broken = true
      if (!this.alive) return
    }
    if (!this.cutter.broken) return
    this.link.close()
    this.end('protocol')
  }

  /** False: it is not what may come here. */
  private handle(cut: Cut): boolean {
    const { events } = this
    const { type, body } = cut
    if (type === Packet.Connack) {
      if (this.state !== 'connecting' || body.length !== 2) return false
      const code = body.charCodeAt(1)
      this.state = code === 0 ? 'up' : 'tcp'
      events.connack?.(code)
      return true
    }
    // What still comes behind our DISCONNECT is nobody's.
    if (!this.up) return this.state === 'tcp'
    if (type === Packet.Pingresp) return true
    if (type === Packet.Publish) return this.received(cut)
    if (body.length < 2) return false
    const id = wordAt(body, 0)
    if (type === Packet.Suback) events.suback?.(id, Array.from(body.substring(2), (c) => c.charCodeAt(0)))
    else if (type === Packet.Unsuback) events.unsuback?.(id)
    else if (type === Packet.Pubrel) {
      this.incoming.delete(id)
      this.send(answer(Packet.Pubcomp, id))
    } else return this.moved(type, id)
    return true
  }

  private received(cut: Cut): boolean {
    const message = readPublish(cut)
    if (message === undefined) return false
    const known = message.qos === 2 && this.incoming.has(message.id)
    if (message.qos === 2) {
      this.incoming.add(message.id)
      if (this.incoming.size > INCOMING_LIMIT) this.incoming.delete(this.incoming.values().next().value!)
    }
    if (message.qos > 0) this.send(answer(message.qos === 1 ? Packet.Puback : Packet.Pubrec, message.id))
    if (!known) this.events.message(message)
    return true
  }

  private moved(type: Packet, id: number): boolean {
    const what = type === Packet.Puback ? 'puback' : type === Packet.Pubrec ? 'pubrec' : type === Packet.Pubcomp ? 'pubcomp' : undefined
    if (what === undefined) return false
    if (what === 'pubrec') this.send(answer(Packet.Pubrel, id))
    if (!this.inFlight.has(id)) return true
    if (what === 'pubrec') this.inFlight.set(id, true)
    else this.inFlight.delete(id)
    this.events.acknowledged?.(id, what)
    return true
  }

  private end(why: End): void {
    if (!this.alive) return
    this.state = 'closed'
    this.events.ended?.(why)
  }
}
