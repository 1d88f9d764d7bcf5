/**
 * Virtual time and the list of what happens when. Events at one instant run in the order in which they were scheduled,
 * so a run depends on nothing but its seed.
 */

/** `net`: bytes and connection states under way. `timer`: a deadline of the device or its TCP stack. `script`: a test's or a server's own `after`. */
export type EventKind = 'net' | 'timer' | 'script'

export interface ScheduledEvent {
  /** Milliseconds since the start of the simulation. */
  readonly t: number
  readonly seq: number
  readonly kind: EventKind
  readonly run: () => void
  cancelled: boolean
  done: boolean
}

function before(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.t < b.t || (a.t === b.t && a.seq < b.seq)
}

export class Clock {
  /** Milliseconds since the start of the simulation: exact, never wraps. Devices see `ticks()` of their own, which do. */
  now = 0
  /** Events that ran, in all. */
  events = 0
  /** Scheduled events of kind `net` that are still to run. */
  netPending = 0
  private heap: ScheduledEvent[] = []
  private seq = 0

  /** Runs `run` after `delayMs`, rounded up to a whole millisecond, 0 or more. */
  schedule(delayMs: number, kind: EventKind, run: () => void): ScheduledEvent {
    const event = { t: this.now + Math.max(0, Math.ceil(delayMs)), seq: this.seq, kind, run, cancelled: false, done: false }
    this.seq += 1
    if (kind === 'net') this.netPending += 1
    this.push(event)
    return event
  }

  cancel(event: ScheduledEvent | undefined): void {
    if (event === undefined || event.cancelled || event.done) return
    event.cancelled = true
    if (event.kind === 'net') this.netPending -= 1
  }

  /** The time of the next event, undefined when there is none. */
  nextTime(): number | undefined {
    this.dropCancelled()
    return this.heap[0]?.t
  }

  /** Runs the next event if it is due at `until` or earlier, moving time to it. False: there is none, and time stands. */
  step(until: number): boolean {
    this.dropCancelled()
    const event = this.heap[0]
    if (event === undefined || event.t > until) return false
    this.pop()
    event.done = true
    if (event.kind === 'net') this.netPending -= 1
    if (event.t > this.now) this.now = event.t
    this.events += 1
    event.run()
    return true
  }

  /** Moves time forward without running anything: what a busy processor does. Overdue events run later, in order. */
  spend(ms: number): void {
    this.now += Math.max(0, Math.ceil(ms))
  }

  private dropCancelled(): void {
    while (this.heap[0]?.cancelled === true) this.pop()
  }

  private push(event: ScheduledEvent): void {
    const heap = this.heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const other = heap[parent]!
      if (!before(event, other)) break
      heap[i] = other
      i = parent
    }
    heap[i] = event
  }

  private pop(): void {
    const heap = this.heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
  }
}
