/**
 * The stream of a modem, cut into what it says: whole lines, counted raw bytes, a prompt. One state, fed with pieces of any
 * size: the same stream gives the same calls however it was cut.
 *
 * A line that is longer than `Most.Line` is dropped up to its end and counted: a line cut short would be another line
 * ("900" is not "90"). Nothing in counted bytes is ever taken for a line, and `>` is a prompt only where one is
 * waited for and as the first byte of a line. Nothing but their number says where counted bytes end, so the line end behind them
 * is looked at: where it is not, a byte was lost or doubled on the way.
 */
import { at, cat, cut, EMPTY, find, keep, type Bytes } from '../../firmware/bytes.js'

export const enum Most {
  /** Bytes of a line, without its end: a topic of 256 and what announces it. */
  Line = 320
}

const enum Char { Lf = 10, Cr = 13, Space = 32, Prompt = 62 }

export interface Engine {
  /** A whole line, not empty, without its end. Gives how many counted bytes follow it, 0 for none. */
  onLine_: (this: void, engine: Engine, line: Bytes) => number
  /**
   * The beginning of a line, at most `Most.Line` bytes: gives how many bytes of it stand before counted bytes, which
   * are then `raw_`; -1 when that is not (yet) known. Asked again when more has come.
   */
  onHead_: (this: void, engine: Engine, head: Bytes) => number
  /** Some of the counted bytes; `raw_` says how many are to come. */
  onRaw_: (this: void, engine: Engine, bytes: Bytes) => void
  onPrompt_: (this: void, engine: Engine) => void
  /** What has come of a line. */
  part_: Bytes
  /** Counted bytes still to come. */
  raw_: number
  /** Line ends that follow counted bytes: at least one; more where the text behind them begins with one as well. */
  ends_: number
  /** Bytes of them still to come: even, a CR is next; odd, an LF. */
  tail_: number
  /** It was not there: a byte of them was lost on the line, or came twice, and all that came are another number's. */
  isTorn_: boolean
  /** A prompt is waited for. */
  prompt_: boolean
  /** The line is too long: it is dropped up to its end. */
  dropping_: boolean
  /** Lines that were too long. */
  overflows_: number
}

/** Forgets what is half there: the module began anew. */
export function clear(this: void, engine: Engine): void {
  engine.part_ = EMPTY
  engine.raw_ = 0
  engine.tail_ = 0
  engine.prompt_ = false
  engine.dropping_ = false
}

export function feed(this: void, engine: Engine, bytes: Bytes): void {
  // Where bytes come in small pieces, most of these are in the midst of counted ones. The last of them is looked at below.
  if (engine.raw_ > bytes.length) {
    engine.raw_ = engine.raw_ - bytes.length
    engine.onRaw_(engine, bytes)
    return
  }
  const all = engine.part_.length > 0 ? cat(engine.part_, bytes) : bytes
  engine.part_ = EMPTY
  let i = 0
  while (i < all.length) {
    if (engine.raw_ > 0) {
      const some = cut(all, i, i + engine.raw_)
      i = i + some.length
      engine.raw_ = engine.raw_ - some.length
      engine.tail_ = engine.raw_ > 0 ? 0 : 2 * engine.ends_
      engine.onRaw_(engine, some)
      continue
    }
    if (engine.tail_ > 0) {
      if (at(all, i) === (engine.tail_ % 2 === 0 ? Char.Cr : Char.Lf)) {
        i = i + 1
        engine.tail_ = engine.tail_ - 1
      } else {
        engine.isTorn_ = true
        engine.tail_ = 0
      }
      continue
    }
    const first = at(all, i)
    if (!engine.dropping_ && (first === Char.Cr || first === Char.Lf || first === Char.Space)) {
      i = i + 1
      continue
    }
    const end = find(all, '\n' as Bytes, i)
    if (engine.dropping_) {
      if (end < 0) return
      engine.dropping_ = false
      i = end + 1
      continue
    }
    if (engine.prompt_ && first === Char.Prompt) {
      engine.prompt_ = false
      i = i + 1
      engine.onPrompt_(engine)
      continue
    }
    const most = i + Most.Line
    const to = end < 0 ? all.length : end
    const used = engine.onHead_(engine, cut(all, i, to < most ? to : most))
    if (used > 0) {
      i = i + used
    } else if (to > most) {
      engine.overflows_ = engine.overflows_ + 1
      engine.dropping_ = true
    } else if (end < 0) {
      engine.part_ = keep(cut(all, i, all.length))
      return
    } else {
      let last = end
      while (at(all, last - 1) === Char.Cr) last = last - 1
      const line = cut(all, i, last)
      i = end + 1
      engine.raw_ = engine.onLine_(engine, line)
    }
  }
}
