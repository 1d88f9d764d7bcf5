/**
 * High-water marks: the most that was ever held of what the limits bound, for `stats()` and the memory contract
 * (docs/memory.md). A mark is taken where its amount is largest: where it grows when it may shrink again in the same
 * slice, before it shrinks when it only does so in one place.
 */
import type { Core } from './core.js'

/** Before bytes leave the transmit buffer, or are forgotten with their connection. */
export function markTransmit(core: Core): void {
  if (core.tx_.bytes_ > core.stats_.transmitBytesMost) core.stats_.transmitBytesMost = core.tx_.bytes_
}

/** After a message came into the cache. */
export function markInbox(core: Core): void {
  const stats = core.stats_
  if (core.inbox_.count_ > stats.inboxCountMost) stats.inboxCountMost = core.inbox_.count_
  if (core.inbox_.bytes_ > stats.inboxBytesMost) stats.inboxBytesMost = core.inbox_.bytes_
}

/** After a message came into the outbox. */
export function markOutbox(core: Core): void {
  const stats = core.stats_
  if (core.outbox_.count_ > stats.outboxCountMost) stats.outboxCountMost = core.outbox_.count_
  if (core.outbox_.bytes_ > stats.outboxBytesMost) stats.outboxBytesMost = core.outbox_.bytes_
}
