/**
 * The module's TXD: lines and raw bytes on their way to the host, in pieces, at line speed where pacing is on, with the
 * faults of the line. Nothing comes between the bytes of one call of `bytes`.
 */
import type { Bytes } from '../../hal.js'
import { pieceSize } from '../conditions.js'
import type { Random } from '../random.js'
import { strayLine, strikes, type Faults } from './faults.js'
import type { Schedule } from './schedule.js'

/** Bytes that wait to be sent; more are lost and counted. */
export const PENDING_LIMIT = 65536
/** ms of line time in one piece where pacing is on. */
const PACED_MS = 2
/** One start bit, eight data bits, one stop bit. */
const BITS_PER_BYTE = 10

export interface WireOptions {
  readonly schedule: Schedule
  readonly random: Random
  readonly faults: Faults
  /** Lines as Espressif writes them: no CR LF in front of information. */
  readonly plain: boolean
  readonly pacing: boolean
  /** Bits a second now. */
  readonly baud: () => number
  readonly deliver: (bytes: Bytes) => void
}

/** When the line takes the next byte. Its time has fractions (a byte at 9600 bit/s takes 1.04 ms) and wakes have none, so a lag below 1 ms is none. */
export function lineFree(freeAt: number, now: number): number {
  return now - freeAt < 1 ? freeAt : now
}

/** Loses and doubles bytes, in either direction. */
export function damage(faults: Faults, random: Random, text: string, direction: 'In' | 'Out'): string {
  const lose = `lose${direction}` as const
  const double = `double${direction}` as const
  if (faults[lose] === 0 && faults[double] === 0 && faults.script === undefined) return text
  let result = ''
  for (const c of text) {
    if (strikes(faults, random, lose, c)) continue
    result += strikes(faults, random, double, c) ? c + c : c
  }
  return result
}

export class Wire {
  /** Bytes that found no room in what waits to be sent. */
  dropped = 0
  private queued = ''
  private running = false
  private muted = false
  private unended = false
  private heldUntil = 0
  private pieces = 0
  private freeAt = 0
  private planned = 0

  constructor(private readonly options: WireOptions) {}

  /** Bytes that wait. */
  get pending(): number {
    return this.queued.length
  }

  /** A line of its own; a stray one may come first. */
  line(text: string): void {
    const { faults, random } = this.options
    if (strikes(faults, random, 'unsolicited', text)) this.put(strayLine(faults, random))
    this.put(text)
  }

  /** A prompt, with what a fault puts at it. False: the prompt did not come. */
  prompt(text: string): boolean {
    const { faults, random } = this.options
    const strike = strikes(faults, random, 'promptUrc', text)
    if (strike && faults.promptUrcWhere !== 'after') this.put(strayLine(faults, random))
    if (strike && faults.promptUrcWhere === 'instead') return false
    this.bytes(text)
    if (strike && faults.promptUrcWhere === 'after') this.put(strayLine(faults, random))
    return true
  }

  /** Counted bytes went out that nothing ends: whatever line comes next begins with a line end. */
  endCounted(): void {
    this.unended = true
  }

  bytes(text: string): void {
    if (this.muted) return
    const damaged = damage(this.options.faults, this.options.random, text, 'Out')
    const room = PENDING_LIMIT - this.queued.length
    this.dropped += Math.max(0, damaged.length - room)
    this.queued += damaged.substring(0, room)
    this.start()
  }

  /** Holds output back for `ms`; then it comes, all of it. */
  hold(ms: number): void {
    this.heldUntil = Math.max(this.heldUntil, this.options.schedule.now + ms)
  }

  /** True: nothing leaves, and what would is gone. */
  mute(muted: boolean): void {
    this.muted = muted
    if (!muted) return
    this.forget()
  }

  /** What waits is gone. */
  forget(): void {
    this.queued = ''
    this.planned = 0
    this.heldUntil = 0
  }

  private put(text: string): void {
    if (text === '') return
    const { faults, random, plain } = this.options
    const apart = !plain || this.unended || /^(OK|ERROR|SEND|ready|busy|Recv|\+IPD)/.test(text)
    this.unended = false
    const end = strikes(faults, random, 'doubledLineEnd', text) ? '\r\n\r\n' : '\r\n'
    this.bytes(`${apart ? '\r\n' : ''}${text}${end}`)
  }

  private start(): void {
    if (this.running || this.queued === '') return
    this.running = true
    this.next(0)
  }

  private next(ms: number): void {
    const { schedule, pacing, baud } = this.options
    const held = Math.max(0, this.heldUntil - schedule.now)
    if (held > 0 || !pacing) {
      schedule.after(Math.max(ms, held), () => this.pass())
      return
    }
    // The first bit leaves when the line is free, and the piece is there when its last bit is.
    this.planned = Math.min(this.size(), this.queued.length)
    this.freeAt = lineFree(this.freeAt, schedule.now) + this.planned * BITS_PER_BYTE * 1000 / baud()
    schedule.after(Math.max(ms, this.freeAt - schedule.now), () => this.pass())
  }

  private pass(): void {
    const { schedule, faults, deliver } = this.options
    if (this.heldUntil > schedule.now) {
      this.next(0)
      return
    }
    const piece = this.queued.substring(0, this.planned > 0 ? this.planned : this.size())
    this.planned = 0
    this.queued = this.queued.substring(piece.length)
    this.pieces += 1
    this.running = false
    if (this.queued !== '') {
      this.running = true
      this.next(faults.chunkGapMs)
    }
    if (piece !== '') deliver(piece as Bytes)
  }

  /** Bytes of the next piece. */
  private size(): number {
    const { faults, random, pacing, baud } = this.options
    const chunk = faults.chunks === 0 ? PENDING_LIMIT : pieceSize(faults.chunks, this.pieces, random)
    if (!pacing) return chunk
    return Math.min(chunk, Math.max(1, Math.floor(baud() * PACED_MS / (BITS_PER_BYTE * 1000))))
  }
}
