/** The command line, built once: `npx yieldmq` builds it anew at each start, and loads the packages of every command. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { defines } from '../../tools/build/profiles.js'
import { ROOT } from '../../tools/build/root.js'

/** The file to run, and what removes it. It lies in the project, where its packages are. */
export async function buildCli(): Promise<{ file: string; remove: () => void }> {
  const folder = path.join(ROOT, '.cache/serial', String(process.pid))
  await build({
    entryPoints: [path.join(ROOT, 'tools/cli.ts')], outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true, platform: 'node', format: 'esm',
    target: 'node20', packages: 'external', define: defines('full'), logLevel: 'warning'
  })
  return { file: path.join(folder, 'cli.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
