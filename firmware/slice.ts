/**
 * One slice: read what the socket has, handle each whole packet, run due timers, write what the socket will take. It is
 * bounded by `slicePackets` and `sliceBytes`, and nothing in it waits.
 */
import { EMPTY, type Code } from './bytes.js'
import { advance, earlier } from './clock.js'
import { ErrorCode, Reason } from './codes.js'
import { writePingreq } from './codec/write.js'
import { readPacket } from './codec/read.js'
import { feed, scan, Scan } from './codec/scan.js'
import { Asked, because, broken, callUser, enterPhase, Phase, topicOf, type Core } from './core.js'
import { causeOfSocket, closeWith, fail, goOffline, startAttempt } from './connection.js'
import { handleHandshake } from './handshake.js'
import { judgeStart, nextWatch, watchLink } from './judge.js'
import { endStream, handlePacket, startStream, streamPiece } from './inbound.js'
import { isFull } from './inbox.js'
import { ageJournal, isHeldByJournal, journalDue, recordNow, tellBegins, tellDone } from './journal.js'
import { ageKeepalive, isPingDue, isPingOverdue, nextPing } from './keepalive.js'
import { isIdlePingDue, nextIdlePing, notePing, noteReceived } from './learn-link.js'
import { expire, popFront } from './outbox.js'
import { flushOut, Most, pump, send, tellSubscribed, tellUnsubscribed } from './outbound.js'
import { noteEvent, noteOut, noteRead, noteStreamIn, Event } from './recorder.js'
import { endSlice } from './recording.js'
import { currentServer } from './servers.js'
import { readSettings } from './settings.js'
import { endAll, endConnection, giveUpOldest, giveUpStream, hasLeft } from './session.js'
import { sampleSignal } from './signals.js'
import { append } from './transmit.js'
import type { Socket } from '../hal/hal.js'

const enum Wait {
  /** ms: how long a closing connection may take to let DISCONNECT go. */
  Goodbye = 1000,
  /** ms: how long an overflowing receive set may stay full before the link is closed. */
  Overflow = 30000,
  /** Acks that may wait behind a message in pieces, or beyond the cache's count for the application. */
  Acks = 256
}

/** Whether the application's cache has no room for the largest packet: then we do not read on, once the session is open. */
export function mustHold(core: Core): boolean {
  if (!FEATURE_CACHE || core.options_.cache !== 'push-back' || core.phase_ < Phase.Up) return false
  return core.inbox_.withheld_.length >= core.settings_.inboxCount_ + Wait.Acks ||
    isFull(core.inbox_, core.settings_.inboxReserve_, core.settings_.inboxCount_, core.settings_.inboxBytes_)
}

/** Whether what is read now can be held and answered: the application's cache, the way out, acks that wait. */
export function mayRead(core: Core): boolean {
  return core.tx_.bytes_ <= core.settings_.backlog_ && core.behind_.length < Wait.Acks && !mustHold(core)
}

/** A scanner that failed: what the bytes were instead of MQTT. */
function scanFailure(core: Core, found: number): Code {
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteEvent(core, Event.Bad, found)
  if (found === Scan.TooLarge) return because(core, ErrorCode.InboundTooLarge, '', core.scanner_.size_, core.settings_.packetIn_, Reason.PacketTooLarge)
  if (core.phase_ < Phase.Up && core.stats_.packetsIn === core.packetsBefore_) return because(core, ErrorCode.NotMqtt, currentServer(core.servers_, core.options_.servers).host, core.scanner_.header_)
  return because(core, ErrorCode.Malformed, '', core.scanner_.header_, 0, Reason.MalformedPacket)
}

/** One thing that the scanner found. Below 0: close. */
function handleFound(core: Core, found: number): Code {
  const s = core.scanner_
  if (found === Scan.Packet) {
    core.stats_.packetsIn = core.stats_.packetsIn + 1
    const reason = readPacket(core.packet_, s, core.settings_.version_, core.hal_.text)
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteRead(core, reason)
    if (reason !== 0) return broken(core, reason, '')
    if (core.phase_ >= Phase.Up) return handlePacket(core)
    const code = handleHandshake(core)
    if (code !== 1) return code
    core.stats_.connects = core.stats_.connects + 1
    if (FEATURE_GOVERNOR) judgeStart(core)
    core.connectPacket_ = EMPTY
    enterPhase(core, Phase.Up, 0)
    return 0
  }
  if (core.phase_ < Phase.Up) return broken(core, Reason.ProtocolError, 'CONNACK')
  if (FEATURE_RECORDER && core.recorder_ !== undefined && found === Scan.StreamStart) noteStreamIn(core, s)
  if (found === Scan.StreamStart) return startStream(core, s)
  if (found === Scan.StreamChunk) {
    if (FEATURE_STREAM) streamPiece(core, s)
  } else {
    core.stats_.packetsIn = core.stats_.packetsIn + 1
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteEvent(core, Event.StreamIn, 0)
    endStream(core)
  }
  return 0
}

/** Reads and handles, within the slice's bounds. Returns the packets handled, or below 0 why the link must end. */
function receive(core: Core, socket: Socket): Code {
  const s = core.settings_
  let packets = 0
  let bytes = s.sliceBytes_
  core.paused_ = false
  core.dry_ = false
  const streamMax = core.options_.onStream === undefined ? 16777215 : s.streamMax_
  while (packets < s.slicePackets_) {
    if (!mayRead(core)) {
      core.paused_ = true
      return packets
    }
    if (core.asked_ !== Asked.Nothing || core.phase_ < Phase.Connecting) return packets
    const found = scan(core.scanner_, s.packetIn_, streamMax, s.version_)
    if (found === Scan.More) {
      if (FEATURE_STATS && core.scanner_.held_ > core.stats_.scannerBytesMost) core.stats_.scannerBytesMost = core.scanner_.held_
      if (bytes <= 0) {
        core.more_ = core.more_ || socket.pending() > 0
        return packets
      }
      const chunk = socket.read(bytes)
      if (chunk.length === 0) {
        core.dry_ = socket.pending() > 0
        return packets
      }
      bytes = bytes - chunk.length
      core.stats_.bytesIn = (core.stats_.bytesIn + chunk.length) % 1073741824
      core.keepalive_.sinceReceived_ = 0
      core.keepalive_.waiting_ = -1
      if (FEATURE_LEARN) noteReceived(core)
      core.held_ = 0
      feed(core.scanner_, chunk)
      if (FEATURE_RECORDER && core.recorder_ !== undefined) core.recorder_.partial_ = chunk.length
    } else if (found < 0) return scanFailure(core, found)
    else {
      packets = packets + 1
      const code = handleFound(core, found)
      if (code < 0) return code
    }
  }
  core.more_ = true
  return packets
}

/** Requests whose answer takes too long are told; their ids stay taken. Below 0: none was answered of as many as may be out. */
function ageRequests(core: Core, passed: number): Code {
  const most = core.settings_.requestTimeout_
  let silent = 0
  for (const q of core.registry_.requests_) {
    if (q.age_ < 0) {
      silent = silent + 1
      continue
    }
    q.age_ = q.age_ + passed
    if (q.age_ < most) continue
    q.age_ = -1
    silent = silent + 1
    because(core, ErrorCode.RequestTimeout, q.entries_[0].filter_, most, most)
    for (const e of q.entries_) {
      if (q.unsubscribe_) tellUnsubscribed(core, e, ErrorCode.RequestTimeout)
      else tellSubscribed(core, e, ErrorCode.RequestTimeout)
    }
  }
  return silent < Most.Requests ? 0 : because(core, ErrorCode.RequestTimeout, '', silent, Most.Requests)
}

/** Whether there is something to send that has to wait for the socket. */
function isLeaving(core: Core): boolean {
  return core.tx_.bytes_ > 0 || FEATURE_STREAM && core.streaming_ !== undefined
}

/** Time that went by before this slice counts only against what was under way before it. */
function ageLink(core: Core, passed: number): void {
  ageKeepalive(core.keepalive_, passed)
  if (isLeaving(core)) core.tx_.stalled_ = core.tx_.stalled_ + passed
  // Pieces of a message on their way are progress.
  if (core.sentNow_ > 0 && hasLeft(core)) core.ackAge_ = core.ackAge_ + passed
  if (FEATURE_QOS2 && core.overflow_ >= 0) core.overflow_ = core.overflow_ + passed
}

/** The timers of an open connection. Below 0: it must end. */
function runTimers(core: Core, socket: Socket, passed: number): Code {
  const k = core.keepalive_
  const s = core.settings_
  if (FEATURE_CACHE && (k.waiting_ >= 0 || core.sentNow_ > 0) && core.held_ < core.server_.keepalive_ * 1000 && mustHold(core)) {
    // It is us who do not read: the answers may lie there already.
    core.held_ = core.held_ + passed
    if (k.waiting_ >= 0) k.waiting_ = k.waiting_ - passed
    core.ackAge_ = core.ackAge_ > passed ? core.ackAge_ - passed : 0
  }
  if (isPingOverdue(k)) return because(core, ErrorCode.PingTimeout, socket.unacked() > 0 || core.tx_.bytes_ > 0 ? 'tx-stalled' : '', k.waiting_, k.timeout_, Reason.KeepAliveTimeout)
  if (isLeaving(core) && core.tx_.stalled_ >= k.timeout_) return because(core, FEATURE_JOURNAL && isHeldByJournal(core) ? ErrorCode.JournalFailed : ErrorCode.TxBlocked, '', core.tx_.bytes_, k.timeout_)
  if (core.sentNow_ > 0 && core.ackAge_ >= s.ackTimeout_) {
    const oldest = core.outbox_.flight_.head_
    const topic = oldest === undefined ? '' : topicOf(core, oldest)
    giveUpOldest(core)
    return because(core, ErrorCode.AckTimeout, topic, core.ackAge_, s.ackTimeout_)
  }
  if (FEATURE_QOS2 && core.overflow_ >= 0 && (core.receiveSet_.length === 0 || core.overflow_ >= Wait.Overflow)) return because(core, ErrorCode.ReceiveSetFull, '', core.receiveSet_.length, 64)
  if (core.registry_.requests_.length > 0) {
    const code = ageRequests(core, passed)
    if (code < 0) return code
  }
  // Behind a large message a ping could not leave in time: there a way out that takes nothing tells of a dead link.
  if (!isLeaving(core) && (isPingDue(k, socket.unacked() === 0) || FEATURE_LEARN && isIdlePingDue(core))) {
    if (FEATURE_LEARN) notePing(core, socket)
    send(core, writePingreq())
    core.stats_.pings = core.stats_.pings + 1
    k.waiting_ = 0
  }
  return 0
}

/** `disconnect()` under way: DISCONNECT when all is done or its time is up, then the end. */
function drain(core: Core): void {
  const box = core.outbox_
  if (!core.drainSent_) {
    const done = box.queue_.head_ === undefined && box.flightCount_ === 0 && box.leaving_.head_ === undefined && core.streaming_ === undefined
    if (!done && core.age_ < core.drainMs_) return
    core.drainSent_ = true
    // A message cut off in the middle cannot be followed by anything: the connection just ends.
    if (core.streaming_ === undefined) {
      append(core.tx_, core.disconnectPacket_)
      if (FEATURE_RECORDER && core.recorder_ !== undefined) noteOut(core, core.disconnectPacket_)
    }
    core.drainMs_ = core.age_ + Wait.Goodbye
    const socket = core.socket_
    if (socket !== undefined) flushOut(core, socket)
  }
  if (core.tx_.bytes_ > 0 && core.age_ < core.drainMs_) return
  endConnection(core, false)
  because(core, ErrorCode.Disconnected)
  goOffline(core, ErrorCode.Disconnected)
}

function connectTimeout(core: Core, stage: string): Code {
  fail(core, because(core, ErrorCode.ConnectTimeout, stage, core.age_, core.settings_.connectTimeout_))
  return 0
}

/** An open socket's share of the slice. */
function work(core: Core, socket: Socket, passed: number): Code {
  if (core.phase_ === Phase.Opening) {
    const status = socket.status()
    if (status === 0) return core.age_ >= core.settings_.connectTimeout_ ? connectTimeout(core, 'tcp') : 0
    if (status < 0) {
      fail(core, causeOfSocket(core, status))
      return 0
    }
    core.packetsBefore_ = core.stats_.packetsIn
    core.keepalive_.interval_ = 0
    core.keepalive_.timeout_ = core.settings_.connectTimeout_
    core.keepalive_.waiting_ = -1
    const opened = core.age_
    send(core, core.connectPacket_)
    const sent = flushOut(core, socket)
    if (sent < 0) {
      fail(core, causeOfSocket(core, sent))
      return 0
    }
    enterPhase(core, Phase.Connecting, 0)
    core.age_ = opened
    if (core.asked_ !== Asked.Nothing) return 0
  }
  const handled = receive(core, socket)
  if (handled < 0) {
    closeWith(core, handled)
    return 0
  }
  if (core.socket_ !== socket || core.asked_ !== Asked.Nothing) return handled
  const status = socket.status()
  if (status < 0 && (socket.pending() === 0 || core.dry_) && !core.more_) {
    fail(core, causeOfSocket(core, status))
    return handled
  }
  if (core.phase_ === Phase.Connecting && core.age_ >= core.settings_.connectTimeout_) return connectTimeout(core, 'connack')
  if (FEATURE_GOVERNOR) watchLink(core)
  let code = runTimers(core, socket, passed)
  if (code === 0) {
    const out = status < 0 ? 0 : pump(core, socket)
    if (FEATURE_STREAM && out === ErrorCode.StreamFailed) giveUpStream(core)
    code = out < 0 && out !== ErrorCode.StreamFailed ? causeOfSocket(core, out) : out
  }
  if (code < 0) {
    closeWith(core, code)
    return handled
  }
  // What reading had to wait for is done: what is there is read without another event.
  if (core.paused_ && mayRead(core)) core.more_ = true
  if (core.phase_ === Phase.Draining) drain(core)
  return handled
}

/** Receipts, at the end of the slice, as many as there were at its start: a receipt's callback may make new ones. */
export function tellReceipts(core: Core): void {
  const box = core.outbox_
  const fn = core.options_.onReceipt
  let most = box.owed_
  while (most > 0) {
    const m = popFront(box.receipts_)
    if (m === undefined) return
    most = most - 1
    box.owed_ = box.owed_ - 1
    if (FEATURE_JOURNAL) tellBegins(core, m)
    if (fn !== undefined) callUser(core, fn, m.token_, m.outcome_, m.reason_)
    if (FEATURE_JOURNAL) tellDone(core)
  }
}

/** ms from this slice to the earliest timer; 0 when there is work left, -1 when nothing is to come. */
function nextDue(core: Core): number {
  if (core.more_ || core.outbox_.receipts_.head_ !== undefined) return 0
  const s = core.settings_
  let due = -1
  if (core.phase_ === Phase.Offline) due = -1
  else if (core.phase_ === Phase.Waiting) due = core.wait_
  else if (core.phase_ < Phase.Up) due = s.connectTimeout_ - core.age_
  else {
    const socket = core.socket_
    const leaving = isLeaving(core)
    if (!leaving || core.keepalive_.waiting_ >= 0) due = nextPing(core.keepalive_, socket !== undefined && socket.unacked() === 0)
    if (FEATURE_LEARN && !leaving) due = earlier(due, nextIdlePing(core))
    if (leaving) due = earlier(due, core.keepalive_.timeout_ - core.tx_.stalled_)
    due = earlier(due, core.sentNow_ > 0 ? s.ackTimeout_ - core.ackAge_ : -1)
    if (core.overflow_ >= 0) due = earlier(due, core.receiveSet_.length === 0 ? 0 : Wait.Overflow - core.overflow_)
    if (core.phase_ === Phase.Draining) due = earlier(due, core.drainMs_ - core.age_)
    if (FEATURE_GOVERNOR) due = earlier(due, nextWatch(core))
    for (const q of core.registry_.requests_) {
      if (q.age_ >= 0) due = earlier(due, s.requestTimeout_ - q.age_)
    }
  }
  if (core.outbox_.soonest_ >= 0) due = earlier(due, core.outbox_.soonest_)
  if (FEATURE_JOURNAL) due = earlier(due, journalDue(core))
  return due < 0 && due !== -1 ? 0 : due
}

/** What callbacks asked for in the slice, now that nothing is under way. */
export function settleAsked(core: Core): void {
  if (core.busy_ > 0 || core.asked_ === Asked.Nothing) return
  const asked = core.asked_
  core.asked_ = Asked.Nothing
  core.busy_ = core.busy_ + 1
  if (core.phase_ !== Phase.Offline || asked === Asked.Destroy) {
    endConnection(core, false)
    const code = asked === Asked.Destroy ? ErrorCode.Destroyed : asked === Asked.Abort ? ErrorCode.Aborted : ErrorCode.Disconnected
    because(core, code)
    if (asked === Asked.Destroy) {
      endAll(core, 'dropped', code)
      core.registry_.entries_ = []
      core.phase_ = Phase.Offline
    } else goOffline(core, code)
    tellReceipts(core)
    if (FEATURE_JOURNAL) recordNow(core)
  }
  const timer = core.hal_.timer
  if (asked === Asked.Destroy && core.wakeHandle_ > 0 && timer.wakeAfter !== undefined) {
    timer.wakeAfter(core.wakeHandle_, -1)
    core.wakeHandle_ = 0
  }
  if (core.again_ && core.phase_ === Phase.Offline && asked !== Asked.Destroy) {
    const settings = readSettings(core.options_, core.cause_)
    if (settings !== undefined) {
      core.settings_ = settings
      core.wait_ = 0
      core.phase_ = Phase.Waiting
      core.more_ = true
    }
  }
  core.again_ = false
  core.busy_ = core.busy_ - 1
}

/** One slice. Returns the packets handled. The caller made sure that none is running. */
export function slice(core: Core): number {
  const timer = core.hal_.timer
  const passed = advance(core.clock_, timer)
  core.busy_ = core.busy_ + 1
  core.more_ = false
  core.age_ = core.age_ + passed
  if (core.age_ > 1073741824) core.age_ = 1073741824
  let handled = 0
  const box = core.outbox_
  if (FEATURE_POLICIES && box.soonest_ >= 0) {
    box.soonest_ = box.soonest_ > passed ? box.soonest_ - passed : 0
    if (box.soonest_ === 0) expire(box, core.clock_.seconds_, core.clock_.millis_)
  }
  if (core.phase_ === Phase.Waiting) {
    core.wait_ = core.wait_ - passed
    if (core.wait_ <= 0) startAttempt(core)
  }
  const socket = core.socket_
  if (socket !== undefined && core.asked_ === Asked.Nothing) {
    ageLink(core, passed)
    handled = work(core, socket, passed)
    if (handled < 0) handled = 0
  }
  if (box.receipts_.head_ !== undefined) tellReceipts(core)
  if (FEATURE_JOURNAL) ageJournal(core, passed)
  if (FEATURE_STATS && core.hal_.modem !== undefined) sampleSignal(core)
  core.due_ = nextDue(core)
  const took = timer.since(core.clock_.stamp_)
  if (took > core.stats_.longestSlice) core.stats_.longestSlice = took
  core.hal_.system.feedWatchdog()
  core.busy_ = core.busy_ - 1
  settleAsked(core)
  if (FEATURE_RECORDER && core.recorder_ !== undefined) endSlice(core)
  return handled
}
