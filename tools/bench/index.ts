/**
 * `npm run bench [-- --json] [-- --only NAME ...] [-- --rounds N] [-- --messages N] [-- --warmup N]`
 *
 * Exit status 0 when every row measured holds what it promises, 1 when one is below, 2 for a wrong argument.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { codecRows } from './codec.js'
import { journalRows } from './journal.js'
import { nodeRows, type Sizes } from './node.js'
import { holds, toJson, type Row } from './row.js'
import { simRows } from './sim.js'
import { table } from './table.js'

const usage = `usage: npm run bench -- [options]
  --only NAME     only rows whose name begins with NAME, such as node.qos1 or codec; may be given more than once
  --json          one JSON array on standard output, and nothing else there
  --rounds N      rounds of the rows that use a broker; the median counts (5)
  --messages N    messages measured a round (100000)
  --warmup N      messages sent before the clock starts (100000): both sides then run compiled code`

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0, not "${text}"`)
  return value
}

interface Arguments {
  json: boolean
  only: readonly string[]
  sizes: Sizes
}

function readArguments(): Arguments {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] },
      rounds: { ...text, default: '5' }, messages: { ...text, default: '100000' }, warmup: { ...text, default: '100000' }
    }
  })
  const messages = wholeNumber('messages', values.messages)
  return {
    json: values.json, only: values.only,
    sizes: { rounds: wholeNumber('rounds', values.rounds), messages, warmup: wholeNumber('warmup', values.warmup), weighed: Math.min(messages, 10_000) }
  }
}

async function run({ json, only, sizes }: Arguments): Promise<number> {
  const wanted = (name: string) => only.length === 0 || only.some((beginning) => name.startsWith(beginning))
  const progress = (line: string) => { if (process.stderr.isTTY) console.error(line) }
  const rows: Row[] = []
  // The codec is measured in this process: only when a row of it is wanted.
  if (only.length === 0 || only.some((beginning) => beginning.startsWith('codec'))) rows.push(...codecRows().filter((row) => wanted(row.name)))
  if (wanted('journal.amplification') || only.some((beginning) => beginning.startsWith('journal'))) rows.push(...journalRows().filter((row) => wanted(row.name)))
  rows.push(...await nodeRows(sizes, wanted, progress))
  rows.push(...await simRows(sizes.rounds, wanted, progress))
  if (rows.length === 0) throw new Error(`no row begins with ${only.join(' or ')}`)
  if (json) {
    console.log(JSON.stringify(rows.map(toJson), undefined, 2))
  } else {
    console.log(`Node ${process.version}, ${availableParallelism()} cores; ${sizes.messages} messages, median of ${sizes.rounds} rounds; +-%: spread of the rounds; ratio above 1: we are better`)
    console.log(table(rows))
  }
  return rows.every(holds) ? 0 : 1
}

try {
  process.exitCode = await run(readArguments())
} catch (error) {
  const wrongArgument = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
  console.error(wrongArgument ? `${(error as Error).message}\n${usage}` : error)
  process.exitCode = wrongArgument ? 2 : 1
}
