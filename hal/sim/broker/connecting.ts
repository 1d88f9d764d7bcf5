/** CONNECT and CONNACK, section 3.1 and 3.2: who may come in, which session, which limits, and what becomes of the older connection. */
import type { IConnackPacket, IConnectPacket } from 'mqtt-packet'
import type { Bytes } from '../../hal.js'
import type { Core } from './core.js'
import type { Link } from './link.js'
import { Session } from './session.js'
import type { MessageProperties, Version } from './types.js'
import { fromPayload, textFault, toPayload, type Decoded } from './wire.js'

/** v3 return codes for the 5.0 reasons that a CONNACK can give. */
const V3_CODE: Record<number, number> = { 0x84: 1, 0x85: 2, 0x88: 3, 0x86: 4, 0x87: 5 }

function connackCode(code: number, version: Version): number {
  if (version === 5) return code
  return code < 0x80 ? code : V3_CODE[code] ?? 5
}

/** Answers with a refusal and closes. `code` as 5.0 has it, or a v3 code below 0x80. */
function turnAway(core: Core, link: Link, code: number, properties?: IConnackPacket['properties']): void {
  const said = connackCode(code, link.version)
  const { connect } = link
  core.oracle.connected({ t: core.now, clientId: link.clientId, version: link.version, clean: connect?.clean === true, sessionPresent: false, code: said })
  const codes = link.version === 5 ? { reasonCode: said } : { returnCode: said }
  link.send({ cmd: 'connack', sessionPresent: false, ...codes, ...(link.version === 5 && properties !== undefined ? { properties } : {}) })
  link.close('refused')
}

/** What is wrong with a CONNECT itself: [statement, sentence]. */
function fault(packet: IConnectPacket, version: Version, decoded: Decoded): [string, string] | undefined {
  if (packet.protocolId !== (version === 3 ? 'MQIsdp' : 'MQTT')) return ['3.1.2-1', `protocol name ${packet.protocolId} under level ${version}`]
  const text = textFault(packet.clientId + (packet.username ?? '') + (packet.will?.topic ?? ''), decoded.raw)
  if (text !== undefined) return [text.statement, text.text]
  if (version < 5 && packet.password !== undefined && packet.username === undefined) return ['3.1.2-22', 'a password without a user name']
  if (packet.clientId === '' && version === 4 && packet.clean !== true) return ['3.1.3-7', 'an empty client id with clean session off']
  if (packet.clientId === '' && version === 3) return ['3.1.3-1', 'an empty client id under 3.1']
  if (packet.will !== undefined && (packet.will.topic === '' || /[+#]/.test(packet.will.topic))) return ['3.3.2-2', `the will's topic ${JSON.stringify(packet.will.topic)}`]
  return undefined
}

/** A CONNECT came, the first packet of its connection. */
export function connect(core: Core, link: Link, packet: IConnectPacket, decoded: Decoded): void {
  const version = (packet.protocolVersion ?? 4) as Version
  link.version = version
  link.decoder.version = version
  link.connect = packet
  link.clientId = packet.clientId
  const { options, refusal } = core
  const wrong = fault(packet, version, decoded)
  if (wrong !== undefined) {
    link.checks.violation('badConnect', wrong[1], wrong[0])
    turnAway(core, link, packet.clientId === '' ? 0x85 : 0x81)
    return
  }
  let code = 0
  if (!options.versions.includes(version)) code = 0x84
  else if (refusal.left > 0) {
    refusal.left -= 1
    const { serverReference } = refusal
    core.sim.clock.schedule(options.connackDelayMs, 'script', () => {
      if (!link.closed) turnAway(core, link, refusal.code, serverReference === '' ? undefined : { serverReference })
    })
    return
  } else if (version === 5 && packet.properties?.authenticationMethod !== undefined) code = 0x8c
  else code = options.login(packet)
  if (code === 0 && packet.will !== undefined) {
    if ((packet.will.qos ?? 0) > options.maximumQoS) code = 0x9b
    else if (packet.will.retain === true && !options.retainAvailable) code = 0x9a
  }
  const answer = (): void => {
    if (link.closed) return
    if (code > 0) turnAway(core, link, code)
    else welcome(core, link, packet)
  }
  if (options.connackDelayMs > 0) core.sim.clock.schedule(options.connackDelayMs, 'script', answer)
  else answer()
}

function limits(core: Core, session: Session, asked: number, assigned: string): NonNullable<IConnackPacket['properties']> {
  const { options } = core
  const properties: NonNullable<IConnackPacket['properties']> = { ...options.properties }
  if (options.receiveMaximum < 65535) properties.receiveMaximum = options.receiveMaximum
  if (options.maximumQoS < 2) properties.maximumQoS = options.maximumQoS
  if (!options.retainAvailable) properties.retainAvailable = false
  if (options.topicAliasMaximum > 0) properties.topicAliasMaximum = options.topicAliasMaximum
  if (options.maximumPacketSize !== Infinity) properties.maximumPacketSize = options.maximumPacketSize
  if (options.serverKeepAlive >= 0) properties.serverKeepAlive = options.serverKeepAlive
  if (session.expirySeconds !== asked) properties.sessionExpiryInterval = session.expirySeconds
  if (assigned !== '') properties.assignedClientIdentifier = assigned
  return properties
}

/** Takes the client in. */
function welcome(core: Core, link: Link, packet: IConnectPacket): void {
  const { options, lies, sessions } = core
  const { version } = link
  const clean = packet.clean === true
  let assigned = ''
  if (packet.clientId === '') {
    core.assigned += 1
    assigned = `assigned-${core.assigned}`
    link.clientId = assigned
  }
  const before = sessions.get(link.clientId)
  if (before?.link !== undefined) takeover(core, before.link, clean)
  let session = sessions.get(link.clientId)
  if (session !== undefined && clean) {
    core.endSession(session)
    session = undefined
  }
  const present = session !== undefined
  session ??= new Session(link.clientId)
  core.cancelExpiry(session)
  core.cancelWill(session)
  sessions.set(link.clientId, session)
  session.link = link
  link.session = session
  const wish = packet.properties?.sessionExpiryInterval ?? 0
  const asked = version === 5 ? (wish === 0xffffffff ? Infinity : wish) : clean ? 0 : Infinity
  session.expirySeconds = Math.min(asked, options.sessionExpiryMaximum)
  if (version === 5) {
    link.receiveMaximum = packet.properties?.receiveMaximum ?? 65535
    link.maximumPacketSize = packet.properties?.maximumPacketSize ?? Infinity
    link.topicAliasMaximum = packet.properties?.topicAliasMaximum ?? 0
  }
  if (packet.will !== undefined) {
    const { topic, payload, qos, retain } = packet.will
    const { willDelayInterval, ...rest } = packet.will.properties ?? {}
    const properties = Object.keys(rest).length > 0 ? (rest as MessageProperties) : undefined
    link.will = { message: core.message(topic, fromPayload(payload), qos ?? 0, retain === true, properties, link.clientId), delaySeconds: willDelayInterval ?? 0 }
  }
  let said = present
  if (!present && lies.tells('falseSessionPresent')) said = true
  else if (present && lies.tells('falseSessionAbsent')) said = false
  link.checks.sessionPresent = version === 3 ? present : said
  if (lies.tells('beforeConnack')) {
    if (lies.random.chance(0.5)) link.send({ cmd: 'pingresp' })
    else link.send({ cmd: 'publish', topic: 'early', payload: toPayload('' as Bytes), qos: 0, dup: false, retain: false })
  }
  const properties = version === 5 ? limits(core, session, asked, assigned) : {}
  const codes = version === 5 ? { reasonCode: 0 } : { returnCode: 0 }
  const connack: IConnackPacket = { cmd: 'connack', sessionPresent: said && version > 3, ...codes, ...(Object.keys(properties).length > 0 ? { properties } : {}) }
  link.up = true
  link.send(connack)
  if (lies.tells('secondConnack')) link.send(connack)
  core.oracle.connected({ t: core.now, clientId: link.clientId, version, clean, sessionPresent: connack.sessionPresent, code: 0 })
  link.keepalive = version === 5 && options.serverKeepAlive >= 0 ? options.serverKeepAlive : packet.keepalive ?? 0
  watch(core, link)
  core.router.resume(session, link)
  link.onUp()
}

/** The older connection of the same client ends. With clean off the session goes on and no will is sent, as mosquitto does. */
function takeover(core: Core, older: Link, clean: boolean): void {
  if (!clean) older.will = undefined
  if (core.options.takeover === 'reason') older.refuse(0x8e, 'takeover')
  else older.close('takeover')
}

/** Ends the connection after 1.5 x keepalive of silence (3.1.2-22, 3.1.2-24 of 3.1.1). */
function watch(core: Core, link: Link): void {
  const limit = link.keepalive * 1500
  if (limit === 0) return
  const look = (): void => {
    const silent = core.now - link.lastHeard
    if (silent >= limit && core.options.enforceKeepalive) {
      core.oracle.silent(link.clientId, link.keepalive, silent)
      link.refuse(0x8d, 'keepalive')
      return
    }
    link.watch = core.sim.clock.schedule(silent >= limit ? limit : limit - silent, 'script', look)
  }
  link.watch = core.sim.clock.schedule(limit, 'script', look)
}
