/**
 * The flight recorder: a ring of compact records of what went over the link, what the application called and what the
 * port answered, so that the same core can be run through it on a desk. docs/recorder.md has the format.
 *
 * It holds lengths, never payloads, topics or credentials. A record is the step in time since the one before, so that
 * a packet costs three to eight bytes. Records are joined to short strings, those to blocks; the oldest block goes first.
 */
import { EMPTY, at, b1, b2, cat, cut, join, u16At, type Bytes, type Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import { PacketType } from './codec/packets.js'
import { readVarint, varint, varintSize } from './codec/varint.js'
import type { Core } from './core.js'
import type { Scanner } from './codec/scan.js'
import type { Packet } from './codec/read.js'
import type { Subscription } from './subscriptions.js'

/** The high half of a record's first byte. The low half says which of its kind. */
export const enum Kind { In = 16, Out = 32, Link = 48, Call = 64, Event = 80, Boot = 96, Checkpoint = 112, Time = 128 }

/** Calls of the application: the low half after `Kind.Call`. */
export const enum Call { Connect = 1, Publish, Stream, Subscribe, Unsubscribe, Disconnect, Abort, Destroy, Receive }

/** The low half after `Kind.Event`. */
export const enum Event {
  /** The call before was refused: code. */
  Refused = 1,
  /** The port ended the socket: code. */
  Socket,
  /** Bytes that did not yet make a packet: count. */
  Partial,
  /** The socket took a part of what was to go: bytes, 0 once it took all. */
  Taken,
  /** Something waits to be sent and the socket takes nothing. */
  Blocked,
  /** What arrived is not MQTT, or not allowed: what the scanner or the reader said. */
  Bad,
  /** A message received in pieces has ended. */
  StreamIn,
  /** A callback threw. */
  Threw,
  /** The ping interval that was learned: s. */
  Learned,
  /** A filter was set aside: its place in the registry. */
  Aside
}

/** Of the phases of core.ts, which imports this file. */
const enum Link { Waiting = 1 }

const enum Size {
  /** Bytes of records that are joined before they become an entry of a list. */
  Small = 48,
  /** Codes of a SUBACK that are held. */
  Codes = 64,
  /** Seconds from which a step in time is a record of its own. */
  Step = 100000
}

export interface Recorder {
  /** Blocks that are full, the oldest first; the block being filled, in parts, and its bytes. */
  blocks_: Bytes[]
  parts_: Bytes[]
  small_: Bytes
  bytes_: number
  /** Bytes of one block, and how many there are beside the one being filled. */
  block_: number
  most_: number
  /** The time of the last record; `millis_` may pass 1000. */
  seconds_: number
  millis_: number
  /** Bytes of the block being filled from which a checkpoint is wanted; -1: it has one. */
  wanted_: number
  /** The checksum of the options, and the settings that it was made with. */
  sum_: Bytes
  sumOf_: unknown
  /** Bytes received that made no packet yet; ms since a packet was received, 1000 at most. */
  partial_: number
  /** That was recorded already. */
  partialTold_: boolean
  /** Something could not be sent. */
  blocked_: boolean
  /** The callback that began last, and whether nothing was recorded since. */
  fn_: unknown
  began_: boolean
  /** Topics published to, those seen last, their numbers, and the last number given. */
  topics_: string[]
  numbers_: number[]
  topicLast_: number
  /** The last one, its length in bytes and its number, as records have them. */
  topic_: string
  topicLength_: Bytes
  topicNumber_: Bytes
  /** The learned ping interval that was recorded last. */
  interval_: number
  /** Records since the last write to storage; seconds at that write; a link was lost since. */
  unsaved_: number
  savedAt_: number
  lost_: boolean
  /** Writes to storage. */
  writes_: number
}

/** A recorder of `size` bytes in four blocks. */
export function newRecorder(size: number): Recorder {
  const block = (size - size % 4) / 4
  return {
    blocks_: [], parts_: [], small_: EMPTY, bytes_: 0, block_: block, most_: 3, seconds_: 0, millis_: 0, wanted_: 0, sum_: EMPTY, sumOf_: undefined,
    partial_: 0, partialTold_: false, blocked_: false, fn_: undefined, began_: false, topics_: [], numbers_: [], topicLast_: 0,
    topic_: '', topicLength_: EMPTY, topicNumber_: EMPTY, interval_: 0, unsaved_: 0, savedAt_: 0, lost_: false, writes_: 0
  }
}

/** The block being filled, as one string. */
export function openBlock(r: Recorder): Bytes {
  if (r.parts_.length > 0) {
    r.parts_.push(r.small_)
    r.small_ = join(r.parts_)
    r.parts_ = []
  }
  return r.small_
}

/** Puts the block being filled behind the full ones, and drops the oldest. */
export function closeBlock(r: Recorder): void {
  const whole = openBlock(r)
  r.small_ = EMPTY
  r.bytes_ = 0
  r.wanted_ = 0
  if (whole.length === 0) return
  r.blocks_.push(whole)
  if (r.blocks_.length > r.most_) r.blocks_.shift()
}

/** Appends one record; a block is never passed. */
export function appendRecord(r: Recorder, record: Bytes): void {
  if (r.bytes_ + record.length > r.block_) closeBlock(r)
  r.bytes_ = r.bytes_ + record.length
  r.unsaved_ = r.unsaved_ + 1
  if (r.small_.length < Size.Small) r.small_ = cat(r.small_, record)
  else {
    r.parts_.push(r.small_)
    r.small_ = record
  }
}

/** Whole numbers that may be below 0: twice the number, or one less than twice its amount. To 2^30 - 1; what is beyond is cut. */
export function signed(n: number): Bytes {
  if (n > 1073741823) return varint(2147483646)
  return varint(n < 0 ? n * -2 - 1 : n * 2)
}

/** Silence that is a record of its own. Returns the second that the next step is counted from. */
function skipTime(r: Recorder, seconds: number): number {
  appendRecord(r, cat(b1(Kind.Time), varint(seconds - r.seconds_ - 1)))
  return seconds - 1
}

/** Begins a record at `late` ms after the slice: its first byte, and the ms since the record before. */
export function stamp(core: Core, r: Recorder, first: number, late: number): Bytes {
  const seconds = core.clock_.seconds_
  const millis = core.clock_.millis_ + late
  if (seconds - r.seconds_ > Size.Step) r.seconds_ = skipTime(r, seconds)
  const step = (seconds - r.seconds_) * 1000 + millis - r.millis_
  // The last record may stand later than the slice: it was a call.
  if (step < 0) return b2(first, 0)
  r.seconds_ = seconds
  r.millis_ = millis
  return step < 128 ? b2(first, step) : cat(b1(first), varint(step))
}

/** Appends a record at the core's time: that of the slice, or in a call what has passed since. */
export function note(core: Core, first: number, rest: Bytes): void {
  const r = core.recorder_
  if (r === undefined) return
  const head = stamp(core, r, first, core.busy_ > 1 ? 0 : core.hal_.timer.since(core.clock_.stamp_))
  r.began_ = false
  appendRecord(r, rest.length === 0 ? head : cat(head, rest))
}

/** ErrorCode, LinkCode: 0 to -255. */
function codeByte(code: Code): Bytes {
  return b1(code < 0 && code > -256 ? -code : 0)
}

/** A packet that goes out and is no PUBLISH; `size`: all of it, its body begins at `body`. */
function noteOther(core: Core, packet: Bytes, type: number, size: number, body: number): void {
  let rest = EMPTY
  if (type >= PacketType.Puback && type <= PacketType.Pubcomp) rest = varint(u16At(packet, body))
  else if (type !== PacketType.Pingreq) rest = varint(size)
  if (type === PacketType.Subscribe || type === PacketType.Unsubscribe) rest = cat(rest, varint(u16At(packet, body)))
  note(core, Kind.Out + type, rest)
}

/** A packet that goes out; of a PUBLISH perhaps only the head is in `packet`. */
export function noteOut(core: Core, packet: Bytes): void {
  const header = at(packet, 0)
  let size = at(packet, 1) + 2
  let body = 2
  if (size > 129) {
    const length = readVarint(packet, 1, packet.length < 5 ? packet.length : 5)
    body = 1 + varintSize(length)
    size = body + length
  }
  const flags = header % 16
  if (header - flags !== PacketType.Publish * 16) {
    noteOther(core, packet, (header - flags) / 16, size, body)
    return
  }
  const rest = size < 128 ? b2(flags, size) : cat(b1(flags), varint(size))
  note(core, Kind.Out + PacketType.Publish, flags % 8 > 1 ? cat(rest, varint(u16At(packet, body + 2 + u16At(packet, body)))) : rest)
}

/** What a 5.0 server says of itself, as numbers; 0 for what it does not say. */
function serverNumbers(p: Packet): Bytes {
  const s = p.properties_
  if (s === undefined) return b1(0)
  let bits = 1
  if (s.retainAvailable === 0) bits = bits + 2
  if (s.wildcardSubscriptionAvailable === 0) bits = bits + 4
  if (s.sharedSubscriptionAvailable === 0) bits = bits + 8
  if (s.subscriptionIdentifiersAvailable === 0) bits = bits + 16
  if (s.maximumQoS !== undefined) bits = bits + 32 * (s.maximumQoS + 1)
  return cat(b1(bits), varint(s.receiveMaximum === undefined ? 0 : s.receiveMaximum),
    signed(s.maximumPacketSize === undefined ? 0 : s.maximumPacketSize), varint(s.topicAliasMaximum === undefined ? 0 : s.topicAliasMaximum),
    varint(s.serverKeepAlive === undefined ? 0 : s.serverKeepAlive + 1),
    varint(s.assignedClientIdentifier === undefined ? 0 : s.assignedClientIdentifier.length))
}

/** What was received made a packet. */
function arrived(core: Core): void {
  const r = core.recorder_
  if (r === undefined) return
  r.partial_ = 0
  r.partialTold_ = false
}

/** What the port, the scanner or the socket said. `value` 0 or more; a code goes in as its amount. */
export function noteEvent(core: Core, event: Event, value: number): void {
  if (event === Event.StreamIn) arrived(core)
  note(core, Kind.Event + event, varint(value < 0 ? -value : value))
}

/** A packet that arrived, and what the reader said of it: 0, or the reason to close. */
export function noteRead(core: Core, reason: number): void {
  const p = core.packet_
  const s = core.scanner_
  if (reason !== 0) {
    noteEvent(core, Event.Bad, reason)
    return
  }
  const type = p.type_
  const header = s.header_ % 16
  let rest = EMPTY
  arrived(core)
  if (type === PacketType.Publish) {
    rest = cat(b1(header), varint(s.size_), varint(p.topic_.length), varint(p.payload_.length))
    if (p.qos_ > 0) rest = cat(rest, varint(p.packetId_))
  } else if (type === PacketType.Connack) {
    rest = b2(p.sessionPresent_ ? 1 : 0, p.reason_)
    if (FEATURE_V5 && core.settings_.version_ === 5) rest = cat(rest, serverNumbers(p))
  } else if (type >= PacketType.Puback && type <= PacketType.Pubcomp) rest = cat(varint(p.packetId_), b1(p.reason_))
  else if (type === PacketType.Suback || type === PacketType.Unsuback) {
    // More codes than any request of ours has filters: how many more does not matter, and a record must fit.
    const codes = p.codes_.length > Size.Codes ? cut(p.codes_, 0, Size.Codes) : p.codes_
    rest = cat(varint(p.packetId_), varint(codes.length), codes)
  } else if (type !== PacketType.Pingresp) rest = b1(p.reason_)
  note(core, Kind.In + type, rest)
}

/** A PUBLISH above the read limit begins; it arrives in pieces. */
export function noteStreamIn(core: Core, s: Scanner): void {
  const header = s.header_ % 16
  arrived(core)
  // Flag bits above 15 say that it comes in pieces.
  const rest = cat(b1(header + 16), varint(s.size_), varint(s.topic_.length), varint(s.total_))
  note(core, Kind.In + PacketType.Publish, header % 8 > 1 ? cat(rest, varint(s.packetId_)) : rest)
}

/** The link enters a phase. */
export function noteLink(core: Core, phase: number, cause: Code): void {
  const r = core.recorder_
  if (r === undefined) return
  r.blocked_ = false
  const reason = core.cause_.code === cause && core.cause_.reason > 0 ? core.cause_.reason : 0
  const rest = cat(codeByte(cause), b1(reason))
  note(core, Kind.Link + phase, phase === Link.Waiting ? cat(rest, varint(core.wait_ > 0 ? core.wait_ : 0)) : rest)
  if (cause < 0 && cause !== ErrorCode.Disconnected && cause !== ErrorCode.Aborted) r.lost_ = true
}

/** What was to go met a socket that takes a part of it, or nothing. `n`: what it took now. */
export function noteTaken(core: Core, n: number): void {
  const r = core.recorder_
  if (r === undefined) return
  if (core.tx_.bytes_ > 0) {
    if (n > 0 || !r.blocked_) noteEvent(core, n > 0 ? Event.Taken : Event.Blocked, n)
    r.blocked_ = true
  } else if (r.blocked_ && n > 0) {
    noteEvent(core, Event.Taken, 0)
    r.blocked_ = false
  }
}

/** The socket has no room for what could go. */
export function noteBlocked(core: Core): void {
  const r = core.recorder_
  if (r === undefined || r.blocked_) return
  noteEvent(core, Event.Blocked, 0)
  r.blocked_ = true
}

/** The ping interval in use, when it is another than before. */
export function noteLearned(core: Core, seconds: number): void {
  const r = core.recorder_
  if (r === undefined || r.interval_ === seconds) return
  r.interval_ = seconds
  noteEvent(core, Event.Learned, seconds)
}

/** Which of the registry a filter is, from 1; 0 for none. */
export function placeOf(core: Core, filter: string): number {
  let place = 0
  const entries = core.registry_.entries_
  for (let i = 0; i < entries.length; i = i + 1) {
    if (entries[i].filter_ === filter) place = i + 1
  }
  return place
}

/** A filter is set aside: what follows counts from here. */
export function noteAside(core: Core, e: Subscription): void {
  noteEvent(core, Event.Aside, placeOf(core, e.filter_))
}
