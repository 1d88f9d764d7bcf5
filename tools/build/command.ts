/** `npx yieldmq build`: an application for a board: with the module for an Espruino board's Storage, or as the files of a Lua project. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { UsageError } from '../usage.js'
import { buildBoard, type BoardBuild } from './board-build.js'
import { findBoard, withFeatures, type Board } from './boards.js'
import type { Bundle } from './espruino.js'
import { BuildError, printed } from './problem.js'
import { shown } from './root.js'

interface Given {
  board: string
  boards?: string
  out?: string
  features?: string[]
  project?: string
  appVersion: string
  minify: boolean
  json?: boolean
}

interface Written {
  file: string
  bytes: number
  what: string
  goesTo: string
}

/** By part: its file's name, what it is, and what becomes of it on a board. */
const FILES: [keyof BoardBuild, string, string, string][] = [
  ['app', 'app.js', 'application, client and port', 'Storage file .bootcde, or the console'],
  ['module', 'yieldmq.js', 'client and port', 'Storage file yieldmq'],
  ['appModule', 'app.module.js', 'the application alone', 'Storage file .bootcde, or the console; needs yieldmq']
]

/** Writes the files of a build into a folder, and removes there what an earlier one left. */
export function write(built: BoardBuild, folder: string): Written[] {
  const written: Written[] = []
  mkdirSync(folder, { recursive: true })
  for (const [part, name, what, goesTo] of FILES) {
    const file = path.join(folder, name)
    const bundle = built[part] as Bundle | undefined
    // What an earlier build left there is not of this one.
    if (bundle === undefined) rmSync(file, { force: true })
    else {
      writeFileSync(file, bundle.code, 'latin1')
      written.push({ file: shown(file), bytes: bundle.bytes, what: part === 'module' && built.missingPort !== undefined ? 'client, without a port' : what, goesTo })
    }
  }
  return written
}

/** What to know before the files are used. */
function notesOf(name: string, board: Board, built: BoardBuild): string[] {
  const notes: string[] = []
  if (built.missingPort !== undefined) notes.push(`${name} has no port yet (${built.missingPort}): the module is the client alone, for a HAL of your own.`)
  if (board.runsFrom?.includes('variables') !== true) notes.push(`${name} runs yieldmq from Storage only: its ${board.memory.variables} variables do not hold the text of the functions. Write the files to Storage; do not send them to the console.`)
  return notes
}

function table(written: Written[]): string {
  const rows = new Table({ head: ['File', 'Bytes', 'What it is', 'Where it goes on the board'], style: { head: [], border: [], compact: true }, colAligns: ['left', 'right', 'left', 'left'] })
  for (const { file, bytes, what, goesTo } of written) rows.push([file, bytes, what, goesTo])
  return rows.toString()
}

interface Outcome {
  files: Written[]
  /** Of yieldmq.js or yieldmq.lua. */
  bytes: number
  notes: string[]
}

async function forEspruino(board: Board, app: string | undefined, given: Given, folder: string): Promise<Outcome> {
  const built = await buildBoard(board, app, given.minify)
  return { files: write(built, folder), bytes: built.module.bytes, notes: notesOf(given.board, board, built) }
}

/** Where the files of a Lua project go. */
const DESTINATION: Partial<Record<Board['runtime'], string>> = {
  luatos: 'the download tool (Luatools), all of them', luatask: 'the download tool (Luatools), all of them', luasocket: 'one folder of the router; start main.lua'
}

async function forLua(board: Board, app: string | undefined, given: Given, folder: string): Promise<Outcome> {
  // Its compiler takes a second to load, which builds for Espruino need not wait for.
  const { buildLuaBoard } = await import('./lua-board.js')
  const name = given.project ?? (app === undefined ? 'yieldmq' : path.basename(app).replace(/\.(ts|lua)$/, ''))
  const { files, module } = buildLuaBoard(board, { name, version: given.appVersion }, app, given.minify)
  mkdirSync(folder, { recursive: true })
  const written = files.map(({ name: file, code, what }) => {
    writeFileSync(path.join(folder, file), code, 'latin1')
    return { file: shown(path.join(folder, file)), bytes: code.length, what, goesTo: DESTINATION[board.runtime]! }
  })
  return { files: written, bytes: module.bytes, notes: [] }
}

async function run(app: string | undefined, given: Given): Promise<void> {
  const found = findBoard(given.board, given.boards)
  const board = withFeatures(found, given.features ?? [])
  if (board.runtime === 'node') throw new BuildError([{ file: given.board, line: 0, message: 'runs TypeScript as it is; this command builds for Espruino and for Lua' }])
  const folder = given.out ?? path.join('build', given.board)
  const { files, bytes, notes } = board.runtime === 'espruino' ? await forEspruino(board, app, given, folder) : await forLua(board, app, given, folder)
  const { bytes: budgetBytes } = board.budget
  const fits = budgetBytes === null || !given.minify || bytes <= budgetBytes
  if (given.json === true) {
    console.log(JSON.stringify({ board: given.board, profile: board.profile, files: files.map(({ file, bytes: length }) => ({ file, bytes: length })), bytes, budgetBytes, fits, notes }))
  } else {
    console.log(table(files))
    if (budgetBytes !== null && given.minify) console.log(`yieldmq.${board.runtime === 'espruino' ? 'js' : 'lua'}: ${bytes} of ${budgetBytes} bytes, ${(bytes / budgetBytes * 100).toFixed(0)} % of the budget of ${given.board} (profile ${board.profile}).`)
    for (const note of notes) console.log(note)
  }
  // Another program may have other wishes: it is `size` that fails.
  if (!fits) console.error(`${given.board}: ${bytes} bytes pass the budget of ${budgetBytes} by ${bytes - budgetBytes!}`)
}

function isApplication(app: string, given: Given): boolean {
  if (app.endsWith('.lua')) return findBoard(given.board, given.boards).runtime.startsWith('lua')
  return app.endsWith('.ts') && !app.endsWith('.d.ts')
}

export function setup(command: Command): void {
  command
    .description('Builds an application for a board. Espruino: one minified file that is ready to send, and the same in two, with the client as a module in the board\'s Storage. openLuat modules and routers: the Lua files of a project. Without an application, the module alone.')
    .argument('[app.ts]', 'the application; it imports yieldmq and the board\'s port, yieldmq/espruino and so on. For a Lua board it may be a .lua file')
    .requiredOption('--board <name>', 'a board of board.json')
    .option('--boards <file>', 'the board file (default: board.json in this folder where there is one, else the package\'s)')
    .option('--out <folder>', 'where the files go (default: build/BOARD)')
    .option('--features <names...>', 'features that differ from the board\'s: V5 has it, no-V5 has it not')
    .option('--project <name>', 'PROJECT of main.lua, Lua boards (default: the application\'s name)')
    .option('--app-version <x.y.z>', 'VERSION of main.lua, Lua boards', '1.0.0')
    .option('--no-minify', 'readable files, to look into')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExamples:\n  npx yieldmq build --board esp32 app.ts\n  npx yieldmq build --board air780e app.ts')
    .action(async (app: string | undefined, given: Given) => {
      try {
        if (app !== undefined && !isApplication(app, given)) throw new UsageError(`${app}: an application is a TypeScript file, NAME.ts, and for a Lua board it may be NAME.lua`)
        await run(app, given)
      } catch (error) {
        if (!(error instanceof BuildError)) throw error
        for (const one of error.problems) console.error(printed(one))
        process.exitCode = 1
      }
    })
}
