/** `npx yieldmq flash --board NAME --port PORT`: sends a build to a board and verifies that it arrived. */
import path from 'node:path'
import type { Command } from 'commander'
import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import { buildBoard } from '../build/board-build.js'
import { findBoard, type Board } from '../build/boards.js'
import { write } from '../build/command.js'
import { BuildError, printed } from '../build/problem.js'
import { UsageError } from '../usage.js'
import { FlashError } from './error.js'
import { filesToSend, type Load } from './files.js'
import { flash, type Flashed } from './flash.js'

interface Options {
  board: string
  boards?: string
  port: string
  save?: boolean
  app?: string
  baud: string
  timeout: string
  anyBoard?: boolean
  json?: boolean
}

const maxSeconds = 600

function portOf(text: string): string {
  if (!text.includes('://')) return text
  const url = /^tcp:\/\/([A-Za-z0-9_.-]+)(?::(\d{1,5}))?$/.exec(text)
  if (url === null) throw new UsageError(`--port ${text}: a serial device or tcp://HOST:PORT is expected.`)
  const port = Number(url[2] ?? 23)
  if (port < 1 || port > 65535) throw new UsageError(`--port ${text}: the port must be 1 to 65535.`)
  return `tcp://${url[1]}:${port}`
}

function amount(option: string, text: string, most: number): number {
  const value = Number(text)
  if (!(value > 0 && value <= most)) throw new UsageError(`${option} ${text}: a number above 0 and at most ${most} is expected.`)
  return value
}

function report(result: Flashed): string {
  const table = new Table({ head: ['file', 'bytes', 'where', 'verified'], style: { head: [], border: [] } })
  for (const file of result.files) {
    table.push([file.file, file.bytes, file.place === 'memory' ? 'memory' : `Storage: ${file.name}${file.unchanged ? ' (was there)' : ''}`, file.verified === 'crc32' ? 'CRC-32' : 'byte by byte'])
  }
  const then = result.saved ? 'The program runs, and starts with the board.' : 'The program runs until the next reset; --save makes it start with the board.'
  return `${result.board} on ${result.port}: ${result.firmware}, Espruino ${result.version}\n${table.toString()}\n${then} ${result.seconds} s`
}

/** What to send; `app` is built first. */
async function gather(files: string[], options: Options, board: Board): Promise<Load> {
  const folder = path.join('build', options.board)
  if (options.app !== undefined) {
    if (files.length > 0) throw new UsageError('--app builds what is sent: give it or files, not both.')
    write(await buildBoard(board, options.app), folder)
  }
  return filesToSend(folder, files, options.save === true || board.runsFrom?.includes('variables') !== true)
}

async function run(files: string[], options: Options): Promise<void> {
  const port = portOf(options.port)
  const baud = amount('--baud', options.baud, 4_000_000)
  const limitMs = 1000 * amount('--timeout', options.timeout, maxSeconds)
  const bar = process.stderr.isTTY ? new cliProgress.SingleBar({ format: 'sending {place} {bar} {value}/{total} bytes', stream: process.stderr, clearOnComplete: true }) : undefined
  try {
    const board = findBoard(options.board, options.boards)
    if (board.runtime !== 'espruino') throw new UsageError(`--board ${options.board}: its runtime is ${board.runtime}; this command sends to Espruino.`)
    const load = await gather(files, options, board)
    const result = await flash({
      board: options.board, port, baud, load, limitMs, save: options.save === true, anyBoard: options.anyBoard === true,
      begin: (place, bytes) => bar?.start(bytes, 0, { place }),
      progress: (bytes) => bar?.increment(bytes)
    })
    bar?.stop()
    console.log(options.json === true ? JSON.stringify(result) : report(result))
  } catch (error) {
    bar?.stop()
    if (error instanceof BuildError) for (const one of error.problems) console.error(printed(one))
    else if (error instanceof FlashError) console.error(error.message)
    else throw error
    process.exitCode = 1
  }
}

export function setup(command: Command): void {
  command
    .argument('[files...]', 'sent in place of the build: modules, then the program')
    .requiredOption('--board <name>', 'a board of board.json with Espruino')
    .requiredOption('--port <port>', 'a serial device, or tcp://HOST:PORT')
    .option('--boards <file>', 'the board file (default: board.json in this folder where there is one, else the package\'s)')
    .option('--save', 'into flash: the program starts whenever the board does')
    .option('--app <file>', 'build this program for the board first')
    .option('--baud <rate>', 'of a serial port', '115200')
    .option('--timeout <seconds>', 'how long the board may take to answer', '10')
    .option('--any-board', 'whatever firmware the board says it runs')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', `
Without files, the build in build/BOARD/ is sent: app.js, or with --save the module yieldmq.js and app.module.js.
Exit status: 0 when all that was sent is there and the program runs, 1 when not, 2 for a mistake in what was asked for.

Example:
  npx yieldmq flash --board esp32 --port /dev/ttyUSB0 --app app.ts --save
  npx yieldmq flash --board esp8266 --port tcp://192.168.1.20:23`)
    .action(run)
}
