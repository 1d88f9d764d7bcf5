/** PUBLISH from the client and the acknowledgements both ways, sections 3.3 to 3.7 and 4.3. */
import type { IPublishPacket, IPubackPacket, IPubcompPacket, IPubrecPacket, IPubrelPacket, Packet } from 'mqtt-packet'
import type { Core } from './core.js'
import type { Link } from './link.js'
import { content, type Session } from './session.js'
import type { Message, MessageProperties, Outgoing, Sent } from './types.js'
import { fromPayload, textFault, type Decoded } from './wire.js'

/** The topic that a PUBLISH means; undefined: the connection was closed. */
function topicOf(core: Core, link: Link, packet: IPublishPacket, decoded: Decoded): string | undefined {
  let { topic } = packet
  const alias = packet.properties?.topicAlias
  if (alias !== undefined) {
    if (alias === 0 || alias > core.options.topicAliasMaximum) {
      link.checks.violation('aliasRange', `topic alias ${alias}, 1 to ${core.options.topicAliasMaximum} are allowed`, alias === 0 ? '3.3.2-8' : undefined)
      link.refuse(0x94, 'violation')
      return undefined
    }
    if (topic !== '') link.aliasesIn.set(alias, topic)
    else {
      const known = link.aliasesIn.get(alias)
      if (known === undefined) {
        link.checks.violation('aliasUndefined', `topic alias ${alias} was not defined on this connection`)
        link.refuse(0x82, 'violation')
        return undefined
      }
      topic = known
    }
  }
  const text = textFault(topic, decoded.raw)
  if (text !== undefined) {
    link.checks.violation('badText', text.text, text.statement)
    link.refuse(0x81, 'violation')
    return undefined
  }
  if (topic === '' || /[+#]/.test(topic)) {
    link.checks.violation('badTopic', `a PUBLISH to ${JSON.stringify(topic)}`)
    link.refuse(0x90, 'violation')
    return undefined
  }
  return topic
}

/** What CONNACK ruled out. False: the connection was closed. */
function allowed(core: Core, link: Link, packet: IPublishPacket): boolean {
  const { options } = core
  if (packet.qos > options.maximumQoS) {
    if (link.version === 5) link.checks.violation('qosNotSupported', `QoS ${packet.qos}, ${options.maximumQoS} is the maximum`)
    link.refuse(0x9b, 'violation')
    return false
  }
  if (packet.retain && !options.retainAvailable) {
    if (link.version === 5) link.checks.violation('retainNotAvailable', 'RETAIN is set')
    link.refuse(0x9a, 'violation')
    return false
  }
  if (packet.properties?.subscriptionIdentifier !== undefined) {
    link.checks.violation('identifierInPublish', 'a subscription identifier in a PUBLISH of a client')
    link.refuse(0x82, 'violation')
    return false
  }
  return true
}

function take(core: Core, link: Link, message: Message, packetId: number, dup: boolean): void {
  if (packetId > 0 && core.lies.tells('ackWithoutTaking')) return
  const { topic, payload, qos, retain } = message
  core.oracle.take({ t: core.now, clientId: link.clientId, topic, payload, qos, retain, packetId, dup })
  if (packetId > 0 && core.lies.tells('loseAcked')) return
  core.distribute(message)
}

function acknowledgement(cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', messageId: number, reasonCode: number): Packet {
  return { cmd, messageId, reasonCode }
}

/** A PUBLISH came. */
export function published(core: Core, link: Link, session: Session, packet: IPublishPacket, decoded: Decoded): void {
  const topic = topicOf(core, link, packet, decoded)
  if (topic === undefined || !allowed(core, link, packet)) return
  const id = packet.messageId ?? 0
  const { topicAlias: _alias, subscriptionIdentifier: _identifier, ...rest } = packet.properties ?? {}
  const properties = Object.keys(rest).length > 0 ? (rest as MessageProperties) : undefined
  const message = core.message(topic, fromPayload(packet.payload), packet.qos, packet.retain, properties, link.clientId)
  if (core.options.poison(message)) {
    link.close('refused')
    return
  }
  if (!link.checks.publish(packet, message)) {
    link.refuse(id === 0 ? 0x82 : 0x93, 'violation')
    return
  }
  const verdict = core.options.authorizePublish(link.clientId, topic, message.payload)
  if (verdict === 'close') {
    link.refuse(0x87, 'refused')
    return
  }
  const code = verdict === 'allow' ? 0 : verdict === 'refuse' ? 0x87 : verdict
  if (packet.qos === 0) {
    if (code < 0x80) take(core, link, message, 0, packet.dup)
    return
  }
  // Before 5.0 a server can only acknowledge and forget, or close.
  const said = link.version === 5 ? code : 0
  if (packet.qos === 1) {
    if (code < 0x80) take(core, link, message, id, packet.dup)
    link.acknowledge(acknowledgement('puback', id, said), message)
    return
  }
  const repeated = session.incoming.get(id)
  if (repeated === undefined && code < 0x80) {
    const now = core.options.qos2At === 'publish'
    session.incoming.set(id, { message, taken: now })
    if (now) take(core, link, message, id, packet.dup)
  } else if (repeated === undefined && said < 0x80) session.incoming.set(id, { message, taken: true })
  link.acknowledge(acknowledgement('pubrec', id, repeated === undefined ? said : 0), message)
}

/** A PUBREL came. */
export function released(core: Core, link: Link, session: Session, packet: IPubrelPacket): void {
  const id = packet.messageId ?? 0
  link.checks.pubrel(id)
  const incoming = session.incoming.get(id)
  if (incoming !== undefined) {
    session.incoming.delete(id)
    session.release(id, content(incoming.message))
    if (!incoming.taken) take(core, link, incoming.message, id, false)
  }
  link.acknowledge(acknowledgement('pubcomp', id, incoming === undefined && link.version === 5 ? 0x92 : 0), incoming?.message)
}

/** A PUBACK, PUBREC or PUBCOMP came. */
export function answered(core: Core, link: Link, session: Session, packet: IPubackPacket | IPubrecPacket | IPubcompPacket): void {
  const id = packet.messageId ?? 0
  const outgoing = session.outgoing.get(id)
  const code = packet.reasonCode ?? 0
  if (!link.checks.answer(packet.cmd, id, outgoing?.awaits)) {
    // An unknown PUBREC is answered, so that a client in need of it can go on (4.3.3, recovery).
    if (packet.cmd === 'pubrec' && code < 0x80) link.send(acknowledgement('pubrel', id, outgoing === undefined && link.version === 5 ? 0x92 : 0))
    return
  }
  if (outgoing === undefined) return
  if (packet.cmd === 'pubrec' && code < 0x80) {
    outgoing.awaits = 'pubcomp'
    link.send(acknowledgement('pubrel', id, 0))
    return
  }
  session.outgoing.delete(id)
  if (code >= 0x80 && packet.cmd !== 'pubcomp') core.router.drop(session, outgoing.delivery, 'refused')
  else core.oracle.ack(sentRecord(core, link, outgoing))
  if (packet.cmd === 'pubcomp' && core.lies.tells('repeatAfterPubcomp')) {
    outgoing.awaits = 'pubrec'
    session.outgoing.set(id, outgoing)
    link.toResend.push(outgoing)
  }
  core.router.flush(session)
}

function sentRecord(core: Core, link: Link, outgoing: Outgoing): Sent {
  const { message, qos } = outgoing.delivery
  return { t: core.now, clientId: link.clientId, topic: message.topic, payload: message.payload, qos, packetId: outgoing.id, dup: false }
}
