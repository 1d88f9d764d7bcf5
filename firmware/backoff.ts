/**
 * How long to wait before the next attempt. The first delay after a stable link is spread over `reconnectSpread`, so that
 * a fleet does not return in one second; then 1, 2, 4 ... s up to the maximum, with full jitter. Refusals that will not
 * heal by themselves (wrong password, banned) take the slow lane: at least ten seconds, jitter never down to zero.
 */
import { Reason } from './codes.js'

/** ms: the least delay after a refusal that needs a human. */
const enum Lane { Slow = 10000 }

export interface Backoff {
  /** Attempts since the last stable link. */
  attempts_: number
  /** The state of the jitter, 0 to 65536. */
  noise_: number
}

/** `id` mixes the device's identity in, since clones share a random seed. */
export function newBackoff(id: string): Backoff {
  return { attempts_: 0, noise_: id.length % 65537 }
}

/** The next noise: a number from 0 to 999. `random` and `ticks` are the port's. */
export function nextNoise(backoff: Backoff, random: number, ticks: number): number {
  // Not a span of time: only its bits are wanted.
  // eslint-disable-next-line dialect/no-tick-arithmetic
  let t = ticks % 32768
  if (t < 0) t = t + 32768
  backoff.noise_ = ((backoff.noise_ * 75 + 74) % 65537 + random + t) % 65537
  return backoff.noise_ % 1000
}

/** The v3 return codes and v5 reasons after which hurrying is rude: see docs/protocol.md, "Ending and coming back". */
export function isSlowLane(version: number, reason: number): boolean {
  if (version < 5) return reason === 1 || reason === 2 || reason === 4 || reason === 5
  return reason >= Reason.UnsupportedVersion && reason <= Reason.NotAuthorized ||
    reason === Reason.Banned || reason === Reason.BadAuthMethod || reason === Reason.PacketTooLarge ||
    reason >= 0x99 && reason <= 0x9b
}

/**
 * The delay before the next attempt, in ms. `noise` is a number from 0 to 999 (below 0: jitter is off).
 * `wasStable`: the link that ended had been stable.
 */
export function nextDelay(backoff: Backoff, period: number, periodMax: number, spread: number, slow: boolean, wasStable: boolean, noise: number): number {
  let span = period
  if (wasStable && noise >= 0) span = spread
  else {
    let i = wasStable ? 0 : backoff.attempts_
    while (i > 0 && span < periodMax) {
      span = span * 2
      i = i - 1
    }
    if (span > periodMax) span = periodMax
  }
  backoff.attempts_ = wasStable ? (noise >= 0 ? 0 : 1) : backoff.attempts_ + 1
  if (slow && span < Lane.Slow) span = Lane.Slow
  if (noise < 0) return span
  // Long spans are divided first: the product must stay below 2^31.
  const part = span > 1000000 ? span - span % 1000 : span * noise
  const whole = (part - part % 1000) / 1000
  const delay = span > 1000000 ? whole * noise : whole
  if (!slow) return delay
  return (delay < Lane.Slow ? Lane.Slow : delay) + noise * 5
}
