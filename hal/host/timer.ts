/**
 * Time, and the waking of event-driven programs: whatever happens in one turn of the event loop wakes a program once.
 */
import type { TimerHal } from '../hal.js'

export interface TimerOptions {
  /** What `ticks()` shows at the start. Near 2^31 it makes the clock wrap while somebody watches. Default 0. */
  ticksOrigin?: number
}

/** From here on `wakeAfter` means never: the handle stays, and no timer keeps the process running. */
export const NEVER_MS = 2 ** 30

/** `ticks` and `since`: a 32-bit signed clock, as on a module, which wraps. */
export function createClock(options: TimerOptions = {}): Pick<TimerHal, 'ticks' | 'since'> {
  const origin = (options.ticksOrigin ?? 0) - Math.floor(performance.now())
  const ticks = (): number => (Math.floor(performance.now()) + origin) | 0
  return { ticks, since: t0 => (ticks() - t0) | 0 }
}

interface Sleeper {
  fn: (this: void) => void
  /** To be called at the end of this turn. */
  awake: boolean
  /** When `wakeAfter` asked to be woken, ms of `performance.now()`. */
  dueAt: number
  /** When `timer` fires, which may be earlier: then it is set again. */
  firesAt: number
  timer: NodeJS.Timeout | undefined
}

/** The timer part of the event-driven port, and `wake`, which the sockets call. */
export function createTimer(options: TimerOptions = {}): { timer: TimerHal; wake: () => void } {
  const sleepers = new Map<number, Sleeper>()
  let handles = 0
  let scheduled = false

  const turn = (): void => {
    scheduled = false
    for (const sleeper of [...sleepers.values()]) {
      if (!sleeper.awake) continue
      sleeper.awake = false
      sleeper.fn()
    }
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    // After the poll phase: the events of all sockets of this turn are in by then.
    setImmediate(turn)
  }
  const fire = (sleeper: Sleeper): void => {
    sleeper.timer = undefined
    if (sleeper.dueAt === Infinity) return
    if (sleeper.dueAt - performance.now() > 0) {
      arm(sleeper)
      return
    }
    sleeper.awake = true
    schedule()
  }
  const arm = (sleeper: Sleeper): void => {
    clearTimeout(sleeper.timer)
    sleeper.firesAt = sleeper.dueAt
    sleeper.timer = setTimeout(fire, Math.ceil(sleeper.dueAt - performance.now()), sleeper)
  }
  const disarm = (sleeper: Sleeper): void => {
    clearTimeout(sleeper.timer)
    sleeper.timer = undefined
  }

  return {
    wake() {
      for (const sleeper of sleepers.values()) sleeper.awake = true
      schedule()
    },
    timer: {
      ...createClock(options),
      onWake(fn) {
        handles += 1
        sleepers.set(handles, { fn, awake: false, dueAt: 0, firesAt: 0, timer: undefined })
        return handles
      },
      wakeAfter(handle, ms) {
        const sleeper = sleepers.get(handle)
        if (sleeper === undefined) return
        if (ms < 0) {
          disarm(sleeper)
          sleeper.awake = false
          sleepers.delete(handle)
        } else if (ms >= NEVER_MS) {
          disarm(sleeper)
        } else if (ms === 0) {
          // The timer stays armed, which costs less than a new one; if it fires meanwhile, it has nothing to tell.
          sleeper.dueAt = Infinity
          sleeper.awake = true
          schedule()
        } else {
          sleeper.dueAt = performance.now() + ms
          // A deadline that only moves away, as keepalive's does with every packet, costs no timer.
          if (sleeper.timer === undefined || sleeper.firesAt > sleeper.dueAt) arm(sleeper)
        }
      }
    }
  }
}
