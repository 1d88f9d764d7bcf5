/** The runtimes that a trace runs on, each with the driver as its pipeline compiles it; what a machine lacks is named. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import vm from 'node:vm'
import { keptBundle } from '../build/kept.js'
import { flagsOf } from '../build/profiles.js'
import { runDevice } from '../../test/espruino/support/interpreter.js'

/** Runs traces and gives the log of each, as lines. */
export type Run = (traces: string[]) => string[][] | Promise<string[][]>

export interface Runtime {
  name: string
  /** Undefined where the machine lacks it; `missing` says what. */
  run: Run | undefined
  missing: string | undefined
}

/** What the pipelines make of the driver. */
export interface Bundles { node: string; espruino: string; lua: string }

const DRIVER = 'tools/differential/driver.ts'
const SECONDS = 300
const require = createRequire(import.meta.url)

type Driver = (trace: string, each: (line: string) => void) => void

function logged(run: Driver): Run {
  return (traces) => traces.map((trace) => {
    const lines: string[] = []
    run(trace, (line) => { lines.push(line) })
    return lines
  })
}

export async function buildDriver(): Promise<Bundles> {
  const options = { entry: DRIVER, flags: flagsOf('full') }
  return { node: (await keptBundle('node', options)).code, espruino: (await keptBundle('espruino', options)).code, lua: (await keptBundle('lua', options)).code }
}

/** The Node bundle, with the byte intrinsics as native operations. */
export async function nodeRuntime(bundles: Bundles): Promise<Runtime> {
  const module = await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(bundles.node).toString('base64')}`) as { run: Driver }
  return { name: 'node', run: logged(module.run), missing: undefined }
}

/** The Espruino bundle as plain JavaScript; `this` and `module` as a board has them. */
export function espruinoBundleRuntime(bundles: Bundles): Runtime {
  const exports: { run?: Driver } = {}
  vm.runInNewContext(bundles.espruino, { exports, module: { exports } })
  return { name: 'espruino bundle', run: logged(exports.run!), missing: undefined }
}

/** Fengari, a Lua 5.3 with integers of 32 bits, as the modules have. */
export function fengariRuntime(bundles: Bundles): Runtime {
  const { lua, lauxlib, lualib, to_luastring: bytes } = require('fengari')
  const L = lauxlib.luaL_newstate()
  lualib.luaL_openlibs(L)
  const check = (status: number): void => { if (status !== lua.LUA_OK) throw new Error(`fengari: ${lua.lua_tojsstring(L, -1)}`) }
  check(lauxlib.luaL_loadbuffer(L, Buffer.from(bundles.lua, 'latin1'), null, bytes('bundle')))
  check(lua.lua_pcall(L, 0, 1, 0))
  lua.lua_setglobal(L, bytes('driver'))
  check(lauxlib.luaL_loadstring(L, bytes('local t = ... local out = {} driver.run(t, function(line) out[#out + 1] = line end) return table.concat(out, "\\n")')))
  const run: Run = (traces) => traces.map((trace) => {
    lua.lua_pushvalue(L, -1)
    lua.lua_pushstring(L, Buffer.from(trace, 'latin1'))
    check(lua.lua_pcall(L, 1, 1, 0))
    const log = Buffer.from(lua.lua_tostring(L, -1) as Uint8Array).toString('latin1')
    lua.lua_pop(L, 1)
    return log.split('\n')
  })
  return { name: 'fengari', run, missing: undefined }
}

/** `lua5.1`, `lua5.3`, `lua5.4`, `luajit`: one process runs all. */
export function luaRuntime(bundles: Bundles, command: string): Runtime {
  try {
    execFileSync(command, ['-v'], { stdio: 'pipe' })
  } catch {
    return { name: command, run: undefined, missing: `there is no ${command} on this machine` }
  }
  const run: Run = (traces) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-traces-'))
    try {
      writeFileSync(path.join(folder, 'bundle.lua'), bundles.lua, 'latin1')
      traces.forEach((trace, i) => writeFileSync(path.join(folder, `${i}.trace`), trace, 'latin1'))
      writeFileSync(path.join(folder, 'main.lua'), `local driver = dofile("bundle.lua")
for i = 0, ${traces.length - 1} do
  local f = assert(io.open(i .. ".trace", "rb")) local trace = f:read("*a") f:close()
  local out = {} driver.run(trace, function(line) out[#out + 1] = line end)
  local log = assert(io.open(i .. ".log", "wb")) log:write(table.concat(out, "\\n")) log:close()
end`)
      execFileSync(command, ['main.lua'], { cwd: folder, timeout: SECONDS * 1000, stdio: 'pipe' })
      return traces.map((_trace, i) => readFileSync(path.join(folder, `${i}.log`), 'latin1').split('\n'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return { name: command, run, missing: undefined }
}

/** Traces that one process of the interpreter runs, and bytes of them at most when there are more than one: its flash holds them. */
const TOGETHER = { traces: 8, bytes: 100_000 }

/** The traces' places, a list for each process. */
function together(traces: string[]): number[][] {
  const groups: number[][] = []
  let bytes = 0
  traces.forEach((trace, i) => {
    const last = groups.at(-1)
    bytes += trace.length
    if (last === undefined || last.length === TOGETHER.traces || bytes > TOGETHER.bytes) {
      groups.push([i])
      bytes = trace.length
    } else last.push(i)
  })
  return groups
}

/**
 * The real interpreter that ESPRUINO_BIN names, two processes at a time: the bundle runs from Storage, as on a board, and the
 * traces lie there too, so that the variables are the client's.
 */
export function espruinoRuntime(bundles: Bundles): Runtime {
  const name = 'espruino'
  const binary = process.env.ESPRUINO_BIN ?? ''
  if (binary === '') return { name, run: undefined, missing: 'ESPRUINO_BIN does not name an Espruino Linux binary' }
  const script = (count: number): string => `for (var i = 0; i < ${count}; i++) require("driver").run(require("Storage").read("t" + i), function(line) { say("t" + i, btoa(line)); }); say("done");`
  const run: Run = async (traces) => {
    const logs: string[][] = []
    const due = together(traces)
    await Promise.all([0, 1].map(async () => {
      for (let group = due.shift(); group !== undefined; group = due.shift()) {
        const modules = Object.fromEntries(group.map((at, i) => [`t${i}`, traces[at]!]))
        const device = await runDevice({ driver: bundles.espruino, ...modules }, script(group.length), SECONDS * 1000)
        group.forEach((at, i) => { logs[at] = device.all(`t${i}`).map((line) => Buffer.from(String(line), 'base64').toString('latin1')) })
      }
    }))
    return logs
  }
  return { name, run, missing: undefined }
}

/** Every runtime that the command knows. */
export async function allRuntimes(bundles: Bundles): Promise<Runtime[]> {
  return [
    await nodeRuntime(bundles), espruinoBundleRuntime(bundles), fengariRuntime(bundles), ...['lua5.1', 'lua5.3', 'lua5.4', 'luajit'].map((command) => luaRuntime(bundles, command)),
    espruinoRuntime(bundles)
  ]
}

/** The first line at which a log differs from the first runtime's. */
export interface Difference { trace: number; runtime: string; line: number; expected: string; actual: string; before: string[] }

/** Runs the traces on each runtime and compares, line by line. */
export async function compare(runtimes: Runtime[], traces: string[]): Promise<{ difference: Difference | undefined; lines: number }> {
  const able = runtimes.filter((one) => one.run !== undefined)
  const expected = await able[0]!.run!(traces)
  const lines = expected.reduce((sum, log) => sum + log.length, 0)
  for (const runtime of able.slice(1)) {
    const logs = await runtime.run!(traces)
    for (let trace = 0; trace < traces.length; trace += 1) {
      const a = expected[trace]!
      const b = logs[trace]!
      const line = Array.from({ length: Math.max(a.length, b.length) }, (_one, i) => i).find((i) => a[i] !== b[i])
      if (line !== undefined) {
        return { lines, difference: { trace, runtime: runtime.name, line: line + 1, expected: a[line] ?? '(ends)', actual: b[line] ?? '(ends)', before: a.slice(Math.max(0, line - 5), line) } }
      }
    }
  }
  return { difference: undefined, lines }
}
