/**
 * The way out: packets of one slice wait here and leave in one socket write. Offsets count what was appended and what
 * the socket took, modulo 2^30, so that for each message it is known whether none, a part or all of it went out.
 */
import { cut, join, type Bytes } from './bytes.js'
import type { Socket } from '../hal/hal.js'

/** Bytes from which a part is not copied into a join. */
export const enum Part { Large = 1024 }

const enum Wrap { Span = 1073741824, Half = 536870912 }

export interface Transmit {
  parts_: Bytes[]
  /** Whether one of them is large. */
  large_: boolean
  /** Bytes in `parts_`. */
  bytes_: number
  appended_: number
  taken_: number
  /** ms since the socket last took something, while bytes wait. */
  stalled_: number
  /** Below 0 once the socket refused to take anything: its code. Nothing is written to it again. */
  failure_: number
}

export function newTransmit(): Transmit {
  return { parts_: [], large_: false, bytes_: 0, appended_: 0, taken_: 0, stalled_: 0, failure_: 0 }
}

export function resetTransmit(tx: Transmit): void {
  tx.parts_ = []
  tx.large_ = false
  tx.bytes_ = 0
  tx.appended_ = 0
  tx.taken_ = 0
  tx.stalled_ = 0
  tx.failure_ = 0
}

/** Puts a packet behind what waits; it becomes part of the next write. */
export function append(tx: Transmit, packet: Bytes): void {
  if (tx.bytes_ === 0) tx.stalled_ = 0
  tx.parts_.push(packet)
  if (packet.length >= Part.Large) tx.large_ = true
  tx.bytes_ = tx.bytes_ + packet.length
  tx.appended_ = (tx.appended_ + packet.length) % Wrap.Span
}

/** What the socket left of a packet, of which it took `taken` bytes before anything waited. */
export function appendRest(tx: Transmit, packet: Bytes, taken: number): void {
  append(tx, cut(packet, taken, packet.length))
  tx.appended_ = (tx.appended_ + taken) % Wrap.Span
  tx.taken_ = (tx.taken_ + taken) % Wrap.Span
}

/** What goes to the socket in one write each: small packets together, a large part alone, which saves a copy of it. */
function piecesOf(parts: Bytes[]): Bytes[] {
  const pieces: Bytes[] = []
  let run: Bytes[] = []
  for (const part of parts) {
    if (part.length < Part.Large) run.push(part)
    else {
      if (run.length > 0) pieces.push(join(run))
      run = []
      pieces.push(part)
    }
  }
  if (run.length > 0) pieces.push(join(run))
  return pieces
}

/** Gives the socket all that waits, in one write where nothing is large. Returns the bytes it took, or below 0 its code. */
export function flush(tx: Transmit, socket: Socket): number {
  if (tx.failure_ < 0) return tx.failure_
  const pieces = tx.large_ ? piecesOf(tx.parts_) : tx.parts_.length === 1 ? tx.parts_ : [join(tx.parts_)]
  const rest: Bytes[] = []
  let taken = 0
  for (const piece of pieces) {
    let n = rest.length > 0 ? 0 : socket.write(piece)
    if (n < 0) {
      // What went before it is gone all the same, and counts.
      tx.failure_ = n
      n = 0
    }
    taken = taken + n
    if (n < piece.length) rest.push(n === 0 ? piece : cut(piece, n, piece.length))
  }
  tx.parts_ = rest
  tx.large_ = rest.length > 1 || rest.length === 1 && rest[0].length >= Part.Large
  tx.bytes_ = tx.bytes_ - taken
  if (taken > 0) tx.stalled_ = 0
  tx.taken_ = (tx.taken_ + taken) % Wrap.Span
  return tx.failure_ < 0 ? tx.failure_ : taken
}

/** Whether the socket took everything up to the offset `end`. */
export function isTaken(tx: Transmit, end: number): boolean {
  return (tx.taken_ - end + Wrap.Span) % Wrap.Span < Wrap.Half
}
