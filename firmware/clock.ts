/**
 * The core's time. A port's tick may be a 32-bit integer that wraps, so it is only ever asked for what has passed since
 * the last slice; short spans are ages that grow by that amount, long ones are counted in whole seconds.
 */
import type { TimerHal } from '../hal/hal.js'

export interface Clock {
  /** The tick of the last slice. */
  stamp_: number
  /** Whole seconds since the client was created. */
  seconds_: number
  /** 0 to 999: what has passed of the current second. */
  millis_: number
}

export function newClock(timer: TimerHal): Clock {
  return { stamp_: timer.ticks(), seconds_: 0, millis_: 0 }
}

/** Moves the clock to now. Returns the milliseconds since the last call. */
export function advance(clock: Clock, timer: TimerHal): number {
  const passed = timer.since(clock.stamp_)
  if (passed === 0) return 0
  clock.stamp_ = timer.ticks()
  // Asked after more than 2^30 ms without a slice, a port may answer anything: then no time has passed.
  if (passed < 0 || passed > 1073741824) return 0
  const millis = clock.millis_ + passed
  clock.millis_ = millis % 1000
  clock.seconds_ = clock.seconds_ + (millis - clock.millis_) / 1000
  return passed
}

/** The smaller of two times, where -1 means never and a time that has passed is now. */
export function earlier(a: number, b: number): number {
  if (b === -1) return a
  const t = b < 0 ? 0 : b
  return a === -1 || t < a ? t : a
}
