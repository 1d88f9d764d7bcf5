/**
 * The Espruino pipeline: one entry file to one minified bundle. The byte intrinsics are lowered, then esbuild bundles at
 * es2015 with native classes (ES5 output needs function hoisting, which Espruino lacks). What comes out is checked by
 * espruino-check.ts, because esbuild gives no warning about what Espruino does not run.
 */
import path from 'node:path'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { build, type BuildResult, type Message, type Plugin } from 'esbuild'
import { namesFrom } from './app.js'
import { checkEspruino, findFaults } from './espruino-check.js'
import { flatten } from './flatten.js'
import { hoistLiterals } from './hoist.js'
import { CHR, lowerToJs } from './intrinsics.js'
import { bytesOfTexts } from './app-texts.js'
import { prepare, type Prepared } from './prepare.js'
import { BuildError, type Problem } from './problem.js'
import type { Flags } from './profiles.js'
import type { Surroundings } from './program.js'
import { statementsOnLines } from './lines.js'
import { ROOT, shown } from './root.js'
import { NONE, shorten } from './shorten.js'
import { squeeze } from './squeeze.js'

export interface EspruinoOptions {
  /** Any TypeScript file; its exports become the bundle's. */
  entry: string
  flags: Flags
  minify?: boolean
  /** The entry is an application for a board, or stands in memory. */
  around?: Surroundings
  /** A program runs by itself, and what its entry exports become global variables. A module, the default, is for `require`. */
  form?: 'module' | 'program'
  /** A module that the board has in its Storage: what the entry imports from these files comes from there. */
  onBoard?: { name: string; files: string[] }
}

export interface Bundle {
  code: string
  /** The bundle's length. */
  bytes: number
  /** The files that reached the bundle, relative to the project, and the bytes each has in it. */
  modules: { file: string; sourceBytes: number; bytes: number }[]
  /** Bytes of what is left of the sources once flags are folded and what nothing reaches is dropped, blank lines left out. Espruino only. */
  leftBytes?: number
}

/**
 * What all modules share. A name of its own for String.fromCharCode is found faster than `String` and then a member, and is
 * a letter when minified. NONE is a variable without a value: a constant would be written as `void 0` again.
 */
const COMMON: Record<string, string> = { [CHR]: `export const ${CHR} = String.fromCharCode`, [NONE]: `export let ${NONE}` }

/**
 * Short names that a private member must not be shortened to. Every object of Espruino has `on`, so a member that is absent
 * would be found all the same, as a native function; words of its lexer cannot name a field or a method of a class. esbuild
 * gives no name that stands in its cache already.
 */
const TAKEN_NAMES: Record<string, string> = { taken_on_: 'on', taken_do_: 'do', taken_if_: 'if', taken_in_: 'in', taken_of_: 'of' }

const range = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => letter + i)

/**
 * Names that the minifiers give to nothing. Espruino's lexer reserves `of`, JavaScript does not. A program's names are global
 * ones: it must not hide `E` and the pins from who types at the console.
 */
const FREE_NAMES: Record<NonNullable<EspruinoOptions['form']>, string[]> = {
  module: ['of'],
  program: ['of', 'E', 'I2C', 'SPI', ...'ABCD'.split('').flatMap(letter => range(letter, letter === 'D' ? 40 : 16))]
}

/** A module mentions them and does not declare them, so esbuild leaves them alone; the function is never called and does not reach the bundle. */
function keepFree(form: keyof typeof FREE_NAMES): string {
  return `function keepFree() { ${FREE_NAMES[form].join('(); ')}() }`
}

const isOwn = (file: string): boolean => file.startsWith(path.join(ROOT, 'firmware')) || file.startsWith(path.join(ROOT, 'hal'))

/** What stands before `exports` and `require` while a flat bundle is minified. */
const HOLDER = 'heldByTheBoard'

/** esbuild reads the prepared texts and nothing else. */
function preparedTexts({ texts }: Prepared): Plugin {
  return {
    name: 'prepared-texts',
    setup(build) {
      build.onResolve({ filter: /^yieldmq:/ }, ({ path: name }) => ({ path: name.slice('yieldmq:'.length), namespace: 'yieldmq', sideEffects: false }))
      build.onLoad({ filter: /.*/, namespace: 'yieldmq' }, ({ path: name }) => ({ contents: COMMON[name], loader: 'js' }))
      build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path: file }) => {
        const text = texts.get(path.normalize(file))
        if (text === undefined) return { errors: [{ text: `${shown(file)} is not part of the program` }] }
        const lowered = lowerToJs(file, isOwn(file) ? text : bytesOfTexts(file, text))
        const short = shorten(file, lowered.code)
        const names = [...(short.usesNone ? [NONE] : []), ...(lowered.usesChr ? [CHR] : [])]
        return { contents: names.map(name => `import { ${name} } from 'yieldmq:${name}'; `).join('') + short.code, loader: 'ts' }
      })
    }
  }
}

/** What is asked for by `require` is there on the board: modules of its firmware and of its Storage. */
function boardModules(): Plugin {
  return {
    name: 'board-modules',
    setup(build) {
      build.onResolve({ filter: /^[A-Za-z]/ }, ({ path: name, kind }) => kind === 'require-call' ? { path: name, external: true } : undefined)
    }
  }
}

/** Where imports lead: files in memory, and what is on the board. */
function resolution({ texts }: Prepared, around: Surroundings, onBoard: EspruinoOptions['onBoard']): Plugin {
  const absent = new Set(onBoard?.files.map(file => path.normalize(file)))
  return {
    name: 'resolution',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path: name, resolveDir }) => {
        if (name === 'on-board:') return { path: name, namespace: 'on-board' }
        const file = path.normalize(around.paths[name] ?? path.resolve(resolveDir, name.replace(/\.js$/, '.ts')))
        if (absent.has(file)) return { path: file, namespace: 'absent' }
        return texts.has(file) ? { path: file } : undefined
      })
      build.onLoad({ filter: /.*/, namespace: 'on-board' }, () => ({ contents: `export const board = require(${JSON.stringify(onBoard!.name)})`, loader: 'js' }))
      build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path: file }) => ({
        contents: `import { board } from 'on-board:'\n${namesFrom(texts, file, around).map(name => `export const ${name} = board.${name}`).join('\n')}`, loader: 'js'
      }))
    }
  }
}

export function fromMessage(message: Message): Problem {
  return { file: message.location?.file ?? 'esbuild', line: message.location?.line ?? 0, message: message.text }
}

interface Run extends EspruinoOptions {
  absolute: string
  prepared: Prepared
}

async function bundle({ absolute, prepared, around, form = 'module', onBoard }: Run, minify: boolean, mangle = true): Promise<BuildResult<{ write: false; metafile: true }>> {
  const holder = form === 'module' ? 'exports' : 'global'
  const from = JSON.stringify(absolute)
  return build({
    // Written out as assignments: esbuild's own CommonJS export helper makes closures over a loop variable, which
    // Espruino shares between the rounds.
    stdin: {
      contents: [`import ${from}`, ...prepared.exports.map(name => `import { ${name} } from ${from}\n${holder}.${name} = ${name}`), keepFree(form)].join('\n'),
      resolveDir: ROOT, sourcefile: 'bundle.js', loader: 'js'
    },
    bundle: true, write: false, metafile: true, absWorkingDir: ROOT, sourcemap: minify ? false : 'external', outfile: path.join(ROOT, '.cache/espruino.js'),
    format: 'cjs', platform: 'neutral', target: 'es2015',
    // Espruino's strings are bytes: 'utf8' would print '\xff' as two of them.
    charset: 'ascii', legalComments: 'none',
    minify, ...(mangle ? { mangleProps: /[^_]_$/, mangleCache: TAKEN_NAMES } : {}),
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: 'es2015', verbatimModuleSyntax: false } },
    plugins: [boardModules(), preparedTexts(prepared), ...(around === undefined ? [] : [resolution(prepared, around, onBoard)])], logLevel: 'silent'
  }).catch((error: { errors?: Message[] }) => {
    if (error.errors === undefined) throw error
    throw new BuildError(error.errors.map(fromMessage))
  })
}

/**
 * A bundle whose record is taken apart goes through the minifier as one ES module. `exports` and `require` go by names that
 * the minifier does not know, or it would take the text for a CommonJS module and wrap it.
 */
async function minifyFlat(code: string, form: NonNullable<EspruinoOptions['form']>): Promise<string> {
  const result = await build({
    stdin: { contents: `${code.replaceAll(/\b(exports\.|require\()/g, (text) => HOLDER + text)}\n${keepFree(form)}\nexport {}`, resolveDir: ROOT, sourcefile: 'flat.js', loader: 'js' },
    bundle: true, write: false, absWorkingDir: ROOT, format: 'esm', platform: 'neutral', target: 'es2015', charset: 'ascii', legalComments: 'none',
    minify: true, mangleProps: /[^_]_$/, mangleCache: TAKEN_NAMES, logLevel: 'silent'
  })
  return result.outputFiles[0]!.text.trimEnd().replaceAll(HOLDER, '')
}

function textOf(result: BuildResult<{ write: false }>, extension: string): string {
  return result.outputFiles.find(one => one.path.endsWith(extension))!.text.trimEnd()
}

/** What Espruino does not run, by the source's own lines. */
function faultsInSources(result: BuildResult<{ write: false }>): Problem[] {
  const code = textOf(result, '.js')
  const map = new TraceMap(textOf(result, '.js.map'))
  const problems = findFaults(code).map(({ position, message }): Problem => {
    const before = code.slice(0, position).split('\n')
    const { source, line } = originalPositionFor(map, { line: before.length, column: before.at(-1)!.length })
    return { file: source === null ? 'bundle' : shown(path.resolve(ROOT, '.cache', source)), line: line ?? 0, message: `Espruino: ${message}` }
  })
  return problems.filter((one, i) => problems.findIndex(other => other.file === one.file && other.line === one.line && other.message === one.message) === i)
}

async function smallest(text: string, form: NonNullable<EspruinoOptions['form']>): Promise<string> {
  const small = hoistLiterals(await squeeze(text, FREE_NAMES[form]))
  return form === 'program' ? statementsOnLines(small) : small
}

/** Builds one bundle and checks it. Throws a BuildError that lists every problem. */
export async function buildEspruino(options: EspruinoOptions): Promise<Bundle> {
  const absolute = path.resolve(ROOT, options.entry)
  const { minify = true, around } = options
  // Its sockets move only while the interpreter is idle: nothing there can wait. A member of what is no record is undefined there.
  const flags = { ...options.flags, FEATURE_WAIT: false, FEATURE_KINDS: false }
  const prepared = prepare(absolute, flags, around)
  const run = { ...options, absolute, prepared }
  const result = await bundle(run, minify)
  const problems: Problem[] = result.warnings.map(fromMessage)
  const flat = ['small', 'tiny'].some((core) => prepared.texts.has(path.join(ROOT, `firmware/${core}/core.ts`))) ? flatten(textOf(await bundle(run, false, false), '.js')) : undefined
  let text = textOf(result, '.js')
  if (flat !== undefined) text = minify ? await minifyFlat(flat, options.form ?? 'module') : flat
  const code = minify ? await smallest(text, options.form ?? 'module') : text
  const faults = checkEspruino(code, `${shown(absolute)} (Espruino bundle)`)
  if (faults.length > 0) {
    // The lines of the sources; where minifying alone made them, the minified text.
    const inSources = faultsInSources(await bundle(run, false))
    problems.push(...(inSources.length > 0 ? inSources : faults))
  }
  if (problems.length > 0) throw new BuildError(problems)
  const output = Object.values(result.metafile.outputs).find(one => one.entryPoint !== undefined)!
  const modules = Object.entries(output.inputs)
    .filter(([file]) => prepared.sourceBytes.has(path.resolve(ROOT, file)) && around?.texts.has(path.resolve(ROOT, file)) !== true)
    .map(([file, { bytesInOutput }]) => ({ file: shown(path.resolve(ROOT, file)), sourceBytes: prepared.sourceBytes.get(path.resolve(ROOT, file))!, bytes: bytesInOutput }))
  // A flat bundle has its functions at other places: what each file had before, in proportion.
  const whole = modules.reduce((sum, one) => sum + one.bytes, 0)
  if (flat !== undefined && whole > 0) for (const one of modules) one.bytes = Math.round(one.bytes * Buffer.byteLength(code) / whole)
  const left = [...prepared.texts].filter(([file]) => around?.texts.has(file) !== true).map(([, one]) => Buffer.byteLength(one.replace(/\n\s*(?=\n)/g, '')))
  return { code, bytes: Buffer.byteLength(code), modules, leftBytes: left.reduce((sum, one) => sum + one, 0) }
}
