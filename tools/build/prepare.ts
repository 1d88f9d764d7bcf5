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
 * `around`: the entry is an application for a board.
 */
export function prepare(entry: string, flags: Flags, around?: Surroundings): Prepared {
  const key = JSON.stringify([entry, flags, around && [around.paths, [...around.texts]]])
  const last = known.get(key)
  if (last !== undefined && [...last.times].every(([file, time]) => existsSync(file) && statSync(file).mtimeMs === time)) return last.prepared
  const prepared = prepareAnew(entry, flags, around)
  known.set(key, { prepared, times: new Map([...prepared.sourceBytes.keys()].filter(file => around?.texts.has(file) !== true).map(file => [file, statSync(file).mtimeMs])) })
  return prepared
}

function prepareAnew(entry: string, flags: Flags, around: Surroundings | undefined): Prepared {
  const programOf = (texts: Texts): ts.Program => around === undefined ? createProgram([entry], texts) : createAppProgram(entry, around, new Map([...around.texts, ...texts]))
  const source = programOf(new Map())
  const problems: Problem[] = typeProblems(source)
  if (problems.length > 0) throw new BuildError(problems)
  const folded: Texts = new Map()
  const sourceBytes = new Map<string, number>()
  for (const file of ownFiles(source)) {
    const marked = markIntrinsics(file)
    const result = foldFlags(ts.createSourceFile(file.fileName, marked.code, ts.ScriptTarget.ES2022, true), flags)
    problems.push(...marked.problems, ...result.problems)
    folded.set(path.normalize(file.fileName), result.code)
    sourceBytes.set(path.normalize(file.fileName), Buffer.byteLength(file.text))
  }
  const shaken = shake(programOf(folded), entry)
  problems.push(...shaken.problems)
  if (problems.length > 0) throw new BuildError(problems)
  const program = programOf(shaken.texts)
  const texts: Texts = new Map(ownFiles(program).map(file => [path.normalize(file.fileName), file.text]))
  return { entry, texts, sourceBytes, exports: exportedValues(program, entry) }
}
