/**
 * The Espruino pipeline: one entry file to one minified CommonJS bundle. The byte intrinsics are lowered, then esbuild
 * bundles at es2015 with native classes (ES5 output needs function hoisting, which Espruino lacks). What comes out is
 * checked by espruino-check.ts, because esbuild gives no warning about what Espruino does not run.
 */
import path from 'node:path'
import { build, type Message, type Plugin } from 'esbuild'
import { checkEspruino } from './espruino-check.js'
import { CHR, lowerToJs } from './intrinsics.js'
import { prepare, type Prepared } from './prepare.js'
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

/** esbuild reads the prepared texts and nothing else. */
function preparedTexts({ texts }: Prepared): Plugin {
  return {
    name: 'prepared-texts',
    setup(build) {
      build.onResolve({ filter: /^yieldmq:chr$/ }, () => ({ path: 'chr', namespace: 'yieldmq', sideEffects: false }))
      build.onLoad({ filter: /.*/, namespace: 'yieldmq' }, () => ({ contents: `export const ${CHR} = String.fromCharCode`, loader: 'js' }))
      build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path: file }) => {
        const text = texts.get(path.normalize(file))
        if (text === undefined) return { errors: [{ text: `${shown(file)} is not part of the program` }] }
        const lowered = lowerToJs(file, text)
        const head = lowered.usesChr ? `import { ${CHR} } from '${CHR_MODULE}'; ` : ''
        return { contents: head + lowered.code, loader: 'ts' }
      })
    }
  }
}

export function fromMessage(message: Message): Problem {
  return { file: message.location?.file ?? 'esbuild', line: message.location?.line ?? 0, message: message.text }
}

/** Builds one bundle and checks it. Throws a BuildError that lists every problem. */
export async function buildEspruino({ entry, flags, minify = true }: EspruinoOptions): Promise<Bundle> {
  const absolute = path.resolve(ROOT, entry)
  const prepared = prepare(absolute, flags)
  const problems: Problem[] = []
  const result = await build({
    // Written out as assignments: esbuild's own CommonJS export helper makes closures over a loop variable, which
    // Espruino shares between the rounds.
    stdin: {
      contents: prepared.exports.map(name => `import { ${name} } from ${JSON.stringify(absolute)}\nexports.${name} = ${name}`).join('\n'),
      resolveDir: ROOT, sourcefile: 'bundle.js', loader: 'js'
    },
    bundle: true, write: false, metafile: true, absWorkingDir: ROOT,
    format: 'cjs', platform: 'neutral', target: 'es2015',
    // Espruino's strings are bytes: 'utf8' would print '\xff' as two of them.
    charset: 'ascii', legalComments: 'none',
    minify, mangleProps: /[^_]_$/,
    external: ['net', 'tls'],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: 'es2015', verbatimModuleSyntax: false } },
    plugins: [preparedTexts(prepared)], logLevel: 'silent'
  }).catch((error: { errors?: Message[] }) => {
    if (error.errors === undefined) throw error
    throw new BuildError(error.errors.map(fromMessage))
  })
  problems.push(...result.warnings.map(fromMessage))
  const code = result.outputFiles[0]!.text.trimEnd()
  problems.push(...checkEspruino(code, `${shown(absolute)} (Espruino bundle)`))
  if (problems.length > 0) throw new BuildError(problems)
  const output = Object.values(result.metafile.outputs)[0]!
  const modules = Object.entries(output.inputs)
    .filter(([file]) => prepared.sourceBytes.has(path.resolve(ROOT, file)))
    .map(([file, { bytesInOutput }]) => ({ file, sourceBytes: prepared.sourceBytes.get(path.resolve(ROOT, file))!, bytes: bytesInOutput }))
  return { code, bytes: Buffer.byteLength(code), modules }
}
