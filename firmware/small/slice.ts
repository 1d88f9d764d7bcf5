/** One slice: read what the socket has, handle each whole packet, run due timers, write what the socket will take. Nothing in it waits. */
import { b2, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { Asked, because, endpoint, enterPhase, Limit, Phase, type Core } from './core.js'
import { nextWatch, watchLink } from './judge.js'
import { ageRequests, isRestoring, sendRequests } from './filters.js'
import { closeLink, fail, goOffline, startAttempt } from './link.js'
import { end, endAll, tellReceipts, topicOf } from './outbox.js'
import { expire, nextExpiry } from './policies.js'
import { pump } from './publish.js'
import { mayRead, mustHold, receive } from './receive.js'
import { sampleSignal } from './signals.js'
import { append, flush } from './wire.js'
import { LinkCode } from '../../hal/hal.js'

const enum Time {
  /** ms: the longest age, so that numbers stay of 32 bits. */
  Most = 1073741824,
  /** Bytes of a packet whose header takes three. */
  Head = 16383,
  /** ms: how long a closing connection may take to let DISCONNECT go. */
  Goodbye = 1000,
  /** ms: how long an overflowing receive set may stay full before the link is closed. */
  Overflow = 30000
}

/** ms that the peer may be silent after a PINGREQ, or take nothing. */
function pingTimeout(core: Core): number {
  const seconds = core.limits_[Limit.Keepalive]!
  const own = core.limits_[Limit.Ping]!
  return own > 0 ? own : seconds > 0 && seconds < 40 ? seconds * 500 : 20000
}

/** ms of silence after which a PINGREQ is due: a margin before the keepalive ends. -1 for never. */
function pingInterval(core: Core): number {
  const ms = core.limits_[Limit.Keepalive]! * 1000
  return ms === 0 ? -1 : ms > 50000 ? ms - 5000 : ms - (ms - ms % 10) / 10
}

/** What a port said of its socket, as the cause of the end. */
function socketFailed(core: Core, status: Code): Code {
  return because(core, status === LinkCode.Closed && core.phase_ >= Phase.Connecting ? ErrorCode.ClosedByServer : status, endpoint(core).host, core.age_)
}

/** The oldest message left: only then its answer can be late. */
function isAckDue(core: Core): boolean {
  const m = core.queue_.next_
  return core.sentNow_ > 0 && m !== undefined && m.end_ === 0
}

/** ms of silence: since the last packet sent or the last byte received, whichever is earlier, but for what the port knows to have arrived. */
function silence(core: Core): number {
  const socket = core.socket_
  return core.received_ > core.sent_ && socket !== undefined && socket.unacked() !== 0 ? core.received_ : core.sent_
}

/** Whether there is something to send that has to wait for the socket. */
function isLeaving(core: Core): boolean {
  return core.tx_.length > 0 || FEATURE_STREAM && core.streaming_ !== undefined
}

/** The timers of an open session. Below 0: the link must end. */
function runTimers(core: Core, passed: number): Code {
  ageRequests(core, passed)
  const most = pingTimeout(core)
  const interval = pingInterval(core)
  if (FEATURE_CACHE && (core.ping_ >= 0 || core.sentNow_ > 0) && core.held_ < core.limits_[Limit.Keepalive]! * 1000 && mustHold(core)) {
    // It is us who do not read: the answers may lie there already.
    core.held_ = core.held_ + passed
    if (core.ping_ >= 0) core.ping_ = core.ping_ - passed
    core.ack_ = core.ack_ > passed ? core.ack_ - passed : 0
  }
  if (core.ping_ >= most) return because(core, ErrorCode.PingTimeout, '', core.ping_, most)
  if (FEATURE_QOS2 && core.overflow_ >= 0 && (core.receiveSet_.length === 0 || core.overflow_ >= Time.Overflow)) return because(core, ErrorCode.ReceiveSetFull, '', core.receiveSet_.length, 64)
  if (isLeaving(core)) {
    if (core.stall_ >= most) return because(core, ErrorCode.TxBlocked, '', core.tx_.length, most)
  } else if (interval > 0 && core.ping_ < 0 && silence(core) >= interval) {
    append(core, b2(0xc0, 0))
    core.ping_ = 0
    if (FEATURE_STATS) core.stats_.pings = core.stats_.pings + 1
  }
  const oldest = core.queue_.next_
  const patience = core.limits_[Limit.Ack]!
  if (oldest !== undefined && isAckDue(core) && core.ack_ >= patience) return because(core, ErrorCode.AckTimeout, topicOf(core, oldest), core.ack_, patience)
  return 0
}

/** `disconnect()` under way: DISCONNECT when all is done or its time is up, then the end. */
function drain(core: Core): void {
  if (!core.drainSent_) {
    if (core.count_ > 0 && core.age_ < core.drain_) return
    core.drainSent_ = true
    append(core, b2(0xe0, 0))
    flush(core)
    core.drain_ = core.age_ + Time.Goodbye
  }
  if (core.tx_.length > 0 && core.age_ < core.drain_) return
  closeLink(core)
  goOffline(core, because(core, ErrorCode.Disconnected))
}

/** What the session sends in this slice. Below 0: the link must end. */
function send(core: Core): Code {
  if (core.dirty_) sendRequests(core)
  if (core.restoring_) core.restoring_ = isRestoring(core)
  let code = core.queue_.next_ === undefined ? 0 : pump(core)
  if (code === 0) {
    const waiting = core.tx_.length
    code = flush(core)
    // It was the slice that was full, not the socket.
    if (waiting >= core.limits_[Limit.SliceBytes]! && core.tx_.length < waiting) core.more_ = true
    return code < 0 ? socketFailed(core, code) : code
  }
  // The user's function did not give what it promised: the message that is half out ends, and the connection with it.
  if (FEATURE_STREAM && core.streaming_ !== undefined) end(core, core.streaming_, 'rejected', code)
  return code
}

/** The socket's share of the slice. Returns the packets handled. */
function work(core: Core, passed: number): number {
  const socket = core.socket_
  if (socket === undefined) return 0
  const most = core.limits_[Limit.Connect]!
  let status = socket.status()
  let handled = 0
  let code = 0
  if (core.phase_ === Phase.Opening && status > 0) {
    append(core, core.connectPacket_)
    status = flush(core) < 0 ? socket.status() : status
    // `connectTimeout` counts from the opening of the socket.
    const age = core.age_
    enterPhase(core, Phase.Connecting, 0)
    core.age_ = age
    if (core.asked_ !== Asked.Nothing) return 0
  }
  if (core.phase_ !== Phase.Opening && !core.drainSent_) {
    handled = receive(core)
    code = handled
    if (core.asked_ !== Asked.Nothing) return handled
    status = socket.status()
  }
  if (code >= 0) {
    code = 0
    if (status < 0 && !core.more_) code = socketFailed(core, status)
    else if (core.phase_ < Phase.Up) {
      if (core.age_ >= most) code = because(core, ErrorCode.ConnectTimeout, core.phase_ === Phase.Opening ? 'tcp' : 'connack', core.age_, most)
    } else if (!core.drainSent_) {
      if (FEATURE_GOVERNOR) watchLink(core)
      code = runTimers(core, passed)
    }
    if (code === 0) {
      if (core.phase_ >= Phase.Up && !core.drainSent_) code = send(core)
      else {
        code = flush(core)
        if (code < 0) code = socketFailed(core, code)
      }
    }
  }
  if (code < 0) {
    // The acks of this slice go too: the server need not repeat what they answer.
    flush(core)
    fail(core, code)
  } else if (core.paused_ && mayRead(core)) core.more_ = true
  if (core.phase_ === Phase.Draining) drain(core)
  return handled > 0 ? handled : 0
}

function least(a: number, b: number): number {
  return a < b ? a : b
}

/** ms from this slice to the earliest timer; 0 when there is work left, 2^30 when nothing is to come. */
function nextDue(core: Core): number {
  if (core.more_ || core.receipts_.length > 0) return 0
  if (core.phase_ === Phase.Offline) return Time.Most
  if (core.phase_ === Phase.Waiting) return core.wait_
  if (core.phase_ < Phase.Up) return core.limits_[Limit.Connect]! - core.age_
  // Behind DISCONNECT nothing else is waited for.
  if (core.drainSent_) return core.drain_ - core.age_
  const most = pingTimeout(core)
  const interval = pingInterval(core)
  let due: number = Time.Most
  if (isLeaving(core)) due = most - core.stall_
  else if (core.ping_ < 0 && interval > 0) due = interval - silence(core)
  if (core.ping_ >= 0) due = least(due, most - core.ping_)
  if (isAckDue(core)) due = least(due, core.limits_[Limit.Ack]! - core.ack_)
  if (core.phase_ === Phase.Draining) due = least(due, core.drain_ - core.age_)
  for (const e of core.filters_) {
    if (e.id_ > 0 && e.age_ >= 0) due = least(due, core.limits_[Limit.Request]! - e.age_)
  }
  if (FEATURE_QOS2 && core.overflow_ >= 0) due = least(due, core.receiveSet_.length === 0 ? 0 : Time.Overflow - core.overflow_)
  if (FEATURE_GOVERNOR) {
    const watch = nextWatch(core)
    if (watch >= 0) due = least(due, watch)
  }
  return due
}

/** The next slice starts an attempt. */
export function begin(core: Core): void {
  core.wait_ = 0
  core.phase_ = Phase.Waiting
  core.more_ = true
}

/** What callbacks asked for in the slice, now that nothing is under way. */
export function settle(core: Core): void {
  const asked = core.asked_
  if (core.busy_ > 0 || asked === Asked.Nothing) return
  core.asked_ = Asked.Nothing
  core.busy_ = core.busy_ + 1
  closeLink(core)
  const code = because(core, asked === Asked.Destroy ? ErrorCode.Destroyed : asked === Asked.Abort ? ErrorCode.Aborted : ErrorCode.Disconnected)
  if (asked === Asked.Destroy) {
    core.phase_ = Phase.Offline
    endAll(core, code)
    core.filters_ = []
    const timer = core.hal_.timer
    if (core.handle_ > 0 && timer.wakeAfter !== undefined) timer.wakeAfter(core.handle_, -1)
    core.handle_ = 0
  } else goOffline(core, code)
  tellReceipts(core)
  if (core.again_ && core.phase_ === Phase.Offline) begin(core)
  core.again_ = false
  core.busy_ = core.busy_ - 1
  settle(core)
}

/** Whether nothing is on its way out, and nothing waits for an answer. */
function isFree(core: Core): boolean {
  return core.phase_ === Phase.Up && core.tx_.length === 0 && core.count_ === 0 && !core.restoring_ && !core.dirty_
}

/** One slice. Returns the packets handled. The caller made sure that none is running. */
export function slice(core: Core): number {
  const timer = core.hal_.timer
  let passed = timer.since(core.stamp_)
  core.stamp_ = timer.ticks()
  // Asked after more than 2^30 ms without a slice, a port may answer anything: then no time has passed.
  if (passed < 0 || passed > Time.Most) passed = 0
  core.busy_ = core.busy_ + 1
  core.ready_ = 0
  core.more_ = false
  core.age_ = least(core.age_ + passed, Time.Most)
  core.sent_ = core.sent_ + passed
  core.received_ = least(core.received_ + passed, Time.Most)
  core.stall_ = core.stall_ + passed
  if (core.ping_ >= 0) core.ping_ = core.ping_ + passed
  if (isAckDue(core)) core.ack_ = core.ack_ + passed
  if (FEATURE_QOS2 && core.overflow_ >= 0) core.overflow_ = core.overflow_ + passed
  if (FEATURE_POLICIES) expire(core, passed)
  if (FEATURE_GOVERNOR) {
    const millis = core.millis_ + passed
    core.millis_ = millis % 1000
    core.seconds_ = core.seconds_ + (millis - core.millis_) / 1000
  }
  if (core.phase_ === Phase.Waiting) {
    core.wait_ = core.wait_ - passed
    if (core.wait_ <= 0) startAttempt(core)
  }
  const handled = core.asked_ === Asked.Nothing ? work(core, passed) : 0
  tellReceipts(core)
  core.due_ = nextDue(core)
  if (FEATURE_POLICIES) core.due_ = nextExpiry(core, core.due_)
  if (core.due_ < 0) core.due_ = 0
  if (FEATURE_STATS) {
    if (core.hal_.modem !== undefined) sampleSignal(core)
    const took = timer.since(core.stamp_)
    if (took > core.stats_.longestSlice) core.stats_.longestSlice = took
  }
  core.hal_.system.feedWatchdog()
  core.busy_ = core.busy_ - 1
  core.free_ = isFree(core)
  // A message of QoS 0 may leave at once when nobody is to be told.
  if (core.free_ && core.options_.onReceipt === undefined) core.ready_ = least(least(core.limits_[Limit.PacketOut]! - 3, core.limits_[Limit.OutboxBytes]!), Time.Head)
  // The quick way counts on without a look.
  if (core.token_ > Time.Most / 2) core.token_ = 0
  settle(core)
  return handled
}
