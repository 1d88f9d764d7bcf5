/**
 * The core of the profile `tiny`: MQTT 3.1.1 with QoS 0 and 1 for the smallest boards. One flat record is the state of a client, and
 * functions on it carry the work; the build for Espruino turns the record's members into variables (tools/build/flatten.ts), so
 * the record is called `core` everywhere, is always the first argument and is never stored.
 *
 * A function costs a small board five variables, and what an interpreter skips it reads all the same. So functions are few here, and
 * those of every message are short and end in the rare case.
 */
import { b1, b2, cat, EMPTY, find, plain, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import type { Endpoint, Hal, Socket } from '../../hal/hal.js'
import type { Cause, LinkState, MessageHandler, Options, PacketInfo, Stats } from '../types.js'

/** Where the link is; the order counts: from Connecting on there is an open socket. */
export const enum Phase { Offline, Waiting, Opening, Connecting, Up, Draining }

/** The order of `limits_`: s, ms, bytes and counts. */
export const enum Limit { Keepalive, Connect, Ack, Reconnect, ReconnectMax, PacketIn, PacketOut, OutboxCount, OutboxBytes, Inflight, Subscriptions }

/** What a filter waits for; even ones below Kept have something to send. */
export const enum State { Wanted, Asked, Ending, EndAsked, Kept, Gone }

export const enum Time {
  /** ms: the longest age and the longest wait, over which the port's clock stays exact. */
  Most = 1073741823,
  /** ms for which `disconnect` waits for what is queued. */
  Drain = 5000,
  /** ms that a timer may be early: a wake before that is not its. */
  Early = 20
}

/** A publish that was accepted and has no receipt yet. Its token is its packet id. */
export interface Outgoing {
  next_: Outgoing | undefined
  token_: number
  /** The whole PUBLISH, without DUP. */
  bytes_: Bytes
  qos_: number
  /** 1 once it was given to the socket on this connection. */
  out_: number
  /** 8, the DUP flag, once the whole PUBLISH left in this session; else 0. */
  dup_: number
  /** Counts links that ended while it was the oldest without an answer. */
  tries_: number
}

export interface Filter {
  /** Also the packet id of its SUBSCRIBE or UNSUBSCRIBE. */
  token_: number
  text_: string
  /** With its length before it, as it goes over the wire. */
  field_: Bytes
  qos_: number
  handler_: MessageHandler | undefined
  state_: State
}

export interface Core {
  // Those of every message first: Espruino finds them soonest.
  /** The topic that was published last, with its length before it, and below how many bytes a payload for it may leave at once with QoS 0. */
  topic_: string
  field_: Bytes
  fieldBytes_: number
  room_: number
  /** What `room_` is while nothing is in the way. */
  roomy_: number
  socket_: Socket | undefined
  token_: number
  /** QoS 0 messages that left at once: how many were not added to the counters yet, and, where receipts are wanted, the tokens of those without. */
  quick_: number
  told_: number[] | undefined
  busy_: number
  phase_: Phase
  tx_: Bytes
  more_: boolean
  /** Tick of the last slice, and ms from there to the next. */
  stamp_: number
  due_: number
  /** The port's. */
  since_: (this: void, t0: number) => number
  ticks_: (this: void) => number
  hal_: Hal
  options_: Options
  limits_: number[]
  /** The chain of messages, in the order of the calls; the first is a placeholder. */
  queue_: Outgoing
  tail_: Outgoing
  count_: number
  bytes_: number
  /** Bytes of a message that `tx_` begins with, and which that is; undefined for one that has its receipt. */
  leaving_: Outgoing | undefined
  rest_: number
  /** QoS 1 messages of this connection without an answer. */
  inflight_: number
  filters_: Filter[]
  /** At least the number of filters that wait for something. */
  open_: number
  /** Received and not handled; bytes to be passed over, and the packet id that is acknowledged behind them, 0 for none. */
  rx_: Bytes
  skip_: number
  skipId_: number
  /** The topic of the last message, as bytes and as text, and who hears it. */
  heard_: Bytes
  heardText_: string
  hearers_: MessageHandler[]
  info_: PacketInfo
  // Ages in ms: of the phase; since PINGREQ or CONNACK; since an answer that is owed was asked for or another came.
  age_: number
  ping_: number
  owed_: number
  /** PINGREQ: 0 answered, 1 waits to leave, 2 left. */
  pinging_: number
  /** ms of the phase Waiting, and how often in a row it was entered. */
  wait_: number
  attempts_: number
  connectPacket_: Bytes
  /** The server has a session of ours, and perhaps another than we think. */
  session_: boolean
  unsure_: boolean
  /** A text or bytes given to us cannot go over the wire; the cause says which. */
  bad_: boolean
  /** ms: when a PINGREQ is due, 0 for never, and how long the peer has to answer. */
  period_: number
  patience_: number
  handle_: number
  soon_: boolean
  cause_: Cause
  stats_: Stats
  /** Why the link shall end once the slice is over; 0 for not. Then `again_`: and begin anew. */
  asked_: Code
  again_: boolean
  /** Below 0: what is wrong with the port or the options, or Destroyed. */
  wrong_: Code
}

/** Why, for `explain`. Returns `code`. */
export function because(core: Core, code: Code, detail?: string, value?: number, limit?: number): Code {
  const cause = core.cause_
  cause.code = code
  cause.detail = detail === undefined ? '' : detail
  cause.value = value === undefined ? 0 : value
  cause.limit = limit === undefined ? 0 : limit
  cause.reason = 0
  return code
}

/** Calls a user's function inside the port's guard: what it throws is counted and reported, and the link stays up. */
export function callUser(core: Core, fn: (this: void, a: never, b: never, c: never) => unknown, a?: unknown, b?: unknown, c?: unknown): Code {
  core.busy_ = core.busy_ + 1
  const code = core.hal_.system.guard(fn as (this: void, a: unknown, b: unknown, c: unknown) => unknown, a, b, c)
  core.busy_ = core.busy_ - 1
  if (code === ErrorCode.CallbackThrew) {
    core.stats_.callbackErrors = core.stats_.callbackErrors + 1
    because(core, code, '', core.stats_.callbackErrors)
  }
  return code
}

/** Enters a phase and tells the user. Last statement of every transition: the callback may call us back. */
export function enterPhase(core: Core, phase: Phase, cause: Code): void {
  core.phase_ = phase
  core.room_ = 0
  core.age_ = 0
  const states: LinkState[] = ['offline', 'waiting', 'opening', 'connecting', 'up', 'draining']
  const fn = core.options_.onLink
  if (fn !== undefined) callUser(core, fn, states[phase], phase === Phase.Up && core.session_, cause)
}

export function endpoint(core: Core): Endpoint {
  return core.options_.servers[0]!
}

/** A token, 1 to 65535, that is a packet id: no other uses it. Bounded: messages and filters are. */
export function nextToken(core: Core): number {
  let free = false
  while (!free) {
    core.token_ = core.token_ % 65535 + 1
    free = true
    for (const f of core.filters_) {
      if (f.token_ === core.token_) free = false
    }
    let m = core.queue_.next_
    while (m !== undefined) {
      if (m.token_ === core.token_) free = false
      m = m.next_
    }
  }
  return core.token_
}

/** Whether a server may send this topic, or we may: something is in it, and no wildcard (section 4.7.1). */
export function isTopic(bytes: Bytes): boolean {
  return bytes.length > 0 && (plain(bytes) || find(bytes, '#' as Bytes, 0) < 0 && find(bytes, '+' as Bytes, 0) < 0 && find(bytes, b1(0), 0) < 0)
}

/** A text, or with BadOption bytes, with the length before it. What cannot go over the wire sets `bad_` and the cause; `name` is that of a topic when `isName`. */
export function fieldOf(core: Core, value: unknown, code: ErrorCode, name: string, isName: boolean): Bytes {
  let length = 0
  if (typeof value === 'string') {
    const bytes = code === ErrorCode.BadOption ? value as Bytes : core.hal_.text.utf8(value)
    length = bytes.length
    if (length < 65536 && (isName ? isTopic(bytes) : code === ErrorCode.BadOption || find(bytes, b1(0), 0) < 0)) return cat(u16(length), bytes)
  }
  because(core, code, name, length, 65535)
  core.bad_ = true
  return EMPTY
}

/** 0, or why not: `value` is above a limit. */
export function tooMuch(core: Core, code: Code, detail: string, value: number, limit: Limit): Code {
  const most = core.limits_[limit]!
  return value > most ? because(core, code, detail, value, most) : 0
}

/** A packet: its first byte, and how long it is, before `body`. */
export function packetOf(first: number, body: Bytes): Bytes {
  let n = body.length
  if (n < 128) return cat(b2(first, n), body)
  let head = b1(first)
  while (n > 127) {
    head = cat(head, b1(n % 128 + 128))
    n = (n - n % 128) / 128
  }
  return cat(head, b1(n), body)
}

/** Something is to be done: an event-driven port is asked for a slice at once, one time. */
export function nudge(core: Core): void {
  core.more_ = true
  core.room_ = 0
  const timer = core.hal_.timer
  if (core.soon_ || core.handle_ === 0) return
  core.soon_ = true
  timer.wakeAfter!(core.handle_, 0)
}

/** Why a call with this QoS is refused now; 0 when it is not. */
export function refusal(core: Core, qos: number): Code {
  core.bad_ = false
  if (core.wrong_ < 0) return core.wrong_
  if (core.phase_ === Phase.Draining) return because(core, ErrorCode.Disconnecting)
  return qos === 0 || qos === 1 ? 0 : because(core, qos === 2 ? ErrorCode.QosUnsupported : ErrorCode.BadQos, 'qos', qos, 1)
}
