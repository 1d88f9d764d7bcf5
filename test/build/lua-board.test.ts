/** `build` for Lua boards: the files of a project, and what is wrong with one before it reaches a module. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findBoard, withFeatures } from '../../tools/build/boards.js'
import { buildLuaBoard } from '../../tools/build/lua-board.js'
import { linkModules } from '../../tools/build/lua-link.js'
import { BuildError } from '../../tools/build/problem.js'
import { callFengari } from './support/run.js'

const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-lua-board-'))
afterAll(() => rmSync(folder, { recursive: true }))

const board = findBoard('air724')
/** Sooner built; it has no drop-in face. */
const tiny = { ...board, profile: 'tiny' as const }
const project = { name: 'meter', version: '1.2.3' }

function file(name: string, text: string): string {
  const place = path.join(folder, name)
  writeFileSync(place, text)
  return place
}

function problems(app: string, given = project, of = tiny): string[] {
  try {
    buildLuaBoard(of, given, app)
  } catch (error) {
    if (error instanceof BuildError) return error.problems.map((one) => `${path.basename(one.file)}:${one.line}: ${one.message}`)
    throw error
  }
  return []
}

describe('the files of a Lua project', { timeout: 60_000 }, () => {
  it('main.lua names the project at its first lines and starts the application; the client is a module beside it', () => {
    const app = file('meter.ts', `import { create, cat, b1 } from 'yieldmq'
import { luatask, wake } from 'yieldmq/luatask'
export const client = create(luatask(), { servers: [{ host: 'broker', port: 1883 }] })
client.publish('a', cat(b1(1), b1(2)))
wake()
`)
    const { files, module } = buildLuaBoard(board, project, app)
    expect(files.map((one) => one.name)).toEqual(['main.lua', 'meter.lua', 'yieldmq.lua', 'yieldmq_explain.lua', 'yieldmq_mqtt.lua'])
    const text = (name: string): string => files.find((one) => one.name === name)!.code
    expect(text('main.lua')).toBe('PROJECT = "meter"\nVERSION = "1.2.3"\n\nrequire "log"\nrequire "sys"\nrequire "net"\nnet.startQueryAll(60000, 60000)\nrequire "meter"\nsys.init(0, 0)\nsys.run()\n')
    // The application brings none of the client.
    expect(text('meter.lua').length).toBeLessThan(600)
    expect(text('meter.lua')).toContain('require("yieldmq")')
    expect(text('yieldmq.lua')).toBe(module.code)
    expect(text('yieldmq_mqtt.lua')).toContain('require("yieldmq")')
    expect(text('yieldmq_mqtt.lua').length).toBeLessThan(8000)
  })

  it('an application in Lua is taken as it is, and may be main.lua itself', () => {
    const text = "local yieldmq = require 'yieldmq'\nprint(yieldmq.create, '\xe6\xb8\xa9')\n"
    const app = path.join(folder, 'old.lua')
    writeFileSync(app, text, 'latin1')
    expect(buildLuaBoard(tiny, project, app).files.find((one) => one.name === 'old.lua')!.code).toBe(text)
    const main = path.join(folder, 'main.lua')
    writeFileSync(main, text, 'latin1')
    expect(buildLuaBoard(tiny, project, main).files.map((one) => one.name)).toEqual(['main.lua', 'yieldmq.lua', 'yieldmq_explain.lua'])
    expect(readFileSync(main, 'latin1')).toBe(text)
  })

  it.each([
    ['a Lua error, by its line', 'broken.lua', 'local x = 1\nlocal y = = 2\n', project, /^broken\.lua:2: does not parse: .*near '='/],
    ['an operator that the board\'s Lua lacks', 'newer.lua', 'local x = 7 // 2\n', project, /^newer\.lua:1: operator \/\/ is not in Lua 5\.1/],
    ['a file of the build', 'yieldmq.lua', 'x = 1\n', project, /^yieldmq\.lua:0: yieldmq\.lua is a file of the build; give the application another name/],
    ['a name that is no module', 'my-app.lua', 'x = 1\n', project, /^my-app\.lua:0: my-app: the name of a Lua module has letters, digits and "_" only/],
    ['what Lua does not have', 'json.ts', 'print(JSON.stringify([1]))\nexport {}\n', project, /^json\.ts:1: Cannot find name 'JSON'/],
    ['another board\'s port', 'other.ts', "import { luatos } from 'yieldmq/luatos'\nprint(luatos())\n", project, /^other\.ts:1: Cannot find module 'yieldmq\/luatos'/],
    ['a project without a name', 'fine.lua', 'x = 1\n', { name: 'a b', version: '1.0.0' }, /--project a b: 1 to 64 letters/],
    ['a version that the update service refuses', 'fine.lua', 'x = 1\n', { name: 'a', version: '1.0' }, /--app-version 1\.0: three numbers are expected/]
  ])('says what is wrong: %s', (_name, name, text, given, expected) => {
    expect(problems(file(name, text), given).join('\n')).toMatch(expected)
  })

  it('says when the application does not exist, and which features a profile has', () => {
    expect(problems(path.join(folder, 'nowhere.ts'))).toEqual(['nowhere.ts:0: does not exist'])
    expect(() => withFeatures(board, ['KIND'])).toThrow('KIND is not a feature')
  })
})

it('linking: exports become locals of the chunk, and names that are hidden inside stay what they are', () => {
  const helper = `local ____exports = {}
local value = 1
local function get(value) return value + 1 end
local function set(n) value = n return get(value) end
____exports.a = get
____exports.b = set
____exports.c = value
return ____exports`
  const entry = `local ____exports = {}
local ____helper_2Ejs = ____helper
local get = ____helper_2Ejs.a
local set = ____helper_2Ejs.b
local first = ____helper_2Ejs.c
local function report()
  local out = tostring(get(1)) .. set(5) .. tostring(first)
  for get = 1, 2 do out = out .. get end
  local function set(get) return get end
  repeat local first = set(7) out = out .. first until first == 7
  return out .. tostring(({ get = get }).get == get)
end
____exports.report = report
return ____exports`
  const code = linkModules([{ name: '____helper', code: helper }, { name: '____entry', code: entry }])
  expect(code).not.toContain('____helper_2Ejs')
  expect(code).toContain('local ____helper_get, ____helper_set, ____helper_value')
  // `value` is exported, so the local that `set` writes is the one that the entry reads: 5, as no table holds a copy.
  expect(callFengari(code, 'report').toString('latin1')).toBe('265127true')
})
