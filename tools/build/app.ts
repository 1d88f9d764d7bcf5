/**
 * What an application for a board imports beside its own files: `yieldmq`, the client of the board's profile with the byte
 * strings, codes and types that go with it, and the board's port, `yieldmq/espruino`, `yieldmq/luatos` and so on by its runtime.
 * Neither is a file; both are found in a checkout as in an installed package.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import type { Board } from './boards.js'
import { BuildError } from './problem.js'
import { exportedValues } from './prepare.js'
import { isModemBoard, MODEM_FILE, modemPortText } from './modem-port.js'
import { createAppProgram, type Surroundings, type Texts } from './program.js'
import type { Profile } from './profiles.js'
import { ROOT } from './root.js'

export const CORE = 'yieldmq'
/** What an application imports a board's port by. */
export function portName(board: Board): string {
  return `yieldmq/${board.runtime}`
}

/** The name of the module in a board's Storage, and of the Lua file. */
export const MODULE = 'yieldmq'

/** In memory: they stand beside the core so that their imports read as its own. */
const CORE_FILE = path.join(ROOT, 'firmware/yieldmq.board.ts')
const FACE_FILE = path.join(ROOT, 'firmware/yieldmq.face.ts')
const TYPES_FILE = path.join(ROOT, 'firmware/types.ts')
const MODULE_FILE = path.join(ROOT, 'firmware/yieldmq.module.ts')

/** Byte strings: most are compile-time forms, gone from the bundle. */
const BYTES = ['at', 'b1', 'b2', 'b3', 'b4', 'cat', 'cut', 'keep', 'u16', 'u32']

export interface BoardSources extends Surroundings {
  /** The entry of the drop-in face, of a board that has one; in `texts`. */
  face?: string
  /** The entry of the module form; in `texts`. */
  module: string
  /** Files that the module form has on the board, so that an application does not bring them. */
  onBoard: string[]
  /** The port's index; undefined where it does not exist yet. */
  port: string | undefined
}

function indexOf(profile: Profile): string {
  return path.join(ROOT, `firmware/index.${profile}.ts`)
}

/** The types that a file exports. Named, since typescript-to-lua makes a loop of `export type *`. */
function typesOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^export (?:interface|type) (\w+)|^export type \{([^}]*)\}/gm)]
    .flatMap(([, name, list]) => name ?? list!.split(',').map(one => one.trim().split(' as ').at(-1)!).filter(one => one !== ''))
}

/** The values that a file exports. */
function exportsOf(file: string, language: BoardSources['language'], texts: Texts): string[] {
  return exportedValues(createAppProgram(file, { texts, paths: {}, language }, texts), file)
}

const relative = (file: string): string => JSON.stringify('./' + path.relative(path.dirname(CORE_FILE), file).replace(/\\/g, '/').replace(/\.ts$/, '.js'))

/** The port's index of a board that has one, whether it exists or not. */
export function portFile(board: Board): string {
  return isModemBoard(board) ? MODEM_FILE : path.join(ROOT, board.port, 'index.ts')
}

/** What a port offers beside its index: an application brings with it what it imports of these. */
const PARTS = ['crypto', 'device', 'storage', 'wifi']
const MODEM_PARTS = ['at-network', 'crypto', 'device', 'storage']

function partsOf(board: Board, folder: string): Record<string, string> {
  const parts = isModemBoard(board) ? MODEM_PARTS : PARTS
  const files = parts.map(name => [`${portName(board)}/${name}`, path.join(folder, `${name}.ts`)] as const)
  return Object.fromEntries(files.filter(([, file]) => existsSync(file)))
}

const known = new Map<string, BoardSources>()

/** What a board's builds consist of. Throws a BuildError where the profile has no entry. */
export function sourcesOf(board: Board): BoardSources {
  const core = indexOf(board.profile)
  if (!existsSync(core)) throw new BuildError([{ file: `firmware/index.${board.profile}.ts`, line: 0, message: `missing: the entry of profile ${board.profile}` }])
  const texts: Texts = new Map()
  if (isModemBoard(board)) texts.set(MODEM_FILE, modemPortText(board))
  const port = texts.has(portFile(board)) || existsSync(portFile(board)) ? portFile(board) : undefined
  const key = JSON.stringify([core, port, [...texts]])
  const last = known.get(key)
  if (last !== undefined) return last
  // A program makes its client with `create`; the class is a type to it.
  const language = board.runtime === 'espruino' ? 'espruino' : 'lua'
  const coreNames = exportsOf(core, language, texts).filter(name => name !== 'Client')
  const lines = [`export { ${coreNames.join(', ')} } from ${relative(core)}`]
  texts.set(CORE_FILE, `${lines[0]}
export type { Client } from ${relative(core)}
export { ${BYTES.join(', ')} } from './bytes.js'
export { ErrorCode, Reason } from './codes.js'
export { matches } from './topic.js'
export { LinkCode } from '../hal/hal.js'
export type { ${typesOf(TYPES_FILE).join(', ')} } from './types.js'
`)
  if (port !== undefined) lines.push(`export { ${exportsOf(port, language, texts).join(', ')} } from ${relative(port)}`)
  texts.set(MODULE_FILE, lines.join('\n') + '\n')
  const sources: BoardSources = {
    texts, language, module: MODULE_FILE, port, onBoard: port === undefined ? [core] : [core, port],
    paths: { [CORE]: CORE_FILE, ...(port === undefined ? {} : { [portName(board)]: port, ...partsOf(board, path.dirname(port)) }) }
  }
  // The faces need a receive cache.
  const faceSource = path.join(path.dirname(portFile(board)), 'mqtt.ts')
  if (language === 'lua' && board.profile !== 'tiny' && existsSync(faceSource)) {
    const [give, make] = [board.runtime === 'luatask' ? 'clientWith' : 'createWith', board.runtime]
    const name = give.replace('With', '')
    const rest = board.runtime === 'luatask' ?
      'clientId: string, keepAlive?: number, username?: string, password?: string, cleanSession?: number, will?: TaskWill, version?: string): TaskClient' :
      '_adapter: number | undefined, host: string, port: number, ssl?: boolean | OsCertificates, extras?: OsExtras): OsClient'
    const names = [...rest.matchAll(/(?<![\w])(\w+)\??:/g)].map(([, one]) => one!).filter(one => one !== '_adapter')
    texts.set(FACE_FILE, `import { create as createClient } from ${relative(core)}
import { ${make} } from ${relative(port!)}
import type { Hal } from '../hal/hal.js'
import { ${give}${board.runtime === 'luatask' ? ', type TaskClient, type TaskWill' : ', type OsCertificates, type OsClient, type OsExtras'} } from ${relative(faceSource)}

declare const _G: Record<string, unknown>

let hal: Hal | undefined

/** The platform's function of this name, over this client. */
export function ${name}(this: void, ${rest} {
  if (hal === undefined) hal = ${make}()
  return ${give}(createClient, hal, ${names.join(', ')})
}

_G.mqtt = { ${name}: ${name} }
`)
    sources.face = FACE_FILE
  }
  known.set(key, sources)
  return sources
}

/** The value names that the shaken texts of an application take from `file`, in order. */
export function namesFrom(texts: Texts, file: string, { paths }: Surroundings): string[] {
  const names = new Set<string>()
  for (const [from, text] of texts) {
    const source = ts.createSourceFile(from, text, ts.ScriptTarget.ES2022, true)
    for (const statement of source.statements) {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue
      const specifier = statement.moduleSpecifier
      if (specifier === undefined || !ts.isStringLiteral(specifier)) continue
      const target = paths[specifier.text] ?? path.resolve(path.dirname(from), specifier.text.replace(/\.js$/, '.ts'))
      if (path.normalize(target) !== path.normalize(file)) continue
      const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause
      const isType = ts.isImportDeclaration(statement) ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword : statement.isTypeOnly
      if (isType || bindings === undefined || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) continue
      for (const one of bindings.elements) if (!one.isTypeOnly) names.add((one.propertyName ?? one.name).text)
    }
  }
  return [...names].sort()
}
