/** `npx yieldmq differential`: the same traces through every runtime that the machine has. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { ROOT } from '../build/root.js'
import { randomTrace } from './generate.js'
import { allRuntimes, buildDriver, compare, type Difference } from './runtimes.js'

/** Where the kept traces lie. */
export const TRACES = path.join(ROOT, 'test/differential/traces')

export function keptTraces(): { name: string; text: string }[] {
  return readdirSync(TRACES).filter((name) => name.endsWith('.trace')).sort().map((name) => ({ name, text: readFileSync(path.join(TRACES, name), 'latin1') }))
}

interface Given { seeds: string; from: string; json?: boolean }

/** Traces given to a runtime at a time. */
const AT_A_TIME = 50

export function setup(command: Command): void {
  command
    .option('--seeds <n>', 'random traces beside the kept ones', '0')
    .option('--from <k>', 'the first seed', '1')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample: npx yieldmq differential --seeds 200')
    .action(async (given: Given) => {
      const runtimes = await allRuntimes(await buildDriver())
      const from = Number(given.from)
      const all = [...keptTraces(), ...Array.from({ length: Number(given.seeds) }, (_one, i) => ({ name: `seed ${from + i}`, text: '' }))]
      let found: Difference | undefined
      let lines = 0
      let run = 0
      for (let i = 0; i < all.length && found === undefined; i += AT_A_TIME) {
        const part = all.slice(i, i + AT_A_TIME)
        const result = await compare(runtimes, part.map((one) => (one.text === '' ? randomTrace(Number(one.name.slice(5))) : one.text)))
        lines += result.lines
        run += part.length
        if (result.difference !== undefined) found = { ...result.difference, trace: i + result.difference.trace }
      }
      const ran = runtimes.filter((one) => one.run !== undefined).map((one) => one.name)
      const left = runtimes.filter((one) => one.run === undefined).map((one) => ({ name: one.name, why: one.missing }))
      process.exitCode = found === undefined ? 0 : 1
      if (given.json === true) {
        console.log(JSON.stringify({ traces: run, lines, runtimes: ran, notRun: left, difference: found === undefined ? null : { ...found, trace: all[found.trace]!.name } }))
        return
      }
      console.log(`${run} traces, ${lines} lines each on: ${ran.join(', ')}`)
      for (const one of left) console.log(`not run: ${one.name}: ${one.why}`)
      if (found === undefined) console.log('every line is the same')
      else console.log([`DIFFERENT: ${all[found.trace]!.name}, line ${found.line}`, ...found.before.map((one) => `    ${one}`), `${ran[0]}: ${found.expected}`, `${found.runtime}: ${found.actual}`].join('\n'))
    })
}
