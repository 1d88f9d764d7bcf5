/** `npx yieldmq journal-cuts`: a power cut at every single write of runs with a journal, and what became of the promises. */
import { InvalidArgumentError, type Command } from 'commander'
import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import { cutEverywhere, PLACES, type Traffic } from './cuts.js'

interface Given {
  messages: number
  only?: string
  all?: boolean
  json?: boolean
}

const WHAT: Record<Traffic, string> = { qos1: 'QoS 1 out', qos2: 'QoS 2 out', in2: 'QoS 2 in', both: 'QoS 1 and 2 out, QoS 2 in' }
const VERSIONS = [4, 5] as const
const FAILURES_SHOWN = 5

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 10000) throw new InvalidArgumentError('a whole number from 1 to 10000 is expected.')
  return value
}

export function setup(command: Command): void {
  command
    .summary('cut the power at every write of the journal and look for what was promised')
    .option('--messages <n>', 'messages of 64 bytes in a run', count, 200)
    .option('--only <traffic>', `one of ${Object.keys(WHAT).join(', ')}`)
    .option('--all', `each write in all ${PLACES.length} ways, not in one of them by turns`)
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample, some seconds:\n  $ npx yieldmq journal-cuts --messages 10\nRuns of 200 messages take some minutes; --all takes eight times as long.')
    .action((given: Given) => {
      if (given.only !== undefined && !(given.only in WHAT)) command.error(`error: --only takes one of ${Object.keys(WHAT).join(', ')}, not "${given.only}"`, { exitCode: 2 })
      run(given)
    })
}

function run({ messages, only, all, json }: Given): void {
  const rows = []
  const failures = []
  for (const version of VERSIONS) {
    for (const traffic of Object.keys(WHAT) as Traffic[]) {
      if (only !== undefined && only !== traffic) continue
      const bar = process.stderr.isTTY ? new cliProgress.SingleBar({ format: `${version === 4 ? '3.1.1' : '5.0'} ${WHAT[traffic]} {bar} {value}/{total} cuts` }) : undefined
      let started = false
      const total = cutEverywhere({ version, traffic, messages }, PLACES, all !== true, (done, of) => {
        if (!started) bar?.start(of, 0)
        started = true
        bar?.update(done)
      })
      bar?.stop()
      rows.push({ version, traffic, writes: total.writes, cuts: total.runs, failed: total.failures.length })
      failures.push(...total.failures)
    }
  }
  if (json === true) console.log(JSON.stringify({ messages, rows, failures }))
  else {
    const table = new Table({ head: ['version', 'traffic', 'writes of a run', 'cuts', 'promises broken'], style: { head: [], border: [], compact: true } })
    for (const row of rows) table.push([row.version === 4 ? '3.1.1' : '5.0', WHAT[row.traffic], row.writes, row.cuts, row.failed])
    console.log(table.toString())
    console.log(`Each write is cut ${all === true ? `${PLACES.length} times` : 'once, in turns'}: nothing, 1, 40 or all of its bytes arrive, the old value stays, or others follow.`)
    for (const { plan, broken } of failures.slice(0, FAILURES_SHOWN)) console.log(`${JSON.stringify(plan)}: ${broken.join('; ')}`)
  }
  if (failures.length > 0) process.exitCode = 1
}
