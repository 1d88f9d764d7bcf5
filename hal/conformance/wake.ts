/** `timer.onWake` and `wakeAfter`: called for every event and at the time asked for, later and never from within. */
import { SocketStatus } from '../hal.js'
import { check, counting, dial, fail, filled, holdFirst, holdMs, next, open, staged, take, waitFor, woken } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

const MANY = 20
/** 2^30: never. */
const NEVER_MS = 1073741824
/** ms without a wake that count as silence. */
const SILENT_MS = 300

function distinct(kit: Kit): Step {
  for (let i = 0; i < 5; i = i + 1) {
    const handle = counting(kit)
    if (!(handle > 0)) return fail(kit, 'onWake returned ' + handle + '; a handle above 0 is right')
    for (let j = 0; j < i; j = j + 1) {
      if (kit.handles[j] === handle) return fail(kit, 'onWake returned the handle ' + handle + ' twice')
    }
  }
  return Step.Done
}

/** Whether the wake asked for after `ms` came when it should: not before, not late. */
function cameAt(kit: Kit, ms: number): Step {
  const now = staged(kit)
  if (kit.wakes === 0) {
    if (now > ms + kit.toleranceMs) return fail(kit, 'no wake ' + now + ' ms after one was asked for in ' + ms + ' ms')
    return waitFor(kit, 'the wake')
  }
  return check(kit, now >= ms - 10, 'the wake came after ' + now + ' ms; it was asked for in ' + ms + ' ms')
}

function fires(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.hal.timer.wakeAfter!(counting(kit), 150)
    return next(kit)
  }
  return cameAt(kit, 150)
}

function once(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.hal.timer.wakeAfter!(counting(kit), 50)
    return next(kit)
  }
  if (staged(kit) < 50 + 2 * kit.toleranceMs) return Step.NotYet
  return check(kit, kit.wakes === 1, 'the handle was woken ' + kit.wakes + ' times for one wakeAfter')
}

function zero(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.hal.timer.wakeAfter!(counting(kit), 0)
    return next(kit)
  }
  return cameAt(kit, 0)
}

function notFromWithin(kit: Kit): Step {
  if (kit.stage === 0) {
    const handle = counting(kit)
    kit.hal.timer.wakeAfter!(handle, 0)
    if (kit.wakes > 0) return fail(kit, 'wakeAfter(handle, 0) called the function before it returned')
    return next(kit)
  }
  return kit.wakes > 0 ? Step.Done : waitFor(kit, 'the wake')
}

function later(kit: Kit): Step {
  if (kit.stage === 0) {
    const handle = counting(kit)
    kit.hal.timer.wakeAfter!(handle, 60)
    kit.hal.timer.wakeAfter!(handle, 300)
    return next(kit)
  }
  return cameAt(kit, 300)
}

function sooner(kit: Kit): Step {
  if (kit.stage === 0) {
    const handle = counting(kit)
    kit.hal.timer.wakeAfter!(handle, 5000)
    kit.hal.timer.wakeAfter!(handle, 60)
    return next(kit)
  }
  return cameAt(kit, 60)
}

function never(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.hal.timer.wakeAfter!(counting(kit), NEVER_MS)
    return next(kit)
  }
  if (kit.stage === 1) {
    if (kit.wakes > 0) return fail(kit, 'wakeAfter with 2^30 ms woke after ' + staged(kit) + ' ms')
    if (staged(kit) < SILENT_MS) return Step.NotYet
    kit.hal.timer.wakeAfter!(kit.handles[0]!, 50)
    return next(kit)
  }
  return cameAt(kit, 50)
}

/** A day: more than 2^31 microseconds, 2^16 s and 2^26 ms, and no wake until then. */
function far(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.hal.timer.wakeAfter!(counting(kit), 86400000)
    return next(kit)
  }
  if (kit.wakes > 0) return fail(kit, 'wakeAfter with a day woke after ' + staged(kit) + ' ms')
  return staged(kit) < SILENT_MS ? Step.NotYet : Step.Done
}

function cancels(kit: Kit): Step {
  if (kit.stage === 0) {
    const handle = counting(kit)
    kit.hal.timer.wakeAfter!(handle, 80)
    kit.hal.timer.wakeAfter!(handle, -1)
    kit.handles.pop()
    return next(kit)
  }
  if (kit.wakes > 0) return fail(kit, 'the handle was woken ' + staged(kit) + ' ms after it was cancelled')
  return staged(kit) < 80 + SILENT_MS ? Step.NotYet : Step.Done
}

/** Cancelled, and then there is data: the function is gone. */
function cancelsForData(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 100;say hello;drain')
  if (kit.stage === 1) {
    const handle = counting(kit)
    kit.hal.timer.wakeAfter!(handle, -1)
    kit.handles.pop()
    kit.wakes = 0
    return next(kit)
  }
  take(kit, 10)
  if (kit.wakes > 0) return fail(kit, 'a cancelled handle was woken for data')
  return kit.got.length >= 5 && staged(kit) > SILENT_MS ? Step.Done : waitFor(kit, 'the data')
}

function cancelsOne(kit: Kit): Step {
  if (kit.stage === 0) {
    const first = counting(kit)
    kit.hal.timer.wakeAfter!(counting(kit), 100)
    kit.hal.timer.wakeAfter!(first, -1)
    return next(kit)
  }
  if (kit.stage === 1) {
    kit.handles = [kit.handles[1]!]
    return next(kit)
  }
  return cameAt(kit, 100)
}

function rearms(kit: Kit): Step {
  const timer = kit.hal.timer
  if (kit.stage === 0) {
    woken(kit, () => {
      kit.wakes = kit.wakes + 1
      timer.wakeAfter!(kit.handles[0]!, 20)
    })
    timer.wakeAfter!(kit.handles[0]!, 20)
    return next(kit)
  }
  if (staged(kit) > 100 + 5 * kit.toleranceMs) return fail(kit, 'a handle that asks for its next wake in its function was woken ' + kit.wakes + ' times in ' + staged(kit) + ' ms')
  if (kit.wakes < 5) return waitFor(kit, 'wake ' + (kit.wakes + 1))
  return check(kit, staged(kit) >= 80, '5 wakes, 20 ms after each other, took ' + staged(kit) + ' ms')
}

function notReentrant(kit: Kit): Step {
  const timer = kit.hal.timer
  if (kit.stage === 0) {
    woken(kit, () => {
      if (kit.depth > 0) fail(kit, 'the function was called while it was running')
      kit.depth = kit.depth + 1
      kit.wakes = kit.wakes + 1
      if (kit.wakes < 4) timer.wakeAfter!(kit.handles[0]!, 0)
      kit.depth = kit.depth - 1
    })
    timer.wakeAfter!(kit.handles[0]!, 0)
    return next(kit)
  }
  return kit.wakes >= 4 ? Step.Done : waitFor(kit, 'wake ' + (kit.wakes + 1))
}

/** Cancelled by itself while it runs. */
function cancelsItself(kit: Kit): Step {
  const timer = kit.hal.timer
  if (kit.stage === 0) {
    woken(kit, () => {
      kit.wakes = kit.wakes + 1
      timer.wakeAfter!(kit.handles[0]!, 20)
      timer.wakeAfter!(kit.handles[0]!, -1)
    })
    timer.wakeAfter!(kit.handles[0]!, 20)
    return next(kit)
  }
  if (kit.stage === 1) {
    if (kit.wakes === 0) return waitFor(kit, 'the wake')
    kit.handles = []
    return next(kit)
  }
  if (kit.wakes > 1) return fail(kit, 'a handle that cancelled itself was woken again')
  return staged(kit) < SILENT_MS ? Step.NotYet : Step.Done
}

/** Handles that nobody asked for a time: a wake is an event's doing. Not past the limit, and with the event seen. */
function wokenFor(kit: Kit, happened: boolean, limitMs: number, what: string): Step {
  if (happened && kit.wakes > 0) return Step.Done
  if (staged(kit) > limitMs) return fail(kit, happened ? 'no wake for ' + what : what + ' never came')
  return waitFor(kit, what)
}

/** The handle is made when the connection is quiet, so that nothing else wakes it. */
function data(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 300;say hello;drain')
  if (kit.stage === 1) {
    if (staged(kit) < 100) return Step.NotYet
    counting(kit)
    return next(kit)
  }
  return wokenFor(kit, kit.socket.pending() > 0, 2000, 'data')
}

function opening(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.peer)
    counting(kit)
    return next(kit)
  }
  return wokenFor(kit, kit.socket.status() === SocketStatus.Open, 5000, 'the opening of a connection')
}

function end(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 300;fin;drain')
  if (kit.stage === 1) {
    if (staged(kit) < 100) return Step.NotYet
    counting(kit)
    return next(kit)
  }
  return wokenFor(kit, kit.socket.status() < 0, 2000, 'the end of a connection')
}

function credit(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, holdFirst(kit))
  kit.limitMs = 60000
  if (kit.stage === 1) {
    if (!filled(kit, 300)) return waitFor(kit, 'the connection to be full')
    counting(kit)
    return next(kit)
  }
  return wokenFor(kit, kit.socket.credit() > 0, holdMs(kit) + 2000, 'credit that came back')
}

function many(kit: Kit): Step {
  if (kit.stage === 0) {
    // To ask for all of them takes a small board longer than the last but one may come early.
    kit.stamp = kit.hal.timer.ticks()
    // The last one first: a port with one timer must sort them.
    for (let i = MANY; i > 0; i = i - 1) kit.hal.timer.wakeAfter!(counting(kit), 10 * i)
    return next(kit)
  }
  if (kit.wakes < MANY) {
    if (staged(kit) > 10 * MANY + 2 * kit.toleranceMs) return fail(kit, 'of ' + MANY + ' handles ' + kit.wakes + ' were woken')
    return waitFor(kit, 'wake ' + (kit.wakes + 1))
  }
  const ms = kit.hal.timer.since(kit.stamp)
  return check(kit, kit.wakes === MANY && ms >= 10 * MANY - 10, MANY + ' handles were woken ' + kit.wakes + ' times in ' + ms + ' ms')
}

/** Each event wakes all, whoever the socket belongs to. */
function everyHandle(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 300;say hello;drain')
  if (kit.stage === 1) {
    if (staged(kit) < 100) return Step.NotYet
    woken(kit, () => { kit.mark = kit.mark + 1 })
    counting(kit)
    return next(kit)
  }
  if (staged(kit) > 2000) return fail(kit, 'the first of two handles was woken ' + kit.mark + ' times for data, the second ' + kit.wakes + ' times')
  return kit.mark > 0 && kit.wakes > 0 && kit.socket.pending() > 0 ? Step.Done : waitFor(kit, 'both wakes')
}

function freed(kit: Kit): Step {
  if (kit.stage === 0) {
    for (let i = 0; i < 100; i = i + 1) {
      const handle = counting(kit)
      if (!(handle > 0)) return fail(kit, 'onWake number ' + (i + 1) + ' returned ' + handle + ' although the ones before were freed')
      kit.hal.timer.wakeAfter!(handle, -1)
      kit.handles.pop()
    }
    kit.wakes = 0
    kit.hal.timer.wakeAfter!(counting(kit), 50)
    return next(kit)
  }
  return cameAt(kit, 50)
}

export const wakeCases: Case[] = [
  { id: 'wake.handles-distinct', needs: Need.Wake, run: distinct },
  { id: 'wake.fires', needs: Need.Wake, run: fires },
  { id: 'wake.once', needs: Need.Wake, run: once },
  { id: 'wake.zero', needs: Need.Wake, run: zero },
  { id: 'wake.not-from-within', needs: Need.Wake, run: notFromWithin },
  { id: 'wake.moves-later', needs: Need.Wake, run: later },
  { id: 'wake.moves-sooner', needs: Need.Wake, run: sooner },
  { id: 'wake.never', needs: Need.Wake, run: never },
  { id: 'wake.far', needs: Need.Wake, run: far },
  { id: 'wake.cancels', needs: Need.Wake, run: cancels },
  { id: 'wake.cancels-for-data', needs: Need.Wake, run: cancelsForData },
  { id: 'wake.cancels-one', needs: Need.Wake, run: cancelsOne },
  { id: 'wake.cancels-itself', needs: Need.Wake, run: cancelsItself },
  { id: 'wake.rearms', needs: Need.Wake, run: rearms },
  { id: 'wake.not-reentrant', needs: Need.Wake, run: notReentrant },
  { id: 'wake.for-data', needs: Need.Wake, run: data },
  { id: 'wake.for-open', needs: Need.Wake, run: opening },
  { id: 'wake.for-end', needs: Need.Wake, run: end },
  { id: 'wake.for-credit', needs: Need.Wake, run: credit },
  { id: 'wake.many', needs: Need.Wake, run: many },
  { id: 'wake.every-handle', needs: Need.Wake, run: everyHandle },
  { id: 'wake.handles-freed', needs: Need.Wake, run: freed }
]
