/**
 * The public face: a thin class over the core, and `run`, the loop that fits both kinds of port.
 */
import { EMPTY, type Bytes, type Code } from './bytes.js'
import { advance } from './clock.js'
import { ErrorCode } from './codes.js'
import { startAttempt } from './connection.js'
import { Asked, because, callUser, newCore, Phase, textOfTopic, type Core } from './core.js'
import { releaseAcks } from './inbound.js'
import { take } from './inbox.js'
import { disconnect } from './disconnect.js'
import { publish, publishStream } from './publish.js'
import { subscribe, unsubscribe } from './subscribe.js'
import { prepareConnect } from './handshake.js'
import { openJournal } from './journal-load.js'
import { noteEvent, Call, Event } from './recorder.js'
import { noteCall, noteDisconnect, noteFilter, notePublish, noteStream, noteSubscribe } from './recorder-calls.js'
import { startRecorder } from './recording.js'
import { refusesMore } from './offload.js'
import { checkHal, readSettings } from './settings.js'
import { countBoot } from './signals.js'
import { newStats } from './stats.js'
import { Longest, loop, nudge, pumpOnce, untilDue } from './loop.js'
import { settleAsked, slice } from './slice.js'
import type { Hal } from '../hal/hal.js'
import type { Cause, DisconnectExtra, Message, MessageHandler, Options, Properties, PublishExtra, Qos, Stats, SubscribeExtra } from './types.js'

/**
 * An MQTT client. Make one with `create`. Every method returns at once, except `yield`, `receive` and `disconnect` on ports
 * that can wait. Nothing is thrown; a negative number is a code, and `explain()` has its numbers.
 */
export class Client {
  /** The state; not for applications. */
  core_: Core | undefined
  /** What was wrong with the port or the options at `create`. */
  wrong_: Code
  cause_: Cause

  constructor(hal: Hal, options: Options) {
    const cause: Cause = { code: 0, reason: 0, value: 0, limit: 0, detail: '' }
    this.core_ = undefined
    this.cause_ = cause
    this.wrong_ = checkHal(hal, cause)
    const settings = this.wrong_ === 0 ? readSettings(options, cause) : undefined
    if (settings === undefined) this.wrong_ = cause.code
    else {
      const core = newCore(hal, options, settings)
      core.outbox_.wanted_ = options.onReceipt !== undefined
      if (FEATURE_JOURNAL && options.journal !== undefined && options.journal !== false) this.wrong_ = openJournal(core, cause)
      if (this.wrong_ === 0) this.core_ = core
      if (FEATURE_RECORDER && this.wrong_ === 0) startRecorder(core)
    }
  }

  /**
   * Starts, and goes on reconnecting until `disconnect`, `abort` or `destroy`. Calling it again does nothing.
   * Returns 0, or what is wrong with the port or the options: HalMissing ... BadOption (-1 to -27), Destroyed.
   */
  connect(): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (core.destroyed_) return ErrorCode.Destroyed
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteCall(core, Call.Connect, EMPTY)
    if (core.asked_ === Asked.Abort || core.asked_ === Asked.Leave) {
      core.again_ = true
      return 0
    }
    if (core.phase_ === Phase.Draining) return because(core, ErrorCode.Disconnecting)
    if (core.phase_ !== Phase.Offline) return 0
    const o = core.options_
    const settings = readSettings(o, core.cause_)
    if (settings === undefined) return core.cause_.code
    core.settings_ = settings
    let code = 0
    // What can be known now is checked now; what callbacks answer, at each attempt.
    if (o.credentials === undefined && o.authenticate === undefined) code = prepareConnect(core)
    else if (FEATURE_OFFLOAD) code = refusesMore(core.hal_, core.cause_)
    if (code < 0) return code
    if ((FEATURE_JOURNAL || FEATURE_LEARN || FEATURE_RECORDER) && core.stats_.boots === 0) core.stats_.boots = countBoot(core.hal_, o)
    core.outbox_.wanted_ = o.onReceipt !== undefined
    const timer = core.hal_.timer
    if (timer.wait === undefined && timer.onWake !== undefined && core.wakeHandle_ === 0) core.wakeHandle_ = timer.onWake(() => { pumpOnce(core) })
    const passed = advance(core.clock_, timer)
    if (core.outbox_.soonest_ >= 0) core.outbox_.soonest_ = core.outbox_.soonest_ > passed ? core.outbox_.soonest_ - passed : 0
    core.wait_ = 0
    core.phase_ = Phase.Waiting
    core.more_ = true
    if (core.busy_ === 0) {
      core.busy_ = core.busy_ + 1
      startAttempt(core)
      core.busy_ = core.busy_ - 1
      core.more_ = true
      settleAsked(core)
      nudge(core)
    }
    return 0
  }

  /**
   * Sends a message, or queues it until the link is up. `topic`: no wildcards, 1 to 65535 bytes of UTF-8. `qos` 0 when
   * absent. Returns a token above 0, which its one receipt will carry, or a code: BadTopic, BadPayload, BadQos,
   * QosUnsupported, RetainUnavailable, PacketTooLarge, ServerPacketLimit, QueueFull, QueueBytes, V5Only, BadProperty,
   * BadTime, BadOption, JournalFull, JournalFailed, Disconnecting, Destroyed. (MQTT 5.0 section 3.3)
   */
  publish(topic: string, payload: Bytes, qos?: Qos, retain?: boolean, extra?: PublishExtra): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (FEATURE_RECORDER && core.recorder_ !== undefined) notePublish(core, topic, payload, qos, retain, extra)
    const token = publish(core, topic, payload, qos, retain, extra)
    if (FEATURE_RECORDER && core.recorder_ !== undefined && token < 0) noteEvent(core, Event.Refused, token)
    if (core.more_) nudge(core)
    return token
  }

  /**
   * Sends a message of `total` bytes (0 to 268435455) in pieces: `read(offset, max)` is asked for 1 to `max` bytes at a
   * time, and again from 0 when the message must be sent again. Codes as for `publish`, and MessageTooLarge.
   */
  publishStream(topic: string, total: number, read: (this: void, offset: number, max: number) => Bytes, qos?: Qos): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteStream(core, topic, total, qos)
    const token = publishStream(core, topic, total, read, qos)
    if (FEATURE_RECORDER && core.recorder_ !== undefined && token < 0) noteEvent(core, Event.Refused, token)
    nudge(core)
    return token
  }

  /**
   * Wants the messages of a filter, now and after every reconnect. `handler` gets them, else `onMessage`. A filter asked
   * for again is replaced. Returns a token above 0, which `onSubscribed` will carry, or a code: BadFilter, BadQos,
   * QosUnsupported, TooManySubscriptions, PacketTooLarge, V5Only, SharedUnavailable, WildcardUnavailable,
   * SubscriptionIdUnavailable, Disconnecting, Destroyed. (Section 3.8)
   */
  subscribe(filter: string, qos: Qos, handler?: MessageHandler, extra?: SubscribeExtra): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteSubscribe(core, filter, qos, handler !== undefined, extra)
    const token = subscribe(core, filter, qos, handler, extra)
    if (FEATURE_RECORDER && core.recorder_ !== undefined && token < 0) noteEvent(core, Event.Refused, token)
    nudge(core)
    return token
  }

  /** Ends a subscription. Returns a token above 0, or NotSubscribed, BadFilter, Disconnecting, Destroyed. (Section 3.10) */
  unsubscribe(filter: string): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteFilter(core, Call.Unsubscribe, filter, EMPTY)
    const token = unsubscribe(core, filter)
    if (FEATURE_RECORDER && core.recorder_ !== undefined && token < 0) noteEvent(core, Event.Refused, token)
    nudge(core)
    return token
  }

  /**
   * Reads what has arrived, keeps the heartbeat alive, sends what waits: call it in a loop. On ports that can wait it
   * returns when `timeoutMs` (0 to 2^30 - 1, more is taken for that) have passed; on others after one slice. Returns the number of packets handled, or
   * NotStarted, Reentrant (inside a callback), Destroyed, Stopped (the program is asked to end).
   */
  yield(timeoutMs: number): Code {
    const core = this.core_
    return core === undefined ? this.wrong_ : loop(core, timeoutMs, false)
  }

  /**
   * The next message of the receive cache (`cache` must not be `direct`), waiting up to `timeoutMs` where the port can
   * wait. One record, reused; undefined when there is none.
   */
  receive(timeoutMs: number): Message | undefined {
    const core = this.core_
    if (core === undefined || !FEATURE_CACHE || core.destroyed_ || core.busy_ > 0) return undefined
    if (core.inbox_.count_ === 0) loop(core, timeoutMs, true)
    const m = take(core.inbox_)
    if (m === undefined) return undefined
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteCall(core, Call.Receive, EMPTY)
    const into = core.message_
    into.topic = textOfTopic(core, m.topic_)
    into.payload = m.payload_
    into.packet.qos = m.qos_
    into.packet.retain = m.retain_
    into.packet.dup = m.dup_
    if (FEATURE_JOURNAL && core.journal_ !== undefined) into.packet.repeated = m.repeated_ === true
    into.packet.packetId = m.packetId_
    into.packet.properties = m.properties_
    if (core.inbox_.withheld_.length > 0) releaseAcks(core)
    core.more_ = true
    nudge(core)
    return into
  }

  /** ms until a slice is needed: a device may sleep that long, or until its socket has data. 2^30 - 1 when nothing is to come. */
  idle(): number {
    const core = this.core_
    if (core === undefined) return Longest.Wait
    return untilDue(core, Longest.Wait)
  }

  /**
   * Ends in order: waits up to 5 s (`extra.timeout`) for queue and in-flight messages, sends DISCONNECT, closes. The server
   * discards the will. On ports that can wait it returns when that is done, else `onLink` says `offline`. Returns 0, or
   * WillNeedsV5, V5Only, BadProperty, BadTime, Destroyed. (Section 3.14)
   */
  disconnect(extra?: DisconnectExtra): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteDisconnect(core, extra)
    if (core.busy_ > 0 && core.phase_ < Phase.Up && core.phase_ !== Phase.Offline) {
      core.asked_ = Asked.Leave
      return 0
    }
    core.busy_ = core.busy_ + 1
    const code = disconnect(core, extra)
    core.busy_ = core.busy_ - 1
    if (FEATURE_RECORDER && core.recorder_ !== undefined && code < 0) noteEvent(core, Event.Refused, code)
    if (code < 0) return code
    settleAsked(core)
    if (core.outbox_.owed_ > 0) core.more_ = true
    nudge(core)
    const timer = core.hal_.timer
    if (core.busy_ === 0 && timer.wait !== undefined) {
      // `drain` bounds this: its own time, and one second for DISCONNECT.
      while (core.phase_ === Phase.Draining) {
        slice(core)
        if (core.phase_ === Phase.Draining) timer.wait(untilDue(core, 1000) + 1)
      }
    }
    return 0
  }

  /** Closes without DISCONNECT, so that the server publishes the will, and does not reconnect. Returns 0, or Destroyed. */
  abort(): Code {
    const core = this.core_
    if (core === undefined) return this.wrong_
    if (core.destroyed_) return ErrorCode.Destroyed
    if (core.phase_ === Phase.Offline) return 0
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteCall(core, Call.Abort, EMPTY)
    if (core.asked_ !== Asked.Destroy) core.asked_ = Asked.Abort
    core.again_ = false
    settleAsked(core)
    nudge(core)
    return 0
  }

  /** Closes, gives every open publish a dropped receipt and frees all. Later calls return Destroyed; this one 0, always. */
  destroy(): Code {
    const core = this.core_
    if (core === undefined || core.destroyed_) return 0
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteCall(core, Call.Destroy, EMPTY)
    core.destroyed_ = true
    core.asked_ = Asked.Destroy
    settleAsked(core)
    return 0
  }

  /** The counters: one live record (all 0 when `create` was given a port or options that do not work). */
  stats(): Stats {
    const core = this.core_
    if (core === undefined) return newStats()
    const stats = core.stats_
    stats.outboxCount = core.outbox_.count_
    stats.outboxBytes = core.outbox_.bytes_
    stats.inflight = core.outbox_.flightCount_
    return stats
  }

  /**
   * 5.0: the properties of the last CONNACK (assigned client identifier, response information, server keep alive, limits);
   * undefined before it, and under 3.1 and 3.1.1. (Section 3.2.2.3)
   */
  server(): Properties | undefined {
    return this.core_ === undefined ? undefined : this.core_.server_.properties_
  }

  /** The last cause: one live record. The text for it: `explain` in explain.ts. */
  explain(): Cause {
    return this.core_ === undefined ? this.cause_ : this.core_.cause_
  }
}

/** `run` where the port cannot wait: sockets wake the handle too, so the period is measured. */
function runOnWake(core: Core, periodMs: number, fn: (this: void) => void): Code {
  const timer = core.hal_.timer
  const onWake = timer.onWake
  const wakeAfter = timer.wakeAfter
  if (onWake === undefined || wakeAfter === undefined) return ErrorCode.CannotWait
  let last = timer.ticks()
  let handle = 0
  const turn = (): void => {
    if (core.destroyed_ || core.phase_ === Phase.Offline) {
      wakeAfter(handle, -1)
      return
    }
    if (timer.since(last) >= periodMs) {
      last = timer.ticks()
      callUser(core, fn, undefined, undefined, undefined)
      settleAsked(core)
      nudge(core)
    }
    const left = periodMs - timer.since(last)
    wakeAfter(handle, left > 0 ? left : 0)
  }
  handle = onWake(turn)
  callUser(core, fn, undefined, undefined, undefined)
  settleAsked(core)
  nudge(core)
  wakeAfter(handle, periodMs)
  return 0
}

/** A client on this port. What is wrong with `hal` or `options` is `connect()`'s code, and `explain()` names it. */
export function create(this: void, hal: Hal, options: Options): Client {
  return new Client(hal, options)
}

/**
 * `fn` every `periodMs` (1 to 2^30), the client's slices in between, until the client is offline or the program is asked to
 * end. On ports that can wait it returns then, with 0 or a code; on others at once, with 0, and a timer goes on.
 */
export function run(this: void, client: Client, periodMs: number, fn: (this: void) => void): Code {
  const core = client.core_
  if (core === undefined) return client.wrong_
  const timer = core.hal_.timer
  if (timer.wait === undefined) return runOnWake(core, periodMs, fn)
  while (true) {
    const start = timer.ticks()
    callUser(core, fn, undefined, undefined, undefined)
    settleAsked(core)
    let left = periodMs - timer.since(start)
    if (left < 0) left = 0
    if (core.phase_ === Phase.Offline && core.outbox_.owed_ === 0 && !core.destroyed_) return 0
    const code = client.yield(left)
    if (code < 0) return code
    if (core.phase_ === Phase.Offline) return 0
  }
}
