/**
 * The check of the three pipelines: firmware/ is type-checked against the restricted library, then every profile goes
 * through Node, Espruino and Lua, warnings are errors, and the outputs are checked. Prints sizes; exits 0 only without a
 * problem. `--json` prints one JSON value; `--entry FILE` takes one file in place of the profiles' entries.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { buildModule } from './board-build.js'
import { luaModule } from './lua-board.js'
import { flagsOfBoard, readBoards, type Board } from './boards.js'
import { buildEspruino, type Bundle } from './espruino.js'
import { keep } from './kept.js'
import { buildLua } from './lua.js'
import { bundleNode } from './node.js'
import { BuildError, printed, type Problem } from './problem.js'
import { flagsOf, PROFILES, type Flags, type Profile } from './profiles.js'
import { createProgram, firmwareFiles, typeProblems } from './program.js'
import { ROOT } from './root.js'

export interface SizeRow {
  profile: Profile
  target: 'node' | 'espruino' | 'lua'
  /** Bytes of the sources that reached the bundle. */
  source: number
  /** Bytes of the bundle before and after minifying. */
  bundle: number
  minified: number
}

type Pipeline = (options: { entry: string; flags: Flags; minify: boolean }) => Bundle | Promise<Bundle>

const PIPELINES: Record<SizeRow['target'], Pipeline> = { node: bundleNode, espruino: buildEspruino, lua: buildLua }
const EXTENSION: Record<SizeRow['target'], string> = { node: 'mjs', espruino: 'js', lua: 'lua' }

function entryOf(profile: Profile): string {
  return `firmware/index.${profile}.ts`
}

async function attempt<T>(problems: Problem[], make: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    problems.push(...error.problems)
    return undefined
  }
}

/** Bundles go to `out`, as PROFILE.mjs, .js and .lua with their minified forms, for whoever wants to look at them. */
export async function checkPipelines(entry?: string, out?: string): Promise<{ rows: SizeRow[]; problems: Problem[] }> {
  const rows: SizeRow[] = []
  const problems: Problem[] = entry === undefined ? typeProblems(createProgram(firmwareFiles())) : []
  if (out !== undefined) mkdirSync(out, { recursive: true })
  for (const profile of PROFILES) {
    const file = entry ?? entryOf(profile)
    if (!existsSync(path.join(ROOT, file))) {
      problems.push({ file, line: 0, message: `missing: the entry of profile ${profile}` })
      continue
    }
    for (const target of Object.keys(PIPELINES) as SizeRow['target'][]) {
      const run = (minify: boolean) => attempt(problems, () => PIPELINES[target]({ entry: file, flags: flagsOf(profile), minify }))
      const plain = await run(false)
      // The plain bundle has the lines; when it fails the minified one would only say the same again.
      const small = plain && await run(true)
      if (plain === undefined || small === undefined) continue
      await keep(target, { entry: file, flags: flagsOf(profile), minify: true }, small)
      rows.push({ profile, target, source: plain.modules.reduce((sum, one) => sum + one.sourceBytes, 0), bundle: plain.bytes, minified: small.bytes })
      if (out !== undefined) {
        writeFileSync(path.join(out, `${profile}.${EXTENSION[target]}`), plain.code)
        writeFileSync(path.join(out, `${profile}.min.${EXTENSION[target]}`), small.code)
      }
    }
  }
  const seen = new Set<string>()
  return { rows, problems: problems.filter(one => !seen.has(printed(one)) && seen.add(printed(one))) }
}

/** Builds the module of every board that has one, one build for boards that are alike, and compares its bytes with the budget. */
async function checkBudgets(boards: Record<string, Board>): Promise<Problem[]> {
  const problems: Problem[] = []
  const known = new Map<string, Bundle | undefined>()
  for (const [name, board] of Object.entries(boards)) {
    if (board.runtime === 'node' || board.budget.bytes === null) continue
    const key = JSON.stringify([board.profile, flagsOfBoard(board), board.port])
    if (!known.has(key)) known.set(key, await attempt(problems, () => board.runtime === 'espruino' ? buildModule(board) : luaModule(board)))
    const bytes = known.get(key)?.bytes ?? 0
    if (bytes > board.budget.bytes) {
      problems.push({ file: 'board.json', line: 0, message: `boards.${name}.budget.bytes: ${bytes} bytes pass the budget of ${board.budget.bytes} by ${bytes - board.budget.bytes}` })
    }
  }
  return problems
}

function table(rows: SizeRow[]): string {
  const cells = [['profile', 'target', 'source', 'bundle', 'minified'],
    ...rows.map(row => [row.profile, row.target, String(row.source), String(row.bundle), String(row.minified)])]
  const widths = [0, 1, 2, 3, 4].map(column => Math.max(...cells.map(line => line[column]!.length)))
  return cells.map(line => line.map((cell, i) => i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join('  ')).join('\n')
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, entry: { type: 'string' }, out: { type: 'string' } } })
  const problems: Problem[] = []
  const boards = await attempt(problems, () => readBoards())
  const checked = await checkPipelines(values.entry, values.out ?? path.join(ROOT, '.cache/bundles'))
  problems.push(...checked.problems)
  // A look at one entry is no look at the boards.
  if (boards !== undefined && values.entry === undefined && checked.problems.length === 0) problems.push(...await checkBudgets(boards))
  if (values.json) {
    console.log(JSON.stringify({ rows: checked.rows, problems }))
  } else {
    if (checked.rows.length > 0) console.log(table(checked.rows))
    for (const one of problems) console.error(printed(one))
    if (problems.length > 0) console.error(`${problems.length} problem${problems.length === 1 ? '' : 's'}`)
  }
  process.exitCode = problems.length > 0 ? 1 : 0
}

if (process.argv[1]?.endsWith('check.ts')) await main()
