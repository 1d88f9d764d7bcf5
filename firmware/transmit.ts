/**
 * The way out: packets of one slice wait here and leave in one socket write. Offsets count what was appended and what
 * the socket took, modulo 2^30, so that for each message it is known whether none, a part or all of it went out.
 */
import { EMPTY, cut, join, type Bytes } from './bytes.js'
import type { Socket } from '../hal/hal.js'

const enum Wrap { Span = 1073741824, Half = 536870912 }

export interface Transmit {
  parts_: Bytes[]
  /** Bytes in `parts_`. */
  bytes_: number
  appended_: number
  taken_: number
  /** ms since the socket last took something, while bytes wait. */
  stalled_: number
}

export function newTransmit(): Transmit {
  return { parts_: [], bytes_: 0, appended_: 0, taken_: 0, stalled_: 0 }
}

export function resetTransmit(tx: Transmit): void {
  tx.parts_ = []
  tx.bytes_ = 0
  tx.appended_ = 0
  tx.taken_ = 0
  tx.stalled_ = 0
}

/** Puts a packet behind what waits; it becomes part of the next write. */
export function append(tx: Transmit, packet: Bytes): void {
  if (tx.bytes_ === 0) tx.stalled_ = 0
  tx.parts_.push(packet)
  tx.bytes_ = tx.bytes_ + packet.length
  tx.appended_ = (tx.appended_ + packet.length) % Wrap.Span
}

/** What the socket left of a packet, of which it took `taken` bytes before anything waited. */
export function appendRest(tx: Transmit, packet: Bytes, taken: number): void {
  append(tx, cut(packet, taken, packet.length))
  tx.appended_ = (tx.appended_ + taken) % Wrap.Span
  tx.taken_ = (tx.taken_ + taken) % Wrap.Span
}

/** Gives the socket all that waits, in one write. Returns the bytes it took, or below 0 its code. */
export function flush(tx: Transmit, socket: Socket): number {
  const all = tx.parts_.length === 1 ? tx.parts_[0] : join(tx.parts_)
  const n = socket.write(all)
  if (n < 0) {
    tx.parts_ = [all]
    return n
  }
  if (n === all.length) tx.parts_ = []
  else tx.parts_ = [n === 0 ? all : cut(all, n, all.length)]
  tx.bytes_ = tx.bytes_ - n
  if (n > 0) tx.stalled_ = 0
  tx.taken_ = (tx.taken_ + n) % Wrap.Span
  return n
}

/** Whether the socket took everything up to the offset `end`. */
export function isTaken(tx: Transmit, end: number): boolean {
  return (tx.taken_ - end + Wrap.Span) % Wrap.Span < Wrap.Half
}

/** Forgets what waits without sending it. */
export function discard(tx: Transmit): Bytes {
  tx.parts_ = []
  tx.bytes_ = 0
  return EMPTY
}
