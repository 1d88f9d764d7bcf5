/**
 * Long use leaves the heap where it was. Each program runs in a process of its own with the collector at hand.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defines } from '../../tools/build/profiles.js'

/**
 * What a run may leave behind: code compiled meanwhile, sockets that Node has not let go of yet. One leaked socket or
 * buffer a reconnect would be several times as much.
 */
const SLACK_BYTES = 500_000
const LIMIT_MS = 240_000

interface Result { accepted: number; received: number; ended: number; connections: number; growthBytes: number; stats: Record<string, number> }

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-soak-'))
  await build({
    entryPoints: ['messages', 'reconnects'].map(name => fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))),
    outdir: folder, outExtension: { '.js': '.cjs' }, bundle: true, platform: 'node', format: 'cjs', target: 'node20',
    define: defines('full'), logLevel: 'warning'
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(program: string, count: number): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', path.join(folder, `${program}.cjs`), String(count)], { timeout: LIMIT_MS })
  const result = JSON.parse(stdout) as Result
  console.log(`${program} ${count}: the heap grew by ${result.growthBytes} bytes`)
  return result
}

test('[S2-18][S0-18] a million messages, in and out, leave the heap where it was', async () => {
  const count = 1_000_000
  const result = await run('messages', count)
  expect(result).toMatchObject({ accepted: count / 2, received: count / 2, ended: count / 2 })
  expect(result.growthBytes).toBeLessThan(SLACK_BYTES)
}, LIMIT_MS)

test('[S2-06] a thousand reconnects over real sockets leave the heap where it was, and no message without its receipt', async () => {
  // A thousand to warm up, a thousand that are measured.
  const count = 2_000
  const result = await run('reconnects', count)
  expect(result.connections).toBe(count)
  // Every second connection ends with an acknowledgement; what is still open may be in flight.
  expect(result.ended + result.stats.outboxCount!).toBe(result.stats.accepted)
  expect(result.growthBytes).toBeLessThan(SLACK_BYTES)
}, LIMIT_MS)
