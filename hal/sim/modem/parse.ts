/**
 * One command line taken apart (V.250 section 5): `AT`, then commands joined by `;`, each `+NAME`, `+NAME?`, `+NAME=?`
 * or `+NAME=arguments`. Basic commands (`E0`, `I`, `&W`) have a letter for a name and a number for an argument.
 */
import type { Bytes } from '../../hal.js'

/** `run`: the bare name. `set`: `=` and arguments. `get`: `?`. `test`: `=?`. */
export type Form = 'run' | 'set' | 'get' | 'test'

/** One argument; `quoted` tells `"1"` from `1`. Quotes are taken off. */
export interface Argument {
  readonly text: Bytes
  readonly quoted: boolean
}

export interface Parsed {
  /** In capitals: `+CSQ`, `E`, `&W`, `` for AT alone. */
  readonly name: string
  readonly form: Form
  /** Undefined where nothing stands between two commas. */
  readonly arguments: readonly (Argument | undefined)[]
  /** What stands behind `=`, as it came. */
  readonly tail: Bytes
}

/** Parts of a line at `separator`, but not inside quotes. */
function split(line: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]
    if (c === '"') quoted = !quoted
    else if (c === separator && !quoted) {
      parts.push(line.substring(from, i))
      from = i + 1
    }
  }
  parts.push(line.substring(from))
  return parts
}

function argument(text: string): Argument | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"')
  return { text: (quoted ? trimmed.slice(1, -1) : trimmed) as Bytes, quoted }
}

function extended(text: string): Parsed {
  const match = /^([^=?]*)(=\?|\?|=)?/.exec(text)!
  const name = match[1]!.trim().toUpperCase()
  const mark = match[2] ?? ''
  const tail = mark === '=' ? text.substring(match[0].length) : ''
  const form: Form = mark === '=' ? 'set' : mark === '=?' ? 'test' : mark === '?' ? 'get' : 'run'
  return { name, form, arguments: tail === '' ? [] : split(tail, ',').map(argument), tail: tail as Bytes }
}

/** Basic commands follow each other without `;`: `E0V1`. */
function basics(text: string): Parsed[] | undefined {
  const found: Parsed[] = []
  let rest = text.trim()
  while (rest !== '') {
    const match = /^(&?[A-Za-z])(\d*)/.exec(rest)
    if (match === null) return undefined
    const number = match[2]! as Bytes
    found.push({ name: match[1]!.toUpperCase(), form: number === '' ? 'run' : 'set', arguments: number === '' ? [] : [{ text: number, quoted: false }], tail: number })
    rest = rest.substring(match[0].length)
  }
  return found
}

/**
 * The commands of a line that begins with AT, undefined where it cannot be read.
 * @param chains false: `;` is an ordinary character.
 */
export function parseLine(line: string, chains: boolean): Parsed[] | undefined {
  const body = line.substring(2)
  if (body.trim() === '') return [{ name: '', form: 'run', arguments: [], tail: '' as Bytes }]
  const commands: Parsed[] = []
  for (const part of chains ? split(body, ';') : [body]) {
    if (part.trim() === '') continue
    if (/^\s*[+^*$#]/.test(part)) commands.push(extended(part.trim()))
    else {
      const some = basics(part)
      if (some === undefined) return undefined
      commands.push(...some)
    }
  }
  return commands
}
