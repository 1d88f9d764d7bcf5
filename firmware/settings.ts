/**
 * Options to settings: every default filled in, every value checked before anything is sent. What is wrong is named in
 * the cause, with the number and its limit.
 */
import { keep, type Bytes, type Code } from './bytes.js'
import { fill } from './cause.js'
import { ErrorCode } from './codes.js'
import { PacketType } from './codec/packets.js'
import { checkProperties } from './codec/properties.js'
import { defaults } from './defaults.js'
import { wrongKind } from './kinds.js'
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
  Field = 65535,
  /** Bytes of a PUBLISH beside topic and payload, at QoS 0 without properties. */
  Head = 8,
  Backlog = 4096,
  /** Characters of the journal's keys before their number: boards allow 28 in all. */
  Prefix = 16
}

/** A part or member that is missing is named at the start, before it is called. */
function checkMembers(hal: Hal, cause: Cause): Code {
  const needed = [
    'socket', 'open', 'timer', 'ticks', 'timer', 'since', 'system', 'id', 'system', 'random', 'system', 'guard', 'system', 'feedWatchdog',
    'text', 'utf8', 'text', 'text'
  ]
  const parts = hal as unknown as Record<string, Record<string, unknown> | undefined>
  for (let i = 0; i < needed.length; i = i + 2) {
    const part = parts[needed[i]!]
    if (part === undefined || part[needed[i + 1]!] === undefined) return fill(cause, ErrorCode.HalMissing, needed[i]! + '.' + needed[i + 1]!)
  }
  const timer = hal.timer
  if (timer.wait === undefined && (timer.onWake === undefined || timer.wakeAfter === undefined)) return fill(cause, ErrorCode.HalMissing, 'timer.wait, or timer.onWake and timer.wakeAfter')
  return 0
}

/** 0, or HalMissing, HalVersion with the member's name. */
export function checkHal(hal: Hal, cause: Cause): Code {
  if (hal === undefined) return fill(cause, ErrorCode.HalMissing, 'hal')
  if (checkMembers(hal, cause) < 0) return ErrorCode.HalMissing
  if (hal.version !== 1) return fill(cause, ErrorCode.HalVersion, 'version', hal.version, 1)
  return 0
}

/**
 * Options that are whole numbers. `table`: name, least and largest value of each. Their values in its order, the defaults
 * filled in; undefined when one is wrong, with the cause.
 */
function readNumbers(from: object, prefix: string, table: (string | number)[], code: Code, cause: Cause): number[] | undefined {
  const given = from as Record<string, number | undefined>
  const otherwise = defaults as unknown as Record<string, number | undefined>
  const values: number[] = []
  for (let i = 0; i < table.length; i = i + 3) {
    const name = table[i] as string
    const most = table[i + 2] as number
    let value = given[name]
    if (value === undefined) {
      value = otherwise[name]
      if (value === undefined) value = 0
    } else if (typeof value !== 'number' || !(value >= (table[i + 1] as number) && value <= most) || value % 1 !== 0) {
      fill(cause, code, prefix + name, typeof value === 'number' ? value : 0, most)
      return undefined
    }
    values.push(value)
  }
  return values
}

/** The largest message that one packet may bring: its topic may have come with another, by alias (MQTT 5.0 section 3.3.2.3.4). */
function inboxReserve(options: Options, packetIn: number): number {
  if (!FEATURE_V5 || options.cache !== 'push-back') return packetIn
  const p = options.properties
  return p === undefined || p.topicAliasMaximum === undefined || p.topicAliasMaximum === 0 ? packetIn : packetIn * 2
}

/** The order of `readLimits`. */
const enum Limit { PacketIn, PacketOut, StreamMax, OutboxCount, OutboxBytes, InboxCount, InboxBytes, Inflight, Subscriptions, SlicePackets, SliceBytes }

function readLimits(options: Options, cause: Cause): number[] | undefined {
  const values = readNumbers(options.limits === undefined ? {} : options.limits, 'limits.', [
    'packetIn', 16, Most.Size, 'packetOut', 16, Most.Size, 'streamMax', 0, Most.Size,
    'outboxCount', 1, Most.Count, 'outboxBytes', 16, Most.Time, 'inboxCount', 0, Most.Count, 'inboxBytes', 0, Most.Time,
    'inflight', 1, Most.Field, 'subscriptions', 1, Most.Count, 'slicePackets', 1, Most.Count, 'sliceBytes', 16, Most.Size
  ], ErrorCode.BadLimits, cause)
  if (FEATURE_CACHE && values !== undefined && options.cache !== undefined && options.cache !== 'direct') {
    const count = values[Limit.InboxCount]!
    const bytes = values[Limit.InboxBytes]!
    const packet = inboxReserve(options, values[Limit.PacketIn]!)
    if (count < 1) fill(cause, ErrorCode.BadLimits, 'limits.inboxCount', count, 1)
    else if (bytes < packet) fill(cause, ErrorCode.BadLimits, 'limits.inboxBytes', bytes, packet)
    else return values
    return undefined
  }
  return values
}

/** The order of `readTimes`. */
const enum Time { Ping, Connect, Request, Ack, Reconnect, ReconnectMax, ReconnectSpread }

function readTimes(options: Options, cause: Cause): number[] | undefined {
  return readNumbers(options, '', [
    'pingTimeout', 1, Most.Time, 'connectTimeout', 1, Most.Time, 'requestTimeout', 1, Most.Time, 'ackTimeout', 1, Most.Time,
    'reconnectPeriod', 0, 3600000, 'reconnectPeriodMax', 1, 3600000, 'reconnectSpread', 1, 1000000
  ], ErrorCode.BadTime, cause)
}

function isOneOf(value: string | undefined, a: string, b: string, c: string, d: string): boolean {
  return value === undefined || value === a || value === b || value === c || value === d
}

/** Whether an option asks for its part: neither absent nor `false` nor 0. */
function isAsked(option: boolean | string | number | undefined): boolean {
  return option !== undefined && option !== false && option !== 0
}

/** What this build does not have is refused in every profile; the rest is left to FEATURE_CHECKS. */
function checkWords(options: Options, cause: Cause): Code {
  if (FEATURE_CHECKS) {
    let name = ''
    if (!isOneOf(options.whenFull, 'refuse', 'drop-oldest', 'drop-newest', 'keep-latest')) name = 'whenFull'
    else if (!isOneOf(options.cache, 'direct', 'overwrite-oldest', 'push-back', 'direct')) name = 'cache'
    else if (FEATURE_JOURNAL && typeof options.journal === 'string' && (options.journal.length === 0 || options.journal.length > Most.Prefix)) name = 'journal'
    else if (!isOneOf(options.onSessionLost, 'resend', 'report', 'resend', 'resend')) name = 'onSessionLost'
    if (name !== '') return fill(cause, ErrorCode.BadOption, name)
  }
  let missing = ''
  if (!FEATURE_POLICIES && options.whenFull !== undefined && options.whenFull !== 'refuse') missing = 'whenFull'
  if (!FEATURE_CACHE && options.cache !== undefined && options.cache !== 'direct') missing = 'cache'
  if (!FEATURE_STREAM && options.onStream !== undefined) missing = 'onStream'
  if (!FEATURE_JOURNAL && isAsked(options.journal)) missing = 'journal'
  if (FEATURE_CHECKS && !FEATURE_LEARN && isAsked(options.learnKeepalive)) missing = 'learnKeepalive'
  if (!FEATURE_RECORDER && isAsked(options.recorder)) missing = 'recorder'
  if (missing !== '') return fill(cause, ErrorCode.FeatureMissing, missing)
  if (FEATURE_RECORDER) {
    const size = options.recorder
    if (size !== undefined && size !== 0 && (typeof size !== 'number' || !(size >= 1024 && size <= 4096) || size % 1 !== 0)) return fill(cause, ErrorCode.BadLimits, 'recorder', typeof size === 'number' ? size : 0, 4096)
  }
  return 0
}

function checkVersion(version: number, options: Options, cause: Cause): Code {
  if (version !== 3 && version !== 4 && version !== 5) return fill(cause, ErrorCode.BadProtocolVersion, 'protocolVersion', version, 5)
  if (!FEATURE_V5 && version === 5 || !FEATURE_V31 && version === 3) return fill(cause, ErrorCode.FeatureMissing, 'protocolVersion', version)
  if (FEATURE_CHECKS && version < 5) {
    let name = ''
    if (options.properties !== undefined) name = 'properties'
    else if (options.authenticate !== undefined) name = 'authenticate'
    else if (options.followServerReference === true) name = 'followServerReference'
    else if (options.topicAliasOut !== undefined) name = 'topicAliasOut'
    if (name !== '') return fill(cause, ErrorCode.V5Only, name, version, 5)
  }
  return 0
}

function checkServers(options: Options, cause: Cause): Code {
  const list = options.servers
  if (list === undefined || list.length === 0) return fill(cause, ErrorCode.NoServer, 'servers', 0, 1)
  if (!FEATURE_FAILOVER && list.length > 1) return fill(cause, ErrorCode.FeatureMissing, 'servers', list.length, 1)
  for (const e of list) {
    if (typeof e.host !== 'string' || e.host.length === 0) return fill(cause, ErrorCode.BadServer, 'host')
    if (typeof e.port !== 'number' || !(e.port >= 1 && e.port <= Most.Field) || e.port % 1 !== 0) return fill(cause, ErrorCode.BadServer, e.host, typeof e.port === 'number' ? e.port : 0, Most.Field)
  }
  return 0
}

/** Undefined when an option is wrong, with the cause. */
export function readSettings(options: Options, cause: Cause): Settings | undefined {
  if (options === undefined) {
    fill(cause, ErrorCode.NoServer, 'options', 0, 1)
    return undefined
  }
  if (FEATURE_KINDS) {
    const name = wrongKind(options)
    if (name !== '') {
      fill(cause, ErrorCode.BadOption, name)
      return undefined
    }
  }
  const version = options.protocolVersion === undefined ? 4 : options.protocolVersion
  if (checkVersion(version, options, cause) < 0 || checkServers(options, cause) < 0) return undefined
  const t = readTimes(options, cause)
  if (t === undefined) return undefined
  const keepalive = readNumbers(options, '', ['keepalive', 0, Most.Field], ErrorCode.BadKeepalive, cause)
  if (keepalive === undefined) return undefined
  if (keepalive[0]! > Most.Keepalive && options.force !== true) {
    fill(cause, ErrorCode.BadKeepalive, 'keepalive', keepalive[0], Most.Keepalive)
    return undefined
  }
  const l = readLimits(options, cause)
  if (l === undefined || checkWords(options, cause) < 0) return undefined
  if (FEATURE_V5 && readNumbers(options, '', ['topicAliasOut', 0, Most.Field], ErrorCode.BadOption, cause) === undefined) return undefined
  const packetOut = l[Limit.PacketOut]! - Most.Head
  const outboxBytes = l[Limit.OutboxBytes]!
  const sliceBytes = l[Limit.SliceBytes]!
  return {
    version_: version, clean_: options.clean !== false, keepalive_: keepalive[0]!, jitter_: options.jitter !== false,
    pingTimeout_: t[Time.Ping]!, connectTimeout_: t[Time.Connect]!, requestTimeout_: t[Time.Request]!, ackTimeout_: t[Time.Ack]!,
    reconnectPeriod_: t[Time.Reconnect]!, reconnectPeriodMax_: t[Time.ReconnectMax]!, reconnectSpread_: t[Time.ReconnectSpread]!,
    packetIn_: l[Limit.PacketIn]!, packetOut_: l[Limit.PacketOut]!, streamMax_: l[Limit.StreamMax]!,
    outboxCount_: l[Limit.OutboxCount]!, outboxBytes_: l[Limit.OutboxBytes]!, inboxCount_: l[Limit.InboxCount]!, inboxBytes_: l[Limit.InboxBytes]!,
    inflight_: l[Limit.Inflight]!, subscriptions_: l[Limit.Subscriptions]!, slicePackets_: l[Limit.SlicePackets]!, sliceBytes_: sliceBytes,
    direct_: packetOut < outboxBytes ? packetOut : outboxBytes, backlog_: sliceBytes < Most.Backlog ? sliceBytes : Most.Backlog,
    inboxReserve_: FEATURE_CACHE ? inboxReserve(options, l[Limit.PacketIn]!) : 0
  }
}

/** UTF-8 of a text for the wire, kept; undefined when it is not a text, too long or not well-formed, with the cause. */
export function textField(text: TextHal, value: string | undefined, cause: Cause, code: Code, name: string): Bytes | undefined {
  if (typeof value !== 'string') {
    fill(cause, code, name)
    return undefined
  }
  const bytes = text.utf8(value)
  if (bytes.length > Most.Field) {
    fill(cause, code, name, bytes.length, Most.Field)
    return undefined
  }
  if (!validUtf8(bytes)) {
    fill(cause, ErrorCode.BadUtf8, name, bytes.length)
    return undefined
  }
  return keep(bytes)
}

/** 0, or BadPayload for what is not Bytes, `code` for what is too long, with the cause. */
function checkBinary(value: Bytes, cause: Cause, code: Code, name: string): Code {
  if (typeof value !== 'string') return fill(cause, ErrorCode.BadPayload, name)
  return value.length > Most.Field ? fill(cause, code, name, value.length, Most.Field) : 0
}

function checkWill(s: Settings, will: Will, text: TextHal, cause: Cause): Code {
  const topic = textField(text, will.topic, cause, ErrorCode.BadWill, 'will.topic')
  if (topic === undefined) return cause.code
  if (checkTopic(topic) < 0) return fill(cause, ErrorCode.BadWill, 'will.topic', topic.length, Most.Field)
  const payload = checkBinary(will.payload, cause, ErrorCode.BadWill, 'will.payload')
  if (payload < 0) return payload
  const qos = will.qos === undefined ? 0 : will.qos
  if (qos !== 0 && qos !== 1 && qos !== 2) return fill(cause, ErrorCode.BadQos, 'will.qos', qos, 2)
  if (qos > defaults.maxQos) return fill(cause, ErrorCode.QosUnsupported, 'will.qos', qos, defaults.maxQos)
  if (will.properties !== undefined) {
    if (s.version_ < 5) return fill(cause, ErrorCode.V5Only, 'will.properties', s.version_, 5)
    if (FEATURE_V5) {
      const code = checkProperties(will.properties, 16, text)
      if (code < 0) return fill(cause, code, 'will.properties')
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
  if (bytes.length === 0 && (s.version_ === 3 || s.version_ === 4 && !s.clean_)) return fill(cause, ErrorCode.ClientIdNeeded, 'clientId', s.version_)
  if (s.version_ === 3 && bytes.length > Most.ClientIdV31 && options.longClientId !== true) return fill(cause, ErrorCode.BadClientId, 'clientId', bytes.length, Most.ClientIdV31)
  if (options.username !== undefined && textField(text, options.username, cause, ErrorCode.BadOption, 'username') === undefined) return cause.code
  if (options.password !== undefined) {
    const password = checkBinary(options.password, cause, ErrorCode.BadOption, 'password')
    if (password < 0) return password
    if (options.username === undefined && s.version_ < 5) return fill(cause, ErrorCode.PasswordWithoutUsername, 'password', s.version_, 5)
  }
  if (options.will !== undefined) {
    const code = checkWill(s, options.will, text, cause)
    if (code < 0) return code
  }
  if (FEATURE_V5 && options.properties !== undefined) {
    const p = options.properties
    const code = checkProperties(p, PacketType.Connect, text)
    if (code < 0) return fill(cause, code, 'properties')
    if (s.clean_ && p.sessionExpiryInterval !== undefined && p.sessionExpiryInterval !== 0) return fill(cause, ErrorCode.BadProperty, 'properties.sessionExpiryInterval', p.sessionExpiryInterval)
    if (p.authenticationMethod !== undefined && options.authenticate === undefined) return fill(cause, ErrorCode.BadProperty, 'properties.authenticationMethod')
  }
  return 0
}
