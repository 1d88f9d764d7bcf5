/** What a link is like. Set for the whole network, for one listener, or for one connection; a change holds from then on. */
import type { Random } from './random.js'

/** Bytes of one piece: always the same, in turn from a list, or any size from 1 to 1460 by the seed. */
export type Pieces = number | readonly number[] | 'random'

export interface Conditions {
  /** ms one way. */
  latencyMs: number
  /** Up to this many ms more, by the seed; order is kept. */
  jitterMs: number
  /** Bytes of the pieces in which the server's bytes reach the device: 536 and 268 on some modules, 1 for the worst case. */
  piecesIn: Pieces
  /** Bytes of the pieces in which the device's bytes reach the server. */
  piecesOut: Pieces
  /** ms between the pieces that reach the device. */
  pieceGapMs: number
  /** Bytes a second each way, 0 for no limit; `bandwidthOut` and `bandwidthIn` hold for one direction where they are above 0. */
  bandwidth: number
  bandwidthOut: number
  bandwidthIn: number
  /** Chance that a piece is lost on its way out or in. TCP sends it again after `rtoMs`, doubled for each further loss up to 60 s, and everything behind it waits. */
  lossOut: number
  lossIn: number
  rtoMs: number
  /** Bytes the device's socket holds until the peer acknowledged them: what `credit()` starts from. */
  sendBuffer: number
  /** Bytes the device's socket holds unread before the peer must wait. */
  receiveBuffer: number
  /** Bytes the server's socket holds unread while the server does not read. */
  serverWindow: number
  /** Bytes taken by `write` within `writeGapMs`, 0 for no limit: a modem that takes a block at a time. `credit()` says so. */
  writeMax: number
  writeGapMs: number
  /** Chance that a `write` takes fewer bytes than `credit()` promised, 1 at least. */
  shortWriteChance: number
  /** Chance that a `read` gives fewer bytes than there are, 1 at least. */
  shortReadChance: number
  /** False: `unacked()` answers -1, as on ports that cannot know. */
  knowsUnacked: boolean
  /** ms after which the device's TCP gives up on unacknowledged bytes or on a connect that hangs (`TcpTimeout`), 0 for never. */
  giveUpMs: number
}

export const DEFAULT_CONDITIONS: Conditions = {
  latencyMs: 10,
  jitterMs: 0,
  piecesIn: 1460,
  piecesOut: 1460,
  pieceGapMs: 0,
  bandwidth: 0,
  bandwidthOut: 0,
  bandwidthIn: 0,
  lossOut: 0,
  lossIn: 0,
  rtoMs: 1000,
  sendBuffer: 5840,
  receiveBuffer: 5840,
  serverWindow: 65535,
  writeMax: 0,
  writeGapMs: 1,
  shortWriteChance: 0,
  shortReadChance: 0,
  knowsUnacked: true,
  giveUpMs: 0
}

/** The size of piece number `index`, 1 or more. */
export function pieceSize(pieces: Pieces, index: number, random: Random): number {
  if (pieces === 'random') return random.int(1, 1460)
  if (typeof pieces === 'number') return Math.max(1, pieces)
  return Math.max(1, pieces[index % pieces.length] ?? 1460)
}
