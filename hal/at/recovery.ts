/** What is done when a modem fails: it is called, a rung of the ladder is climbed, or it is left alone. */
import { cat, EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { clear } from './engine.js'
import type { Script } from './family.js'
import { budgetMs, climbed, parkedFor, Rung, Trouble, trouble } from './ladder.js'
import { saveLadder } from './ladder-record.js'
import { endAll } from './links.js'
import { rest, runScript } from './script.js'
import { Job, Stage, type Modem } from './state.js'

const enum Time {
  /** ms: the least rest. */
  Second = 1000
}

/** Calls the module until exactly one answer comes to one call, `tries` times at most. */
export function callModule(this: void, modem: Modem, tries: number): void {
  modem.job_ = Job.Sync
  modem.sent_ = 'AT' as Bytes
  modem.tries_ = tries
  modem.oks_ = 0
  modem.heard_ = 0
  modem.isSent_ = false
  modem.stamp_ = modem.timer_.ticks()
}

/** The module begins anew: it is called until it answers. */
export function boot(this: void, modem: Modem): void {
  clear(modem)
  modem.stage_ = Stage.Boot
  modem.tls_ = undefined
  modem.link_ = undefined
  modem.isDoubted_ = false
  modem.data_ = EMPTY
  modem.out_ = EMPTY
  modem.restMs_ = 0
  modem.isStuck_ = false
  modem.isLooking_ = false
  callModule(modem, modem.pulses_.bootMs / Time.Second + 1)
}

/** Stores the ladder's record where it is new. */
export function store(this: void, modem: Modem): void {
  if (FEATURE_STATS && modem.ladder_.isChanged_ && modem.options_.storage !== undefined) saveLadder(modem.ladder_, modem.options_.storage)
}

/** Begins the work of `rung`. */
export function doRung(this: void, modem: Modem, rung: number): void {
  const pulses = modem.pulses_
  const pins = modem.options_.pins
  modem.rung_ = rung
  modem.wanted_ = -1
  modem.check_ = Trouble.None
  if (rung === Rung.Reconnect) return
  // The reset may take the device with it.
  store(modem)
  if (modem.word_ === '') modem.word_ = 'bearer-lost'
  endAll(modem, LinkCode.TcpFailed)
  modem.job_ = Job.None
  let script = EMPTY
  if (rung <= Rung.SoftReset) script = modem.family_.script(rung as number as Script)
  else {
    // A key switches off what is on and on what is off: one that answers by now needs no second press.
    const key = cat('AT|2|*|/\n^powerKey ' as Bytes, ('' + pulses.keyOnMs) as Bytes, '\n' as Bytes)
    if (rung === Rung.ResetPin) {
      script = cat('^reset ' as Bytes, ('' + pulses.resetMs) as Bytes, '\n' as Bytes)
      if (pulses.resetNeedsKey) script = cat(script, '~' as Bytes, ('' + pulses.offSettleMs) as Bytes, '\n' as Bytes, key)
    } else {
      const isCut = pins !== undefined && pins.has('power')
      const settleMs = !isCut && pulses.bootMs > pulses.offSettleMs ? pulses.bootMs : pulses.offSettleMs
      script = cat(isCut ? '^power ' as Bytes : '^powerKey ' as Bytes, ('' + (isCut ? pulses.powerCutMs : pulses.keyOffMs)) as Bytes, '\n~' as Bytes, ('' + settleMs) as Bytes, '\n' as Bytes, key)
    }
  }
  runScript(modem, Stage.Rung, script)
}

/** Nothing to climb: the module is left alone for as long as the ladder says, and then tried again. */
function park(modem: Modem): void {
  const ms = parkedFor(modem.ladder_)
  endAll(modem, LinkCode.TcpFailed)
  modem.job_ = Job.None
  modem.stage_ = Stage.Rest
  modem.rung_ = -1
  if (ms > 0 && modem.ladder_.why_ === Trouble.Silent) modem.word_ = 'modem-dead'
  rest(modem, ms > Time.Second ? ms : Time.Second)
}

/** What went wrong, and what follows from it. */
export function meet(this: void, modem: Modem, what: Trouble): void {
  modem.isLooking_ = false
  modem.isChanged_ = true
  let rung = -1
  if (modem.rung_ > Rung.Reconnect && modem.stage_ !== Stage.Ready) rung = climbed(modem.ladder_, false)
  if (rung < 0) rung = trouble(modem.ladder_, what)
  if (rung > Rung.Reconnect) doRung(modem, rung)
  else if (modem.stage_ !== Stage.Ready) park(modem)
}

/** The module waits for bytes, and nothing may be said to it: a pin, now or when the ladder allows it. */
export function freeIt(this: void, modem: Modem): void {
  modem.stage_ = Stage.Boot
  modem.word_ = 'modem-stuck'
  endAll(modem, LinkCode.AtFailed)
  meet(modem, Trouble.Silent)
}

/** The phase's failure, by its word where that says more. */
export function troubleOf(this: void, modem: Modem): Trouble {
  const word = modem.said_
  if (word === 'sim-restricted' || word === 'registration-denied') return Trouble.AccountProblem
  return find(word as Bytes, 'sim-' as Bytes, 0) === 0 ? Trouble.SimProblem : modem.trouble_
}

/** Called often enough: it does not answer, or not to what it is asked. */
export function noAnswer(this: void, modem: Modem): boolean {
  modem.job_ = Job.None
  modem.word_ = 'modem-silent'
  if (modem.stage_ !== Stage.Boot) endAll(modem, LinkCode.AtFailed)
  modem.stage_ = Stage.Boot
  meet(modem, modem.heard_ > 0 ? Trouble.Desync : Trouble.Silent)
  return true
}

/** Climbs `rung` because the program wants it. The ms to leave the modem alone, or `Unsupported` where there is no such rung. */
export function climb(this: void, modem: Modem, rung: number): Code {
  if (rung < 0 || rung > Rung.PowerKey || modem.ladder_.used_[rung]! >= 100) return LinkCode.Unsupported
  // What runs is not interrupted: a module that waits for bytes would take the rung's command for them. A pin is no command.
  if (rung < Rung.ResetPin && (modem.job_ > Job.Sync || modem.isStuck_)) modem.wanted_ = rung
  else doRung(modem, rung)
  modem.wakeSoon_(modem)
  return budgetMs(rung)
}
