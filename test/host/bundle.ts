/**
 * Programs for the blocking port are files of JavaScript: a TypeScript file of this folder, bundled into a temporary one.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { defines } from '../../tools/build/profiles.js'

/** The bundles of test/host/programs/<name>.ts, in the order of the names. */
export async function bundlePrograms(names: string[]): Promise<{ files: string[]; remove: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-programs-'))
  await build({
    entryPoints: names.map(name => fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    define: defines('full'),
    logLevel: 'warning'
  })
  return {
    files: names.map(name => path.join(folder, name + '.mjs')),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
