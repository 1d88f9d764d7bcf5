import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundlePrograms } from './bundle.js'
import { startPeer } from './peer.js'

let started: Awaited<ReturnType<typeof startPeer>>
let bundle: Awaited<ReturnType<typeof bundlePrograms>>
beforeAll(async () => { [started, bundle] = await Promise.all([startPeer(), bundlePrograms(['ending'])]) })
afterAll(async () => {
  bundle.remove()
  await started.stop()
})

async function program(name: string): Promise<{ output: string; errors: string; status: number | null }> {
  const child = spawn(process.execPath, [bundle.files[0]!, name, String(started.peer.port)], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString() })
  const status = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { output, errors, status }
}

// Each would run into the ten seconds, and have no status, if the process did not end by itself.
describe('a process on the event-driven host port', () => {
  test('ends when its sockets are closed and its handles freed', async () => {
    expect(await program('closed')).toMatchObject({ output: 'hello\n', status: 0 })
  })

  test('goes on while a wake is to come', async () => {
    expect(await program('pending')).toMatchObject({ output: 'woken\n', status: 0 })
  })

  test('ends when the only wake is never', async () => {
    expect(await program('never')).toMatchObject({ output: 'ending\n', status: 0 })
  })

  test('[S0-03.1] is not ended by an async handler that fails, which is reported', async () => {
    const { output, errors, status } = await program('rejected')
    expect({ output, status }).toEqual({ output: 'ending\n', status: 0 })
    expect(errors).toContain('an async handler failed')
  })
})
