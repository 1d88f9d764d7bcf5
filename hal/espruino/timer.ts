/**
 * Time, and the waking of the program. The interpreter moves sockets only while it is idle, so nothing can wait here: the
 * events of the sockets, and one timer a handle, call the functions of all handles.
 */
import type { TimerHal } from '../hal.js'

declare function getTime(): number
declare function setTimeout(fn: (one: Sleeper) => void, ms: number, one: Sleeper): number
declare function clearTimeout(id: number): void
declare const global: { setTime: (seconds: number) => void }

interface Sleeper {
  wake_: (this: void) => void
  /** The pending `setTimeout`, or 0. */
  timer_: number
}

/** From here on `wakeAfter` means never. */
const enum Never { Ms = 1073741824 }

/** By handle, less 1; a freed place is used again. */
const sleepers: (Sleeper | undefined)[] = []

/** Seconds that the program has moved the clock by. */
let moved = 0
const setTime = global.setTime

/** There is no other clock than the one that programs set, often as soon as they have the time from the network. */
global.setTime = (seconds) => {
  // What it moved: Linux does not let the interpreter set it.
  const before = getTime()
  setTime(seconds)
  moved = moved + getTime() - before
}

/** Whatever happened may concern everybody. For events of the interpreter: these never come from within a call of ours. */
export function wakeAll(): void {
  for (let i = 0; i < sleepers.length; i = i + 1) {
    const one = sleepers[i]
    if (one !== undefined) one.wake_()
  }
}

function wake(one: Sleeper): void {
  one.timer_ = 0
  one.wake_()
}

export const timer: TimerHal = {
  // Seconds, with microseconds: only `since` reads them.
  ticks: () => getTime() - moved,
  since: (t0) => Math.floor((getTime() - moved - t0) * 1000 + 0.5),
  onWake: (fn) => {
    let i = 0
    while (sleepers[i] !== undefined) i = i + 1
    sleepers[i] = { wake_: fn, timer_: 0 }
    return i + 1
  },
  wakeAfter: (handle, ms) => {
    const one = sleepers[handle - 1]
    if (one === undefined) return
    // Of something else than a number `clearTimeout` might make "all timers".
    if (one.timer_ > 0) clearTimeout(one.timer_)
    one.timer_ = 0
    if (ms < 0) sleepers[handle - 1] = undefined
    else if (ms < Never.Ms) one.timer_ = setTimeout(wake, ms, one)
  }
}
