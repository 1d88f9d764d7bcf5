/** The port and the options, checked, and the CONNECT packet (section 3.1). What is wrong is named in the cause. */
import { b2, cat, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { missingPart, wrongKind } from '../kinds.js'
import { refusesConnect } from '../offload.js'
import { because, callUser, fieldOf, Limit, packetOf, tooMuch, type Core } from './core.js'

const enum Most {
  /** ms, counts, and bytes, which stay exact as single-precision floats. */
  Number = 16777215,
  /** s: more is taken for milliseconds unless `force` is set. */
  Keepalive = 3600,
  Field = 65535,
  /** Bytes of a packet whose length takes two bytes. */
  Direct = 16383
}

const enum Ms {
  /** The longest wait for the answer to a PINGREQ. */
  Ping = 20000,
  /** PINGREQ leaves so long before the keepalive ends. */
  Margin = 5000
}

/** The options that are whole numbers, in the order of `Limit`. */
function readNumbers(core: Core): Code {
  const o = core.options_
  let from = o as unknown as Record<string, unknown> | undefined
  const table = [
    'keepalive', 120, 'connectTimeout', 10000, 'ackTimeout', 60000, 'reconnectPeriod', 1000, 'reconnectPeriodMax', 60000,
    'packetIn', 1024, 'packetOut', 1024, 'outboxCount', 16, 'outboxBytes', 4096, 'inflight', 8, 'subscriptions', 8
  ]
  const limits: number[] = []
  for (let i = 0; i < table.length; i = i + 2) {
    const which = limits.length
    if (which === Limit.PacketIn) from = o.limits as unknown as Record<string, unknown> | undefined
    let value = from === undefined ? undefined : from[table[i]!]
    if (value === undefined) value = table[i + 1]
    const most = which > 0 ? Most.Number : o.force === true ? Most.Field : Most.Keepalive
    // A keepalive or reconnectPeriod of 0 turns it off.
    if (typeof value !== 'number' || !(value >= (which % Limit.Reconnect > 0 ? 1 : 0) && value <= most) || value % 1 !== 0) {
      return because(core, which > 0 ? which < Limit.PacketIn ? ErrorCode.BadTime : ErrorCode.BadLimits : ErrorCode.BadKeepalive, table[i] as string, typeof value === 'number' ? value : 0, most)
    }
    limits.push(value)
  }
  core.limits_ = limits
  const room = limits[Limit.PacketOut]! < limits[Limit.OutboxBytes]! ? limits[Limit.PacketOut]! : limits[Limit.OutboxBytes]!
  core.roomy_ = (room < Most.Direct ? room : Most.Direct) - 2
  const ms = limits[Limit.Keepalive]! * 1000
  core.period_ = ms > Ms.Margin * 10 ? ms - Ms.Margin : ms * 0.9
  core.patience_ = ms > Ms.Ping * 2 ? Ms.Ping : ms / 2
  return 0
}

/** What is wrong with the port or the options, read anew; 0 when nothing is. */
export function check(core: Core): Code {
  const hal = core.hal_
  const o = core.options_
  if (hal === undefined || hal.version !== 1) return because(core, hal === undefined ? ErrorCode.HalMissing : ErrorCode.HalVersion, 'hal', hal === undefined ? 0 : hal.version, 1)
  if (FEATURE_KINDS) {
    const part = missingPart(hal)
    if (part !== '') return because(core, ErrorCode.HalMissing, part)
    const name = wrongKind(o)
    if (name !== '') return because(core, ErrorCode.BadOption, name)
  }
  core.since_ = hal.timer.since
  core.ticks_ = hal.timer.ticks
  const server = o === undefined || o.servers === undefined ? undefined : o.servers[0]
  if (server === undefined) return because(core, ErrorCode.NoServer, 'servers', 0, 1)
  const port = server.port
  if (typeof server.host !== 'string' || server.host.length === 0 || typeof port !== 'number' || !(port >= 1 && port <= Most.Field) || port % 1 !== 0) return because(core, ErrorCode.BadServer, FEATURE_KINDS && typeof server.host !== 'string' ? 'host' : '' + server.host, typeof port === 'number' ? port : 0)
  if (o.servers.length > 1) return because(core, ErrorCode.FeatureMissing, 'servers', o.servers.length, 1)
  const given = o as unknown as Record<string, unknown>
  for (const name of ['protocolVersion', 'whenFull', 'cache', 'onStream', 'journal', 'recorder']) {
    const value = given[name]
    if (value !== undefined && value !== 4 && value !== 'refuse' && value !== 'direct' && value !== false && value !== 0) return because(core, ErrorCode.FeatureMissing, name)
  }
  return readNumbers(core)
}

/** Asks for credentials, checks who we say we are, and makes the CONNECT packet of the attempt. 0, or a code. */
export function prepareConnect(core: Core): Code {
  const o = core.options_
  if (o.credentials !== undefined) {
    const code = callUser(core, o.credentials, o)
    if (code < 0) return because(core, ErrorCode.CredentialsFailed, '', code)
  }
  let flags = o.clean === false ? 0 : 2
  core.bad_ = false
  let fields = fieldOf(core, o.clientId === undefined ? 'yieldmq-' + core.hal_.system.id() : o.clientId, ErrorCode.BadClientId, 'clientId', false)
  if (fields.length === 2 && flags === 0) return because(core, ErrorCode.ClientIdNeeded, 'clientId', 4)
  const will = o.will
  if (will !== undefined) {
    const qos = will.qos === undefined ? 0 : will.qos
    if (qos !== 0 && qos !== 1) return because(core, ErrorCode.BadWill, 'will.qos', qos, 1)
    flags = flags + 4 + 8 * qos + (will.retain === true ? 32 : 0)
    fields = cat(fields, fieldOf(core, will.topic, ErrorCode.BadWill, 'will.topic', true), fieldOf(core, will.payload, ErrorCode.BadOption, 'will.payload', false))
  }
  if (o.username !== undefined) {
    flags = flags + 128
    fields = cat(fields, fieldOf(core, o.username, ErrorCode.BadUtf8, 'username', false))
  }
  if (o.password !== undefined) {
    if (flags < 128) return because(core, ErrorCode.PasswordWithoutUsername, 'password', 4, 5)
    flags = flags + 64
    fields = cat(fields, fieldOf(core, o.password, ErrorCode.BadOption, 'password', false))
  }
  if (FEATURE_OFFLOAD && !core.bad_) {
    const code = refusesConnect(core.hal_, core.cause_, o, 4, core.limits_[Limit.Keepalive]!, o.clientId === undefined ? 'yieldmq-' + core.hal_.system.id() : o.clientId)
    if (code < 0) return code
  }
  const packet = packetOf(16, cat(u16(4), 'MQTT' as Bytes, b2(4, flags), u16(core.limits_[Limit.Keepalive]!), fields))
  core.connectPacket_ = packet
  return core.bad_ ? core.cause_.code : tooMuch(core, ErrorCode.PacketTooLarge, 'CONNECT', packet.length, Limit.PacketOut)
}
