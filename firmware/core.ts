/**
 * The state of one client, in one record, and what every part of it needs: causes, codes, receipts and callbacks.
 * Parts are records of their own (outbox, transmit, keepalive, ...); functions on them carry the work.
 */
import { EMPTY, cut, keep, type Bytes, type Code } from './bytes.js'
import { newBackoff, type Backoff } from './backoff.js'
import { newClock, type Clock } from './clock.js'
import { ErrorCode, Reason } from './codes.js'
import { newPacket, type Packet } from './codec/read.js'
import { newScanner, type Scanner } from './codec/scan.js'
import { fill } from './cause.js'
import { defaults } from './defaults.js'
import { newGovernor, type Governor } from './governor.js'
import type { Journal } from './journal.js'
import { newInbox, type Inbox } from './inbox.js'
import { newKeepalive, type Keepalive } from './keepalive.js'
import type { LearnLink } from './learn-link.js'
import { newOutbox, type Outbox, type Outgoing } from './outbox.js'
import { newPacketIds, type PacketIds } from './packet-ids.js'
import { newServers, type Servers } from './servers.js'
import type { Signals } from './signals.js'
import { newRegistry, type Registry } from './subscriptions.js'
import { newTransmit, type Transmit } from './transmit.js'
import { noteEvent, noteLink, Event, type Recorder } from './recorder.js'
import type { Hal, Socket } from '../hal/hal.js'
import { newStats } from './stats.js'
import type { Cause, LinkState, Message, Options, PacketInfo, Properties, Stats } from './types.js'

/** Where the link is; the order counts: from Connecting on there is an open socket. */
export const enum Phase { Offline, Waiting, Opening, Connecting, Up, Draining }

/** What a callback asked for that must wait for the end of the slice. */
export const enum Asked { Nothing, Leave, Abort, Destroy }

/** The options with every default filled in: numbers only, checked. */
export interface Settings {
  version_: number
  clean_: boolean
  keepalive_: number
  pingTimeout_: number
  connectTimeout_: number
  requestTimeout_: number
  ackTimeout_: number
  reconnectPeriod_: number
  reconnectPeriodMax_: number
  reconnectSpread_: number
  jitter_: boolean
  packetIn_: number
  packetOut_: number
  streamMax_: number
  outboxCount_: number
  outboxBytes_: number
  inboxCount_: number
  inboxBytes_: number
  inflight_: number
  subscriptions_: number
  slicePackets_: number
  sliceBytes_: number
  /** Bytes of topic and payload up to which a QoS 0 publish may go out at once. */
  direct_: number
  /** Bytes that may wait in the transmit buffer before we stop reading. */
  backlog_: number
  /** Bytes that the receive cache must have left before we read on. */
  inboxReserve_: number
}

/** What the server said in CONNACK, with the values that hold where it said nothing. */
export interface Server {
  receiveMaximum_: number
  packetMax_: number
  maxQos_: number
  retain_: boolean
  wildcard_: boolean
  shared_: boolean
  subscriptionIds_: boolean
  aliasMax_: number
  /** Seconds in force. */
  keepalive_: number
  /** All of CONNACK's properties. */
  properties_: Properties | undefined
}

/** A topic alias that we defined on this connection. */
export interface Alias {
  field_: Bytes
  /** Transmit offset at which its defining PUBLISH ends. */
  end_: number
}

export interface Core {
  hal_: Hal
  options_: Options
  settings_: Settings
  phase_: Phase
  socket_: Socket | undefined
  clock_: Clock
  tx_: Transmit
  outbox_: Outbox
  keepalive_: Keepalive
  /** FEATURE_LEARN, with `learnKeepalive`. */
  learn_?: LearnLink | undefined
  /** FEATURE_STATS, with `hal.modem`. */
  signals_?: Signals | undefined
  scanner_: Scanner
  packet_: Packet
  registry_: Registry
  stats_: Stats
  /** What the client remembers of its own past links. */
  governor_?: Governor
  /** Connections so far; the number of the present one. */
  epoch_: number
  /** Depth of slices and callbacks: above 0 nothing may be torn down. */
  busy_: number
  asked_: Asked
  destroyed_: boolean
  /** Work that a slice left for the next: no waiting. */
  more_: boolean
  /** ms from the last slice to the earliest timer; -1 for none. */
  due_: number
  /** ms in the present phase. */
  age_: number
  /** ms until the next attempt. */
  wait_: number
  backoff_: Backoff
  servers_: Servers
  server_: Server
  /** The CONNECT packet of the attempt under way. */
  connectPacket_: Bytes
  cause_: Cause
  ids_: PacketIds
  /** Ids of publishes given up without an ack: not used again in this session. */
  retired_: number[]
  token_: number
  /** Inbound QoS 2 ids between PUBLISH and PUBREL. */
  receiveSet_: number[]
  inbox_: Inbox
  /** A session of ours may exist at the server. */
  hadSession_: boolean
  sessionPresent_: boolean
  /** A CONNECT went unanswered: a Session Present that follows may mean a session that it began, and that has none of our filters. */
  unsure_: boolean
  /** The session of this connection was resumed: resends carry DUP. */
  resumed_: boolean
  /** The oldest unacked publish when the server closed, on how many connections in a row, and whether it goes alone. */
  suspect_: number
  suspicions_: number
  alone_: boolean
  /** Messages in flight not yet sent on this connection; how many were; filters that queued publishes wait for. */
  resending_: boolean
  sentNow_: number
  restoring_: boolean
  /** ms since the last ack while something is unacked. */
  ackAge_: number
  /** Packets received before this connection. */
  packetsBefore_: number
  /** A packet was received after CONNACK. */
  heard_: boolean
  /** ms that we did not read, because the cache is full. */
  held_: number
  /** A receive set that overflowed waits to be empty: ms, -1 for no. */
  overflow_: number
  /** A received message is with the application: what it publishes meanwhile may be a part of it. */
  delivering_: boolean
  /** Reading stopped though there may be more: too much waits to go out, or to be taken by the application. */
  paused_: boolean
  /** The socket announced bytes in this slice and gave none. */
  dry_: boolean
  /** connect() came while abort() or disconnect() waits for the end of the slice. */
  again_: boolean
  /** The topics used last, as text and as field, in turn. */
  topicTexts_: string[]
  topicFields_: Bytes[]
  topicTurn_: number
  topicIn_: Bytes
  topicInText_: string
  info_: PacketInfo
  message_: Message
  /** disconnect(): ms it may take, and whether DISCONNECT is out. */
  drainMs_: number
  drainSent_: boolean
  disconnectPacket_: Bytes
  /** Aliases of this connection, ours and theirs. */
  aliases_: Alias[]
  aliasesIn_: Bytes[]
  assignedId_: string
  authMethod_: string
  /** What `authenticate` answered last. */
  authData_: Bytes | undefined
  /** The next attempt goes where the server sent us, without a delay. */
  referred_: boolean
  /** The message being sent in pieces, how far it is, and what waits behind it. */
  streaming_: Outgoing | undefined
  streamed_: number
  behind_: Bytes[]
  /** The message being received in pieces. */
  streamTopic_: string
  streamQos_: number
  streamId_: number
  /** What `read` gave, on its way through the guard. */
  pulled_: Bytes
  wakeHandle_: number
  wakeSoon_: boolean
  journal_?: Journal
  /** The flight recorder, when the options ask for one. */
  recorder_?: Recorder
}

/** What holds until CONNACK says otherwise. */
export function newServer(s: Settings): Server {
  return {
    receiveMaximum_: s.inflight_, packetMax_: 268435455, maxQos_: defaults.maxQos, retain_: true, wildcard_: true,
    shared_: true, subscriptionIds_: true, aliasMax_: 0, keepalive_: s.keepalive_, properties_: undefined
  }
}

/** `hal` was checked before. */
export function newCore(hal: Hal, options: Options, settings: Settings): Core {
  const stats = newStats()
  const info: PacketInfo = { qos: 0, retain: false, dup: false, packetId: 0 }
  const core: Core = {
    hal_: hal,
    options_: options,
    settings_: settings,
    phase_: Phase.Offline,
    socket_: undefined,
    clock_: newClock(hal.timer),
    tx_: newTransmit(),
    outbox_: newOutbox(stats),
    keepalive_: newKeepalive(),
    scanner_: newScanner(),
    packet_: newPacket(),
    registry_: newRegistry(),
    stats_: stats,
    epoch_: 0,
    busy_: 0,
    asked_: Asked.Nothing,
    destroyed_: false,
    more_: false,
    due_: -1,
    age_: 0,
    wait_: 0,
    backoff_: newBackoff(),
    servers_: newServers(),
    server_: newServer(settings),
    connectPacket_: EMPTY,
    cause_: { code: 0, reason: 0, value: 0, limit: 0, detail: '' },
    ids_: newPacketIds(hal.system.random()),
    retired_: [],
    token_: 0,
    receiveSet_: [],
    inbox_: newInbox(),
    hadSession_: false,
    sessionPresent_: false,
    unsure_: false,
    resumed_: false,
    suspect_: 0,
    suspicions_: 0,
    alone_: false,
    resending_: false,
    sentNow_: 0,
    restoring_: false,
    ackAge_: 0,
    packetsBefore_: 0,
    heard_: false,
    held_: 0,
    overflow_: -1,
    delivering_: false,
    paused_: false,
    dry_: false,
    again_: false,
    topicTexts_: ['', '', '', ''],
    topicFields_: [EMPTY, EMPTY, EMPTY, EMPTY],
    topicTurn_: 0,
    topicIn_: EMPTY,
    topicInText_: '',
    info_: info,
    message_: { topic: '', payload: EMPTY, packet: info },
    drainMs_: 0,
    drainSent_: false,
    disconnectPacket_: EMPTY,
    aliases_: [],
    aliasesIn_: [],
    assignedId_: '',
    authMethod_: '',
    authData_: undefined,
    referred_: false,
    streaming_: undefined,
    streamed_: 0,
    behind_: [],
    streamTopic_: '',
    streamQos_: 0,
    streamId_: 0,
    pulled_: EMPTY,
    wakeHandle_: 0,
    wakeSoon_: false
  }
  if (FEATURE_GOVERNOR) core.governor_ = newGovernor()
  return core
}

/** Records why, for `explain`. Returns `code`. */
export function because(core: Core, code: Code, detail?: string, value?: number, limit?: number, reason?: number): Code {
  return fill(core.cause_, code, detail, value, limit, reason)
}

/** Calls a user's function with the port's guard. What it throws is counted and reported, and the link stays up. */
export function callUser(core: Core, fn: (this: void, a: never, b: never, c: never) => unknown, a: unknown, b: unknown, c: unknown): Code {
  if (FEATURE_RECORDER && core.recorder_ !== undefined) {
    core.recorder_.fn_ = fn
    core.recorder_.began_ = true
  }
  core.busy_ = core.busy_ + 1
  const code = core.hal_.system.guard(fn as (this: void, a: unknown, b: unknown, c: unknown) => unknown, a, b, c)
  core.busy_ = core.busy_ - 1
  if (code === ErrorCode.CallbackThrew) {
    core.stats_.callbackErrors = core.stats_.callbackErrors + 1
    because(core, code, '', core.stats_.callbackErrors)
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteEvent(core, Event.Threw, 0)
  }
  return code
}

export function linkStateOf(phase: Phase): LinkState {
  if (phase === Phase.Up) return 'up'
  if (phase === Phase.Waiting) return 'waiting'
  if (phase === Phase.Opening) return 'opening'
  if (phase === Phase.Connecting) return 'connecting'
  if (phase === Phase.Draining) return 'draining'
  return 'offline'
}

/** Enters a phase and tells the user. Last statement of every transition: the callback may call us back. */
export function enterPhase(core: Core, phase: Phase, cause: Code): void {
  core.phase_ = phase
  core.age_ = 0
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteLink(core, phase, cause)
  const fn = core.options_.onLink
  if (fn !== undefined) callUser(core, fn, linkStateOf(phase), core.sessionPresent_, cause)
}

/** The next token, 1 to 2^30. */
export function nextToken(core: Core): number {
  core.token_ = core.token_ % 1073741824 + 1
  return core.token_
}

/** A piece of text from bytes that the codec checked, as the user sees it; the last one is remembered. */
export function textOfTopic(core: Core, topic: Bytes): string {
  if (topic === core.topicIn_) return core.topicInText_
  core.topicIn_ = keep(topic)
  core.topicInText_ = core.hal_.text.text(core.topicIn_)
  return core.topicInText_
}

/** Whether a call may be made at all: 0, or Destroyed, Disconnecting. */
export function mayUse(core: Core): Code {
  if (core.destroyed_) return because(core, ErrorCode.Destroyed)
  if (core.phase_ === Phase.Draining) return because(core, ErrorCode.Disconnecting)
  return 0
}

/** A protocol error of the server's: the link is closed with this reason under 5.0. */
export function broken(core: Core, reason: number, detail: string): Code {
  return because(core, reason === Reason.MalformedPacket ? ErrorCode.Malformed : ErrorCode.ProtocolError, detail, core.packet_.type_, core.packet_.packetId_, reason)
}

/** `m` ends: if it was the one suspected of getting the link closed, the rest may go on. */
export function forgetSuspect(core: Core, m: Outgoing): void {
  if (m.token_ !== core.suspect_) return
  core.suspect_ = 0
  core.suspicions_ = 0
  core.alone_ = false
}

/** The topic of a message of ours as text, for a cause. */
export function topicOf(core: Core, m: Outgoing): string {
  return core.hal_.text.text(cut(m.field_, 2, m.field_.length))
}
