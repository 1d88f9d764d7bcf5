/** What the broker knows for certain, for a test to compare with what the client believes: bounded lists and the test's ears. */
import type { BrokerEvents, Connected, Dropped, EndKind, Sent, Taken } from './types.js'
import { STATEMENTS, type Violation, type ViolationKind } from './violations.js'

/** A list that keeps its newest entries and counts all. */
export class Recent<T> {
  readonly items: T[] = []
  total = 0

  constructor(private readonly keep: () => number) {}

  push(item: T): void {
    this.total += 1
    this.items.push(item)
    const keep = this.keep()
    if (this.items.length > keep * 2) this.items.splice(0, this.items.length - keep)
  }
}

export interface Ended {
  t: number
  clientId: string
  how: EndKind
}

/** A client that was silent for more than 1.5 x keepalive: a fault of the network, or of the client. */
export interface Expired {
  t: number
  clientId: string
  keepalive: number
  silentMs: number
}

export class Oracle {
  readonly taken: Recent<Taken>
  readonly acked: Recent<Sent>
  readonly dropped: Recent<Dropped>
  readonly connects: Recent<Connected>
  readonly ends: Recent<Ended>
  readonly keepaliveExpired: Recent<Expired>
  readonly violations: Recent<Violation>

  constructor(private readonly now: () => number, keep: () => number, private readonly events: () => BrokerEvents) {
    this.taken = new Recent(keep)
    this.acked = new Recent(keep)
    this.dropped = new Recent(keep)
    this.connects = new Recent(keep)
    this.ends = new Recent(keep)
    this.keepaliveExpired = new Recent(keep)
    this.violations = new Recent(keep)
  }

  take(taken: Taken): void {
    this.taken.push(taken)
    this.events().onTaken?.(taken)
  }

  sent(sent: Sent): void {
    this.events().onSent?.(sent)
  }

  ack(sent: Sent): void {
    this.acked.push(sent)
    this.events().onAcked?.(sent)
  }

  drop(dropped: Dropped): void {
    this.dropped.push(dropped)
    this.events().onDropped?.(dropped)
  }

  connected(connected: Connected): void {
    this.connects.push(connected)
    this.events().onConnect?.(connected)
  }

  ended(clientId: string, how: EndKind): void {
    this.ends.push({ t: this.now(), clientId, how })
    this.events().onDisconnect?.(clientId, how, this.now())
  }

  subscribed(clientId: string, filter: string, code: number): void {
    this.events().onSubscribe?.(clientId, filter, code, this.now())
  }

  unsubscribed(clientId: string, filter: string): void {
    this.events().onUnsubscribe?.(clientId, filter, this.now())
  }

  silent(clientId: string, keepalive: number, silentMs: number): void {
    this.keepaliveExpired.push({ t: this.now(), clientId, keepalive, silentMs })
  }

  violation(clientId: string, connection: number, version: number, kind: ViolationKind, text: string, statement?: string): void {
    const [v3, v5] = STATEMENTS[kind]
    this.violations.push({ t: this.now(), clientId, connection, kind, statement: statement ?? (version === 5 ? v5 : v3), text })
  }
}
