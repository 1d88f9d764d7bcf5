/** The filters that the program wants, kept over connections, and what matches them. */
import { at, cat, u16, b1, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { refusesFilter } from '../offload.js'
import { because, callUser, fieldOf, Limit, nextToken, nudge, packetOf, refusal, State, tooMuch, type Core, type Filter } from './core.js'
import { flush } from './publish.js'
import type { MessageHandler } from '../types.js'

const enum Char { Hash = 35, Dollar = 36, Plus = 43, Slash = 47 }

/** Whether a filter, from its byte 2 on, matches a topic (section 4.7). */
export function matches(filter: Bytes, topic: Bytes): boolean {
  const end = filter.length
  const topicEnd = topic.length
  let t = 0
  if (at(topic, 0) === Char.Dollar && at(filter, 2) !== Char.Dollar) return false
  for (let i = 2; i < end; i = i + 1) {
    const c = at(filter, i)
    if (c === Char.Hash) return true
    if (c === Char.Plus) {
      while (t < topicEnd && at(topic, t) !== Char.Slash) t = t + 1
    } else {
      // `a/#` matches `a` too.
      if (t === topicEnd) return c === Char.Slash && i + 2 === end && at(filter, i + 1) === Char.Hash
      if (c !== at(topic, t)) return false
      t = t + 1
    }
  }
  return t === topicEnd
}

/** The filter of this text, or undefined; with it what the next message's topic needs is looked up anew. */
function lookUp(core: Core, text: string): Filter | undefined {
  core.heard_ = '' as Bytes
  for (const f of core.filters_) {
    if (f.text_ === text) return f
  }
  return undefined
}

/** See `Client.subscribe`. */
export function subscribe(core: Core, filter: string, qos: number, handler?: MessageHandler): Code {
  let code = refusal(core, qos)
  if (FEATURE_OFFLOAD && code === 0) code = refusesFilter(core.hal_, core.cause_, filter, qos)
  if (code < 0) return code
  const field = fieldOf(core, filter, ErrorCode.BadFilter, filter, false)
  if (core.bad_) return core.cause_.code
  let last: number = Char.Slash
  for (let i = 2; i < field.length; i = i + 1) {
    const c = at(field, i)
    // A wildcard has its level for itself, and behind '#' comes nothing.
    if ((c === Char.Hash || c === Char.Plus) && last !== Char.Slash || last === Char.Plus && c !== Char.Slash || last === Char.Hash) last = 0
    if (last > 0) last = c
  }
  if (last === 0 || field.length < 3) return because(core, ErrorCode.BadFilter, filter, field.length - 2, 65535)
  code = tooMuch(core, ErrorCode.PacketTooLarge, filter, field.length + 8, Limit.PacketOut)
  let f = lookUp(core, filter)
  if (code === 0 && f === undefined) {
    code = tooMuch(core, ErrorCode.TooManySubscriptions, filter, core.filters_.length + 1, Limit.Subscriptions)
    f = { token_: 0, text_: filter, field_: field, qos_: qos, handler_: handler, state_: State.Wanted }
    if (code === 0) core.filters_.push(f)
  }
  if (code < 0) return code
  const token = nextToken(core)
  f!.token_ = token
  f!.qos_ = qos
  f!.handler_ = handler
  f!.state_ = State.Wanted
  core.open_ = 1
  nudge(core)
  return token
}

/** See `Client.unsubscribe`. */
export function unsubscribe(core: Core, filter: string): Code {
  const code = refusal(core, 0)
  if (code < 0) return code
  const f = lookUp(core, filter)
  if (f === undefined || f.state_ > State.Asked && f.state_ !== State.Kept) return because(core, ErrorCode.NotSubscribed, filter)
  f.token_ = nextToken(core)
  f.handler_ = undefined
  f.state_ = State.Ending
  core.open_ = 1
  nudge(core)
  return f.token_
}

/** Sends what filters wait to send, one packet at a time, and drops those that are gone. */
export function request(core: Core): Code {
  const kept: Filter[] = []
  let code = 0
  core.open_ = 0
  for (const f of core.filters_) {
    const state = f.state_
    if (state !== State.Gone) kept.push(f)
    if (state < State.Kept) core.open_ = core.open_ + 1
    if ((state === State.Wanted || state === State.Ending) && code >= 0 && core.tx_.length === 0) {
      f.state_ = state + 1
      core.tx_ = state === State.Wanted ? packetOf(130, cat(u16(f.token_), f.field_, b1(f.qos_))) : packetOf(162, cat(u16(f.token_), f.field_))
      code = flush(core)
    }
  }
  core.filters_ = kept
  return code
}

/** SUBACK with the QoS that was granted, or UNSUBACK. Of an id that is not known it is passed over. */
export function answered(core: Core, id: number, state: State, granted: number): void {
  for (const f of core.filters_) {
    if (f.token_ === id && f.state_ === state) {
      core.owed_ = 0
      f.state_ = state === State.Asked ? State.Kept : State.Gone
      const code = granted > 2 ? because(core, ErrorCode.SubscribeRefused, f.text_, id) : granted
      const fn = core.options_.onSubscribed
      if (fn !== undefined) callUser(core, fn, id, f.text_, code)
      return
    }
  }
}

/** The session knows nothing of us: it is new, or we cannot tell what it has. */
export function forget(core: Core, isNew: boolean): void {
  for (const f of core.filters_) {
    if (f.state_ === State.Ending && isNew) f.state_ = State.Gone
    if (f.state_ === State.Kept) f.state_ = State.Wanted
  }
  core.open_ = 1
}
