/**
 * The power-loss-safe outbox over `hal.storage`: docs/protocol.md, decisions 4, 32 and 33; docs/journal.md.
 *
 * Every write is one whole value under a key in which nothing lives, so that a write that power tears costs nothing but
 * itself. It carries at most one message, and the state of everything else; the newest whole value holds. A key is free
 * once a later value says that its message has ended: nothing is ever copied, and the keys wear evenly.
 */
import { type Bytes, type Code } from './bytes.js'
import { fill } from './cause.js'
import { ErrorCode } from './codes.js'
import { because, nextToken, Phase, type Core } from './core.js'
import { nextPacketId } from './next-id.js'
import { Ids, Mark, markOf, newState, shiftReason, writeValue, type State } from './journal-format.js'
import { free, qosOf, Step, type Outgoing } from './outbox.js'
import type { StorageHal } from '../hal/hal.js'
import type { Cause } from './types.js'

const enum Rule {
  /** Keys beyond the messages that the outbox may hold: they take turns when it is full. */
  Spare = 8,
  /** Keys that stay free, so that the state can always be written. */
  Reserve = 3,
  /** ms after which an end that no other write took along is written by itself. */
  Lazy = 5000,
  /** ms between tries of a store that failed. */
  Retry = 1000,
  /** Bytes that the state may take when much is under way, besides what grows with the limits. */
  Least = 384
}

/** 2 to the number of the bit. */
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128]

export interface Journal {
  storage_: StorageHal
  prefix_: string
  slots_: number
  /** Eight keys a number: which must not be written over. And how many those are. */
  bits_: number[]
  used_: number
  /** The key of the newest value, and the one written last, whole or not; -1 before the first. */
  newest_: number
  cursor_: number
  sequence_: number
  /** Something waits to be sent that must be written before. */
  must_: boolean
  /** ms that a change waits to be written. */
  late_: number
  /** Writes that failed in a row, and ms since the last. */
  failures_: number
  failed_: number
  /** Seconds that the journal's clients had lived when this client's clock was 0. */
  base_: number
  /** A wall clock of an earlier life that ours is to be compared with once it is known; 0 for none. */
  wall_: number
  /** Messages restored have tokens up to this. */
  restored_: number
  /** Something that has a time may be in the outbox. */
  timed_: boolean
  /** A session was resumed from storage: what the server repeats was perhaps handed over before the reset. */
  fresh_: boolean
  /** The message whose receipt is being told. */
  telling_: Outgoing | undefined
}

/** Whether the bit of a key is set. */
export function hasBit(bits: number[], slot: number): boolean {
  const bit = slot % 8
  const i = (slot - bit) / 8
  const byte = i < bits.length ? bits[i]! : 0
  return (byte - byte % POWERS[bit]!) / POWERS[bit]! % 2 === 1
}

export function setUsed(j: Journal, slot: number): void {
  const bit = slot % 8
  const i = (slot - bit) / 8
  j.bits_[i] = j.bits_[i]! + POWERS[bit]!
  j.used_ = j.used_ + 1
}

function clearBit(bits: number[], slot: number): void {
  const bit = slot % 8
  const i = (slot - bit) / 8
  bits[i] = bits[i]! - POWERS[bit]!
}

/** An empty journal; undefined when the port has no store for it, or one that is too small, with the cause. */
export function newJournal(core: Core, cause: Cause): Journal | undefined {
  const option = core.options_.journal
  const storage = core.hal_.storage
  const s = core.settings_
  let missing = 'storage'
  if (storage !== undefined) missing = storage.get === undefined ? 'storage.get' : storage.set === undefined ? 'storage.set' : storage.remove === undefined ? 'storage.remove' : storage.sizeLimit === undefined ? 'storage.sizeLimit' : ''
  if (storage === undefined || missing !== '') {
    fill(cause, ErrorCode.HalMissing, missing)
    return undefined
  }
  const slots = s.outboxCount_ + Rule.Spare
  const inflight = s.inflight_ < s.outboxCount_ ? s.inflight_ : s.outboxCount_
  const least = Rule.Least + (slots + 7 - (slots + 7) % 8) / 8 + inflight * 5
  if (slots > 65535) {
    fill(cause, ErrorCode.BadLimits, 'limits.outboxCount', s.outboxCount_, 65535 - Rule.Spare)
    return undefined
  }
  if (storage.sizeLimit() < least) {
    fill(cause, ErrorCode.BadLimits, 'storage.sizeLimit', storage.sizeLimit(), least)
    return undefined
  }
  const bits: number[] = []
  while (bits.length * 8 < slots) bits.push(0)
  return {
    storage_: storage, prefix_: typeof option === 'string' ? option : 'yq', slots_: slots, bits_: bits, used_: 0,
    newest_: -1, cursor_: slots - 1, sequence_: 0, must_: false, late_: 0, failures_: 0, failed_: 0, base_: 0, wall_: 0, restored_: 0,
    timed_: false, fresh_: false, telling_: undefined
  }
}

/** The name of a key. */
export function keyOf(j: Journal, slot: number): string {
  return `${j.prefix_}${slot}`
}

/** The next free key in turn that does not hold the newest state; -1 for none. */
function nextSlot(j: Journal): number {
  for (let i = 1; i <= j.slots_; i = i + 1) {
    const slot = (j.cursor_ + i) % j.slots_
    if (slot !== j.newest_ && !hasBit(j.bits_, slot)) return slot
  }
  return -1
}

function mark(s: State, slot: number, kind: number, value: number): void {
  s.markSlots_.push(slot)
  s.markKinds_.push(kind)
  s.markValues_.push(value)
}

/** A message with a packet id. One that the journal does not hold leaves its id alone: it is not to be used again in this session. */
function markSent(s: State, m: Outgoing): void {
  m.noted_ = m.packetId_
  if (m.slot_ === undefined) {
    if (s.retired_.length < Ids.Most) s.retired_.push(m.packetId_)
  } else mark(s, m.slot_, m.step_ === Step.Pubcomp ? Mark.Received : Mark.Sent, m.packetId_)
}

function markEnded(s: State, m: Outgoing): void {
  if (m.slot_ !== undefined) mark(s, m.slot_, markOf(m.outcome_), shiftReason(m.reason_))
}

function isAmong(list: Outgoing[], m: Outgoing): boolean {
  for (const x of list) {
    if (x === m) return true
  }
  return false
}

/** Everything that must survive, as it stands; `victims` are about to be dropped for `reason`. */
function stateOf(core: Core, j: Journal, victims: Outgoing[], reason: Code): State {
  const s = newState()
  const box = core.outbox_
  s.sequence_ = j.sequence_ + 1
  s.session_ = core.hadSession_
  s.slots_ = j.slots_
  s.lastId_ = core.ids_.last_
  s.token_ = core.token_
  if (j.timed_) {
    s.lived_ = j.base_ + core.clock_.seconds_ + 1
    s.wall_ = core.hal_.system.wallClock()
    // A clock that is not set may say anything.
    if (s.wall_ < 0) s.wall_ = 0
  }
  for (const byte of j.bits_) s.bits_.push(byte)
  if (box.freed_ !== undefined) {
    for (const slot of box.freed_) clearBit(s.bits_, slot)
  }
  for (const id of core.retired_) s.retired_.push(id)
  let m = box.flight_.head_
  while (m !== undefined) {
    markSent(s, m)
    m = m.next_
  }
  m = box.queue_.head_
  while (m !== undefined) {
    // One that gives way may have its id already: what counts is that it ends.
    if (m.packetId_ > 0 && !isAmong(victims, m)) markSent(s, m)
    m = m.next_
  }
  m = box.receipts_.head_
  while (m !== undefined) {
    markEnded(s, m)
    m = m.next_
  }
  if (j.telling_ !== undefined) markEnded(s, j.telling_)
  for (const v of victims) {
    if (v.slot_ === undefined) continue
    if (box.wanted_) mark(s, v.slot_, markOf('dropped'), shiftReason(reason))
    else clearBit(s.bits_, v.slot_)
  }
  // A message that its callback has not finished with may come again after a cut; it counts as received when that is done.
  const now = core.delivering_ && core.info_.qos === 2 ? core.info_.packetId : 0
  for (const id of core.receiveSet_) {
    if (id !== now) s.received_.push(id)
  }
  return s
}

/** The write did not happen; whatever of it stands under the key is no value of ours. */
function writeFailed(core: Core, j: Journal, slot: number, code: Code): Code {
  j.storage_.remove(keyOf(j, slot))
  j.failures_ = j.failures_ + 1
  j.failed_ = 0
  j.must_ = true
  return because(core, ErrorCode.JournalFailed, keyOf(j, slot), code, j.failures_)
}

/** One value: the message `m` or none, and the state. 0, or JournalFull, JournalFailed: then all that was written before holds. */
function write(core: Core, j: Journal, m: Outgoing | undefined, victims: Outgoing[], reason: Code): Code {
  const slot = j.used_ > j.slots_ - (m === undefined ? 1 : Rule.Reserve) ? -1 : nextSlot(j)
  if (slot < 0) return because(core, ErrorCode.JournalFull, 'keys', j.used_, j.slots_)
  const state = stateOf(core, j, victims, reason)
  if (m !== undefined) {
    m.slot_ = slot
    setUsed(j, slot)
    state.bits_[(slot - slot % 8) / 8] = state.bits_[(slot - slot % 8) / 8]! + POWERS[slot % 8]!
    if (victims.length === 1 && victims[0] === m) mark(state, slot, markOf('dropped'), shiftReason(reason))
    else if (m.packetId_ > 0) markSent(state, m)
  }
  const value: Bytes = writeValue(slot, state, m, j.base_)
  let code = 0
  if (value.length > j.storage_.sizeLimit()) {
    code = because(core, ErrorCode.JournalFull, 'storage.sizeLimit', value.length, j.storage_.sizeLimit())
    // Packet ids count as noted only when they are written.
    j.must_ = true
  } else {
    const stats = core.stats_
    stats.journalWrites = stats.journalWrites + 1
    stats.journalBytes = (stats.journalBytes + value.length) % 1073741824
    j.cursor_ = slot
    j.sequence_ = state.sequence_
    code = j.storage_.set(keyOf(j, slot), value)
    if (code < 0) code = writeFailed(core, j, slot, code)
  }
  if (code < 0) {
    if (m !== undefined) {
      m.slot_ = undefined
      clearBit(j.bits_, slot)
      j.used_ = j.used_ - 1
    }
    return code
  }
  j.newest_ = slot
  j.failures_ = 0
  j.must_ = false
  j.late_ = 0
  const freed = core.outbox_.freed_
  if (freed !== undefined) {
    for (const done of freed) clearBit(j.bits_, done)
    j.used_ = j.used_ - freed.length
  }
  core.outbox_.freed_ = []
  core.outbox_.changed_ = false
  return 0
}

/** The state alone. A store that cannot take it is tried again after a while. */
function writeState(core: Core, j: Journal): Code {
  const code = write(core, j, undefined, [], 0)
  if (code < 0 && j.failures_ === 0) {
    j.failures_ = 1
    j.failed_ = 0
  }
  return code
}

/** Whether a message that is accepted now goes out in the next slice: then its packet id is written with it, at no cost. */
function goesNow(core: Core, m: Outgoing): boolean {
  const box = core.outbox_
  const tail = box.queue_.tail_
  const window = core.server_.receiveMaximum_ < core.settings_.inflight_ ? core.server_.receiveMaximum_ : core.settings_.inflight_
  return core.phase_ === Phase.Up && !core.restoring_ && !core.resending_ && !core.alone_ && core.streaming_ === undefined &&
    box.count_ < window && (tail === undefined || tail.packetId_ > 0) && qosOf(m) <= core.server_.maxQos_
}

/**
 * Writes a message that is about to be accepted, and `victims`, which give way for it, as dropped for `reason`; a message
 * that is its own victim is dropped at once. 0: it has its token. Below 0 nothing has changed.
 */
export function recordAccepted(core: Core, m: Outgoing, victims: Outgoing[], reason: Code): Code {
  const j = core.journal_
  if (j === undefined) return 0
  const token = core.token_
  if (m.expirySeconds_ >= 0 || m.messageExpiry_ !== -2) j.timed_ = true
  m.token_ = nextToken(core)
  if (victims.length === 0 && goesNow(core, m)) m.packetId_ = nextPacketId(core)
  const code = write(core, j, m, victims, reason)
  if (code < 0) {
    core.token_ = token
    return code
  }
  return 0
}

/** What is to be sent must be written before. */
export function mustRecord(core: Core): void {
  if (core.journal_ !== undefined) core.journal_.must_ = true
}

/** Before bytes leave: whether all that they promise is written. A store that fails is tried again once a second. */
export function recordBeforeSend(core: Core): boolean {
  const j = core.journal_
  if (j === undefined || !j.must_ || core.phase_ < Phase.Up) return true
  if (j.failures_ > 0 && j.failed_ < Rule.Retry) return false
  return writeState(core, j) === 0
}

/** Whether what waits to be sent waits for the store. */
export function isHeldByJournal(core: Core): boolean {
  return core.journal_ !== undefined && core.journal_.must_ && core.journal_.failures_ > 0
}

/** Writes what has changed, at once: nothing will follow that could take it along. */
export function recordNow(core: Core): void {
  const j = core.journal_
  if (j !== undefined && (j.must_ || core.outbox_.changed_ === true)) writeState(core, j)
}

/** The wall clock is known at last: what the device slept through counts against what waits since before. */
function catchUp(core: Core, j: Journal): void {
  const wall = core.hal_.system.wallClock()
  if (wall <= 0) return
  const away = wall - j.wall_ - core.clock_.seconds_
  j.wall_ = 0
  if (away <= 0 || away > 1000000000) return
  let m = core.outbox_.queue_.head_
  while (m !== undefined) {
    if (m.slot_ !== undefined && m.token_ <= j.restored_) {
      if (m.expirySeconds_ >= 0) m.expirySeconds_ = m.expirySeconds_ > away ? m.expirySeconds_ - away : 0
      m.bornSeconds_ = m.bornSeconds_ - away
    }
    m = m.next_
  }
  core.outbox_.soonest_ = 0
}

/** At the end of each slice, `passed` ms after the last: what nothing that was sent took along is written now, ends after a while. */
export function ageJournal(core: Core, passed: number): void {
  const j = core.journal_
  if (j === undefined) return
  if (j.wall_ > 0) catchUp(core, j)
  if (j.fresh_ && core.phase_ === Phase.Up && core.age_ >= 60000) j.fresh_ = false
  if (j.failures_ > 0) j.failed_ = j.failed_ + passed
  if (!j.must_ && core.outbox_.changed_ !== true) return
  j.late_ = j.late_ + passed
  if (j.failures_ > 0 ? j.failed_ >= Rule.Retry : j.must_ || j.late_ >= Rule.Lazy || core.phase_ === Phase.Offline) {
    const held = j.must_
    // What waited for it goes out in the next slice.
    if (writeState(core, j) === 0 && held) core.more_ = true
  }
}

/** ms until the journal has something to do; -1 for never. */
export function journalDue(core: Core): number {
  const j = core.journal_
  if (j === undefined || !j.must_ && core.outbox_.changed_ !== true) return -1
  const left = j.failures_ > 0 ? Rule.Retry - j.failed_ : Rule.Lazy - j.late_
  return left > 0 ? left : 0
}

/** The key of a message whose receipt was told, or that nobody wants a receipt for, is free with the next write. */
export function tellDone(core: Core): void {
  const j = core.journal_
  if (j === undefined || j.telling_ === undefined) return
  if (j.telling_.slot_ !== undefined) {
    free(core.outbox_, j.telling_.slot_)
  }
  j.telling_ = undefined
}

/** Its receipt is about to be told: until the callback has returned it is not told. */
export function tellBegins(core: Core, m: Outgoing): void {
  if (core.journal_ !== undefined) core.journal_.telling_ = m
}
