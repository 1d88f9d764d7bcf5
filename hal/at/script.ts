/** Scripts: a step after the other, phases that are tried for a time, pauses and pulses. What their end means is modem.ts's affair. */
import { at, cut, find, type Bytes } from '../../firmware/bytes.js'
import { numberAt, start } from './command.js'
import { holds } from './parameter.js'
import { Job, type Modem, type Stage } from './state.js'

const enum Char { Space = 32, Hash = 35, Pulse = 94, Condition = 123, Pause = 126 }

/** Begins `script`; its steps follow as the modem has time for them. */
export function runScript(this: void, modem: Modem, stage: Stage, script: Bytes): void {
  modem.stage_ = stage
  modem.script_ = script
  modem.at_ = 0
  modem.phaseAt_ = 0
  modem.phaseMs_ = 0
  modem.phaseStamp_ = modem.timer_.ticks()
}

/** Leaves the module alone for `ms`. */
export function rest(this: void, modem: Modem, ms: number): void {
  modem.restStamp_ = modem.timer_.ticks()
  modem.restMs_ = ms
}

/** The word that begins at `i` and ends at a space, or at the line's end. */
function wordEnd(line: Bytes, i: number): number {
  const space = find(line, ' ' as Bytes, i)
  return space < 0 ? line.length : space
}

/** Begins the next step. False: the script is over. */
export function nextStep(this: void, modem: Modem): boolean {
  const script = modem.script_
  while (modem.at_ < script.length) {
    const from = modem.at_
    const newline = find(script, '\n' as Bytes, modem.at_)
    const end = newline < 0 ? script.length : newline
    let line = cut(script, modem.at_, end)
    modem.at_ = end + 1
    if (line.length > 0 && at(line, 0) === Char.Condition) line = holds(modem, at(line, 1)) ? cut(line, 3, line.length) : cut(line, 0, 0)
    if (line.length === 0) continue
    const kind = at(line, 0)
    const space = wordEnd(line, 1)
    if (kind === Char.Hash) {
      // #trouble seconds word
      const second = wordEnd(line, space + 1)
      modem.trouble_ = numberAt(line, 1)
      modem.phaseMs_ = numberAt(line, space + 1) * 1000
      modem.said_ = cut(line, second + 1, line.length)
      // A phase that is tried again began when it was tried first.
      if (modem.phaseAt_ !== from) modem.phaseStamp_ = modem.timer_.ticks()
      modem.phaseAt_ = from
      if (modem.word_ === 'modem-silent' || modem.word_ === 'modem-dead') modem.word_ = modem.said_
    } else if (kind === Char.Pause) {
      rest(modem, numberAt(line, 1))
      return true
    } else if (kind === Char.Pulse) {
      // ^pin ms: the pin is held for that long, and so are we.
      const ms = numberAt(line, space + 1)
      const pins = modem.options_.pins
      if (pins !== undefined) pins.pulse(cut(line, 1, space), ms)
      rest(modem, ms)
      return true
    } else {
      start(modem, Job.Script, line, modem.link_)
      return true
    }
  }
  return false
}

/** The rest of the phase is not needed. */
export function passPhase(this: void, modem: Modem): void {
  const next = find(modem.script_, '\n#' as Bytes, modem.at_ - 1)
  modem.at_ = next < 0 ? modem.script_.length : next + 1
}
