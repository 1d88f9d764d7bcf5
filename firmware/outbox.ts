/**
 * What the user gave us to send: a chain of messages never yet sent, a chain of those in flight, and a chain of receipts
 * to be told. One record per message moves along them; `outboxCount` and `outboxBytes` bound what has not ended, and
 * `outboxCount` what is to be told.
 */
import { EMPTY, type Bytes } from './bytes.js'
import { ErrorCode } from './codes.js'
import type { Outcome, Stats } from './types.js'

/** What comes next for a message. */
export const enum Step { Send, Puback, Pubrec, Pubcomp, Told }

/** How much of a PUBLISH a connection that ended had taken. */
export const enum Taken { Nothing, Part, Whole }

export interface Outgoing {
  token_: number
  /** The topic with its length prefix. */
  field_: Bytes
  payload_: Bytes
  /** QoS * 2 + RETAIN. */
  flags_: number
  step_: Step
  /** 0 while it has none. */
  packetId_: number
  /** The connection on which it was last sent, 0 for none. */
  epoch_: number
  /** Where it begins and ends in what that connection transmits. */
  from_: number
  end_: number
  taken_: Taken
  next_: Outgoing | undefined
  outcome_: Outcome
  reason_: number
  /** Ack time-outs it has seen as the oldest. */
  timeouts_: number
  /** It was given a new id because the server held the old one. */
  renewed_: boolean
  /** 5.0: the properties without length, expiry and alias. */
  properties_: Bytes
  priority_: number
  /** Clock at which it expires unsent; seconds -1 for never. */
  expirySeconds_: number
  expiryMillis_: number
  /** 5.0: Message Expiry Interval at acceptance, -2 for none, and the clock then. */
  messageExpiry_: number
  bornSeconds_: number
  /** A message sent in pieces: its length, and where they come from. */
  total_: number
  read_: ((this: void, offset: number, max: number) => Bytes) | undefined
  /** With a journal: the number of its key there, and the packet id that was written last. */
  slot_?: number
  noted_?: number
}

/** First in, first out. */
export interface Chain {
  head_: Outgoing | undefined
  tail_: Outgoing | undefined
}

export interface Outbox {
  /** Accepted and not ended. */
  count_: number
  bytes_: number
  /** Receipts that were not told yet: bounded as the messages are, so a drop policy cannot pile them up. */
  owed_: number
  /** Whether anybody wants to be told. */
  wanted_: boolean
  stats_: Stats
  queue_: Chain
  flight_: Chain
  receipts_: Chain
  /** QoS 0, handed to the transmit buffer and not yet taken whole by the socket. */
  leaving_: Chain
  flightCount_: number
  /** ms until the next deadline in the queue; -1 for none. */
  soonest_: number
  /** With a journal: keys whose messages ended, and whether anything ended since its last write. */
  freed_?: number[]
  changed_?: boolean
}

export function newOutgoing(token: number, field: Bytes, payload: Bytes, flags: number): Outgoing {
  return {
    token_: token, field_: field, payload_: payload, flags_: flags, step_: Step.Send, packetId_: 0, epoch_: 0,
    from_: 0, end_: 0, taken_: Taken.Nothing, next_: undefined, outcome_: 'sent', reason_: 0, timeouts_: 0, renewed_: false,
    properties_: EMPTY, priority_: 0, expirySeconds_: -1, expiryMillis_: 0, messageExpiry_: -2, bornSeconds_: 0,
    total_: -1, read_: undefined
  }
}

export function newChain(): Chain {
  return { head_: undefined, tail_: undefined }
}

export function newOutbox(stats: Stats): Outbox {
  return {
    count_: 0, bytes_: 0, owed_: 0, wanted_: false, stats_: stats, queue_: newChain(), flight_: newChain(), receipts_: newChain(), leaving_: newChain(),
    flightCount_: 0, soonest_: -1
  }
}

/** 0, 1 or 2. */
export function qosOf(m: Outgoing): number {
  return (m.flags_ - m.flags_ % 2) / 2
}

/** What a message counts against `outboxBytes`. A stream counts its topic alone: its payload is not held here. */
export function sizeOf(m: Outgoing): number {
  return m.field_.length + m.payload_.length + m.properties_.length
}

export function pushBack(chain: Chain, m: Outgoing): void {
  m.next_ = undefined
  if (chain.tail_ === undefined) chain.head_ = m
  else chain.tail_.next_ = m
  chain.tail_ = m
}

export function pushFront(chain: Chain, m: Outgoing): void {
  m.next_ = chain.head_
  chain.head_ = m
  if (chain.tail_ === undefined) chain.tail_ = m
}

export function popFront(chain: Chain): Outgoing | undefined {
  const m = chain.head_
  if (m === undefined) return undefined
  chain.head_ = m.next_
  if (m.next_ === undefined) chain.tail_ = undefined
  m.next_ = undefined
  return m
}

/** Takes `m` out of the chain; nothing happens when it is not there. */
export function unlink(chain: Chain, m: Outgoing): void {
  let before: Outgoing | undefined = undefined
  let x = chain.head_
  while (x !== undefined && x !== m) {
    before = x
    x = x.next_
  }
  if (x === undefined) return
  if (before === undefined) chain.head_ = m.next_
  else before.next_ = m.next_
  if (chain.tail_ === m) chain.tail_ = before
  m.next_ = undefined
}

/** Puts all of `chain` before what `into` holds, in order; `chain` is empty afterwards. */
export function prependAll(into: Chain, chain: Chain): void {
  const tail = chain.tail_
  if (tail === undefined) return
  tail.next_ = into.head_
  if (into.tail_ === undefined) into.tail_ = tail
  into.head_ = chain.head_
  chain.head_ = undefined
  chain.tail_ = undefined
}

/** Behind all of the same or a higher priority. Messages that were sent before stay in front. */
export function enqueue(chain: Chain, m: Outgoing): void {
  const tail = chain.tail_
  if (!FEATURE_POLICIES || tail === undefined || tail.priority_ >= m.priority_) {
    pushBack(chain, m)
    return
  }
  let before: Outgoing | undefined = undefined
  let x = chain.head_
  while (x !== undefined && (x.priority_ >= m.priority_ || x.epoch_ > 0)) {
    before = x
    x = x.next_
  }
  m.next_ = x
  if (before === undefined) chain.head_ = m
  else before.next_ = m
  if (x === undefined) chain.tail_ = m
}

function countOutcome(stats: Stats, outcome: Outcome): void {
  if (outcome === 'sent') stats.sent = stats.sent + 1
  else if (outcome === 'delivered') stats.delivered = stats.delivered + 1
  else if (outcome === 'expired') stats.expired = stats.expired + 1
  else if (outcome === 'dropped') stats.dropped = stats.dropped + 1
  else if (outcome === 'rejected') stats.rejected = stats.rejected + 1
  else stats.unknown = stats.unknown + 1
}

/** A key of the journal holds nothing of worth any more. */
export function free(box: Outbox, slot: number): void {
  if (box.freed_ !== undefined) box.freed_.push(slot)
  box.changed_ = true
}

/** Owes the receipt of a message that does not count, or no longer. Nothing of it is held but what the receipt says. */
export function tell(box: Outbox, m: Outgoing, outcome: Outcome, reason: number): void {
  countOutcome(box.stats_, outcome)
  if (FEATURE_JOURNAL && m.slot_ !== undefined) {
    if (box.wanted_) box.changed_ = true
    else free(box, m.slot_)
  }
  if (!box.wanted_) return
  m.outcome_ = outcome
  m.reason_ = reason
  m.step_ = Step.Told
  m.payload_ = EMPTY
  m.field_ = EMPTY
  m.properties_ = EMPTY
  m.read_ = undefined
  pushBack(box.receipts_, m)
  box.owed_ = box.owed_ + 1
}

/** The message ends, and its receipt is owed. It was taken out of its chain before. */
export function end(box: Outbox, m: Outgoing, outcome: Outcome, reason: number): void {
  box.count_ = box.count_ - 1
  box.bytes_ = box.bytes_ - sizeOf(m)
  tell(box, m, outcome, reason)
}

/** The oldest message with this topic that was never sent. */
export function findUnsent(box: Outbox, field: Bytes): Outgoing | undefined {
  let m = box.queue_.head_
  while (m !== undefined) {
    if (m.epoch_ === 0 && m.field_ === field) return m
    m = m.next_
  }
  return undefined
}

/** The oldest message never yet sent: what `drop-oldest` gives up. Lower priorities go first. */
export function oldestUnsent(box: Outbox, priority: number): Outgoing | undefined {
  let found: Outgoing | undefined = undefined
  let m = box.queue_.head_
  while (m !== undefined) {
    if (m.epoch_ === 0 && m.priority_ <= priority && (found === undefined || m.priority_ < found.priority_)) found = m
    m = m.next_
  }
  return found
}

/** Ends what has waited too long unsent, and finds the next deadline. Returns how many ended. */
export function expire(box: Outbox, seconds: number, millis: number): number {
  let ended = 0
  let soonest = -1
  let m = box.queue_.head_
  while (m !== undefined) {
    const next: Outgoing | undefined = m.next_
    if (m.expirySeconds_ >= 0 && m.epoch_ === 0) {
      let left = m.expirySeconds_ - seconds
      left = left > 1000000 ? 1000000000 : left * 1000 + m.expiryMillis_ - millis
      if (left <= 0) {
        unlink(box.queue_, m)
        end(box, m, 'expired', ErrorCode.Expired)
        ended = ended + 1
      } else if (soonest < 0 || left < soonest) soonest = left
    }
    m = next
  }
  box.soonest_ = soonest
  return ended
}
