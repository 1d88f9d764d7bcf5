/**
 * The registry of what the user wants to hear, restored after a reconnect. Each filter goes in a SUBSCRIBE of its own, so
 * that an answer belongs to one filter (sections 3.8 to 3.11).
 */
import { b1, cat, EMPTY, u16, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { Want } from '../subscriptions.js'
import { refusesFilter } from '../offload.js'
import { blameOf, isFresh } from '../quarantine.js'
import { checkFilter } from '../topic.js'
import { because, callUser, Limit, mark, nextId, nextToken, nudge, tooMuch, type Core, type Filter } from './core.js'
import { checkQos, mayUse } from './publish.js'
import { append, bytesOf, hasRoom, head, prefixed } from './wire.js'
import type { MessageHandler, SubscribeExtra } from '../types.js'

/** Tells the user how a filter fared. */
export function tellSubscribed(core: Core, e: Filter, code: Code): void {
  const fn = core.options_.onSubscribed
  if (fn !== undefined) callUser(core, fn, e.token_, e.text_, code)
}

/** Forgets a filter. */
export function forget(core: Core, entry: Filter): void {
  const rest: Filter[] = []
  for (const e of core.filters_) {
    if (e !== entry) rest.push(e)
  }
  core.filters_ = rest
}

/** It is not on its way out. */
function isWanted(e: Filter): boolean {
  return e.want_ < Want.Unsubscribe || FEATURE_GOVERNOR && e.want_ === Want.Aside
}

/** See `Client.subscribe`. */
export function subscribe(core: Core, filter: string, qos: number, handler?: MessageHandler, extra?: SubscribeExtra): Code {
  let code = mayUse(core)
  if (FEATURE_OFFLOAD && code === 0) code = refusesFilter(core.hal_, core.cause_, filter, qos)
  if (code === 0) code = checkQos(core, qos, 'qos')
  if (code < 0) return code
  if (FEATURE_CHECKS && extra !== undefined) return because(core, ErrorCode.V5Only, 'extra', 4, 5)
  const bytes = bytesOf(core, filter, ErrorCode.BadFilter, 'filter', false)
  if (bytes === undefined) return core.cause_.code
  if (checkFilter(bytes) < 0) return because(core, ErrorCode.BadFilter, filter, bytes.length, 65535)
  code = tooMuch(core, ErrorCode.PacketTooLarge, filter, bytes.length + 10, Limit.PacketOut)
  if (code < 0) return code
  const most = core.limits_[Limit.Subscriptions]!
  let wanted = 0
  let entry: Filter | undefined = undefined
  for (const e of core.filters_) {
    if (e.bytes_ === bytes) entry = e
    else if (isWanted(e)) wanted = wanted + 1
  }
  // Those on their way out make room, but they are bounded too.
  if (wanted >= most || entry === undefined && core.filters_.length >= most * 2) return because(core, ErrorCode.TooManySubscriptions, filter, core.filters_.length, most)
  if (entry !== undefined) forget(core, entry)
  const e: Filter = { token_: nextToken(core), text_: filter, bytes_: bytes, qos_: qos, handler_: handler, want_: Want.Subscribe, id_: 0, age_: 0, asked_: entry !== undefined && entry.asked_ }
  core.filters_.push(e)
  core.heardTopic_ = EMPTY
  if (FEATURE_STATS) mark(core, 'subscriptionsMost', core.filters_.length)
  core.dirty_ = true
  core.more_ = true
  core.ready_ = 0
  core.free_ = false
  nudge(core)
  return e.token_
}

/** See `Client.unsubscribe`. */
export function unsubscribe(core: Core, filter: string): Code {
  const code = mayUse(core)
  if (code < 0) return code
  const bytes = bytesOf(core, filter, ErrorCode.BadFilter, 'filter', false)
  if (bytes === undefined) return core.cause_.code
  for (const e of core.filters_) {
    if (e.bytes_ === bytes && isWanted(e)) {
      e.token_ = nextToken(core)
      e.handler_ = undefined
      core.heardTopic_ = EMPTY
      e.want_ = Want.Unsubscribe
      if (e.asked_) {
        core.dirty_ = true
        core.more_ = true
        core.ready_ = 0
        core.free_ = false
        nudge(core)
      } else forget(core, e)
      return e.token_
    }
  }
  return because(core, ErrorCode.NotSubscribed, filter)
}

/** SUBSCRIBE or UNSUBSCRIBE of one filter. */
function sendRequest(core: Core, e: Filter): void {
  const leaves = e.want_ === Want.Unsubscribe
  e.id_ = nextId(core)
  e.age_ = 0
  e.asked_ = true
  e.want_ = leaves ? Want.Unsuback : Want.Suback
  if (FEATURE_GOVERNOR) e.since_ = core.seconds_
  const body = leaves ? cat(u16(e.id_), prefixed(e.bytes_)) : cat(u16(e.id_), prefixed(e.bytes_), b1(e.qos_))
  append(core, cat(head(leaves ? 0xa2 : 0x82, body.length), body))
}

/** Whether the next suspect may be asked for: nothing is unanswered, and the last SUBACK is not fresh. */
function isQuiet(core: Core): boolean {
  for (const e of core.filters_) {
    if (e.id_ > 0 && e.age_ >= 0 || isFresh(e, core.seconds_)) return false
  }
  return true
}

/** SUBSCRIBE and UNSUBSCRIBE for what the registry wants; suspects of a close last, each alone. */
export function sendRequests(core: Core): void {
  let blamed: Filter | undefined = undefined
  for (const e of core.filters_) {
    if (e.want_ !== Want.Subscribe && e.want_ !== Want.Unsubscribe) continue
    if (!hasRoom(core)) return
    if (FEATURE_GOVERNOR && e.want_ === Want.Subscribe && blameOf(e) > 0) {
      if (blamed === undefined) blamed = e
    } else sendRequest(core, e)
  }
  if (FEATURE_GOVERNOR && blamed !== undefined) {
    if (isQuiet(core)) sendRequest(core, blamed)
  } else core.dirty_ = false
}

/** Whether a filter of the restoration still waits for its SUBACK or its deadline. */
export function isRestoring(core: Core): boolean {
  for (const e of core.filters_) {
    if (e.want_ === Want.Subscribe || e.want_ === Want.Unsubscribe || e.id_ > 0 && e.age_ >= 0) return true
  }
  return false
}

/** Requests whose answer takes too long are told; their ids stay taken. */
export function ageRequests(core: Core, passed: number): void {
  const most = core.limits_[Limit.Request]!
  for (const e of core.filters_) {
    if (e.id_ === 0 || e.age_ < 0) continue
    e.age_ = e.age_ + passed
    if (e.age_ < most) continue
    e.age_ = -1
    because(core, ErrorCode.RequestTimeout, e.text_, most, most)
    tellSubscribed(core, e, ErrorCode.RequestTimeout)
  }
}

/** Asks for every filter again: the session has none (`lost`), or it is not known which. */
export function restoreAll(core: Core, lost: boolean): void {
  const rest: Filter[] = []
  for (const e of core.filters_) {
    if (FEATURE_GOVERNOR && e.want_ === Want.Aside) {
      // It waits for its time.
    } else if (e.want_ < Want.Unsubscribe) e.want_ = Want.Subscribe
    else if (lost) continue
    rest.push(e)
  }
  core.filters_ = rest
  core.dirty_ = true
}

/** SUBACK and UNSUBACK; `code` is SUBACK's. 1 when the id belongs to a request of the kind, 0 when to none. */
export function answer(core: Core, id: number, unsubscribe: boolean, code: number): number {
  for (const e of core.filters_) {
    if (e.id_ !== id) continue
    if (unsubscribe !== (e.want_ === Want.Unsuback)) return -1
    const late = e.age_ < 0
    e.id_ = 0
    if (unsubscribe) forget(core, e)
    else {
      e.want_ = code > 2 ? Want.Later : Want.Nothing
      if (FEATURE_GOVERNOR) e.acked_ = core.seconds_
      if (code > 2) because(core, ErrorCode.SubscribeRefused, e.text_, id, 0, code)
      if (!late) tellSubscribed(core, e, code > 2 ? ErrorCode.SubscribeRefused : code)
    }
    return 1
  }
  return 0
}
