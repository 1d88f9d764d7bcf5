/**
 * The Espruino pipeline: one entry file to one minified CommonJS bundle. The byte intrinsics are lowered, then esbuild
 * bundles at es2015 with native classes (ES5 output needs function hoisting, which Espruino lacks). What comes out is
 * checked by espruino-check.ts, because esbuild gives no warning about what Espruino does not run.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { build, type Message, type Plugin } from 'esbuild'
import ts from 'typescript'
import { checkEspruino } from './espruino-check.js'
import { CHR, lowerToJs } from './intrinsics.js'
import { BuildError, type Problem } from './problem.js'
import type { Flags } from './profiles.js'
import { ROOT, shown } from './root.js'

export interface EspruinoOptions {
  /** Any TypeScript file; its exports become the bundle's. */
  entry: string
  flags: Flags
  minify?: boolean
}

export interface Bundle {
  code: string
  /** The bundle's length. */
  bytes: number
  /** The files that reached the bundle, relative to the project, and the bytes each has in it. */
  modules: { file: string; sourceBytes: number; bytes: number }[]
}

/** A name of its own for String.fromCharCode: found faster than `String` and then a member, and a letter when minified. */
const CHR_MODULE = 'yieldmq:chr'

function lowering(problems: Problem[]): Plugin {
  return {
    name: 'byte-intrinsics',
    setup(build) {
      build.onResolve({ filter: /^yieldmq:chr$/ }, () => ({ path: CHR_MODULE, namespace: 'yieldmq', sideEffects: false }))
      build.onLoad({ filter: /.*/, namespace: 'yieldmq' }, () => ({ contents: `export const ${CHR} = String.fromCharCode`, loader: 'js' }))
      build.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path: file }) => {
        const lowered = lowerToJs(file, await readFile(file, 'utf8'))
        problems.push(...lowered.problems)
        const head = lowered.usesChr ? `import { ${CHR} } from '${CHR_MODULE}'; ` : ''
        return { contents: head + lowered.code, loader: 'ts' }
      })
    }
  }
}

/** The names that a module exports as values. */
function exportedValues(entry: string): string[] {
  const program = ts.createProgram([entry], { noLib: true, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: [], noEmit: true })
  const checker = program.getTypeChecker()
  const file = program.getSourceFile(entry)
  const symbol = file && checker.getSymbolAtLocation(file)
  if (symbol === undefined) throw new BuildError([{ file: shown(entry), line: 0, message: 'exports nothing' }])
  const names: string[] = []
  for (const one of checker.getExportsOfModule(symbol)) {
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one
    // Const enums are inlined and have no value at run time.
    if ((target.flags & ts.SymbolFlags.Value) !== 0 && (target.flags & ts.SymbolFlags.ConstEnum) === 0) names.push(one.name)
  }
  return names
}

export function fromMessage(message: Message): Problem {
  return { file: message.location?.file ?? 'esbuild', line: message.location?.line ?? 0, message: message.text }
}

/** Builds one bundle and checks it. Throws a BuildError that lists every problem. */
export async function buildEspruino({ entry, flags, minify = true }: EspruinoOptions): Promise<Bundle> {
  const absolute = path.resolve(ROOT, entry)
  const names = exportedValues(absolute)
  const problems: Problem[] = []
  const result = await build({
    // Written out as assignments: esbuild's own CommonJS export helper makes closures over a loop variable, which
    // Espruino shares between the rounds.
    stdin: {
      contents: names.map(name => `import { ${name} } from ${JSON.stringify(absolute)}\nexports.${name} = ${name}`).join('\n'),
      resolveDir: ROOT, sourcefile: 'bundle.js', loader: 'js'
    },
    bundle: true, write: false, metafile: true, absWorkingDir: ROOT,
    format: 'cjs', platform: 'neutral', target: 'es2015',
    // Espruino's strings are bytes: 'utf8' would print '\xff' as two of them.
    charset: 'ascii', legalComments: 'none',
    minify, mangleProps: /[^_]_$/,
    external: ['net', 'tls'],
    define: Object.fromEntries(Object.entries(flags).map(([name, on]) => [name, String(on)])),
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: 'es2015', verbatimModuleSyntax: false } },
    plugins: [lowering(problems)], logLevel: 'silent'
  }).catch((error: { errors?: Message[] }) => {
    if (error.errors === undefined) throw error
    throw new BuildError([...problems, ...error.errors.map(fromMessage)])
  })
  problems.push(...result.warnings.map(fromMessage))
  const code = result.outputFiles[0]!.text.trimEnd()
  problems.push(...checkEspruino(code, `${shown(absolute)} (Espruino bundle)`))
  if (problems.length > 0) throw new BuildError(problems)
  const output = Object.values(result.metafile.outputs)[0]!
  const modules = Object.entries(output.inputs)
    .filter(([file]) => file !== 'bundle.js')
    .map(([file, { bytesInOutput }]) => ({ file, sourceBytes: result.metafile.inputs[file]?.bytes ?? 0, bytes: bytesInOutput }))
  return { code, bytes: Buffer.byteLength(code), modules }
}
