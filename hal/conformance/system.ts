/** The device itself: who it is, chance, the wall clock, and the guard around user code. */
import { ErrorCode } from '../../firmware/codes.js'
import { check, fail, next, staged, throwing } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

/** ms that a modem may take to know its IMEI. */
const ID_MS = 10000
const RANDOMS = 1000
const ID_MAX = 64

function isIdCharacter(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

function idForm(kit: Kit): Step {
  const id = kit.hal.system.id()
  if (id.length === 0) return staged(kit) < ID_MS ? Step.NotYet : fail(kit, 'the id is still "" after ' + ID_MS + ' ms')
  if (id.length > ID_MAX) return fail(kit, 'the id has ' + id.length + ' characters; ' + ID_MAX + ' at most are right')
  for (let i = 0; i < id.length; i = i + 1) {
    if (!isIdCharacter(id.charCodeAt(i))) return fail(kit, 'the id "' + id + '" has something else than letters and digits')
  }
  return Step.Done
}

function idStable(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.text = kit.hal.system.id()
    return kit.text.length > 0 ? next(kit) : Step.NotYet
  }
  const id = kit.hal.system.id()
  if (id !== kit.text) return fail(kit, 'the id was "' + kit.text + '" and became "' + id + '"')
  return staged(kit) > 100 ? Step.Done : Step.NotYet
}

function idRestart(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.text = kit.hal.system.id()
    if (kit.text.length === 0) return Step.NotYet
    kit.other = kit.setup.restarted!()
    return next(kit)
  }
  const id = kit.other.system.id()
  if (id.length === 0) return staged(kit) < ID_MS ? Step.NotYet : fail(kit, 'after a restart the id is still "" after ' + ID_MS + ' ms')
  return check(kit, id === kit.text, 'the id was "' + kit.text + '" and is "' + id + '" after a restart')
}

function randomRange(kit: Kit): Step {
  for (let i = 0; i < RANDOMS; i = i + 1) {
    const n = kit.hal.system.random()
    if (!(n >= 0 && n <= 32767 && n === n - n % 1)) return fail(kit, 'random gave ' + n + '; a whole number of 0 to 32767 is right')
  }
  return Step.Done
}

/** Fair numbers miss these bounds once in more than a billion runs. */
function randomSpread(kit: Kit): Step {
  let high = 0
  let odd = 0
  let changes = 0
  let last = -1
  for (let i = 0; i < RANDOMS; i = i + 1) {
    const n = kit.hal.system.random()
    if (n >= 16384) high = high + 1
    if (n % 2 === 1) odd = odd + 1
    if (n !== last) changes = changes + 1
    last = n
  }
  if (changes < RANDOMS - 20) return fail(kit, 'of ' + RANDOMS + ' random numbers ' + (RANDOMS - changes) + ' were the one before')
  if (high < 400 || high > 600) return fail(kit, 'of ' + RANDOMS + ' random numbers ' + high + ' were 16384 or more')
  return check(kit, odd >= 400 && odd <= 600, 'of ' + RANDOMS + ' random numbers ' + odd + ' were odd')
}

function randomDiffers(kit: Kit): Step {
  const other = kit.setup.restarted!()
  let same = 0
  for (let i = 0; i < 20; i = i + 1) {
    if (kit.hal.system.random() === other.system.random()) same = same + 1
  }
  return check(kit, same < 5, 'after a restart ' + same + ' of 20 random numbers are the same')
}

function wallClock(kit: Kit): Step {
  const now = kit.hal.system.wallClock()
  // 2023-11-14 to 2038-01-19: what is earlier is a clock that was never set, and then 0 is right.
  return check(kit, now === 0 || (now >= 1700000000 && now <= 2147483647 && now === now - now % 1), 'wallClock gave ' + now + '; 0, or whole seconds since 1970, is right')
}

function wallClockRuns(kit: Kit): Step {
  const now = kit.hal.system.wallClock()
  if (kit.stage === 0) {
    if (now === 0) return Step.NotApplicable
    kit.mark = now
    return next(kit)
  }
  if (staged(kit) < 2000) return Step.NotYet
  const ran = now - kit.mark
  return check(kit, ran >= 1 && ran <= 4, 'the wall clock went on by ' + ran + ' s in ' + staged(kit) + ' ms')
}

function guardNumbers(kit: Kit): Step {
  const guard = kit.hal.system.guard
  if (guard(() => 0, 0, 0, 0) !== 0) return fail(kit, 'guard did not return the 0 of its function')
  if (guard(() => 7, 0, 0, 0) !== 7) return fail(kit, 'guard did not return the 7 of its function')
  return check(kit, guard(() => -41, 0, 0, 0) === -41, 'guard did not return the -41 of its function')
}

function guardNone(kit: Kit): Step {
  const guard = kit.hal.system.guard
  if (guard(() => { kit.count = kit.count + 1 }, 0, 0, 0) !== 0) return fail(kit, 'guard did not return 0 for a function that returns nothing')
  if (guard(() => 'text', 0, 0, 0) !== 0) return fail(kit, 'guard did not return 0 for a function that returns a text')
  if (guard(() => true, 0, 0, 0) !== 0) return fail(kit, 'guard did not return 0 for a function that returns true')
  return check(kit, kit.count === 1, 'guard called its function ' + kit.count + ' times')
}

function guardThrows(kit: Kit): Step {
  const guard = kit.hal.system.guard
  for (let i = 0; i < 20; i = i + 1) {
    const code = guard(throwing, 0, 0, 0)
    if (code !== ErrorCode.CallbackThrew) return fail(kit, 'guard returned ' + code + ' for a function that throws; -38 (CallbackThrew) is right')
  }
  return check(kit, guard(() => 5, 0, 0, 0) === 5, 'guard no longer works after functions that threw')
}

function guardArguments(kit: Kit): Step {
  const guard = kit.hal.system.guard
  const code = guard((a, b, c) => a === 'first' && b === 2 && c === kit ? 3 : -1, 'first', 2, kit)
  if (code !== 3) return fail(kit, 'guard did not pass its three arguments on')
  return check(kit, guard((a, b, c) => a === undefined && b === false && c === undefined ? 4 : -1, undefined, false, undefined) === 4, 'guard did not pass on arguments that are undefined or false')
}

function guardNested(kit: Kit): Step {
  const guard = kit.hal.system.guard
  const code = guard(() => {
    const inner = guard(() => throwing(), 0, 0, 0)
    kit.count = kit.count + 1
    return inner === ErrorCode.CallbackThrew ? 9 : inner
  }, 0, 0, 0)
  if (code !== 9 || kit.count !== 1) return fail(kit, 'a guard in a guard, whose function throws, returned ' + code + '; 9 is right')
  const outer = guard(() => {
    kit.total = kit.total + guard(() => 1, 0, 0, 0)
    return throwing()
  }, 0, 0, 0)
  return check(kit, outer === ErrorCode.CallbackThrew && kit.total === 1, 'a guard around a guard did not catch what came after it: it returned ' + outer)
}

function feeds(kit: Kit): Step {
  const from = kit.hal.timer.ticks()
  for (let i = 0; i < 100; i = i + 1) kit.hal.system.feedWatchdog()
  const ms = kit.hal.timer.since(from)
  return check(kit, ms <= kit.toleranceMs, '100 calls of feedWatchdog took ' + ms + ' ms')
}

function resetReason(kit: Kit): Step {
  const reason = kit.hal.system.resetReason()
  const known = reason === 'power-on' || reason === 'watchdog' || reason === 'brown-out' || reason === 'software' || reason === 'deep-sleep' || reason === 'unknown'
  return check(kit, known, 'resetReason gave "' + reason + '"; power-on, watchdog, brown-out, software, deep-sleep or unknown is right')
}

export const systemCases: Case[] = [
  { id: 'system.id', needs: Need.Nothing, run: idForm },
  { id: 'system.id-stable', needs: Need.Nothing, run: idStable },
  { id: 'system.id-after-restart', needs: Need.Restart, run: idRestart },
  { id: 'system.random-range', needs: Need.Nothing, run: randomRange },
  { id: 'system.random-spread', needs: Need.Nothing, run: randomSpread },
  { id: 'system.random-after-restart', needs: Need.Restart, run: randomDiffers },
  { id: 'system.wall-clock', needs: Need.Nothing, run: wallClock },
  { id: 'system.wall-clock-runs', needs: Need.Nothing, run: wallClockRuns },
  { id: 'system.reset-reason', needs: Need.Nothing, run: resetReason },
  { id: 'system.watchdog', needs: Need.Nothing, run: feeds },
  { id: 'system.guard-numbers', needs: Need.Nothing, run: guardNumbers },
  { id: 'system.guard-nothing', needs: Need.Nothing, run: guardNone },
  { id: 'system.guard-throws', needs: Need.Nothing, run: guardThrows },
  { id: 'system.guard-arguments', needs: Need.Nothing, run: guardArguments },
  { id: 'system.guard-nested', needs: Need.Nothing, run: guardNested }
]
