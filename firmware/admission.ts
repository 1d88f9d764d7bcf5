/**
 * Into the outbox: its bounds, and what gives way when it is full. What was sent already never does.
 */
import type { Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import { because, nextToken, type Core } from './core.js'
import { recordAccepted } from './journal.js'
import { markOutbox } from './marks.js'
import { end, enqueue, findUnsent, oldestUnsent, sizeOf, tell, unlink, type Outgoing } from './outbox.js'

/** Gives up unsent messages for `m`, oldest and least urgent first, when that is enough; else nothing. */
function dropForRoom(core: Core, m: Outgoing): boolean {
  const box = core.outbox_
  const s = core.settings_
  const bytes = box.bytes_ + sizeOf(m)
  let freed = 0
  let count = 0
  let x = box.queue_.head_
  while (x !== undefined) {
    if (x.epoch_ === 0 && x.priority_ <= m.priority_) {
      freed = freed + sizeOf(x)
      count = count + 1
    }
    x = x.next_
  }
  if (box.count_ - count >= s.outboxCount_ || bytes - freed > s.outboxBytes_) return false
  while (box.count_ >= s.outboxCount_ || box.bytes_ + sizeOf(m) > s.outboxBytes_) {
    const oldest = oldestUnsent(box, m.priority_)
    if (oldest === undefined) return false
    unlink(box.queue_, oldest)
    end(box, oldest, 'dropped', ErrorCode.QueueFull)
  }
  return true
}

/** The unsent message of the same topic gives its place to `m`, among its equals. False when there is none, or `m` does not fit. */
function replaceUnsent(core: Core, m: Outgoing): boolean {
  const box = core.outbox_
  const old = findUnsent(box, m.field_)
  if (old === undefined || box.bytes_ - sizeOf(old) + sizeOf(m) > core.settings_.outboxBytes_) return false
  if (old.priority_ !== m.priority_) {
    unlink(box.queue_, old)
    enqueue(box.queue_, m)
    end(box, old, 'dropped', ErrorCode.Superseded)
    return true
  }
  const next = old.next_
  if (box.queue_.head_ === old) box.queue_.head_ = m
  else {
    let x = box.queue_.head_
    while (x !== undefined && x.next_ !== old) x = x.next_
    if (x !== undefined) x.next_ = m
  }
  if (box.queue_.tail_ === old) box.queue_.tail_ = m
  m.next_ = next
  old.next_ = undefined
  end(box, old, 'dropped', ErrorCode.Superseded)
  return true
}

/** Why there is no room for one more, with the numbers; 0 when there is. */
export function roomFor(core: Core, bytes: number): Code {
  const box = core.outbox_
  const s = core.settings_
  if (box.owed_ >= s.outboxCount_) return because(core, ErrorCode.QueueFull, 'receipts', box.owed_, s.outboxCount_)
  if (box.count_ >= s.outboxCount_) return because(core, ErrorCode.QueueFull, '', box.count_, s.outboxCount_)
  if (box.bytes_ + bytes > s.outboxBytes_) return because(core, ErrorCode.QueueBytes, '', box.bytes_ + bytes, s.outboxBytes_)
  return 0
}

/** Counts `m` in and gives it its token. A slice follows soon: to send it, or to tell its receipt. */
export function admit(core: Core, m: Outgoing): Code {
  const box = core.outbox_
  if (!FEATURE_JOURNAL || m.token_ === 0) m.token_ = nextToken(core)
  core.stats_.accepted = core.stats_.accepted + 1
  box.count_ = box.count_ + 1
  box.bytes_ = box.bytes_ + sizeOf(m)
  if (FEATURE_STATS) markOutbox(core)
  if (FEATURE_POLICIES && m.expirySeconds_ >= 0) {
    const left = (m.expirySeconds_ - core.clock_.seconds_) * 1000 + m.expiryMillis_ - core.clock_.millis_
    if (box.soonest_ < 0 || left < box.soonest_) box.soonest_ = left
  }
  core.more_ = true
  return m.token_
}

function isAmong(list: Outgoing[], m: Outgoing): boolean {
  for (const x of list) {
    if (x === m) return true
  }
  return false
}

/** The messages that `drop-oldest` would give up for `m`, into `victims`. False when that is not enough. */
function chooseVictims(core: Core, m: Outgoing, victims: Outgoing[]): boolean {
  const box = core.outbox_
  const s = core.settings_
  let count = box.count_
  let bytes = box.bytes_ + sizeOf(m)
  while (count >= s.outboxCount_ || bytes > s.outboxBytes_) {
    let found: Outgoing | undefined = undefined
    let x = box.queue_.head_
    while (x !== undefined) {
      if (x.epoch_ === 0 && x.priority_ <= m.priority_ && (found === undefined || x.priority_ < found.priority_) && !isAmong(victims, x)) found = x
      x = x.next_
    }
    if (found === undefined) return false
    victims.push(found)
    count = count - 1
    bytes = bytes - sizeOf(found)
  }
  return true
}

/** With a journal: what is about to be accepted is written first, with what gives way for it. Below 0 it is not accepted. */
function writeFirst(core: Core, m: Outgoing, keepLatest: boolean): Code {
  const box = core.outbox_
  const policy = core.options_.whenFull
  if (box.owed_ >= core.settings_.outboxCount_) return 0
  const victims: Outgoing[] = []
  if (keepLatest || policy === 'keep-latest') {
    const old = findUnsent(box, m.field_)
    if (old !== undefined && box.bytes_ - sizeOf(old) + sizeOf(m) <= core.settings_.outboxBytes_) {
      victims.push(old)
      return recordAccepted(core, m, victims, ErrorCode.Superseded)
    }
  }
  const full = roomFor(core, sizeOf(m))
  if (full === 0) return recordAccepted(core, m, victims, 0)
  if (policy === 'drop-newest') victims.push(m)
  else if (policy !== 'drop-oldest' || !chooseVictims(core, m, victims)) return 0
  return recordAccepted(core, m, victims, policy === 'drop-newest' ? full : ErrorCode.QueueFull)
}

/** Accepts `m` into the queue as `whenFull` says: its token, or QueueFull, QueueBytes. */
export function accept(core: Core, m: Outgoing, keepLatest: boolean): Code {
  const box = core.outbox_
  const policy = core.options_.whenFull
  // QoS 0 may be lost anyway, and of a message in pieces we do not have the payload.
  if (FEATURE_JOURNAL && core.journal_ !== undefined && m.flags_ > 1 && m.total_ < 0) {
    const wrong = writeFirst(core, m, keepLatest)
    if (wrong < 0) return wrong
  }
  if (FEATURE_POLICIES && (keepLatest || policy === 'keep-latest') && box.owed_ < core.settings_.outboxCount_ && replaceUnsent(core, m)) {
    return admit(core, m)
  }
  let code = roomFor(core, sizeOf(m))
  if (FEATURE_POLICIES && code < 0 && box.owed_ < core.settings_.outboxCount_) {
    if (policy === 'drop-oldest' && dropForRoom(core, m)) code = 0
    else if (policy === 'drop-newest') {
      // It never counts against the bounds.
      if (!FEATURE_JOURNAL || m.token_ === 0) m.token_ = nextToken(core)
      core.stats_.accepted = core.stats_.accepted + 1
      core.more_ = true
      tell(box, m, 'dropped', code)
      return m.token_
    }
  }
  if (code < 0) return code
  enqueue(box.queue_, m)
  return admit(core, m)
}
