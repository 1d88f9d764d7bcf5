/** A ladder under a clock that the test moves. */
import { climbed, createLadder, stable, trouble, type Ladder, type Trouble } from '../../hal/at/ladder.js'
import type { TimerHal } from '../../hal/hal.js'

export const MINUTE = 60000

export interface Rig {
  ladder: Ladder
  /** ms since the start. */
  now: () => number
  pass: (ms: number) => void
  /** The link is open for `ms`, and then closed; a slice a second. */
  up: (ms: number) => void
  /** The rungs that are climbed for `what` until there is none, whose work ends as `isOk` says; `isOk`: it works each time, and helps never. */
  order: (what: Trouble, isOk: boolean) => number[]
}

export function rig(absent: number[] = []): Rig {
  // A module's ticks turn negative two seconds after the start.
  const start = 2147483647 - 2000
  let now = 0
  const timer: TimerHal = { ticks: () => (start + now) | 0, since: (t0) => (start + now - t0) | 0 }
  const ladder = createLadder(timer, absent)
  const pass = (ms: number): void => { now += ms }
  return {
    ladder,
    now: () => now,
    pass,
    up: (ms) => {
      stable(ladder, true)
      for (let left = ms; left > 0; left -= 1000) {
        pass(Math.min(left, 1000))
        stable(ladder, true)
      }
      stable(ladder, true)
      stable(ladder, false)
    },
    order: (what, isOk) => {
      const rungs: number[] = []
      for (let rung = trouble(ladder, what); rung >= 0;) {
        rungs.push(rung)
        pass(1000)
        rung = climbed(ladder, isOk)
        if (isOk) rung = trouble(ladder, what)
      }
      return rungs
    }
  }
}
