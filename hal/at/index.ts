/**
 * The port for boards with an AT modem on a serial line: `atModem(base, serial, air780, { apn: 'cmiot' })` is a whole Hal, in which
 * the base gives time, texts and the rest, and the modem the sockets. docs/modems.md.
 */
import { EMPTY } from '../../firmware/bytes.js'
import { HalVersion, type Hal, type PinsHal, type SerialHal, type TimerHal } from '../hal.js'
import { takeHead, takeLine, takePrompt } from './command.js'
import type { Family, Script } from './family.js'
import { createLadder, Rung, Trouble } from './ladder.js'
import { loadLadder } from './ladder-record.js'
import { openLink } from './links.js'
import { createFound } from './match.js'
import { commandDone, due, pump, takeCounted, takeEvent, takeRaw, work } from './modem.js'
import { canWrite } from './parameter.js'
import { climb } from './recovery.js'
import { rest } from './script.js'
import { Job, Stage, type AtOptions, type Modem } from './state.js'

export type { AtOptions } from './state.js'

/** ms: for ever. */
const NEVER = 1073741824

/** A client's handle: it is called when links have something, not when bytes come. */
interface Sleeper {
  /** 0: free. */
  handle_: number
  fn_: (this: void) => void
}

function wakeSoon(modem: Modem): void {
  modem.isEager_ = true
  const timer = modem.timer_
  if (timer.wakeAfter !== undefined) timer.wakeAfter(modem.handle_, 0)
}

/** Has the modem do what is due, and calls the clients when something that they wait for has happened. */
function turn(modem: Modem, sleepers: Sleeper[]): void {
  const timer = modem.timer_
  modem.isEager_ = false
  pump(modem)
  if (timer.wakeAfter !== undefined) {
    if (modem.isChanged_) {
      modem.isChanged_ = false
      for (let i = 0; i < sleepers.length; i = i + 1) {
        const one = sleepers[i]!
        if (one.handle_ > 0) one.fn_()
      }
    }
    timer.wakeAfter(modem.handle_, modem.isEager_ ? 0 : due(modem))
  }
}

/** The timer of `base`, which knows of the modem. */
function timerOf(modem: Modem, sleepers: Sleeper[]): TimerHal {
  const base = modem.timer_
  const wait = FEATURE_WAIT ? base.wait : undefined
  const onWake = base.onWake
  const wakeAfter = base.wakeAfter
  const timer: TimerHal = { ticks: base.ticks, since: base.since }
  if (FEATURE_WAIT && wait !== undefined) {
    timer.wait = (ms) => {
      const t0 = base.ticks()
      while (true) {
        pump(modem)
        const left = ms - base.since(t0)
        if (modem.isChanged_ || left <= 0) {
          modem.isChanged_ = false
          return 0
        }
        const most = due(modem)
        const code = wait(left < most ? left : most)
        if (code < 0) return code
      }
    }
  }
  if (onWake !== undefined && wakeAfter !== undefined) {
    timer.onWake = (fn) => {
      const handle = onWake(fn)
      for (const one of sleepers) {
        if (one.handle_ === 0) {
          one.handle_ = handle
          one.fn_ = fn
          return handle
        }
      }
      sleepers.push({ handle_: handle, fn_: fn })
      return handle
    }
    timer.wakeAfter = (handle, ms) => {
      for (let i = 0; ms < 0 && i < sleepers.length; i = i + 1) {
        const one = sleepers[i]!
        if (one.handle_ === handle) one.handle_ = 0
      }
      wakeAfter(handle, ms)
    }
  }
  return timer
}

/** The rungs that neither the family nor the wiring has. */
function absentRungs(family: Family, pins: PinsHal | undefined): number[] {
  const absent: number[] = []
  for (let rung = 1; rung < Rung.ResetPin; rung = rung + 1) {
    if (family.script(rung as number as Script).length === 0) absent.push(rung)
  }
  if (pins === undefined || !pins.has('reset')) absent.push(Rung.ResetPin)
  if (pins === undefined || !pins.has('powerKey') && !pins.has('power')) absent.push(Rung.PowerKey)
  return absent
}

/** The modem of `family` on `serial`: its record, for diagnosis, and for native MQTT to join. */
export function createModem(this: void, base: Hal, serial: SerialHal, family: Family, options?: AtOptions): Modem {
  const own = options === undefined ? {} : options
  const timer = base.timer
  const modem: Modem = {
    part_: EMPTY, raw_: 0, ends_: 1, tail_: 0, isTorn_: false, prompt_: false, dropping_: false, overflows_: 0,
    onLine_: takeLine, onHead_: takeHead, onRaw_: takeRaw, onPrompt_: takePrompt,
    serial_: serial, timer_: timer, family_: family, options_: own, pulses_: own.pulses === undefined ? family.pulses : own.pulses,
    found_: createFound(), ladder_: createLadder(timer, absentRungs(family, own.pins)), plug_: undefined,
    out_: EMPTY, job_: Job.None, step_: EMPTY, sent_: EMPTY, data_: EMPTY, isGiven_: false, isStuck_: false, held_: EMPTY, link_: undefined, isFinal_: false, isLater_: false, isMissing_: false, isLate_: false, isDoubted_: false,
    isBusy_: false, code_: 0, stamp_: 0, limit_: 0, laterLimit_: 0, asked_: 0, used_: 0, isPlugRaw_: false,
    stage_: Stage.Rest, script_: EMPTY, at_: 0, phaseAt_: 0, phaseStamp_: 0, phaseMs_: 0, trouble_: Trouble.None, word_: 'modem-silent', said_: '',
    restStamp_: 0, restMs_: 0, tries_: 0, oks_: 0, isSent_: false, heard_: 0, check_: Trouble.None, rung_: -1, wanted_: -1, isLook_: false, isLooking_: false,
    links_: [], turn_: 0, isReading_: false, note_: 0, tls_: undefined, dbm_: 0, signalStamp_: timer.ticks(), identity_: '', reboots_: 0, unknown_: 0,
    isChanged_: false, isEager_: false, handle_: 0, done_: commandDone, event_: takeEvent, work_: work, wakeSoon_: wakeSoon
  }
  if (FEATURE_STATS && own.storage !== undefined) loadLadder(modem.ladder_, own.storage)
  return modem
}

/** `base` with the sockets, the bearer and the recovery of `modem`. */
export function modemHal(this: void, base: Hal, modem: Modem): Hal {
  const sleepers: Sleeper[] = []
  const timer = base.timer
  const onTime = (): void => turn(modem, sleepers)
  const onBytes = (): void => {
    if (!takeCounted(modem)) turn(modem, sleepers)
  }
  const hal: Hal = {
    version: HalVersion.Current,
    socket: { open: (endpoint) => FEATURE_OFFLOAD && modem.plug_ !== undefined ? modem.plug_.open_(modem, endpoint) : openLink(modem, endpoint) },
    timer: timerOf(modem, sleepers),
    system: base.system,
    text: base.text,
    network: {
      // A bearer that is only looked at, for the sake of a link that ended, stands until something says that it does not.
      ready: () => modem.isLooking_ || modem.word_ === '' && (modem.stage_ === Stage.Ready || modem.stage_ === Stage.Prepare || modem.stage_ === Stage.BringUp) ? 1 : 0,
      reason: () => modem.word_,
      restart: () => { climb(modem, Rung.SocketLayer) }
    },
    modem: {
      signal: () => modem.dbm_,
      identity: () => modem.identity_.length > 0 ? modem.identity_ : modem.family_.name,
      rungs: () => Rung.PowerKey + 1,
      climb: (rung) => climb(modem, rung)
    }
  }
  if (base.storage !== undefined) hal.storage = base.storage
  if (base.crypto !== undefined) hal.crypto = base.crypto
  if (timer.onWake !== undefined) modem.handle_ = timer.onWake(onTime)
  if (!canWrite(modem)) {
    // Nothing is sent at all.
    modem.word_ = 'bad-option'
    rest(modem, NEVER)
  } else if (modem.serial_.open(modem.options_.baud === undefined ? 115200 : modem.options_.baud, timer.onWake === undefined ? () => {} : onBytes) < 0) modem.word_ = 'serial-failed'
  wakeSoon(modem)
  return hal
}

/** The port: `base` with its sockets, its bearer and its recovery from the modem of `family` on `serial`. */
export function atModem(this: void, base: Hal, serial: SerialHal, family: Family, options?: AtOptions): Hal {
  return modemHal(base, createModem(base, serial, family, options))
}
