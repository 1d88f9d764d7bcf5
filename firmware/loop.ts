/**
 * The loop around slices: when the next one is due, on ports that wait and on ports that wake us.
 */
import type { Code } from './bytes.js'
import { earlier } from './clock.js'
import { ErrorCode } from './codes.js'
import { msOf } from './kinds.js'
import { because, Phase, type Core } from './core.js'
import { watchBearer } from './judge.js'
import { mayRead, mustHold, slice } from './slice.js'

/** Work was given to a client between slices: an event-driven port is asked for a slice at once, one time. */
export function nudge(core: Core): void {
  const timer = core.hal_.timer
  if (!core.more_ || core.wakeSoon_ || core.busy_ > 0 || core.wakeHandle_ === 0 || timer.wakeAfter === undefined) return
  core.wakeSoon_ = true
  timer.wakeAfter(core.wakeHandle_, 0)
}

/** Destroyed, or offline with nothing left to tell and nothing that may expire: `yield` does nothing. */
function isOver(core: Core): boolean {
  return core.destroyed_ || core.phase_ === Phase.Offline && core.outbox_.owed_ === 0 && core.outbox_.soonest_ < 0
}

/** ms until a slice is needed, at most `most`. */
export function untilDue(core: Core, most: number): number {
  // The last slice's appointments went with the link; what was queued since waits for `connect`.
  if (isOver(core)) return most
  if (core.more_) return 0
  const socket = core.socket_
  if (socket !== undefined && core.phase_ >= Phase.Connecting && socket.pending() > 0 && !core.dry_ && mayRead(core)) return 0
  if (core.due_ < 0) return most
  const left = core.due_ - core.hal_.timer.since(core.clock_.stamp_)
  return left <= 0 ? 0 : left < most ? left : most
}

/** ms: the longest single wait, over which the port's clock must stay exact; and how long slices without work may be left out. */
export const enum Longest { Wait = 1073741823, Quiet = 1000 }

/**
 * One slice for an event-driven port, and the next appointment. Without work it ends early, since many wakes bring none: nothing waits to
 * leave or to be told, nothing has arrived, no timer is due. A second after the last slice there is a whole one all the same, for what
 * looks at the clock without an appointment.
 */
export function pumpOnce(core: Core): number {
  if (core.busy_ > 0) return 0
  core.wakeSoon_ = false
  const timer = core.hal_.timer
  const socket = core.socket_
  let handled = 0
  let passed = timer.since(core.clock_.stamp_)
  if (!core.more_ && core.phase_ === Phase.Up && core.outbox_.count_ === 0 && core.tx_.bytes_ === 0 && !core.registry_.dirty_ &&
    passed < earlier(Longest.Quiet, core.due_) && socket !== undefined && socket.pending() === 0 && socket.status() > 0) {
    if (FEATURE_GOVERNOR) watchBearer(core)
    core.hal_.system.feedWatchdog()
  } else {
    passed = 0
    handled = slice(core)
  }
  if (core.wakeHandle_ > 0 && timer.wakeAfter !== undefined) timer.wakeAfter(core.wakeHandle_, core.more_ ? 0 : core.due_ < 0 ? Longest.Wait + 1 : core.due_ - passed)
  return handled
}

/** What `yield` and `receive` share: see `Client`. `forMessage`: end as soon as the cache has one. */
export function loop(core: Core, timeoutMs: number, forMessage: boolean): Code {
  if (core.destroyed_) return because(core, ErrorCode.Destroyed)
  if (core.busy_ > 0) return because(core, ErrorCode.Reentrant)
  if (isOver(core)) return because(core, ErrorCode.NotStarted)
  const timer = core.hal_.timer
  if (timer.wait === undefined) return pumpOnce(core)
  // The port's clock is exact no longer than that: a larger time would never pass.
  const asked = FEATURE_KINDS ? msOf(timeoutMs) : timeoutMs
  const most = asked > Longest.Wait ? Longest.Wait : asked
  const start = timer.ticks()
  let handled = 0
  let left = most
  while (true) {
    handled = handled + slice(core)
    if (isOver(core)) return handled
    if (forMessage && core.inbox_.count_ > 0) return handled
    left = most - timer.since(start)
    if (!(left > 0)) return handled
    // A full push-back cache: only the application can go on.
    if (FEATURE_CACHE && mustHold(core)) return handled
    const ms = untilDue(core, left)
    if (ms > 0) {
      const code = timer.wait(ms)
      if (code < 0) return code
    }
  }
}
