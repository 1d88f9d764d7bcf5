/**
 * The recovery ladder: which rung to climb when a modem fails, how long that may take, and when to leave it alone. Decisions only: the
 * port does the work of a rung and says how it ended. Seven rungs, mildest first; a trouble enters where its cure is.
 *
 * Every climb is counted when it begins. A rung that was followed by a minute of link did help and is not counted, unless it was a reset: a
 * modem that needs one every few minutes shall run out of them. What is used up is passed over, and nothing left means a rest of
 * 1, 2, 4 ... 60 minutes, after which the strongest rung has one more try. Only ten minutes of link make all rungs new.
 *
 * So, whatever happens, no 60 s see more than 14 climbs and no 60 minutes more than 26 resets; a modem that stays dead gets 8 at most
 * in any hour, and in the end one an hour.
 */
import { at, type Bytes } from '../../firmware/bytes.js'
import type { TimerHal } from '../hal.js'

/** Rungs, mildest first. From `SoftReset` on they are resets: the modem begins anew. */
export const enum Rung {
  /** Close the link and open it again. */
  Reconnect = 0,
  /** Shut the socket layer and set it up again. */
  SocketLayer = 1,
  /** Deactivate the PDP context, or detach, and the reverse. */
  PdpContext = 2,
  /** Switch the radio off for 5 s, then wait for the registration. */
  Radio = 3,
  /** Restart by a command. Done when the modem answers, as all resets. */
  SoftReset = 4,
  ResetPin = 5,
  /** Cut the supply where there is a switch for it, then press the power key where there is one. */
  PowerKey = 6
}

/**
 * Why the ladder is climbed. Stored, so numbers stay. What a server does (it refuses, it closes soon after each connect) is no
 * trouble but `LinkClosed`, which never leads beyond rung 1: who was heard by a server needs no other modem.
 */
export const enum Trouble {
  None = -1,
  /** An open link closed. */
  LinkClosed = 0,
  /** A link could not be opened, and nobody refused it. */
  LinkFailed = 1,
  /** No DNS server found the name, ours neither. */
  DnsFailed = 2,
  /** The network took the context away: +PDP DEACT, +CGEV, CME 901. */
  PdpLost = 3,
  /** No address: CIICR failed, CIFSR has none. */
  NoContext = 4,
  /** CGATT is 0 for 120 s. */
  NotAttached = 5,
  /** CEREG is 0 or 2 for 120 s. */
  NotRegistered = 6,
  /** The modem restarted by itself. Resets do not cure a weak supply. */
  Rebooted = 7,
  /** SIM missing, locked, broken, or busy for more than 10 s. */
  SimProblem = 8,
  /** The network refuses this subscriber: reject cause 2, 3, 6, 7, 8, 11 to 15, arrears. Congestion (17, 22) is `NotRegistered`. */
  AccountProblem = 9,
  /** Resynchronisation failed: it answers, and not to what was asked. */
  Desync = 10,
  /** No answer to AT, three times. */
  Silent = 11
}

/**
 * The rungs' table, six characters each: s that the work may take, `*`, how many climbs before the next rung. And the
 * troubles' two, a character each: where they enter, and the strongest rung that can help.
 */
export const enum Rules {
  Rungs = '075*3 159*2 216*2 165*2 090*1 090*1 090*1', Width = 6,
  Entry = '001122313345',
  Top = '144666633366'
}

/** ms of link after which a rung has helped, and after which all are new. */
const enum Link { Proof = 60000, Settled = 600000 }

/** ms of the first rest and of the longest. */
const enum Rest { Least = 60000, Most = 3600000 }

/** The most ms that resets are put off for a write. */
const enum Hold { Most = 600000 }

/** What the link has reached: nothing, its first minute, its first ten, more. */
const enum Up { Down, Fresh, Proved, Settled }

/** In `used_`: there is no such rung. */
const enum Used { Absent = 100 }

export interface Ladder {
  timer_: TimerHal
  /** By rung: climbs that count, or `Used.Absent`. */
  used_: number[]
  /** The trouble in hand. */
  why_: Trouble
  /** SIM or account are at fault, until a minute of link: no resets but of a modem that does not answer. */
  isBarred_: boolean
  /** The rung that is climbed, or -1, and since when. */
  rung_: number
  climbAt_: number
  /** The rung that has still to prove itself, or -1. */
  unproved_: number
  up_: Up
  upAt_: number
  /** The rest: since when, its ms or 0 for none, the strongest rung that it forbids, why, and ms of the next one. The port may end it (0) when the modem says by itself that it is back. */
  restAt_: number
  restMs_: number
  restTop_: number
  restWhy_: Trouble
  nextRestMs_: number
  /** A rest has passed: where nothing is left, the strongest rung may be tried once more. */
  isDue_: boolean
  /** Writes that no reset may disturb, and since when there is one. */
  holds_: number
  holdAt_: number
  /** The record, over restarts of the device: the last climb (-1: none), why, whether it ended well; climbs by rung, 0 to 65535. */
  last_: number
  lastWhy_: Trouble
  isLastOk_: boolean
  climbs_: number[]
  /** The record is to be stored: after a reset began, and after it succeeded. */
  isChanged_: boolean
}

/** A ladder without the rungs of `absent`: pins that are not wired, what the family has not. `Reconnect` is always there. */
export function createLadder(this: void, timer: TimerHal, absent: number[]): Ladder {
  const used = [0, 0, 0, 0, 0, 0, 0]
  for (const rung of absent) used[rung] = Used.Absent
  return {
    timer_: timer, used_: used, why_: Trouble.None, isBarred_: false, rung_: -1, climbAt_: 0, unproved_: -1, up_: Up.Down, upAt_: 0,
    restAt_: 0, restMs_: 0, restTop_: 0, restWhy_: Trouble.None, nextRestMs_: Rest.Least, isDue_: false, holds_: 0, holdAt_: 0,
    last_: -1, lastWhy_: Trouble.None, isLastOk_: false, climbs_: [0, 0, 0, 0, 0, 0, 0], isChanged_: false
  }
}

/** True where the module can be made to begin anew without a command. */
export function hasPin(this: void, ladder: Ladder): boolean {
  return ladder.used_[Rung.ResetPin]! < Used.Absent || ladder.used_[Rung.PowerKey]! < Used.Absent
}

/** The digit at `i`. */
function digit(text: string, i: number): number {
  return at(text as Bytes, i) - 48
}

/** ms that the work of `rung` may take. */
export function budgetMs(this: void, rung: number): number {
  const i = rung * Rules.Width
  return digit(Rules.Rungs, i) * 100000 + digit(Rules.Rungs, i + 1) * 10000 + digit(Rules.Rungs, i + 2) * 1000
}

/** How many climbs of `rung` count before the next one is tried. */
export function climbLimit(this: void, rung: number): number {
  return digit(Rules.Rungs, rung * Rules.Width + 4)
}

/** The strongest rung that there is and that can help with the trouble in hand. */
function strongest(ladder: Ladder): number {
  let rung = digit(Rules.Top, ladder.why_)
  if (ladder.isBarred_ && ladder.why_ < Trouble.Desync && rung > Rung.Radio) rung = Rung.Radio
  while (rung > 0 && ladder.used_[rung]! >= Used.Absent) rung = rung - 1
  return rung
}

/** Begins the mildest rung from `from` on that is there and not used up; a rest where there is none. The rung, or -1. */
function climb(ladder: Ladder, from: number): number {
  const top = strongest(ladder)
  let rung = from < top ? from : top
  ladder.rung_ = -1
  while (rung <= top && ladder.used_[rung]! >= climbLimit(rung)) rung = rung + 1
  if (rung > top) {
    if (!ladder.isDue_) {
      ladder.restAt_ = ladder.timer_.ticks()
      ladder.restMs_ = ladder.nextRestMs_
      ladder.restTop_ = top
      ladder.restWhy_ = ladder.why_
      ladder.nextRestMs_ = ladder.restMs_ * 2 < Rest.Most ? ladder.restMs_ * 2 : Rest.Most
      return -1
    }
    rung = top
  }
  if (rung >= Rung.SoftReset) {
    // The next trouble asks again.
    if (ladder.holds_ > 0) return -1
    ladder.isChanged_ = true
  }
  if (rung >= ladder.restTop_) ladder.isDue_ = false
  if (ladder.used_[rung]! < climbLimit(rung)) ladder.used_[rung] = ladder.used_[rung]! + 1
  else ladder.isDue_ = false
  if (ladder.climbs_[rung]! < 65535) ladder.climbs_[rung] = ladder.climbs_[rung]! + 1
  ladder.rung_ = rung
  ladder.unproved_ = rung
  ladder.climbAt_ = ladder.timer_.ticks()
  ladder.last_ = rung
  ladder.lastWhy_ = ladder.why_
  ladder.isLastOk_ = false
  return rung
}

/**
 * Something went wrong. The rung to climb now, 0 to 6; or -1: the rung that is climbed covers it, a write holds resets off, or there is nothing
 * to climb for now. A trouble that enters above the rung that is climbed takes its place; so does any, once that rung's time is over.
 */
export function trouble(this: void, ladder: Ladder, what: Trouble): number {
  const entry = digit(Rules.Entry, what)
  const isAccount = what === Trouble.SimProblem || what === Trouble.AccountProblem
  ladder.up_ = Up.Down
  if (isAccount) ladder.isBarred_ = true
  if (ladder.rung_ >= entry && ladder.timer_.since(ladder.climbAt_) < budgetMs(ladder.rung_)) {
    // Most likely what the rung itself does: without radio there is no link.
    if (isAccount) ladder.why_ = what
    return -1
  }
  ladder.why_ = what
  if (ladder.restMs_ > 0) {
    if (ladder.timer_.since(ladder.restAt_) >= ladder.restMs_) ladder.isDue_ = true
    // A rest for want of milder rungs keeps nobody from a stronger one.
    else if (strongest(ladder) <= ladder.restTop_) return -1
    ladder.restMs_ = 0
  }
  return climb(ladder, entry)
}

/** The work of the rung has ended, well or not. The rung to climb at once, or -1. A server that refused a link is as good as one that took it. */
export function climbed(this: void, ladder: Ladder, isOk: boolean): number {
  const rung = ladder.rung_
  if (rung < 0) return -1
  ladder.rung_ = -1
  if (isOk) {
    ladder.isLastOk_ = true
    if (rung >= Rung.SoftReset) ladder.isChanged_ = true
    return -1
  }
  // Whatever it was before: what does not come back from a reset is silent.
  if (rung >= Rung.SoftReset && ladder.why_ !== Trouble.SimProblem && ladder.why_ !== Trouble.AccountProblem) ladder.why_ = Trouble.Silent
  return climb(ladder, rung)
}

/** Called in each slice: whether a link is open. */
export function stable(this: void, ladder: Ladder, isUp: boolean): void {
  const timer = ladder.timer_
  if (ladder.holds_ > 0 && timer.since(ladder.holdAt_) >= Hold.Most) ladder.holds_ = 0
  if (!isUp) ladder.up_ = Up.Down
  else if (ladder.up_ === Up.Down) {
    ladder.up_ = Up.Fresh
    ladder.upAt_ = timer.ticks()
  } else if (ladder.up_ === Up.Fresh && timer.since(ladder.upAt_) >= Link.Proof) {
    const rung = ladder.unproved_
    ladder.up_ = Up.Proved
    ladder.rung_ = -1
    ladder.unproved_ = -1
    ladder.isBarred_ = false
    if (rung >= 0 && rung < Rung.SoftReset) ladder.used_[rung] = ladder.used_[rung]! - 1
  } else if (ladder.up_ === Up.Proved && timer.since(ladder.upAt_) >= Link.Settled) {
    ladder.up_ = Up.Settled
    ladder.restMs_ = 0
    ladder.nextRestMs_ = Rest.Least
    ladder.isDue_ = false
    for (let rung = 0; rung <= Rung.PowerKey; rung = rung + 1) {
      if (ladder.used_[rung]! < Used.Absent) ladder.used_[rung] = 0
    }
  }
}

/**
 * ms to leave the modem alone, 0 when it is not parked. While links alone fail it is never parked: then the ladder rests, and the core goes on
 * trying at its own pace. With `why_` Silent it counts as dead.
 */
export function parkedFor(this: void, ladder: Ladder): number {
  if (ladder.restMs_ === 0 || ladder.restWhy_ <= Trouble.DnsFailed) return 0
  const left = ladder.restMs_ - ladder.timer_.since(ladder.restAt_)
  return left > 0 ? left : 0
}

/** A write to the modem or of its firmware begins, or ends: no reset meanwhile, for ten minutes at most. */
export function hold(this: void, ladder: Ladder, isHeld: boolean): void {
  if (isHeld && ladder.holds_ === 0) ladder.holdAt_ = ladder.timer_.ticks()
  if (isHeld) ladder.holds_ = ladder.holds_ + 1
  else if (ladder.holds_ > 0) ladder.holds_ = ladder.holds_ - 1
}

/**
 * How long the pins are held, in ms: what the rungs ResetPin and PowerKey do. board.json may say otherwise for its own wiring. None of
 * this was seen on hardware.
 */
export interface Pulses {
  /** The power key to switch on and off; 0: there is no such key. Where it is strapped, only a cut of the supply helps. */
  keyOnMs: number
  keyOffMs: number
  resetMs: number
  /** RESET only switches off: the power key must follow. */
  resetNeedsKey: boolean
  /** The supply, where it has a switch. */
  powerCutMs: number
  /** From the power key or the reset until AT is worth sending. The rung's budget goes on from there. */
  bootMs: number
  /** From the end of a key that switches off until the modem is off: so long it writes and signs off. */
  offSettleMs: number
}

// Where nothing is said of a number, it is a driver's or a data sheet's. powerCutMs is unverified throughout, offSettleMs but for SIM7600 and EC2x.
/** RESET_IN_N 150 ms or more; key 1.2 to 2 s, a driver holds it for 4 s. */
export const AIR724: Pulses = { keyOnMs: 2000, keyOffMs: 2000, resetMs: 200, resetNeedsKey: false, powerCutMs: 2000, bootMs: 20000, offSettleMs: 5000 }
/** RESET_N 500 ms or more, and it is off then; key more than 1 s. bootMs and keyOffMs are those of the Air724, unverified. */
export const AIR780: Pulses = { keyOnMs: 2000, keyOffMs: 2000, resetMs: 600, resetNeedsKey: true, powerCutMs: 2000, bootMs: 20000, offSettleMs: 5000 }
/** Off between 1.5 and 33 s, and beyond that on again. keyOnMs, resetMs and bootMs are unverified. */
export const SIM800: Pulses = { keyOnMs: 1500, keyOffMs: 2000, resetMs: 200, resetNeedsKey: false, powerCutMs: 2000, bootMs: 6000, offSettleMs: 3000 }
/** Key 100 to 500 ms, UART after 6 s, reset 100 to 450 ms, off 2.5 s or more and STATUS up to 25 s later: of sheets of its class. */
export const SIM7600: Pulses = { keyOnMs: 500, keyOffMs: 3000, resetMs: 300, resetNeedsKey: false, powerCutMs: 2000, bootMs: 6000, offSettleMs: 25000 }
/** Key 50 ms or more, off 2.5 s: unverified, as all of it. Its reset may need 2 s and more. */
export const A7670: Pulses = { keyOnMs: 500, keyOffMs: 3000, resetMs: 2500, resetNeedsKey: false, powerCutMs: 2000, bootMs: 6000, offSettleMs: 5000 }
/** Key 500 ms on, 650 ms to 1 s off, reset 150 to 460 ms. bootMs is unverified. */
export const EC2X: Pulses = { keyOnMs: 600, keyOffMs: 1000, resetMs: 300, resetNeedsKey: false, powerCutMs: 2000, bootMs: 10000, offSettleMs: 5000 }
/** As EC2x, all of it unverified: resets of this family differ, and some may want 2 s and more. */
export const BG9X: Pulses = { keyOnMs: 600, keyOffMs: 1000, resetMs: 300, resetNeedsKey: false, powerCutMs: 2000, bootMs: 10000, offSettleMs: 5000 }
/** EN is the reset, and there is no key. All of it unverified. */
export const ESP: Pulses = { keyOnMs: 0, keyOffMs: 0, resetMs: 100, resetNeedsKey: false, powerCutMs: 2000, bootMs: 1000, offSettleMs: 0 }

/** By the family's name in board.json, for tools: a bundle that names its own family above has no other. */
export const PULSES = { air724: AIR724, air780: AIR780, sim800: SIM800, sim7600: SIM7600, a7670: A7670, ec2x: EC2X, bg9x: BG9X, esp: ESP }
