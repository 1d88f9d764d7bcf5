/**
 * `npm run bench:espruino [-- --json] [-- --only NAME ...] [-- --rounds N] [-- --messages N] [-- --reconnects N]`
 *
 * What the client costs on the real Espruino interpreter, beside EspruinoDocs' MQTT.js in the same run. Exit status 0 when every row
 * measured holds what it promises, 1 when one is below, 2 for a wrong argument.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { nativePath } from '../../test/native.js'
import { holds, toJson, type Row } from '../row.js'
import { table } from '../table.js'
import { atRows } from './at.js'
import { burstRows } from './burst.js'
import { describeInterpreter, peerBundle, requireInterpreter, Unprepared } from './device.js'
import type { Run } from './rows.js'
import { growthRows } from './growth.js'
import { publishRows } from './publish.js'
import { sizeRows } from './sizes.js'
import { variableRows } from './variables.js'

const usage = `usage: npm run bench:espruino -- [options]
  --only NAME      only rows whose name begins with NAME, such as espruino.publish; may be given more than once
  --json           one JSON array on standard output, and nothing else there
  --rounds N       rounds of the rows that are times; the median counts (9)
  --messages N     messages of the row espruino.growth (100000)
  --reconnects N   its reconnects (100)
environment:
  ESPRUINO_BIN        the Espruino Linux binary that is measured; 8000 variables or more
  ESPRUINO_PEER       the file modules/MQTT.js of EspruinoDocs; without it our figures stand alone
  ESPRUINO_AT_PEER    the folder of EspruinoDocs, for espruino.at; without it our figures there stand alone
  ESPRUINO_SMALL_BIN  a binary of at most 1700 variables, for espruino.variables.standard.small`

class WrongArgument extends Error {}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new WrongArgument(`--${name} takes a whole number above 0, not "${text}"`)
  return value
}

function readArguments(): Omit<Run, 'peer'> & { json: boolean; only: readonly string[] } {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] },
      rounds: { ...text, default: '9' }, messages: { ...text, default: '100000' }, reconnects: { ...text, default: '100' }
    }
  })
  const small = process.env.ESPRUINO_SMALL_BIN ?? ''
  if (small !== '' && !existsSync(small)) throw new WrongArgument(`ESPRUINO_SMALL_BIN names ${small}, which does not exist`)
  return {
    json: values.json, only: values.only, rounds: wholeNumber('rounds', values.rounds), small,
    growth: { messages: wholeNumber('messages', values.messages), reconnects: wholeNumber('reconnects', values.reconnects) },
    wanted: (name) => values.only.length === 0 || values.only.some((beginning) => name.startsWith(beginning)),
    progress: (line) => { if (process.stderr.isTTY) console.error(line) }
  }
}

/** What is missing from the table and why. */
function notes({ peer, small }: Run): string[] {
  return [
    ...(peer === undefined ? ['ESPRUINO_PEER names no file: our figures stand alone'] : []),
    ...((process.env.ESPRUINO_AT_PEER ?? '') === '' ? ['ESPRUINO_AT_PEER names no folder: our figures of espruino.at stand alone'] : []),
    ...(small === '' ? ['ESPRUINO_SMALL_BIN names no interpreter: espruino.variables.standard.small was not measured'] : [])
  ]
}

async function main(): Promise<number> {
  const given = readArguments()
  const binary = requireInterpreter()
  const run: Run = { ...given, peer: await peerBundle() }
  const about = [await describeInterpreter(binary), ...(run.small === '' ? [] : [`small: ${await describeInterpreter(run.small)}`])]
  const rows: Row[] = []
  for (const part of [sizeRows, variableRows, atRows, publishRows, burstRows, growthRows]) rows.push(...await part(run))
  if (rows.length === 0) throw new WrongArgument(`no row begins with ${given.only.join(' or ')}`)
  if (given.json) {
    console.log(JSON.stringify(rows.map(toJson), undefined, 2))
    console.error([...about, ...notes(run)].join('\n'))
  } else {
    console.log([...about, `median of ${run.rounds} rounds; +-%: spread of the rounds; ratio above 1: we are better`, table(rows), ...notes(run)].join('\n'))
  }
  return rows.every(holds) ? 0 : 1
}

// mosquitto lies where a user's PATH may not look.
process.env.PATH = nativePath()
try {
  process.exitCode = await main()
} catch (error) {
  const wrong = error instanceof WrongArgument || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
  console.error(wrong ? `${(error as Error).message}\n${usage}` : error instanceof Unprepared ? error.message : error)
  process.exitCode = wrong ? 2 : 1
}
