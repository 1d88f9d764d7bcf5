/**
 * One run's world: the device with its client and program, the server, and the ledger of what was asked, told, sent and
 * taken. Promises watch it through hooks; the first one that is broken ends the run.
 */
import { ErrorCode } from '../../firmware/codes.js'
import type { Client } from '../../firmware/index.js'
import type { Bytes, Code, LinkState, Options, Outcome, Qos } from '../../firmware/types.js'
import type { Endpoint, Hal, Socket } from '../../hal/hal.js'
import { createSim, DEFAULT_CONDITIONS, type Sim } from '../../hal/sim/index.js'
import { FrameReader, type Frame } from './frames.js'
import { LABEL_BYTES, type Script } from './script.js'
import { CLIENT_ID, HOSTS, Server, type SessionView, type Taken } from './server.js'
import { WatchedSocket, type Link } from './link.js'
import { SimModem } from './modem.js'

/** The core under test: of this source, or of a bundle of it. */
export interface Under {
  create: (hal: Hal, options: Options) => Client
}

/** A publish that was accepted. */
export interface Sent {
  label: string
  token: number
  qos: number
  topic: string
  t: number
  /** The program's life, from 1: a reboot begins another. */
  boot: number
  deadline: number
  /** ms after which a 5.0 message has expired, 0 for never. */
  expiryMs: number
  /** Its place in the queue is its time's: no priority, nothing replaced. */
  plain: boolean
  receipts: { t: number; outcome: Outcome; reason: Code; boot: number }[]
  /** When its first whole PUBLISH left, -1 for never. */
  leftAt: number
  /** When a connection ended that had taken a part of it and not all, -1 for never. */
  partAt: number
  taken: Taken[]
}

/** A message that somebody published for the device, and the session it was for. */
export interface Coming {
  label: string
  qos: number
  topic: string
  t: number
  bytes: number
  /** It comes again with every new subscription. */
  retain: boolean
  session: object | undefined
  heard: { t: number; qos: number; boot: number; repeated: boolean }[]
}

export interface Hooks {
  /** After every slice of the client. */
  slice?: () => void
  /** After every turn of the program and every event of the script. */
  step?: () => void
  link?: (state: LinkState, before: LinkState, sessionPresent: boolean, cause: Code) => void
  attempt?: () => void
  /** The server ended the connection of another device of our id, because we came. */
  tookOver?: () => void
  out?: (frame: Frame, link: Link) => void
  in?: (frame: Frame, link: Link) => void
  receipt?: (sent: Sent) => void
  taken?: (taken: Taken, sent: Sent) => void
  heard?: (coming: Coming) => void
  subscribed?: (filter: string, code: Code) => void
  reboot?: () => void
  /** Everything has settled, or its time is over. */
  end?: () => void
}

/** A promise that was not kept. */
export interface Failure {
  promise: string
  /** ms from the start of the run. */
  t: number
  detail: string
}

/** What is drawn and printed of a run; nothing is recorded without one. */
export interface Recorder {
  frame: (t: number, dir: 'out' | 'in', link: Link, frame: Frame) => void
  state: (t: number, state: LinkState, cause: Code) => void
  event: (t: number, what: string) => void
  levels: (t: number, client: Client) => void
  serial: (t: number, from: 'host' | 'module', bytes: string) => void
}

export class World {
  readonly sim: Sim
  readonly server: Server
  /** Between the device and the network, where the script has one. */
  readonly modem: SimModem | undefined
  client: Client
  /** The checks' ears that are used at every turn, apart: most checks have none. */
  private sliceHooks: (() => void)[] = []
  private stepHooks: (() => void)[] = []
  private watching: readonly Hooks[] = []
  failure: Failure | undefined
  state: LinkState = 'offline'
  link: Link | undefined
  readonly links: Link[] = []
  boot = 1
  /** When this life began. */
  bootedAt = 0
  /** ms that the modem's ladder may rest after that. */
  restsAtCalm = 0
  /** Faults are over. */
  calm = false
  readonly sent: Sent[] = []
  readonly byLabel = new Map<string, Sent>()
  byToken = new Map<number, Sent>()
  readonly coming = new Map<string, Coming>()
  /** The filters that the program wants, with the QoS asked for. */
  readonly wanted = new Map<string, Qos>()
  /** Filters of which the program was told last that it does not have them. */
  readonly refused = new Set<string>()
  /** When the program itself last started or ended the link. */
  lastCallAt = 0
  /** Bytes and packets that the slice under way read. */
  readInSlice = 0
  attempts: number[] = []
  readonly program: { onMessage: Options['onMessage']; onStream: Options['onStream'] } = { onMessage: undefined, onStream: undefined }
  /** Publishes that the power ended before their token was told: their receipts may come all the same. */
  interrupted = 0
  private serial = 0
  /** Connections of ours that the server accepted. */
  private readonly own = new WeakSet<object>()

  constructor(readonly script: Script, readonly under: Under, readonly recorder: Recorder | undefined) {
    const { program, network, seed } = script
    this.sim = createSim({
      seed, waits: program.waits, bearer: program.bearer === true, startTicks: program.startTicks, wrap: program.wrap, conditions: { ...DEFAULT_CONDITIONS, ...network },
      // A stall that ends may bring some hundred kB in one instant, byte by byte.
      traceLimit: 0, maxEvents: 3_000_000, maxSpins: 1_000_000
    })
    this.server = new Server(this.sim, script, (taken) => this.took(taken), (connection, ended) => {
      if (connection !== this.link?.connectionOf()) return
      this.own.add(connection)
      if (ended === undefined || this.own.has(ended)) return
      for (const hook of this.hooks) hook.tookOver?.()
    })
    this.modem = script.modem === undefined ? undefined : new SimModem(this.sim, script.modem, seed, recorder === undefined ? undefined : (from, bytes) => recorder.serial(this.now, from, bytes))
    this.client = undefined as never
  }

  get now(): number {
    return this.sim.now
  }

  get hooks(): readonly Hooks[] {
    return this.watching
  }

  set hooks(hooks: readonly Hooks[]) {
    this.watching = hooks
    this.sliceHooks = hooks.flatMap((hook) => hook.slice ?? [])
    this.stepHooks = hooks.flatMap((hook) => hook.step ?? [])
  }

  /** Seconds of the keepalive in force. */
  get keepalive(): number {
    const { client, server } = this.script
    return client.protocolVersion === 5 && server.serverKeepAlive !== undefined ? server.serverKeepAlive : client.keepalive ?? 120
  }

  /** The first broken promise counts; what follows may be its consequence. */
  fail(promise: string, detail: string): void {
    this.failure ??= { promise, t: this.now, detail }
  }

  /** A label for the next message of a kind: one letter and a number. */
  nextLabel(kind: string): string {
    this.serial += 1
    return kind + String(this.serial).padStart(LABEL_BYTES - 1, '0')
  }

  /** A new client in the device's memory: at the start, and after every reboot. */
  start(): void {
    const { script } = this
    const { device } = this.sim
    const port = this.modem === undefined ? device.hal : this.modem.hal(device.hal, device)
    const hal: Hal = {
      ...port,
      socket: { open: (endpoint) => this.open(endpoint, port) },
      system: {
        ...device.hal.system,
        feedWatchdog: () => {
          device.hal.system.feedWatchdog()
          this.sliceEnded()
        }
      }
    }
    const boot = this.boot
    const alive = (): boolean => boot === this.boot
    this.state = 'offline'
    this.bootedAt = this.now
    // What was only in memory is forgotten, and so are its tokens.
    this.byToken = new Map([...this.byToken].filter(([, sent]) => this.survives(sent)))
    this.client = this.under.create(hal, {
      ...script.client, clientId: CLIENT_ID, servers: HOSTS.slice(0, script.program.servers).map((host) => ({ host, port: 1883 })),
      ...(this.program.onMessage === undefined ? {} : { onMessage: this.program.onMessage }),
      ...(this.program.onStream === undefined ? {} : { onStream: this.program.onStream }),
      onReceipt: (token, outcome, reason) => {
        if (alive()) this.receipt(token, outcome, reason)
      },
      onSubscribed: (_token, filter, code) => {
        if (code === ErrorCode.SubscribeRefused || code === ErrorCode.Quarantined) this.refused.add(filter)
        else this.refused.delete(filter)
        for (const hook of this.hooks) hook.subscribed?.(filter, code)
      },
      onLink: (state, sessionPresent, cause) => {
        if (alive()) this.linkIs(state, sessionPresent, cause)
      }
    })
  }

  /** The journal keeps it over a reset: QoS 1 and 2, but not what is sent in pieces. */
  survives(sent: Sent): boolean {
    return this.script.client.journal === true && sent.qos > 0 && !sent.label.startsWith('s')
  }

  /** It must have a receipt at the end. */
  mustEnd(sent: Sent): boolean {
    return sent.boot === this.boot || this.survives(sent)
  }

  /** Writes down a publish that was accepted. */
  accepted(sent: Omit<Sent, 'boot' | 't' | 'receipts' | 'leftAt' | 'partAt' | 'taken'>): void {
    const record: Sent = { ...sent, boot: this.boot, t: this.now, receipts: [], leftAt: this.early.get(sent.label) ?? -1, partAt: -1, taken: [] }
    const before = this.byToken.get(sent.token)
    if (before !== undefined) this.fail('one-receipt', `token ${sent.token} of ${before.label} was given again, to ${sent.label}`)
    this.sent.push(record)
    this.byLabel.set(sent.label, record)
    this.byToken.set(sent.token, record)
  }

  /** What a message of ours is, byte for byte, before it is published. */
  says(label: string, payload: string): void {
    this.payloads.set(label, payload)
  }

  /** Writes down a message that the application was given. */
  hears(payload: string, qos: number, repeated: boolean): void {
    const label = payload.slice(0, LABEL_BYTES)
    const coming = this.coming.get(label)
    if (coming !== undefined && payload !== label.padEnd(coming.bytes, '-')) this.garbled(`${label} reached the application, and not as it was published: ${payload.length} bytes of ${coming.bytes}`)
    // A server that lies may send what nobody published.
    if (coming === undefined && this.script.profile === 'dishonest') return
    if (coming === undefined) {
      this.fail('in-exactly-once', `a message arrived that nobody published: ${JSON.stringify(label)}`)
      return
    }
    coming.heard.push({ t: this.now, qos, boot: this.boot, repeated })
    for (const hook of this.hooks) hook.heard?.(coming)
  }

  stepped(): void {
    this.noteForgotten()
    this.recorder?.levels(this.now, this.client)
    for (const step of this.stepHooks) step()
  }

  /** What the server believes of the session, and how long it lasts. */
  session(): SessionView | undefined {
    return this.server.session()
  }

  /** What was published, by label. */
  private readonly payloads = new Map<string, string>()

  private garbled(detail: string): void {
    if (this.script.profile !== 'dishonest') this.fail('bytes-intact', detail)
  }

  /** When labels left that `publish` has not returned a token for yet. */
  private readonly early = new Map<string, number>()

  /** A flow that a middlebox forgot is dead from the first packet that it did not let pass. */
  private noteForgotten(): void {
    const { link } = this
    if (link === undefined || link.deadForGood || link.closed || link.connectionOf()?.isForgotten !== true) return
    link.deadForGood = true
    if (link.deadAt < 0) link.deadAt = this.now
  }

  private sliceEnded(): void {
    this.noteForgotten()
    this.recorder?.levels(this.now, this.client)
    for (const slice of this.sliceHooks) slice()
    this.readInSlice = 0
  }

  private receipt(token: number, outcome: Outcome, reason: Code): void {
    const sent = this.byToken.get(token)
    if (sent === undefined && this.interrupted > 0) {
      this.interrupted -= 1
      this.byToken.set(token, { label: '', token, qos: 1, topic: '', deadline: 0, expiryMs: 0, plain: false, boot: this.boot, t: this.now, receipts: [], leftAt: -1, partAt: -1, taken: [] })
      return
    }
    // A token that the program never learned may be told again, after one more reset.
    if (sent?.label === '') return
    if (sent === undefined) {
      this.fail('one-receipt', `a receipt (${outcome}, ${reason}) came for token ${token}, which no publish returned`)
      return
    }
    sent.receipts.push({ t: this.now, outcome, reason, boot: this.boot })
    for (const hook of this.hooks) hook.receipt?.(sent)
  }

  private linkIs(state: LinkState, sessionPresent: boolean, cause: Code): void {
    const before = this.state
    this.state = state
    this.recorder?.state(this.now, state, cause)
    for (const hook of this.hooks) hook.link?.(state, before, sessionPresent, cause)
  }

  private took(taken: Taken): void {
    const said = this.payloads.get(taken.label)
    if (said !== undefined ? said !== taken.payload : taken.payload !== 'gone') this.garbled(`the server took ${JSON.stringify(taken.payload.slice(0, 60))} on ${taken.topic}, which is not what was published`)
    const sent = this.byLabel.get(taken.label)
    // The will, and what a publish under way wrote at once.
    if (sent === undefined) return
    sent.taken.push(taken)
    for (const hook of this.hooks) hook.taken?.(taken, sent)
  }

  private open(endpoint: Endpoint, port: Hal): Socket {
    const { script } = this
    const socket = port.socket.open(endpoint)
    const connectionOf = this.modem === undefined ? () => this.connectionOf(socket) : this.modem.follow(socket)
    const link: Link = { number: this.links.length + 1, openedAt: this.now, sessionPresent: false, accepted: false, deadAt: -1, heardAt: -1, deadForGood: false, closed: false, connectionOf, out: undefined as never, in: undefined as never }
    const version = script.client.protocolVersion ?? 4
    link.out = new FrameReader(version, LABEL_BYTES, (frame) => this.out(frame, link))
    link.in = new FrameReader(version, LABEL_BYTES, (frame) => this.in(frame, link))
    this.links.push(link)
    this.link = link
    this.attempts.push(this.now)
    for (const hook of this.hooks) hook.attempt?.()
    return new WatchedSocket(socket, link, (bytes: Bytes) => {
      this.readInSlice += bytes.length
      link.heardAt = this.now
    }, (breach) => this.fail('no-crash', `the port's contract: ${breach}`), (ended) => {
      const sent = this.byLabel.get(ended.out.begunLabel)
      if (sent !== undefined && sent.partAt < 0) sent.partAt = this.now
    })
  }

  private connectionOf(socket: Socket): import('../../hal/sim/index.js').SimConnection | undefined {
    return (socket as unknown as { connection: import('../../hal/sim/index.js').SimConnection | undefined }).connection
  }

  private out(frame: Frame, link: Link): void {
    if (frame.name === 'PUBLISH') {
      const sent = this.byLabel.get(frame.label)
      if (sent === undefined) this.early.set(frame.label, this.now)
      else if (sent.leftAt < 0) sent.leftAt = this.now
    }
    this.recorder?.frame(this.now, 'out', link, frame)
    for (const hook of this.watching) hook.out?.(frame, link)
  }

  private in(frame: Frame, link: Link): void {
    if (frame.name === 'CONNACK' && frame.reason === 0) {
      link.accepted = true
      link.sessionPresent = frame.sessionPresent
    }
    this.recorder?.frame(this.now, 'in', link, frame)
    for (const hook of this.watching) hook.in?.(frame, link)
  }
}
