/**
 * The static memory contract: from the options of a client, the most that each of its parts can hold, as counts and bytes
 * that the code enforces, and as memory on each target. docs/memory.md explains it. Nothing here needs Node, so that the
 * simulator can use it anywhere.
 */
import * as profiles from '../../firmware/defaults.js'
import type { Limits, Options, Stats } from '../../firmware/types.js'
import { flagsOf, type Profile } from '../build/profiles.js'
import { estimate, type Memory, type Shape } from './memory.js'
import { JOURNAL_SPARE, journalParts, learnParts, recorderParts } from './optional.js'

/** The marks of `stats()` that the contract bounds. */
export type Mark = Extract<keyof Stats, `${string}Most`>

export interface Part {
  /** What holds it. */
  part: string
  /** The options that set the bound. */
  by: string
  /** The most entries, and the most bytes of all of them. */
  count: number
  bytes: number
  /** The marks of `stats()` that tell how much of it was ever used. */
  marks: Partial<Record<Mark, number>>
  shape: Shape
  memory: Memory
}

export interface Contract {
  profile: Profile
  parts: Part[]
  /** Of all parts. */
  total: Memory
  /** What no mark of `stats()` may pass. */
  marks: Record<Mark, number>
}

export interface ContractInput {
  /** Bytes of the longest filter that the program asks for; what fits `packetOut` when absent. */
  filterBytes?: number
  /**
   * The limits of an earlier program on this device that had larger ones, and whose journal this one finds: what it left
   * is brought back whole.
   */
  before?: Limits
}

/** Bounds that are constants of the code: firmware/inbound.ts, tiny/receive.ts, slice.ts, outbound.ts, session.ts, publish.ts. */
const Fixed = { receiveSet: 64, acksBehind: 256, ackBytes: 6, requests: 32, retired: 64, topics: 4, backlog: 4096, tinyAcks: 1024 }

/** The limits in force, defaults filled in. */
export function limitsOf(options: Partial<Options>, profile: Profile): Required<Limits> {
  const d = profiles[profile]
  const given = options.limits ?? {}
  const pick = (name: keyof Limits): number => given[name] ?? d[name]
  return {
    packetIn: pick('packetIn'), packetOut: pick('packetOut'), streamMax: pick('streamMax'), outboxCount: pick('outboxCount'), outboxBytes: pick('outboxBytes'),
    inboxCount: pick('inboxCount'), inboxBytes: pick('inboxBytes'), inflight: pick('inflight'), subscriptions: pick('subscriptions'),
    slicePackets: pick('slicePackets'), sliceBytes: pick('sliceBytes')
  }
}

/** Limit by limit, the larger of two. */
function larger(a: Required<Limits>, b: Required<Limits>): Required<Limits> {
  return Object.fromEntries(Object.entries(a).map(([name, value]) => [name, Math.max(value, b[name as keyof Limits])])) as unknown as Required<Limits>
}

/** The worst case of a client with these options in a build of this profile. */
export function memoryContract(options: Partial<Options>, profile: Profile, input: ContractInput = {}): Contract {
  const flags = flagsOf(profile)
  const l = limitsOf(options, profile)
  const d = profiles[profile]
  // The cores of tiny and standard have records of fewer members, and keep no list of requests.
  const small = profile !== 'full'
  const isTiny = profile === 'tiny'
  const v5 = flags.FEATURE_V5 && options.protocolVersion === 5
  const cached = flags.FEATURE_CACHE && options.cache !== undefined && options.cache !== 'direct'
  const pushBack = cached && options.cache === 'push-back'
  const aliasesIn = v5 ? options.properties?.topicAliasMaximum ?? 0 : 0
  const aliasesOut = v5 ? options.topicAliasOut ?? 0 : 0
  const filter = Math.min(input.filterBytes ?? l.packetOut, l.packetOut - 10)
  // Properties become texts; a pair of empty ones takes five bytes, a subscription identifier two.
  const texts = (bytes: number): number => v5 ? 2 * Math.floor(bytes / 5) : 0
  const numbers = (bytes: number): number => v5 ? Math.floor(bytes / 2) : 0
  const withheld = pushBack ? l.inboxCount + Fixed.acksBehind : 0
  const behind = flags.FEATURE_STREAM ? Fixed.acksBehind + withheld : 0
  const perSlice = isTiny ? 2 : 2 * l.slicePackets + l.inflight + Fixed.requests + 4
  const packets = Math.max(l.sliceBytes - 1, Math.min(l.sliceBytes, Fixed.backlog) + (v5 ? 0 : Fixed.ackBytes - l.packetOut)) + l.packetOut
  // In tiny: the rest of one publish, and acks; a publish that is acknowledged has seven bytes at least.
  const transmit = isTiny ? l.packetOut + Fixed.tinyAcks + Math.ceil(l.sliceBytes / 7) * 4 + 4 : packets + behind * Fixed.ackBytes + (flags.FEATURE_STREAM ? 0 : withheld * 4) + (v5 ? l.packetOut + 5 : 2) + 2
  const journal = flags.FEATURE_JOURNAL && options.journal !== undefined && options.journal !== false
  const held = journal && input.before !== undefined ? larger(l, limitsOf({ limits: input.before }, profile)) : l
  const members = isTiny ? 7 : small ? (flags.FEATURE_POLICIES ? 19 : 13) : journal ? 26 : 24
  // An earlier program may have announced more than this one does.
  const receiveSet = flags.FEATURE_QOS2 ? Math.min(Fixed.receiveSet, journal ? Fixed.receiveSet : options.properties?.receiveMaximum ?? Fixed.receiveSet) : 0
  const head = flags.FEATURE_STREAM || flags.FEATURE_V5 ? l.packetIn : 0
  const entries = 2 * l.subscriptions
  const requests = small ? 0 : Fixed.requests
  const asked = requests * d.maxFilters
  // With what firmware/quarantine.ts knows of a filter.
  const subscription = isTiny ? 6 : small ? (flags.FEATURE_GOVERNOR ? 15 : 9) : 16

  const parts: Part[] = []
  const add = (part: string, by: string, count: number, bytes: number, shape: Partial<Shape>, marks: Part['marks'] = {}): void => {
    if (count === 0) return
    const whole: Shape = { records: 0, members: 0, strings: 0, slots: 0, ...shape, bytes }
    parts.push({ part, by, count, bytes, marks, shape: whole, memory: estimate(whole) })
  }
  // What a journal brings back may have more ids than the window holds; it goes out as the window allows.
  add('outbox: messages', 'outboxCount, outboxBytes', held.outboxCount, held.outboxBytes, { records: held.outboxCount, members, strings: 3 * held.outboxCount },
    { outboxCountMost: held.outboxCount, outboxBytesMost: held.outboxBytes, inflightMost: journal ? held.outboxCount : held.inflight })
  const receipts = held.outboxCount + (journal ? JOURNAL_SPARE : 0)
  add('outbox: receipts not told', 'outboxCount', options.onReceipt === undefined ? 0 : receipts, 0, { records: receipts, members })
  add('a publish under way', 'packetOut', 1, 2 * l.packetOut, { records: 1, members, strings: 4 })
  add('transmit buffer', 'sliceBytes, packetOut', 1, transmit, { strings: perSlice + behind, slots: perSlice + behind }, { transmitBytesMost: transmit })
  add('transmit buffer: one write', 'sliceBytes, packetOut', 1, transmit, { strings: 2, slots: 2 })
  add('acks behind a stream', 'constant', behind, behind * Fixed.ackBytes, { strings: behind, slots: behind })
  add('scanner: chunk read', 'sliceBytes', 1, l.sliceBytes, { strings: 1 })
  add('scanner: packet in parts', 'packetIn', 1, l.packetIn, { strings: 2 + (small ? 0 : Math.ceil(l.packetIn / 32)), slots: 2 + (small ? 0 : Math.ceil(l.packetIn / 32)) }, { scannerBytesMost: l.packetIn })
  add('scanner: packet joined', 'packetIn', 1, l.packetIn, { strings: 1 })
  add('scanner: head of a stream', 'packetIn', head > 0 ? 1 : 0, head, { strings: 2 })
  add('packet handled', 'packetIn', 1, l.packetIn, { records: v5 ? 1 : 0, members: 24, strings: 3 + texts(l.packetIn), slots: numbers(l.packetIn) })
  add('topic received last', 'packetIn', 1, 2 * l.packetIn, { strings: 2 })
  add('receive cache', 'inboxCount, inboxBytes', cached ? l.inboxCount : 0, l.inboxBytes, {
    records: l.inboxCount * (v5 ? 2 : 1), members: 10, strings: 2 * l.inboxCount + texts(l.inboxBytes), slots: numbers(l.inboxBytes)
  }, { inboxCountMost: l.inboxCount, inboxBytesMost: l.inboxBytes })
  add('receive cache: message given', 'packetIn', cached ? 1 : 0, (aliasesIn > 0 ? 2 : 1) * l.packetIn, { records: v5 ? 1 : 0, members: 10, strings: 2 + texts(l.packetIn), slots: numbers(l.packetIn) })
  add('receive cache: acks withheld', 'inboxCount', withheld, withheld * 4, { strings: withheld, slots: withheld })
  add('receive set of QoS 2', 'receiveMaximum', receiveSet, 0, { slots: 2 * receiveSet }, { receiveSetMost: receiveSet })
  add('subscriptions', 'subscriptions, packetOut', entries, entries * filter * 2, { records: entries, members: subscription, strings: 3 * entries, slots: 2 * entries }, { subscriptionsMost: entries })
  add('requests not answered', 'constant, packetOut', requests, asked * filter * 2, { records: requests + asked, members: subscription, strings: 3 * asked, slots: 2 * requests + asked })
  add('ids not used again', 'constant', small ? 0 : Fixed.retired, 0, { slots: Fixed.retired })
  const topics = small ? 1 : Fixed.topics
  add('topics published last', 'packetOut', topics, topics * 2 * l.packetOut, { strings: 2 * topics, slots: 2 * topics })
  add('topic aliases of ours', 'topicAliasOut', aliasesOut, aliasesOut * l.packetOut, { records: aliasesOut, members: 2, strings: aliasesOut, slots: aliasesOut })
  add('topic aliases of the server', 'topicAliasMaximum', aliasesIn, aliasesIn * l.packetIn, { strings: aliasesIn, slots: aliasesIn })
  add('CONNECT', 'packetOut', 1, 2 * l.packetOut, { records: 1, members: 12, strings: 10 })
  add('properties of CONNACK', 'packetIn', v5 ? 1 : 0, l.packetIn, { records: 1, members: 24, strings: texts(l.packetIn) })
  add('piece of a stream sent', 'packetOut', flags.FEATURE_STREAM ? 1 : 0, l.packetOut, { strings: 1 })
  // Six times, six lives, six connections; drops of an hour in six periods: firmware/governor.ts.
  add('governor', 'constant', flags.FEATURE_GOVERNOR ? 1 : 0, 0, { records: 1, members: 13, slots: 4 * 6 })
  if (journal) for (const one of journalParts(held)) add(one.part, one.by, one.count, one.bytes, one.shape)
  if (flags.FEATURE_RECORDER && (options.recorder ?? 0) > 0) for (const one of recorderParts(options.recorder!, l)) add(one.part, one.by, one.count, one.bytes, one.shape)
  if (flags.FEATURE_LEARN && options.learnKeepalive === true) for (const one of learnParts(options, v5 ? l.packetIn : 0)) add(one.part, one.by, one.count, one.bytes, one.shape)

  const total = estimate({ records: 0, members: 0, strings: 0, slots: 0, bytes: 0 })
  for (const { memory } of parts) for (const target of Object.keys(total) as (keyof Memory)[]) total[target] += memory[target]
  const none: Record<Mark, number> = {
    outboxCountMost: 0, outboxBytesMost: 0, inflightMost: 0, inboxCountMost: 0, inboxBytesMost: 0, subscriptionsMost: 0, receiveSetMost: 0,
    transmitBytesMost: 0, scannerBytesMost: 0
  }
  return { profile, parts, total, marks: Object.assign(none, ...parts.map((part) => part.marks)) as Record<Mark, number> }
}

/** One sentence for each mark that passed the contract; none when all is well. Marks that a build does not have are not checked. */
export function checkMarks(stats: Stats, contract: Contract): string[] {
  const passed: string[] = []
  for (const mark of Object.keys(contract.marks) as Mark[]) {
    const seen = stats[mark] as number | undefined
    if (seen !== undefined && !(seen <= contract.marks[mark])) passed.push(`${mark} is ${seen}, and the memory contract allows ${contract.marks[mark]}`)
  }
  return passed
}
