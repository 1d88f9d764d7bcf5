/** The counters of a client. A build without a feature does without the counters of that feature. */
import { Limit, type Core } from './core.js'
import type { Stats } from '../types.js'

/** The counters that this build has: each costs variables. */
export function newStats(): Stats {
  const stats: Partial<Stats> = {
    connects: 0, failures: 0, drops: 0, accepted: 0, sent: 0, delivered: 0, dropped: 0, rejected: 0, received: 0, oversize: 0, callbackErrors: 0,
    outboxCount: 0, outboxBytes: 0, inflight: 0
  }
  if (FEATURE_STATS) {
    stats.packetsIn = 0
    stats.packetsOut = 0
    stats.bytesIn = 0
    stats.bytesOut = 0
    stats.resent = 0
    stats.pings = 0
    stats.longestSlice = 0
    stats.strayAcks = 0
    stats.sessionLost = 0
    stats.outboxCountMost = 0
    stats.outboxBytesMost = 0
    stats.inflightMost = 0
    stats.subscriptionsMost = 0
    stats.transmitBytesMost = 0
    stats.scannerBytesMost = 0
    stats.inboxCountMost = 0
    stats.inboxBytesMost = 0
    stats.receiveSetMost = 0
    stats.pingInterval = 0
    stats.boots = 0
    stats.expired = 0
    stats.unknown = 0
  }
  if (FEATURE_QOS2) stats.repeats = 0
  if (FEATURE_CACHE) stats.inboxDropped = 0
  if (FEATURE_GOVERNOR) {
    stats.takeovers = 0
    stats.quarantined = 0
  }
  return stats as Stats
}

/** See `Client.stats`. */
export function stats(core: Core): Stats {
  const s = core.stats_
  // Those that left at once were counted once for all of this.
  s.accepted = s.accepted + core.quick_
  s.sent = s.sent + core.quick_
  if (FEATURE_STATS) {
    s.packetsOut = s.packetsOut + core.quick_
    s.bytesOut = (s.bytesOut + core.quickBytes_) % 1073741824
    core.quickBytes_ = 0
  }
  core.quick_ = 0
  s.outboxCount = core.count_
  s.outboxBytes = core.bytes_
  s.inflight = 0
  if (FEATURE_STATS) s.pingInterval = core.limits_[Limit.Keepalive]!
  let m = core.queue_.next_
  while (m !== undefined) {
    if (m.id_ > 0) s.inflight = s.inflight + 1
    m = m.next_
  }
  return s
}
