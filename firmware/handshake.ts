/**
 * From nothing to an open session: CONNECT out, CONNACK and AUTH in (MQTT 5.0 sections 3.1, 3.2, 3.15 and 4.12).
 */
import { EMPTY, cut, keep, type Bytes, type Code } from './bytes.js'
import { ErrorCode, Reason } from './codes.js'
import { PacketType } from './codec/packets.js'
import { writeProperties } from './codec/properties.js'
import { writeAuth, writeConnect, type ConnectFields } from './codec/write.js'
import { because, broken, callUser, newServer, type Core } from './core.js'
import { receiveMaximum } from './inbound.js'
import { mustRecord } from './journal.js'
import { send } from './outbound.js'
import { startKeepalive } from './keepalive.js'
import { startLearning } from './learn-link.js'
import { currentServer } from './servers.js'
import { loseSession, resumeSession } from './session.js'
import { refusesConnect } from './offload.js'
import { checkIdentity } from './settings.js'
import { restoreAll } from './subscriptions.js'
import type { Properties } from './types.js'

const enum Default { SessionExpiry = 86400, ClientIdV31 = 23, Unlimited = 16777215, Field = 65535 }

function lastOf(bytes: Bytes): Bytes {
  return keep(cut(bytes, bytes.length - Default.ClientIdV31, bytes.length))
}

/** The id to send: the user's, else one made from the device's, else what the server assigned before. */
export function clientIdOf(core: Core): string {
  const o = core.options_
  if (o.clientId !== undefined) return o.clientId === '' ? core.assignedId_ : o.clientId
  const id = 'yieldmq-' + core.hal_.system.id()
  if (core.settings_.version_ !== 3) return id
  const bytes = core.hal_.text.utf8(id)
  return bytes.length > Default.ClientIdV31 ? core.hal_.text.text(lastOf(bytes)) : id
}

/** What a first AUTH exchange sends in CONNECT. */
function authenticate(this: void, core: Core, method: string, data: Bytes): void {
  const fn = core.options_.authenticate
  core.authData_ = undefined
  if (fn !== undefined) core.authData_ = fn(method, data)
}

/** What `authenticate` answered last: 0, or why it cannot be sent. */
function checkAuth(core: Core, method: string): Code {
  const data = core.authData_
  if (data === undefined) return because(core, ErrorCode.AuthFailed, method, 0, 0, Reason.NotAuthorized)
  if (typeof data !== 'string') return because(core, ErrorCode.BadPayload, 'authenticate')
  return data.length > Default.Field ? because(core, ErrorCode.PacketTooLarge, 'authenticate', data.length, Default.Field) : 0
}

/** Seconds that the server is asked to keep the session; -1 for ever. */
export function sessionExpiry(core: Core): number {
  const p = core.options_.properties
  if (core.settings_.clean_) return 0
  return p === undefined || p.sessionExpiryInterval === undefined ? Default.SessionExpiry : p.sessionExpiryInterval
}

/** CONNECT's properties: the user's, and what we must announce. */
function connectProperties(core: Core): Properties {
  const o = core.options_
  const s = core.settings_
  const given: Properties = o.properties === undefined ? {} : o.properties
  const p: Properties = {}
  if (!s.clean_) p.sessionExpiryInterval = sessionExpiry(core)
  p.receiveMaximum = receiveMaximum(core)
  p.maximumPacketSize = FEATURE_STREAM && o.onStream !== undefined && s.streamMax_ > s.packetIn_ ? s.streamMax_ : s.packetIn_
  p.topicAliasMaximum = given.topicAliasMaximum
  p.requestResponseInformation = given.requestResponseInformation
  p.requestProblemInformation = given.requestProblemInformation
  p.userProperties = given.userProperties
  p.authenticationMethod = given.authenticationMethod
  p.authenticationData = core.authData_
  return p
}

/**
 * Asks for credentials, checks who we say we are, and makes the CONNECT packet of the attempt. 0, or a code: then the
 * attempt must not start.
 */
export function prepareConnect(core: Core): Code {
  const o = core.options_
  const s = core.settings_
  const text = core.hal_.text
  if (o.credentials !== undefined) {
    const code = callUser(core, o.credentials, o, undefined, undefined)
    if (code < 0) return because(core, ErrorCode.CredentialsFailed, '', code)
  }
  if (o.servers.length === 0) return because(core, ErrorCode.NoServer, 'servers', 0, 1)
  const id = clientIdOf(core)
  let wrong = checkIdentity(s, o, id, text, core.cause_)
  if (FEATURE_OFFLOAD && wrong === 0) wrong = refusesConnect(core.hal_, core.cause_, o, s.version_, s.keepalive_, id)
  if (wrong < 0) return wrong
  let properties = EMPTY
  if (FEATURE_V5 && s.version_ === 5) {
    core.authData_ = undefined
    core.authMethod_ = ''
    const method = o.properties === undefined ? undefined : o.properties.authenticationMethod
    if (method !== undefined) {
      core.authMethod_ = method
      callUser(core, authenticate, core, method, EMPTY)
      const refused = checkAuth(core, method)
      if (refused < 0) return refused
    }
    properties = writeProperties(connectProperties(core), PacketType.Connect, text)
  }
  const will = o.will
  const c: ConnectFields = {
    clean_: s.clean_, keepalive_: s.keepalive_, clientId_: text.utf8(id), properties_: properties,
    willPayload_: EMPTY, willQos_: 0, willRetain_: false, willProperties_: EMPTY
  }
  if (will !== undefined) {
    c.willTopic_ = text.utf8(will.topic)
    c.willPayload_ = will.payload
    c.willQos_ = will.qos === undefined ? 0 : will.qos
    c.willRetain_ = will.retain === true
    if (FEATURE_V5 && s.version_ === 5) c.willProperties_ = writeProperties(will.properties, 16, text)
  }
  if (o.username !== undefined) c.username_ = text.utf8(o.username)
  if (o.password !== undefined) c.password_ = o.password
  core.connectPacket_ = writeConnect(s.version_, c, s.packetOut_)
  if (core.connectPacket_.length === 0) return because(core, ErrorCode.PacketTooLarge, 'CONNECT', writeConnect(s.version_, c, Default.Unlimited).length, s.packetOut_)
  return 0
}

/** 0 or 1 in a property, true when it is absent. */
function allows(value: number | undefined): boolean {
  return value === undefined || value === 1
}

/** What a v5 server says of itself in CONNACK. */
function applyProperties(core: Core, p: Properties): void {
  const server = core.server_
  server.properties_ = p
  server.receiveMaximum_ = p.receiveMaximum === undefined ? 65535 : p.receiveMaximum
  if (p.maximumPacketSize !== undefined && p.maximumPacketSize >= 0) server.packetMax_ = p.maximumPacketSize
  if (p.maximumQoS !== undefined && p.maximumQoS < server.maxQos_) server.maxQos_ = p.maximumQoS
  server.retain_ = allows(p.retainAvailable)
  server.wildcard_ = allows(p.wildcardSubscriptionAvailable)
  server.shared_ = allows(p.sharedSubscriptionAvailable)
  server.subscriptionIds_ = allows(p.subscriptionIdentifiersAvailable)
  server.aliasMax_ = p.topicAliasMaximum === undefined ? 0 : p.topicAliasMaximum
  if (p.serverKeepAlive !== undefined) server.keepalive_ = p.serverKeepAlive
  if (p.assignedClientIdentifier !== undefined) core.assignedId_ = p.assignedClientIdentifier
}

/** The session is ours, new or resumed. 3.1 does not say which: it is taken for resumed when clean is off. */
function openSession(core: Core): void {
  const s = core.settings_
  if (core.sessionPresent_ || s.version_ === 3 && !s.clean_) {
    if (!core.hadSession_ && core.sessionPresent_) because(core, ErrorCode.SessionAmnesia)
    resumeSession(core)
    if (s.version_ === 3 || !core.hadSession_ || core.unsure_) restoreAll(core.registry_, false)
  } else {
    if (core.hadSession_ && !s.clean_) {
      core.stats_.sessionLost = core.stats_.sessionLost + 1
      because(core, ErrorCode.SessionLost, '', core.outbox_.flightCount_)
    }
    loseSession(core)
  }
  if (FEATURE_JOURNAL && core.hadSession_ === s.clean_) mustRecord(core)
  core.hadSession_ = !s.clean_
  core.unsure_ = false
  core.restoring_ = core.registry_.entries_.length > 0
}

/** AUTH with 0x18 (section 4.12): the user's function answers. */
function handleAuth(core: Core): Code {
  const p = core.packet_
  const given = p.properties_
  const method = given === undefined || given.authenticationMethod === undefined ? '' : given.authenticationMethod
  if (core.authMethod_.length === 0 || method !== core.authMethod_ || p.reason_ !== Reason.ContinueAuthentication) return broken(core, Reason.ProtocolError, 'AUTH')
  callUser(core, authenticate, core, method, given === undefined || given.authenticationData === undefined ? EMPTY : given.authenticationData)
  const refused = checkAuth(core, method)
  if (refused < 0) return refused
  const packet = writeAuth(Reason.ContinueAuthentication, writeProperties({ authenticationMethod: method, authenticationData: core.authData_ }, PacketType.Auth, core.hal_.text))
  if (packet.length > core.settings_.packetOut_) return because(core, ErrorCode.PacketTooLarge, 'AUTH', packet.length, core.settings_.packetOut_)
  send(core, packet)
  return 0
}

/** CONNACK. 1: the session is open; 0: nothing yet (AUTH); below 0 close. */
export function handleHandshake(core: Core): Code {
  const p = core.packet_
  const s = core.settings_
  if (FEATURE_V5 && p.type_ === PacketType.Auth) return handleAuth(core)
  if (FEATURE_V5 && p.type_ === PacketType.Disconnect && s.version_ === 5) {
    return because(core, ErrorCode.ServerDisconnected, '', 0, 0, p.reason_)
  }
  if (p.type_ === PacketType.Disconnect && s.version_ < 5) return because(core, ErrorCode.ClosedByServer)
  if (p.type_ !== PacketType.Connack) return broken(core, Reason.ProtocolError, 'CONNACK')
  if (p.reason_ !== 0) {
    const host = currentServer(core.servers_, core.options_.servers).host
    return because(core, ErrorCode.ConnectRefused, host, s.version_, 0, p.reason_)
  }
  if (p.sessionPresent_ && s.clean_) return broken(core, Reason.ProtocolError, 'Session Present')
  core.server_ = newServer(s)
  if (FEATURE_V5 && s.version_ === 5) {
    const given = p.properties_
    const method = given === undefined || given.authenticationMethod === undefined ? '' : given.authenticationMethod
    if (method !== core.authMethod_) return broken(core, Reason.ProtocolError, 'authenticationMethod')
    if (given !== undefined) applyProperties(core, given)
  }
  startKeepalive(core.keepalive_, core.server_.keepalive_, s.pingTimeout_)
  core.sessionPresent_ = p.sessionPresent_
  if (FEATURE_LEARN) startLearning(core)
  else if (FEATURE_STATS) core.stats_.pingInterval = Math.floor(core.keepalive_.interval_ / 1000)
  // Not a failure: `explain` says what is not promised.
  if (core.server_.keepalive_ === 0) because(core, ErrorCode.KeepaliveOff)
  openSession(core)
  return 1
}
