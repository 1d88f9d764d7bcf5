/** The next packet id that nothing of ours uses: publishes, requests, and those given up in this session (docs/protocol.md, 10). */
import { ErrorCode } from './codes.js'
import { because, type Core } from './core.js'
import { distanceAhead, skipPacketId, takePacketId } from './packet-ids.js'

/** An unused packet id, or 0 when all 65535 are in use. */
export function nextPacketId(core: Core): number {
  const ids = core.ids_
  const used = core.outbox_.flightCount_ + core.registry_.requests_.length + core.retired_.length
  // Known before 65535 are looked through for each.
  if (FEATURE_GOVERNOR && used >= 65535) {
    because(core, ErrorCode.NoPacketId, '', used)
    return 0
  }
  for (let i = 0; ids.free_ < 1 && i < 65535; i = i + 1) {
    let nearest = 65536
    let m = core.outbox_.flight_.head_
    while (m !== undefined) {
      const d = distanceAhead(ids, m.packetId_)
      if (d < nearest) nearest = d
      m = m.next_
    }
    if (FEATURE_JOURNAL) {
      // An id may be written down with its message before that is sent.
      m = core.outbox_.queue_.head_
      while (m !== undefined) {
        const d = m.packetId_ > 0 ? distanceAhead(ids, m.packetId_) : nearest
        if (d < nearest) nearest = d
        m = m.next_
      }
    }
    for (const q of core.registry_.requests_) {
      const d = distanceAhead(ids, q.packetId_)
      if (d < nearest) nearest = d
    }
    for (const id of core.retired_) {
      const d = distanceAhead(ids, id)
      if (d < nearest) nearest = d
    }
    ids.free_ = nearest - 1
    if (nearest === 1) skipPacketId(ids)
  }
  if (ids.free_ < 1) return 0
  return takePacketId(ids)
}
