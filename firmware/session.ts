/**
 * What becomes of messages and filters when a connection ends, when the server resumed our session, and when it lost it
 * (MQTT 5.0 sections 4.1 and 4.4; docs/protocol.md, "Sessions").
 */
import { ErrorCode } from './codes.js'
import { because, forgetSuspect, topicOf, Phase, type Core } from './core.js'
import { mustRecord } from './journal.js'
import { markTransmit } from './marks.js'
import { end, expire, newChain, popFront, prependAll, pushBack, qosOf, Step, Taken, unlink, type Chain } from './outbox.js'
import { dropRequests, restoreAll } from './subscriptions.js'
import { isTaken, resetTransmit } from './transmit.js'
import { resetScanner } from './codec/scan.js'
import type { Outcome } from './types.js'

/** Two chains in transmit order become one in transmit order. */
function merge(a: Chain, b: Chain): Chain {
  const all = newChain()
  while (a.head_ !== undefined || b.head_ !== undefined) {
    const x = a.head_
    const y = b.head_
    const fromA = y === undefined || x !== undefined && (y.from_ - x.from_ + 1073741824) % 1073741824 < 536870912
    const m = popFront(fromA ? a : b)
    if (m !== undefined) pushBack(all, m)
  }
  return all
}

/** Before the transmit buffer is forgotten: how much of each PUBLISH in flight this connection took. */
function latch(core: Core): void {
  const box = core.outbox_
  const rest = newChain()
  const unsent = newChain()
  let m = popFront(box.flight_)
  while (m !== undefined) {
    if (m.epoch_ === core.epoch_ && m.step_ !== Step.Pubcomp) {
      if (isTaken(core.tx_, m.end_)) m.taken_ = Taken.Whole
      else if (m.taken_ === Taken.Nothing && isTaken(core.tx_, (m.from_ + 1) % 1073741824)) m.taken_ = Taken.Part
    }
    if (m.taken_ === Taken.Nothing && m.step_ !== Step.Pubcomp) {
      // Not a byte of it went out: as if it had never been tried.
      m.packetId_ = 0
      m.epoch_ = 0
      m.step_ = Step.Send
      box.flightCount_ = box.flightCount_ - 1
      pushBack(unsent, m)
    } else pushBack(rest, m)
    m = popFront(box.flight_)
  }
  box.flight_ = rest
  m = box.leaving_.head_
  while (m !== undefined) {
    if (isTaken(core.tx_, (m.from_ + 1) % 1073741824)) m.taken_ = Taken.Part
    else if (m.taken_ === Taken.Nothing) m.epoch_ = 0
    m = m.next_
  }
  // Both were in order; QoS 0 and unsent QoS 1 and 2 that left together go back together, by where they stood.
  prependAll(box.queue_, merge(unsent, box.leaving_))
  box.leaving_ = newChain()
  // Their deadlines count again.
  if (FEATURE_POLICIES) expire(box, core.clock_.seconds_, core.clock_.millis_)
}

/** The server closed. Three connections in a row over the same oldest unacked publish, and it goes alone; once more, and it is given up. */
function suspectPoison(core: Core): void {
  const box = core.outbox_
  const m = box.flight_.head_
  if (m === undefined || m.epoch_ !== core.epoch_) return
  if (m.token_ !== core.suspect_) {
    core.suspect_ = m.token_
    core.suspicions_ = 1
    core.alone_ = false
    return
  }
  core.suspicions_ = core.suspicions_ + 1
  if (core.alone_) {
    unlink(box.flight_, m)
    box.flightCount_ = box.flightCount_ - 1
    core.alone_ = false
    core.suspect_ = 0
    // The server may hold it still: a new message under this id would be taken for a repeat.
    if (core.retired_.length < 64) core.retired_.push(m.packetId_)
    because(core, ErrorCode.Poison, topicOf(core, m), core.suspicions_, 3)
    end(box, m, 'rejected', ErrorCode.Poison)
  } else if (core.suspicions_ >= 3) core.alone_ = true
}

/** The connection is over: its socket, its buffers, its aliases. `byServer`: the server closed it after CONNACK. */
export function endConnection(core: Core, byServer: boolean): void {
  const socket = core.socket_
  core.socket_ = undefined
  if (socket !== undefined) socket.close()
  if (core.phase_ === Phase.Connecting) core.unsure_ = true
  latch(core)
  if (byServer) suspectPoison(core)
  core.streaming_ = undefined
  core.behind_ = []
  core.drainSent_ = false
  if (FEATURE_STATS) markTransmit(core)
  resetTransmit(core.tx_)
  resetScanner(core.scanner_)
  dropRequests(core.registry_)
  core.aliases_ = []
  core.aliasesIn_ = []
  core.inbox_.withheld_ = []
  core.keepalive_.waiting_ = -1
  core.held_ = 0
  core.overflow_ = -1
  core.sentNow_ = 0
  core.more_ = false
}

/** The server has our session: what is in flight goes on where it was. */
export function resumeSession(core: Core): void {
  core.resumed_ = true
  core.resending_ = core.outbox_.flight_.head_ !== undefined
}

/** The server has no session of ours. What was in flight starts anew, or ends, as `onSessionLost` says. */
export function loseSession(core: Core): void {
  const box = core.outbox_
  const again = newChain()
  let m = popFront(box.flight_)
  while (m !== undefined) {
    if (qosOf(m) === 2 && core.options_.onSessionLost === 'report') {
      forgetSuspect(core, m)
      end(box, m, 'unknown', ErrorCode.SessionLost)
    } else {
      m.packetId_ = 0
      m.step_ = Step.Send
      m.taken_ = Taken.Nothing
      core.stats_.resent = core.stats_.resent + 1
      pushBack(again, m)
    }
    m = popFront(box.flight_)
  }
  prependAll(box.queue_, again)
  box.flightCount_ = 0
  core.resumed_ = false
  core.resending_ = false
  if (FEATURE_JOURNAL && (again.head_ !== undefined || core.receiveSet_.length > 0 || core.retired_.length > 0)) mustRecord(core)
  core.receiveSet_ = []
  core.retired_ = []
  restoreAll(core.registry_, true)
}

/** Ends every message that has no receipt yet. */
export function endAll(core: Core, outcome: Outcome, reason: number): void {
  const box = core.outbox_
  prependAll(box.queue_, box.leaving_)
  prependAll(box.queue_, box.flight_)
  box.flightCount_ = 0
  let m = popFront(box.queue_)
  while (m !== undefined) {
    forgetSuspect(core, m)
    end(box, m, outcome, reason)
    m = popFront(box.queue_)
  }
  box.soonest_ = -1
}

/** The oldest message got no ack in time on two connections whose pings were answered: it is given up, its id stays taken. */
export function giveUpOldest(core: Core): boolean {
  const box = core.outbox_
  const m = box.flight_.head_
  if (m === undefined || m.epoch_ !== core.epoch_) return false
  m.timeouts_ = m.timeouts_ + 1
  if (m.timeouts_ < 2) return false
  unlink(box.flight_, m)
  box.flightCount_ = box.flightCount_ - 1
  if (core.retired_.length < 64) core.retired_.push(m.packetId_)
  forgetSuspect(core, m)
  end(box, m, 'rejected', ErrorCode.NoAck)
  return true
}

/** The user's function did not give what it promised: the message that is half out ends, and the connection with it. */
export function giveUpStream(core: Core): void {
  const box = core.outbox_
  const m = core.streaming_
  if (m === undefined) return
  if (m.packetId_ > 0) {
    unlink(box.flight_, m)
    box.flightCount_ = box.flightCount_ - 1
  } else unlink(box.leaving_, m)
  end(box, m, 'rejected', ErrorCode.StreamFailed)
}

/** Whether the oldest unacknowledged message is out: only then its answer can be late. */
export function hasLeft(core: Core): boolean {
  const m = core.outbox_.flight_.head_
  if (core.streaming_ !== undefined) return false
  return m === undefined || m.epoch_ !== core.epoch_ || m.step_ === Step.Pubcomp || isTaken(core.tx_, m.end_)
}
