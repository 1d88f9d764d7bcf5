/** The port and the options, checked, and the CONNECT packet (section 3.1). What is wrong is named in the cause. */
import { b2, cat, cut, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { wrongKind } from '../kinds.js'
import { refusesConnect } from '../offload.js'
import { checkTopic } from '../topic.js'
import { because, callUser, Limit, tooMuch, version, type Core } from './core.js'
import { checkQos } from './publish.js'
import { bytesOf, head, prefixed } from './wire.js'

const enum Most {
  /** ms, counts, and bytes, which stay exact as single-precision floats. */
  Number = 16777215,
  /** s: more is taken for milliseconds unless `force` is set. */
  Keepalive = 3600,
  Field = 65535,
  /** Section 3.1.3.1 of MQTT 3.1. */
  IdV31 = 23
}

/** A member that is missing is named at the start, before it is called. */
export function checkHal(core: Core): Code {
  const hal = core.hal_
  if (FEATURE_CHECKS) {
    const needed = ['socket', 'open', 'timer', 'ticks', 'timer', 'since', 'system', 'id', 'system', 'random', 'system', 'guard', 'system', 'feedWatchdog', 'text', 'utf8', 'text', 'text']
    const parts = hal as unknown as Record<string, Record<string, unknown> | undefined> | undefined
    for (let i = 0; i < needed.length; i = i + 2) {
      const part = parts === undefined ? undefined : parts[needed[i]!]
      if (part === undefined || part[needed[i + 1]!] === undefined) return because(core, ErrorCode.HalMissing, needed[i]! + '.' + needed[i + 1]!)
    }
  } else if (hal === undefined) return because(core, ErrorCode.HalMissing, 'hal')
  return hal.version === 1 ? 0 : because(core, ErrorCode.HalVersion, 'version', hal.version, 1)
}

/** The options that are whole numbers: their name, default and least value, in the order of `Limit`. */
function readNumbers(core: Core): Code {
  const o = core.options_
  const table = [
    'keepalive', 120, 0, 'pingTimeout', 0, 1, 'connectTimeout', 10000, 1, 'requestTimeout', 10000, 1, 'ackTimeout', 60000, 1,
    'reconnectPeriod', 1000, 0, 'reconnectPeriodMax', 60000, 1, 'reconnectSpread', 5000, 1, 'packetIn', 1024, 16, 'packetOut', 1024, 16,
    'outboxCount', FEATURE_QOS2 ? 64 : 16, 1, 'outboxBytes', FEATURE_QOS2 ? 16384 : 4096, 16, 'inflight', FEATURE_QOS2 ? 20 : 8, 1,
    'subscriptions', FEATURE_QOS2 ? 32 : 8, 1, 'slicePackets', FEATURE_QOS2 ? 16 : 8, 1, 'sliceBytes', FEATURE_QOS2 ? 4096 : 1072, 16
  ]
  if (FEATURE_STREAM || FEATURE_CACHE) for (const more of ['streamMax', 262144, 0, 'inboxCount', 16, 0, 'inboxBytes', 8192, 0]) table.push(more)
  const list: number[] = []
  let from = o as unknown as Record<string, number | undefined> | undefined
  for (let i = 0; i < table.length; i = i + 3) {
    const which = list.length
    if (which === Limit.PacketIn) from = o.limits as Record<string, number | undefined> | undefined
    const name = table[i] as string
    let value = from === undefined ? undefined : from[name]
    if (value === undefined) value = table[i + 1] as number
    else {
      const most = which > 0 ? Most.Number : o.force === true ? Most.Field : Most.Keepalive
      if (typeof value !== 'number' || !(value >= (table[i + 2] as number) && value <= most) || value % 1 !== 0) {
        return because(core, which > 0 ? which < Limit.PacketIn ? ErrorCode.BadTime : ErrorCode.BadLimits : ErrorCode.BadKeepalive, name, typeof value === 'number' ? value : 0, most)
      }
    }
    list.push(value)
  }
  core.limits_ = list
  if (FEATURE_CACHE && o.cache !== undefined && o.cache !== 'direct') {
    if (list[Limit.InboxCount]! < 1) return because(core, ErrorCode.BadLimits, 'limits.inboxCount', list[Limit.InboxCount], 1)
    if (list[Limit.InboxBytes]! < list[Limit.PacketIn]!) return because(core, ErrorCode.BadLimits, 'limits.inboxBytes', list[Limit.InboxBytes], list[Limit.PacketIn])
  }
  return 0
}

/** What options may be where they are given: name, then the words; in this build. Empty lists: not in this build. */
function checkWords(core: Core): Code {
  const given = core.options_ as unknown as Record<string, unknown>
  const table = [
    ['whenFull', 'refuse', 'drop-oldest', 'drop-newest', 'keep-latest'], ['cache', 'direct', 'overwrite-oldest', 'push-back'], ['onSessionLost', 'resend', 'report']
  ]
  for (const row of table) {
    const value = given[row[0]!]
    let isKnown = value === undefined
    for (const word of row) isKnown = isKnown || value === word
    if (!isKnown || value === row[0]) return because(core, ErrorCode.BadOption, row[0])
  }
  for (const name of ['properties', 'authenticate', 'followServerReference', 'topicAliasOut']) {
    if (given[name] !== undefined && given[name] !== false) return because(core, ErrorCode.V5Only, name, version(core), 5)
  }
  return 0
}

/** 0, or what is wrong with the options. */
export function readOptions(core: Core): Code {
  const o = core.options_
  if (FEATURE_KINDS) {
    const name = wrongKind(o)
    if (name !== '') return because(core, ErrorCode.BadOption, name)
  }
  const server = o === undefined || o.servers === undefined ? undefined : o.servers[0]
  if (server === undefined) return because(core, ErrorCode.NoServer, 'servers', 0, 1)
  const asked = o.protocolVersion
  if (asked !== undefined && asked !== 4 && (!FEATURE_V31 || asked !== 3)) return because(core, asked === 3 || asked === 5 ? ErrorCode.FeatureMissing : ErrorCode.BadProtocolVersion, 'protocolVersion', asked, 5)
  for (const one of o.servers) {
    const port = one.port
    if (typeof one.host !== 'string' || one.host.length === 0) return because(core, ErrorCode.BadServer, 'host')
    if (typeof port !== 'number' || !(port >= 1 && port <= Most.Field) || port % 1 !== 0) return because(core, ErrorCode.BadServer, one.host, typeof port === 'number' ? port : 0, Most.Field)
  }
  if (!FEATURE_FAILOVER && o.servers.length > 1) return because(core, ErrorCode.FeatureMissing, 'servers', o.servers.length, 1)
  const given = o as unknown as Record<string, unknown>
  for (const name of FEATURE_POLICIES && FEATURE_CACHE && FEATURE_STREAM ? ['journal', 'learnKeepalive', 'recorder'] : ['whenFull', 'cache', 'onStream', 'journal', 'recorder']) {
    const value = given[name]
    if (value !== undefined && value !== 'refuse' && value !== 'direct' && value !== false && value !== 0) return because(core, ErrorCode.FeatureMissing, name)
  }
  if (FEATURE_CHECKS) {
    const code = checkWords(core)
    if (code < 0) return code
  }
  return readNumbers(core)
}

/** The id to send: the user's, else one made from the device's. */
export function clientIdOf(core: Core): string {
  const given = core.options_.clientId
  if (given !== undefined) return given
  const id = 'yieldmq-' + core.hal_.system.id()
  return FEATURE_V31 && version(core) < 4 && id.length > Most.IdV31 ? cut(id as Bytes, id.length - Most.IdV31, id.length) : id
}

/** Asks for credentials, checks who we say we are, and makes the CONNECT packet of the attempt. 0, or a code. */
export function prepareConnect(core: Core): Code {
  const o = core.options_
  if (o.credentials !== undefined) {
    const code = callUser(core, o.credentials, o)
    if (code < 0) return because(core, ErrorCode.CredentialsFailed, '', code)
  }
  const isClean = o.clean !== false
  const v = version(core)
  const id = bytesOf(core, clientIdOf(core), ErrorCode.BadClientId, 'clientId', false)
  if (id === undefined) return core.cause_.code
  if (id.length === 0 && (!isClean || v < 4)) return because(core, ErrorCode.ClientIdNeeded, 'clientId', v)
  if (FEATURE_V31 && v < 4 && id.length > Most.IdV31 && o.longClientId !== true) return because(core, ErrorCode.BadClientId, 'clientId', id.length, Most.IdV31)
  let flags = isClean ? 2 : 0
  let rest = prefixed(id)
  const will = o.will
  if (will !== undefined) {
    const topic = bytesOf(core, will.topic, ErrorCode.BadWill, 'will.topic', false)
    const payload = bytesOf(core, will.payload, ErrorCode.BadWill, 'will.payload', true)
    if (topic === undefined || payload === undefined) return core.cause_.code
    if (checkTopic(topic) < 0) return because(core, ErrorCode.BadWill, 'will.topic', topic.length, Most.Field)
    const qos = will.qos === undefined ? 0 : will.qos
    const code = checkQos(core, qos, 'will.qos')
    if (code < 0) return code
    if (FEATURE_CHECKS && will.properties !== undefined) return because(core, ErrorCode.V5Only, 'will.properties', v, 5)
    flags = flags + 4 + qos * 8
    if (will.retain === true) flags = flags + 32
    rest = cat(rest, prefixed(topic), prefixed(payload))
  }
  if (o.username !== undefined) {
    const name = bytesOf(core, o.username, ErrorCode.BadOption, 'username', false)
    if (name === undefined) return core.cause_.code
    flags = flags + 128
    rest = cat(rest, prefixed(name))
  }
  if (o.password !== undefined) {
    const password = bytesOf(core, o.password, ErrorCode.BadOption, 'password', true)
    if (password === undefined) return core.cause_.code
    if (o.username === undefined) return because(core, ErrorCode.PasswordWithoutUsername, 'password', v, 5)
    flags = flags + 64
    rest = cat(rest, prefixed(password))
  }
  if (FEATURE_OFFLOAD) {
    const code = refusesConnect(core.hal_, core.cause_, o, v, core.limits_[Limit.Keepalive]!, clientIdOf(core))
    if (code < 0) return code
  }
  const body: Bytes = cat(prefixed((v < 4 ? 'MQIsdp' : 'MQTT') as Bytes), b2(v, flags), u16(core.limits_[Limit.Keepalive]!), rest)
  core.connectPacket_ = cat(head(0x10, body.length), body)
  return tooMuch(core, ErrorCode.PacketTooLarge, 'CONNECT', core.connectPacket_.length, Limit.PacketOut)
}
