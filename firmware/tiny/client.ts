/** The public face of `tiny`, and the loops around slices for ports that wait and for ports that wake us. */
import { EMPTY, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { msOf } from '../kinds.js'
import { refusesMore } from '../offload.js'
import { because, callUser, enterPhase, nudge, Phase, Time, type Core, type Outgoing } from './core.js'
import { subscribe, unsubscribe } from './filters.js'
import { publish } from './publish.js'
import { check, prepareConnect } from './settings.js'
import { settle, slice } from './slice.js'
import type { Hal } from '../../hal/hal.js'
import type { Cause, DisconnectExtra, MessageHandler, Options, Qos, Stats } from '../types.js'

function flatCore(hal: Hal, options: Options): Core {
  const nothing: Partial<Outgoing> = {}
  const first = nothing as Outgoing
  // No topic is a record: the first that is given is not the one before.
  const core: Partial<Core> = {
    topic_: first as unknown as string, field_: EMPTY, fieldBytes_: 0, room_: 0, roomy_: 0, socket_: undefined, token_: 0, quick_: 0, told_: undefined, busy_: 0, phase_: Phase.Offline, tx_: EMPTY, more_: false, stamp_: 0, due_: 0,
    since_: undefined as never, ticks_: undefined as never, hal_: hal, options_: options, limits_: [], queue_: first, tail_: first, count_: 0, bytes_: 0, leaving_: undefined, rest_: 0,
    inflight_: 0, filters_: [], open_: 0, rx_: EMPTY, skip_: 0, skipId_: 0, heard_: EMPTY, heardText_: '', hearers_: [], info_: { qos: 0, retain: false, dup: false, packetId: 0 },
    age_: 0, ping_: 0, owed_: 0, pinging_: 0, wait_: 0, attempts_: 0, connectPacket_: EMPTY, session_: false, unsure_: false, bad_: false, period_: 0, patience_: 0, handle_: 0, soon_: false,
    cause_: { code: 0, reason: 0, value: 0, limit: 0, detail: '' }, stats_: {} as Stats, asked_: 0, again_: false, wrong_: ErrorCode.Destroyed
  }
  return core as Core
}

/** Offline: `yield` has nothing to do. */
function isOver(core: Core): boolean {
  return core.phase_ === Phase.Offline && core.asked_ === 0
}

/** ms until a slice is needed. */
function idle(core: Core): number {
  if (isOver(core)) return Time.Most
  const socket = core.socket_
  if (core.more_ || core.phase_ >= Phase.Connecting && socket !== undefined && socket.pending() > 0) return 0
  const left = core.due_ - core.since_(core.stamp_)
  return left > 0 ? left : 0
}

/** A slice for an event-driven port, and the next appointment. Many wakes bring nothing, and leave the appointment as it is. */
function pumpOnce(core: Core): Code {
  const socket = core.socket_
  if (core.busy_ > 0) return 0
  core.soon_ = false
  if (core.room_ === 0 || core.more_ || socket!.pending() > 0 || core.due_ - core.since_(core.stamp_) < Time.Early || socket!.status() < 0) {
    slice(core)
    if (core.handle_ > 0) core.hal_.timer.wakeAfter!(core.handle_, core.due_)
  } else core.hal_.system.feedWatchdog()
  return 0
}

/** See `Client.connect`. */
function connect(core: Core): Code {
  if (core.wrong_ === ErrorCode.Destroyed) return core.wrong_
  if (core.asked_ < 0) {
    core.again_ = true
    return 0
  }
  if (core.phase_ === Phase.Draining) return because(core, ErrorCode.Disconnecting)
  if (core.phase_ !== Phase.Offline || core.again_) return 0
  core.wrong_ = check(core)
  if (core.wrong_ < 0) return core.wrong_
  if (core.options_.onReceipt === undefined) core.told_ = undefined
  else if (core.told_ === undefined) core.told_ = []
  // What can be known now is checked now; what a callback answers, at each attempt.
  const code = core.options_.credentials === undefined ? prepareConnect(core) : FEATURE_OFFLOAD ? refusesMore(core.hal_, core.cause_) : 0
  if (code < 0) return code
  const timer = core.hal_.timer
  if (core.handle_ === 0 && timer.wait === undefined && timer.onWake !== undefined) core.handle_ = timer.onWake(() => { pumpOnce(core) })
  core.stamp_ = core.ticks_()
  core.again_ = true
  settle(core)
  nudge(core)
  return 0
}

/** See `Client.yield`. */
function yieldFor(core: Core, timeoutMs: number): Code {
  if (core.wrong_ < 0) return core.wrong_
  if (core.busy_ > 0) return because(core, ErrorCode.Reentrant)
  if (isOver(core)) return because(core, ErrorCode.NotStarted)
  const timer = core.hal_.timer
  if (!FEATURE_WAIT || FEATURE_WAKE && timer.wait === undefined) return pumpOnce(core)
  const start = core.ticks_()
  const received = core.stats_.received
  const whole = FEATURE_KINDS ? msOf(timeoutMs) : timeoutMs
  while (true) {
    slice(core)
    const left = (whole > Time.Most ? Time.Most : whole) - core.since_(start)
    if (isOver(core) || !(left > 0)) return core.stats_.received - received
    const ms = idle(core)
    const code = ms > 0 ? timer.wait!(ms < left ? ms : left) : 0
    if (code < 0) return code
  }
}

/** See `Client.abort`. */
function abort(core: Core): Code {
  if (core.wrong_ === 0 && core.phase_ !== Phase.Offline) {
    core.asked_ = ErrorCode.Aborted
    core.again_ = false
    settle(core)
  }
  return core.wrong_
}

/** See `Client.disconnect`. */
function disconnect(core: Core, extra?: DisconnectExtra): Code {
  if (core.wrong_ < 0) return core.wrong_
  let wait: number = Time.Drain
  if (extra !== undefined) {
    if (extra.timeout !== undefined) wait = extra.timeout
    if (!(wait >= 0 && wait <= Time.Most + 1)) return because(core, ErrorCode.BadTime, 'timeout', wait, Time.Most + 1)
    if (extra.will === true) return because(core, ErrorCode.WillNeedsV5, 'will', 4, 5)
  }
  if (core.phase_ === Phase.Up) {
    core.wait_ = wait
    enterPhase(core, Phase.Draining, 0)
    // Its time begins now, not with the last slice.
    core.age_ = core.since_(core.stamp_) * -1
    nudge(core)
  } else {
    core.again_ = false
    if (core.phase_ < Phase.Up && core.phase_ !== Phase.Offline) core.asked_ = ErrorCode.Disconnected
  }
  settle(core)
  const timer = core.hal_.timer
  if (FEATURE_WAIT && core.busy_ === 0 && timer.wait !== undefined) {
    while (core.phase_ === Phase.Draining) {
      slice(core)
      if (core.phase_ === Phase.Draining) timer.wait(idle(core) + 1)
    }
  }
  return 0
}

/** See `Client.destroy`. */
function destroy(core: Core): Code {
  if (core.wrong_ !== ErrorCode.Destroyed) {
    core.wrong_ = ErrorCode.Destroyed
    core.asked_ = ErrorCode.Destroyed
    settle(core)
  }
  return 0
}

/** See `Client.stats`. */
function stats(core: Core): Stats {
  const s = core.stats_
  s.accepted = s.accepted + core.quick_
  s.sent = s.sent + core.quick_
  core.quick_ = 0
  s.outboxCount = core.count_
  s.outboxBytes = core.bytes_
  s.inflight = core.inflight_
  return s
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
    let last = core.ticks_()
    let left = 0
    let handle = 0
    const turn = (): void => {
      left = periodMs - core.since_(last)
      if (left <= 0 || handle === 0) {
        last = core.ticks_()
        left = periodMs
        callUser(core, fn)
        settle(core)
      }
      if (handle > 0) wakeAfter(handle, core.phase_ === Phase.Offline ? -1 : left)
    }
    turn()
    handle = onWake(turn)
    wakeAfter(handle, left)
    return 0
  }
  while (true) {
    const start = core.ticks_()
    callUser(core, fn)
    settle(core)
    const left = periodMs - core.since_(start)
    if (isOver(core)) return core.wrong_
    const code = yieldFor(core, left < 0 ? 0 : left)
    if (code < 0) return code
    if (core.phase_ === Phase.Offline) return 0
  }
}

/** A client from the beginning. On Espruino the variables of the one before are still there, which `destroy` emptied. */
function renew(core: Core): void {
  destroy(core)
  const counters: Partial<Stats> = { connects: 0, failures: 0, drops: 0, accepted: 0, sent: 0, delivered: 0, dropped: 0, rejected: 0, received: 0, oversize: 0, callbackErrors: 0 }
  core.stats_ = counters as Stats
  core.session_ = false
  core.unsure_ = false
  core.attempts_ = 0
  because(core, 0)
  core.wrong_ = check(core)
  if (core.wrong_ < 0) return
  // Not where a life before this one began: the server may remember it.
  core.token_ = core.hal_.system.random()
  core.stamp_ = core.ticks_()
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
  publish(topic: string, payload: Bytes, qos?: Qos, retain?: boolean): Code { return publish(this.core_, topic, payload, qos, retain) }
  subscribe(filter: string, qos: Qos, handler?: MessageHandler): Code { return subscribe(this.core_, filter, qos, handler) }
  unsubscribe(filter: string): Code { return unsubscribe(this.core_, filter) }
  yield(timeoutMs: number): Code { return yieldFor(this.core_, timeoutMs) }
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
