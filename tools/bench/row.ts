/**
 * A row of the bench: our figure, the peer's figure of the same run, and their ratio. Ratios are what counts: absolute
 * figures belong to the machine of the day.
 */

export interface Row {
  /** Dotted, from the general to the particular: `node.qos1.cpu`. `--only` takes the beginning of it. */
  name: string
  /** Of `ours` and `peer`. */
  unit: string
  /** Null where it was not measured; `notes` of the command say why. */
  ours: number | null
  /** Null where no peer was named. */
  peer: number | null
  /** Whom we compare with, the version and the way it is used included. */
  peerName: string
  /** Above 1 means that we are better, whether more or less of the unit is good. Null where one side is. */
  ratio: number | null
  /** The ratio below which the bench fails; 0 where the figure is only printed. */
  atLeast: number
  /** How far the rounds lay apart, (highest - lowest) / median in percent, of ours and of the peer. Not part of the JSON. */
  spread?: readonly [number, number]
}

/** Whether a larger figure is the better one. */
export type Direction = 'more' | 'less'

/** The figures of one side, one a round. */
export type Rounds = readonly number[]

/** What a row says apart from its figures. */
export interface Heading {
  name: string
  unit: string
  peerName: string
  better: Direction
  atLeast: number
}

/** The middle one; of an even number the mean of the middle two. */
export function median(values: Rounds): number {
  if (values.length === 0) throw new Error('no round was measured, so there is no median')
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted.length >> 1
  const high = sorted[upper] ?? NaN
  return sorted.length % 2 === 1 ? high : (high + (sorted[upper - 1] ?? NaN)) / 2
}

function spreadOf(values: Rounds): number {
  return (Math.max(...values) - Math.min(...values)) / median(values) * 100
}

/** One row from the rounds of both sides: medians, and the ratio of the medians. Null for a side that was not there. */
export function rowOf(heading: Heading, ours: Rounds | null, peer: Rounds | null): Row {
  const { name, unit, peerName, better, atLeast } = heading
  const row = { name, unit, ours: ours === null ? null : median(ours), peer: peer === null ? null : median(peer), peerName, ratio: null, atLeast }
  if (ours === null || peer === null) return row
  const [figure, peerFigure] = [median(ours), median(peer)]
  return { ...row, ratio: better === 'more' ? figure / peerFigure : peerFigure / figure, spread: [spreadOf(ours), spreadOf(peer)] }
}

/** True where the row holds what it promises. A figure that is not a number holds nothing; one that was not measured promises nothing. */
export function holds(row: Row): boolean {
  return row.atLeast === 0 || row.ratio === null || row.ratio >= row.atLeast
}

/** The row as `--json` prints it. */
export function toJson(row: Row): Omit<Row, 'spread'> {
  const { name, unit, ours, peer, peerName, ratio, atLeast } = row
  return { name, unit, ours, peer, peerName, ratio, atLeast }
}
