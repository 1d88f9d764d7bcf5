/**
 * What a module or a router needs, from board.json to Lua texts: the folder that the vendor's download tool takes. `main.lua`
 * names the project and starts it, `yieldmq.lua` is client and port, `yieldmq_explain.lua` the sentences behind the codes,
 * `yieldmq_mqtt.lua` the drop-in face for programs written for the platform's own client, and the application goes beside them.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { MODULE, sourcesOf, type BoardSources } from './app.js'
import { flagsOfBoard, type Board } from './boards.js'
import type { Bundle } from './espruino.js'
import { buildLua } from './lua.js'
import { findNewer } from './lua-check.js'
import { BuildError } from './problem.js'
import type { Flags } from './profiles.js'
import { shown } from './root.js'

export interface LuaFileOfBoard {
  name: string
  code: string
  what: string
}

export interface LuaProject {
  /** PROJECT of main.lua. */
  name: string
  /** VERSION of main.lua: three numbers, as the platforms' update services want it. */
  version: string
}

export interface LuaBoardBuild {
  files: LuaFileOfBoard[]
  module: Bundle
}

/** The module of the drop-in face,. */
const FACE = 'yieldmq_mqtt'

/** The module of the sentences. */
const EXPLAIN = 'yieldmq_explain'

/** Each is one file of a flat folder: the names that ours have. */
const OURS = ['main', MODULE, EXPLAIN, FACE]

/** Nothing in Lua is woken: programs wait. */
export function luaFlags(board: Board): Flags {
  return { ...flagsOfBoard(board), FEATURE_WAKE: false }
}

/** Client and port of a board. */
export function luaModule(board: Board, minify = true): Bundle {
  const around = sourcesOf(board)
  return buildLua({ entry: around.module, flags: luaFlags(board), minify, around })
}

const START: Record<string, (app: string) => string> = {
  luatos: app => `_G.sys = require("sys")\n${app}\nsys.run()\n`,
  luatask: app => `require "log"\nrequire "sys"\nrequire "net"\nnet.startQueryAll(60000, 60000)\n${app}\nsys.init(0, 0)\nsys.run()\n`,
  luasocket: app => `local folder = (arg and arg[0] or ""):match("^(.*)/[^/]*$") or "."\npackage.path = folder .. "/?.lua;" .. package.path\n${app}\n`
}

/** The program that the platform starts. Its download tool wants the two names at the line's beginning. */
export function mainOf(board: Board, { name, version }: LuaProject, app: string | undefined): string {
  const load = app === undefined ? '-- require "app" : the application goes here.' : `require "${app}"`
  return `PROJECT = ${JSON.stringify(name)}\nVERSION = "${version}"\n\n${START[board.runtime]!(load)}`
}

/** An application written in Lua is taken as it is; what its board cannot read is named. */
function luaApp(file: string, board: Board): string {
  const text = readFileSync(file, 'latin1')
  try {
    const newer = findNewer(text)
    // LuatOS has 5.3.
    if (newer.length > 0 && board.runtime !== 'luatos') throw new BuildError(newer.map(([line, message]) => ({ file: shown(file), line, message })))
  } catch (error) {
    if (error instanceof BuildError) throw error
    const { line = 0, message } = error as { line?: number; message: string }
    throw new BuildError([{ file: shown(file), line, message: `does not parse: ${message}` }])
  }
  return text
}

function checkProject({ name, version }: LuaProject): void {
  const problems: string[] = []
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) problems.push(`--project ${name}: 1 to 64 letters, digits, "_", "." or "-" are expected`)
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(version)) problems.push(`--app-version ${version}: three numbers are expected, as in 1.0.0`)
  if (problems.length > 0) throw new BuildError(problems.map(message => ({ file: 'main.lua', line: 0, message })))
}

/** What is beside an application on its board, by the module's name. */
const besideOf = (around: BoardSources): Record<string, string[]> => ({ [MODULE]: around.onBoard })

/** The application alone, as a Lua module. */
export function buildLuaApp(board: Board, app: string, minify = true): string {
  const entry = path.resolve(app)
  if (!existsSync(entry)) throw new BuildError([{ file: shown(entry), line: 0, message: 'does not exist' }])
  if (entry.endsWith('.lua')) return luaApp(entry, board)
  const around = sourcesOf(board)
  return buildLua({ entry, flags: luaFlags(board), minify, around, beside: besideOf(around) }).code
}

/** Builds all of it. Throws a BuildError with every problem. */
export function buildLuaBoard(board: Board, project: LuaProject, app?: string, minify = true): LuaBoardBuild {
  checkProject(project)
  const entry = app === undefined ? undefined : path.resolve(app)
  if (entry !== undefined && !existsSync(entry)) throw new BuildError([{ file: shown(entry), line: 0, message: 'does not exist' }])
  const around = sourcesOf(board)
  const flags = luaFlags(board)
  const module = luaModule(board, minify)
  const files: LuaFileOfBoard[] = [{ name: `${MODULE}.lua`, code: module.code, what: 'client and port' }]
  files.push({ name: `${EXPLAIN}.lua`, code: buildLua({ entry: 'firmware/explain.ts', flags, minify }).code, what: 'a sentence for each code, for programs that want it' })
  const face = around.face
  if (face !== undefined) {
    files.push({ name: `${FACE}.lua`, code: buildLua({ entry: face, flags, minify, around, beside: besideOf(around) }).code, what: 'the drop-in face, for programs that want it' })
  }
  if (entry === undefined) return { files: [{ name: 'main.lua', code: mainOf(board, project, undefined), what: 'names the project and starts it' }, ...files], module }
  const name = path.basename(entry).replace(/\.(ts|lua)$/, '')
  const isMain = name === 'main' && entry.endsWith('.lua')
  if (OURS.includes(name) && !isMain) throw new BuildError([{ file: shown(entry), line: 0, message: `${name}.lua is a file of the build; give the application another name` }])
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new BuildError([{ file: shown(entry), line: 0, message: `${name}: the name of a Lua module has letters, digits and "_" only` }])
  const code = buildLuaApp(board, entry, minify)
  if (isMain) files.unshift({ name: 'main.lua', code, what: 'the application' })
  else files.unshift({ name: 'main.lua', code: mainOf(board, project, name), what: 'names the project and starts it' }, { name: `${name}.lua`, code, what: 'the application' })
  return { files, module }
}
