/** The ports for Lua, each on the interpreters it is for; those of the modules on stand-ins of the platforms (tools/lua-shim). */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Endpoint } from '../../hal/hal.js'
import type { Case } from '../../hal/conformance/index.js'
import { keptBundle } from '../build/kept.js'
import { flagsOf } from '../build/profiles.js'
import { ROOT } from '../build/root.js'
import { UsageError } from '../usage.js'
import { startPeer, type Peer } from './peer.js'
import { merged, resultOf, type OnResult, type Result } from './run.js'

/** One way to run a port. */
interface Kind {
  interpreter: string
  /** The stand-in of the platform: a folder of tools/lua-shim. */
  shim?: string
  /** Lua: members of the kit's set-up, and how the port is made. */
  setup: string
}

/** Lua can catch what a port throws, but on 5.1 no port that waits by `coroutine.yield`. */
const CATCHING = 'catching = function(f) local ok, e = pcall(f) if ok then return "" end return tostring(e) end'
const MEMORY = 'memory = function() collectgarbage() collectgarbage() return math.floor(collectgarbage("count") * 1024) end'

const LUASOCKET = `local function make(o) o = o or {} o.folder = folder o.onCallbackError = function() end return port.luasocket(o) end
local setup = { hal = make(), restarted = make, wrapping = function() return make({ ticksOrigin = 2147483448 }) end, tellsReset = false, receiveLimit = 8192, ${MEMORY}, ${CATCHING} }`

const LUATOS = `local function make() return port.luatos({ onCallbackError = function() end }) end
local setup = { hal = make(), restarted = make, tellsReset = false, tellsRefusal = false, receiveLimit = 65536, ${MEMORY}, ${CATCHING} }`

const LUATASK = `local function make() return port.luatask({ folder = folder, onCallbackError = function() end }) end
local setup = { hal = make(), restarted = make, tellsReset = false, tellsRefusal = false, tellsName = false, receiveLimit = 8192, ${MEMORY} }`

const KINDS: Record<string, Kind[]> = {
  luatos: [{ interpreter: 'lua5.3', shim: 'luatos', setup: LUATOS }],
  luatask: [{ interpreter: 'lua5.1', shim: 'luatask', setup: LUATASK }],
  luasocket: ['lua5.1', 'lua5.3'].map((interpreter) => ({ interpreter, setup: LUASOCKET }))
}

export const LUA_PORTS = Object.keys(KINDS)

/** ms for all cases of one interpreter. */
const LIMIT_MS = 150_000

const endpoint = ({ host, port }: Endpoint): string => `{ host = "${host}", port = ${port} }`

function program({ setup, shim }: Kind, { peer, refused, silent }: Peer, ids: string[]): string {
  const run = `kit.start(setup, { ${ids.map((id) => `"${id}"`).join(', ')} }, function(id, outcome, seen, ms)
  io.stdout:write(string.format("@@%s\\t%d\\t%d\\t%s\\n", id, outcome, ms, (seen:gsub("%c", " ")))) io.stdout:flush()
end)`
  const body = `${setup}
setup.peer = ${endpoint(peer)} setup.refused = ${endpoint(refused)} ${silent === undefined ? '' : `setup.silent = ${endpoint(silent)}`}
${run}`
  return `local folder = ... or (arg and arg[1])
folder = folder or "."
local kit, port = dofile("kit.lua"), dofile("port.lua")
${shim === undefined ? body : `if require then pcall(require, 'sys') end
sys.taskInit(function()\n${body}\nos.exit(0)\nend)\nsys.run()`}
`
}

/** Runs a Lua program until it ends; `onLine` hears of what it prints. Gives what was wrong, "" for nothing. */
function runLua(command: string, args: string[], cwd: string, onLine: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let rest = ''
    let errors = ''
    const timer = setTimeout(() => {
      errors += `no end after ${LIMIT_MS / 1000} s`
      child.kill('SIGKILL')
    }, LIMIT_MS)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(new UsageError(`${command} does not run here: ${error.message}`))
    })
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        // A stand-in says on standard output what restarted the module.
        if (line.startsWith('E/')) errors += `${line}\n`
        onLine(line)
      }
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve(status === 0 && errors === '' ? '' : `${command} ended with status ${status}: ${errors.trim()}`)
    })
  })
}

async function checkKind(port: string, kind: Kind, cases: Case[], onResult: OnResult): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-hal-check-'))
  const peer = await startPeer()
  try {
    const flags = flagsOf('full')
    writeFileSync(path.join(folder, 'kit.lua'), (await keptBundle('lua', { entry: 'tools/hal-check/lua-kit.ts', flags })).code, 'latin1')
    writeFileSync(path.join(folder, 'port.lua'), (await keptBundle('lua', { entry: `hal/${port}/index.ts`, flags })).code, 'latin1')
    writeFileSync(path.join(folder, 'main.lua'), program(kind, peer, cases.map((one) => one.id)), 'latin1')
    const args = kind.shim === undefined ? ['main.lua', folder] : [path.join(ROOT, 'tools/lua-shim', kind.shim, 'run.lua'), 'main.lua', folder]
    let last = ''
    const wrong = await runLua(kind.interpreter, args, folder, (line) => {
      const [id, outcome, ms, seen] = line.startsWith('@@') ? line.slice(2).split('\t') : []
      if (id === undefined) return
      last = id
      onResult(resultOf(id, Number(outcome), seen === '' ? '' : `${kind.interpreter}: ${seen}`, Number(ms)))
    })
    const next = cases[cases.findIndex((one) => one.id === last) + 1]
    if (wrong !== '') onResult({ id: next?.id ?? last, outcome: 'failed', seen: wrong, ms: 0 })
  } finally {
    await peer.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** On every interpreter that the port is for, side by side. */
export async function checkLua(port: string, cases: Case[], onResult: OnResult): Promise<Result[]> {
  const kinds = await Promise.all(KINDS[port]!.map(async (kind) => {
    const results: Result[] = []
    await checkKind(port, kind, cases, (result) => results.push(result))
    return results
  }))
  const all = merged(kinds)
  all.forEach(onResult)
  return all
}
