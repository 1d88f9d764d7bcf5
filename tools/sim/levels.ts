/** What a client holds now, and the bounds it is held to: figures that are not public, of the three cores. */
import type { Core } from '../../firmware/core.js'
import { Limit, type Core as SmallCore } from '../../firmware/small/core.js'
import { Limit as TinyLimit, type Core as TinyCore } from '../../firmware/tiny/core.js'
import { Want } from '../../firmware/subscriptions.js'
import type { World } from './world.js'

export interface Levels {
  outboxCount: number
  outboxBytes: number
  inflight: number
  sliceBytes: number
  slicePackets: number
  packetOut: number
  packetIn: number
  subscriptions: number
  inboxCount: number
  inboxBytes: number
  version: number
  held: { receipts: number; cached: number; cachedBytes: number; withheld: number; filters: number; receiveSet: number; transmit: number; halfReceived: number }
  /** Filters that are blamed for a close of the server, and those that are set aside for it. */
  blamed: string[]
  aside: string[]
}

/** Bytes behind the last whole packet: whole ones may wait for the next slice, and of a PUBLISH above `packetIn`, which is passed over, as many as a slice reads. */
function behindPackets(bytes: string, packetIn: number, sliceBytes: number): number {
  let from = 0
  while (from < bytes.length) {
    let length = 0
    let scale = 1
    let i = from + 1
    let byte = 128
    while (byte > 127 && i < bytes.length) {
      byte = bytes.charCodeAt(i)
      length += byte % 128 * scale
      scale *= 128
      i += 1
    }
    if (byte > 127) break
    if (i + length > bytes.length) return bytes.length - from - (i + length - from > packetIn && bytes.charCodeAt(from) >> 4 === 3 ? sliceBytes : 0)
    from = i + length
  }
  return bytes.length - from
}

function levelsOfSmall(core: Partial<Pick<SmallCore, 'inbox_' | 'receiveSet_'>> & Omit<SmallCore, 'inbox_' | 'receiveSet_'>): Levels {
  const at = (which: Limit): number => core.limits_[which] ?? 0
  return {
    outboxCount: at(Limit.OutboxCount), outboxBytes: at(Limit.OutboxBytes), inflight: at(Limit.Inflight), sliceBytes: at(Limit.SliceBytes), slicePackets: at(Limit.SlicePackets),
    packetOut: at(Limit.PacketOut), packetIn: at(Limit.PacketIn), subscriptions: at(Limit.Subscriptions), inboxCount: at(Limit.InboxCount), inboxBytes: at(Limit.InboxBytes), version: 4,
    held: {
      receipts: core.receipts_.length, cached: core.inbox_?.count_ ?? 0, cachedBytes: core.inbox_?.bytes_ ?? 0, withheld: core.inbox_?.withheld_.length ?? 0, filters: core.filters_.length, receiveSet: core.receiveSet_?.length ?? 0,
      // What is passed over is no packet in the making.
      transmit: core.tx_.length, halfReceived: core.skipping_ > 0 ? core.rx_.length - core.cursor_ - at(Limit.SliceBytes) : behindPackets(core.rx_.slice(core.cursor_), at(Limit.PacketIn), at(Limit.SliceBytes))
    },
    blamed: core.filters_.filter((one) => (one.blame_ ?? 0) > 0).map((one) => one.text_),
    aside: core.filters_.filter((one) => one.want_ === Want.Aside).map((one) => one.text_)
  }
}

/** The build tiny: its slices read so many bytes at most and count no packets, and it tells a receipt at once. */
const TINY_SLICE = 1072

function levelsOfTiny(core: TinyCore): Levels {
  const at = (which: TinyLimit): number => core.limits_[which] ?? 0
  return {
    outboxCount: at(TinyLimit.OutboxCount), outboxBytes: at(TinyLimit.OutboxBytes), inflight: at(TinyLimit.Inflight), sliceBytes: TINY_SLICE, slicePackets: TINY_SLICE / 2,
    packetOut: at(TinyLimit.PacketOut), packetIn: at(TinyLimit.PacketIn), subscriptions: at(TinyLimit.Subscriptions), inboxCount: 0, inboxBytes: 0, version: 4,
    held: { receipts: 0, cached: 0, cachedBytes: 0, withheld: 0, filters: core.filters_.length, receiveSet: 0, transmit: core.tx_.length, halfReceived: behindPackets(core.rx_, at(TinyLimit.PacketIn), TINY_SLICE) },
    blamed: [], aside: []
  }
}

export function levelsOf(world: World): Levels {
  const core = (world.client as unknown as { core_: Core | SmallCore | TinyCore }).core_
  if ('roomy_' in core) return levelsOfTiny(core)
  if ('limits_' in core) return levelsOfSmall(core)
  const s = core.settings_
  const { entries_: entries } = core.registry_
  return {
    outboxCount: s.outboxCount_, outboxBytes: s.outboxBytes_, inflight: s.inflight_, sliceBytes: s.sliceBytes_, slicePackets: s.slicePackets_,
    packetOut: s.packetOut_, packetIn: s.packetIn_, subscriptions: s.subscriptions_, inboxCount: s.inboxCount_, inboxBytes: s.inboxBytes_, version: s.version_,
    held: {
      receipts: core.outbox_.owed_, cached: core.inbox_.count_, cachedBytes: core.inbox_.bytes_, withheld: core.inbox_.withheld_.length, filters: entries.length,
      receiveSet: core.receiveSet_.length, transmit: core.tx_.bytes_, halfReceived: core.scanner_.held_ + core.scanner_.small_.length
    },
    blamed: entries.filter((one) => (one.blame_ ?? 0) > 0).map((one) => one.filter_),
    aside: entries.filter((one) => one.want_ === Want.Aside).map((one) => one.filter_)
  }
}
