/** The broker's memory, shared by its parts: sessions, connections, retained messages, and how sessions and wills end. */
import type { Bytes } from '../../hal.js'
import type { Sim } from '../index.js'
import { Lies } from './lies.js'
import type { Link } from './link.js'
import type { ModelBrokerOptions } from './options.js'
import { Oracle } from './oracle.js'
import { Router } from './router.js'
import type { Session } from './session.js'
import { matches } from './topics.js'
import type { EndKind, Message, MessageProperties, Qos } from './types.js'

export interface Refusal {
  code: number
  left: number
  serverReference: string
}

export class Core {
  readonly oracle: Oracle
  readonly lies: Lies
  readonly router: Router
  readonly sessions = new Map<string, Session>()
  readonly links = new Set<Link>()
  readonly retained = new Map<string, Message>()
  /** CONNECTs to refuse. */
  refusal: Refusal = { code: 0, left: 0, serverReference: '' }
  assigned = 0

  constructor(readonly sim: Sim, readonly options: ModelBrokerOptions) {
    this.oracle = new Oracle(() => sim.now, () => options.keep, () => options)
    this.lies = new Lies(sim.random.fork(`broker ${options.host}:${options.port}`), () => options.dishonesty)
    this.router = new Router(this)
  }

  /** ms since the start of the simulation. */
  get now(): number {
    return this.sim.now
  }

  message(topic: string, payload: Bytes, qos: Qos, retain: boolean, properties: MessageProperties | undefined, from: string | undefined): Message {
    const expiry = properties?.messageExpiryInterval
    return { topic, payload, qos, retain, properties, takenAt: this.now, expiresAt: expiry === undefined ? Infinity : this.now + expiry * 1000, from }
  }

  /** A message enters the broker: kept where it is retained, and sent to every subscriber. */
  distribute(message: Message): void {
    if (message.retain) {
      if (message.payload.length === 0) this.retained.delete(message.topic)
      else this.retained.set(message.topic, message)
    }
    this.router.route(message)
  }

  /** Retained messages that a filter matches, in the order in which they were first retained. */
  retainedFor(filter: string): Message[] {
    const found: Message[] = []
    for (const message of this.retained.values()) {
      if (message.expiresAt > this.now && matches(filter, message.topic)) found.push(message)
    }
    return found
  }

  /** A connection is over, for whatever reason. Called once by the link. */
  linkEnded(link: Link, how: EndKind): void {
    this.links.delete(link)
    if (link.up) this.oracle.ended(link.clientId, how)
    const { session, will } = link
    if (session === undefined || session.link !== link) return
    session.link = undefined
    link.will = undefined
    // A server that stops says nothing about its clients.
    if (will !== undefined && how !== 'stopped') this.planWill(session, will.message, Math.min(will.delaySeconds, session.expirySeconds))
    if (session.expirySeconds <= 0) this.endSession(session)
    else if (session.expirySeconds !== Infinity) {
      session.expiry = this.sim.clock.schedule(session.expirySeconds * 1000, 'script', () => this.endSession(session))
    }
  }

  /** The client is back in time. */
  cancelExpiry(session: Session): void {
    this.sim.clock.cancel(session.expiry)
    session.expiry = undefined
  }

  cancelWill(session: Session): void {
    this.sim.clock.cancel(session.pendingWill?.event)
    session.pendingWill = undefined
  }

  /** Forgets a session; its delayed will is due at the latest now (3.1.3.2.2). */
  endSession(session: Session): void {
    this.cancelExpiry(session)
    const will = session.pendingWill
    this.cancelWill(session)
    for (const filter of [...session.subscriptions.keys()]) this.router.unsubscribe(session, filter)
    if (this.sessions.get(session.clientId) === session) this.sessions.delete(session.clientId)
    for (const outgoing of session.outgoing.values()) this.router.drop(session, outgoing.delivery, 'session-ended')
    for (let delivery = session.queue.shift(); delivery !== undefined; delivery = session.queue.shift()) this.router.drop(session, delivery, 'session-ended')
    session.outgoing.clear()
    will?.publish()
  }

  private planWill(session: Session, message: Message, delaySeconds: number): void {
    const expiry = message.properties?.messageExpiryInterval
    const publish = (): void => {
      session.pendingWill = undefined
      this.distribute({ ...message, takenAt: this.now, expiresAt: expiry === undefined ? Infinity : this.now + expiry * 1000 })
    }
    if (delaySeconds <= 0) publish()
    else session.pendingWill = { event: this.sim.clock.schedule(delaySeconds * 1000, 'script', publish), publish }
  }
}
