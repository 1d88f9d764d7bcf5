/**
 * `npm run trace`: every requirement with the tests that passed for it, and the requirements with none.
 *
 *   npm run trace                       a table; the suites run first when their results are missing or old
 *   npm run -s trace -- --json          [{"id","tests","passed","page"}], one row for each id, nothing else
 *   npm run trace -- --require S1-07,S1-08   or a JSON file with a list: these ids instead of required.json's
 *   --check     prints only what is wrong         --no-run   takes the results that are there
 *   --not-run FOLDER   the suites of FOLDER were left out: their ids are named, not counted as missing
 *
 * Exit status 0 only when docs/requirements.md is whole and every required id has a passing test and no failing one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { nativeFolder } from '../test/stages.js'
import { readRequirements } from './requirements.js'
import { byRequirement, idsInSuites, readResults, resultState, type TestResult } from './results.js'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'no-run': { type: 'boolean', default: false },
    'not-run': { type: 'string', multiple: true, default: [] },
    require: { type: 'string' }
  }
})

/** Ten minutes for each of the suites that it may have to run. */
const runLimitMs = 1_200_000

const dueIds = 'tools/trace/required.json'

function requiredIds(): string[] {
  const given = options.require ?? dueIds
  return existsSync(given) ? JSON.parse(readFileSync(given, 'utf8')) as string[] : given.split(',').map((id) => id.trim())
}

/** Runs the suites whose results are missing or old; what they print goes to standard error. */
function refresh(): void {
  const state = resultState()
  const due = [...state.missing, ...state.stale].filter((stage) => stage.name !== 'espruino' || (process.env.ESPRUINO_BIN ?? '') !== '')
  if (due.length === 0 || options['no-run']) return
  const names = due.map((stage) => stage.name).join(',')
  process.stderr.write(`trace: results are missing or older than the sources; running ${names}\n`)
  const run = spawnSync(process.execPath, ['tools/build/run.mjs', 'tools/test/run.ts', '--only', names], { stdio: ['ignore', 2, 2], timeout: runLimitMs })
  if (run.error !== undefined) throw run.error
}

interface Row { id: string; tests: number; passed: number; page: string | null }

function print(rows: Row[], tests: Map<string, TestResult[]>): void {
  for (const row of rows) {
    process.stdout.write(`${row.id.padEnd(10)} ${String(row.passed).padStart(3)} of ${String(row.tests).padStart(3)}  ${row.page ?? '-'}\n`)
    for (const test of tests.get(row.id) ?? []) process.stdout.write(`             ${test.passed ? 'passed' : 'FAILED'}  ${test.title}\n`)
  }
  const none = rows.filter((row) => row.passed === 0).map((row) => row.id)
  process.stdout.write(`\n${rows.length - none.length} of ${rows.length} requirements have a passing test.\n`)
  if (none.length > 0) process.stdout.write(`None yet: ${none.join(' ')}\n`)
}

refresh()
const { requirements, problems } = readRequirements()
const state = resultState()
// An older run's results of suites that this run left out show nothing about it.
const seen = state.usable.filter((stage) => !(stage.native === true && options['not-run'].includes(nativeFolder)))
const tests = byRequirement(readResults(seen))
const rows: Row[] = requirements.map(({ id, page }) => {
  const own = tests.get(id) ?? []
  return { id, tests: own.length, passed: own.filter((test) => test.passed).length, page }
})

for (const stage of state.missing) {
  if (stage.name !== 'espruino') process.stderr.write(`trace: ${stage.results} does not exist, so its tests count as not passed; npm test writes it\n`)
}
for (const stage of state.stale) {
  if (options['no-run']) process.stderr.write(`trace: ${stage.results} is older than the sources; npm test writes it anew\n`)
}
const known = new Set(requirements.map((requirement) => requirement.id))
for (const id of tests.keys()) {
  if (!known.has(id)) problems.push(`a test carries [${id}], which docs/requirements.md does not list`)
}
const leftOut = new Set(options['not-run'].flatMap((folder) => [...idsInSuites(folder)]))
const uncovered: string[] = []
const unseen: string[] = []
for (const id of requiredIds()) {
  const row = rows.find((candidate) => candidate.id === id)
  if (row === undefined) problems.push(`${id} is required and not in docs/requirements.md`)
  else if (row.passed < row.tests) problems.push(`${id}: ${row.tests - row.passed} of its ${row.tests} tests did not pass`)
  else if (row.passed === 0) (leftOut.has(id) ? unseen : uncovered).push(id)
}
if (uncovered.length > 0) problems.push(`required, but without a passing test: ${uncovered.join(' ')}`)

if (options.json) process.stdout.write(JSON.stringify(rows) + '\n')
else if (!options.check) print(rows, tests)
if (unseen.length > 0) process.stderr.write(`trace: not shown by this run, their suites were left out: ${unseen.join(' ')}\n`)
for (const problem of problems) process.stderr.write(`trace: ${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
