/**
 * One command at a time: what is sent, which lines answer it, when its time is up. What its end means to whom is
 * `modem.done_`'s affair.
 */
import { at, cat, cut, EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { clear, type Engine } from './engine.js'
import { Event } from './family.js'
import { hasPin } from './ladder.js'
import { match } from './match.js'
import { parameter } from './parameter.js'
import { Job, type Link, type Modem } from './state.js'

const enum Char { Plus = 43, Minus = 45, Zero = 48, Nine = 57, Equals = 61, Prompt = 62, Query = 63, Percent = 37, Bang = 33, Tilde = 126, M = 77, Less = 60, Semicolon = 59, And = 38 }

/** ms that a final line, and a later one, may take where the step does not say. */
const enum Limit { Ms = 9000 }

/** Gives the serial line what it takes now. */
export function flush(this: void, modem: Modem): void {
  if (modem.out_.length > 0) {
    const taken = modem.serial_.write(modem.out_)
    if (taken > 0) modem.out_ = cut(modem.out_, taken, modem.out_.length)
  }
}

/** To the serial line. */
export function send(this: void, modem: Modem, bytes: Bytes): void {
  modem.out_ = modem.out_.length > 0 ? cat(modem.out_, bytes) : bytes
  flush(modem)
}

/** `text` with its parameters. */
function expand(modem: Modem, text: Bytes): Bytes {
  let out = EMPTY
  let i = 0
  while (true) {
    const mark = find(text, '%' as Bytes, i)
    if (mark < 0) return i > 0 ? cat(out, cut(text, i, text.length)) : text
    out = cat(out, cut(text, i, mark), parameter(modem, at(text, mark + 1)))
    i = mark + 2
  }
}

/** The number at `i` of `text`. */
export function numberAt(this: void, text: Bytes, i: number): number {
  let value = 0
  let k = i
  while (k < text.length) {
    const digit = at(text, k) - Char.Zero
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
    k = k + 1
  }
  return value
}

/** Where the item after the one at `i` begins in `step`; its length when there is none. Items begin with a bar. */
function itemEnd(step: Bytes, i: number): number {
  const next = find(step, '|' as Bytes, i + 1)
  return next < 0 ? step.length : next
}

/** The command that was to be sent again is not, or not any more. */
function notBusy(modem: Modem): void {
  if (modem.isBusy_) modem.restMs_ = 0
  modem.isBusy_ = false
}

/** Begins the command of `step` for `job`. */
export function start(this: void, modem: Modem, job: Job, step: Bytes, link?: Link): void {
  modem.job_ = job
  modem.step_ = step
  modem.link_ = link
  modem.code_ = 0
  modem.isFinal_ = false
  modem.isLater_ = false
  // A read without the line that counts its bytes has brought nothing, whatever its final line says.
  modem.isMissing_ = job === Job.Read
  modem.isTorn_ = false
  modem.isGiven_ = false
  modem.held_ = EMPTY
  notBusy(modem)
  modem.note_ = 0
  modem.limit_ = Limit.Ms
  modem.laterLimit_ = Limit.Ms
  modem.stamp_ = modem.timer_.ticks()
  const bar = itemEnd(step, -1)
  let i = bar
  while (i < step.length) {
    const kind = at(step, i + 1)
    if (kind >= Char.Zero && kind <= Char.Nine) modem.limit_ = numberAt(step, i + 1) * 1000
    else if (kind === Char.Tilde) modem.laterLimit_ = numberAt(step, i + 2) * 1000
    else if (kind === Char.Plus) modem.isLater_ = true
    else if (kind === Char.Query) modem.isMissing_ = true
    else if (kind === Char.Prompt) {
      modem.prompt_ = find(step, '|;' as Bytes, 0) < 0
      modem.data_ = parameter(modem, at(step, i + 2))
    }
    i = itemEnd(step, i)
  }
  modem.sent_ = expand(modem, cut(step, 0, bar))
  send(modem, cat(modem.sent_, '\r\n' as Bytes))
}

/** The command under way has ended. */
function finish(modem: Modem): void {
  const job = modem.job_
  modem.job_ = Job.None
  modem.prompt_ = false
  notBusy(modem)
  // Native MQTT's messages have other ends.
  const isTorn = modem.isTorn_ && (job === Job.Read || job === Job.Send)
  modem.done_(modem, job, (modem.isMissing_ || isTorn) && modem.code_ === 0 ? LinkCode.AtFailed : modem.code_, modem.link_)
}

/** Its final line has come. */
function final(modem: Modem, code: Code): void {
  modem.isFinal_ = true
  if (code < 0) {
    if (modem.code_ === 0) modem.code_ = code
    modem.isLater_ = false
  }
  // The module may take a minute for a link: others are served meanwhile.
  const link = modem.link_
  if (modem.job_ === Job.Open && link !== undefined && modem.isLater_) {
    modem.job_ = Job.None
    link.isPending_ = true
    link.stamp_ = modem.stamp_
    link.limit_ = modem.laterLimit_
  } else if (!modem.isLater_) finish(modem)
}

/** Its later line has come: with it the command ends, unless the final one is to come. */
function later(modem: Modem, code: Code): void {
  modem.isLater_ = false
  modem.code_ = code
  // What is matched until the command ends must not take the number away.
  if (code < 0 && modem.found_.e !== 0) modem.note_ = modem.found_.e
  if (modem.isFinal_) finish(modem)
}

/** What the module's numbers say of a link that failed. */
function codeOf(modem: Modem): Code {
  const codes = modem.family_.codes
  const e = modem.note_ > 0 ? modem.note_ : modem.found_.e
  for (let i = 0; i < codes.length; i = i + 2) {
    if (codes[i] === e) return codes[i + 1]!
  }
  return LinkCode.TcpFailed
}

/** The engine's prompt: what was promised goes now. */
export function takePrompt(this: void, engine: Engine): void {
  const modem = engine as Modem
  send(modem, modem.data_)
  modem.data_ = EMPTY
  modem.isGiven_ = true
}

/** A refused registration by its cause: the subscriber's, the network's for now, or, where 2G lets it in, arrears. */
function wordOf(modem: Modem, word: Bytes): string {
  const said = modem.said_
  if (word !== 'registration-denied') return word
  // LTE's refusal has a cause, that of 2G and 3G after it has none.
  if (said === 'sim-restricted' || said === 'congestion') return said
  const cause = modem.found_.e
  if (cause === 17 || cause === 22) return 'congestion'
  return said === 'only-2g' || cause === 2 || cause === 3 || cause >= 6 && cause <= 8 || cause >= 11 && cause <= 15 ? 'sim-restricted' : word
}

/** dBm of AT+CSQ's number, or as ESP-AT has it; 0 where it is unknown. */
export function dbmOf(this: void, e: number): number {
  return e < 0 ? e : e > 31 ? 0 : 2 * e - 113
}

/** Whether `line` answers the command under way; it may have ended it. */
function answers(modem: Modem, line: Bytes): boolean {
  const step = modem.step_
  const found = modem.found_
  let isOwn = false
  let isTaken = false
  let i = itemEnd(step, -1)
  while (i < step.length) {
    const kind = at(step, i + 1)
    const next = itemEnd(step, i)
    if (kind === Char.Equals || kind === Char.Less || kind === Char.And || kind === Char.Plus || kind === Char.Minus || kind === Char.Query || kind === Char.Semicolon) {
      const link = modem.link_
      if (kind === Char.Equals) isOwn = true
      if (link !== undefined) found.n = link.n_
      found.e = 0
      if (modem.job_ === Job.Send) found.l = modem.asked_
      // A later line comes once: ESP-AT ends some commands with a second OK.
      const isDue = modem.isLater_ || kind !== Char.Plus && kind !== Char.Minus
      if (isDue && match(cut(step, i + 2, next), line, found) >= 0 && (link === undefined || found.n === link.n_)) {
        // A digit of the length was lost on its way to the module: it took fewer, and the rest for commands.
        if (modem.job_ === Job.Send && found.l !== modem.asked_) modem.isTorn_ = true
        if (kind === Char.Query) {
          modem.isMissing_ = false
          isTaken = true
          // Lines that follow, the final one too, write over what was found.
          if (modem.job_ === Job.Signal) modem.dbm_ = dbmOf(found.e)
        } else {
          if (kind === Char.Equals) final(modem, 0)
          else if (kind === Char.Less) final(modem, codeOf(modem))
          else if (kind === Char.And) {
            modem.code_ = 1
            if (modem.isLater_) later(modem, 1)
            else final(modem, 0)
          } else if (kind === Char.Semicolon) takePrompt(modem)
          else later(modem, kind === Char.Plus ? 0 : codeOf(modem))
          return true
        }
      }
    } else if (kind === Char.Bang) {
      const colon = find(step, ':' as Bytes, i)
      if (match(cut(step, colon + 1, next), line, found) >= 0) {
        modem.said_ = wordOf(modem, cut(step, i + 2, colon))
        isTaken = true
      }
    }
    i = next
  }
  if (line === 'OK') {
    if (isOwn) return true
    final(modem, 0)
    return true
  }
  found.e = -1
  if (line === 'ERROR' || at(line, 2) === Char.M && (match('+CME ERROR:%_%e' as Bytes, line, found) > 0 || match('+CMS ERROR:%_%e' as Bytes, line, found) > 0)) {
    final(modem, codeOf(modem))
    return true
  }
  return isTaken
}

/** Whether `line` says how the opening of a link ended that nobody waits for at the moment. */
function opens(modem: Modem, line: Bytes): boolean {
  const found = modem.found_
  for (const link of modem.links_) {
    if (link.isPending_) {
      const step = link.table_.open
      let i = itemEnd(step, -1)
      while (i < step.length) {
        const kind = at(step, i + 1)
        const next = itemEnd(step, i)
        if (kind === Char.Plus || kind === Char.Minus) {
          found.n = link.n_
          found.e = 0
          if (match(cut(step, i + 2, next), line, found) >= 0 && found.n === link.n_) {
            link.isPending_ = false
            modem.done_(modem, Job.Open, kind === Char.Plus ? 0 : codeOf(modem), link)
            return true
          }
        }
        i = next
      }
    }
  }
  return false
}

/** A pattern of `rows` that `line` matches, as its Event; -1 when there is none. `found.x` is then how many bytes it takes. */
function eventOf(modem: Modem, rows: (string | number)[], line: Bytes): number {
  const first = at(line, 0)
  for (let i = 0; i < rows.length; i = i + 2) {
    const pattern = rows[i] as Bytes
    const c = at(pattern, 0)
    if (c === first || c === Char.Percent) {
      modem.used_ = match(pattern, line, modem.found_)
      if (modem.used_ >= 0) return rows[i + 1] as number
    }
  }
  return -1
}

/** The engine's lines. */
export function takeLine(this: void, engine: Engine, line: Bytes): number {
  const modem = engine as Modem
  modem.heard_ = modem.heard_ + 1
  if (line === modem.sent_) return 0
  if (modem.job_ === Job.Sync) {
    if (line === 'OK') {
      modem.oks_ = modem.oks_ + 1
      modem.stamp_ = modem.timer_.ticks()
    }
    if (line === 'OK' || line === 'ERROR') return 0
  } else if (modem.job_ !== Job.None && answers(modem, line)) return 0
  if (opens(modem, line)) return 0
  const plug = FEATURE_OFFLOAD ? modem.plug_ : undefined
  let event = plug === undefined ? -1 : eventOf(modem, plug.rows_, line)
  if (event < 0) event = eventOf(modem, modem.family_.rows, line)
  if (event < 0) event = eventOf(modem, modem.family_.common, line)
  if (event < 0) {
    modem.unknown_ = modem.unknown_ + 1
    return 0
  }
  return event === Event.Nothing ? 0 : modem.event_(modem, event)
}

/** The engine's beginnings of lines. */
export function takeHead(this: void, engine: Engine, head: Bytes): number {
  const modem = engine as Modem
  const plug = FEATURE_OFFLOAD ? modem.plug_ : undefined
  const event = eventOf(modem, plug === undefined ? modem.family_.heads : plug.heads_, head)
  if (event < 0) return -1
  const used = modem.used_
  modem.heard_ = modem.heard_ + 1
  modem.raw_ = modem.event_(modem, event)
  return used
}

/** ms until the time of the command under way is up; 0 or below when it is. */
export function timeLeft(this: void, modem: Modem): number {
  return (modem.isFinal_ ? modem.laterLimit_ : modem.limit_) - modem.timer_.since(modem.stamp_)
}

/** Its time is up: nobody waits for it any more, and whoever began it is told. */
export function giveUp(this: void, modem: Modem): void {
  const job = modem.job_
  // A prompt that was not seen may have been given: the module must not take the next command for what it waits for. Of a link's
  // bytes that is for a pin to end, where there is one.
  if (modem.data_.length > 0 && !(job === Job.Send && hasPin(modem.ladder_))) {
    const data = modem.data_
    modem.data_ = EMPTY
    // Only the promised bytes end it, for ESC is one of them. A text that could be a command must not become one.
    send(modem, find(data, 'AT' as Bytes, 0) < 0 && find(data, 'at' as Bytes, 0) < 0 ? data : parameter(modem, Char.Zero))
  }
  modem.data_ = EMPTY
  clear(modem)
  notBusy(modem)
  modem.job_ = Job.None
  modem.done_(modem, job, LinkCode.AtFailed, modem.link_)
}
