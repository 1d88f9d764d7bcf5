/**
 * The device's clock and its waiting. Two kinds, as ports have them: one that waits inside `timer.wait`, and one that
 * is woken by events. Ticks start where the test says and wrap as a module's do.
 */
import { ErrorCode } from '../../firmware/codes.js'
import type { Code, TimerHal } from '../hal.js'
import type { Clock, ScheduledEvent } from './clock.js'
import { PowerCut, SimLimitError } from './errors.js'
import type { Power } from './power.js'

/** `int32` turns negative after 2^31 - 1, `uint32` goes back to 0 after 2^32 - 1, `none` just counts. */
export type Wrap = 'int32' | 'uint32' | 'none'

const RANGE = 4294967296
/** The oldest stamp that `since` must answer exactly. */
const EXACT_MS = 1073741824
/** How often a program may ask for the time for each time that it may wake or wait. */
const LOOKS_PER_SPIN = 100

export interface TimerWorld {
  clock: Clock
  /** Runs the next event due at `until` or earlier, and whom it wakes. False when there is none. */
  step: (until: number) => boolean
  /** Events that one wait may run. */
  maxEvents: number
  /** Wakes at one instant, or waits that return at once, before the program counts as spinning. */
  maxSpins: number
  violation: (what: string) => void
}

interface Waker {
  readonly handle: number
  readonly fn: (this: void) => void
  /** What its deadline does, made once: a program sets a deadline in every slice. */
  readonly ring: () => void
  pending: boolean
  due: ScheduledEvent | undefined
  freed: boolean
}

export class SimTimer {
  /** Calls of the functions given to `onWake`, and waits that ended. */
  wakes = 0
  private latched = false
  private waiting = false
  private stopping = false
  private firing = false
  private wakers: Waker[] = []
  private handles = 0
  private spins = 0
  private spinTime = -1
  private looks = 0
  private lookTime = -1
  private offset: number

  constructor(private readonly world: TimerWorld, private readonly waits: boolean, private startTicks: number, private readonly wrap: Wrap) {
    this.offset = world.clock.now
  }

  /** The device's tick count now. */
  ticks(): number {
    this.countLook()
    const t = this.startTicks + this.world.clock.now - this.offset
    if (this.wrap === 'none') return t
    // Bit operators take the low 32 bits, and are far quicker than a remainder.
    return this.wrap === 'int32' ? t | 0 : t >>> 0
  }

  since(t0: number): number {
    if (this.wrap === 'none') return this.ticks() - t0
    const age = (this.ticks() - t0) >>> 0
    if (age > EXACT_MS) {
      this.world.violation(`since(${t0}) at ticks ${this.ticks()}: the stamp is ${age} ms old or lies ahead; since is exact for 0 to ${EXACT_MS} ms`)
      return age >= RANGE / 2 ? age - RANGE : age
    }
    return age
  }

  /** The clock as the program of one life sees it. */
  hal(power: Power): TimerHal {
    const ticks = (): number => {
      power.check('timer.ticks')
      return this.ticks()
    }
    const since = (t0: number): number => {
      power.check('timer.since')
      return this.since(t0)
    }
    if (this.waits) return { ticks, since, wait: (ms) => this.wait(ms, power) }
    return {
      ticks, since,
      onWake: (fn) => {
        power.check('timer.onWake')
        return this.onWake(fn)
      },
      wakeAfter: (handle, ms) => {
        power.check('timer.wakeAfter')
        this.wakeAfter(handle, ms)
      }
    }
  }

  /** A socket of the device has data, credit or a new state. */
  socketEvent(): void {
    this.latched = true
    for (const waker of this.wakers) waker.pending = true
  }

  /** Asks the program to end: the wait under way and every later one returns `Stopped`. */
  stop(): void {
    this.stopping = true
    this.latched = true
  }

  /** True when some function given to `onWake` is to be called. */
  pending(): boolean {
    for (const waker of this.wakers) if (waker.pending) return true
    return false
  }

  /** Calls the functions that are to be called. The device's border: a program that lost its power ends here. */
  fire(): void {
    if (this.firing) return
    this.firing = true
    try {
      // The list is replaced when it changes, so this round is over those that are here now.
      for (const waker of this.wakers) {
        // A cut drops them all, those of this round as well.
        if (!waker.pending || waker.freed) continue
        waker.pending = false
        this.countSpin('wakes at one instant')
        this.wakes += 1
        waker.fn()
      }
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error
    } finally {
      this.firing = false
    }
  }

  /** The device lost power: its wakes are gone. */
  powerCut(): void {
    for (const waker of this.wakers) {
      this.world.clock.cancel(waker.due)
      waker.freed = true
    }
    this.wakers = []
    this.latched = false
    this.stopping = false
  }

  /** A new life: ticks start again at `startTicks`. */
  reboot(startTicks: number): void {
    this.startTicks = startTicks
    this.offset = this.world.clock.now
    this.latched = false
  }

  private wait(ms: number, power: Power): Code {
    power.check('timer.wait')
    const { clock, maxEvents } = this.world
    if (!(ms >= 0)) this.world.violation(`wait(${ms}): 0 or more is expected`)
    if (this.waiting) {
      this.world.violation('wait() inside wait(): a wake or callback of this device waits')
      return 0
    }
    if (this.stopping) return ErrorCode.Stopped
    this.countSpin('waits that ended without time passing')
    this.waiting = true
    try {
      const end = clock.now + Math.max(0, ms)
      let events = 0
      while (!this.latched) {
        if (events >= maxEvents) throw new SimLimitError(`wait(${ms})`, maxEvents, 'events', `at ${clock.now} ms, the wait ends at ${end} ms`)
        events += 1
        const stepped = this.world.step(end)
        power.check('timer.wait')
        if (!stepped) {
          clock.spend(end - clock.now)
          break
        }
      }
      this.latched = false
      this.wakes += 1
      return this.stopping ? ErrorCode.Stopped : 0
    } finally {
      this.waiting = false
    }
  }

  private onWake(fn: (this: void) => void): number {
    this.handles += 1
    const waker: Waker = { handle: this.handles, fn, ring: () => { waker.pending = true }, pending: false, due: undefined, freed: false }
    this.wakers = [...this.wakers, waker]
    return this.handles
  }

  private wakeAfter(handle: number, ms: number): void {
    const waker = this.wakers.find((one) => one.handle === handle)
    if (waker === undefined) {
      this.world.violation(`wakeAfter(${handle}, ${ms}): no such handle, or it was freed`)
      return
    }
    this.world.clock.cancel(waker.due)
    if (ms < 0) {
      waker.freed = true
      this.wakers = this.wakers.filter((one) => one !== waker)
      return
    }
    if (!(ms <= EXACT_MS)) this.world.violation(`wakeAfter(${handle}, ${ms}): at most ${EXACT_MS} ms is expected`)
    waker.due = this.world.clock.schedule(ms, 'timer', waker.ring)
  }

  /** A loop that asks for the time and never waits would hang the test: it is named instead. */
  private countLook(): void {
    const { clock, maxSpins } = this.world
    if (clock.now !== this.lookTime) {
      this.lookTime = clock.now
      this.looks = 0
    }
    this.looks += 1
    if (this.looks > maxSpins * LOOKS_PER_SPIN) throw new SimLimitError('looks at the clock at one instant', maxSpins * LOOKS_PER_SPIN, 'times', `at ${clock.now} ms: the program spins without waiting`)
  }

  private countSpin(what: string): void {
    const { clock, maxSpins } = this.world
    if (clock.now !== this.spinTime) {
      this.spinTime = clock.now
      this.spins = 0
    }
    this.spins += 1
    if (this.spins > maxSpins) throw new SimLimitError(what, maxSpins, 'times', `at ${clock.now} ms: the program spins`)
  }
}
