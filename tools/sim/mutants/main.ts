/**
 * `npm run sim:mutants [-- --json] [-- --only NAME ...] [-- --seeds N]`: each kept mutant of the core must be caught.
 * Exit status 0 when all are, within the seeds allowed.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { MUTANTS } from './list.js'
import { hunt, originalCore, type Hunted } from './hunt.js'

const SEEDS = 2000

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] }, seeds: { type: 'string', default: String(SEEDS) }, help: { type: 'boolean', default: false } }
})
if (values.help) {
  console.log('usage: npm run sim:mutants -- [--json] [--only NAME] [--seeds N]\n  Example: npm run -s sim:mutants -- --only alias-kept-over-reconnect')
} else {
  const seeds = Number(values.seeds)
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`--seeds takes a whole number above 0, not "${values.seeds}"`)
  const wanted = MUTANTS.filter((mutant) => values.only.length === 0 || values.only.includes(mutant.name))
  if (wanted.length === 0) throw new Error(`no mutant is named ${values.only.join(' or ')}`)
  const results: Hunted[] = []
  const original = await originalCore()
  for (const mutant of wanted) {
    const started = performance.now()
    const result = await hunt(mutant, seeds, availableParallelism(), original)
    results.push(result)
    console.error(`${result.mutant}: ${result.caught ? `${result.promise}, ${result.seedsNeeded} seeds` : 'not caught'}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  await original.end()
  if (values.json) console.log(JSON.stringify(results.map(({ mutant, caught, seedsNeeded }) => ({ mutant, caught, seedsNeeded }))))
  else {
    const table = new Table({ head: ['mutant', 'caught', 'seeds', 'by'], style: { head: [], border: [] } })
    for (const one of results) table.push([one.mutant, one.caught ? 'yes' : 'NO', one.seedsNeeded, one.promise])
    console.log(table.toString())
  }
  process.exitCode = results.every((one) => one.caught) ? 0 : 1
}
