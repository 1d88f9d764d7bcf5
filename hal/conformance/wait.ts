/** `timer.wait`: it sleeps for what it is asked, and for nothing longer than the next event. */
import { SocketStatus } from '../hal.js'
import { beBusy, check, dial, fail, fed, filled, follow, holdFirst, holdMs, next, open, staged, take, waitFor } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

const LONG_MS = 6000

/** Waits once, and keeps in `kit.mark` how long it took. */
function waited(kit: Kit, ms: number): void {
  const from = kit.hal.timer.ticks()
  kit.code = kit.hal.timer.wait!(ms)
  kit.mark = kit.hal.timer.since(from)
  if (kit.code !== 0) fail(kit, 'wait(' + ms + ') returned ' + kit.code + '; 0 is right')
}

function zero(kit: Kit): Step {
  for (let i = 0; i < 20; i = i + 1) {
    waited(kit, 0)
    if (kit.mark > kit.toleranceMs) return fail(kit, 'wait(0) took ' + kit.mark + ' ms')
  }
  return kit.seen.length > 0 ? Step.Failed : Step.Done
}

/** May end early, but not as a rule: a loop around it must let the processor sleep. */
function sleeps(kit: Kit): Step {
  let total = 0
  for (let i = 0; i < 10; i = i + 1) {
    waited(kit, 40)
    if (kit.mark > 40 + kit.toleranceMs) return fail(kit, 'wait(40) took ' + kit.mark + ' ms')
    total = total + kit.mark
  }
  return check(kit, total >= 200, 'ten times wait(40) with nothing going on took ' + total + ' ms in all')
}

function lasts(kit: Kit): Step {
  waited(kit, 500)
  return check(kit, kit.mark <= 500 + kit.toleranceMs, 'wait(500) took ' + kit.mark + ' ms')
}

/** Waits up to LONG_MS for something that comes after about `eventMs`; several early ends are allowed. */
function inTime(kit: Kit, eventMs: number, what: string): Step {
  waited(kit, LONG_MS)
  const ms = staged(kit)
  if (ms <= eventMs + kit.toleranceMs) return Step.NotYet
  return fail(kit, 'wait(' + LONG_MS + ') slept over ' + what + ': it ended ' + ms + ' ms after the stage began')
}

/** The step asks to be called again at once: it waited itself. */
function again(kit: Kit, step: Step): Step {
  kit.doing = 'the event that it sleeps for'
  return step
}

function data(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 300;say x;drain')
  if (take(kit, 10) > 0) return staged(kit) <= 300 + 2 * kit.toleranceMs ? Step.Done : fail(kit, 'the byte was noticed after ' + staged(kit) + ' ms')
  return again(kit, inTime(kit, 300 + kit.toleranceMs, 'data'))
}

function opening(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.peer)
    return next(kit)
  }
  const status = kit.socket.status()
  if (status === SocketStatus.Open) return Step.Done
  if (status < 0) return fail(kit, 'the connection ended with ' + status)
  return again(kit, inTime(kit, 2000, 'the opening of a connection'))
}

function end(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 300;fin;drain')
  if (kit.socket.status() < 0) return Step.Done
  return again(kit, inTime(kit, 300 + kit.toleranceMs, 'the end of a connection'))
}

function refusal(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.refused!)
    return next(kit)
  }
  if (kit.socket.status() < 0) return Step.Done
  return again(kit, inTime(kit, 2000, 'a refused connect'))
}

function credit(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, holdFirst(kit))
  if (kit.stage === 1) {
    return filled(kit, 200) ? next(kit) : waitFor(kit, 'the connection to be full')
  }
  if (kit.socket.credit() > 0) return Step.Done
  return again(kit, inTime(kit, holdMs(kit) + 1000, 'credit that came back'))
}

/** What came while the program was busy must not be slept over. */
function latched(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 100;say x;drain')
  beBusy(kit, 400)
  waited(kit, LONG_MS)
  return check(kit, kit.mark <= kit.toleranceMs, 'wait(' + LONG_MS + ') slept ' + kit.mark + ' ms although data had come before it')
}

function afterClose(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  kit.socket.close()
  waited(kit, 100)
  return check(kit, kit.mark <= 100 + kit.toleranceMs, 'wait(100) after close() took ' + kit.mark + ' ms')
}

/** A transfer driven by waits alone. */
function drives(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'echo')
  fed(kit, 20000)
  while (kit.seen.length === 0 && follow(kit, 1000) > 0) kit.doing = ''
  if (kit.seen.length > 0) return Step.Failed
  if (kit.count >= 20000) return Step.Done
  waited(kit, LONG_MS)
  if (kit.mark > 3000) return fail(kit, 'wait(' + LONG_MS + ') slept ' + kit.mark + ' ms in the middle of an echo, after ' + kit.count + ' bytes')
  return Step.NotYet
}

export const waitCases: Case[] = [
  { id: 'wait.zero', needs: Need.Wait, run: zero },
  { id: 'wait.sleeps', needs: Need.Wait, run: sleeps },
  { id: 'wait.not-late', needs: Need.Wait, run: lasts },
  { id: 'wait.ends-on-data', needs: Need.Wait, run: data },
  { id: 'wait.ends-on-open', needs: Need.Wait, run: opening },
  { id: 'wait.ends-on-refusal', needs: Need.WaitRefused, run: refusal },
  { id: 'wait.ends-on-end', needs: Need.Wait, run: end },
  { id: 'wait.ends-on-credit', needs: Need.Wait, run: credit },
  { id: 'wait.remembers', needs: Need.Wait, run: latched },
  { id: 'wait.after-close', needs: Need.Wait, run: afterClose },
  { id: 'wait.drives-a-transfer', needs: Need.Wait, run: drives }
]
