/** The port and the options, checked, and the CONNECT packet (section 3.1). What is wrong is named in the cause. */
import { b2, cat, EMPTY, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { because, callUser, fieldOf, Limit, packetOf, type Core } from './core.js'

const enum Most {
  /** ms, counts, and bytes, which stay exact as single-precision floats. */
  Number = 16777215,
  /** s: more is taken for milliseconds unless `force` is set. */
  Keepalive = 3600,
  Field = 65535
}

/** What is wrong with the port or the options, read anew; 0 when nothing is. */
export function check(core: Core): Code {
  const hal = core.hal_
  const o = core.options_
  if (hal === undefined || hal.version !== 1) return because(core, hal === undefined ? ErrorCode.HalMissing : ErrorCode.HalVersion, 'hal', hal === undefined ? 0 : hal.version, 1)
  const server = o === undefined || o.servers === undefined ? undefined : o.servers[0]
  if (server === undefined) return because(core, ErrorCode.NoServer, 'servers', 0, 1)
  const port = server.port
  if (typeof server.host !== 'string' || server.host.length === 0 || typeof port !== 'number' || !(port >= 1 && port <= Most.Field) || port % 1 !== 0) return because(core, ErrorCode.BadServer, '' + server.host, typeof port === 'number' ? port : 0)
  if (o.servers.length > 1) return because(core, ErrorCode.FeatureMissing, 'servers', o.servers.length, 1)
  let from = o as unknown as Record<string, unknown> | undefined
  for (const name of ['protocolVersion', 'whenFull', 'cache', 'onStream', 'journal', 'recorder']) {
    const value = from![name]
    if (value !== undefined && value !== 4 && value !== 'refuse' && value !== 'direct' && value !== false && value !== 0) return because(core, ErrorCode.FeatureMissing, name)
  }
  const table = [
    'keepalive', 120, 0, 'connectTimeout', 10000, 1, 'ackTimeout', 60000, 1, 'reconnectPeriod', 1000, 0, 'reconnectPeriodMax', 60000, 1,
    'packetIn', 1024, 16, 'packetOut', 1024, 16, 'outboxCount', 16, 1, 'outboxBytes', 4096, 16, 'inflight', 8, 1, 'subscriptions', 8, 1
  ]
  core.limits_ = []
  for (let i = 0; i < table.length; i = i + 3) {
    const which = core.limits_.length
    if (which === Limit.PacketIn) from = o.limits as unknown as Record<string, unknown> | undefined
    let value = from === undefined ? undefined : from[table[i]!]
    if (value === undefined) value = table[i + 1]
    const most = which > 0 ? Most.Number : o.force === true ? Most.Field : Most.Keepalive
    if (typeof value !== 'number' || !(value >= (table[i + 2] as number) && value <= most) || value % 1 !== 0) {
      return because(core, which > 0 ? which < Limit.PacketIn ? ErrorCode.BadTime : ErrorCode.BadLimits : ErrorCode.BadKeepalive, table[i] as string, typeof value === 'number' ? value : 0, most)
    }
    core.limits_.push(value)
  }
  return 0
}

/** Asks for credentials, checks who we say we are, and makes the CONNECT packet of the attempt. 0, or a code. */
export function prepareConnect(core: Core): Code {
  const o = core.options_
  if (o.credentials !== undefined) {
    const code = callUser(core, o.credentials, o)
    if (code < 0) return because(core, ErrorCode.CredentialsFailed, '', code)
  }
  let flags = o.clean === false ? 0 : 2
  let rest = fieldOf(core, o.clientId === undefined ? 'yieldmq-' + core.hal_.system.id() : o.clientId, ErrorCode.BadClientId, 'clientId')
  if (rest === undefined) return core.cause_.code
  if (rest.length === 2 && flags === 0) return because(core, ErrorCode.ClientIdNeeded, 'clientId', 4)
  const will = o.will
  let more: Bytes | undefined = EMPTY
  if (will !== undefined) {
    const topic = fieldOf(core, will.topic, ErrorCode.BadWill, 'will.topic', true)
    // Its payload is bytes, and passes for an option of bytes.
    more = topic === undefined ? topic : fieldOf(core, will.payload, ErrorCode.BadOption, 'will.payload')
    const qos = will.qos === undefined ? 0 : will.qos
    if (qos !== 0 && qos !== 1) return because(core, ErrorCode.BadWill, 'will.qos', qos, 1)
    if (topic === undefined || more === undefined) return core.cause_.code
    flags = flags + 4 + 8 * qos + (will.retain === true ? 32 : 0)
    more = cat(topic, more)
  }
  if (o.username !== undefined) {
    flags = flags + 128
    const username = fieldOf(core, o.username, ErrorCode.BadUtf8, 'username')
    if (username === undefined) return core.cause_.code
    more = cat(more, username)
  }
  if (o.password !== undefined) {
    flags = flags + 64
    const password = fieldOf(core, o.password, ErrorCode.BadOption, 'password')
    if (password === undefined) return core.cause_.code
    if (flags < 128) return because(core, ErrorCode.PasswordWithoutUsername, 'password', 4, 5)
    more = cat(more, password)
  }
  rest = packetOf(16, cat(u16(4), 'MQTT' as Bytes, b2(4, flags), u16(core.limits_[Limit.Keepalive]!), rest, more))
  if (rest.length > core.limits_[Limit.PacketOut]!) return because(core, ErrorCode.PacketTooLarge, 'CONNECT', rest.length, core.limits_[Limit.PacketOut])
  core.connectPacket_ = rest
  return 0
}
