/** Many seeds: the run, the progress bar, the table, and what is printed of each failure. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import { workerFile } from './worker-file.js'
import { generate, type Wanted } from './generate.js'
import { Pool, type SeedResult } from './pool.js'
import { writeReport, type Tally } from './report.js'
import type { Script } from './script.js'
import { shrink } from './shrink.js'

export interface SeedsOptions {
  wanted: Wanted
  from: number
  count: number
  workers: number
  json: boolean
  shrink: boolean
  /** Folder for shrunk scripts. */
  keep?: string
  /** File for the page. */
  report?: string
}

/** Failing seeds that are shrunk, and those that are printed; the rest is only counted. */
const SHRUNK = 3
const PRINTED = 20

/** The command that runs one seed again. */
export function replayCommand(seed: number, wanted: Wanted): string {
  const days = wanted.days > 0 ? ` --days ${wanted.days}` : ''
  const modem = wanted.modem === undefined ? '' : ` --modem ${wanted.modem}`
  return `npx yieldmq sim --seeds 1 --from ${seed} --profile ${wanted.profile} --features ${wanted.features}${modem}${days}`
}

function tallies(results: readonly SeedResult[]): Tally[] {
  const names = [...new Set(results.map((one) => one.profile))].sort()
  return names.map((profile) => {
    const own = results.filter((one) => one.profile === profile)
    return {
      profile, seeds: own.length, failed: own.filter((one) => one.result.failure !== undefined).length,
      days: own.reduce((sum, one) => sum + one.result.ms, 0) / 86_400_000, accepted: own.reduce((sum, one) => sum + one.result.accepted, 0)
    }
  })
}

function printTable(results: readonly SeedResult[]): void {
  const table = new Table({ head: ['profile', 'seeds', 'failed', 'device days', 'publishes'], style: { head: [], border: [] } })
  for (const one of tallies(results)) table.push([one.profile, one.seeds, one.failed, one.days.toFixed(1), one.accepted])
  console.log(table.toString())
}

function printBroken(failures: readonly SeedResult[]): void {
  if (failures.length === 0) return
  const table = new Table({ head: ['promise', 'seeds', 'the first'], style: { head: [], border: [] } })
  for (const promise of new Set(failures.map((one) => one.result.failure!.promise))) {
    const own = failures.filter((one) => one.result.failure!.promise === promise).map((one) => one.seed)
    table.push([promise, own.length, own.slice(0, 8).join(' ')])
  }
  console.log(table.toString())
}

async function explainFailure(one: SeedResult, options: SeedsOptions, pool: Pool, nth: number): Promise<void> {
  const failure = one.result.failure!
  const say = (line: string): void => {
    if (!options.json) console.log(line)
  }
  say(`\nseed ${one.seed} (${one.profile}): ${failure.promise} at ${failure.t} ms\n  ${failure.detail}\n  ${replayCommand(one.seed, options.wanted)}`)
  if (options.json && options.keep === undefined || !options.shrink || nth >= SHRUNK || failure.promise === 'no-hang') return
  const shrunk = await shrink(generate(one.seed, options.wanted), one.result, (script) => pool.run(script))
  const text = JSON.stringify(shrunk.script, undefined, 2) + '\n'
  say(`  shrunk in ${shrunk.runs} runs to ${shrunk.script.events.length} events: ${shrunk.result.failure!.detail}`)
  if (options.keep === undefined) {
    say(text)
    return
  }
  const file = path.join(options.keep, `${failure.promise}-${one.profile}-${one.seed}.json`)
  mkdirSync(options.keep, { recursive: true })
  writeFileSync(file, text)
  say(`  written to ${file}; replay: npx yieldmq sim --script ${file}`)
}

/** The page: the first failure, else the first seed. */
async function drawReport(file: string, results: readonly SeedResult[], options: SeedsOptions, pool: Pool): Promise<void> {
  const seed = results.find((one) => one.result.failure !== undefined)?.seed ?? options.from
  const script: Script = generate(seed, options.wanted)
  writeReport(file, await pool.record(script), replayCommand(seed, options.wanted), results.length > 1 ? tallies(results) : [], results)
}

/** True when every promise was kept in every seed. */
export async function runSeeds(options: SeedsOptions): Promise<boolean> {
  const { wanted, from, count, json } = options
  const started = performance.now()
  const pool = new Pool(await workerFile(wanted.features), Math.min(options.workers, count))
  const results: SeedResult[] = []
  let failed = 0
  const bar = process.stderr.isTTY ? new SingleBar({ format: 'sim [{bar}] {value}/{total} seeds, {rate}/s, {failed} failed', stream: process.stderr }) : undefined
  bar?.start(count, 0, { rate: 0, failed: 0 })
  await pool.seeds(from, count, wanted, false, (result) => {
    results.push(result)
    if (result.result.failure !== undefined) failed += 1
    bar?.update(results.length, { rate: Math.round(results.length * 1000 / (performance.now() - started)), failed })
  })
  bar?.stop()
  const seconds = (performance.now() - started) / 1000
  results.sort((a, b) => a.seed - b.seed)
  const failures = results.filter((one) => one.result.failure !== undefined)
  for (const [i, one] of failures.slice(0, PRINTED).entries()) await explainFailure(one, options, pool, i)
  if (options.report !== undefined) await drawReport(options.report, results, options, pool)
  await pool.end()
  const deviceDays = results.reduce((sum, one) => sum + one.result.ms, 0) / 86_400_000
  if (json) {
    console.log(JSON.stringify({
      seeds: count, failures: failures.map((one) => ({ seed: one.seed, promise: one.result.failure!.promise, replay: replayCommand(one.seed, wanted) })),
      deviceDays: Number(deviceDays.toFixed(2)), seconds: Number(seconds.toFixed(2))
    }))
  } else {
    printTable(results)
    printBroken(failures)
    console.log(`${count} seeds, ${failures.length} failed, ${deviceDays.toFixed(1)} device days in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)} seeds/s, ${options.workers} workers)`)
  }
  return failures.length === 0
}
