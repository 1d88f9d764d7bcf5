/**
 * The Espruino pipeline: one entry file to one minified CommonJS bundle. The byte intrinsics are lowered, then esbuild
 * bundles at es2015 with native classes (ES5 output needs function hoisting, which Espruino lacks). What comes out is
 * checked by espruino-check.ts, because esbuild gives no warning about what Espruino does not run.
 */
import path from 'node:path'
import { build, type Message, type Plugin } from 'esbuild'
import { checkEspruino } from './espruino-check.js'
import { hoistLiterals } from './hoist.js'
import { CHR, lowerToJs } from './intrinsics.js'
import { prepare, type Prepared } from './prepare.js'
import { BuildError, type Problem } from './problem.js'
import type { Flags } from './profiles.js'
import { ROOT, shown } from './root.js'
import { NONE, shorten } from './shorten.js'

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

/**
 * Espruino's lexer reserves `of`, JavaScript does not. A name that a module mentions and does not declare is given to nothing
 * else by the minifier; the function is never called and does not reach the bundle.
 */
const KEEP_FREE = 'function keepFree() { of() }'

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
        const lowered = lowerToJs(file, text)
        const short = shorten(file, lowered.code)
        const names = [...(short.usesNone ? [NONE] : []), ...(lowered.usesChr ? [CHR] : [])]
        return { contents: names.map(name => `import { ${name} } from 'yieldmq:${name}'; `).join('') + short.code, loader: 'ts' }
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
      contents: prepared.exports.map(name => `import { ${name} } from ${JSON.stringify(absolute)}\nexports.${name} = ${name}`).join('\n') +
        `\n${KEEP_FREE}`,
      resolveDir: ROOT, sourcefile: 'bundle.js', loader: 'js'
    },
    bundle: true, write: false, metafile: true, absWorkingDir: ROOT,
    format: 'cjs', platform: 'neutral', target: 'es2015',
    // Espruino's strings are bytes: 'utf8' would print '\xff' as two of them.
    charset: 'ascii', legalComments: 'none',
    minify, mangleProps: /[^_]_$/, mangleCache: TAKEN_NAMES,
    external: ['net', 'tls'],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: 'es2015', verbatimModuleSyntax: false } },
    plugins: [preparedTexts(prepared)], logLevel: 'silent'
  }).catch((error: { errors?: Message[] }) => {
    if (error.errors === undefined) throw error
    throw new BuildError(error.errors.map(fromMessage))
  })
  problems.push(...result.warnings.map(fromMessage))
  const text = result.outputFiles[0]!.text.trimEnd()
  const code = minify ? hoistLiterals(text) : text
  problems.push(...checkEspruino(code, `${shown(absolute)} (Espruino bundle)`))
  if (problems.length > 0) throw new BuildError(problems)
  const output = Object.values(result.metafile.outputs)[0]!
  const modules = Object.entries(output.inputs)
    .filter(([file]) => prepared.sourceBytes.has(path.resolve(ROOT, file)))
    .map(([file, { bytesInOutput }]) => ({ file, sourceBytes: prepared.sourceBytes.get(path.resolve(ROOT, file))!, bytes: bytesInOutput }))
  return { code, bytes: Buffer.byteLength(code), modules }
}
