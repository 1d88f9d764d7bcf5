/** Lua programs on every platform that yieldmq is built for, as processes that a test talks to through a broker. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findBoard } from '../../../tools/build/boards.js'
import { buildLuaBoard } from '../../../tools/build/lua-board.js'
import { until } from '../../support/until.js'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const PROGRAMS = path.join(import.meta.dirname, 'programs')

export interface Platform {
  name: string
  board: string
  interpreter: string
  /** The stand-in of the platform that runs it. */
  shim?: string
}

export const PLATFORMS: Platform[] = [
  { name: 'LuaSocket on lua5.1', board: 'openwrt', interpreter: 'lua5.1' },
  { name: 'LuaSocket on lua5.3', board: 'openwrt', interpreter: 'lua5.3' },
  { name: 'LuaSocket on lua5.4', board: 'openwrt', interpreter: 'lua5.4' },
  { name: 'LuaSocket on LuaJIT', board: 'openwrt', interpreter: 'luajit' },
  { name: 'LuatOS', board: 'air780e', interpreter: 'lua5.3', shim: 'luatos' },
  { name: 'LuaTask', board: 'air724', interpreter: 'lua5.1', shim: 'luatask' }
]

/** What every build depends on. */
const SOURCES = ['firmware', 'hal', 'tools/build', 'tools/lib-firmware', 'tools/lib-lua', 'board.json', 'package-lock.json']
const KEPT = path.join(ROOT, '.cache/lua-boards')

function digestOfSources(): string {
  const hash = createHash('sha256')
  for (const place of SOURCES.map((one) => path.join(ROOT, one))) {
    const files = statSync(place).isDirectory() ? readdirSync(place, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name)).sort() : [place]
    for (const file of files) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 20)
}

/** The files of a board, kept for the other test files of the run: a build takes seconds. */
function boardFiles(board: string): { name: string; code: string }[] {
  const kept = path.join(KEPT, `${board}.${digestOfSources()}.json`)
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as { name: string; code: string }[]
  const files = buildLuaBoard(findBoard(board), { name: 'test', version: '1.0.0' }).files.map(({ name, code }) => ({ name, code }))
  mkdirSync(KEPT, { recursive: true })
  // Another worker may write the same at this moment: a file appears whole.
  writeFileSync(`${kept}.${process.pid}`, JSON.stringify(files))
  renameSync(`${kept}.${process.pid}`, kept)
  return files
}

/** The folders of the boards, which go when the process ends. */
const folders = new Map<string, string>()
process.on('exit', () => {
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true })
})

/** A folder with the files of a board's build, and the programs of the tests. */
export function built(board: string): string {
  const known = folders.get(board)
  if (known !== undefined) return known
  const folder = mkdtempSync(path.join(tmpdir(), `yieldmq-${board}-`))
  folders.set(board, folder)
  for (const { name, code } of boardFiles(board)) {
    if (name !== 'main.lua') writeFileSync(path.join(folder, name), code, 'latin1')
  }
  for (const name of readdirSync(PROGRAMS)) copyFileSync(path.join(PROGRAMS, name), path.join(folder, name))
  return folder
}

export class LuaProgram {
  /** What it told, in order: the words of each line. */
  readonly said: string[][] = []
  /** What else it printed. */
  output = ''
  status: number | null | undefined
  private rest = ''
  private readonly child: ChildProcess

  constructor({ interpreter, shim, board }: Platform, script: string, args: Record<string, string | number>, env: Record<string, string> = {}) {
    const folder = built(board)
    const store = path.join(folder, 'store')
    mkdirSync(store, { recursive: true })
    const words = Object.entries(args).map(([name, value]) => `${name}=${value}`)
    const runner = shim === undefined ? [] : [path.join(ROOT, 'tools/lua-shim', shim, 'run.lua')]
    this.child = spawn(interpreter, [...runner, path.join(folder, script), ...words, ...(shim === undefined ? [] : [`platform=${shim}`])], {
      cwd: folder, env: { ...process.env, YIELDMQ_IP_READY_MS: '20', YIELDMQ_IMEI_MS: '20', ...env }, stdio: ['ignore', 'pipe', 'pipe']
    })
    this.child.stdout!.setEncoding('latin1').on('data', (text: string) => { this.hear(text) })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.output += text })
    this.child.on('close', (status) => { this.status = status })
  }

  private hear(text: string): void {
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop()!
    for (const line of lines) {
      if (line.startsWith('@@')) this.said.push(line.slice(2).split('\t'))
      else this.output += `${line}\n`
    }
  }

  all(word: string): string[][] {
    return this.said.filter(([first]) => first === word).map(([, ...rest]) => rest)
  }

  /** The words after `word` of the line that says it for the `count`th time. */
  async says(word: string, ms = 10_000, count = 1): Promise<string[]> {
    return until(() => this.all(word)[count - 1], ms, `${word} for the ${count}. time from the Lua program`, () => `it said ${JSON.stringify(this.said.slice(-12))}, printed ${JSON.stringify(this.output.slice(-600))}, status ${this.status}`)
  }

  /** Waits until the link is up for the `count`th time. */
  async up(count = 1, ms = 10_000): Promise<void> {
    await until(() => this.all('link').filter(([state]) => state === 'up').length >= count, ms, `the link to be up ${count} times`, () => `it said ${JSON.stringify(this.said.slice(-12))}, printed ${JSON.stringify(this.output.slice(-600))}, status ${this.status}`)
  }

  /** Waits for its end; gives its status. */
  async ended(ms = 10_000): Promise<number | null> {
    await until(() => this.status !== undefined, ms, 'the Lua program to end', () => `it said ${JSON.stringify(this.said.slice(-12))}, printed ${JSON.stringify(this.output.slice(-600))}`)
    return this.status!
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}
