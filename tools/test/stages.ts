/**
 * What `npm test` runs: the stages, their commands and their time limits. A stage is a list of commands run one after
 * the other; `run.ts` decides which stages go side by side.
 */
import { existsSync, readFileSync } from 'node:fs'
import { projectFiles } from './files.js'

export interface Stage {
  name: string
  /** One line for the summary. */
  what: string
  /** Each with its arguments. */
  commands: string[][]
  /** For the whole stage. */
  limitMs: number
  /** The vitest JSON file that it writes. */
  results?: string
  /** It needs the programs of native.ts. */
  native?: boolean
}

/** Where logs and vitest's JSON results go. */
export const resultsFolder = '.cache/test'

/** Suites with native programs, and suites under the real Espruino interpreter. */
export const nativeFolder = 'test/native'
export const espruinoFolder = 'test/espruino'

const minute = 60_000
const node = process.execPath

function vitest(name: string, args: string[]): string[] {
  return [node, 'node_modules/vitest/vitest.mjs', 'run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${resultsFolder}/${name}.json`]
}

/** Every tsconfig that type-checks something: bases are extended only, and a solution file names no files. */
export function typeProjects(): string[] {
  return projectFiles().filter((path) => {
    if (!/(^|\/)tsconfig[^/]*\.json$/.test(path)) return false
    if (/tsconfig\.base\.json$|^test\/lint\/fixtures\//.test(path)) return false
    return !/"files"\s*:\s*\[\s*\]/.test(readFileSync(path, 'utf8'))
  }).sort()
}

/** Every stage that this checkout has, in the order of the summary. */
export function allStages(): Stage[] {
  const stages: Stage[] = [
    { name: 'lint', what: 'eslint with the dialect rules; the repository checks', limitMs: 5 * minute, commands: [
      [node, 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'],
      [node, 'tools/build/run.mjs', 'tools/lint/repository-main.ts']
    ] },
    { name: 'types', what: 'tsc on every tsconfig', limitMs: 5 * minute,
      commands: typeProjects().map((path) => [node, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', path]) },
    { name: 'pipelines', what: 'firmware/ through the Node, Espruino and Lua pipelines', limitMs: 5 * minute,
      commands: [['npm', 'run', '-s', 'check:pipelines']] },
    { name: 'unit', what: 'vitest without native programs', limitMs: 10 * minute, results: `${resultsFolder}/unit.json`,
      // vitest alone would leave one of the processors to itself, and it has little to do.
      commands: [vitest('unit', ['--maxWorkers=100%', '--exclude', `${nativeFolder}/**`, '--exclude', `${espruinoFolder}/**`])] }
  ]
  if (existsSync(nativeFolder)) {
    stages.push({ name: 'native', what: 'vitest with mosquitto, lua5.1 and lua5.3', limitMs: 10 * minute, native: true,
      results: `${resultsFolder}/native.json`, commands: [vitest('native', ['--maxWorkers=100%', nativeFolder])] })
  }
  if (existsSync(espruinoFolder)) {
    stages.push({ name: 'espruino', what: 'vitest under the real Espruino interpreter', limitMs: 10 * minute,
      results: `${resultsFolder}/espruino.json`, commands: [vitest('espruino', [espruinoFolder])] })
  }
  return stages
}
