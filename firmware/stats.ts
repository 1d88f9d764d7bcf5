/** The counters of a client. A build without a feature does without the counters of that feature: each costs variables. */
import type { Stats } from './types.js'

export function newStats(): Stats {
  const stats: Partial<Stats> = {
    connects: 0,
    failures: 0,
    drops: 0,
    packetsIn: 0,
    packetsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    accepted: 0,
    sent: 0,
    delivered: 0,
    expired: 0,
    dropped: 0,
    rejected: 0,
    unknown: 0,
    resent: 0,
    received: 0,
    oversize: 0,
    strayAcks: 0,
    sessionLost: 0,
    callbackErrors: 0,
    pings: 0,
    outboxCount: 0,
    outboxBytes: 0,
    inflight: 0,
    longestSlice: 0
  }
  if (FEATURE_QOS2) stats.repeats = 0
  if (FEATURE_CACHE) stats.inboxDropped = 0
  if (FEATURE_STATS) {
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
  }
  if (FEATURE_GOVERNOR) {
    stats.takeovers = 0
    stats.quarantined = 0
  }
  if (FEATURE_JOURNAL) {
    stats.journalWrites = 0
    stats.journalBytes = 0
    stats.journalRestored = 0
    stats.journalDamaged = 0
  }
  return stats as Stats
}
