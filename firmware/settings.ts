/**
 * Options to settings: every default filled in, every value checked before anything is sent. What is wrong is named in
 * the cause, with the number and its limit.
 */
import { keep, type Bytes, type Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import { PacketType } from './codec/packets.js'
import { checkProperties } from './codec/properties.js'
import { defaults } from './defaults.js'
import { checkTopic } from './topic.js'
import { validUtf8 } from './utf8.js'
import type { Settings } from './core.js'
import type { Hal, TextHal } from '../hal/hal.js'
import type { Cause, Options, Will } from './types.js'

const enum Most {
  /** ms, and counts */
  Time = 1073741824,
  /** Bytes: sizes stay exact as single-precision floats. */
  Size = 16777215,
  Count = 1000000,
  /** s: more is taken for milliseconds unless `force` is set. */
  Keepalive = 3600,
  /** Section 3.1.3.1 of MQTT 3.1. */
  ClientIdV31 = 23,
  Field = 65535
}

function wrong(cause: Cause, code: Code, value: number, limit: number, detail: string): Code {
  cause.code = code
  cause.reason = 0
  cause.value = value
  cause.limit = limit
  cause.detail = detail
  return code
}

/** 0, or HalMissing, HalVersion with the member's name. */
export function checkHal(hal: Hal, cause: Cause): Code {
  if (hal === undefined) return wrong(cause, ErrorCode.HalMissing, 0, 0, 'hal')
  let missing = ''
  if (hal.socket === undefined || hal.socket.open === undefined) missing = 'socket.open'
  else if (hal.timer === undefined || hal.timer.ticks === undefined || hal.timer.since === undefined) missing = 'timer.ticks, timer.since'
  else if (hal.timer.wait === undefined && (hal.timer.onWake === undefined || hal.timer.wakeAfter === undefined)) missing = 'timer.wait, or timer.onWake and timer.wakeAfter'
  else if (hal.system === undefined || hal.system.id === undefined || hal.system.random === undefined ||
    hal.system.guard === undefined || hal.system.feedWatchdog === undefined) missing = 'system.id, random, guard, feedWatchdog'
  else if (hal.text === undefined || hal.text.utf8 === undefined || hal.text.text === undefined) missing = 'text.utf8, text.text'
  if (missing !== '') return wrong(cause, ErrorCode.HalMissing, 0, 0, missing)
  if (hal.version !== 1) return wrong(cause, ErrorCode.HalVersion, hal.version, 1, 'version')
  return 0
}

/** A whole number from `least` to `most`, or the default when it is absent; -1 when it is neither, with the cause. */
function pick(cause: Cause, code: Code, value: number | undefined, least: number, most: number, otherwise: number, name: string): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !(value >= least && value <= most) || value % 1 !== 0) {
    wrong(cause, code, typeof value === 'number' ? value : 0, most, name)
    return -1
  }
  return value
}

/** 0, or the code of the first limit that is wrong. */
function readLimits(s: Settings, options: Options, cause: Cause): Code {
  const l = options.limits === undefined ? {} : options.limits
  const d = defaults
  const bad = ErrorCode.BadLimits
  s.packetIn_ = pick(cause, bad, l.packetIn, 16, Most.Size, d.packetIn, 'limits.packetIn')
  s.packetOut_ = pick(cause, bad, l.packetOut, 16, Most.Size, d.packetOut, 'limits.packetOut')
  s.streamMax_ = pick(cause, bad, l.streamMax, 0, Most.Size, d.streamMax, 'limits.streamMax')
  s.outboxCount_ = pick(cause, bad, l.outboxCount, 1, Most.Count, d.outboxCount, 'limits.outboxCount')
  s.outboxBytes_ = pick(cause, bad, l.outboxBytes, 16, Most.Time, d.outboxBytes, 'limits.outboxBytes')
  s.inboxCount_ = pick(cause, bad, l.inboxCount, 0, Most.Count, d.inboxCount, 'limits.inboxCount')
  s.inboxBytes_ = pick(cause, bad, l.inboxBytes, 0, Most.Time, d.inboxBytes, 'limits.inboxBytes')
  s.inflight_ = pick(cause, bad, l.inflight, 1, Most.Field, d.inflight, 'limits.inflight')
  s.subscriptions_ = pick(cause, bad, l.subscriptions, 1, Most.Count, d.subscriptions, 'limits.subscriptions')
  s.slicePackets_ = pick(cause, bad, l.slicePackets, 1, Most.Count, d.slicePackets, 'limits.slicePackets')
  s.sliceBytes_ = pick(cause, bad, l.sliceBytes, 16, Most.Size, d.sliceBytes, 'limits.sliceBytes')
  if (s.packetIn_ < 0 || s.packetOut_ < 0 || s.streamMax_ < 0 || s.outboxCount_ < 0 || s.outboxBytes_ < 0 || s.inboxCount_ < 0 ||
    s.inboxBytes_ < 0 || s.inflight_ < 0 || s.subscriptions_ < 0 || s.slicePackets_ < 0 || s.sliceBytes_ < 0) return bad
  if (FEATURE_CACHE && options.cache !== undefined && options.cache !== 'direct') {
    if (s.inboxCount_ < 1) return wrong(cause, bad, s.inboxCount_, 1, 'limits.inboxCount')
    if (s.inboxBytes_ < s.packetIn_) return wrong(cause, bad, s.inboxBytes_, s.packetIn_, 'limits.inboxBytes')
  }
  return 0
}

function readTimes(s: Settings, options: Options, cause: Cause): Code {
  const d = defaults
  const bad = ErrorCode.BadTime
  s.pingTimeout_ = pick(cause, bad, options.pingTimeout, 1, Most.Time, 0, 'pingTimeout')
  s.connectTimeout_ = pick(cause, bad, options.connectTimeout, 1, Most.Time, d.connectTimeout, 'connectTimeout')
  s.requestTimeout_ = pick(cause, bad, options.requestTimeout, 1, Most.Time, d.requestTimeout, 'requestTimeout')
  s.ackTimeout_ = pick(cause, bad, options.ackTimeout, 1, Most.Time, d.ackTimeout, 'ackTimeout')
  s.reconnectPeriod_ = pick(cause, bad, options.reconnectPeriod, 0, 3600000, d.reconnectPeriod, 'reconnectPeriod')
  s.reconnectPeriodMax_ = pick(cause, bad, options.reconnectPeriodMax, 1, 3600000, d.reconnectPeriodMax, 'reconnectPeriodMax')
  s.reconnectSpread_ = pick(cause, bad, options.reconnectSpread, 1, 1000000, d.reconnectSpread, 'reconnectSpread')
  if (s.pingTimeout_ < 0 || s.connectTimeout_ < 0 || s.requestTimeout_ < 0 || s.ackTimeout_ < 0 || s.reconnectPeriod_ < 0 ||
    s.reconnectPeriodMax_ < 0 || s.reconnectSpread_ < 0) return bad
  s.keepalive_ = pick(cause, ErrorCode.BadKeepalive, options.keepalive, 0, Most.Field, d.keepalive, 'keepalive')
  if (s.keepalive_ < 0) return ErrorCode.BadKeepalive
  if (s.keepalive_ > Most.Keepalive && options.force !== true) return wrong(cause, ErrorCode.BadKeepalive, s.keepalive_, Most.Keepalive, 'keepalive')
  return 0
}

function isOneOf(value: string | undefined, a: string, b: string, c: string, d: string): boolean {
  return value === undefined || value === a || value === b || value === c || value === d
}

function readWords(options: Options, cause: Cause): Code {
  if (!isOneOf(options.whenFull, 'refuse', 'drop-oldest', 'drop-newest', 'keep-latest')) return wrong(cause, ErrorCode.BadOption, 0, 0, 'whenFull')
  if (!isOneOf(options.cache, 'direct', 'overwrite-oldest', 'push-back', 'direct')) return wrong(cause, ErrorCode.BadOption, 0, 0, 'cache')
  if (!isOneOf(options.onSessionLost, 'resend', 'report', 'resend', 'resend')) return wrong(cause, ErrorCode.BadOption, 0, 0, 'onSessionLost')
  if (!FEATURE_POLICIES && options.whenFull !== undefined && options.whenFull !== 'refuse') return wrong(cause, ErrorCode.FeatureMissing, 0, 0, 'whenFull')
  if (!FEATURE_CACHE && options.cache !== undefined && options.cache !== 'direct') return wrong(cause, ErrorCode.FeatureMissing, 0, 0, 'cache')
  if (!FEATURE_STREAM && options.onStream !== undefined) return wrong(cause, ErrorCode.FeatureMissing, 0, 0, 'onStream')
  return 0
}

function readVersion(s: Settings, options: Options, cause: Cause): Code {
  const version = options.protocolVersion === undefined ? 4 : options.protocolVersion
  if (version !== 3 && version !== 4 && version !== 5) return wrong(cause, ErrorCode.BadProtocolVersion, version, 5, 'protocolVersion')
  if (!FEATURE_V5 && version === 5 || !FEATURE_V31 && version === 3) return wrong(cause, ErrorCode.FeatureMissing, version, 0, 'protocolVersion')
  s.version_ = version
  s.clean_ = options.clean !== false
  s.jitter_ = options.jitter !== false
  if (version < 5) {
    let name = ''
    if (options.properties !== undefined) name = 'properties'
    else if (options.authenticate !== undefined) name = 'authenticate'
    else if (options.followServerReference === true) name = 'followServerReference'
    else if (options.topicAliasOut !== undefined) name = 'topicAliasOut'
    if (name !== '') return wrong(cause, ErrorCode.V5Only, version, 5, name)
  }
  return 0
}

function readServers(options: Options, cause: Cause): Code {
  const list = options.servers
  if (list === undefined || list.length === 0) return wrong(cause, ErrorCode.NoServer, 0, 1, 'servers')
  if (!FEATURE_FAILOVER && list.length > 1) return wrong(cause, ErrorCode.FeatureMissing, list.length, 1, 'servers')
  for (const e of list) {
    if (typeof e.host !== 'string' || e.host.length === 0) return wrong(cause, ErrorCode.BadServer, 0, 0, 'host')
    if (typeof e.port !== 'number' || !(e.port >= 1 && e.port <= Most.Field) || e.port % 1 !== 0) return wrong(cause, ErrorCode.BadServer, typeof e.port === 'number' ? e.port : 0, Most.Field, e.host)
  }
  return 0
}

/** A record to fill. */
export function newSettings(): Settings {
  return {
    version_: 4, clean_: true, keepalive_: 0, pingTimeout_: 0, connectTimeout_: 0, requestTimeout_: 0, ackTimeout_: 0,
    reconnectPeriod_: 0, reconnectPeriodMax_: 0, reconnectSpread_: 0, jitter_: true, packetIn_: 0, packetOut_: 0, streamMax_: 0,
    outboxCount_: 0, outboxBytes_: 0, inboxCount_: 0, inboxBytes_: 0, inflight_: 0, subscriptions_: 0, slicePackets_: 0, sliceBytes_: 0
  }
}

/** Fills `s`. 0, or the code of what is wrong, with the cause; then `s` must not be used. */
export function readSettings(s: Settings, options: Options, cause: Cause): Code {
  if (options === undefined) return wrong(cause, ErrorCode.NoServer, 0, 1, 'options')
  let code = readVersion(s, options, cause)
  if (code < 0) return code
  code = readServers(options, cause)
  if (code < 0) return code
  code = readTimes(s, options, cause)
  if (code < 0) return code
  code = readLimits(s, options, cause)
  if (code < 0) return code
  return readWords(options, cause)
}

/** UTF-8 of a text for the wire, kept; undefined when it is not a text, too long or not well-formed, with the cause. */
export function textField(text: TextHal, value: string | undefined, cause: Cause, code: Code, name: string): Bytes | undefined {
  if (typeof value !== 'string') {
    wrong(cause, code, 0, 0, name)
    return undefined
  }
  const bytes = text.utf8(value)
  if (bytes.length > Most.Field) {
    wrong(cause, code, bytes.length, Most.Field, name)
    return undefined
  }
  if (!validUtf8(bytes)) {
    wrong(cause, ErrorCode.BadUtf8, bytes.length, 0, name)
    return undefined
  }
  return keep(bytes)
}

function checkWill(s: Settings, will: Will, text: TextHal, cause: Cause): Code {
  const topic = textField(text, will.topic, cause, ErrorCode.BadWill, 'will.topic')
  if (topic === undefined) return cause.code
  if (checkTopic(topic) < 0) return wrong(cause, ErrorCode.BadWill, topic.length, Most.Field, 'will.topic')
  if (typeof will.payload !== 'string') return wrong(cause, ErrorCode.BadPayload, 0, 0, 'will.payload')
  if (will.payload.length > Most.Field) return wrong(cause, ErrorCode.BadWill, will.payload.length, Most.Field, 'will.payload')
  const qos = will.qos === undefined ? 0 : will.qos
  if (qos !== 0 && qos !== 1 && qos !== 2) return wrong(cause, ErrorCode.BadQos, qos, 2, 'will.qos')
  if (qos > defaults.maxQos) return wrong(cause, ErrorCode.QosUnsupported, qos, defaults.maxQos, 'will.qos')
  if (will.properties !== undefined) {
    if (s.version_ < 5) return wrong(cause, ErrorCode.V5Only, s.version_, 5, 'will.properties')
    if (FEATURE_V5) {
      const code = checkProperties(will.properties, 16, text)
      if (code < 0) return wrong(cause, code, 0, 0, 'will.properties')
    }
  }
  return 0
}

/**
 * Who we say we are: client id, user name, password, will. Checked before every CONNECT, since `credentials` may have
 * changed it. `id` is the id to be sent.
 */
export function checkIdentity(s: Settings, options: Options, id: string, text: TextHal, cause: Cause): Code {
  const bytes = textField(text, id, cause, ErrorCode.BadClientId, 'clientId')
  if (bytes === undefined) return cause.code
  if (bytes.length === 0 && (s.version_ === 3 || s.version_ === 4 && !s.clean_)) return wrong(cause, ErrorCode.ClientIdNeeded, s.version_, 0, 'clientId')
  if (s.version_ === 3 && bytes.length > Most.ClientIdV31 && options.longClientId !== true) return wrong(cause, ErrorCode.BadClientId, bytes.length, Most.ClientIdV31, 'clientId')
  if (options.username !== undefined && textField(text, options.username, cause, ErrorCode.BadOption, 'username') === undefined) return cause.code
  if (options.password !== undefined) {
    if (typeof options.password !== 'string') return wrong(cause, ErrorCode.BadPayload, 0, 0, 'password')
    if (options.password.length > Most.Field) return wrong(cause, ErrorCode.BadOption, options.password.length, Most.Field, 'password')
    if (options.username === undefined && s.version_ < 5) return wrong(cause, ErrorCode.PasswordWithoutUsername, s.version_, 5, 'password')
  }
  if (options.will !== undefined) {
    const code = checkWill(s, options.will, text, cause)
    if (code < 0) return code
  }
  if (FEATURE_V5 && options.properties !== undefined) {
    const p = options.properties
    const code = checkProperties(p, PacketType.Connect, text)
    if (code < 0) return wrong(cause, code, 0, 0, 'properties')
    if (s.clean_ && p.sessionExpiryInterval !== undefined && p.sessionExpiryInterval !== 0) return wrong(cause, ErrorCode.BadProperty, p.sessionExpiryInterval, 0, 'properties.sessionExpiryInterval')
    if (p.authenticationMethod !== undefined && options.authenticate === undefined) return wrong(cause, ErrorCode.BadProperty, 0, 0, 'properties.authenticationMethod')
  }
  return 0
}
