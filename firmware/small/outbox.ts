/**
 * What the user gave us to send: one chain, in the order of the calls, bounded in count and bytes; what was sent and is
 * unanswered is its beginning. A message that ends leaves the chain and owes its receipt, which a slice tells.
 */
import { EMPTY, cut, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { callUser, Limit, mark, tooMuch, type Core, type Outgoing } from './core.js'
import type { Outcome } from '../types.js'

/** The topic of a message as text, for a cause. */
export function topicOf(core: Core, m: Outgoing): string {
  return core.hal_.text.text(cut(m.field_, 2, m.field_.length))
}

export function newMessage(token: number, field: Bytes, payload: Bytes, flags: number): Outgoing {
  const m: Outgoing = { next_: undefined, token_: token, field_: field, payload_: payload, flags_: flags, id_: 0, epoch_: 0, end_: 0, dup_: 0, tries_: 0 }
  if (FEATURE_POLICIES) {
    m.start_ = 0
    m.begun_ = false
    m.priority_ = 0
    m.expiry_ = -1
  }
  if (FEATURE_STREAM) m.total_ = -1
  return m
}

/** Owes the receipt of a message that is in no chain. */
export function tell(core: Core, m: Outgoing, outcome: Outcome, reason: number): void {
  core.stats_[outcome] = core.stats_[outcome] + 1
  if (core.options_.onReceipt === undefined) return
  m.outcome_ = outcome
  m.reason_ = reason
  m.payload_ = EMPTY
  core.receipts_.push(m)
  core.more_ = true
}

/** The message leaves the chain, and its receipt is owed. */
export function end(core: Core, m: Outgoing, outcome: Outcome, reason: number): void {
  let before = core.queue_
  while (before.next_ !== m) before = before.next_!
  before.next_ = m.next_
  if (core.tail_ === m) core.tail_ = before
  if (m.end_ > 0) core.leaving_ = core.leaving_ - 1
  if (m.id_ > 0 && m.epoch_ === core.epoch_) core.sentNow_ = core.sentNow_ - 1
  core.count_ = core.count_ - 1
  core.bytes_ = core.bytes_ - m.field_.length - m.payload_.length
  tell(core, m, outcome, reason)
}

export function endAll(core: Core, reason: Code): void {
  let m = core.queue_.next_
  while (m !== undefined) {
    end(core, m, 'dropped', reason)
    m = core.queue_.next_
  }
}

/** Why there is no room for so many bytes more, with the numbers; 0 when there is. */
export function roomFor(core: Core, bytes: number): Code {
  const owed = core.receipts_.length + 1
  // A message that gave way is in no queue, but its receipt is owed.
  let code = FEATURE_POLICIES ? tooMuch(core, ErrorCode.QueueFull, 'receipts', owed, Limit.OutboxCount) : 0
  if (code === 0) code = tooMuch(core, ErrorCode.QueueFull, '', FEATURE_POLICIES ? core.count_ + 1 : core.count_ + owed, Limit.OutboxCount)
  return code < 0 ? code : tooMuch(core, ErrorCode.QueueBytes, '', core.bytes_ + bytes, Limit.OutboxBytes)
}

/** Counts a message in, behind `before` in the chain: its token. */
export function insert(core: Core, m: Outgoing, before: Outgoing): Code {
  m.next_ = before.next_
  before.next_ = m
  if (core.tail_ === before) core.tail_ = m
  core.count_ = core.count_ + 1
  core.bytes_ = core.bytes_ + m.field_.length + m.payload_.length
  core.more_ = true
  if (FEATURE_STATS) {
    mark(core, 'outboxCountMost', core.count_)
    mark(core, 'outboxBytesMost', core.bytes_)
  }
  return m.token_
}

/** Accepts a message at its place: behind all of the same or a higher priority, and behind what was sent. */
export function enqueue(core: Core, m: Outgoing): Code {
  let before = core.tail_
  if (FEATURE_POLICIES && before.priority_! < m.priority_!) {
    before = core.queue_
    let next = before.next_
    while (next !== undefined && (next.id_ > 0 || next.end_ > 0 || next.begun_ === true || next.priority_! >= m.priority_!)) {
      before = next
      next = before.next_
    }
  }
  return insert(core, m, before)
}

/** The socket took `n` bytes of the transmit buffer: which messages left whole. */
export function settleLeaving(core: Core, n: number): void {
  let m = core.queue_.next_
  while (m !== undefined) {
    const next: Outgoing | undefined = m.next_
    if (m.end_ > 0) {
      if (FEATURE_POLICIES) {
        m.start_ = m.start_! - n
        if (m.start_ < 0) m.begun_ = true
      }
      const rest = m.end_ - n
      if (rest > 0) m.end_ = rest
      else if (m.flags_ < 2) end(core, m, 'sent', 0)
      else {
        m.end_ = 0
        m.dup_ = 8
        core.leaving_ = core.leaving_ - 1
      }
    }
    m = next
  }
}

/** Receipts, as many as there were: a receipt's callback may make new ones. */
export function tellReceipts(core: Core): void {
  const fn = core.options_.onReceipt
  const list = core.receipts_
  if (list.length === 0 || fn === undefined) return
  core.receipts_ = []
  for (const m of list) callUser(core, fn, m.token_, m.outcome_, m.reason_)
}
