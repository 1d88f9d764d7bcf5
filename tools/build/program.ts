/** TypeScript programs over firmware sources of which some are held in memory, against the restricted library. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import type { Problem } from './problem.js'
import { ROOT, shown } from './root.js'

export const LIB = path.join(ROOT, 'tools/lib-firmware/lib.d.ts')
export const FEATURES_FILE = path.join(ROOT, 'firmware/features.d.ts')
/** The globals of a board, for applications. */
export const BOARD_FILES = { espruino: path.join(ROOT, 'tools/lib-board/espruino.d.ts'), lua: path.join(ROOT, 'tools/lib-lua/lua.d.ts') }

/** File texts by absolute path; they stand in for what is on the disk. */
export type Texts = Map<string, string>

/** What a program finds beside its own files. */
export interface Surroundings {
  /** Files that exist in memory alone. */
  texts: Texts
  /** By bare specifier, the absolute path of the file that it stands for. */
  paths: Record<string, string>
  /** What the board's runtime speaks. */
  language: keyof typeof BOARD_FILES
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2015,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  useDefineForClassFields: false,
  skipLibCheck: true,
  types: [],
  noEmit: true
}

/** Files as they were last read: most of them are the same in every program of a run. */
const parsed = new Map<string, ts.SourceFile>()

export function createHost(texts: Texts, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true)
  const { fileExists, readFile } = host
  if (options.lib === undefined) {
    host.getDefaultLibFileName = () => LIB
    host.getDefaultLibLocation = () => path.dirname(LIB)
  }
  host.getCurrentDirectory = () => ROOT
  host.fileExists = file => texts.has(path.normalize(file)) || fileExists(file)
  host.readFile = file => texts.get(path.normalize(file)) ?? readFile(file)
  host.getSourceFile = (file, languageVersion) => {
    const known = parsed.get(file)
    // A declaration file does not change while we run.
    if (known !== undefined && known.isDeclarationFile && !texts.has(path.normalize(file))) return known
    const text = host.readFile(file)
    if (text === undefined) return undefined
    if (known?.text === text) return known
    const read = ts.createSourceFile(file, text, languageVersion, true)
    parsed.set(file, read)
    return read
  }
  return host
}

/** A program of `entries` and what they import. */
export function createProgram(entries: string[], texts: Texts = new Map(), extra: ts.CompilerOptions = {}): ts.Program {
  const options = { ...OPTIONS, ...extra }
  return ts.createProgram([...entries, FEATURES_FILE], options, createHost(texts, options))
}

/** The library of an application: JavaScript's own, since what a board lacks of it is found in the bundle, where its packages are seen too; for Lua what Lua has. */
function libraryOf({ language, paths }: Surroundings): ts.CompilerOptions {
  return { ...language === 'espruino' ? { lib: ['lib.es2017.d.ts'] } : {}, paths: Object.fromEntries(Object.entries(paths).map(([name, file]) => [name, [file]])) }
}

/** A program of an application, with the board's globals. */
export function createAppProgram(entry: string, around: Surroundings, texts: Texts, extra: ts.CompilerOptions = {}, more: string[] = []): ts.Program {
  const options: ts.CompilerOptions = { ...OPTIONS, ...libraryOf(around), ...extra }
  return ts.createProgram([entry, ...more, FEATURES_FILE, BOARD_FILES[around.language]], options, createHost(texts, options))
}

/** The program's own files: no declaration files, nothing from packages. We may be a package ourselves. */
export function ownFiles(program: ts.Program): ts.SourceFile[] {
  return program.getSourceFiles().filter(({ isDeclarationFile, fileName }) => {
    const place = fileName.startsWith(ROOT) ? fileName.slice(ROOT.length) : fileName
    return !isDeclarationFile && !place.includes('/node_modules/')
  })
}

export function fromDiagnostic(diagnostic: ts.Diagnostic): Problem {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
  const { file, start } = diagnostic
  if (file === undefined) return { file: 'typescript', line: 0, message }
  const line = start === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
  return { file: shown(file.fileName), line, message }
}

/** Everything the type checker says about the program. */
export function typeProblems(program: ts.Program): Problem[] {
  return [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()]
    .map(fromDiagnostic)
}

/** Every source file of firmware/, for the type check of the whole folder. */
export function firmwareFiles(folder = path.join(ROOT, 'firmware')): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort()
}
