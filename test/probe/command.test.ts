/** The command line of the probe: what it takes, what it prints, and that the page lists what the program does. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defines } from '../../tools/build/profiles.js'
import { CAUSES, exitTable } from '../../tools/probe/causes.js'
import { setup } from '../../tools/probe/command.js'
import { requestOf } from '../../tools/probe/request.js'
import { shown } from '../../tools/probe/shown.js'
import { UsageError } from '../../tools/usage.js'
import { ScriptedBroker } from '../support/broker.js'
import { finAfter } from '../support/servers.js'
import { until } from '../support/until.js'
import { PASSWORD, pem } from './support.js'

interface Ran {
  status: number
  stdout: string
  stderr: string
}


/** The command alone: with those beside it, which it does not need, the start would take seconds. Below the folder where packages are found. */
const CACHE = path.resolve('.cache')
mkdirSync(CACHE, { recursive: true })
const folder = mkdtempSync(path.join(CACHE, 'probe-test-'))
const program = path.join(folder, 'probe.mjs')
beforeAll(async () => {
  await build({
    stdin: {
      contents: "import { Command } from 'commander'\nimport { setup } from './tools/probe/command.ts'\nconst command = new Command('probe')\nsetup(command)\nawait command.parseAsync()",
      resolveDir: process.cwd()
    },
    bundle: true, platform: 'node', format: 'esm', packages: 'external', outfile: program, define: defines('full')
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const page = readFileSync('docs/probe.md', 'utf8')

describe('npx yieldmq probe', () => {
  it('prints with --json one JSON value and nothing else, and ends with the status in it [S0-02.3]', async () => {
    const broker = new ScriptedBroker()
    const { port, stop } = await broker.serve()
    const closing = await finAfter(1)
    const [good, bad] = await Promise.all([
      run(`mqtt://meter:${PASSWORD}@127.0.0.1:${port}`, '--count', '1', '--json'),
      run(`mqtts://meter:${PASSWORD}@127.0.0.1:${closing.port}`)
    ])
    // The process did not end before its last packet was on its way.
    await until(() => broker.packets.at(-1)?.cmd === 'disconnect', 5000, 'DISCONNECT')
    await stop()
    await closing.stop()
    expect(good).toMatchObject({ status: 0, stderr: '' })
    expect(good.stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(good.stdout)).toMatchObject({ url: `mqtt://127.0.0.1:${port}`, verdict: 'ok', exitStatus: 0, warnings: [] })
    expect(bad.status).toBe(36)
    expect(bad.stdout).toContain('tls-closed (exit status 36)')
    for (const { stdout, stderr } of [good, bad]) expect(stdout + stderr).not.toContain(PASSWORD)
  })

  it.each([
    [`meter:${PASSWORD}@broker`, {}, 'no scheme'], [`http://meter:${PASSWORD}@broker`, {}, 'none of'], ['mqtt://:0', {}, 'malformed'], ['ws://broker', {}, 'not probed'],
    ['mqtt://broker', { password: PASSWORD }, 'without a user name'], ['mqtt://broker', { protocol: '6' }, '--protocol'], ['mqtt://broker', { protocol: '3', clientId: '' }, '--client-id'],
    ['mqtt://broker', { topic: 'a/#' }, '--topic'], ['mqtt://broker', { count: '0' }, '--count'], ['mqtt://broker', { timeout: '1e9' }, '--timeout'], ['mqtt://broker', { maxRtt: '' }, '--max-rtt'],
    ['mqtt://broker', { insecure: true }, 'write mqtts://'], ['mqtts://broker', { ca: 'nowhere.pem' }, 'ENOENT'], ['mqtts://broker', { ca: 'package.json' }, 'no PEM'],
    ['mqtts://broker', { cert: pem('good') }, 'together'], ['mqtts://broker', { cert: pem('good'), key: 'test/host/tls/key.pem' }, 'no pair']
  ])('refuses %s with %o before anything is sent, and without the password', (url, given, expected) => {
    let message = ''
    try {
      requestOf(url, given)
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError)
      message = (error as Error).message
    }
    expect(message).toContain(expected)
    expect(message).not.toContain(PASSWORD)
  })

  it('has for each cause an exit status of its own, below those that shells use, listed in --help and on the page', () => {
    const statuses = Object.values(CAUSES).map(({ exit }) => exit)
    expect(new Set(statuses).size).toBe(statuses.length)
    for (const [id, { exit, what, advice }] of Object.entries(CAUSES)) {
      expect(exit).toBeGreaterThan(2)
      expect(exit).toBeLessThan(126)
      expect(exitTable()).toContain(`${exit}  ${id} `)
      expect(page).toContain(`| ${exit} | \`${id}\` | ${what} | ${advice} |`)
    }
    expect([...page.matchAll(/^\| (\d+) \| `/gm)].length).toBe(statuses.length + 1)
  })

  it('has every option on the page', () => {
    const command = new Command()
    setup(command)
    expect(command.options.length).toBeGreaterThan(15)
    for (const { long } of command.options) expect(page).toContain(`\`${long}\``)
  })

  it('shows nothing of a stranger\'s text that could redraw the terminal', () => {
    expect(shown('CN\u001b[2Jx\n\u00fc')).toBe('CN?[2Jx?')
    expect(shown('x'.repeat(1000)).length).toBeLessThan(200)
  })
})
