#!/usr/bin/env node
// The command `yieldmq`. In a checkout the tools are TypeScript and are bundled as they start; a package has them built.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./cli.ts', import.meta.url))
if (existsSync(source)) {
  process.argv = [process.argv[0], fileURLToPath(new URL('./build/run.mjs', import.meta.url)), source, ...process.argv.slice(2)]
  await import('./build/run.mjs')
} else await import('../dist/cli.js')
