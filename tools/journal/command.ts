/** `npx yieldmq journal-cuts`: a power cut at every single write of a run with a journal, and what became of the promises. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import { cutEverywhere, PLACES, type Traffic } from './cuts.js'

interface Given {
  messages: number
  traffic: Traffic
  turns?: boolean
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
    .option('--messages <n>', 'messages of 64 bytes in a run, in each direction that the traffic has', count, 200)
    .addOption(new Option('--traffic <kind>', 'what a run publishes and receives').choices(Object.keys(WHAT)).default('both'))
    .option('--turns', `each write in one of the ${PLACES.length} ways by turns, not in all of them`)
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', `
Example, some seconds:
  $ npx yieldmq journal-cuts --messages 10
The run of 200 messages takes some minutes, with --turns less than one.`)
    .action(run)
}

function run({ messages, traffic, turns, json }: Given): void {
  const rows = []
  const failures = []
  for (const version of VERSIONS) {
    const bar = process.stderr.isTTY ? new cliProgress.SingleBar({ format: `${nameOf(version)} {bar} {value}/{total} cuts, {eta_formatted} left` }) : undefined
    let started = false
    const total = cutEverywhere({ version, traffic, messages }, turns === true, (done, of) => {
      if (!started) bar?.start(of, 0)
      started = true
      bar?.update(done)
    })
    bar?.stop()
    const { writes, cuts, lost, doubled } = total
    rows.push({ version, writes, cuts, lost, doubled, failed: total.failures.length })
    failures.push(...total.failures)
  }
  if (json === true) console.log(JSON.stringify({ messages, traffic, rows, failures }))
  else {
    console.log(`${messages} messages, ${WHAT[traffic]}; each write is cut ${turns === true ? 'in one way, in turns' : `in ${PLACES.length} ways`}: ${PLACES.map(({ name }) => name).join('; ')}.`)
    const table = new Table({ head: ['version', 'writes', 'cuts', 'messages lost', 'doubled', 'runs with a broken promise'], style: { head: [], border: [], compact: true } })
    for (const row of rows) table.push([nameOf(row.version), row.writes, row.cuts, row.lost, row.doubled, row.failed])
    console.log(table.toString())
    for (const { version, write, place, broken } of failures.slice(0, FAILURES_SHOWN)) console.log(`${nameOf(version)}, write ${write}, ${place}: ${broken.join('; ')}`)
    if (failures.length > FAILURES_SHOWN) console.log(`and ${failures.length - FAILURES_SHOWN} runs more: --json has them all`)
  }
  if (failures.length > 0) process.exitCode = 1
}

function nameOf(version: number): string {
  return version === 5 ? '5.0' : '3.1.1'
}
