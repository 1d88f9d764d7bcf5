/**
 * The small core, for the profile `standard`: the state of one client, in one flat record, and what every part
 * of it needs. Functions on the record carry the work. The build for Espruino turns the record's members into variables of
 * the factory and drops the parameter `core` (tools/build/flatten.ts), so the record has this name everywhere, is always
 * the first argument and is never stored.
 */
import type { Bytes, Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import type { Governor } from '../governor.js'
import type { Inbox } from '../inbox.js'
import type { Want } from '../subscriptions.js'
import type { Endpoint, Hal, Socket } from '../../hal/hal.js'
import type { Cause, LinkState, Message, MessageHandler, Options, Outcome, PacketInfo, Stats } from '../types.js'

/** Where the link is; the order counts: from Connecting on there is an open socket. */
export const enum Phase { Offline, Waiting, Opening, Connecting, Up, Draining }

/** What a callback asked for that must wait for the end of the slice. */
export const enum Asked { Nothing, Leave, Abort, Destroy }

/** The order of `limits_`: times in ms (keepalive in s), sizes in bytes, counts. */
export const enum Limit {
  Keepalive, Ping, Connect, Request, Ack, Reconnect, ReconnectMax, Spread,
  PacketIn, PacketOut, OutboxCount, OutboxBytes, Inflight, Subscriptions, SlicePackets, SliceBytes,
  StreamMax, InboxCount, InboxBytes
}

/** A publish that was accepted and has no receipt yet. */
export interface Outgoing {
  next_: Outgoing | undefined
  token_: number
  /** The topic with its length prefix. */
  field_: Bytes
  payload_: Bytes
  /** QoS * 2 + RETAIN. */
  flags_: number
  /** The packet id; 0 while it has none. */
  id_: number
  /** The connection on which it was last given to the transmit buffer; 0 for none in this session. */
  epoch_: number
  /** Bytes of the transmit buffer up to its end, while it is not taken whole by the socket; else 0. */
  end_: number
  /** 8, the DUP flag, once the whole PUBLISH left in this session; else 0. */
  dup_: number
  /** QoS 2: PUBREC came, PUBCOMP is awaited. */
  released_?: boolean
  /** How much is held against it: 1 for each close by the server as the oldest unanswered, 2 for each ack time-out. */
  tries_: number
  /** Queue policies: bytes of the transmit buffer before it, whether any byte of it ever left, its priority, and ms until it expires, -1 for never. */
  start_?: number
  begun_?: boolean
  priority_?: number
  expiry_?: number
  /** A message sent in pieces: its length, -1 for others, and where they come from. */
  total_?: number
  read_?: ((this: void, offset: number, max: number) => Bytes) | undefined
  /** What its receipt says. */
  outcome_?: Outcome
  reason_?: number
}

export interface Filter {
  token_: number
  text_: string
  /** The filter as it goes over the wire, without its length. */
  bytes_: Bytes
  qos_: number
  handler_: MessageHandler | undefined
  want_: Want
  /** Of its SUBSCRIBE or UNSUBSCRIBE without an answer; 0 for none. */
  id_: number
  /** ms since that was sent; -1 once its time-out was told. */
  age_: number
  /** It was in a SUBSCRIBE: a session may have it. */
  asked_: boolean
  /** What quarantine.ts knows of it, and s at which its SUBSCRIBE was sent. */
  blame_?: number
  acked_?: number
  aside_?: number
  needs_?: number
  turns_?: number
  since_?: number
}

export interface Core {
  // Those of every publish first: Espruino finds them soonest.
  /** Bytes of topic and payload that a QoS 0 message may have to leave at once; 0 while none may. */
  ready_: number
  topic_: string
  field_: Bytes
  fieldBytes_: number
  socket_: Socket | undefined
  token_: number
  /** QoS 0 messages that left at once and were not added to the counters yet, and their bytes. */
  quick_: number
  quickBytes_: number
  phase_: Phase
  busy_: number
  tx_: Bytes
  /** The chain of messages, in the order of the calls; the first is a placeholder. */
  queue_: Outgoing
  tail_: Outgoing
  limits_: number[]
  hal_: Hal
  since_: (this: void, t0: number) => number
  options_: Options
  stats_: Stats
  /** Tick of the last slice. */
  stamp_: number
  more_: boolean
  /** The last slice left nothing to do: a wake that brings nothing needs none. */
  free_: boolean
  /** ms from the last slice to the next; -1 for none. */
  due_: number
  /** A wake for work between slices is asked for. */
  soon_: boolean
  handle_: number
  // The connection.
  /** Received and not handled, and how far it is. */
  rx_: Bytes
  cursor_: number
  /** The topic heard last, as bytes and as text, and who hears it: "" while that is to be looked up. */
  heardTopic_: Bytes
  heardText_: string
  hearers_: MessageHandler[]
  /** A PUBLISH above the limit: 1 plus its QoS while one is under way, bytes of it to come, and the id to be acknowledged, 0 for none. */
  skipping_: number
  skip_: number
  skipId_: number
  /** Reading waits for the way out. */
  paused_: boolean
  /** Counts connections. */
  epoch_: number
  /** Messages in `tx_`. */
  leaving_: number
  /** Unanswered QoS 1 and 2 messages of this connection. */
  sentNow_: number
  /** Queued messages wait for the filters. */
  restoring_: boolean
  /** A filter has something to send. */
  dirty_: boolean
  heard_: boolean
  sessionPresent_: boolean
  hadSession_: boolean
  unsure_: boolean
  // Ages in ms.
  /** Of the phase. */
  age_: number
  /** ms until the next attempt. */
  wait_: number
  sent_: number
  received_: number
  /** Since PINGREQ; -1 for none. */
  ping_: number
  stall_: number
  ack_: number
  // What is kept over connections.
  filters_: Filter[]
  count_: number
  bytes_: number
  receipts_: Outgoing[]
  id_: number
  attempts_: number
  noise_: number
  connectPacket_: Bytes
  /** Age of the phase at which `disconnect` goes on without waiting; DISCONNECT is out. */
  drain_: number
  drainSent_: boolean
  cause_: Cause
  info_: PacketInfo
  asked_: Asked
  again_: boolean
  // Only in builds with the feature: `renew` sets them.
  /** Which server is in use. */
  server_: number
  receiveSet_: number[]
  /** ms since the receive set overflowed; -1 for not. */
  overflow_: number
  inbox_: Inbox
  message_: Message
  /** `receive` waits for a message. */
  waiting_: boolean
  /** ms for which we did not read while something was owed to us. */
  held_: number
  /** The message being received in pieces: its topic, "" when it is skipped, and its payload's bytes. */
  streamTopic_: string
  streamTotal_: number
  /** The message being sent in pieces, how far it is, what waits behind it, and what its function gave. */
  streaming_: Outgoing | undefined
  streamed_: number
  behind_: Bytes
  pulled_: unknown
  /** s since the client was made, and ms of the second. */
  seconds_: number
  millis_: number
  governor_: Governor
  /** A filter is blamed for a close or set aside. */
  watched_: boolean
  signals_: number[]
  signalAt_: number
  /** Below 0: what is wrong with the port or the options, or Destroyed. */
  wrong_: Code
}

/** Why, for `explain`. Returns `code`. */
export function because(core: Core, code: Code, detail?: string, value?: number, limit?: number, reason?: number): Code {
  const cause = core.cause_
  cause.code = code
  cause.detail = detail === undefined ? '' : detail
  cause.value = value === undefined ? 0 : value
  cause.limit = limit === undefined ? 0 : limit
  cause.reason = reason === undefined ? 0 : reason
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
  core.ready_ = 0
  core.free_ = false
  core.age_ = 0
  const fn = core.options_.onLink
  if (fn === undefined) return
  const states: LinkState[] = ['offline', 'waiting', 'opening', 'connecting', 'up', 'draining']
  callUser(core, fn, states[phase], core.sessionPresent_, cause)
}

/** The next token, 1 to 2^30. */
export function nextToken(core: Core): number {
  core.token_ = core.token_ % 1073741824 + 1
  return core.token_
}

/** `value`, of what `detail` names, is above `limit`. */
export function tooMuch(core: Core, code: Code, detail: string, value: number, limit: Limit): Code {
  const most = core.limits_[limit]!
  return value > most ? because(core, code, detail, value, most) : 0
}

/** A fault of the server's: the link must end. */
export function broken(core: Core, type: number): Code {
  return because(core, ErrorCode.ProtocolError, '', type)
}

/** The packet id after the last one that nothing of ours uses. Both loops are bounded by `outboxCount` and `subscriptions`. */
export function nextId(core: Core): number {
  let free = false
  while (!free) {
    core.id_ = core.id_ % 65535 + 1
    free = true
    for (const e of core.filters_) {
      if (e.id_ === core.id_) free = false
    }
    let m = core.queue_.next_
    while (m !== undefined) {
      if (m.id_ === core.id_) free = false
      m = m.next_
    }
  }
  return core.id_
}

/** Work was given to the client between slices: an event-driven port is asked for a slice at once, one time. */
export function nudge(core: Core): void {
  const timer = core.hal_.timer
  if (!core.more_ || core.soon_ || core.busy_ > 0 || core.handle_ === 0 || timer.wakeAfter === undefined) return
  core.soon_ = true
  timer.wakeAfter(core.handle_, 0)
}

/** Where the link goes, or would go. */
export function endpoint(core: Core): Endpoint {
  return core.options_.servers[FEATURE_FAILOVER ? core.server_ : 0]!
}

/** 3 or 4. */
export function version(core: Core): number {
  return FEATURE_V31 && core.options_.protocolVersion === 3 ? 3 : 4
}

/** A high-water mark of `stats()`. */
export function mark(core: Core, name: keyof Stats, value: number): void {
  if (value > core.stats_[name]) core.stats_[name] = value
}
