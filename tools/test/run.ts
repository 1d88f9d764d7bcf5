/**
 * `npm test`: every check of the project, on a fresh machine.
 *
 *   npm test                        everything; missing native programs are installed as root on Debian
 *   npm test -- --without-native    leaves out the suites that need them, and says so at the end
 *   npm test -- --only unit,types   some stages; the others are listed as not run
 *   npm run test:espruino           the suites under the interpreter that ESPRUINO_BIN names
 *
 * All stages run even if an early one fails. A green stage is one line; a red one shows the end of its log. Nothing is
 * left out without being named, and a test that vitest skipped is a failure.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { countTests, type Counts } from './counts.js'
import { endAll, execute } from './execute.js'
import { missingInterpreter } from './espruino.js'
import { canInstall, installMissing, missingPrograms, nativePath } from './native.js'
import { allStages, espruinoFolder, nativeFolder, resultsFolder, type Stage } from './stages.js'

interface Outcome { name: string; ok: boolean; ms: number; note: string }

const logLinesShown = 120
const knownStages = ['lint', 'types', 'pipelines', 'unit', 'native', 'espruino', 'requirements']

const started = Date.now()
const args = process.argv.slice(2)
const withoutNative = args.includes('--without-native')
const only = onlyStages()
const env = { ...process.env, PATH: nativePath(), FORCE_COLOR: '0', NO_COLOR: '1' }
const outcomes: Outcome[] = []
const notRun: string[] = []

function onlyStages(): string[] {
  const at = args.indexOf('--only')
  const names = at < 0 ? [] : (args[at + 1] ?? '').split(',')
  const known = ['--only', '--without-native', ...(at < 0 ? [] : [args[at + 1]])]
  const strange = [...args.filter((arg) => !known.includes(arg)), ...names.filter((name) => !knownStages.includes(name))]
  if (strange.length > 0 || (at >= 0 && names.length === 0)) {
    console.error(`npm test does not know ${strange.join(', ')}. It takes --without-native, and --only with some of: ${knownStages.join(', ')}.`)
    process.exit(2)
  }
  return names
}

function say(line: string): void {
  process.stdout.write(line + '\n')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function countsOf(stage: Stage): Counts {
  if (stage.results === undefined) return { note: '', problem: '' }
  if (!existsSync(stage.results)) return { note: '', problem: `wrote no ${stage.results}` }
  return countTests(readFileSync(stage.results, 'utf8'))
}

async function runStage(stage: Stage): Promise<void> {
  const begun = Date.now()
  const log = `${resultsFolder}/${stage.name}.log`
  rmSync(log, { force: true })
  if (stage.results !== undefined) rmSync(stage.results, { force: true })
  const problems: string[] = []
  for (const command of stage.commands) {
    const left = stage.limitMs - (Date.now() - begun)
    const problem = left > 0 ? await execute(command, log, left, env) : `over the stage's limit of ${stage.limitMs / 1000} s`
    if (problem.length > 0) problems.push(`${command.slice(1).join(' ')}: ${problem}`)
  }
  const counts = countsOf(stage)
  if (counts.problem.length > 0) problems.push(counts.problem)
  const ok = problems.length === 0
  report({ name: stage.name, ok, ms: Date.now() - begun, note: ok ? counts.note || stage.what : counts.note })
  if (ok) return
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []
  if (lines.length > logLinesShown) say(`    ... the last ${logLinesShown} of ${lines.length} lines of ${log}:`)
  for (const line of lines.slice(-logLinesShown)) say(`    ${line}`)
  for (const problem of problems) say(`    ${stage.name}: ${problem}`)
}

function report(outcome: Outcome): void {
  outcomes.push(outcome)
  say(`${outcome.ok ? 'ok  ' : 'FAIL'}  ${outcome.name.padEnd(13)}${seconds(outcome.ms).padStart(8)}  ${outcome.note}`)
}

/** The machine's part of the native stage. True when the native suites can run. */
function prepareNative(): boolean {
  const begun = Date.now()
  let missing = missingPrograms()
  if (missing.length === 0) return true
  let said = ''
  if (canInstall()) {
    say(`      installing ${[...new Set(missing.map((program) => program.pkg))].join(', ')}`)
    said = installMissing(missing)
    missing = missingPrograms()
    if (missing.length === 0) return true
  }
  report({ name: 'native', ok: false, ms: Date.now() - begun, note: `missing: ${missing.map((program) => program.name).join(', ')}` })
  say(`    The suites in ${nativeFolder} need ${missing.map((program) => program.name).join(', ')}.`)
  say(`    On Debian: apt-get install ${[...new Set(missing.map((program) => program.pkg))].join(' ')}`)
  say('    To run everything else: npm test -- --without-native')
  if (said.length > 0) say(`    ${said.replaceAll('\n', '\n    ')}`)
  notRun.push(`${nativeFolder}: it needs ${missing.map((program) => program.name).join(', ')}`)
  return false
}

function isWanted(name: string): boolean {
  return only.length === 0 || only.includes(name)
}

async function main(): Promise<void> {
  mkdirSync(resultsFolder, { recursive: true })
  const stages = allStages()
  const due: Stage[] = []
  const leftOut: string[] = []
  for (const name of only) {
    if (name !== 'requirements' && !stages.some((stage) => stage.name === name)) report({ name, ok: false, ms: 0, note: 'this checkout has no such suites' })
  }
  for (const stage of stages) {
    if (!isWanted(stage.name)) {
      leftOut.push(stage.name)
    } else if (stage.native === true) {
      if (withoutNative) notRun.push(`${nativeFolder}: left out by --without-native`)
      else if (prepareNative()) due.push(stage)
    } else if (stage.name === 'espruino' && missingInterpreter() !== '') {
      const why = `${espruinoFolder}: ESPRUINO_BIN does not name an Espruino Linux binary`
      if (only.length === 0) notRun.push(why)
      else {
        report({ name: stage.name, ok: false, ms: 0, note: why })
        say(`    ${missingInterpreter()}`)
      }
    } else if (stage.name === 'espruino' && only.length === 0) {
      notRun.push(`${espruinoFolder}: npm run test:espruino runs it`)
    } else {
      due.push(stage)
    }
  }
  // The compilers side by side, two at a time; then the suites, each with the machine to itself.
  const compilers = due.filter((stage) => stage.results === undefined)
  const suites = due.filter((stage) => stage.results !== undefined)
  await Promise.all([0, 1].map(async () => {
    for (let stage = compilers.shift(); stage !== undefined; stage = compilers.shift()) await runStage(stage)
  }))
  for (const stage of suites) await runStage(stage)
  if (isWanted('requirements')) {
    const unrun = notRun.some((line) => line.startsWith(nativeFolder)) ? ['--not-run', nativeFolder] : []
    await runStage({ name: 'requirements', what: 'every requirement due has a passing test', limitMs: 60_000,
      commands: [[process.execPath, 'tools/build/run.mjs', 'tools/trace/index.ts', '--check', '--no-run', ...unrun]] })
  } else {
    leftOut.push('requirements')
  }
  if (leftOut.length > 0) notRun.push(`${leftOut.join(', ')}: left out by --only`)
  if (outcomes.length === 0) report({ name: 'nothing', ok: false, ms: 0, note: 'no stage was run' })
  const failed = outcomes.filter((outcome) => !outcome.ok)
  for (const line of notRun) say(`not run: ${line}`)
  say(failed.length === 0
    ? `All ${outcomes.length} stages passed in ${seconds(Date.now() - started)}.`
    : `FAILED: ${failed.map((outcome) => outcome.name).join(', ')} (${outcomes.length - failed.length} of ${outcomes.length} stages passed, ${seconds(Date.now() - started)})`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    endAll()
    say(`stopped by ${signal}`)
    process.exit(130)
  })
}
await main()
