/** What the module of each board takes: bytes by file and by feature, and variables of the interpreter. */
import { buildModule, featuresOf } from '../build/board-build.js'
import { flagsOfBoard, type Board } from '../build/boards.js'
import { sourcesOf } from '../build/app.js'
import type { Bundle } from '../build/espruino.js'
import type { Profile } from '../build/profiles.js'
import { variablesOf, type Variables } from './variables.js'

export interface ModuleSize {
  file: string
  /** Bytes of the source as it is written. */
  source: number
  /** Bytes in the minified module. */
  bytes: number
}

export interface FeatureSize {
  feature: string
  /** The board's build has it. */
  included: boolean
  /** Bytes that it adds to what is left of the sources, and to the minified module. */
  source: number
  bytes: number
}

export interface BoardSize {
  board: string
  profile: Profile
  bytes: number
  budgetBytes: number | null
  /** With one client connected, the module in Storage; null where it was not measured. */
  variables: number | null
  budgetVariables: number | null
  /** The same with client and port in the application's own file. */
  variablesInOneFile: number | null
  /** Bytes of the sources that reach the module. */
  source: number
  /** The folder of the port that does not exist yet: the client alone was measured. */
  missingPort: string | null
  /** Why the variables are null; absent where they are not. */
  why?: string
  modules: ModuleSize[]
  /** Of those that the profile's core knows; undefined where they were not asked for. */
  features?: FeatureSize[]
}

export interface Measuring {
  features: boolean
  /** Names what is done next, and of how many boards. */
  progress: (what: string) => void
}

async function featureSizes(board: Board, whole: Bundle, progress: Measuring['progress'], name: string): Promise<FeatureSize[]> {
  const flags = flagsOfBoard(board)
  const sizes: FeatureSize[] = []
  for (const feature of featuresOf(board)) {
    progress(`${name}: ${feature}`)
    const other = await buildModule({ ...board, features: { ...board.features, [feature]: !flags[feature] } })
    const sign = flags[feature] ? 1 : -1
    sizes.push({ feature, included: flags[feature], source: sign * (whole.leftBytes! - other.leftBytes!), bytes: sign * (whole.bytes - other.bytes) })
  }
  return sizes.sort((a, b) => b.bytes - a.bytes)
}

/** Measures boards of the runtime espruino. Boards that share profile, features and port share one build. */
export async function measureBoards(boards: [string, Board][], { features, progress }: Measuring): Promise<BoardSize[]> {
  const known = new Map<string, Omit<BoardSize, 'board' | 'budgetBytes' | 'budgetVariables'>>()
  const rows: BoardSize[] = []
  for (const [name, board] of boards) {
    const key = JSON.stringify([board.profile, flagsOfBoard(board), board.port, board.modem])
    let measured = known.get(key)
    if (measured === undefined) {
      progress(name)
      const bundle = await buildModule(board)
      const { port } = sourcesOf(board)
      progress(`${name}: variables`)
      const variables: Variables = port === undefined ? { why: `there is no ${board.port} yet` } : await variablesOf(bundle.code, board)
      measured = {
        profile: board.profile, bytes: bundle.bytes, variables: variables.module ?? null, variablesInOneFile: variables.oneFile ?? null,
        source: bundle.modules.reduce((sum, one) => sum + one.sourceBytes, 0), missingPort: port === undefined ? board.port : null,
        ...(variables.why === undefined ? {} : { why: variables.why }),
        modules: bundle.modules.map(({ file, sourceBytes, bytes }) => ({ file, source: sourceBytes, bytes })).sort((a, b) => b.bytes - a.bytes),
        ...(features ? { features: await featureSizes(board, bundle, progress, name) } : {})
      }
      known.set(key, measured)
    }
    rows.push({ board: name, ...measured, budgetBytes: board.budget.bytes, budgetVariables: board.budget.variables })
  }
  return rows
}

/** What passes its budget, a sentence each. */
export function excesses(rows: BoardSize[]): string[] {
  const over = (board: string, what: string, is: number | null, budget: number | null): string[] =>
    is === null || budget === null || is <= budget ? [] : [`${board}: ${is} ${what} pass the budget of ${budget} by ${is - budget}`]
  return rows.flatMap(row => [...over(row.board, 'bytes', row.bytes, row.budgetBytes), ...over(row.board, 'variables', row.variables, row.budgetVariables)])
}
