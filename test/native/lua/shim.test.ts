/** The stand-ins of LuatOS and LuaTask keep what is known of the platforms, on both Luas. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../support/until.js'

const SHIM = path.resolve('tools/lua-shim')
const OWN = path.join(import.meta.dirname, 'shim')

let folder: string
let server: ChildProcess
let ports = ''
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-shim-'))
  copyFileSync('test/host/tls/cert.pem', path.join(folder, 'cert.pem'))
  copyFileSync('test/host/tls/key.pem', path.join(folder, 'key.pem'))
  copyFileSync('test/espruino/tls/cert.pem', path.join(folder, 'other.pem'))
  server = spawn('python3', [path.join(OWN, 'server.py'), folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  server.stdout!.setEncoding('utf8').on('data', (text: string) => { ports += text })
  await until(() => ports.endsWith('\n'), 10_000, 'the ports of the peers')
})
afterAll(() => {
  server.kill()
  rmSync(folder, { recursive: true, force: true })
})

function run(lua: string, shim: string, script: string, args: string[] = [], env: Record<string, string> = {}): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(lua, [path.join(SHIM, shim, 'run.lua'), script, ...args], { env: { ...process.env, ...env }, timeout: 60_000 })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('latin1').on('data', (text: string) => { output += text })
    child.on('error', reject)
    child.on('close', (status) => { resolve({ status, output }) })
  })
}

describe.each(['lua5.1', 'lua5.3'])('on %s', (lua) => {
  it('tasks, timers, sockets and TLS behave as written at the heads of their files', { timeout: 90_000 }, async () => {
    const results = await Promise.all(['luatos', 'luatask'].map((shim) => run(lua, shim, path.join(OWN, `${shim}.lua`), [...ports.trim().split(' '), folder], { YIELDMQ_STORE: '' })))
    for (const { status, output } of results) expect(status, output.slice(-1500)).toBe(0)
  })

  it.each([
    ['an error in a task', "require 'sys' sys.taskInit(function() sys.wait(20) error('on purpose') end) sys.run()", 70],
    ['an error in a timer', "require 'sys' sys.timerStart(function() local x = nil + 1 end, 20) sys.run()", 70],
    ['an end that was asked for', "require 'sys' sys.timerStart(function() __shim.stop(5) end, 20) sys.run()", 5],
    ['a restart', "require 'sys' sys.timerStart(function() (rtos.reboot or rtos.restart)() end, 20) sys.run()", 71],
    ['nothing to do', "require 'sys' sys.run()", 0]
  ])('%s ends with a status of its own', async (name, script, status) => {
    const file = path.join(folder, `${lua}-${name.replaceAll(' ', '_')}.lua`)
    writeFileSync(file, `PROJECT = 'x' VERSION = '1.0.0' ${script}`)
    for (const shim of ['luatos', 'luatask']) expect((await run(lua, shim, file)).status, shim).toBe(status)
  })
})

it('what is stored outlives the process', () => {
  const store = path.join(folder, 'store')
  mkdirSync(store)
  const file = path.join(folder, 'store.lua')
  writeFileSync(file, `fskv.init()
local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
local old = fskv.get('key \\n')
fskv.set('key \\n', all)
os.exit(old == all and 9 or 8)`)
  const once = (lua: string) => spawnSync(lua, [path.join(SHIM, 'luatos/run.lua'), file], { env: { ...process.env, YIELDMQ_STORE: store }, timeout: 10_000 }).status
  expect([once('lua5.3'), once('lua5.1')]).toEqual([8, 9])
})
