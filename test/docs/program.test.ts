/** The programs on the pages compile against the sources, and the one of the README runs. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { LIBRARY } from '../../tools/build/node.js'
import { defines } from '../../tools/build/profiles.js'
import { startAedes } from '../support/aedes.js'
import { until } from '../support/until.js'
import { readText, repositoryPath } from './sources.js'

const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-pages-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The page's blocks of TypeScript that use a client. */
function programsIn(page: string): string[] {
  const blocks = [...readText(page).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
  return blocks.filter((code) => (code.includes('client.') && !code.startsWith('create(')) || code.startsWith('class '))
}

/** What `import ... from 'yieldmq'` gives, as this repository's files. */
const library = LIBRARY.index.map((file) => `export * from ${JSON.stringify(repositoryPath(file))}`).join('\n')

/** What the programs on the pages take for granted. */
const surroundings = `
import { create as createClient, run as runClient } from ${JSON.stringify(repositoryPath('firmware/index.ts'))}
import type { Client, Hal } from ${JSON.stringify(repositoryPath('firmware/index.ts'))}
declare global {
  const hal: Hal
  const create: typeof createClient
  const run: typeof runClient
  const utf8: Hal['text']['utf8']
  function setValve(state: string): void
  function applySetting(value: string): void
  function readTemperature(): string
  function readSensor(): string
  function buttonPressed(): boolean
  const net: {
    connect(host: string, port: number, on: {
      open: (room: number) => void; data: (bytes: string) => void; drain: (room: number) => void
      failed: (why: string) => void; end: () => void
    }): void
    send(bytes: string): void
    close(): void
  }
  function codeOf(why: string): number
}`

describe('the programs on the pages', () => {
  const pages = ['README.md', 'docs/api.md', 'docs/getting-started.md', 'docs/troubleshooting.md', 'docs/hal.md']
  const programs = pages.flatMap((page) => programsIn(page).map((code, i) => ({ name: `${page.replaceAll(/\W/g, '-')}-${i}.ts`, code })))

  it('are found on every page', () => {
    expect(programs.map(({ name }) => name)).toEqual([
      'README-md-0.ts', 'docs-api-md-0.ts', 'docs-getting-started-md-0.ts', 'docs-getting-started-md-1.ts', 'docs-troubleshooting-md-0.ts', 'docs-hal-md-0.ts'
    ])
  })

  it('compile against the library', () => {
    writeFileSync(path.join(folder, 'library.ts'), library)
    writeFileSync(path.join(folder, 'surroundings.ts'), surroundings)
    const files = programs.map(({ name, code }) => {
      const file = path.join(folder, name)
      const contract = JSON.stringify(repositoryPath('hal/hal.ts'))
      let declared = ''
      if (code.startsWith('class ')) declared = `import { LinkCode, type Bytes, type Code, type Endpoint, type Socket } from ${contract}\n`
      else if (!code.includes('create(')) declared = `declare const client: import(${JSON.stringify(repositoryPath('firmware/index.ts'))}).Client\n`
      writeFileSync(file, `${declared}${code}\nexport {}\n`)
      return file
    })
    const program = ts.createProgram([...files, path.join(folder, 'surroundings.ts'), repositoryPath('firmware/features.d.ts')], {
      target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2023.d.ts'],
      types: ['node'], typeRoots: [repositoryPath('node_modules/@types')], strict: true, skipLibCheck: true, noEmit: true,
      allowImportingTsExtensions: true, paths: { yieldmq: [path.join(folder, 'library.ts')] }
    })
    const diagnostics = files.flatMap((file) => [...program.getSemanticDiagnostics(program.getSourceFile(file)), ...program.getSyntacticDiagnostics(program.getSourceFile(file))])
    expect(diagnostics.map((one) => `${path.basename(one.file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}`)).toEqual([])
  })

  it('of the README connects, publishes and obeys, and stays online [S1-06]', async () => {
    const broker = await startAedes()
    const published: string[] = []
    const subscribed: string[] = []
    broker.aedes.on('publish', (packet) => { published.push(`${packet.topic} ${packet.payload.toString()}`) })
    broker.aedes.on('subscribe', (subscriptions) => { subscribed.push(...subscriptions.map(({ topic }) => topic)) })
    const [code] = programsIn('README.md')
    const address = "host: 'localhost', port: 1883"
    expect(code).toContain(address)
    const outfile = path.join(folder, 'readme.mjs')
    await build({
      stdin: { contents: code.replace(address, `host: '127.0.0.1', port: ${broker.port}`), loader: 'ts', resolveDir: folder },
      bundle: true, platform: 'node', format: 'esm', outfile, define: defines('full'),
      plugins: [{
        name: 'library',
        setup(build) {
          build.onResolve({ filter: /^yieldmq$/ }, () => ({ path: 'yieldmq', namespace: 'library' }))
          build.onLoad({ filter: /.*/, namespace: 'library' }, () => ({ contents: library, loader: 'ts', resolveDir: folder }))
        }
      }]
    })
    const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
    try {
      await until(() => subscribed.includes('greenhouse/valve'), 10_000, 'the subscription', () => output)
      await until(() => published.includes('greenhouse/temperature 21.5'), 10_000, 'the first reading', () => output)
      broker.aedes.publish({ cmd: 'publish', topic: 'greenhouse/valve', payload: Buffer.from('open'), qos: 1, retain: false, dup: false }, () => undefined)
      await until(() => output.includes('valve: open'), 10_000, 'the command', () => output)
      expect(child.exitCode).toBe(null)
      expect(output).toBe('valve: open\n')
    } finally {
      child.kill()
      await broker.stop()
    }
  })
})
