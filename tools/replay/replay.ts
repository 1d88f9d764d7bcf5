/**
 * Runs the core through a recording: the calls with the recorded sizes at the recorded times, a peer that gives the recorded
 * packets, a port that answers as the recorded one did. What the core does is recorded by its own recorder and compared,
 * record by record; the next record that is expected is what the port and the peer act on.
 */
import { create, type Client } from '../../firmware/index.js'
import { Call, Event, newRecorder, openBlock } from '../../firmware/recorder.js'
import { slice } from '../../firmware/slice.js'
import { HalVersion, type Bytes, type Code, type Hal, type Socket } from '../../hal/hal.js'
import { simText } from '../../hal/sim/text.js'
import { readEntries, type CallRecord, type CheckpointRecord, type Entry, type EventRecord, type Header, type PacketRecord } from './format.js'
import { optionsOf } from './options.js'
import { makeBad, makePacket, name, type Made } from './peer.js'
import { restore } from './restore.js'

/** Where a call came from, as firmware/recorder.ts numbers it. */
const enum From { Outside, Message, Link, Receipt, Subscribed, Other, Turn }
/** Refusals above this (less negative) are for what a call contained, which is not recorded. */
const CONTENT_CODES = 35
/** Refusals for what the store of the recorded device could not take: JournalFull to JournalDamaged. */
const isStoreCode = (code: number): boolean => code >= 52 && code <= 54
/** Credit of a socket that nothing blocks. */
const PLENTY = 1_000_000
/** Slices that a single record may take. */
const SLICES = 10_000

/** The first record that differs. */
export interface Divergence {
  /** What the recording has; undefined when the core did something that the recording does not have. */
  expected: Entry | undefined
  /** What the core did; undefined when it did nothing. */
  actual: Entry | undefined
  /** The records before, the last one last. */
  before: Entry[]
}

class Diverged extends Error {
  constructor(readonly expected: Entry | undefined, readonly actual: Entry | undefined) {
    super('diverged')
  }
}

/** A store that takes everything: what a journal writes leaves no trace in a recording, but for what it refused. */
function memory(): NonNullable<Hal['storage']> {
  const values = new Map<string, Bytes>()
  return {
    get: (key) => values.get(key) ?? '' as Bytes,
    set: (key, value) => { values.set(key, value); return 0 },
    remove: (key) => { values.delete(key); return 0 },
    sizeLimit: () => 1 << 20
  }
}

function same(e: Entry, a: Entry, header: Header): boolean {
  if (e.kind !== a.kind || e.t !== a.t) return false
  if (e.kind === 'out' || e.kind === 'in') {
    const b = a as PacketRecord
    const sized = e.kind === 'out' && (e.type === 3 || header.options.version! < 5 && (e.type === 8 || e.type === 10))
    return e.type === b.type && e.flags === b.flags && e.id === b.id && (!sized || e.size === b.size)
  }
  if (e.kind === 'link' && a.kind === 'link') {
    return e.phase === a.phase && e.cause === a.cause && e.reason === a.reason && (header.options.jitter === 1 || e.wait === a.wait)
  }
  if (e.kind === 'call' && a.kind === 'call') return e.call === a.call
  if (e.kind === 'event' && a.kind === 'event') {
    return e.event === a.event && (e.event === Event.Partial || e.event === Event.Bad || e.value === a.value)
  }
  return true
}

export class Replay {
  readonly client: Client
  now: number
  private pos = 0
  private actualTime: number
  private blocked = false
  private open = false
  private given = 0
  private partialAt = -1
  private filters = 0
  private interval: number
  private readonly entries: Entry[]
  private readonly made = new Map<Entry, Made>()

  /** `entries` follow the checkpoint. `slackMs`: how much later than due a device may have run its timers. */
  constructor(private readonly header: Header, start: CheckpointRecord, entries: Entry[], private readonly slackMs: number) {
    this.interval = start.checkpoint.learned.interval
    this.entries = entries.filter((e) => e.kind !== 'checkpoint' && e.kind !== 'boot')
    this.now = start.t
    this.actualTime = start.t
    this.client = create(this.hal(), optionsOf(header, {
      message: () => this.callback(From.Message), link: () => this.callback(From.Link), receipt: () => this.callback(From.Receipt),
      subscribed: () => this.callback(From.Subscribed), other: () => this.callback(From.Other)
    }))
    const core = this.core
    restore(core, start.checkpoint, start.t, () => this.callback(From.Message))
    if (core.phase_ > 1) core.socket_ = this.socket()
    this.open = core.phase_ > 2
    const r = newRecorder(1 << 28)
    r.wanted_ = -1
    // It writes to no store.
    r.writes_ = 1
    r.savedAt_ = Number.MAX_SAFE_INTEGER
    const { state } = start.checkpoint
    const total = state.seconds! * 1000 + state.millis! + state.late!
    r.seconds_ = Math.floor(total / 1000)
    r.millis_ = total % 1000
    core.recorder_ = r
  }

  /** Records compared so far. */
  get compared(): number {
    return this.pos
  }

  /** Runs to the end. Undefined: nothing differs. */
  run(): Divergence | undefined {
    try {
      for (;;) {
        this.takeLearned()
        const e = this.entries[this.pos]
        if (e === undefined) return undefined
        this.advance(e)
      }
    } catch (error) {
      if (!(error instanceof Diverged)) throw error
      return { expected: error.expected, actual: error.actual, before: this.entries.slice(Math.max(0, this.pos - 8), this.pos) }
    }
  }

  private get core(): NonNullable<Client['core_']> {
    const core = this.client.core_
    if (core === undefined) throw new Error(`the header's options are refused: code ${this.client.wrong_}, ${JSON.stringify(this.client.explain())}`)
    return core
  }

  /** The next expected record when its time is now. */
  private next(): Entry | undefined {
    this.poll()
    this.takeLearned()
    const e = this.entries[this.pos]
    return e !== undefined && e.t === this.now ? e : undefined
  }

  private isNext(event: Event): EventRecord | undefined {
    const e = this.next()
    return e?.kind === 'event' && e.event === event ? e : undefined
  }

  /** Compares what the core's recorder has new. */
  private poll(): void {
    const r = this.core.recorder_
    if (r === undefined || r.bytes_ === 0) return
    const bytes = Buffer.from(openBlock(r), 'latin1')
    r.small_ = '' as Bytes
    r.bytes_ = 0
    const read = readEntries(bytes, this.actualTime, this.header.options.version!)
    this.actualTime = read.time
    for (const actual of read.entries) this.match(actual)
  }

  /** What was learned depends on what the recorded port knew of acknowledgements: it is taken, not compared. */
  private takeLearned(): void {
    for (let e = this.entries[this.pos]; e?.kind === 'event' && e.event === Event.Learned; e = this.entries[this.pos]) {
      this.interval = e.value
      this.pos += 1
    }
  }

  private match(actual: Entry): void {
    if (actual.kind === 'event' && actual.event === Event.Learned) return
    this.takeLearned()
    const e = this.entries[this.pos]
    if (e === undefined) return
    if (!same(e, actual, this.header)) throw new Diverged(e, actual)
    this.pos += 1
    if (e.kind === 'event') {
      if (e.event === Event.Blocked || e.event === Event.Taken) this.blocked = e.event === Event.Blocked || e.value > 0
    } else if (e.kind === 'link') {
      this.blocked = false
      this.open = e.phase > 2
      if (e.phase < 3) this.given = 0
      // Chance chose it; the rest of the run must not depend on ours.
      if (e.wait !== undefined) this.core.wait_ = e.wait
    }
  }

  private slice(): void {
    if (this.core.busy_ === 0) slice(this.core)
    this.poll()
    this.takeLearned()
    if (this.core.learn_ !== undefined && this.interval > 0) this.core.learn_.learn_.interval_ = this.interval
  }

  /** Time passes up to the record, with the timers of the core on the way; then what the record asks for. */
  private advance(e: Entry): void {
    const core = this.core
    for (let i = 0; i < SLICES; i += 1) {
      const due = core.more_ ? 0 : core.due_
      const at = Math.max(this.now, core.clock_.stamp_ + due) + this.slackMs
      if (due < 0 || core.phase_ === 0 || at >= e.t) break
      this.now = at
      this.slice()
      if (this.entries[this.pos] !== e) throw new Diverged(e, undefined)
    }
    this.now = e.t
    const from = this.pos
    if (e.kind === 'call' && (e.from === From.Outside || e.from === From.Turn)) {
      this.perform(e)
      this.poll()
    } else for (let i = 0; i < 64 && this.pos === from; i += 1) this.slice()
    if (this.pos === from) throw new Diverged(e, undefined)
  }

  /** A callback of the application's: the calls that were made in one of its kind. */
  private callback(kind: From): number {
    let e = this.next()
    let first = true
    while (e?.kind === 'call' && e.from === kind && (first || !e.began)) {
      this.perform(e)
      first = false
      e = this.next()
    }
    if (this.isNext(Event.Threw) !== undefined) throw new Error('as recorded')
    return 0
  }

  private perform(e: CallRecord): void {
    const refused = this.entries[this.pos + 1]
    if (refused?.kind === 'event' && refused.event === Event.Refused && (refused.value <= CONTENT_CODES || isStoreCode(refused.value))) {
      this.pos += 2
      return
    }
    const core = this.core
    const busy = core.busy_
    if (e.from === From.Turn) core.busy_ = 1
    this.call(e)
    core.busy_ = busy
    if (e.from === From.Turn && core.asked_ !== 0) this.slice()
  }

  private call(e: CallRecord): void {
    const { client, core } = this
    const n = e.numbers
    const qos = (Math.floor((n.flags ?? 0) / 2) % 4) as 0 | 1 | 2
    if (e.call === Call.Connect) client.connect()
    else if (e.call === Call.Publish) {
      let extra: Parameters<Client['publish']>[4]
      if ((n.flags! & 8) > 0) {
        extra = {}
        if (n.deadline! > 0) extra.deadline = n.deadline
        if (n.priority !== 0) extra.priority = n.priority
        if ((n.flags! & 16) > 0) extra.keepLatest = true
        const length = n.properties! - (n.expiry! > -2 ? 5 : 0) - (n.properties! > 128 ? 2 : 1)
        if (n.expiry! > -2 || length > 0) {
          extra.properties = {}
          if (n.expiry! > -2) extra.properties.messageExpiryInterval = n.expiry
          if (length === 2) extra.properties.payloadFormatIndicator = 0
          else if (length > 2) extra.properties.contentType = 'p'.repeat(length - 3)
        }
      }
      client.publish(name(n.topic!, n.number!, 't'), 'x'.repeat(n.payload!) as Bytes, qos, (n.flags! & 1) === 1, extra)
    } else if (e.call === Call.Stream) {
      client.publishStream(name(n.topic!, 0, 't'), n.total!, (_offset, max) => {
        this.callback(From.Other)
        return 'x'.repeat(max) as Bytes
      }, qos)
    } else if (e.call === Call.Subscribe) {
      const o = n.options!
      this.filters += 1
      const filter = n.place! > 0 ? core.registry_.entries_[n.place! - 1]?.filter_ ?? '' : name(n.filter!, this.filters, 'f')
      const extra: Parameters<Client['subscribe']>[3] = {}
      if ((o & 4) > 0) extra.noLocal = true
      if ((o & 8) > 0) extra.retainAsPublished = true
      if ((o & 48) > 0) extra.retainHandling = (o & 16) > 0 ? 1 : 2
      if (n.subscriptionId! > 0) extra.properties = { subscriptionIdentifier: n.subscriptionId }
      client.subscribe(filter, (o % 4) as 0 | 1 | 2, (o & 64) > 0 ? () => this.callback(From.Message) : undefined, Object.keys(extra).length > 0 ? extra : undefined)
    } else if (e.call === Call.Unsubscribe) client.unsubscribe(core.registry_.entries_[n.place! - 1]?.filter_ ?? 'none')
    else if (e.call === Call.Disconnect) client.disconnect({ ...(n.will === 1 ? { will: true } : {}), ...(n.timeout! >= 0 ? { timeout: n.timeout } : {}) })
    else if (e.call === Call.Abort) client.abort()
    else if (e.call === Call.Destroy) client.destroy()
    else client.receive(0)
  }

  private packet(e: PacketRecord): Made {
    const known = this.made.get(e) ?? makePacket(e, this.header.options.version!)
    this.made.set(e, known)
    return known
  }

  /** What the peer sends next, when its time is now. */
  private arriving(): Bytes {
    const e = this.next()
    const given = this.given
    if (e?.kind === 'in') {
      this.given = e.stream === true ? this.packet(e).head : 0
      return this.packet(e).bytes.slice(given, e.stream === true ? this.given : undefined) as Bytes
    }
    if (e?.kind !== 'event') return '' as Bytes
    if (e.event === Event.Bad) return makeBad(e)
    if (e.event === Event.StreamIn) {
      for (let i = this.pos - 1; i >= 0; i -= 1) {
        const start = this.entries[i]!
        if (start.kind === 'in' && start.stream === true) {
          this.given = 0
          return this.packet(start).bytes.slice(given) as Bytes
        }
      }
    }
    if (e.event === Event.Partial && this.partialAt !== this.pos) {
      this.partialAt = this.pos
      this.given += 1
      const later = this.entries.slice(this.pos).find((one) => one.kind === 'in' || one.kind === 'link' && one.phase < 3 || one.kind === 'event' && one.event === Event.StreamIn)
      if (later?.kind === 'in' && this.packet(later).bytes.length > this.given) return this.packet(later).bytes.slice(given, this.given) as Bytes
      return (given === 0 ? '\x30' : '\x7f') as Bytes
    }
    return '' as Bytes
  }

  private socket(): Socket {
    return {
      status: () => {
        const ended = this.isNext(Event.Socket)
        if (ended !== undefined) return -ended.value
        const e = this.next()
        return this.open || e?.kind === 'out' && e.type === 1 ? 1 : 0
      },
      read: () => this.arriving(),
      write: (bytes): Code => {
        const taken = this.isNext(Event.Taken)
        if (taken !== undefined && taken.value > 0) {
          const part = Math.min(bytes.length, taken.value)
          return part
        }
        return this.isNext(Event.Blocked) !== undefined || this.blocked && taken === undefined ? 0 : bytes.length
      },
      credit: () => {
        const e = this.next()
        if (e?.kind === 'out') return PLENTY
        return this.blocked || e?.kind === 'event' && (e.event === Event.Blocked || e.event === Event.Taken) ? 0 : PLENTY
      },
      pending: () => {
        const e = this.next()
        return e?.kind === 'in' || e?.kind === 'event' && (e.event === Event.Bad || e.event === Event.StreamIn || e.event === Event.Partial && this.partialAt !== this.pos) ? 1 : 0
      },
      // Whether the recorded port knew is seen by the pings that it sent.
      unacked: () => {
        const e = this.next()
        return e?.kind === 'out' && e.type === 12 ? -1 : 0
      },
      close: () => undefined
    }
  }

  private hal(): Hal {
    return {
      version: HalVersion.Current,
      socket: { open: () => this.socket() },
      timer: {
        ticks: () => this.now,
        since: (t0) => this.now - t0,
        onWake: () => 1,
        wakeAfter: () => undefined
      },
      system: {
        id: () => 'replay', random: () => 500, wallClock: () => 0, resetReason: () => 'unknown', feedWatchdog: () => undefined, restart: () => undefined,
        guard: (fn, a, b, c) => {
          try {
            const result = fn(a, b, c)
            return typeof result === 'number' ? result : 0
          } catch (error) {
            if (error instanceof Diverged) throw error
            return -38
          }
        }
      },
      text: simText,
      ...((this.header.options.more! & 2) > 0 ? { storage: memory() } : {}),
      ...((this.header.options.more! & 1) > 0 ? {
        network: {
          ready: () => {
            const e = this.next()
            return e === undefined || e.kind === 'link' && e.cause === -132 ? 0 : 1
          },
          reason: () => '', restart: () => undefined
        }
      } : {})
    }
  }
}
