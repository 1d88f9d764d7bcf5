/** The device itself: who it is, chance, the watchdog, and the guard around user code. */
import { ErrorCode } from '../../firmware/codes.js'
import type { SystemHal } from '../hal.js'
import type { Clock } from './clock.js'
import { PowerCut, SimLimitError } from './errors.js'
import type { Power } from './power.js'
import type { Random } from './random.js'

/** Errors of user code kept for the test to look at; more are only counted. */
const ERRORS_KEPT = 1000

export class SimSystem {
  /** What user code threw inside `guard`, in order: the first 1000. */
  readonly errors: unknown[] = []
  errorCount = 0
  /** Restarts the program asked for. */
  readonly restarts: { t: number; reason: string }[] = []
  /** Calls of `feedWatchdog`, and the longest time without one, ms. */
  feeds = 0
  longestUnfed = 0
  resetReason = 'power-on'
  /** Seconds since 1970 at the start of the simulation, 0 for a device that does not know. */
  wallClockAtStart = 0
  private lastFeed: number

  constructor(private readonly clock: Clock, private random: Random, private readonly id: string) {
    this.lastFeed = clock.now
  }

  /** A new life: chance is a new stream, and nobody has fed the watchdog yet. */
  reboot(random: Random, resetReason: string): void {
    this.random = random
    this.resetReason = resetReason
    this.lastFeed = this.clock.now
  }

  /** The device as the program of one life sees it. */
  hal(power: Power): SystemHal {
    return {
      id: () => this.id,
      random: () => {
        power.check('system.random')
        return this.random.int(0, 32767)
      },
      wallClock: () => (this.wallClockAtStart === 0 ? 0 : this.wallClockAtStart + Math.floor(this.clock.now / 1000)),
      resetReason: () => this.resetReason,
      feedWatchdog: () => {
        power.check('system.feedWatchdog')
        this.feeds += 1
        this.longestUnfed = Math.max(this.longestUnfed, this.clock.now - this.lastFeed)
        this.lastFeed = this.clock.now
      },
      restart: (reason) => {
        power.check('system.restart')
        this.restarts.push({ t: this.clock.now, reason })
      },
      guard: (fn, a, b, c) => {
        power.check('system.guard')
        try {
          const result = fn(a, b, c)
          // An async callback fails later: that is the user's error as well.
          if (result instanceof Promise) result.catch((error: unknown) => this.failed(error))
          // The power may have gone inside: the program ends here, also where the callback did not notice.
          power.check('system.guard')
          return typeof result === 'number' ? result : 0
        } catch (error) {
          // A bound of the simulator is for the test, not for the program under test; a cut ends the program.
          if (error instanceof SimLimitError || error instanceof PowerCut) throw error
          power.check('system.guard')
          this.failed(error)
          return ErrorCode.CallbackThrew
        }
      }
    }
  }

  private failed(error: unknown): void {
    this.errorCount += 1
    if (this.errors.length < ERRORS_KEPT) this.errors.push(error)
  }
}
