/**
 * The bundle that a worker runs: the simulator, the promises and one core, with the features asked for and the byte
 * intrinsics lowered as in what ships, mutated or not.
 */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build, type Plugin } from 'esbuild'
import { loweredFirmware } from '../build/node.js'
import { flagsOf } from '../build/profiles.js'
import { ROOT } from '../build/root.js'
import type { Mutant } from './mutants/mutant.js'
import type { FeatureSet } from './script.js'

/** The text of a file with what a mutant changes in it. A text to be replaced must occur exactly once: mutants must not rot. */
export function mutate(mutant: Mutant, file: string, text: string): string {
  let mutated = text
  for (const { find, replace } of mutant.changes.filter((one) => one.file === file)) {
    const found = mutated.split(find).length - 1
    if (found !== 1) throw new Error(`mutant ${mutant.name}: ${JSON.stringify(find)} occurs ${found} times in ${file}, once is expected`)
    mutated = mutated.replace(find, () => replace)
  }
  return mutated
}

function entryOf(features: FeatureSet): Plugin {
  return {
    name: 'core-under-test',
    setup(build) {
      build.onResolve({ filter: /\/firmware\/index\.full\.js$/ }, () => ({ path: path.join(ROOT, `firmware/index.${features}.ts`) }))
    }
  }
}

/** Removed when the process ends. */
const written: string[] = []

let serial = 0

/** Writes the bundle and gives its path; it is removed when the process ends. */
export async function buildWorker(features: FeatureSet, mutant?: Mutant): Promise<string> {
  serial += 1
  const outfile = path.join(ROOT, `.cache/sim/worker-${process.pid}-${serial}.mjs`)
  mkdirSync(path.dirname(outfile), { recursive: true })
  if (written.length === 0) process.on('exit', () => { for (const file of written) rmSync(file, { force: true }) })
  written.push(outfile)
  const flags = flagsOf(features)
  await build({
    entryPoints: [path.join(ROOT, 'tools/sim/worker.ts')], outfile, absWorkingDir: ROOT, bundle: true, platform: 'node', format: 'esm', target: 'node20',
    packages: 'external', logLevel: 'silent', tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    define: Object.fromEntries(Object.entries(flags).map(([name, on]) => [name, String(on)])),
    plugins: [entryOf(features), loweredFirmware(flags, (file, text) => (mutant === undefined ? text : mutate(mutant, file, text)))]
  })
  return outfile
}
