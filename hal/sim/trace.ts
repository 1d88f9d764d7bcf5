/** What happened on the wire, as data: to compare two runs, or to print one. */
import type { Bytes } from '../hal.js'

export interface TraceEntry {
  /** Milliseconds since the start of the simulation. */
  readonly t: number
  /** The number of the connection, from 1, in the order of `open`. */
  readonly connection: number
  /** `out`: taken from the device by `write`. `in`: arrived at the device. `event`: a change of state, named by `note`. */
  readonly dir: 'out' | 'in' | 'event'
  readonly bytes: Bytes
  readonly note: string
}

const NONE = '' as Bytes

/** "68 65 6c" for bytes. */
export function hex(bytes: string): string {
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i++) parts.push(bytes.charCodeAt(i).toString(16).padStart(2, '0'))
  return parts.join(' ')
}

function printable(bytes: string): string {
  return bytes.replace(/[^\x20-\x7e]/g, '.')
}

/** The recorder. It stops at its limit and counts what it left out; `off` records nothing, for long runs. */
export class Trace {
  readonly entries: TraceEntry[] = []
  /** Entries left out because the limit was reached. */
  dropped = 0

  /** @param limit entries kept, 0 for none. */
  constructor(private readonly limit: number) {}

  bytes(t: number, connection: number, dir: 'out' | 'in', bytes: Bytes): void {
    if (this.entries.length < this.limit) this.entries.push({ t, connection, dir, bytes, note: '' })
    else this.dropped += 1
  }

  event(t: number, connection: number, note: string): void {
    if (this.entries.length < this.limit) this.entries.push({ t, connection, dir: 'event', bytes: NONE, note })
    else this.dropped += 1
  }

  /** All bytes of one direction, joined; of one connection or of all. */
  joined(dir: 'out' | 'in', connection?: number): Bytes {
    const parts: string[] = []
    for (const entry of this.entries) {
      if (entry.dir === dir && (connection === undefined || entry.connection === connection)) parts.push(entry.bytes)
    }
    return parts.join('') as Bytes
  }

  /** The notes of all events, in order: "1 open broker:1883". */
  notes(): string[] {
    return this.entries.filter((entry) => entry.dir === 'event').map((entry) => `${entry.connection} ${entry.note}`)
  }

  /** One line an entry: time, connection, direction, bytes in hexadecimal and as text. Equal traces print equal texts. */
  print(): string {
    const lines = this.entries.map((entry) => {
      const head = `${String(entry.t).padStart(8)} #${entry.connection}`
      if (entry.dir === 'event') return `${head} * ${entry.note}`
      return `${head} ${entry.dir === 'out' ? '>' : '<'} ${hex(entry.bytes)}  |${printable(entry.bytes)}|`
    })
    if (this.dropped > 0) lines.push(`(${this.dropped} more entries, over the limit of ${this.limit})`)
    return lines.join('\n')
  }
}

/** The index and the two lines at which two traces first differ, undefined when they are equal. */
export function firstDifference(a: Trace, b: Trace): { index: number; a: string; b: string } | undefined {
  const left = a.print().split('\n')
  const right = b.print().split('\n')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    if (left[i] !== right[i]) return { index: i, a: left[i] ?? '(ends)', b: right[i] ?? '(ends)' }
  }
  return undefined
}
