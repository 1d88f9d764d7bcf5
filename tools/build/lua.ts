/**
 * The Lua pipeline: one entry file to one Lua file that runs on 5.1, 5.3, 5.4 and LuaJIT. After prepare.ts and rename.ts
 * typescript-to-lua compiles for 5.1, whose output the others run as well; every warning is an error. The modules are
 * linked here as nested functions, which is smaller than typescript-to-lua's own `require`, and minified with luamin.
 */
import path from 'node:path'
import ts from 'typescript'
import * as tstl from 'typescript-to-lua'
import type { Bundle } from './espruino.js'
import { MARKED_TYPES } from './intrinsics.js'
import { byteIntrinsics, LIBRARY } from './lua-intrinsics.js'
import { checkGlobals, checkLua, checkSameProgram } from './lua-check.js'
import { linkModules } from './lua-link.js'
import { minifyLua } from './lua-minify.js'
import { prepare, type Prepared } from './prepare.js'
import { BuildError } from './problem.js'
import type { Flags } from './profiles.js'
import { createAppProgram, createProgram, fromDiagnostic, type Surroundings, type Texts } from './program.js'
import { renameForLua } from './rename.js'
import { ROOT, shown } from './root.js'

export interface LuaOptions {
  /** Any TypeScript file in the dialect; its exports become the fields of the table that the Lua file returns. */
  entry: string
  flags: Flags
  minify?: boolean
  /** The entry is an application for a board, or stands in memory. */
  around?: Surroundings
  /** Lua modules that are there beside it: what the program imports from these files comes from `require(name)`. */
  beside?: Record<string, string[]>
}

interface Compiled {
  modules: LuaModule[]
  lualib: string
  /** Those about modules that are not linked do not matter: what is beside the bundle is not followed. */
  complaints: ts.Diagnostic[]
}

interface LuaModule {
  file: string
  code: string
  requires: string[]
}

/** Cannot find name, no exported member, cannot find module, no such property, and their "did you mean" forms. */
const LOST = new Set([2304, 2305, 2306, 2307, 2339, 2551, 2552, 2614, 2694, 2724])

/** What a module is given of typescript-to-lua's own functions, and by what name it finds them in the bundle. */
const withLibrary = (code: string): string => code.replaceAll('require("lualib_bundle")', '____lualib')

const REQUIRE = /require\("([^"]+)"\)/g

/** An application's files lie anywhere. */
function commonFolder(files: string[]): string {
  const parts = files.map(one => path.dirname(one).split(path.sep))
  const first = parts[0] ?? []
  const length = first.findIndex((part, i) => parts.some(one => one[i] !== part))
  return first.slice(0, length < 0 ? first.length : length).join(path.sep) || path.sep
}

/** typescript-to-lua over in-memory texts: the modules, and the library functions they need. */
function compile(entry: string, texts: Texts, around: Surroundings | undefined): Compiled {
  const marks = path.join(ROOT, 'firmware/$marked.d.ts')
  const options = {
    noEmit: false, rootDir: commonFolder([...texts.keys(), marks]), outDir: path.join(ROOT, '.cache/lua'),
    luaTarget: tstl.LuaTarget.Lua51, luaLibImport: tstl.LuaLibImportKind.RequireMinimal,
    noImplicitSelf: true, noHeader: true
  } as ts.CompilerOptions
  const all = new Map([...texts, [marks, MARKED_TYPES]])
  const program = around === undefined ? createProgram([entry, marks], all, options) : createAppProgram(entry, around, all, options, [marks])
  // A name that got lost on the way here would be of type any, and a method call on it a plain call. Other complaints
  // come from folding (a comparison that is now always true); the sources were checked before.
  const lost = program.getSemanticDiagnostics().filter(one => LOST.has(one.code))
  const modules: LuaModule[] = []
  let lualib = ''
  const collect: tstl.Plugin = {
    afterPrint(_program, _options, _host, result) {
      for (const one of result) {
        const requires: string[] = []
        // Taken out of the compiler's sight, which would look for them on the disk.
        const code = one.code.replace(REQUIRE, (whole, specifier: string) => {
          const file = path.normalize(around?.paths[specifier] ?? path.resolve(path.dirname(one.fileName), specifier.replace(/\.js$/, '.ts')))
          // What a port or a program itself asks for.
          if (!texts.has(file)) return whole
          requires.push(file)
          return localName(file)
        })
        one.code = code
        modules.push({ file: path.normalize(one.fileName), code, requires })
      }
    }
  }
  const { diagnostics } = new tstl.Transpiler().emit({
    program, plugins: [byteIntrinsics(), collect],
    writeFile: (name, text) => { if (path.basename(name) === 'lualib_bundle.lua') lualib = text }
  })
  return { modules, lualib, complaints: [...lost, ...diagnostics] }
}

function localName(file: string): string {
  return '____' + shown(file).replace(/\.ts$/, '').replace(/[^A-Za-z0-9]/g, '_')
}

/** Modules in the order in which they must run; circles are a problem, since Espruino cannot run them either. */
function inOrder(modules: LuaModule[], entry: string, beside: Set<string>): LuaModule[] {
  const byFile = new Map(modules.map(one => [one.file, one]))
  const ordered: LuaModule[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === 'done' || beside.has(file)) return
    if (state.get(file) === 'open') {
      throw new BuildError([{ file: shown(file), line: 0, message: `circular import: ${[...trail, file].map(shown).join(' > ')}` }])
    }
    state.set(file, 'open')
    const module = byFile.get(file)
    if (module === undefined) throw new BuildError([{ file: shown(trail[trail.length - 1] ?? file), line: 0, message: `imports ${shown(file)}, which is not part of the program` }])
    for (const one of module.requires) visit(one, [...trail, file])
    state.set(file, 'done')
    ordered.push(module)
  }
  visit(entry, [])
  return ordered
}

/** One chunk: library locals, library functions, the modules in their order. */
function link(ordered: LuaModule[], lualib: string, beside: [string, string[]][]): string {
  const body = linkModules(ordered.map(({ file, code }) => ({ name: localName(file), code: withLibrary(code) })))
  const head = Object.entries(LIBRARY).filter(([name]) => body.includes(name + '(')).map(([name, value]) => `local ${name} = ${value}`)
  if (body.includes('____lualib')) head.push(`local ____lualib = (function()\n${lualib.trim()}\nend)()`)
  for (const [name, files] of beside) {
    for (const file of files) if (body.includes(localName(file))) head.push(`local ${localName(file)} = require("${name}")`)
  }
  return [...head, body].join('\n') + '\n'
}

interface Linked {
  ordered: LuaModule[]
  source: string
}

/** By what it was made from: the minified form is made of the plain one. */
const known = new WeakMap<Prepared, Linked>()

const isCore = (file: string): boolean => file.startsWith(path.join(ROOT, 'firmware') + path.sep)

function linked(prepared: Prepared, around: Surroundings | undefined, beside: [string, string[]][]): Linked {
  const last = known.get(prepared)
  if (last !== undefined) return last
  const files = beside.flatMap(([, each]) => each.map(one => path.normalize(one)))
  const renamed = renameForLua(prepared.texts, prepared.entry, around?.paths ?? {}, files)
  if (renamed.problems.length > 0) throw new BuildError(renamed.problems)
  const { modules, lualib, complaints } = compile(prepared.entry, renamed.texts, around)
  const ordered = inOrder(modules, path.normalize(prepared.entry), new Set(files))
  const wrong = complaints.filter(one => one.file === undefined || ordered.some(({ file }) => file === path.normalize(one.file!.fileName)))
  if (wrong.length > 0) throw new BuildError(wrong.map(fromDiagnostic))
  const made = { ordered, source: link(ordered, lualib, beside) }
  const name = bundleName(prepared.entry)
  // A port and a program use what their runtime has; the core does not.
  const strict = ordered.filter(one => isCore(one.file) && around?.texts.has(one.file) !== true)
  const hasPort = strict.length < ordered.length
  const problems = checkLua(made.source, name, hasPort)
  if (hasPort) problems.push(...strict.flatMap(one => checkGlobals(withLibrary(one.code), shown(one.file))))
  if (problems.length > 0) throw new BuildError(problems)
  known.set(prepared, made)
  return made
}

function bundleName(entry: string): string {
  return `${shown(entry)} (Lua bundle)`
}

/** Builds one Lua file and checks it. Throws a BuildError that lists every problem. */
export function buildLua({ entry, flags, minify = true, around, beside = {} }: LuaOptions): Bundle {
  const prepared = prepare(path.resolve(ROOT, entry), flags, around, Object.values(beside).flat().map(one => path.normalize(one)))
  const { ordered, source } = linked(prepared, around, Object.entries(beside))
  const code = minify ? minifyLua(source) : source
  if (minify) {
    const problems = checkSameProgram(source, code, bundleName(prepared.entry))
    if (problems.length > 0) throw new BuildError(problems)
  }
  return {
    code, bytes: Buffer.byteLength(code),
    modules: ordered.filter(one => around?.texts.has(one.file) !== true).map(one => ({
      file: shown(one.file), sourceBytes: prepared.sourceBytes.get(one.file) ?? 0,
      bytes: Buffer.byteLength(minify ? minifyLua(one.code) : one.code)
    }))
  }
}
