/**
 * What the Espruino and the Lua pipelines begin with: from an entry file and flags to the texts that are really needed,
 * flags folded, dead code gone, use of the intrinsics checked. Lines stay where they are in the source.
 */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { foldFlags } from './fold.js'
import { markIntrinsics } from './intrinsics.js'
import { BuildError, type Problem } from './problem.js'
import type { Flags } from './profiles.js'
import { createAppProgram, createProgram, ownFiles, typeProblems, type Surroundings, type Texts } from './program.js'
import { shake } from './shake.js'

export interface Prepared {
  /** Absolute. */
  entry: string
  /** By absolute path, the files the entry still imports. */
  texts: Texts
  /** Bytes of the sources these come from, by absolute path. */
  sourceBytes: Map<string, number>
  /** The names that the entry exports as values. */
  exports: string[]
}

/** The names of the values that a file of the program exports. */
export function exportedValues(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker()
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(entry)!)
  if (symbol === undefined) return []
  return checker.getExportsOfModule(symbol).filter(one => {
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one
    // Const enums are inlined and have no value at run time.
    return (target.flags & ts.SymbolFlags.Value) !== 0 && (target.flags & ts.SymbolFlags.ConstEnum) === 0
  }).map(one => one.name)
}

/** One entry with one set of flags goes through several pipelines: the result is kept while its files are the same. */
const known = new Map<string, { prepared: Prepared; times: Map<string, number> }>()

/**
 * Throws a BuildError with every problem of the sources: types first, since nothing later makes sense without them.
 * `around`: the entry is an application for a board. `outside`: files whose exports are there at run time.
 */
export function prepare(entry: string, flags: Flags, around?: Surroundings, outside: string[] = []): Prepared {
  const key = JSON.stringify([entry, flags, outside, around && [around.paths, [...around.texts]]])
  const last = known.get(key)
  if (last !== undefined && [...last.times].every(([file, time]) => existsSync(file) && statSync(file).mtimeMs === time)) return last.prepared
  const prepared = prepareAnew(entry, flags, around, outside)
  known.set(key, { prepared, times: new Map([...prepared.sourceBytes.keys()].filter(file => around?.texts.has(file) !== true).map(file => [file, statSync(file).mtimeMs])) })
  return prepared
}

/** Entries whose sources were found without a fault, by the sources' texts: flags change nothing in that. */
const sound = new Map<string, Map<string, string>>()

/** Throws a BuildError with what the type checker says; looks only once at the same texts. */
function checkTypes(program: ts.Program, entry: string): void {
  const texts = new Map(ownFiles(program).map(file => [file.fileName, file.text]))
  const last = sound.get(entry)
  if (last?.size === texts.size && [...texts].every(([file, text]) => last.get(file) === text)) return
  const problems = typeProblems(program)
  if (problems.length > 0) throw new BuildError(problems)
  sound.set(entry, texts)
}

/** Of `texts`, those that `entry` imports, directly or not, types included. */
function reachable(entry: string, texts: Texts, paths: Surroundings['paths']): Texts {
  const found: Texts = new Map()
  const queue = [path.normalize(entry)]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const text = texts.get(file)
    if (text === undefined || found.has(file)) continue
    found.set(file, text)
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      const absolute = paths[fileName] ?? path.resolve(path.dirname(file), fileName)
      queue.push(...[absolute, absolute.replace(/\.js$/, '.ts'), `${absolute}.ts`, path.join(absolute, 'index.ts')].map(one => path.normalize(one)))
    }
  }
  return found
}

function prepareAnew(entry: string, flags: Flags, around: Surroundings | undefined, outside: string[]): Prepared {
  const programOf = (texts: Texts): ts.Program => around === undefined ? createProgram([entry], texts) : createAppProgram(entry, around, new Map([...around.texts, ...texts]))
  const source = programOf(new Map())
  checkTypes(source, entry)
  const problems: Problem[] = []
  const folded: Texts = new Map()
  const sourceBytes = new Map<string, number>()
  for (const file of ownFiles(source)) {
    const marked = markIntrinsics(file)
    const result = foldFlags(ts.createSourceFile(file.fileName, marked.code, ts.ScriptTarget.ES2022, true), flags)
    problems.push(...marked.problems, ...result.problems)
    folded.set(path.normalize(file.fileName), result.code)
    sourceBytes.set(path.normalize(file.fileName), Buffer.byteLength(file.text))
  }
  const shaken = shake(programOf(folded), entry, outside)
  problems.push(...shaken.problems)
  if (problems.length > 0) throw new BuildError(problems)
  return { entry, texts: reachable(entry, shaken.texts, around?.paths ?? {}), sourceBytes, exports: exportedValues(source, entry) }
}
