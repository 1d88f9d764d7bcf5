/**
 * How long to wait before the next attempt: 1, 2, 4 ... s up to the maximum, with full jitter. A link that ends, ends for
 * a whole fleet at once when it is the server that goes: then the first attempt is spread over `reconnectSpread`, and
 * every later one comes at least that long after the one before, so that the fleet stays as spread as it was. Refusals
 * that will not heal by themselves (wrong password, banned) take the slow lane: at least ten seconds, jitter never down
 * to zero. docs/governor.md has the bound and how it is shown.
 */
import { at, type Bytes } from './bytes.js'
import { Reason } from './codes.js'

/** ms: the least delay after a refusal that needs a human. */
const enum Lane { Slow = 10000 }

export interface Backoff {
  /** Attempts since the last stable link. */
  attempts_: number
  /** The state of the jitter, 0 to 65536. */
  noise_: number
}

export function newBackoff(): Backoff {
  return { attempts_: 0, noise_: 0 }
}

/**
 * The next noise: a number from 0 to 999. `random`, `ticks` and `id` are the port's: clones share a random seed and the
 * moment of their start, and only the id tells them apart. The id is asked for each time, since a module may learn it late.
 */
export function nextNoise(backoff: Backoff, random: number, ticks: number, id: string): number {
  // Not a span of time: only its bits are wanted.
  // eslint-disable-next-line dialect/no-tick-arithmetic
  let t = ticks % 32768
  if (t < 0) t = t + 32768
  let h = backoff.noise_
  for (let i = 0; i < id.length; i = i + 1) h = (h * 75 + at(id as Bytes, i) + 74) % 65537
  backoff.noise_ = (h * 75 + 74 + random + t) % 65537
  return backoff.noise_ % 1000
}

/** The v3 return codes and v5 reasons after which hurrying is rude: see docs/protocol.md, "Ending and coming back". */
export function isSlowLane(version: number, reason: number): boolean {
  if (version < 5) return reason === 1 || reason === 2 || reason === 4 || reason === 5
  return reason >= Reason.UnsupportedVersion && reason <= Reason.NotAuthorized ||
    reason === Reason.Banned || reason === Reason.BadAuthMethod || reason === Reason.PacketTooLarge ||
    reason >= 0x99 && reason <= 0x9b
}

/** What ended, or did not begin. */
export const enum Ended {
  /** An attempt, before the first connection. */
  Attempt,
  /** An attempt, after there was a connection. */
  Return,
  /** A connection that had not been stable yet. */
  Link,
  /** A stable one. */
  Stable
}

/**
 * The delay before the next attempt, in ms. `noise` is a number from 0 to 999 (below 0: jitter is off).
 */
export function nextDelay(backoff: Backoff, period: number, periodMax: number, spread: number, slow: boolean, ended: Ended, noise: number): number {
  const jitter = noise >= 0
  if (ended === Ended.Stable) backoff.attempts_ = 0
  let span = period
  let i = backoff.attempts_
  while (i > 0 && span < periodMax) {
    span = span * 2
    i = i - 1
  }
  if (span > periodMax) span = periodMax
  // After a stable link with jitter, the spread comes first and then the period.
  if (!jitter || ended !== Ended.Stable) backoff.attempts_ = backoff.attempts_ + 1
  else span = spread
  // A whole fleet may have lost its server at this moment.
  if (jitter && ended === Ended.Link && span < spread) span = spread
  if (slow && span < Lane.Slow) span = Lane.Slow
  if (!jitter) return span
  // Long spans are divided first: the product must stay below 2^31.
  const part = span > 1000000 ? span - span % 1000 : span * noise
  const whole = (part - part % 1000) / 1000
  let delay = span > 1000000 ? whole * noise : whole
  if (ended === Ended.Return) delay = delay + spread
  if (!slow) return delay
  return (delay < Lane.Slow ? Lane.Slow : delay) + noise * 5
}
