/**
 * The Node pipeline: esbuild, ESM, into dist/, with type declarations by the TypeScript compiler. What a program imports,
 * the command line and the examples share their code through chunks, so that there is one copy of every module.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { build, type Message, type Plugin } from 'esbuild'
import ts from 'typescript'
import { fromMessage, type Bundle } from './espruino.js'
import { foldFlags } from './fold.js'
import { CHR, lowerToJs, markIntrinsics } from './intrinsics.js'
import { prepare, type Prepared } from './prepare.js'
import { BuildError, type Problem } from './problem.js'
import { defines, flagsOf, NODE, type Flags } from './profiles.js'
import { fromDiagnostic } from './program.js'
import { ROOT, shown } from './root.js'

const TARGET = 'node20'

/** What `import ... from 'yieldmq'` gives, and the modules behind `yieldmq/...`; each is the sum of its files' exports. */
export const LIBRARY: Record<string, string[]> = {
  index: ['firmware/index.ts', 'hal/host/index.ts'],
  blocking: ['hal/host/blocking/index.ts'],
  hal: ['hal/hal.ts'],
  serial: ['hal/host/serial.ts', 'hal/host/serial-pins.ts'],
  at: ['hal/at/index.ts', 'hal/at/native.ts', 'hal/at/families.ts', 'hal/host/close-modem.ts'],
  sim: ['hal/sim/index.ts', 'hal/sim/broker/index.ts'],
  explain: ['firmware/explain.ts', 'hal/host/explain.zh.ts']
}

/** Programs: the command line, and every example by its folder's name. */
function programs(): Record<string, string> {
  const found: Record<string, string> = {}
  if (existsSync(path.join(ROOT, 'tools/cli.ts'))) found.cli = 'tools/cli.ts'
  // Threads of their own of the commands hal-check and sim.
  found['hal-check-program'] = 'tools/hal-check/blocking-program.ts'
  found['sim-worker'] = 'tools/sim/worker.ts'
  const examples = path.join(ROOT, 'examples')
  for (const name of existsSync(examples) ? readdirSync(examples) : []) {
    // Applications for boards.
    if (name === 'espruino' || name === 'lua') continue
    for (const file of readdirSync(path.join(examples, name))) {
      if (file.endsWith('.ts') && !file.endsWith('.d.ts')) found[`examples/${name}/${file.slice(0, -3)}`] = `examples/${name}/${file}`
    }
  }
  return found
}

/** Library modules have no file of their own: this plugin writes their `export *` lines. */
function libraryModules(): Plugin {
  return {
    name: 'library-modules',
    setup(build) {
      build.onResolve({ filter: /^library:/ }, ({ path: name }) => ({ path: name.slice('library:'.length), namespace: 'library' }))
      build.onLoad({ filter: /.*/, namespace: 'library' }, ({ path: name }) => ({
        contents: LIBRARY[name]!.map(file => `export * from ${JSON.stringify('./' + file)}`).join('\n'), resolveDir: ROOT, loader: 'ts'
      }))
    }
  }
}

/**
 * The intrinsics as native operations: 10 % less time for a PUBLISH in either direction than as calls.
 * `patch`: what the text of a file is to be before that, for builds of a core that was changed on purpose.
 */
export function loweredFirmware(flags: Flags, patch: (file: string, text: string) => string = (_file, text) => text): Plugin {
  return {
    name: 'lowered-firmware',
    setup(build) {
      build.onLoad({ filter: /[\\/]firmware[\\/].*\.ts$/, namespace: 'file' }, async ({ path: file }) => {
        const text = patch(shown(file), await readFile(file, 'utf8'))
        const marked = markIntrinsics(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true))
        const folded = foldFlags(ts.createSourceFile(file, marked.code, ts.ScriptTarget.ES2022, true), flags)
        const problems = [...marked.problems, ...folded.problems]
        return {
          errors: problems.map(one => ({ text: one.message, location: { file: one.file, line: one.line } })),
          contents: withChr(lowerToJs(file, folded.code, true)), loader: 'ts'
        }
      })
    }
  }
}

function withChr({ usesChr, code }: { usesChr: boolean; code: string }): string {
  return (usesChr ? `const ${CHR} = String.fromCharCode; ` : '') + code
}

function thrown(error: { errors?: Message[] }): never {
  if (error.errors === undefined) throw error
  throw new BuildError(error.errors.map(fromMessage))
}

/** Writes dist/. The whole feature set: what a profile leaves out is for boards. Declarations take most of the time. */
export async function buildNode(outdir = path.join(ROOT, 'dist'), types = true): Promise<{ files: number; bytes: number }> {
  const missing = Object.values(LIBRARY).flat().filter(file => !existsSync(path.join(ROOT, file)))
  if (missing.length > 0) throw new BuildError(missing.map(file => ({ file, line: 0, message: 'missing: the library consists of it' })))
  rmSync(outdir, { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  const result = await build({
    entryPoints: {
      ...Object.fromEntries(Object.keys(LIBRARY).map(name => [name, `library:${name}`])),
      ...Object.fromEntries(Object.entries(programs()).map(([name, file]) => [name, path.join(ROOT, file)]))
    },
    outdir, absWorkingDir: ROOT, bundle: true, splitting: true, chunkNames: 'chunks/[name]-[hash]', format: 'esm', platform: 'node', target: TARGET,
    packages: 'external', sourcemap: true, metafile: true, define: defines('full'), plugins: [libraryModules(), loweredFirmware(flagsOf('full', NODE))], logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } }
  }).catch(thrown)
  if (result.warnings.length > 0) throw new BuildError(result.warnings.map(fromMessage))
  if (types) writeDeclarations(outdir)
  const sizes = Object.values(result.metafile.outputs).map(one => one.bytes)
  return { files: sizes.length, bytes: sizes.reduce((sum, one) => sum + one, 0) }
}

/** Type declarations of the library modules, in dist/types, with const enums as enums: users may compile file by file. */
function writeDeclarations(outdir: string): void {
  const types = path.join(outdir, 'types')
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2023.d.ts'], types: ['node'],
    strict: true, skipLibCheck: true, declaration: true, emitDeclarationOnly: true, rootDir: ROOT, outDir: types
  }
  const program = ts.createProgram([...Object.values(LIBRARY).flat().map(file => path.join(ROOT, file)), path.join(ROOT, 'firmware/features.d.ts')], options)
  const { diagnostics } = program.emit(undefined, (file, text) => {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text.replace(/\bdeclare const enum\b/g, 'declare enum').replace(/\bexport const enum\b/g, 'export enum'))
  })
  if (diagnostics.length > 0) throw new BuildError(diagnostics.map(fromDiagnostic))
  for (const [name, files] of Object.entries(LIBRARY)) {
    const lines = files.map(file => `export * from ${JSON.stringify('./types/' + file.replace(/\.ts$/, '.js'))}\n`)
    writeFileSync(path.join(outdir, `${name}.d.ts`), lines.join(''))
  }
}

export interface NodeOptions {
  entry: string
  flags: Flags
  minify?: boolean
  /** The byte intrinsics as native operations, `keep` a copy all the same; true when absent. */
  lower?: boolean
}

function nodeTexts({ texts }: Prepared): Plugin {
  return {
    name: 'lowered-texts',
    setup(build) {
      build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path: file }) => {
        const text = texts.get(path.normalize(file))
        if (text === undefined) return null
        return { contents: withChr(lowerToJs(file, text, true)), loader: 'ts' }
      })
    }
  }
}

/** One entry and one set of flags as one ESM text: what the check measures and tests run. */
export async function bundleNode({ entry, flags, minify = false, lower = true }: NodeOptions): Promise<Bundle> {
  const absolute = path.resolve(ROOT, entry)
  const prepared = prepare(absolute, flags)
  const result = await build({
    entryPoints: [absolute], absWorkingDir: ROOT, bundle: true, write: false, metafile: true, minify, outfile: path.join(ROOT, '.cache/node.js'),
    format: 'esm', platform: 'node', target: TARGET, packages: 'external', legalComments: 'none', logLevel: 'silent',
    define: Object.fromEntries(Object.entries(flags).map(([name, on]) => [name, String(on)])),
    plugins: lower ? [nodeTexts(prepared)] : [],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } }
  }).catch(thrown)
  const problems: Problem[] = result.warnings.map(fromMessage)
  if (problems.length > 0) throw new BuildError(problems)
  const code = result.outputFiles[0]!.text
  const modules = Object.entries(Object.values(result.metafile.outputs)[0]!.inputs).map(([file, { bytesInOutput }]) => ({
    file, sourceBytes: prepared.sourceBytes.get(path.resolve(ROOT, file)) ?? 0, bytes: bytesInOutput
  }))
  return { code, bytes: Buffer.byteLength(code), modules }
}

