/** The public face of the small core, and the loops around slices for ports that wait and for ports that wake us. */
import { EMPTY, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { msOf } from '../kinds.js'
import { refusesMore } from '../offload.js'
import { newGovernor } from '../governor.js'
import { newInbox, take } from '../inbox.js'
import { Asked, because, callUser, enterPhase, nudge, Phase, type Core, type Outgoing } from './core.js'
import { subscribe, unsubscribe } from './filters.js'
import { startAttempt } from './link.js'
import { releaseAcks } from './inbound.js'
import { newMessage } from './outbox.js'
import { expire, nextExpiry } from './policies.js'
import { publish, publishStream } from './publish.js'
import { mayRead, mustHold } from './receive.js'
import { checkHal, prepareConnect, readOptions } from './settings.js'
import { begin, settle, slice } from './slice.js'
import { newStats, stats } from './stats.js'
import type { Hal } from '../../hal/hal.js'
import type { Cause, DisconnectExtra, Message, MessageHandler, Options, Properties, PublishExtra, Qos, Stats, SubscribeExtra } from '../types.js'

const enum Longest {
  /** ms: the longest single wait, over which the port's clock must stay exact. */
  Wait = 1073741823,
  /** ms for which slices without work may be left out. */
  Quiet = 1000,
  /** ms that a timer may be early: a wake before that is not its. */
  Early = 20
}

function flatCore(hal: Hal, options: Options): Core {
  const nothing: Partial<Outgoing> = {}
  const first = nothing as Outgoing
  // No topic is a record: the first that is given is not the one before.
  const core: Partial<Core> = {
    since_: undefined as never, ready_: 0, topic_: first as unknown as string, field_: EMPTY, fieldBytes_: 0, socket_: undefined, token_: 0, quick_: 0, quickBytes_: 0, phase_: Phase.Offline, busy_: 0, tx_: EMPTY, queue_: first, tail_: first, limits_: [],
    hal_: hal, options_: options, stats_: {} as Stats, stamp_: 0, more_: false, free_: false, due_: 0, soon_: false, handle_: 0,
    rx_: EMPTY, cursor_: 0, heardTopic_: EMPTY, heardText_: '', hearers_: [], skipping_: 0, skip_: 0, skipId_: 0, paused_: false, epoch_: 1, leaving_: 0, sentNow_: 0, restoring_: false, dirty_: false,
    heard_: false, sessionPresent_: false, hadSession_: false, unsure_: false, age_: 0, wait_: 0, sent_: 0, received_: 0, ping_: -1, stall_: 0, ack_: 0,
    filters_: [], count_: 0, bytes_: 0, receipts_: [], id_: 0, attempts_: 0, noise_: 0, connectPacket_: EMPTY, drain_: 0, drainSent_: false,
    cause_: { code: 0, reason: 0, value: 0, limit: 0, detail: '' }, info_: { qos: 0, retain: false, dup: false, packetId: 0 }, asked_: Asked.Nothing, again_: false, wrong_: ErrorCode.Destroyed
  }
  return core as Core
}

/** What is wrong with the port or the options, read anew; 0 when nothing is. */
function check(core: Core): Code {
  let code = checkHal(core)
  if (code === 0) {
    core.since_ = core.hal_.timer.since
    code = readOptions(core)
  }
  core.wrong_ = code
  return code
}

/** Offline with nothing left to tell and nothing that may expire: `yield` does nothing. */
function isOver(core: Core): boolean {
  return core.phase_ === Phase.Offline && core.receipts_.length === 0 && (!FEATURE_POLICIES || nextExpiry(core, Longest.Wait) === Longest.Wait)
}

/** Whether the socket has something that may be read. */
function hasArrived(core: Core): boolean {
  const socket = core.socket_
  return socket !== undefined && core.phase_ >= Phase.Connecting && mayRead(core) && socket.pending() > 0
}

/** ms until a slice is needed, at most `most`. */
function untilDue(core: Core, most: number): number {
  if (isOver(core)) return most
  if (core.more_ || hasArrived(core)) return 0
  const left = core.due_ - core.hal_.timer.since(core.stamp_)
  return left <= 0 ? 0 : left < most ? left : most
}

/** One slice for an event-driven port, and the next appointment. Many wakes bring nothing, and leave the appointment as it is. */
function pumpOnce(core: Core): number {
  if (core.busy_ > 0) return 0
  core.soon_ = false
  const socket = core.socket_
  if (core.free_ && !core.more_ && socket !== undefined && socket.pending() === 0) {
    const passed = core.since_(core.stamp_)
    if (passed < Longest.Quiet && core.due_ - passed > Longest.Early && socket.status() > 0) {
      core.hal_.system.feedWatchdog()
      return 0
    }
  }
  const handled = slice(core)
  const timer = core.hal_.timer
  if (core.handle_ > 0 && timer.wakeAfter !== undefined) timer.wakeAfter(core.handle_, core.more_ ? 0 : core.due_)
  return handled
}

/** See `Client.connect`. */
function connect(core: Core): Code {
  if (core.wrong_ === ErrorCode.Destroyed) return core.wrong_
  if (core.asked_ !== Asked.Nothing) {
    core.again_ = true
    return 0
  }
  if (core.phase_ === Phase.Draining) return because(core, ErrorCode.Disconnecting)
  if (core.phase_ !== Phase.Offline) return 0
  let code = check(core)
  // What can be known now is checked now; what a callback answers, at each attempt.
  if (code === 0 && core.options_.credentials === undefined) code = prepareConnect(core)
  else if (FEATURE_OFFLOAD && code === 0) code = refusesMore(core.hal_, core.cause_)
  if (code < 0) return code
  const timer = core.hal_.timer
  if (core.handle_ === 0 && timer.wait === undefined && timer.onWake !== undefined) core.handle_ = timer.onWake(() => { pumpOnce(core) })
  if (FEATURE_POLICIES) expire(core, timer.since(core.stamp_))
  core.stamp_ = timer.ticks()
  begin(core)
  if (core.busy_ === 0) {
    core.busy_ = 1
    startAttempt(core)
    core.busy_ = 0
    core.more_ = true
    settle(core)
    nudge(core)
  }
  return 0
}

/** See `Client.yield`. */
function yieldFor(core: Core, timeoutMs: number): Code {
  if (core.wrong_ < 0) return core.wrong_
  if (core.busy_ > 0) return because(core, ErrorCode.Reentrant)
  if (isOver(core)) return because(core, ErrorCode.NotStarted)
  const timer = core.hal_.timer
  if (!FEATURE_WAIT || FEATURE_WAKE && timer.wait === undefined) return pumpOnce(core)
  const start = timer.ticks()
  const ms = FEATURE_KINDS ? msOf(timeoutMs) : timeoutMs
  const most = ms > Longest.Wait ? Longest.Wait : ms
  let handled = 0
  while (true) {
    handled = handled + slice(core)
    const left = most - timer.since(start)
    if (isOver(core) || !(left > 0)) return handled
    // A message for `receive`; and behind a full push-back cache only the application can go on.
    if (FEATURE_CACHE && (core.waiting_ && core.inbox_.count_ > 0 || mustHold(core))) return handled
    const ms = untilDue(core, left)
    const code = ms > 0 ? timer.wait!(ms) : 0
    if (code < 0) return code
  }
}

function isDraining(core: Core): boolean {
  return core.phase_ === Phase.Draining
}

/** See `Client.disconnect`. */
function disconnect(core: Core, extra?: DisconnectExtra): Code {
  if (core.wrong_ < 0) return core.wrong_
  let wait = 5000
  if (extra !== undefined) {
    if (extra.timeout !== undefined) wait = extra.timeout
    if (!(wait >= 0 && wait <= Longest.Wait + 1)) return because(core, ErrorCode.BadTime, 'timeout', wait, Longest.Wait + 1)
    if (extra.will === true) return because(core, ErrorCode.WillNeedsV5, 'will', 4, 5)
    if (FEATURE_CHECKS && extra.properties !== undefined) return because(core, ErrorCode.V5Only, 'properties', 4, 5)
  }
  if (core.phase_ === Phase.Up) {
    core.drain_ = wait
    core.drainSent_ = false
    core.more_ = true
    enterPhase(core, Phase.Draining, 0)
    // Its time begins now, not with the last slice.
    core.age_ = core.hal_.timer.since(core.stamp_) * -1
  } else if (core.phase_ < Phase.Up && core.phase_ !== Phase.Offline) core.asked_ = Asked.Leave
  settle(core)
  nudge(core)
  const timer = core.hal_.timer
  if (FEATURE_WAIT && core.busy_ === 0 && timer.wait !== undefined) {
    // `drain` bounds this: its own time, and one second for DISCONNECT.
    while (isDraining(core)) {
      slice(core)
      if (isDraining(core)) timer.wait(untilDue(core, 1000) + 1)
    }
  }
  return 0
}

/** See `Client.abort`. */
function abort(core: Core): Code {
  if (core.wrong_ === 0 && core.phase_ !== Phase.Offline) {
    core.asked_ = Asked.Abort
    core.again_ = false
    settle(core)
  }
  return core.wrong_
}

/** See `Client.destroy`. */
function destroy(core: Core): Code {
  if (core.wrong_ === 0) {
    core.wrong_ = ErrorCode.Destroyed
    core.asked_ = Asked.Destroy
    settle(core)
  }
  return 0
}

/** See `Client.idle`. */
function idle(core: Core): number {
  return untilDue(core, Longest.Wait)
}

/** See `Client.receive`. */
function receive(core: Core, timeoutMs: number): Message | undefined {
  if (!FEATURE_CACHE || core.wrong_ < 0 || core.busy_ > 0) return undefined
  if (core.inbox_.count_ === 0) {
    core.waiting_ = true
    yieldFor(core, timeoutMs)
    core.waiting_ = false
  }
  const m = take(core.inbox_)
  if (m === undefined) return undefined
  const into = core.message_
  const packet = into.packet
  into.topic = core.hal_.text.text(m.topic_)
  into.payload = m.payload_
  packet.qos = m.qos_
  packet.retain = m.retain_
  packet.dup = m.dup_
  packet.packetId = m.packetId_
  if (core.inbox_.withheld_.length > 0) releaseAcks(core)
  core.more_ = true
  nudge(core)
  return into
}

/** See `Client.server`: no server of 3.1 or 3.1.1 tells properties. */
function server(_core: Core): Properties | undefined {
  return undefined
}

/** See `Client.explain`. */
function explain(core: Core): Cause {
  return core.cause_
}

/** See `run`. */
function runFor(core: Core, periodMs: number, fn: (this: void) => void): Code {
  if (core.wrong_ < 0) return core.wrong_
  const timer = core.hal_.timer
  if (FEATURE_WAKE && (!FEATURE_WAIT || timer.wait === undefined)) {
    const onWake = timer.onWake
    const wakeAfter = timer.wakeAfter
    if (onWake === undefined || wakeAfter === undefined) return ErrorCode.CannotWait
    // Sockets wake the handle too, so the period is measured.
    let last = timer.ticks()
    let handle = 0
    const turn = (): void => {
      let left = periodMs - timer.since(last)
      if (left <= 0) {
        last = timer.ticks()
        left = periodMs
        callUser(core, fn)
        settle(core)
        nudge(core)
      }
      wakeAfter(handle, core.phase_ === Phase.Offline ? -1 : left)
    }
    handle = onWake(turn)
    callUser(core, fn)
    settle(core)
    nudge(core)
    wakeAfter(handle, periodMs)
    return 0
  }
  while (true) {
    const start = timer.ticks()
    callUser(core, fn)
    settle(core)
    const left = periodMs - timer.since(start)
    if (isOver(core)) return core.wrong_
    const code = yieldFor(core, left < 0 ? 0 : left)
    if (code < 0) return code
    if (core.phase_ === Phase.Offline) return 0
  }
}

/** A client from the beginning. On Espruino the variables of the one before are still there, which `destroy` emptied. */
function renew(core: Core): void {
  destroy(core)
  core.stats_ = newStats()
  core.hadSession_ = false
  core.unsure_ = false
  core.attempts_ = 0
  core.heardTopic_ = EMPTY
  if (FEATURE_POLICIES) {
    // Its priority is compared with those of messages.
    core.queue_ = newMessage(0, EMPTY, EMPTY, 0)
    core.tail_ = core.queue_
  }
  if (FEATURE_FAILOVER) core.server_ = 0
  if (FEATURE_QOS2) {
    core.receiveSet_ = []
    core.overflow_ = -1
  }
  if (FEATURE_CACHE) {
    core.inbox_ = newInbox()
    core.message_ = { topic: '', payload: EMPTY, packet: core.info_ }
    core.held_ = 0
    core.waiting_ = false
  }
  if (FEATURE_STREAM) {
    core.streaming_ = undefined
    core.behind_ = EMPTY
    core.streamTopic_ = ''
    core.streamTotal_ = 0
  }
  if (FEATURE_GOVERNOR) {
    core.seconds_ = 0
    core.millis_ = 0
    core.governor_ = newGovernor()
    core.watched_ = false
  }
  if (FEATURE_STATS) {
    core.signals_ = []
    core.signalAt_ = -60
  }
  because(core, 0)
  if (check(core) < 0) return
  core.id_ = core.hal_.system.random()
  core.stamp_ = core.hal_.timer.ticks()
}

/** An MQTT client; see firmware/client.ts, whose documentation holds here. What this build does without is refused by name. */
export class Client {
  core_: Core

  constructor(hal: Hal, options: Options) {
    const core = flatCore(hal, options)
    renew(core)
    this.core_ = core
  }

  connect(): Code { return connect(this.core_) }
  publish(topic: string, payload: Bytes, qos?: Qos, retain?: boolean, extra?: PublishExtra): Code { return publish(this.core_, topic, payload, qos, retain, extra) }
  subscribe(filter: string, qos: Qos, handler?: MessageHandler, extra?: SubscribeExtra): Code { return subscribe(this.core_, filter, qos, handler, extra) }
  unsubscribe(filter: string): Code { return unsubscribe(this.core_, filter) }
  yield(timeoutMs: number): Code { return yieldFor(this.core_, timeoutMs) }
  publishStream(topic: string, total: number, read: (this: void, offset: number, max: number) => Bytes, qos?: Qos): Code { return publishStream(this.core_, topic, total, read, qos) }
  receive(timeoutMs: number): Message | undefined { return receive(this.core_, timeoutMs) }
  server(): Properties | undefined { return server(this.core_) }
  idle(): number { return idle(this.core_) }
  disconnect(extra?: DisconnectExtra): Code { return disconnect(this.core_, extra) }
  abort(): Code { return abort(this.core_) }
  destroy(): Code { return destroy(this.core_) }
  stats(): Stats { return stats(this.core_) }
  explain(): Cause { return explain(this.core_) }
  run_(periodMs: number, fn: (this: void) => void): Code { return runFor(this.core_, periodMs, fn) }
}

/** A client on this port. What is wrong with `hal` or `options` is `connect()`'s code, and `explain()` names it. */
export function create(this: void, hal: Hal, options: Options): Client {
  return new Client(hal, options)
}

/** `fn` every `periodMs` (1 to 2^30), the client's slices in between, until the client is offline or the program is asked to end. */
export function run(this: void, client: Client, periodMs: number, fn: (this: void) => void): Code {
  return client.run_(periodMs, fn)
}
