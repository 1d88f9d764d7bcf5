/**
 * The journal at the start: what an earlier life of the program left in the store comes back. Values are read one at a
 * time; only the messages stay in memory.
 */
import { EMPTY, type Code } from './bytes.js'
import { fill } from './cause.js'
import { ErrorCode } from './codes.js'
import type { Core } from './core.js'
import { hasBit, keyOf, newJournal, setUsed, type Journal } from './journal.js'
import { Format, Ids, Mark, newState, outcomeOf, readValue, tokenOf, unshiftReason, versionOf, type State } from './journal-format.js'
import { markOutbox } from './marks.js'
import { enqueue, expire, newOutgoing, pushBack, qosOf, sizeOf, Step, Taken, type Chain, type Outgoing } from './outbox.js'
import type { Cause } from './types.js'

/** Values that were neither whole nor empty, and what was lost with them. */
interface Losses {
  damaged_: number
  messages_: number
}

/** Finds the newest value of all keys: its state in `into`, its key in `j.newest_`. Below 0: a version that this program does not know. */
function findNewest(j: Journal, into: State, losses: Losses, cause: Cause): Code {
  const s = newState()
  let slots = j.slots_
  for (let slot = 0; slot < slots; slot = slot + 1) {
    const value = j.storage_.get(keyOf(j, slot))
    if (value.length === 0) continue
    const version = versionOf(value, slot)
    if (version !== Format.Damaged && version !== Format.Version) return fill(cause, ErrorCode.JournalFailed, 'version', version, Format.Version)
    s.slots_ = 0
    if (version === Format.Version) readValue(value, s, 0)
    if (s.slots_ === 0) losses.damaged_ = losses.damaged_ + 1
    else {
      // A program with larger limits wrote it: its keys are looked at too.
      if (s.slots_ > slots) slots = s.slots_
      if (s.sequence_ > into.sequence_) {
        readValue(value, into, 0)
        j.newest_ = slot
      }
    }
  }
  while (j.bits_.length * 8 < slots) j.bits_.push(0)
  j.slots_ = slots
  return 0
}

/** Whether a message or a receipt with this token came back already. */
function hasToken(core: Core, token: number): boolean {
  const chains: Chain[] = [core.outbox_.queue_, core.outbox_.flight_, core.outbox_.receipts_]
  for (const chain of chains) {
    let m = chain.head_
    while (m !== undefined) {
      if (m.token_ === token) return true
      m = m.next_
    }
  }
  return false
}

/** A receipt that is owed from before: told as soon as the client runs. */
function owe(core: Core, j: Journal, m: Outgoing, slot: number, kind: number, reason: number): void {
  const box = core.outbox_
  if (!box.wanted_) return
  m.slot_ = slot
  setUsed(j, slot)
  m.outcome_ = outcomeOf(kind)
  m.reason_ = reason
  m.step_ = Step.Told
  m.payload_ = EMPTY
  m.field_ = EMPTY
  pushBack(box.receipts_, m)
  box.owed_ = box.owed_ + 1
}

/** The mark of a key, as an index into the state's lists; -1 for none. */
function markAt(s: State, slot: number): number {
  for (let i = 0; i < s.markSlots_.length; i = i + 1) {
    if (s.markSlots_[i] === slot) return i
  }
  return -1
}

/** Back into the queue: by priority, then by token, as they were accepted. */
function requeue(chain: Chain, m: Outgoing): void {
  const tail = chain.tail_
  if (tail === undefined || tail.token_ < m.token_) {
    enqueue(chain, m)
    return
  }
  let before: Outgoing | undefined = undefined
  let x = chain.head_
  while (x !== undefined && (x.priority_ > m.priority_ || x.priority_ === m.priority_ && x.token_ < m.token_)) {
    before = x
    x = x.next_
  }
  m.next_ = x
  if (before === undefined) chain.head_ = m
  else before.next_ = m
  if (x === undefined) chain.tail_ = m
}

/** A key whose message the newest state counts on, and whose value is not whole: its receipt says so, if its token can be read. */
function lose(core: Core, j: Journal, s: State, slot: number, i: number, token: number, losses: Losses): void {
  losses.messages_ = losses.messages_ + 1
  // The server may hold its id.
  if (i >= 0 && s.markKinds_[i]! < Mark.Ended && core.retired_.length < Ids.Most) core.retired_.push(s.markValues_[i]!)
  if (token < 1 || token > s.token_ || hasToken(core, token)) return
  core.stats_.unknown = core.stats_.unknown + 1
  owe(core, j, newOutgoing(token, EMPTY, EMPTY, 2), slot, 255, ErrorCode.JournalDamaged)
}

function hasId(flights: Outgoing[], id: number): boolean {
  for (const m of flights) {
    if (m.packetId_ === id) return true
  }
  return false
}

/** The ids of a list that are ids, each once, and none of `flights`: no journal writes others, but a checksum proves little. */
function distinct(ids: number[], flights: Outgoing[]): number[] {
  const kept: number[] = []
  for (const id of ids) {
    let known = id === 0 || hasId(flights, id)
    for (const other of kept) {
      if (other === id) known = true
    }
    if (!known) kept.push(id)
  }
  return kept
}

/** Brings back what the newest state says of one key. `flights` gets the messages in flight. */
function restore(core: Core, j: Journal, s: State, slot: number, flights: Outgoing[], losses: Losses): void {
  const box = core.outbox_
  const value = j.storage_.get(keyOf(j, slot))
  const whole = versionOf(value, slot) === Format.Version
  const m = whole ? readValue(value, newState(), j.base_) : undefined
  if (value.length === 0) losses.damaged_ = losses.damaged_ + 1
  const i = markAt(s, slot)
  const kind = i < 0 ? 0 : s.markKinds_[i]!
  if (m === undefined || m.token_ > s.token_ || hasToken(core, m.token_)) {
    lose(core, j, s, slot, i, whole ? 0 : tokenOf(value), losses)
    return
  }
  if (kind >= Mark.Ended) {
    owe(core, j, m, slot, kind, unshiftReason(s.markValues_[i]!))
    return
  }
  m.slot_ = slot
  setUsed(j, slot)
  box.count_ = box.count_ + 1
  core.stats_.journalRestored = core.stats_.journalRestored + 1
  if (m.expirySeconds_ >= 0 || m.messageExpiry_ !== -2) j.timed_ = true
  if (kind === 0 || s.markValues_[i] === 0 || hasId(flights, s.markValues_[i]!)) requeue(box.queue_, m)
  else {
    m.packetId_ = s.markValues_[i]!
    m.noted_ = m.packetId_
    // Whether the server has it is unknown: only a repeat is sure not to bring it twice (section 4.4).
    m.taken_ = Taken.Whole
    m.epoch_ = 1
    m.step_ = kind === Mark.Received ? Step.Pubcomp : qosOf(m) === 1 ? Step.Puback : Step.Pubrec
    if (kind === Mark.Received && core.options_.onSessionLost === 'report') m.payload_ = EMPTY
    flights.push(m)
  }
  box.bytes_ = box.bytes_ + sizeOf(m)
}

/** What went by while nobody ran, seconds; 0 where the wall clock does not tell. */
function secondsAway(core: Core, j: Journal, s: State): number {
  if (s.wall_ <= 0) return 0
  const wall = core.hal_.system.wallClock()
  if (wall <= 0) j.wall_ = s.wall_
  const away = wall - s.wall_
  return wall > 0 && away > 0 && away < 1000000000 ? away : 0
}

/** Opens the journal and brings back what it holds. 0, or why the client cannot work with it, with the cause. */
export function openJournal(core: Core, cause: Cause): Code {
  const j = newJournal(core, cause)
  if (j === undefined) return cause.code
  const s = newState()
  const losses: Losses = { damaged_: 0, messages_: 0 }
  const code = findNewest(j, s, losses, cause)
  if (code < 0) return code
  core.journal_ = j
  core.outbox_.freed_ = []
  core.outbox_.changed_ = false
  if (j.newest_ >= 0) {
    j.sequence_ = s.sequence_
    j.cursor_ = j.newest_
    j.base_ = s.lived_ + secondsAway(core, j, s)
    j.restored_ = s.token_
    j.fresh_ = s.session_
    core.token_ = s.token_
    core.ids_.last_ = s.lastId_
    core.hadSession_ = s.session_ && !core.settings_.clean_
    core.receiveSet_ = distinct(s.received_, [])
    core.retired_ = s.retired_
    // What was sent before has another number than any connection to come.
    core.epoch_ = 1
    const flights: Outgoing[] = []
    for (let i = 1; i <= j.slots_; i = i + 1) {
      const slot = (j.newest_ + i) % j.slots_
      if (hasBit(s.bits_, slot)) restore(core, j, s, slot, flights, losses)
    }
    // In the order in which they were sent (section 4.6).
    for (const slot of s.markSlots_) {
      for (const m of flights) {
        if (m.slot_ === slot) pushBack(core.outbox_.flight_, m)
      }
    }
    core.outbox_.flightCount_ = flights.length
    core.retired_ = distinct(core.retired_, flights)
    if (FEATURE_STATS) {
      markOutbox(core)
      core.stats_.inflightMost = flights.length
      core.stats_.receiveSetMost = s.received_.length
    }
    expire(core.outbox_, core.clock_.seconds_, core.clock_.millis_)
  }
  core.stats_.journalDamaged = losses.damaged_
  if (core.stats_.journalDamaged > 0) fill(core.cause_, ErrorCode.JournalDamaged, '', core.stats_.journalDamaged, losses.messages_)
  return 0
}
