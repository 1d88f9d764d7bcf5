/**
 * Packet identifiers: one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE (MQTT 5.0 section 2.2.1). They rise from a random
 * start, skip 0 and every id in use. A look at all ids in use tells how far the next one is, so most ids cost no look.
 */
export interface PacketIds {
  last_: number
  /** Ids after `last_` that are known to be free. */
  free_: number
}

/** Ids start after `start`, 0 to 65534. */
export function newPacketIds(start: number): PacketIds {
  return { last_: start, free_: 0 }
}

/**
 * How far ahead of `last` the id `used` lies, 1 to 65535. The caller folds this over every id in use and gives the
 * smallest distance to `nextPacketId`.
 */
export function distanceAhead(ids: PacketIds, used: number): number {
  const d = (used - ids.last_ + 65535) % 65535
  return d === 0 ? 65535 : d
}

/** The next id: the caller made sure that `free_` is above 0. */
export function takePacketId(ids: PacketIds): number {
  ids.last_ = ids.last_ % 65535 + 1
  ids.free_ = ids.free_ - 1
  return ids.last_
}

/** Steps over an id in use, so that the look can go on behind it. */
export function skipPacketId(ids: PacketIds): void {
  ids.last_ = ids.last_ % 65535 + 1
}
