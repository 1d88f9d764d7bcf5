/** Which message goes to whom, and the sending of it: the broker's half of sections 3.3 and 4.3. */
import type { ISubscribePacket } from 'mqtt-packet'
import type { Peer } from './peer.js'
import { matches, nextId, type Session, type Stored } from './session.js'

function withId(message: Stored, subscriptionIdentifier: number | undefined): Stored {
  if (subscriptionIdentifier === undefined) return message
  return { ...message, properties: { ...message.properties, subscriptionIdentifier } }
}

export class Router {
  readonly sessions = new Map<string, Session>()
  readonly retained = new Map<string, Stored>()
  /** The connections that stand, by client id. */
  readonly online = new Map<string, Peer>()

  /** Keeps, and sends to every subscriber. `from` is the publishing client, undefined for the server itself. */
  route(message: Stored, from: string | undefined): void {
    if (message.retain) {
      if (message.payload.length === 0) this.retained.delete(message.topic)
      else this.retained.set(message.topic, message)
    }
    for (const session of this.sessions.values()) {
      for (const subscription of session.subscriptions.values()) {
        if (!matches(subscription.topic, message.topic)) continue
        if (subscription.nl === true && session.clientId === from) continue
        const qos = Math.min(message.qos, subscription.qos) as 0 | 1 | 2
        this.deliver(session, withId({ ...message, qos, retain: subscription.rap === true && message.retain }, subscription.subscriptionIdentifier))
      }
    }
  }

  /** Answers a SUBSCRIBE, then sends the retained messages it asks for. */
  subscribe(packet: ISubscribePacket, peer: Peer, session: Session, maximumQoS: 0 | 1 | 2): void {
    const granted: number[] = []
    const retained: Stored[] = []
    const subscriptionIdentifier = packet.properties?.subscriptionIdentifier
    for (const { topic, qos, nl, rap, rh } of packet.subscriptions) {
      const level = Math.min(qos, maximumQoS) as 0 | 1 | 2
      const isNew = !session.subscriptions.has(topic)
      session.subscriptions.set(topic, { topic, qos: level, nl: nl ?? false, rap: rap ?? false, rh: rh ?? 0, subscriptionIdentifier })
      granted.push(level)
      if (rh === 2 || (rh === 1 && !isNew) || topic.startsWith('$share/')) continue
      for (const message of this.retained.values()) {
        if (!matches(topic, message.topic)) continue
        retained.push(withId({ ...message, qos: Math.min(message.qos, level) as 0 | 1 | 2, retain: true }, subscriptionIdentifier))
      }
    }
    peer.suback(packet.messageId ?? 0, granted)
    for (const message of retained) this.deliver(session, message)
  }

  /** After a reconnect: what was in flight goes again, then what waits. */
  resume(session: Session, peer: Peer): void {
    for (const outgoing of session.outgoing) {
      if (outgoing.awaits === 'pubcomp') peer.pubrel(outgoing.messageId)
      else this.transmit(peer, outgoing.message, outgoing.messageId, true)
    }
    this.flush(session)
  }

  /** Sends what waits, as far as the client's window allows. */
  flush(session: Session): void {
    const peer = this.online.get(session.clientId)
    if (peer === undefined || peer.closed) return
    const window = peer.version === 5 ? peer.connect?.properties?.receiveMaximum ?? 65535 : 20
    while (session.queue.length > 0 && session.outgoing.length < window) {
      const message = session.queue.shift()!
      const messageId = nextId(session)
      session.outgoing.push({ messageId, message, awaits: message.qos === 1 ? 'puback' : 'pubrec' })
      this.transmit(peer, message, messageId, false)
    }
  }

  private deliver(session: Session, message: Stored): void {
    if (message.qos > 0) {
      session.queue.push(message)
      this.flush(session)
      return
    }
    const peer = this.online.get(session.clientId)
    if (peer !== undefined) this.transmit(peer, message, 0, false)
  }

  private transmit(peer: Peer, message: Stored, messageId: number, dup: boolean): void {
    const { topic, payload, qos, retain, properties } = message
    const id = qos > 0 ? { messageId } : {}
    peer.publish({ topic, payload, qos, retain, dup, ...id, ...(peer.version === 5 && properties !== undefined ? { properties } : {}) })
  }
}
