/** `npx yieldmq size`: what the boards' builds take, against their budgets. */
import { writeFileSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { boardFile, findBoard, readBoards, type Board } from '../build/boards.js'
import { BuildError, printed } from '../build/problem.js'
import { excesses, measureBoards, type BoardSize } from './measure.js'
import { page } from './page.js'

interface Given {
  board?: string
  boards?: string
  html?: string
  features: boolean
  json?: boolean
}

function table(head: string[], rows: (string | number)[][]): string {
  const made = new Table({ head, style: { head: [], border: [], compact: true }, colAligns: head.map((_, i) => i === 0 || typeof rows[0]?.[i] === 'string' && !/^[\d–-]/.test(rows[0][i]) ? 'left' : 'right') })
  made.push(...rows)
  return made.toString()
}

const figure = (is: number | null): string => is === null ? '-' : String(is)
const use = (is: number | null, budget: number | null): string => is === null || budget === null ? '-' : `${(is / budget * 100).toFixed(0)} %`

function printedSizes(rows: BoardSize[], isOne: boolean): string {
  const parts = [table(['Board', 'Profile', 'Source', 'Bytes', 'Budget', 'Use', 'Variables', 'Budget', 'Use', 'In one file'], rows.map(row => [
    row.board, row.profile, row.source, row.bytes, figure(row.budgetBytes), use(row.bytes, row.budgetBytes),
    figure(row.variables), figure(row.budgetVariables), use(row.variables, row.budgetVariables), figure(row.variablesInOneFile)
  ]))]
  parts.push('Source: bytes of the sources as written. Bytes: of the minified module. Variables: of Espruino, the module in Storage, one client connected; in one file: client and port in the application\'s.')
  const seen = new Set<string>()
  for (const row of rows) {
    const key = JSON.stringify([row.profile, row.modules, row.features])
    if (seen.has(key)) continue
    seen.add(key)
    const names = rows.filter(other => JSON.stringify([other.profile, other.modules, other.features]) === key).map(other => other.board).join(', ')
    if (isOne) parts.push('', `${names}: modules`, table(['Module', 'Source', 'Bytes', 'Share'], row.modules.map(one => [one.file, one.source, one.bytes, `${(one.bytes / row.bytes * 100).toFixed(1)} %`])))
    if (row.features !== undefined && row.features.length > 0) {
      parts.push('', `${names}: what each feature adds`, table(['Feature', 'Here', 'Source', 'Bytes'], row.features.map(one => [one.feature, one.included ? 'yes' : 'no', one.source, one.bytes])))
    } else if (row.features !== undefined) parts.push('', `${names}: the core of profile ${row.profile} has no features to switch.`)
  }
  for (const why of new Set(rows.filter(row => row.why !== undefined).map(row => `${rows.filter(other => other.why === row.why).map(other => other.board).join(', ')}: variables not measured: ${row.why}`))) parts.push(why)
  for (const row of rows) if (row.missingPort !== null) parts.push(`${row.board}: the client alone, without a port.`)
  return parts.join('\n')
}

function chosen(given: Given): [string, Board][] {
  if (given.board === undefined) return Object.entries(readBoards(boardFile(given.boards))).filter(([, board]) => board.runtime === 'espruino')
  const board = findBoard(given.board, given.boards)
  if (board.runtime !== 'espruino') throw new BuildError([{ file: given.board, line: 0, message: `its runtime is ${board.runtime}, which is not measured yet; this command measures builds for Espruino` }])
  return [[given.board, board]]
}

async function run(given: Given): Promise<void> {
  const boards = chosen(given)
  const bar = process.stderr.isTTY ? new SingleBar({ format: '{bar} {value}/{total} {what}', clearOnComplete: true, stream: process.stderr }) : undefined
  const begun = new Set<string>()
  bar?.start(boards.length, 0, { what: '' })
  let rows: BoardSize[]
  try {
    rows = await measureBoards(boards, { features: given.features, progress: what => {
      begun.add(what.split(':')[0]!)
      bar?.update(begun.size - 1, { what })
    } })
  } finally {
    bar?.stop()
  }
  if (given.html !== undefined) writeFileSync(given.html, page(rows))
  if (given.json === true) console.log(JSON.stringify(rows))
  else console.log(printedSizes(rows, given.board !== undefined))
  const over = excesses(rows)
  for (const one of over) console.error(one)
  process.exitCode = over.length > 0 ? 1 : 0
}

export function setup(command: Command): void {
  command
    .description('Builds the module of each Espruino board and shows what it takes: bytes by source file and by feature, variables on the interpreter that ESPRUINO_BIN names. Exit status 1 when a board\'s budget is passed.')
    .option('--board <name>', 'one board, with its modules (default: every Espruino board)')
    .option('--boards <file>', 'the board file (default: board.json in this folder where there is one, else the package\'s)')
    .option('--html <file>', 'write one self-contained page with a treemap of each build')
    .option('--no-features', 'leave out what each feature adds, which takes a build each')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx yieldmq size --board esp8266 --html size.html')
    .action(async (given: Given) => {
      try {
        await run(given)
      } catch (error) {
        if (!(error instanceof BuildError)) throw error
        for (const one of error.problems) console.error(printed(one))
        process.exitCode = 1
      }
    })
}
