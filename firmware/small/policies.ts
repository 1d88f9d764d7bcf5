/** Queue policies, deadlines, priority and keep-latest: what gives way is never what a byte of has left. */
import type { Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { because, Limit, type Core, type Outgoing } from './core.js'
import { end, enqueue, insert, roomFor, tell } from './outbox.js'
import type { PublishExtra } from '../types.js'

const enum Most { Deadline = 1073741824, Priority = 127 }

/** Whether a message may still give way. */
function isUnsent(m: Outgoing): boolean {
  return m.begun_ === false && m.end_ === 0
}

function sizeOf(m: Outgoing): number {
  return m.field_.length + m.payload_.length
}

/** Takes what a publish brings beyond topic and payload into the message. 0, or what is wrong. */
export function applyExtra(core: Core, m: Outgoing, extra: PublishExtra): Code {
  if (extra.properties !== undefined) return because(core, ErrorCode.V5Only, 'properties', 4, 5)
  const d = extra.deadline
  if (d !== undefined) {
    if (!(d >= 1 && d <= Most.Deadline)) return because(core, ErrorCode.BadTime, 'deadline', d, Most.Deadline)
    // Time since the last slice is added to all ages by the next one.
    m.expiry_ = d - d % 1 + core.hal_.timer.since(core.stamp_)
  }
  const priority = extra.priority
  if (priority !== undefined) {
    if (!(priority >= -Most.Priority - 1 && priority <= Most.Priority)) return because(core, ErrorCode.BadOption, 'priority', priority, Most.Priority)
    m.priority_ = priority
  }
  return 0
}

/** The unsent message of the lowest priority, `most` at most, the oldest of its kind; undefined when there is none. `freed`: those passed over. */
function oldestUnsent(core: Core, most: number): Outgoing | undefined {
  let found: Outgoing | undefined = undefined
  let m = core.queue_.next_
  while (m !== undefined) {
    if (isUnsent(m) && m.priority_! <= most && (found === undefined || m.priority_! < found.priority_!)) found = m
    m = m.next_
  }
  return found
}

/** Makes room for `m` by giving up older ones of no higher priority. False, and nothing changed, when that is not enough. */
function dropForRoom(core: Core, m: Outgoing): boolean {
  let count = core.count_ + 1
  let bytes = core.bytes_ + sizeOf(m)
  let x = core.queue_.next_
  while (x !== undefined) {
    if (isUnsent(x) && x.priority_! <= m.priority_!) {
      count = count - 1
      bytes = bytes - sizeOf(x)
    }
    x = x.next_
  }
  if (count > core.limits_[Limit.OutboxCount]! || bytes > core.limits_[Limit.OutboxBytes]!) return false
  while (core.count_ >= core.limits_[Limit.OutboxCount]! || core.bytes_ + sizeOf(m) > core.limits_[Limit.OutboxBytes]!) {
    const oldest = oldestUnsent(core, m.priority_!)
    if (oldest === undefined) return false
    end(core, oldest, 'dropped', ErrorCode.QueueFull)
  }
  return true
}

/** The unsent message of the same topic gives its place to `m`. False when there is none, or `m` does not fit. */
function replaceUnsent(core: Core, m: Outgoing): boolean {
  let before = core.queue_
  let old = before.next_
  while (old !== undefined && (!isUnsent(old) || old.field_ !== m.field_)) {
    before = old
    old = before.next_
  }
  if (old === undefined || core.bytes_ - sizeOf(old) + sizeOf(m) > core.limits_[Limit.OutboxBytes]!) return false
  end(core, old, 'dropped', ErrorCode.Superseded)
  if (old.priority_ === m.priority_) insert(core, m, before)
  else enqueue(core, m)
  return true
}

/** Accepts `m` as `whenFull` and `keepLatest` say: its token, or QueueFull, QueueBytes. */
export function accept(core: Core, m: Outgoing, keepLatest: boolean): Code {
  const policy = core.options_.whenFull
  const mayGiveWay = core.receipts_.length < core.limits_[Limit.OutboxCount]!
  if (mayGiveWay && (keepLatest || policy === 'keep-latest') && replaceUnsent(core, m)) return m.token_
  const code = roomFor(core, sizeOf(m))
  if (code < 0) {
    if (!mayGiveWay) return code
    if (policy === 'drop-newest') {
      tell(core, m, 'dropped', code)
      return m.token_
    }
    if (policy !== 'drop-oldest' || !dropForRoom(core, m)) return code
  }
  return enqueue(core, m)
}

/** `passed` ms went by: what waited too long unsent ends. */
export function expire(core: Core, passed: number): void {
  let m = core.queue_.next_
  while (m !== undefined) {
    const next: Outgoing | undefined = m.next_
    if (m.expiry_! >= 0) {
      m.expiry_ = m.expiry_! > passed ? m.expiry_! - passed : 0
      if (m.expiry_ === 0 && isUnsent(m)) end(core, m, 'expired', ErrorCode.Expired)
    }
    m = next
  }
}

/** ms until the next message expires, at most `most`. */
export function nextExpiry(core: Core, most: number): number {
  let due = most
  let m = core.queue_.next_
  while (m !== undefined) {
    if (m.expiry_! >= 0 && m.expiry_! < due && isUnsent(m)) due = m.expiry_!
    m = m.next_
  }
  return due
}
