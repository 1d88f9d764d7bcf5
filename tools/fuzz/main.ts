/** `npm run fuzz`: mutation guided by coverage. Exit status 1 when something was found. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError, Option } from 'commander'
import { Coverage } from './coverage.js'
import { failureOf, fuzz, nameOf, type Fuzzed } from './engine.js'
import { TARGETS } from './targets/index.js'

interface Given {
  seconds: number
  target?: string
  seed: number
  out: string
  corpus: string
  keep?: boolean
  replay?: string
  json?: boolean
}

function positive(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('A whole number above 0.')
  return n
}

function readCorpus(folder: string): Uint8Array[] {
  return existsSync(folder) ? readdirSync(folder).sort().map((name) => new Uint8Array(readFileSync(path.join(folder, name)))) : []
}

const program = new Command('fuzz')
  .description(`Mutates inputs and keeps those that reach new code. Targets:\n${TARGETS.map(({ name, what }) => `  ${name}: ${what}`).join('\n')}`)
  .requiredOption('--seconds <n>', 'time for all targets together', positive, 60)
  .addOption(new Option('--target <name>', 'this one alone').choices(TARGETS.map(({ name }) => name)))
  .option('--seed <n>', 'of the mutations', positive, 1)
  .option('--out <folder>', 'where findings are written', '.cache/fuzz')
  .option('--corpus <folder>', 'inputs to start from', 'test/fuzz/corpus')
  .option('--keep', 'write inputs that reach new code back to the corpus')
  .option('--replay <file>', 'run one input of --target, and say what happens')
  .option('--json', 'one JSON value on standard output')
  .addHelpText('after', '\nExample:\n  npm run fuzz -- --seconds 60 --target stream')

const given = program.parse().opts<Given>()
const targets = TARGETS.filter(({ name }) => given.target === undefined || name === given.target)

if (given.replay !== undefined) {
  if (given.target === undefined) program.error('--replay needs --target')
  const failure = failureOf(targets[0]!, new Uint8Array(readFileSync(given.replay)))
  console.log(failure === undefined ? 'passes' : failure.stack)
  process.exit(failure === undefined ? 0 : 1)
}

const coverage = new Coverage((url) => url.includes('tools.fuzz.main'))
const bar = process.stderr.isTTY && given.json !== true ? new SingleBar({ format: '{target} [{bar}] {value} s | {runs} runs, {corpus} kept, {blocks} blocks, {findings} findings', stream: process.stderr, fps: 1 }) : undefined
const done: Fuzzed[] = []
for (const target of targets) {
  const seconds = given.seconds / targets.length
  const begun = performance.now()
  const start = readCorpus(path.join(given.corpus, target.name))
  bar?.start(Math.ceil(seconds), 0, { target: target.name, runs: 0, corpus: 0, blocks: 0, findings: 0 })
  let last = 0
  const result = fuzz(target, { seconds, seed: given.seed, corpus: start, coverage, progress: (state) => {
    const now = performance.now()
    if (bar === undefined || now - last < 1000) return
    last = now
    bar.update(Math.floor((now - begun) / 1000), { target: target.name, runs: state.runs, corpus: state.corpus.length, blocks: coverage.size, findings: state.findings.length })
  } })
  bar?.stop()
  done.push(result)
  const folder = path.join(given.out, target.name)
  mkdirSync(folder, { recursive: true })
  for (const { name, input, message, stack } of result.findings) {
    const file = path.join(folder, name)
    writeFileSync(file, input)
    writeFileSync(`${file}.txt`, `${message}\n\nnpm run fuzz -- --target ${target.name} --replay ${file}\n\n${stack}\n`)
  }
  if (given.keep === true) {
    const kept = path.join(given.corpus, target.name)
    mkdirSync(kept, { recursive: true })
    for (const input of result.corpus) writeFileSync(path.join(kept, nameOf(input)), input)
  }
}
coverage.stop()
const found = done.flatMap(({ findings }) => findings)
const rows = done.map(({ target, runs, corpus, findings }) => ({
  target, runs, corpus: corpus.length,
  findings: findings.map(({ name, message }) => ({ message, replay: `npm run fuzz -- --target ${target} --replay ${path.join(given.out, target, name)}` }))
}))
if (given.json === true) console.log(JSON.stringify({ seconds: given.seconds, seed: given.seed, targets: rows }))
else {
  for (const { target, runs, corpus, findings } of rows) {
    console.log(`${target}: ${runs} runs, ${corpus} inputs kept, ${findings.length} findings`)
    for (const { message, replay } of findings) console.log(`  ${message.split('\n')[0]}\n    ${replay}`)
  }
}
process.exitCode = found.length > 0 ? 1 : 0
