/**
 * What goes wrong on the serial line and in the module's answers. All of it is off at first, may be changed while the
 * module runs, and is drawn from the seed; `script` decides single cases by hand.
 */
import type { Pieces } from '../conditions.js'
import type { Random } from '../random.js'

/** Places where a fault may strike. */
export type FaultName = 'unsolicited' | 'lateFinal' | 'promptUrc' | 'sendFail' | 'doubledLineEnd' | 'loseIn' | 'loseOut' | 'doubleIn' | 'doubleOut'

/** Where the stray line stands: in front of a prompt, behind it, or in its place, which then never comes. */
export type PromptUrc = 'before' | 'after' | 'instead'

export interface Faults {
  /** Bytes of the pieces in which output arrives; one piece for all there is when 0. */
  chunks: Pieces
  /** ms between those pieces. */
  chunkGapMs: number
  /** Chance of a stray line at a line's boundary, and the lines it is drawn from. */
  unsolicited: number
  unsolicitedLines: readonly string[]
  /** Chance for each byte to be lost or to come twice, to the module (`In`) and from it (`Out`). */
  loseIn: number
  loseOut: number
  doubleIn: number
  doubleOut: number
  /** Chance that a command's final line comes late, and by how many ms, from and to. The command runs until then. */
  lateFinal: number
  lateFinalMs: readonly [number, number]
  /** Chance of a stray line at a prompt, and where. */
  promptUrc: number
  promptUrcWhere: PromptUrc
  /** Chance that data taken at a prompt is refused by the module: SEND FAIL, or what the family says. Nothing is sent. */
  sendFail: number
  /** Chance that a line ends in CR LF CR LF. */
  doubledLineEnd: number
  /**
   * Asked before chance is: true strikes, false spares, undefined leaves it to chance. `detail` is the line, the prompt
   * or the byte in question.
   */
  script: ((name: FaultName, detail: string) => boolean | undefined) | undefined
}

export const NO_FAULTS: Readonly<Faults> = {
  chunks: 0,
  chunkGapMs: 0,
  unsolicited: 0,
  unsolicitedLines: ['+CREG: 2', '+CREG: 1', '+NITZ: 25/01/02,03:04:05+32', '^MODE: 17,17', '+CGEV: NW MODIFY 1,0', '+CSQ: 17,99'],
  loseIn: 0,
  loseOut: 0,
  doubleIn: 0,
  doubleOut: 0,
  lateFinal: 0,
  lateFinalMs: [1000, 5000],
  promptUrc: 0,
  promptUrcWhere: 'before',
  sendFail: 0,
  doubledLineEnd: 0,
  script: undefined
}

/** Whether the fault strikes here. Draws nothing where its chance is 0. */
export function strikes(faults: Faults, random: Random, name: FaultName, detail: string): boolean {
  return faults.script?.(name, detail) ?? random.chance(faults[name])
}

/** A stray line, `` where there is none to draw. */
export function strayLine(faults: Faults, random: Random): string {
  const lines = faults.unsolicitedLines
  return lines.length === 0 ? '' : lines[random.int(0, lines.length - 1)]!
}
