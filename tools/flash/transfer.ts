/**
 * Bytes to a board, and the proof that they are there. A text goes in pieces, each of them one line that the board answers,
 * so that neither its input buffer nor its variables ever hold more than a piece. The proof is a CRC-32 that the
 * board computes over what it holds, or the text itself where it cannot.
 */
import zlib from 'node:zlib'
import { literal, type BoardConsole } from './console.js'
import { FlashError } from './error.js'
import type { BoardFacts } from './facts.js'

/** Where a text goes: a file of Storage, or the variable of this name until the program has started. */
export interface Place { kind: 'storage' | 'memory'; name: string }
export type Proof = 'crc32' | 'text'
/** Called with the bytes that have been sent since the last call. */
export type Progress = (bytes: number) => void

/** Bytes of one piece: multiples of 4, as flash is written in words. The smaller one is for boards of few variables. */
const pieceBytes = { few: 256, many: 512 }
const fewVariables = 2500
/** Bytes of text asked back in one answer. */
const readBackBytes = 256

export class Transfer {
  private readonly piece: number

  constructor(private readonly board: BoardConsole, private readonly facts: BoardFacts, private readonly progress: Progress) {
    this.piece = facts.totalVariables < fewVariables ? pieceBytes.few : pieceBytes.many
  }

  /** What the board holds there, as an expression. */
  private held(place: Place): string {
    return place.kind === 'storage' ? `require("Storage").read(${literal(place.name)})` : `global[${literal(place.name)}]`
  }

  private title(place: Place): string {
    return place.kind === 'storage' ? `Storage file ${place.name}` : 'the program in memory'
  }

  /** Whether the place holds these bytes already, so that its flash need not be written. */
  async has(place: Place, bytes: string): Promise<boolean> {
    const length = await this.lengthOf(place)
    return length === bytes.length && await this.difference(place, bytes) === undefined
  }

  /** -1 where there is nothing. */
  private async lengthOf(place: Place): Promise<unknown> {
    const held = this.held(place)
    return this.board.ask(`${held}===undefined?-1:${held}.length`, `asking for the length of ${this.title(place)}`)
  }

  async send(place: Place, bytes: string): Promise<void> {
    for (let at = 0; at < bytes.length; at += this.piece) {
      const part = bytes.slice(at, at + this.piece)
      const what = `sending bytes ${at} to ${at + part.length - 1} of ${this.title(place)}`
      const expression = place.kind === 'storage'
        ? `require("Storage").write(${literal(place.name)},${literal(part)},${at},${bytes.length})`
        : `(global[${literal(place.name)}]${at === 0 ? '' : '+'}=${literal(part)}).length`
      const answer = await this.board.ask(expression, what)
      const expected = place.kind === 'storage' ? true : at + part.length
      if (answer !== expected) throw new FlashError(`${this.board.link.port}: the board answers ${JSON.stringify(answer)} and not ${expected} while ${what}; its Storage may be full or damaged: require("Storage").eraseAll() on its console clears all of it.`)
      this.progress(part.length)
    }
  }

  /** Fails unless the place holds exactly these bytes. */
  async verify(place: Place, bytes: string): Promise<Proof> {
    const length = await this.lengthOf(place)
    const wrong = length === bytes.length ? await this.difference(place, bytes) : `it has ${String(length)} bytes and not ${bytes.length}`
    if (wrong !== undefined) throw new FlashError(`${this.board.link.port}: verification failed for ${this.title(place)}: ${wrong}. What was sent was damaged on the way; nothing was started. Check the line and flash again.`)
    return this.proof
  }

  private get proof(): Proof {
    return this.facts.hasCrc32 && typeof zlib.crc32 === 'function' ? 'crc32' : 'text'
  }

  /** In what the place differs from these bytes, of the same length; undefined when in nothing. */
  private async difference(place: Place, bytes: string): Promise<string | undefined> {
    const held = this.held(place)
    if (this.proof === 'crc32') {
      const ours = zlib.crc32(Buffer.from(bytes, 'latin1'))
      const theirs = await this.board.ask(`E.CRC32(${held})`, `verifying ${this.title(place)}`)
      return theirs === ours ? undefined : `its CRC-32 is ${String(theirs)} and not ${ours}`
    }
    for (let at = 0; at < bytes.length; at += readBackBytes) {
      const wanted = bytes.slice(at, at + readBackBytes)
      const text = await this.board.ask(`btoa(${held}.substr(${at},${readBackBytes}))`, `reading back ${this.title(place)} from byte ${at}`)
      const back = Buffer.from(String(text), 'base64').toString('latin1')
      if (back === wanted) continue
      const first = [...wanted].findIndex((char, index) => char !== back[index])
      return `byte ${at + Math.max(0, first)} differs`
    }
    return undefined
  }
}
