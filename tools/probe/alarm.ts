/** One bounded wait at a time, on a port that wakes its programs. */
import type { TimerHal } from '../../hal/hal.js'

export class Alarm {
  private readonly handle: number
  private start = 0
  private ms = 0
  private fn: (() => void) | undefined

  constructor(private readonly timer: TimerHal) {
    if (timer.onWake === undefined || timer.wakeAfter === undefined) throw new Error('a probe needs a port that wakes its programs (timer.onWake)')
    this.handle = timer.onWake(() => this.look())
  }

  /** Calls `fn` after `ms`, unless another wait is set or this one is cleared before. */
  set(ms: number, fn: () => void): void {
    this.start = this.timer.ticks()
    this.ms = ms
    this.fn = fn
    this.timer.wakeAfter!(this.handle, ms)
  }

  clear(): void {
    this.fn = undefined
  }

  free(): void {
    this.clear()
    this.timer.wakeAfter!(this.handle, -1)
  }

  /** The port wakes for everything; only the time counts here. */
  private look(): void {
    const { fn } = this
    if (fn === undefined) return
    const left = this.ms - this.timer.since(this.start)
    if (left > 0) {
      this.timer.wakeAfter!(this.handle, left)
      return
    }
    this.fn = undefined
    fn()
  }
}
