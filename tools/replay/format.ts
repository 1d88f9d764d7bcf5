/** The bytes of a recording, read: firmware/recorder.ts and firmware/recording.ts write them, docs/recorder.md describes them. */
import { Call, Event, Kind } from '../../firmware/recorder.js'

/** What is wrong with a file, and where. */
export class FormatError extends Error {
  constructor(message: string, readonly offset: number) {
    super(`${message} (at byte ${offset})`)
  }
}

export interface Header {
  version: number
  options: Record<string, number>
  /** Checksum of the options' bytes, as checkpoints carry it. */
  fingerprint: string
}

export interface Governor {
  bits: number
  numbers: Record<string, number>
  ends: number[]
  lives: number[]
  starts: number[]
  drops: number[]
}

export interface Checkpoint {
  fingerprint: string
  state: Record<string, number>
  flight: Record<string, number>[]
  queue: Record<string, number>[]
  entries: Record<string, number>[]
  receiveSet: number[]
  retired: number[]
  /** Undefined in a build without it. */
  governor: Governor | undefined
  /** s: the learned ping interval and the most that it may be, 0 without one. */
  learned: { interval: number; most: number }
  aliases: { length: number; number: number }[]
}

export interface RecordBase {
  /** ms since the first record of its boot that is left. */
  t: number
  /** Where it stands in the file. */
  offset: number
}

export interface PacketRecord extends RecordBase {
  kind: 'in' | 'out'
  type: number
  flags?: number
  id?: number
  size?: number
  topic?: number
  payload?: number
  reason?: number
  present?: boolean
  codes?: number[]
  stream?: boolean
  server?: Record<string, number>
}
export interface LinkRecord extends RecordBase { kind: 'link'; phase: number; cause: number; reason: number; wait?: number }
export interface CallRecord extends RecordBase { kind: 'call'; call: Call; from: number; began: boolean; numbers: Record<string, number> }
export interface EventRecord extends RecordBase { kind: 'event'; event: Event; value: number }
export interface BootRecord extends RecordBase { kind: 'boot'; reason: string; kept: number }
export interface CheckpointRecord extends RecordBase { kind: 'checkpoint'; checkpoint: Checkpoint }
export type Entry = PacketRecord | LinkRecord | CallRecord | EventRecord | BootRecord | CheckpointRecord

export interface RecordingFile {
  header: Header
  entries: Entry[]
  bytes: number
}

const LIMITS = ['version', 'clean', 'keepalive', 'pingTimeout', 'connectTimeout', 'requestTimeout', 'ackTimeout', 'reconnectPeriod', 'reconnectPeriodMax',
  'reconnectSpread', 'jitter', 'packetIn', 'packetOut', 'streamMax', 'outboxCount', 'outboxBytes', 'inboxCount', 'inboxBytes', 'inflight', 'subscriptions',
  'slicePackets', 'sliceBytes']
const OTHERS = ['callbacks', 'more', 'whenFull', 'cache', 'onSessionLost', 'servers', 'clientId', 'username', 'password', 'willTopic', 'willPayload', 'willQos',
  'willRetain', 'topicAliasOut', 'receiveMaximum', 'topicAliasMaximum', 'sessionExpiry']
/** The options in a header, in order. */
export const HEADER_FIELDS = [...LIMITS, ...OTHERS]
const STATE = ['late', 'seconds', 'millis', 'phase', 'age', 'wait', 'interval', 'timeout', 'sinceSent', 'sinceReceived', 'waiting', 'ackAge', 'sentNow', 'bits',
  'epoch', 'token', 'lastId', 'attempts', 'server', 'suspect', 'suspicions', 'receiveMaximum', 'packetMax', 'maxQos', 'allows', 'aliasMax', 'keepalive', 'drainMs']
const MESSAGE = ['token', 'flags', 'step', 'packetId', 'epoch', 'taken', 'field', 'payload', 'timeouts', 'renewed', 'properties', 'priority', 'expirySeconds',
  'expiryMillis', 'messageExpiry', 'bornSeconds']
const ENTRY = ['token', 'endToken', 'asked', 'want', 'options', 'filter', 'properties', 'subscriptionId', 'handler', 'blame', 'acked', 'aside', 'needs', 'turns']
export const RESET_REASONS = ['power-on', 'watchdog', 'brown-out', 'software', 'unknown', 'deep-sleep']

const FORMAT_VERSION = 2
const HEAD = 5
const SUM = 4

/** Fletcher's checksum as the firmware computes it. */
export function checksum(bytes: Uint8Array): Buffer {
  let a = 1
  let b = 0
  for (const byte of bytes) {
    a = (a + byte) % 65521
    b = (b + a) % 65521
  }
  return Buffer.from([b >> 8, b & 255, a >> 8, a & 255])
}

/** A cursor over bytes that never reads past its end. */
class Reader {
  constructor(private readonly bytes: Buffer, public at: number, readonly end: number) {}

  get more(): boolean {
    return this.at < this.end
  }

  byte(what: string): number {
    if (this.at >= this.end) throw new FormatError(`${what} is missing`, this.at)
    return this.bytes[this.at++]!
  }

  take(count: number, what: string): Buffer {
    if (this.at + count > this.end) throw new FormatError(`${what} needs ${count} bytes and ${this.end - this.at} are left`, this.at)
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  u16(what: string): number {
    return this.take(2, what).readUInt16BE()
  }

  varint(what: string): number {
    const from = this.at
    let n = 0
    let scale = 1
    for (let i = 0; i < 5; i += 1) {
      const byte = this.byte(what)
      n += (byte & 127) * scale
      if (byte < 128) return n
      scale *= 128
    }
    throw new FormatError(`${what} is longer than five bytes`, from)
  }

  signed(what: string): number {
    const n = this.varint(what)
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2
  }

  fields(names: string[]): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.signed(name)]))
  }

  list<T>(what: string, one: () => T): T[] {
    const from = this.at
    const count = this.varint(what)
    if (count > this.end - this.at) throw new FormatError(`${what}: ${count} of them do not fit the ${this.end - this.at} bytes that are left`, from)
    return Array.from({ length: count }, one)
  }
}

/** Binary, hex or base64 text, as the bytes of the recording. */
export function decodeText(file: Buffer): Buffer {
  if (file.subarray(0, 3).toString('latin1') === 'YMR') return file
  const text = file.toString('latin1').replace(/\s+/g, '')
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/_-]+=*$/.test(text)) return Buffer.from(text, 'base64')
  throw new FormatError('neither a recording nor hex or base64 text of one', 0)
}

function readServer(r: Reader): Record<string, number> {
  const bits = r.byte('CONNACK properties')
  if (bits === 0) return {}
  return {
    bits, receiveMaximum: r.varint('receiveMaximum'), maximumPacketSize: r.signed('maximumPacketSize'), topicAliasMaximum: r.varint('topicAliasMaximum'),
    serverKeepAlive: r.varint('serverKeepAlive') - 1, assignedId: r.varint('assignedClientIdentifier')
  }
}

function readPacket(r: Reader, kind: 'in' | 'out', type: number, base: RecordBase, version: number): PacketRecord {
  const p: PacketRecord = { ...base, kind, type }
  const isAck = type >= 4 && type <= 7
  if (type === 0) throw new FormatError('a packet of type 0', base.offset)
  if (kind === 'out') {
    if (type === 3) {
      p.flags = r.byte('flags')
      p.size = r.varint('size')
      if ((p.flags & 6) > 0) p.id = r.varint('packet id')
    } else if (isAck) p.id = r.varint('packet id')
    else if (type === 8 || type === 10) {
      p.size = r.varint('size')
      p.id = r.varint('packet id')
    } else if (type !== 12) p.size = r.varint('size')
    return p
  }
  if (type === 3) {
    const flags = r.byte('flags')
    p.stream = flags > 15
    p.flags = flags & 15
    p.size = r.varint('size')
    p.topic = r.varint('topic length')
    p.payload = r.varint('payload length')
    if ((flags & 6) > 0) p.id = r.varint('packet id')
  } else if (type === 2) {
    p.present = r.byte('session present') === 1
    p.reason = r.byte('return code')
    if (version === 5) p.server = readServer(r)
  } else if (isAck) {
    p.id = r.varint('packet id')
    p.reason = r.byte('reason')
  } else if (type === 9 || type === 11) {
    p.id = r.varint('packet id')
    p.codes = [...r.take(r.varint('number of codes'), 'codes')]
  } else if (type !== 13) p.reason = r.byte('reason')
  return p
}

function readCall(r: Reader, call: number, base: RecordBase): CallRecord {
  const origin = r.byte('origin of the call')
  const n: Record<string, number> = {}
  if (call === Call.Publish) {
    n.flags = r.byte('flags')
    n.topic = r.varint('topic length')
    n.payload = r.varint('payload length')
    n.number = r.varint('topic number')
    if ((n.flags & 8) > 0) {
      n.deadline = r.signed('deadline')
      n.priority = r.signed('priority')
      n.expiry = r.signed('expiry')
      n.properties = r.varint('properties')
    }
  } else if (call === Call.Stream) {
    n.flags = r.byte('flags')
    n.topic = r.varint('topic length')
    n.total = r.varint('total')
  } else if (call === Call.Subscribe || call === Call.Unsubscribe) {
    n.filter = r.varint('filter length')
    n.place = r.varint('place')
    if (call === Call.Subscribe) {
      n.options = r.byte('options')
      n.subscriptionId = r.varint('subscription identifier')
    }
  } else if (call === Call.Disconnect) {
    n.will = r.byte('will')
    n.timeout = r.signed('timeout')
  } else if (call < Call.Connect || call > Call.Receive) throw new FormatError(`call ${call} is not known`, base.offset)
  return { ...base, kind: 'call', call, from: origin & 7, began: origin > 7, numbers: n }
}

const GOVERNOR = ['last', 'seen', 'told', 'wait', 'excuses', 'period']

function readGovernor(r: Reader): Governor | undefined {
  const bits = r.byte('governor')
  if (bits === 0) return undefined
  const seconds = (what: string): number[] => r.list(what, () => r.signed(what))
  return { bits, numbers: r.fields(GOVERNOR), ends: seconds('ends'), lives: seconds('lives'), starts: seconds('starts'), drops: seconds('drops') }
}

function readCheckpoint(r: Reader): Checkpoint {
  const message = (): Record<string, number> => r.fields(MESSAGE)
  return {
    fingerprint: r.take(4, 'fingerprint').toString('hex'),
    state: r.fields(STATE),
    flight: r.list('messages in flight', message),
    queue: r.list('queued messages', message),
    entries: r.list('filters', () => r.fields(ENTRY)),
    receiveSet: r.list('receive set', () => r.signed('packet id')),
    retired: r.list('retired ids', () => r.signed('packet id')),
    governor: readGovernor(r),
    learned: { interval: r.signed('learned interval'), most: r.signed('longest interval') },
    aliases: r.list('aliases', () => ({ length: r.varint('topic length'), number: r.varint('topic number') }))
  }
}

function readEntry(r: Reader, bytes: Buffer, time: number, version: number): { entry: Entry | undefined; time: number } {
  const offset = r.at
  const first = r.byte('record')
  const kind = first & 0xf0
  const low = first & 15
  if (kind === Kind.Time) return { entry: undefined, time: time + r.varint('seconds') * 1000 }
  const t = time + r.varint('time')
  const base = { t, offset }
  if (kind === Kind.In || kind === Kind.Out) return { entry: readPacket(r, kind === Kind.In ? 'in' : 'out', low, base, version), time: t }
  if (kind === Kind.Link) {
    if (low > 5) throw new FormatError(`phase ${low} is not known`, offset)
    const link: LinkRecord = { ...base, kind: 'link', phase: low, cause: 0 - r.byte('cause'), reason: r.byte('reason') }
    if (low === 1) link.wait = r.varint('delay')
    return { entry: link, time: t }
  }
  if (kind === Kind.Call) return { entry: readCall(r, low, base), time: t }
  if (kind === Kind.Event) {
    if (low < Event.Refused || low > Event.Aside) throw new FormatError(`event ${low} is not known`, offset)
    return { entry: { ...base, kind: 'event', event: low, value: r.varint('value') }, time: t }
  }
  if (kind === Kind.Boot) {
    const reason = RESET_REASONS[r.byte('reset reason')]
    if (reason === undefined) throw new FormatError('the reset reason is not known', r.at - 1)
    return { entry: { t: 0, offset, kind: 'boot', reason, kept: r.byte('kept') }, time: 0 }
  }
  if (kind === Kind.Checkpoint) {
    const size = r.u16('length of the checkpoint')
    if (r.at + size > r.end) throw new FormatError(`the checkpoint needs ${size} bytes and ${r.end - r.at} are left`, r.at)
    const inner = new Reader(bytes, r.at, r.at + size)
    const checkpoint = readCheckpoint(inner)
    if (inner.more) throw new FormatError('the checkpoint has bytes left', inner.at)
    r.at += size
    return { entry: { ...base, kind: 'checkpoint', checkpoint }, time: t }
  }
  throw new FormatError(`a record cannot begin with ${first}`, offset)
}

/** Records alone, as one block of them; `time` is that of the record before. */
export function readEntries(bytes: Buffer, time: number, version: number): { entries: Entry[]; time: number } {
  const r = new Reader(bytes, 0, bytes.length)
  const entries: Entry[] = []
  while (r.more) {
    const read = readEntry(r, bytes, time, version)
    time = read.time
    if (read.entry !== undefined) entries.push(read.entry)
  }
  return { entries, time }
}

/** Reads a whole recording. Throws a FormatError that names the byte. */
export function readRecording(bytes: Buffer): RecordingFile {
  const end = bytes.length - SUM
  if (end < HEAD + 2) throw new FormatError(`${bytes.length} bytes are too few for a recording`, bytes.length)
  if (bytes.subarray(0, 3).toString('latin1') !== 'YMR') throw new FormatError('it does not begin with YMR', 0)
  if (bytes[3] !== FORMAT_VERSION) throw new FormatError(`format ${bytes[3]} is not known; this program reads format ${FORMAT_VERSION}`, 3)
  if (!checksum(bytes.subarray(0, end)).equals(bytes.subarray(end))) throw new FormatError('the checksum is wrong: the recording was cut or changed on its way', end)
  const size = bytes.readUInt16BE(HEAD)
  const from = HEAD + 2
  if (from + size > end) throw new FormatError(`the header needs ${size} bytes and ${end - from} are left`, HEAD)
  const head = new Reader(bytes, from, from + size)
  const options = head.fields(HEADER_FIELDS)
  if (head.more) throw new FormatError('the header has bytes left', head.at)
  const header = { version: FORMAT_VERSION, options, fingerprint: checksum(bytes.subarray(from, from + size)).toString('hex') }
  const entries: Entry[] = []
  let at = from + size
  let time = 0
  for (let block = 0; block < bytes[4]!; block += 1) {
    const outer = new Reader(bytes, at, end)
    const length = outer.u16('length of a block')
    if (outer.at + length > end) throw new FormatError(`block ${block + 1} needs ${length} bytes and ${end - outer.at} are left`, at)
    const r = new Reader(bytes, outer.at, outer.at + length)
    while (r.more) {
      const read = readEntry(r, bytes, time, options.version!)
      time = read.time
      if (read.entry !== undefined) entries.push(read.entry)
    }
    at = r.end
  }
  if (at !== end) throw new FormatError('bytes are left behind the last block', at)
  return { header, entries, bytes: bytes.length }
}

/** Another value for one option, with the checksums made right: what a changed core sees. */
export function alterHeader(bytes: Buffer, name: string, value: number): Buffer {
  const file = readRecording(bytes)
  const encode = (n: number): number[] => {
    let rest = n < 0 ? n * -2 - 1 : n * 2
    const out: number[] = []
    while (rest > 127) {
      out.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    return [...out, rest]
  }
  const before = bytes.readUInt16BE(HEAD)
  const head = Buffer.from(HEADER_FIELDS.flatMap((field) => encode(field === name ? value : file.header.options[field]!)))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(head.length)
  const body = Buffer.from(bytes.subarray(HEAD + 2 + before, bytes.length - SUM))
  // Checkpoints carry the header's fingerprint.
  const old = Buffer.from(file.header.fingerprint, 'hex')
  for (let i = body.indexOf(old); i >= 0; i = body.indexOf(old, i + 4)) checksum(head).copy(body, i)
  const all = Buffer.concat([bytes.subarray(0, HEAD), length, head, body])
  return Buffer.concat([all, checksum(all)])
}
