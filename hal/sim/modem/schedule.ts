/**
 * What the module does later: one list of jobs on the world's timer. Jobs due at one instant run in the order in which
 * they were set; one set while others run waits for the next wake, so that the host is woken in between.
 */
import type { TimerHal } from '../../hal.js'
import { SimLimitError } from '../errors.js'

export interface Job {
  readonly at: number
  readonly fn: () => void
  cancelled: boolean
}

/** Jobs that may be set at a time. */
const JOB_LIMIT = 20000
/** The timer's `since` is exact for 2^30 ms only: a stamp older than this is replaced, and a wake comes before. */
const STAMP_MS = 268435456
const LOOK_MS = 536870912

export class Schedule {
  private jobs: Job[] = []
  private readonly handle: number
  private stamp: number
  private time = 0
  private closed = false

  /** @param onWake called at each wake before the jobs: sockets may have something. */
  constructor(private readonly timer: TimerHal, private readonly onWake: () => void) {
    if (timer.onWake === undefined || timer.wakeAfter === undefined) {
      throw new Error('the modem emulator needs a world of the event kind: timer.onWake and wakeAfter are missing')
    }
    this.stamp = timer.ticks()
    this.handle = timer.onWake(() => this.wake())
    this.arm()
  }

  /** Milliseconds since the emulator was made. */
  get now(): number {
    const age = this.timer.since(this.stamp)
    if (age < STAMP_MS) return this.time + age
    this.time += age
    this.stamp = this.timer.ticks()
    return this.time
  }

  after(ms: number, fn: () => void): Job {
    if (this.jobs.length >= JOB_LIMIT) throw new SimLimitError('the modem emulator\'s jobs', JOB_LIMIT, 'jobs', `at ${this.now} ms`)
    const job = { at: this.now + Math.max(0, Math.ceil(ms)), fn, cancelled: false }
    let i = this.jobs.length
    while (i > 0 && this.jobs[i - 1]!.at > job.at) i -= 1
    this.jobs.splice(i, 0, job)
    if (i === 0) this.arm()
    return job
  }

  cancel(job: Job | undefined): void {
    if (job === undefined || job.cancelled) return
    job.cancelled = true
    const i = this.jobs.indexOf(job)
    if (i >= 0) this.jobs.splice(i, 1)
  }

  close(): void {
    this.closed = true
    this.jobs = []
    this.timer.wakeAfter!(this.handle, -1)
  }

  private wake(): void {
    if (this.closed) return
    this.onWake()
    const now = this.now
    let due = 0
    while (due < this.jobs.length && this.jobs[due]!.at <= now) due += 1
    for (const job of this.jobs.splice(0, due)) {
      if (job.cancelled) continue
      job.cancelled = true
      job.fn()
    }
    this.arm()
  }

  private arm(): void {
    if (this.closed) return
    const first = this.jobs[0]
    this.timer.wakeAfter!(this.handle, first === undefined ? LOOK_MS : Math.min(LOOK_MS, Math.max(0, first.at - this.now)))
  }
}
