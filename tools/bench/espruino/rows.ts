/** What the rows of `npm run bench:espruino` share: which are wanted, and the bounds that are a number and no peer. */
import type { Rounds, Row } from '../row.js'
import { rowOf } from '../row.js'

/** What one run of the bench is asked for. */
export interface Run {
  /** Rounds of the rows that are times; the median counts. */
  rounds: number
  /** Messages and reconnects of the row `espruino.growth`. */
  growth: { messages: number; reconnects: number }
  /** The peer's minified module, where ESPRUINO_PEER names its file. */
  peer: string | undefined
  /** The interpreter with few variables that ESPRUINO_SMALL_BIN names, '' for none. */
  small: string
  /** True for the names that `--only` asks for. */
  wanted: (name: string) => boolean
  progress: (line: string) => void
}

/** A figure that may not pass `limit`: the ratio is the limit through the figure, at least 1. */
export function limitRow(name: string, unit: string, ours: Rounds | null, limit: number, what = 'the limit'): Row {
  return rowOf({ name, unit, peerName: what, better: 'less', atLeast: 1 }, ours, [limit])
}
