/** What the broker remembers of a client between connections, section 4.1. */
import type { ScheduledEvent } from '../clock.js'
import { Fifo } from '../fifo.js'
import type { Link } from './link.js'
import type { Delivery, Message, Outgoing, Subscription } from './types.js'

/** Ids released lately that are remembered for the checks. */
const RELEASED_KEPT = 2000

/** A QoS 2 PUBLISH that was received and not released. */
export interface Incoming {
  message: Message
  taken: boolean
}

export class Session {
  readonly subscriptions = new Map<string, Subscription>()
  /** Deliveries of QoS 1 and 2 that were never sent. */
  readonly queue = new Fifo<Delivery>()
  /** Sent and not finished, by id, in the order of sending. */
  readonly outgoing = new Map<number, Outgoing>()
  /** QoS 2 from the client, by id, until PUBREL. */
  readonly incoming = new Map<number, Incoming>()
  /** The messages last released by PUBREL, by id: what must not be published again under that id. */
  readonly released = new Map<number, string>()
  /** When each id's message was first heard, as a running number. */
  readonly places = new Map<number, number>()
  nextPlace = 1
  /** The connection that stands, undefined while offline. */
  link: Link | undefined
  /** Seconds that it outlives its connection; Infinity for ever. */
  expirySeconds = 0
  /** The end of the session, or the will, while offline. */
  expiry: ScheduledEvent | undefined
  pendingWill: { event: ScheduledEvent; publish: () => void } | undefined
  private lastId = 0

  constructor(readonly clientId: string) {}

  /** The next id not in use, 1 to 65535; `lowest`: the smallest one. */
  nextId(lowest = false): number {
    if (lowest) this.lastId = 0
    for (let i = 0; i < 65535; i++) {
      this.lastId = (this.lastId % 65535) + 1
      if (!this.outgoing.has(this.lastId)) break
    }
    return this.lastId
  }

  release(id: number, content: string): void {
    this.released.delete(id)
    this.released.set(id, content)
    const oldest = this.released.keys().next()
    if (this.released.size > RELEASED_KEPT && oldest.done !== true) this.released.delete(oldest.value)
  }
}

/** What tells one message from another: topic and payload. */
export function content(message: Message): string {
  return `${message.topic}\0${message.payload}`
}
