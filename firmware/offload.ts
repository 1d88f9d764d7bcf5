/**
 * MQTT inside a modem (`hal.offload`): what it cannot do is refused by the name of its capability, before anything is sent or changed, so that
 * nothing is lost in silence there. Every call answers 0 where the port has no such thing. docs/modems.md.
 */
import { at, cut, find, type Bytes, type Code } from './bytes.js'
import { fill } from './cause.js'
import { ErrorCode } from './codes.js'
import type { Capabilities, Hal } from '../hal/hal.js'
import type { Cause, Options } from './types.js'

/** 0, or OffloadUnsupported: capability `name` allows `limit`, and `value` is above it. */
function within(cause: Cause, name: string, value: number, limit: number): Code {
  return value > limit ? fill(cause, ErrorCode.OffloadUnsupported, name, value, limit) : 0
}

/** As `within`, for the length of `bytes`; and no byte of them is one of `forbidden`, which capability `notIn` lists. */
function fits(cause: Cause, name: string, bytes: Bytes, limit: number, notIn: string, forbidden: Bytes): Code {
  for (let i = 0; i < forbidden.length; i = i + 1) {
    if (find(bytes, cut(forbidden, i, i + 1), 0) >= 0) return fill(cause, ErrorCode.OffloadUnsupported, notIn, at(forbidden, i))
  }
  return within(cause, name, bytes.length, limit)
}

function checkText(hal: Hal, c: Capabilities, cause: Cause, name: string, text: string | undefined, limit: number): Code {
  // What is no text is refused by those who ask for one.
  return typeof text === 'string' ? fits(cause, name, hal.text.utf8(text), limit, 'notInText', c.notInText) : 0
}

/** A publish of `payload`, or of `total` bytes to come, -1 for none. 0, or OffloadUnsupported. */
export function refusesPublish(hal: Hal, cause: Cause, topic: string, payload: Bytes, total: number, qos: number | undefined, retain: boolean | undefined): Code {
  if (hal.offload === undefined) return 0
  const c = hal.offload.capabilities()
  if (qos === 2 && !c.qos2) return within(cause, 'qos2', 2, 1)
  if (retain === true && !c.retain) return within(cause, 'retain', 1, 0)
  const code = checkText(hal, c, cause, 'maxTopic', topic, c.maxTopic)
  if (code < 0 || typeof payload !== 'string' || typeof total !== 'number') return code
  return total >= 0 ? within(cause, 'maxPayload', total, c.maxPayload) : fits(cause, 'maxPayload', payload, c.maxPayload, 'notInPayload', c.notInPayload)
}

/** 0, or OffloadUnsupported. */
export function refusesFilter(hal: Hal, cause: Cause, filter: string, qos: number): Code {
  if (hal.offload === undefined) return 0
  const c = hal.offload.capabilities()
  if (qos === 2 && !c.qos2) return within(cause, 'qos2', 2, 1)
  return checkText(hal, c, cause, 'maxTopic', filter, c.maxTopic)
}

/** One connection more. 0, or OffloadUnsupported. */
export function refusesMore(hal: Hal, cause: Cause): Code {
  if (hal.offload === undefined) return 0
  return within(cause, 'connections', hal.offload.used() + 1, hal.offload.capabilities().connections)
}

/** What goes into a CONNECT, which was checked as such. 0, or OffloadUnsupported. */
export function refusesConnect(hal: Hal, cause: Cause, o: Options, version: number, keepalive: number, id: string): Code {
  if (hal.offload === undefined) return 0
  const c = hal.offload.capabilities()
  const will = o.will
  const most = c.protocolVersions[c.protocolVersions.length - 1]!
  let isKnown = false
  for (const one of c.protocolVersions) isKnown = isKnown || one === version
  if (!isKnown) return fill(cause, ErrorCode.OffloadUnsupported, 'protocolVersions', version, most)
  let code = refusesMore(hal, cause)
  if (code === 0 && keepalive < c.minKeepalive) code = fill(cause, ErrorCode.OffloadUnsupported, 'minKeepalive', keepalive, c.minKeepalive)
  if (code === 0) code = within(cause, 'maxKeepalive', keepalive, c.maxKeepalive)
  if (code === 0) code = checkText(hal, c, cause, 'maxClientId', id, c.maxClientId)
  if (code === 0) code = checkText(hal, c, cause, 'maxUsername', o.username, c.maxUsername)
  if (code === 0 && o.password !== undefined) code = fits(cause, 'maxPassword', o.password, c.maxPassword, 'notInText', c.notInText)
  if (code === 0 && will !== undefined) {
    if (!c.will) return within(cause, 'will', 1, 0)
    if (will.retain === true && !c.willRetain) return within(cause, 'willRetain', 1, 0)
    code = checkText(hal, c, cause, 'maxWillTopic', will.topic, c.maxWillTopic)
    if (code === 0) code = fits(cause, 'maxWill', will.payload, c.maxWill, 'notInWill', c.notInWill)
  }
  return code
}
