/** `npx yieldmq memory`: the memory contract as a table. */
import { readFileSync } from 'node:fs'
import Table from 'cli-table3'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { readSettings } from '../../firmware/settings.js'
import { explain } from '../../firmware/explain.js'
import type { Cause, Options } from '../../firmware/types.js'
import { PROFILES, type Profile } from '../build/profiles.js'
import { memoryContract, type Contract } from './contract.js'
import type { Memory } from './memory.js'

interface Given {
  profile: Profile
  options?: string
  filterBytes?: number
  before?: string
  json?: boolean
}

const COLUMNS: [keyof Memory, string][] = [
  ['node', 'Node B'], ['lua51', 'Lua 5.1 B'], ['lua53', 'Lua 5.3 B'], ['espruino12', 'Espruino var of 12 B'], ['espruino14', 'of 14 B']
]

function wholeNumber(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('A whole number of bytes above 0.')
  return n
}

/** The options in a file; what `connect()` would refuse is an error with its sentence. */
function readOptions(file: string | undefined): Partial<Options> {
  if (file === undefined) return {}
  const options = JSON.parse(readFileSync(file, 'utf8')) as Partial<Options>
  const cause: Cause = { code: 0, reason: 0, value: 0, limit: 0, detail: '' }
  if (readSettings({ servers: [{ host: 'localhost', port: 1883 }], ...options }, cause) === undefined) throw new Error(explain(cause))
  return options
}

function printed(contract: Contract): string {
  const table = new Table({ head: ['Part', 'Set by', 'Count', 'Bytes', ...COLUMNS.map(([, name]) => name)], style: { head: [], border: [], compact: true }, colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'] })
  for (const { part, by, count, bytes, memory } of contract.parts) table.push([part, by, count, bytes, ...COLUMNS.map(([target]) => memory[target])])
  table.push(['all', '', '', '', ...COLUMNS.map(([target]) => contract.total[target])])
  return table.toString()
}

export function setup(command: Command): void {
  command
    .description('The most memory that a client with these options can ever hold, part by part. Count and Bytes are bounds of the code; the rest estimates what they cost on each target.')
    .addOption(new Option('--profile <name>', 'the build').choices(PROFILES).default('standard'))
    .option('--options <file>', 'the options of create() as JSON; callbacks count as present when their name is there')
    .option('--filter-bytes <n>', 'bytes of the longest filter that the program subscribes to (default: what fits limits.packetOut)', wholeNumber)
    .option('--before <file>', 'the options of an earlier program on the device with larger limits, whose journal this one finds')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx yieldmq memory --profile tiny --filter-bytes 40')
    .action((given: Given) => {
      const read = (file: string | undefined): Partial<Options> => {
        try {
          return readOptions(file)
        } catch (error) {
          return command.error(`${file ?? ''}: ${(error as Error).message}`)
        }
      }
      const contract = memoryContract(read(given.options), given.profile, {
        ...(given.filterBytes === undefined ? {} : { filterBytes: given.filterBytes }),
        ...(given.before === undefined ? {} : { before: read(given.before).limits ?? {} })
      })
      if (given.json === true) console.log(JSON.stringify(contract))
      else console.log(`${printed(contract)}\nNo mark of stats() passes: ${Object.entries(contract.marks).map(([name, most]) => `${name} ${most}`).join(', ')}`)
    })
}
