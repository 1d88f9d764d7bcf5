/**
 * What the user wants to hear, checked before anything is sent or changed. (MQTT 5.0 sections 3.8 and 3.10)
 */
import { EMPTY, keep, type Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import { PacketType } from './codec/packets.js'
import { checkProperties, writeProperties } from './codec/properties.js'
import { because, mayUse, nextToken, Phase, type Core } from './core.js'
import { defaults } from './defaults.js'
import { refusesFilter } from './offload.js'
import { refusedFilter } from './outbound.js'
import { textField } from './settings.js'
import { countWanted, findFilter, forget, takeUnsubscribe, Want, type Subscription } from './subscriptions.js'
import { checkFilter, isShared } from './topic.js'
import type { MessageHandler, SubscribeExtra } from './types.js'

/** The options byte of SUBSCRIBE (MQTT 5.0 section 3.8.3.1), or a code. */
function optionsOf(core: Core, qos: number, extra: SubscribeExtra | undefined, shared: boolean): Code {
  if (extra === undefined) return qos
  if (!FEATURE_V5 || core.settings_.version_ !== 5) {
    if (extra.noLocal === undefined && extra.retainAsPublished === undefined && extra.retainHandling === undefined && extra.properties === undefined) return qos
    return because(core, ErrorCode.V5Only, 'extra', core.settings_.version_, 5)
  }
  const handling = extra.retainHandling === undefined ? 0 : extra.retainHandling
  if (handling !== 0 && handling !== 1 && handling !== 2) return because(core, ErrorCode.BadOption, 'retainHandling', handling, 2)
  if (extra.noLocal === true && shared) return because(core, ErrorCode.BadOption, 'noLocal')
  return qos + (extra.noLocal === true ? 4 : 0) + (extra.retainAsPublished === true ? 8 : 0) + handling * 16
}

/** See `Client.subscribe`. */
export function subscribe(core: Core, filter: string, qos: number, handler: MessageHandler | undefined, extra: SubscribeExtra | undefined): Code {
  let code = mayUse(core)
  if (FEATURE_OFFLOAD && code === 0) code = refusesFilter(core.hal_, core.cause_, filter, qos)
  if (code < 0) return code
  if (qos !== 0 && qos !== 1 && qos !== 2) return because(core, ErrorCode.BadQos, 'qos', qos, 2)
  if (qos > defaults.maxQos) return because(core, ErrorCode.QosUnsupported, 'profile', qos, defaults.maxQos)
  const bytes = textField(core.hal_.text, filter, core.cause_, ErrorCode.BadFilter, 'filter')
  if (bytes === undefined) return core.cause_.code
  if (checkFilter(bytes) < 0) return because(core, ErrorCode.BadFilter, filter, bytes.length, 65535)
  const options = optionsOf(core, qos, extra, isShared(bytes))
  if (options < 0) return options
  let properties = EMPTY
  let id = 0
  if (FEATURE_V5 && core.settings_.version_ === 5) {
    const p = extra === undefined ? undefined : extra.properties
    if (p !== undefined) {
      const wrong = checkProperties(p, PacketType.Subscribe, core.hal_.text)
      if (wrong < 0) return because(core, wrong, 'properties')
      if (p.subscriptionIdentifier !== undefined) id = p.subscriptionIdentifier
    }
    properties = keep(writeProperties(p, PacketType.Subscribe, core.hal_.text))
    if (core.phase_ >= Phase.Up) {
      const refused = refusedFilter(core, bytes, id)
      if (refused < 0) return because(core, refused, filter)
    }
  }
  const size = bytes.length + properties.length + 10
  if (size > core.settings_.packetOut_) return because(core, ErrorCode.PacketTooLarge, filter, size, core.settings_.packetOut_)
  const r = core.registry_
  const old = findFilter(r, bytes)
  const most = core.settings_.subscriptions_
  // Those on their way out make room, but they are bounded too: each still has an UNSUBSCRIBE to go.
  if (old === undefined && (countWanted(r) >= most || r.entries_.length >= most * 2)) return because(core, ErrorCode.TooManySubscriptions, filter, r.entries_.length, most)
  const asked = takeUnsubscribe(r, bytes)
  // One that was never sent is not answered: its successor is.
  if (old !== undefined) forget(r, old)
  const e: Subscription = {
    token_: nextToken(core), endToken_: 0, asked_: asked || old !== undefined && old.asked_, filter_: filter, bytes_: bytes, options_: options, handler_: handler, want_: Want.Subscribe,
    subscriptionId_: id, properties_: properties
  }
  r.entries_.push(e)
  if (FEATURE_STATS && r.entries_.length > core.stats_.subscriptionsMost) core.stats_.subscriptionsMost = r.entries_.length
  r.dirty_ = true
  core.more_ = true
  return e.token_
}

/** See `Client.unsubscribe`. */
export function unsubscribe(core: Core, filter: string): Code {
  const code = mayUse(core)
  if (code < 0) return code
  const bytes = textField(core.hal_.text, filter, core.cause_, ErrorCode.BadFilter, 'filter')
  if (bytes === undefined) return core.cause_.code
  const r = core.registry_
  const e = findFilter(r, bytes)
  if (e === undefined) return because(core, ErrorCode.NotSubscribed, filter)
  const token = nextToken(core)
  e.endToken_ = token
  e.handler_ = undefined
  if (e.asked_) {
    e.want_ = Want.Unsubscribe
    r.dirty_ = true
    core.more_ = true
  } else forget(r, e)
  return token
}
