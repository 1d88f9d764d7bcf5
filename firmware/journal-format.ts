/**
 * The values that the journal stores, format version 1: bytes from records and back. docs/journal.md has the layout.
 *
 * A value is a frame ("yq", version, sequence number, message or none, state of the session, checksum). Frame and checksum
 * are the same in every version, so that a value of another version can be told from a damaged one.
 */
import { EMPTY, at, b1, b2, b3, cat, cut, join, keep, u16, u32, type Bytes } from './bytes.js'
import { readVarint, varint, varintSize } from './codec/varint.js'
import { newOutgoing, type Outgoing } from './outbox.js'
import type { Outcome } from './types.js'

/** Of this format; and what `versionOf` says of bytes that no version wrote whole. */
export const enum Format { Damaged = 0, Version = 1 }

/** Sizes and places in the frame, bytes. */
const enum Frame { Version = 2, Sequence = 3, Token = 7, Body = 11, Checksum = 6, Least = 18 }

/** Which optional fields a message has; below them QoS * 2 + RETAIN. */
const enum Has { Deadline = 8, Expiry = 16, Properties = 32, Priority = 64 }

/** Ids in the receive set, and ids not to be used again: the most that the client holds of each. */
export const enum Ids { Most = 64 }

/** What a mark says of a message: in flight, PUBREC seen, or from Ended on how it ended, in the order of `OUTCOMES`. */
export const enum Mark { Sent = 1, Received = 2, Ended = 8 }

const OUTCOMES: Outcome[] = ['sent', 'delivered', 'expired', 'dropped', 'rejected', 'unknown']

/** A mark's byte: its kind, whether its value is the usual one, and how many keys after the one before it stands, in `Step`s up to `Far`. */
const enum Packed { Usual = 16, Step = 32, Far = 7 }

/** Reasons are codes below 0 and MQTT's reason codes: stored with this added. */
const enum Shift { Reason = 1024, Priority = 128 }

/** All that a value says beyond its own message: the newest value's state holds. */
export interface State {
  sequence_: number
  /** A session of ours may exist at the server. */
  session_: boolean
  /** How many keys the journal has. */
  slots_: number
  lastId_: number
  /** The last token given. */
  token_: number
  /** Seconds that the journal's clients have lived, and the wall clock, 0 unknown; both 0 when nothing waits for a time. */
  lived_: number
  wall_: number
  /** Eight keys a number: which hold a message that has not ended, or whose receipt was not told. */
  bits_: number[]
  /** Messages that are more than queued, in the order of sending: key, `Mark`, packet id or shifted reason. */
  markSlots_: number[]
  markKinds_: number[]
  markValues_: number[]
  /** Inbound QoS 2 ids, and ids not to be used again in this session. */
  received_: number[]
  retired_: number[]
}

export function newState(): State {
  return {
    sequence_: 0, session_: false, slots_: 0, lastId_: 0, token_: 0, lived_: 0, wall_: 0, bits_: [],
    markSlots_: [], markKinds_: [], markValues_: [], received_: [], retired_: []
  }
}

/** 46 bits over the first `end` bytes and the number of the key, so that a value does not pass for that of another key. */
export function checksum(s: Bytes, end: number, slot: number): Bytes {
  let a = slot + 1
  let b = end % 65536
  let i = 0
  // 8388592 * 251 + 65535 is below 2^31.
  while (i + 1 < end) {
    a = (a * 251 + at(s, i) * 256 + at(s, i + 1)) % 8388593
    b = (b + a) % 8388593
    i = i + 2
  }
  if (i < end) {
    a = (a * 251 + at(s, i)) % 8388593
    b = (b + a) % 8388593
  }
  const low = a % 65536
  const high = b % 65536
  return cat(b3((a - low) / 65536, (low - low % 256) / 256, low % 256), b3((b - high) / 65536, (high - high % 256) / 256, high % 256))
}

/** The version that wrote a value, or `Format.Damaged` for one that is torn or no value of a journal. */
export function versionOf(value: Bytes, slot: number): number {
  const end = value.length - Frame.Checksum
  if (value.length < Frame.Least || at(value, 0) !== 121 || at(value, 1) !== 113) return Format.Damaged
  return checksum(value, end, slot) === cut(value, end, value.length) ? at(value, Frame.Version) : Format.Damaged
}

/** The token of a value's message, also of a damaged one; 0 when it cannot be read. */
export function tokenOf(value: Bytes): number {
  if (value.length < Frame.Body || at(value, 0) !== 121 || at(value, 1) !== 113 || at(value, Frame.Version) !== Format.Version) return 0
  const high = at(value, Frame.Token)
  return high > 64 ? 0 : ((high * 256 + at(value, Frame.Token + 1)) * 256 + at(value, Frame.Token + 2)) * 256 + at(value, Frame.Token + 3)
}

function listOf(ids: number[]): Bytes {
  const parts: Bytes[] = [varint(ids.length)]
  for (const id of ids) parts.push(u16(id))
  return join(parts)
}

/** Only from the first to the last key in use: most of the time they are few and neighbours. */
function bitsOf(bits: number[]): Bytes {
  let first = 0
  while (first < bits.length && bits[first] === 0) first = first + 1
  let end = bits.length
  while (end > first && bits[end - 1] === 0) end = end - 1
  const parts: Bytes[] = [varint(first), varint(end - first)]
  for (let i = first; i < end; i = i + 1) parts.push(b1(bits[i]!))
  return join(parts)
}

/** What a mark's value is most of the time: the packet id after the one before, or no reason. */
function usual(kind: number, id: number): number {
  return kind < Mark.Ended ? id % 65535 + 1 : Shift.Reason
}

/** One byte each, most of the time: keys and packet ids follow each other. */
function marksOf(s: State): Bytes {
  const parts: Bytes[] = [varint(s.markSlots_.length)]
  let slot = 0
  let id = 0
  for (let i = 0; i < s.markSlots_.length; i = i + 1) {
    const kind = s.markKinds_[i]!
    const value = s.markValues_[i]!
    const step = (s.markSlots_[i]! - slot + s.slots_) % s.slots_
    const isUsual = value === usual(kind, id)
    slot = s.markSlots_[i]!
    if (kind < Mark.Ended) id = value
    parts.push(b1(kind + (isUsual ? Packed.Usual : 0) + (step < Packed.Far ? step : Packed.Far) * Packed.Step))
    if (step >= Packed.Far) parts.push(varint(slot))
    if (!isUsual) parts.push(u16(value))
  }
  return join(parts)
}

/** `m` as it stands; `base` is what the journal's clients had lived when this client's clock was 0. */
function messageOf(m: Outgoing, base: number): Bytes {
  let flags = m.flags_
  let deadline = EMPTY
  let expiry = EMPTY
  let priority = EMPTY
  let properties = EMPTY
  if (m.expirySeconds_ >= 0) {
    flags = flags + Has.Deadline
    deadline = cat(u32(base + m.expirySeconds_), u16(m.expiryMillis_))
  }
  if (m.messageExpiry_ !== -2) {
    flags = flags + Has.Expiry
    expiry = cat(u32(m.messageExpiry_), u32(base + m.bornSeconds_))
  }
  if (m.priority_ !== 0) {
    flags = flags + Has.Priority
    priority = b1(m.priority_ + Shift.Priority)
  }
  if (m.properties_.length > 0) {
    flags = flags + Has.Properties
    properties = cat(varint(m.properties_.length), m.properties_)
  }
  return cat(b1(flags), deadline, expiry, priority, properties, m.field_, varint(m.payload_.length), m.payload_)
}

/** One value for the key `slot`: the message `m` or none, and the state. */
export function writeValue(slot: number, s: State, m: Outgoing | undefined, base: number): Bytes {
  const timed = s.lived_ > 0 || s.wall_ > 0
  const value = cat(
    cat(b3(121, 113, Format.Version), u32(s.sequence_), u32(s.token_), m === undefined ? b1(0) : messageOf(m, base)),
    cat(b1((s.session_ ? 1 : 0) + (timed ? 2 : 0)), u16(s.slots_), u16(s.lastId_), timed ? cat(u32(s.lived_), u32(s.wall_)) : EMPTY),
    bitsOf(s.bits_), marksOf(s), listOf(s.received_), listOf(s.retired_)
  )
  return cat(value, checksum(value, value.length, slot))
}

/** Where reading is; `bad_` once it went past the end. */
interface Cursor {
  s_: Bytes
  at_: number
  end_: number
  bad_: boolean
}

/** An unsigned number of 1, 2 or 4 bytes; -1 is 0xFFFFFFFF, and other numbers of 2^31 or more are bad. */
function number(c: Cursor, size: number): number {
  if (c.at_ + size > c.end_) {
    c.bad_ = true
    return 0
  }
  const i = c.at_
  c.at_ = i + size
  if (size === 1) return at(c.s_, i)
  const n = at(c.s_, i) * 256 + at(c.s_, i + 1)
  if (size === 2) return n
  const low = at(c.s_, i + 2) * 256 + at(c.s_, i + 3)
  if (n < 32768) return n * 65536 + low
  if (n !== 65535 || low !== 65535) c.bad_ = true
  return -1
}

function varying(c: Cursor): number {
  const n = c.bad_ ? -1 : readVarint(c.s_, c.at_, c.end_)
  if (n < 0) {
    c.bad_ = true
    return 0
  }
  c.at_ = c.at_ + varintSize(n)
  return n
}

function bytes(c: Cursor, length: number): Bytes {
  if (c.bad_ || c.at_ + length > c.end_) {
    c.bad_ = true
    return EMPTY
  }
  c.at_ = c.at_ + length
  return keep(cut(c.s_, c.at_ - length, c.at_))
}

/** The message at the cursor. Its key and its mark are the caller's to set. */
function readMessage(c: Cursor, token: number, base: number): Outgoing {
  const flags = number(c, 1)
  const m = newOutgoing(token, EMPTY, EMPTY, flags % 8)
  if (flags % 16 >= Has.Deadline) {
    m.expirySeconds_ = number(c, 4) - base
    m.expiryMillis_ = number(c, 2)
    if (m.expirySeconds_ < 0) m.expirySeconds_ = 0
  }
  if (flags % 32 >= Has.Expiry) {
    m.messageExpiry_ = number(c, 4)
    m.bornSeconds_ = number(c, 4) - base
  }
  if (flags % 128 >= Has.Priority) m.priority_ = number(c, 1) - Shift.Priority
  if (flags % 64 >= Has.Properties) m.properties_ = bytes(c, varying(c))
  const length = number(c, 2)
  m.field_ = bytes(c, length)
  m.field_ = cat(b2((length - length % 256) / 256, length % 256), m.field_)
  m.payload_ = bytes(c, varying(c))
  if (flags >= 128 || m.flags_ < 2 || m.flags_ > 5 || length === 0) c.bad_ = true
  return m
}

function readList(c: Cursor): number[] {
  const list: number[] = []
  let left = varying(c)
  if (left > Ids.Most) c.bad_ = true
  while (left > 0 && !c.bad_) {
    list.push(number(c, 2))
    left = left - 1
  }
  return list
}

function readMarks(c: Cursor, s: State): void {
  s.markSlots_ = []
  s.markKinds_ = []
  s.markValues_ = []
  let slot = 0
  let id = 0
  let left = varying(c)
  while (left > 0 && !c.bad_) {
    const packed = number(c, 1)
    const kind = packed % Packed.Usual
    const step = (packed - packed % Packed.Step) / Packed.Step
    slot = step < Packed.Far ? (slot + step) % s.slots_ : varying(c)
    const value = packed % Packed.Step >= Packed.Usual ? usual(kind, id) : number(c, 2)
    if (kind < Mark.Ended) id = value
    s.markSlots_.push(slot)
    s.markKinds_.push(kind)
    s.markValues_.push(value)
    left = left - 1
  }
}

function readBits(c: Cursor, slots: number): number[] {
  const bits: number[] = []
  const first = varying(c)
  let left = varying(c)
  if ((first + left) * 8 > slots + 7) c.bad_ = true
  while (bits.length < first && !c.bad_) bits.push(0)
  while (left > 0 && !c.bad_) {
    bits.push(number(c, 1))
    left = left - 1
  }
  return bits
}

/**
 * Reads a value whose version is ours: its state into `s`, and its message, undefined when it has none. `s.slots_` is 0 when
 * its parts do not fit together: then no journal wrote it.
 */
export function readValue(value: Bytes, s: State, base: number): Outgoing | undefined {
  const c: Cursor = { s_: value, at_: Frame.Sequence, end_: value.length - Frame.Checksum, bad_: false }
  s.sequence_ = number(c, 4)
  s.token_ = number(c, 4)
  let m: Outgoing | undefined = undefined
  if (at(value, Frame.Body) > 0) m = readMessage(c, s.token_, base)
  else c.at_ = Frame.Body + 1
  const flags = number(c, 1)
  s.session_ = flags % 2 === 1
  s.slots_ = number(c, 2)
  s.lastId_ = number(c, 2)
  s.lived_ = flags >= 2 ? number(c, 4) : 0
  s.wall_ = flags >= 2 ? number(c, 4) : 0
  if (s.slots_ === 0) return undefined
  s.bits_ = readBits(c, s.slots_)
  readMarks(c, s)
  s.received_ = readList(c)
  s.retired_ = readList(c)
  if (c.bad_ || c.at_ !== c.end_ || s.sequence_ <= 0 || s.token_ < 0) s.slots_ = 0
  return s.slots_ === 0 ? undefined : m
}

/** How a message ended, for its mark. */
export function markOf(outcome: Outcome): number {
  for (let i = 0; i < OUTCOMES.length; i = i + 1) {
    if (OUTCOMES[i] === outcome) return Mark.Ended + i
  }
  return Mark.Ended
}

/** The outcome of a mark of `Mark.Ended` or more. */
export function outcomeOf(kind: number): Outcome {
  const i = kind - Mark.Ended
  return i < OUTCOMES.length ? OUTCOMES[i]! : 'unknown'
}

/** A reason for a mark's value, and back. */
export function shiftReason(reason: number): number {
  return reason + Shift.Reason
}

export function unshiftReason(value: number): number {
  return value - Shift.Reason
}
