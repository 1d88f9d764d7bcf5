/**
 * A scenario as plain JSON: what the device is like, what its program and the world do and when. It is the only input
 * of a run, so one script gives the same bytes on every machine. `generate.ts` makes one from a seed, a shrunk one is
 * kept as a regression test.
 */
import type { Options, Qos } from '../../firmware/types.js'
import type { Conditions, Direction, Wrap } from '../../hal/sim/index.js'
import type { FamilyName, Faults as LineFaults, Quirks, Radio } from '../../hal/sim/modem/index.js'

/** The kinds of faults; `mixed` is one of the others, chosen by the seed. */
export const PROFILES = ['honest', 'session-losing', 'dishonest', 'power', 'slow', 'mixed'] as const
export type Profile = (typeof PROFILES)[number]

export const FEATURE_SETS = ['tiny', 'standard', 'full'] as const
export type FeatureSet = (typeof FEATURE_SETS)[number]

/** The families of modems that may stand between the device and the network. */
export const MODEMS = ['air724', 'air780', 'sim800', 'sim7600', 'a7670', 'ec2x', 'bg9x', 'esp'] as const satisfies readonly FamilyName[]

/** A modem between the device and the network: what it is, how it is wired, and what is wrong with its line all the time. */
export interface ModemSetup {
  family: FamilyName
  /** The pins that are wired. */
  pins: readonly ('reset' | 'powerKey' | 'power')[]
  /** The power key is strapped: it starts when it has power. */
  keyStrapped?: boolean
  /** Bytes take the time that the line gives them. */
  pacing?: boolean
  registerMs?: number
  quirks?: Partial<Quirks>
  faults?: LineNoise
  /** Options of hal/at. */
  readMax?: number
  unreadMax?: number
  signalEvery?: number
}

/** Faults of the serial line, without a script of their own. */
export type LineNoise = Partial<Omit<LineFaults, 'script'>>

/** Options of the client that are data. `clientId` and `servers` are the runner's. */
export type ClientOptions = Omit<Options, 'servers' | 'clientId' | 'credentials' | 'authenticate' | 'onMessage' | 'onStream' | 'onReceipt' | 'onSubscribed' | 'onLink'>

/** The program on the device. */
export interface Program {
  /** True: the port waits in `yield`; false: it is woken by events. */
  waits: boolean
  /** ms between its turns: it takes what the cache holds, and on a port that waits it calls `yield` for that long. */
  periodMs: number
  /** Turns between two looks into the cache, 1 or more: a slow reader. */
  takeEvery: number
  startTicks: number
  wrap: Wrap
  servers: number
  /** What a message's handler does besides writing it down. */
  handler: 'plain' | 'publishes' | 'throws'
  /** It takes large messages in pieces. */
  streams: boolean
  /** The port knows whether its bearer is there (`hal.network`). */
  bearer?: boolean
}

/** What the server is like. Absent: what an unrestricted one of that version says. */
export interface ServerOptions {
  maximumQoS?: Qos
  receiveMaximum?: number
  topicAliasMaximum?: number
  maximumPacketSize?: number
  serverKeepAlive?: number
  /** Seconds: sessions live no longer than this. */
  sessionExpiry?: number
  /** Which packet ids its messages get. */
  packetIds?: 'rising' | 'lowest'
  /** Numbers of filters that the device may not have: their SUBACK refuses, or the server closes instead. */
  forbidden?: readonly number[]
  forbids?: 'refuse' | 'close'
}

export interface PublishEvent {
  at: number
  do: 'publish'
  topic: number
  qos: Qos
  bytes: number
  /** Published this many times at once, 1 when absent. */
  times?: number
  retain?: boolean
  deadline?: number
  priority?: number
  keepLatest?: boolean
  /** 5.0: seconds. */
  expiry?: number
}

/** What happens, and when: `at` is in ms from the start. Faults with `ms` end by themselves after that time. */
export type ScriptEvent =
  | PublishEvent
  | { at: number; do: 'publishStream'; topic: number; qos: Qos; bytes: number; piece: number }
  | { at: number; do: 'subscribe'; filter: number; qos: Qos }
  | { at: number; do: 'unsubscribe'; filter: number }
  | { at: number; do: 'disconnect'; timeout: number }
  | { at: number; do: 'connect' | 'abort' | 'reboot' }
  /** The power fails at the storage's write number `write` from now (1: the next), of which `bytes` bytes are kept; -1: now. */
  | { at: number; do: 'powerCut'; write: number; bytes: number }
  /** Somebody else publishes to what filter number `filter` asks for. */
  | { at: number; do: 'brokerPublish'; filter: number; qos: Qos; bytes: number; times?: number; retain?: boolean }
  | { at: number; do: 'partition'; direction: Direction; ms: number }
  | { at: number; do: 'halfOpen'; direction: Direction }
  | { at: number; do: 'rst' | 'fin' | 'forget' | 'takeover' }
  | { at: number; do: 'stall'; ms: number }
  | { at: number; do: 'slowRead'; rate: number; ms: number }
  | { at: number; do: 'link'; conditions: Partial<Conditions>; ms: number }
  | { at: number; do: 'refuse' | 'hang' | 'dnsFail' | 'dnsHang'; ms: number }
  | { at: number; do: 'restart'; ms: number; lose: boolean }
  /** The server closes every connection right after CONNACK, for this long. */
  | { at: number; do: 'flap'; ms: number }
  /** The server refuses CONNECT with this return or reason code, for this long. */
  | { at: number; do: 'refuseConnect'; code: number; ms: number }
  /** The server answers publishes with this reason code (5.0), for this long. */
  | { at: number; do: 'refusePublish'; code: number; ms: number }
  /** The server withholds its answers to publishes, or to requests, for this long. */
  | { at: number; do: 'muteAcks' | 'muteSubacks'; ms: number }
  /** A middlebox forgets flows that were silent for `idle` ms. */
  | { at: number; do: 'idleCut'; idle: number; how: 'silent' | 'rst'; ms: number }
  /** The device gets another IP address: its connection dies without a sign. */
  | { at: number; do: 'address' }
  /** The device has no bearer. */
  | { at: number; do: 'bearer'; ms: number }
  /** The store refuses writes: the next `writes`, or all for `ms`. */
  | { at: number; do: 'storeFails'; writes: number }
  | { at: number; do: 'storeFull'; ms: number }
  /** A second device with the same client id is there, and comes back each time it is sent away. */
  | { at: number; do: 'second'; ms: number }
  /** The server closes the connection over every publish to this topic instead of taking it. */
  | { at: number; do: 'poison'; topic: number; ms: number }
  /** The serial line to the modem, and what the module says on it, goes wrong in these ways. */
  | { at: number; do: 'line'; faults: LineNoise; ms: number }
  /** What the module sees of SIM, cell, access point and name servers changes. */
  | { at: number; do: 'radio'; radio: Partial<Radio>; ms: number }
  /** The module's output comes late, all of it at the end. */
  | { at: number; do: 'silence'; ms: number }
  /** The network takes the data context; the module restarts by itself; answers nothing until reset or power; is off; its links end. */
  | { at: number; do: 'pdpLost' | 'moduleReboot' | 'moduleHang' | 'moduleOff' | 'linksDrop' }
  /** The server forgets the session of the device, whose connection ends. */
  | { at: number; do: 'loseSession' }

export interface Script {
  version: 1
  seed: number
  profile: Exclude<Profile, 'mixed'>
  features: FeatureSet
  /** ms in which faults happen; after it they stop and everything must settle. */
  duration: number
  client: ClientOptions
  program: Program
  server: ServerOptions
  network: Partial<Conditions>
  /** Absent: the device has sockets of its own. */
  modem?: ModemSetup
  events: ScriptEvent[]
}

/** The filters that scripts name by number, and a topic that each matches. No topic is matched by two. */
export const FILTERS: readonly { filter: string; topic: string }[] = [
  { filter: 'a/0', topic: 'a/0' },
  { filter: 'b/+', topic: 'b/one' },
  { filter: 'c/#', topic: 'c/deep/er' },
  { filter: '$share/g/d/#', topic: 'd/x' },
  { filter: 'e/0/+/1', topic: 'e/0/ten/1' },
  { filter: 'f', topic: 'f' }
]

/** The topics that the device publishes to. */
export const TOPICS: readonly string[] = ['out/0', 'out/1', 'out/2', 'o']

/** Bytes at the start of every payload that say which message it is. */
export const LABEL_BYTES = 6

/** What the server does not let the device have. */
export function deniedFilters(script: Script): ReadonlySet<string> {
  return new Set((script.server.forbidden ?? []).map((number) => FILTERS[number]!.filter))
}
