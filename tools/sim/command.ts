/** `npx yieldmq sim`: seeds against the promises, one script replayed, a page drawn. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Option, type Command } from 'commander'
import { UsageError } from '../usage.js'
import { generate, type ModemChoice, type Wanted } from './generate.js'
import { ladder } from './record.js'
import { runSeeds, type SeedsOptions } from './seeds.js'
import { FEATURE_SETS, MODEMS, PROFILES, type FeatureSet, type Profile, type Script } from './script.js'
import { workerFile } from './worker-file.js'
import { Pool } from './pool.js'
import { writeReport } from './report.js'

interface Given {
  seeds: string
  from: string
  days: string
  profile: Profile
  features: FeatureSet
  modem?: ModemChoice
  workers: string
  json: boolean
  report?: string
  keep?: string
  script?: string
  shrink: boolean
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least) throw new UsageError(`--${name} takes a whole number from ${least}, not "${text}"`)
  return value
}

function days(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 10_000)) throw new UsageError(`--days takes 0 to 10000, not "${text}"`)
  return value
}

/** One kept script: its ladder, and whether it holds. */
async function replay(file: string, given: Given): Promise<boolean> {
  const script = JSON.parse(readFileSync(file, 'utf8')) as Script
  const pool = new Pool(await workerFile(script.features), 1)
  const recording = await pool.record(script)
  await pool.end()
  if (given.report !== undefined) writeReport(given.report, recording, `npx yieldmq sim --script ${file}`, [], [])
  const { failure } = recording.result
  if (given.json) console.log(JSON.stringify({ script: file, failure: failure ?? null }))
  else {
    for (const line of ladder(recording)) console.log(line)
    console.log(failure === undefined ? `${file}: every promise kept` : `${file}: ${failure.promise} broken at ${failure.t} ms`)
  }
  return failure === undefined
}

/** The ladder of one generated seed. */
async function show(seed: number, wanted: Wanted): Promise<boolean> {
  const script = generate(seed, wanted)
  const pool = new Pool(await workerFile(script.features), 1)
  const recording = await pool.record(script)
  await pool.end()
  for (const line of ladder(recording)) console.log(line)
  return recording.result.failure === undefined
}

export function setup(command: Command): void {
  command
    .option('--seeds <n>', 'how many scenarios', '100')
    .option('--from <k>', 'the first seed', '1')
    .option('--days <d>', 'simulated days of each; 0: minutes to hours, by the seed', '0')
    .addOption(new Option('--profile <name>', 'the kind of faults').choices(PROFILES).default('mixed'))
    .addOption(new Option('--features <set>', 'the build of the core').choices(FEATURE_SETS).default('full'))
    .addOption(new Option('--modem <family>', 'through hal/at and an emulated modem of this family; all: each in turn').choices([...MODEMS, 'all']))
    .option('--workers <n>', 'threads', String(availableParallelism()))
    .option('--json', 'one JSON value on standard output, and nothing else there', false)
    .option('--report <file>', 'write one self-contained page: the timeline of the first failure, else of the first seed')
    .option('--keep <dir>', 'write shrunk scripts of failing seeds here; without it they are printed')
    .option('--script <file>', 'replay one script and print its ladder')
    .option('--ladder', 'print the ladder of the first seed')
    .option('--no-shrink', 'do not shrink failing seeds')
    .addHelpText('after', '\nExample:\n  npx yieldmq sim --seeds 2000 --profile mixed\n  npx yieldmq sim --seeds 1 --from 117 --ladder\n  npx yieldmq sim --seeds 800 --modem all\n  npx yieldmq sim --script test/sim-runner/scripts/name.json')
    .action(async (given: Given & { ladder?: boolean }) => {
      const wanted: Wanted = { profile: given.profile, features: given.features, days: days(given.days), ...(given.modem === undefined ? {} : { modem: given.modem }) }
      const from = wholeNumber('from', given.from, 0)
      let holds: boolean
      if (given.script !== undefined) holds = await replay(given.script, given)
      else if (given.ladder === true) holds = await show(from, wanted)
      else {
        const options: SeedsOptions = {
          wanted, from, count: wholeNumber('seeds', given.seeds, 1), workers: wholeNumber('workers', given.workers, 1),
          json: given.json, shrink: given.shrink, ...(given.keep === undefined ? {} : { keep: given.keep }), ...(given.report === undefined ? {} : { report: given.report })
        }
        holds = await runSeeds(options)
      }
      process.exitCode = holds ? 0 : 1
    })
}
