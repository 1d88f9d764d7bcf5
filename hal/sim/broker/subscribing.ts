/** SUBSCRIBE and UNSUBSCRIBE, sections 3.8 to 3.11. */
import type { ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet'
import type { Core } from './core.js'
import type { Link } from './link.js'
import type { Session } from './session.js'
import { filterFault, sharedFilter } from './topics.js'
import type { Delivery, Qos } from './types.js'
import { textFault, type Decoded } from './wire.js'

/** False: a filter is wrong and the connection was closed. */
function filtersAreGood(link: Link, filters: string[], decoded: Decoded): boolean {
  if (filters.length === 0) {
    link.checks.violation('noFilter', 'a request without a filter')
    link.refuse(0x82, 'violation')
    return false
  }
  for (const filter of filters) {
    const fault = textFault(filter, decoded.raw) ?? filterFault(filter)
    if (fault === undefined) continue
    link.checks.violation('badFilter', fault.text, fault.statement)
    link.refuse(0x8f, 'violation')
    return false
  }
  return true
}

/** A SUBSCRIBE came. */
export function subscribed(core: Core, link: Link, session: Session, packet: ISubscribePacket, decoded: Decoded): void {
  const { options, router, oracle } = core
  const id = packet.messageId ?? 0
  if (!filtersAreGood(link, packet.subscriptions.map((subscription) => subscription.topic), decoded)) return
  if (!link.checks.request(id, 'suback')) {
    link.refuse(0x82, 'violation')
    return
  }
  const identifier = packet.properties?.subscriptionIdentifier ?? 0
  const granted: number[] = []
  const retained: Delivery[] = []
  for (const { topic: filter, qos, nl, rap, rh } of packet.subscriptions) {
    const share = sharedFilter(filter)
    if (share !== undefined && nl === true) {
      link.checks.violation('noLocalShared', `No Local on ${filter}`)
      link.refuse(0x82, 'violation')
      return
    }
    const verdict = options.authorizeSubscribe(link.clientId, filter)
    if (verdict === 'close') {
      link.close('refused')
      return
    }
    if (verdict === 'refuse' || (typeof verdict === 'number' && verdict >= 0x80)) {
      granted.push(link.version === 5 ? (verdict === 'refuse' ? 0x87 : verdict) : 0x80)
      oracle.subscribed(link.clientId, filter, 0x80)
      continue
    }
    const level = Math.min(qos, options.maximumQoS, typeof verdict === 'number' ? verdict : 2) as Qos
    const isNew = router.subscribe(session, {
      filter, qos: level, noLocal: nl === true, retainAsPublished: rap === true, retainHandling: rh ?? 0, identifier
    })
    granted.push(level)
    oracle.subscribed(link.clientId, filter, level)
    if (share !== undefined || rh === 2 || (rh === 1 && !isNew)) continue
    for (const message of core.retainedFor(filter)) {
      retained.push({ message, qos: Math.min(message.qos, level) as Qos, retain: true, identifiers: identifier > 0 ? [identifier] : [] })
    }
  }
  const waits = link.acknowledge({ cmd: 'suback', messageId: id, granted }, undefined)
  const send = (): void => {
    if (link.closed) return
    for (const delivery of retained) router.deliver(session, delivery)
  }
  if (waits > 0) link.connection.after(waits, send)
  else send()
}

/** An UNSUBSCRIBE came. */
export function unsubscribed(core: Core, link: Link, session: Session, packet: IUnsubscribePacket, decoded: Decoded): void {
  const id = packet.messageId ?? 0
  if (!filtersAreGood(link, packet.unsubscriptions, decoded)) return
  if (!link.checks.request(id, 'unsuback')) {
    link.refuse(0x82, 'violation')
    return
  }
  const granted: number[] = []
  for (const filter of packet.unsubscriptions) {
    granted.push(core.router.unsubscribe(session, filter) ? 0 : 0x11)
    core.oracle.unsubscribed(link.clientId, filter)
  }
  link.acknowledge({ cmd: 'unsuback', messageId: id, granted }, undefined)
}
