/**
 * `npm run bench:lua [-- --json] [-- --only NAME ...] [-- --rounds N] [-- --messages N] [-- --reconnects N]`
 *
 * What the client costs on lua5.1 and lua5.3, beside an encoder by hand and LuaTask's own client in the same run. Exit status 0 when
 * every row measured holds what it promises, 1 when one is below, 2 for a wrong argument.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { holds, toJson } from '../row.js'
import { table } from '../table.js'
import { luaRows, type Run } from './rows.js'

const usage = `usage: npm run bench:lua -- [options]
  --only NAME      only rows whose name begins with NAME, such as lua.heap; may be given more than once
  --json           one JSON array on standard output, and nothing else there
  --rounds N       rounds of the rows that are times; the median counts (9)
  --messages N     messages of the rows lua.growth (100000)
  --reconnects N   their reconnects (100)
environment:
  LUATASK_PEER     the file lib/mqtt.lua of openLuat's LuaTask; without it our figures stand alone`

class WrongArgument extends Error {}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new WrongArgument(`--${name} takes a whole number above 0, not "${text}"`)
  return value
}

function main(): number {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] },
      rounds: { ...text, default: '9' }, messages: { ...text, default: '100000' }, reconnects: { ...text, default: '100' }
    }
  })
  const peer = (process.env.LUATASK_PEER ?? '') === '' ? undefined : process.env.LUATASK_PEER!
  if (peer !== undefined && !existsSync(peer)) throw new WrongArgument(`LUATASK_PEER names ${peer}, which does not exist`)
  const run: Run = {
    peer, rounds: wholeNumber('rounds', values.rounds), messages: wholeNumber('messages', values.messages), reconnects: wholeNumber('reconnects', values.reconnects),
    wanted: (name) => values.only.length === 0 || values.only.some((beginning) => name.startsWith(beginning)),
    progress: (line) => { if (process.stderr.isTTY) console.error(line) }
  }
  const rows = luaRows(run)
  if (rows.length === 0) throw new WrongArgument(`no row begins with ${values.only.join(' or ')}`)
  const notes = peer === undefined ? ['LUATASK_PEER names no file: our figures stand alone'] : []
  if (values.json) {
    console.log(JSON.stringify(rows.map(toJson), undefined, 2))
    for (const note of notes) console.error(note)
  } else console.log([`median of ${run.rounds} rounds; +-%: spread of the rounds; ratio above 1: we are better`, table(rows), ...notes].join('\n'))
  return rows.every(holds) ? 0 : 1
}

try {
  process.exitCode = main()
} catch (error) {
  const wrong = error instanceof WrongArgument || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true
  console.error(wrong ? `${(error as Error).message}\n${usage}` : error)
  process.exitCode = wrong ? 2 : 1
}
