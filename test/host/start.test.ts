import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Runs what `npm start` runs; `onOutput` sees all output so far. */
async function start(args: string[], onOutput?: (output: string, interrupt: () => void) => void): Promise<{ output: string; status: number | null }> {
  const child = spawn(process.execPath, ['tools/build/run.mjs', 'tools/start/start.ts', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      onOutput?.(output, () => child.kill('SIGINT'))
    })
  }
  const status = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { output, status }
}

const BRISK = ['--readings', '40', '--period', '40']

describe('npm start', () => {
  test.each([['blocking', []], ['event-driven', ['--event']]])('[S0-16] on the %s port it answers a command, survives a cut link and loses nothing', async (kind, args) => {
    const { output, status } = await start([...BRISK, ...args])
    expect(output).toContain(`starts on the ${kind} host port`)
    expect(output).toContain('got the answer "led on: done"')
    expect(output).toContain('link lost: ')
    // The will, after the cut.
    expect(output).toMatch(/is cut\n[^]*sees the device offline\n[^]*sees the device online\n/)
    expect(output).toMatch(/readings sent +40\n +delivered +40\n +arrived +40\n +lost +0\n +repeats +[1-9]/)
    expect(output).toMatch(/reconnects +1\n/)
    expect(status, output).toBe(0)
  }, 60_000)

  test.each([['blocking', []], ['event-driven', ['--event']]])('[S1-06] on the %s port --forever goes on until Ctrl-C, which ends it in order', async (_, args) => {
    let interrupted = false
    const { output, status } = await start(['--forever', '--period', '40', ...args], (soFar, interrupt) => {
      if (interrupted || !soFar.includes('reading 8: delivered')) return
      interrupted = true
      interrupt()
    })
    expect(output).toContain('asked to end')
    expect(output).toMatch(/sees the device offline\n/)
    expect(output).toMatch(/lost +0\n/)
    expect(status, output).toBe(0)
  }, 60_000)

  test('what cannot work is said in one line, with another status than 0', async () => {
    const url = await start(['--server', '127.0.0.1'])
    expect(url.output).toContain('has no scheme; write mqtt://127.0.0.1')
    expect(url.status).toBe(1)
    const option = await start(['--readings', '3'])
    expect(option.output).toContain('--readings 3: expected a whole number from 20 to 100000')
    expect(option.status).toBe(2)
  })
})
