/** board.json: the boards, with what a build for each consists of. Checked against board.schema.json. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import type { Pulses, PULSES } from '../../hal/at/ladder.js'
import { BuildError, type Problem } from './problem.js'
import { AT_MODEM, FEATURES, flagsOf, type Feature, type Flags, type Profile } from './profiles.js'
import { ROOT, shown } from './root.js'

export interface Board {
  title: string
  /** `works`: the port exists and passes the project's tests. */
  state: 'works' | 'planned'
  runtime: 'espruino' | 'luatos' | 'luatask' | 'luasocket' | 'node'
  /** The folder of its HAL port. */
  port: string
  profile: Profile
  /** Flags that differ from the profile's. */
  features: Partial<Flags>
  tls: boolean
  modem: keyof typeof PULSES | null
  pins: Partial<Record<'serial' | 'tx' | 'rx' | 'powerKey' | 'reset' | 'power' | 'status' | 'led', string>>
  /** Widths of pulses that differ from those of the modem's family. */
  pulses?: Partial<Pulses>
  /** What the board has: Espruino variables and the bytes of each. */
  memory: { variables?: number; bytesPerVariable?: number }
  /** What yieldmq may take: bytes of the minified bundle, Espruino variables, bytes of Lua heap. Null: nothing is promised. */
  budget: { bytes: number | null; variables: number | null; heapBytes: number | null }
  /** Espruino: where the text of functions may lie. From Storage they are read in place; what is sent to the console lies in variables. */
  runsFrom?: ('variables' | 'storage')[]
  note?: string
}

function fieldOf(error: ErrorObject): string {
  const field = error.instancePath.slice(1).replaceAll('/', '.')
  const extra = error.params.additionalProperty ?? error.params.missingProperty ?? error.params.propertyName
  return [field, extra].filter(one => one !== undefined && one !== '').join('.') || 'the file'
}

const listed = (values: unknown[]): string => values.map(String).join(', ')

/** What is wrong, with what may stand there and what does. */
function complaint({ keyword, params, parentSchema, data, message, instancePath }: ErrorObject): string {
  const is = data === undefined ? '' : `, and is ${JSON.stringify(data)}`
  switch (keyword) {
    case 'additionalProperties': return `there is no such field (${listed(Object.keys((parentSchema?.properties ?? {}) as object))})`
    case 'required': return 'is missing'
    case 'enum': return `must be one of ${listed(params.allowedValues as unknown[])}${is}`
    case 'const': return `must be ${JSON.stringify(params.allowedValue)}${is}`
    case 'type': return `must be ${String(params.type).replaceAll(',', ' or ')}${is}`
    case 'minimum': case 'maximum': return `${message}${is}`
    case 'propertyNames': return `a name here matches ${String(((parentSchema?.propertyNames ?? {}) as { pattern?: string }).pattern)}`
    case 'false schema': return `is for the ${instancePath.endsWith('/pulses') ? 'port hal/at' : 'runtime espruino'}`
    default: return `${message ?? keyword}${is}`
  }
}

function sentence(error: ErrorObject): string {
  return `${fieldOf(error)}: ${complaint(error)}`
}

/** What is wrong with the text of a board file; every message begins with the field. */
export function boardProblems(text: string, file = 'board.json'): Problem[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [{ file, line: 0, message: `not JSON: ${(error as Error).message}` }]
  }
  const schema = JSON.parse(readFileSync(path.join(ROOT, 'board.schema.json'), 'utf8')) as object
  const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictRequired: false, strictTypes: false }).compile(schema)
  if (!validate(value)) {
    // The "if" itself and a bad key's pattern only repeat what another message says better.
    const errors = (validate.errors ?? []).filter(one => one.keyword !== 'if' && one.propertyName === undefined)
    return [...new Set(errors.map(sentence))].map(message => ({ file, line: 0, message }))
  }
  const problems: Problem[] = []
  for (const [name, board] of Object.entries((value as { boards: Record<string, Board> }).boards)) {
    for (const feature of Object.keys(board.features)) {
      if (!FEATURES.includes(feature as Feature)) problems.push({ file, line: 0, message: `boards.${name}.features.${feature}: not a feature flag (${FEATURES.join(', ')})` })
    }
    if (board.state === 'works' && !existsSync(path.join(ROOT, board.port))) {
      problems.push({ file, line: 0, message: `boards.${name}.state: works, but there is no ${board.port}` })
    }
  }
  return problems
}

/** The boards of board.json. Throws a BuildError that names every wrong field. */
export function readBoards(file = path.join(ROOT, 'board.json')): Record<string, Board> {
  const text = readFileSync(file, 'utf8')
  const problems = boardProblems(text, shown(file))
  if (problems.length > 0) throw new BuildError(problems)
  return (JSON.parse(text) as { boards: Record<string, Board> }).boards
}

/** The flags that a board's build has: those of its profile and port but for what it switches, and no TLS where its firmware has none. */
export function flagsOfBoard(board: Board): Flags {
  return flagsOf(board.profile, { ...(board.port === 'hal/at' ? AT_MODEM : {}), ...(board.tls ? {} : { FEATURE_TLS: false }), ...board.features })
}

/** The file of `--boards`, else board.json of the working folder where there is one, else ours. */
export function boardFile(given?: string): string {
  if (given !== undefined) {
    if (!existsSync(given)) throw new BuildError([{ file: given, line: 0, message: 'there is no such board file' }])
    return path.resolve(given)
  }
  const here = path.resolve('board.json')
  return existsSync(here) ? here : path.join(ROOT, 'board.json')
}

/** One board by its name. Throws a BuildError that lists the names there are. */
export function findBoard(name: string, given?: string): Board {
  const file = boardFile(given)
  const boards = readBoards(file)
  const board = Object.hasOwn(boards, name) ? boards[name] : undefined
  if (board === undefined) throw new BuildError([{ file: shown(file), line: 0, message: `has no board ${name} (${Object.keys(boards).join(', ')})` }])
  return board
}

/** A board with features as the command line gives them: `V5` switches on, `no-V5` off; `FEATURE_` may stand before the name. */
export function withFeatures(board: Board, words: string[]): Board {
  const features = { ...board.features }
  for (const word of words.flatMap(one => one.split(',')).filter(one => one !== '')) {
    const isOff = word.startsWith('no-')
    const bare = word.slice(isOff ? 3 : 0).toUpperCase()
    const name = bare.startsWith('FEATURE_') ? bare : `FEATURE_${bare}`
    if (!FEATURES.includes(name as Feature)) throw new BuildError([{ file: '--features', line: 0, message: `${word} is not a feature (${FEATURES.map(one => one.slice(8)).join(', ')})` }])
    features[name as Feature] = !isOff
  }
  return { ...board, features }
}
