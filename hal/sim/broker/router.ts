/** Which message goes to whom, and the sending of it: sections 3.3, 4.3, 4.7 and 4.8 from the server's side. */
import type { IPublishPacket } from 'mqtt-packet'
import type { Core } from './core.js'
import type { Link } from './link.js'
import type { Session } from './session.js'
import { isWild, matches, sharedFilter } from './topics.js'
import type { Delivery, Dropped, Message, Outgoing, Qos, Subscription } from './types.js'
import { encode, toPayload } from './wire.js'

interface Shared {
  filter: string
  members: Map<Session, Subscription>
  next: number
}

function lower(a: Qos, b: Qos): Qos {
  return a < b ? a : b
}

export class Router {
  private readonly exact = new Map<string, Map<Session, Subscription>>()
  private readonly wild = new Map<string, Map<Session, Subscription>>()
  private readonly shared = new Map<string, Shared>()

  constructor(private readonly core: Core) {}

  /** True: the session did not have this filter. */
  subscribe(session: Session, subscription: Subscription): boolean {
    const { filter } = subscription
    const isNew = !session.subscriptions.has(filter)
    session.subscriptions.set(filter, subscription)
    const share = sharedFilter(filter)
    if (share !== undefined) {
      const group = this.shared.get(filter) ?? { filter: share.filter, members: new Map<Session, Subscription>(), next: 0 }
      group.members.set(session, subscription)
      this.shared.set(filter, group)
      return isNew
    }
    const table = isWild(filter) ? this.wild : this.exact
    let members = table.get(filter)
    if (members === undefined) {
      members = new Map()
      table.set(filter, members)
    }
    members.set(session, subscription)
    return isNew
  }

  /** False: there was no such subscription. */
  unsubscribe(session: Session, filter: string): boolean {
    if (!session.subscriptions.delete(filter)) return false
    const group = this.shared.get(filter)
    group?.members.delete(session)
    if (group?.members.size === 0) this.shared.delete(filter)
    for (const table of [this.exact, this.wild]) {
      const members = table.get(filter)
      members?.delete(session)
      if (members?.size === 0) table.delete(filter)
    }
    return true
  }

  /** Sends to every subscriber. */
  route(message: Message): void {
    const wanted = new Map<Session, Delivery[]>()
    const exact = this.exact.get(message.topic)
    if (exact !== undefined) for (const [session, subscription] of exact) this.want(wanted, session, subscription, message)
    for (const [filter, members] of this.wild) {
      if (matches(filter, message.topic)) for (const [session, subscription] of members) this.want(wanted, session, subscription, message)
    }
    for (const group of this.shared.values()) {
      if (!matches(group.filter, message.topic)) continue
      const members = [...group.members]
      const online = members.filter(([session]) => session.link?.up === true)
      const choice = online.length > 0 ? online : members
      const chosen = choice[group.next % choice.length]
      group.next += 1
      if (chosen !== undefined) this.want(wanted, chosen[0], chosen[1], message)
    }
    for (const [session, deliveries] of wanted) for (const delivery of deliveries) this.deliver(session, delivery)
  }

  /** Puts a delivery under way: at once where the client is there and its window is open. */
  deliver(session: Session, delivery: Delivery): void {
    const link = session.link
    if (delivery.qos === 0) {
      if (link?.up !== true) return
      if (link.connection.backlog > this.core.options.maxBacklog) this.drop(session, delivery, 'backlog')
      else this.transmit(link, delivery, 0, false)
      return
    }
    if (session.queue.length >= this.core.options.maxQueued) {
      this.drop(session, delivery, 'queue-full')
      return
    }
    session.queue.push(delivery)
    this.flush(session)
  }

  /** After CONNACK: what was in flight goes again in its order, then what waits. */
  resume(session: Session, link: Link): void {
    for (const outgoing of session.outgoing.values()) {
      if (outgoing.awaits === 'pubcomp') link.send({ cmd: 'pubrel', messageId: outgoing.id, reasonCode: 0 })
      else link.toResend.push(outgoing)
    }
    this.flush(session)
  }

  /** Sends what waits, as far as the windows allow. */
  flush(session: Session): void {
    const link = session.link
    if (link?.up !== true) return
    const window = Math.min(this.core.options.maxInflight, link.receiveMaximum)
    while (link.toResend.length > 0 && session.outgoing.size - link.toResend.length < window) {
      const outgoing = link.toResend.shift()!
      if (session.outgoing.get(outgoing.id) === outgoing) this.start(link, session, outgoing, true)
    }
    while (session.queue.length > 0 && session.outgoing.size < window && !link.closed) {
      const delivery = session.queue.shift()!
      if (delivery.message.expiresAt <= this.core.now) {
        this.drop(session, delivery, 'expired')
        continue
      }
      const outgoing: Outgoing = { id: session.nextId(this.core.options.packetIds === 'lowest'), delivery, awaits: delivery.qos === 1 ? 'puback' : 'pubrec' }
      session.outgoing.set(outgoing.id, outgoing)
      this.start(link, session, outgoing, false)
    }
  }

  drop(session: Session, delivery: Delivery, why: Dropped['why']): void {
    const { topic, payload } = delivery.message
    this.core.oracle.drop({ t: this.core.now, clientId: session.clientId, topic, payload, qos: delivery.qos, why })
  }

  private start(link: Link, session: Session, outgoing: Outgoing, dup: boolean): void {
    if (this.transmit(link, outgoing.delivery, outgoing.id, dup)) return
    session.outgoing.delete(outgoing.id)
    this.drop(session, outgoing.delivery, 'too-large')
  }

  /** False: it is larger than the client allows. */
  private transmit(link: Link, delivery: Delivery, id: number, dup: boolean): boolean {
    const { core } = this
    const { message } = delivery
    let { qos } = delivery
    let messageId = id
    if (qos < 2 && core.lies.tells('qosAboveGranted')) {
      qos = (qos + 1) as Qos
      if (messageId === 0) messageId = core.lies.random.int(30000, 65535)
    }
    if (qos > 0 && core.lies.tells('idZero')) messageId = 0
    const packet: IPublishPacket = { cmd: 'publish', topic: message.topic, payload: toPayload(message.payload), qos, dup, retain: delivery.retain }
    if (qos > 0) packet.messageId = messageId
    if (link.version === 5) this.addProperties(packet, delivery, link, dup)
    const bytes = messageId === 0 && qos > 0 ? this.withoutId(packet, link) : encode(packet, link.version)
    if (bytes.length > link.maximumPacketSize) return false
    if (qos > 0) link.checks.sending(messageId, qos as 1 | 2)
    core.oracle.sent({ t: core.now, clientId: link.clientId, topic: message.topic, payload: message.payload, qos, packetId: messageId, dup })
    link.put(bytes)
    return true
  }

  /** mqtt-packet writes no id of 0: the two bytes are set behind its back. */
  private withoutId(packet: IPublishPacket, link: Link): ReturnType<typeof encode> {
    const bytes = encode({ ...packet, messageId: 1 }, link.version)
    const head = encode({ ...packet, messageId: 256 }, link.version)
    let at = 0
    while (bytes.charCodeAt(at) === head.charCodeAt(at)) at += 1
    return (bytes.substring(0, at) + '\0\0' + bytes.substring(at + 2)) as ReturnType<typeof encode>
  }

  private addProperties(packet: IPublishPacket, delivery: Delivery, link: Link, dup: boolean): void {
    const { message, identifiers } = delivery
    const properties = { ...message.properties } as NonNullable<IPublishPacket['properties']>
    if (message.expiresAt !== Infinity) properties.messageExpiryInterval = Math.max(0, Math.ceil((message.expiresAt - this.core.now) / 1000))
    if (identifiers.length > 0) properties.subscriptionIdentifier = identifiers.length === 1 ? identifiers[0]! : identifiers
    if (this.core.options.aliasesOut && !dup && link.topicAliasMaximum > 0) {
      const known = link.aliasesOut.get(message.topic)
      if (known !== undefined) {
        properties.topicAlias = known
        packet.topic = ''
      } else if (link.aliasesOut.size < link.topicAliasMaximum) {
        properties.topicAlias = link.aliasesOut.size + 1
        link.aliasesOut.set(message.topic, properties.topicAlias)
      }
    }
    if (Object.keys(properties).length > 0) packet.properties = properties
  }

  private want(wanted: Map<Session, Delivery[]>, session: Session, subscription: Subscription, message: Message): void {
    if (subscription.noLocal && session.clientId === message.from) return
    const qos = lower(message.qos, subscription.qos)
    const retain = subscription.retainAsPublished && message.retain
    const identifiers = subscription.identifier > 0 ? [subscription.identifier] : []
    const there = wanted.get(session)
    if (there === undefined) {
      wanted.set(session, [{ message, qos, retain, identifiers }])
      return
    }
    const first = there[0]!
    if (this.core.options.overlapping === 'copies') there.push({ message, qos, retain, identifiers })
    else there[0] = { message, qos: first.qos > qos ? first.qos : qos, retain: first.retain || retain, identifiers: [...first.identifiers, ...identifiers] }
  }
}
