// Runs a tool written in TypeScript: node tools/build/run.mjs tools/build/check.ts [arguments]
// Node 20 does not run TypeScript, so the tool is bundled into .cache first; packages stay where they are.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const [tool, ...rest] = process.argv.slice(2)
if (tool === undefined) {
  console.error('usage: node tools/build/run.mjs TOOL.ts [arguments]')
  process.exit(2)
}
const outfile = path.join(root, '.cache/tools', `${path.relative(root, path.resolve(tool)).replace(/[\\/]/g, '.')}.${process.pid}.mjs`)
mkdirSync(path.dirname(outfile), { recursive: true })
process.on('exit', () => rmSync(outfile, { force: true }))
const declared = readFileSync(path.join(root, 'firmware/features.d.ts'), 'utf8').matchAll(/declare const (FEATURE_\w+)/g)
const everyFeature = Object.fromEntries([...declared].map(m => [m[1], 'true']))
await build({
  entryPoints: [tool], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external',
  sourcemap: 'inline', logLevel: 'warning',
  define: everyFeature
})
process.setSourceMapsEnabled(true)
process.argv = [process.argv[0], path.resolve(tool), ...rest]
await import(pathToFileURL(outfile).href)
