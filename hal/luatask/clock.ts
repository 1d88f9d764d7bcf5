/** Time from the module's tick counter, added up to milliseconds: it wraps within days. */
import type { LuaMath } from '../lua/lua.js'

declare const math: LuaMath
declare const rtos: { tick(this: void): number }

/** A counter of milliseconds on top of one of ticks. */
export interface Clock {
  last_: number
  /** Ticks that are no whole second yet, and the ms of the whole ones. */
  rest_: number
  whole_: number
  rate_: number
}

/** `rate`: ticks in a second. */
export function createClock(this: void, rate: number): Clock {
  return { last_: rtos.tick(), rest_: 0, whole_: 0, rate_: rate }
}

/** ms since the clock was made; it must be asked once in a wrap of the ticks, 36 hours at 16384 a second. */
export function read(this: void, clock: Clock): number {
  const ticks = rtos.tick()
  let passed = ticks - clock.last_
  // Where numbers are wider than the counter, the difference does not survive its wrap by itself.
  if (passed < 0) passed = passed + 2147483647 + 2147483647 + 2
  clock.last_ = ticks
  clock.rest_ = clock.rest_ + passed
  const seconds = math.floor(clock.rest_ / clock.rate_)
  clock.rest_ = clock.rest_ - seconds * clock.rate_
  clock.whole_ = clock.whole_ + seconds * 1000
  return clock.whole_ + math.floor(clock.rest_ * 1000 / clock.rate_)
}
