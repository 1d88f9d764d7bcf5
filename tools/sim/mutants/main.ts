/**
 * `npm run sim:mutants [-- --json] [-- --only NAME ...] [-- --seeds N] [-- --profile P]`: each kept mutant of the core must
 * be caught by a promise that says what is wrong with it. Exit status 0 when all are, within the seeds allowed.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import type { Pool } from '../pool.js'
import { PROFILES, type FeatureSet, type Profile } from '../script.js'
import { MUTANTS } from './list.js'
import { hunt, originalCore, type Hunted } from './hunt.js'
import { BLUNT } from './mutant.js'

const SEEDS = 2000

const HELP = `usage: npm run sim:mutants -- [--json] [--only NAME] [--seeds N] [--profile ${PROFILES.join('|')}]
  --profile: scenarios of this profile for all, and not of the one in which each shows soonest
  Example: npm run -s sim:mutants -- --only alias-kept-over-reconnect`

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] }, seeds: { type: 'string', default: String(SEEDS) },
    profile: { type: 'string' }, help: { type: 'boolean', default: false }
  }
})

/** What else is to be said: of promises that say only that something is wrong, and of those that were not meant. */
function remark(one: Hunted): string {
  const others = one.others.map((name) => (BLUNT.includes(name) ? `${name} (does not say what is wrong)` : name)).join(', ')
  if (one.caught) return others === '' ? '' : `before it: ${others}`
  return others === '' ? 'no promise noticed' : `only by: ${others}`
}

async function main(): Promise<void> {
  const seeds = Number(values.seeds)
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`--seeds takes a whole number above 0, not "${values.seeds}"`)
  const profile = PROFILES.find((name) => name === values.profile) as Profile | undefined
  if (values.profile !== undefined && profile === undefined) throw new Error(`--profile takes ${PROFILES.join(', ')}, not "${values.profile}"`)
  for (const name of values.only) if (!MUTANTS.some((mutant) => mutant.name === name)) throw new Error(`no mutant is named ${name}`)
  const wanted = MUTANTS.filter((mutant) => values.only.length === 0 || values.only.includes(mutant.name))
  const results: Hunted[] = []
  const begun = performance.now()
  const originals = new Map<FeatureSet, Pool>()
  for (const mutant of wanted) {
    const started = performance.now()
    const features = mutant.features ?? 'full'
    const original = originals.get(features) ?? await originalCore(features)
    originals.set(features, original)
    const result = await hunt(mutant, seeds, availableParallelism(), original, profile)
    results.push(result)
    console.error(`${result.mutant}: ${result.caught ? result.promise : 'NOT CAUGHT'}, ${result.seedsNeeded} seeds, ${((performance.now() - started) / 1000).toFixed(1)} s${remark(result) === '' ? '' : `; ${remark(result)}`}`)
  }
  for (const original of originals.values()) await original.end()
  if (values.json) console.log(JSON.stringify(results.map(({ mutant, caught, seedsNeeded, promise }) => ({ mutant, caught, seedsNeeded, promise }))))
  else {
    const table = new Table({ head: ['mutant', 'caught', 'seeds', 'by', ''], style: { head: [], border: [] } })
    for (const one of results) table.push([one.mutant, one.caught ? 'yes' : 'NO', one.seedsNeeded, one.promise, remark(one)])
    console.log(table.toString())
    console.log(`${results.filter((one) => one.caught).length} of ${results.length} mutants caught, ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  }
  process.exitCode = results.every((one) => one.caught) ? 0 : 1
}

if (values.help) console.log(HELP)
else await main()
