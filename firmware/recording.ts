/**
 * What a recording is made of beside its records: the options as numbers, checkpoints of the core's state, the image that
 * survives a reset, and the bytes that `recording` gives. docs/recorder.md has the format and the policy of writing.
 */
import { EMPTY, at, b1, b2, b4, cat, cut, join, keep, u16, u16At, type Bytes } from './bytes.js'
import { varint } from './codec/varint.js'
import { appendRecord, Kind, newRecorder, noteEvent, openBlock, signed, stamp, Event, type Recorder } from './recorder.js'
import { topicNumber } from './recorder-calls.js'
import type { Client } from './client.js'
import type { Core } from './core.js'
import type { Outgoing } from './outbox.js'
import type { Options } from './types.js'

const enum Format { Version = 2, Head = 5, Sum = 4 }

const enum Policy {
  /** Seconds between two writes to storage, after a link was lost and otherwise. */
  AfterLoss = 600,
  Otherwise = 3600,
  /** Messages and filters that a checkpoint holds. */
  Listed = 24,
  /** Bytes: of a checkpoint at the least, of each message in it, and those recorded after one that was too large for the next try. */
  Least = 36,
  Message = 16,
  Again = 64
}

const KEY = 'yieldmq.rec'
/** As the record of a start numbers them; what is not among them is 4. */
const REASONS = ['power-on', 'watchdog', 'brown-out', 'software', 'unknown', 'deep-sleep']

/** Fletcher's checksum with two sums of 16 bits: what a torn value does not have. */
export function checksum(s: Bytes, to: number): Bytes {
  let a = 1
  let b = 0
  for (let i = 0; i < to; i = i + 1) {
    a = (a + at(s, i)) % 65521
    b = (b + a) % 65521
  }
  return b4((b - b % 256) / 256, b % 256, (a - a % 256) / 256, a % 256)
}

function flag(on: boolean, weight: number): number {
  return on ? weight : 0
}

/** 0 for an option that is absent, else its length in bytes and one. */
function lengthOf(core: Core, text: string | undefined): number {
  return text === undefined ? 0 : core.hal_.text.utf8(text).length + 1
}

function pack(numbers: number[]): Bytes {
  const parts: Bytes[] = []
  for (const n of numbers) parts.push(n >= 0 && n < 64 ? b1(n * 2) : signed(n))
  return join(parts)
}

function wordOf(word: string | undefined, words: string[]): number {
  for (let i = 0; i < words.length; i = i + 1) {
    if (words[i] === word) return i
  }
  return 0
}

/** The options and limits in use, in the order that docs/recorder.md lists. */
function header(core: Core): Bytes {
  const s = core.settings_
  const o: Options = core.options_
  const p = o.properties
  const will = o.will
  const limits = [
    s.version_, flag(s.clean_, 1), s.keepalive_, s.pingTimeout_, s.connectTimeout_, s.requestTimeout_, s.ackTimeout_,
    s.reconnectPeriod_, s.reconnectPeriodMax_, s.reconnectSpread_, flag(s.jitter_, 1), s.packetIn_, s.packetOut_, s.streamMax_,
    s.outboxCount_, s.outboxBytes_, s.inboxCount_, s.inboxBytes_, s.inflight_, s.subscriptions_, s.slicePackets_, s.sliceBytes_
  ]
  const calls = flag(o.onMessage !== undefined, 1) + flag(o.onStream !== undefined, 2) + flag(o.onReceipt !== undefined, 4) +
    flag(o.onSubscribed !== undefined, 8) + flag(o.onLink !== undefined, 16) + flag(o.credentials !== undefined, 32) + flag(o.authenticate !== undefined, 64)
  const more = flag(core.hal_.network !== undefined, 1) + flag(o.journal !== undefined && o.journal !== false, 2) + flag(o.learnKeepalive === true, 4) +
    flag(o.followServerReference === true, 8) + flag(o.longClientId === true, 16)
  const others = [
    calls, more, wordOf(o.whenFull, ['refuse', 'drop-oldest', 'drop-newest', 'keep-latest']),
    wordOf(o.cache, ['direct', 'overwrite-oldest', 'push-back']), wordOf(o.onSessionLost, ['resend', 'report']), o.servers.length,
    lengthOf(core, o.clientId === undefined ? 'yieldmq-' + core.hal_.system.id() : o.clientId), lengthOf(core, o.username),
    o.password === undefined ? 0 : o.password.length + 1,
    will === undefined ? 0 : lengthOf(core, will.topic), will === undefined ? 0 : will.payload.length,
    will === undefined || will.qos === undefined ? 0 : will.qos, will !== undefined && will.retain === true ? 1 : 0,
    o.topicAliasOut === undefined ? 0 : o.topicAliasOut, p === undefined || p.receiveMaximum === undefined ? 0 : p.receiveMaximum,
    p === undefined || p.topicAliasMaximum === undefined ? 0 : p.topicAliasMaximum,
    p === undefined || p.sessionExpiryInterval === undefined ? -2 : p.sessionExpiryInterval
  ]
  return cat(pack(limits), pack(others))
}

/** A message without its contents. */
function packMessage(core: Core, m: Outgoing): Bytes {
  return pack([
    m.token_, m.flags_, m.step_, m.packetId_, m.epoch_ === 0 ? -1 : core.epoch_ - m.epoch_, m.taken_, m.field_.length, m.payload_.length,
    m.timeouts_, flag(m.renewed_, 1), m.properties_.length, m.priority_, m.expirySeconds_, m.expiryMillis_, m.messageExpiry_, m.bornSeconds_
  ])
}

/** The chain's messages; undefined when there are too many, or one that is sent in pieces. */
function packChain(core: Core, head: Outgoing | undefined): Bytes | undefined {
  const parts: Bytes[] = []
  let m = head
  while (m !== undefined) {
    if (m.total_ >= 0 || parts.length >= Policy.Listed) return undefined
    parts.push(packMessage(core, m))
    m = m.next_
  }
  return cat(varint(parts.length), join(parts))
}

/** Whether the state is one that a few numbers tell: nothing half sent, half received, cached or untold. */
function isQuiet(core: Core): boolean {
  const box = core.outbox_
  return core.busy_ === 0 && core.asked_ === 0 && !core.destroyed_ && core.streaming_ === undefined && core.tx_.bytes_ === 0 &&
    core.inbox_.count_ === 0 && core.inbox_.withheld_.length === 0 && core.scanner_.next_ === 0 && core.scanner_.cursor_ >= core.scanner_.chunk_.length &&
    box.receipts_.head_ === undefined && box.leaving_.head_ === undefined && core.overflow_ < 0 && core.aliases_.length <= Policy.Listed && core.behind_.length === 0 &&
    core.registry_.requests_.length === 0 && core.registry_.entries_.length <= Policy.Listed && core.receiveSet_.length <= Policy.Listed &&
    core.retired_.length <= Policy.Listed && !core.servers_.forGood_ && core.servers_.reference_ === undefined
}

function packState(core: Core, late: number): Bytes {
  const k = core.keepalive_
  const v = core.server_
  const bits = flag(core.hadSession_, 1) + flag(core.sessionPresent_, 2) + flag(core.resumed_, 4) + flag(core.resending_, 8) +
    flag(core.restoring_, 16) + flag(core.heard_, 32) + flag(core.alone_, 64) + flag(core.drainSent_, 128) + flag(core.registry_.dirty_, 256) + flag(core.registry_.watched_ === true, 512)
  const allows = flag(v.retain_, 1) + flag(v.wildcard_, 2) + flag(v.shared_, 4) + flag(v.subscriptionIds_, 8)
  return pack([
    late, core.clock_.seconds_, core.clock_.millis_, core.phase_, core.age_, core.wait_, k.interval_, k.timeout_, k.sinceSent_, k.sinceReceived_,
    k.waiting_, core.ackAge_, core.sentNow_, bits, core.epoch_, core.token_, core.ids_.last_, core.backoff_.attempts_, core.servers_.index_,
    core.suspect_, core.suspicions_, v.receiveMaximum_, v.packetMax_, v.maxQos_, allows, v.aliasMax_, v.keepalive_, core.drainMs_
  ])
}

function list(numbers: number[]): Bytes {
  return cat(varint(numbers.length), pack(numbers))
}

/** What the governor remembers; one byte where it has nothing to remember. */
function packGovernor(core: Core): Bytes {
  const g = core.governor_
  if (!FEATURE_GOVERNOR || g === undefined) return b1(0)
  const bits = 1 + flag(g.closed_, 2) + flag(g.conflict_, 4) + flag(g.bearer_, 8)
  return cat(b1(bits), pack([g.last_, g.seen_, g.told_, g.wait_, g.excuses_, g.period_]), list(g.ends_), list(g.lives_), list(g.starts_), list(g.drops_))
}

/** -2 for what a filter was never given. */
function orNever(n: number | undefined): number {
  return n === undefined ? -2 : n
}

/** Numbers and lengths of the topics that our aliases stand for: in a quiet state all of them left whole. */
function packAliases(core: Core, r: Recorder): Bytes {
  const parts: Bytes[] = [varint(core.aliases_.length)]
  for (const alias of core.aliases_) {
    const topic = core.hal_.text.text(cut(alias.field_, 2, alias.field_.length))
    parts.push(cat(varint(alias.field_.length - 2), varint(topicNumber(core, r, topic))))
  }
  return join(parts)
}

/** What checkpoints carry to tell under which options they were made: made once for each reading of the options. */
function fingerprint(core: Core, r: Recorder): Bytes {
  if (r.sumOf_ !== core.settings_) {
    const options = header(core)
    r.sum_ = checksum(options, options.length)
    r.sumOf_ = core.settings_
  }
  return r.sum_
}

/** Puts a checkpoint into the block being filled, when the state is quiet and small enough. `late`: ms since the slice. */
function writeCheckpoint(core: Core, r: Recorder, late: number): void {
  if (!isQuiet(core)) return
  // What is too much now may be less later in this block; to look at every message in every slice would cost more than all records.
  r.wanted_ = r.bytes_ + Policy.Again
  const least = Policy.Least + core.outbox_.count_ * Policy.Message
  if (least * 4 > r.block_ * 3 || r.bytes_ + least > r.block_) return
  const flight = packChain(core, core.outbox_.flight_.head_)
  const queue = packChain(core, core.outbox_.queue_.head_)
  if (flight === undefined || queue === undefined) return
  const parts: Bytes[] = [fingerprint(core, r), packState(core, late), flight, queue, varint(core.registry_.entries_.length)]
  for (const e of core.registry_.entries_) {
    parts.push(pack([e.token_, e.endToken_, flag(e.asked_, 1), e.want_, e.options_, e.bytes_.length, e.properties_.length, e.subscriptionId_, flag(e.handler_ !== undefined, 1),
      orNever(e.blame_), orNever(e.acked_), orNever(e.aside_), orNever(e.needs_), orNever(e.turns_)]))
  }
  parts.push(list(core.receiveSet_))
  parts.push(list(core.retired_))
  parts.push(packGovernor(core))
  const learning = FEATURE_LEARN ? core.learn_ : undefined
  parts.push(learning === undefined ? pack([0, 0]) : pack([learning.learn_.interval_, learning.learn_.most_]))
  parts.push(packAliases(core, r))
  const body = join(parts)
  // One that leaves too little of a block for records is none.
  if (body.length * 4 > r.block_ * 3 || r.bytes_ + body.length + 16 > r.block_) return
  r.wanted_ = -1
  const head = stamp(core, r, Kind.Checkpoint, late)
  appendRecord(r, cat(head, u16(body.length), body))
}

/** All that is known, as it goes to storage and to the application. */
function image(core: Core, r: Recorder): Bytes {
  const options = header(core)
  const parts: Bytes[] = ['YMR' as Bytes, b2(Format.Version, r.blocks_.length + 1), u16(options.length), options]
  for (const block of r.blocks_) {
    parts.push(u16(block.length))
    parts.push(block)
  }
  const open = openBlock(r)
  parts.push(u16(open.length))
  parts.push(open)
  const all = join(parts)
  return cat(all, checksum(all, all.length))
}

/** Takes the blocks of an earlier life over. False when the image is not whole; then nothing is taken. */
function takeImage(r: Recorder, s: Bytes): boolean {
  const end = s.length - Format.Sum
  if (end < Format.Head + 2 || cut(s, 0, 3) !== 'YMR' || at(s, 3) !== Format.Version || cut(s, end, s.length) !== checksum(s, end)) return false
  let i = Format.Head + 2 + u16At(s, Format.Head)
  while (i + 2 <= end) {
    const size = u16At(s, i)
    // A larger recorder's blocks would pass what this one may hold.
    if (size > 0 && size <= r.block_ && i + 2 + size <= end) r.blocks_.push(keep(cut(s, i + 2, i + 2 + size)))
    i = i + 2 + size
  }
  while (r.blocks_.length > r.most_) r.blocks_.shift()
  return true
}

/** Starts the recorder that the options ask for, behind what an earlier life left in storage. */
export function startRecorder(core: Core): void {
  const size = core.options_.recorder
  if (size === undefined || size === 0) return
  const r = newRecorder(size)
  core.recorder_ = r
  const storage = core.hal_.storage
  let kept = 0
  if (storage !== undefined) {
    const before = storage.get(KEY)
    if (before.length > 0) kept = takeImage(r, before) ? 1 : 2
  }
  const reason = wordOf(core.hal_.system.resetReason(), REASONS)
  appendRecord(r, cat(b2(Kind.Boot, 0), b2(core.hal_.system.resetReason() === REASONS[reason] ? reason : 4, kept)))
  writeCheckpoint(core, r, 0)
  r.unsaved_ = 0
}

/** Writes to storage what is not there yet, if it is time for it. */
function save(core: Core, r: Recorder): void {
  const storage = core.hal_.storage
  if (storage === undefined || r.unsaved_ === 0) return
  const age = core.clock_.seconds_ - r.savedAt_
  if (r.writes_ > 0 && age < Policy.AfterLoss || age < Policy.Otherwise && !r.lost_) return
  const all = image(core, r)
  r.savedAt_ = core.clock_.seconds_
  if (all.length <= storage.sizeLimit()) storage.set(KEY, all)
  r.writes_ = r.writes_ + 1
  r.unsaved_ = 0
  r.lost_ = false
}

/** At the end of a slice: a checkpoint where one is wanted, and the rhythm of writing. */
export function endSlice(core: Core): void {
  const r = core.recorder_
  if (r === undefined) return
  // A byte at a time must not cost a record each: the first is told, then one a second.
  if (r.partial_ > 0 && (!r.partialTold_ || core.clock_.seconds_ !== r.seconds_)) {
    noteEvent(core, Event.Partial, r.partial_)
    r.partial_ = 0
    r.partialTold_ = true
  }
  if (r.wanted_ >= 0 && r.bytes_ >= r.wanted_) writeCheckpoint(core, r, 0)
  if (r.lost_ || r.unsaved_ > 0) save(core, r)
}

/**
 * The recording: a header with the options in numbers, then the records, oldest first. At most `options.recorder` bytes and
 * 216. EMPTY without a recorder. Print it as hex or base64, or publish it; `npx yieldmq replay` reads it.
 */
export function recording(this: void, client: Client): Bytes {
  const core = client.core_
  if (core === undefined) return EMPTY
  const r = core.recorder_
  return r === undefined ? EMPTY : image(core, r)
}
