import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { createBlockingHal, runBlocking, type RunOptions, type RunResult } from '../../hal/host/blocking/index.js'
import { bundlePrograms } from './bundle.js'
import { startPeer, type Peer } from './peer.js'

let peer: Peer
let waiting: string
let interrupted: string
let stop: () => Promise<void>
let remove: () => void

beforeAll(async () => {
  const [started, bundle] = await Promise.all([startPeer(), bundlePrograms(['waiting', 'interrupted'])])
  peer = started.peer
  stop = started.stop
  remove = bundle.remove
  waiting = bundle.files[0]!
  interrupted = bundle.files[1]!
})
afterAll(async () => {
  remove()
  await stop()
})

interface Run extends RunResult {
  reports: unknown[]
  lines: string[]
}

async function run(program: string, options: RunOptions = {}): Promise<Run> {
  const reports: unknown[] = []
  const lines: string[] = []
  const result = await runBlocking(waiting, {
    args: [program, String(peer.port)],
    signals: false,
    ...options,
    onReport: value => reports.push(value),
    onLine: (text, isError) => {
      lines.push((isError ? '! ' : '') + text)
      options.onLine?.(text, isError)
    }
  })
  return { ...result, reports, lines }
}

describe('waiting in the blocking host port', () => {
  test('wait returns 0 after its time when nothing happens, and at once for 0 and less', async () => {
    const { reports, exitCode } = await run('time')
    const [long, none, negative] = reports as { code: number; elapsedMs: number }[]
    expect(long!.code).toBe(0)
    expect(long!.elapsedMs).toBeGreaterThanOrEqual(119)
    expect(long!.elapsedMs).toBeLessThan(5_000)
    expect(none).toMatchObject({ code: 0 })
    expect(negative).toMatchObject({ code: 0 })
    expect(none!.elapsedMs + negative!.elapsedMs).toBeLessThan(100)
    expect(exitCode).toBe(0)
  })

  test('wait ends as soon as data is there', async () => {
    const { reports } = await run('data')
    expect(reports).toEqual([{ code: 0, elapsedMs: expect.any(Number), pending: 5 }])
    expect((reports[0] as { elapsedMs: number }).elapsedMs).toBeLessThan(5_000)
  })

  test('what happened while the program was busy ends its next wait at once', async () => {
    const { reports } = await run('earlier')
    expect(reports).toEqual([{ code: 0, elapsedMs: expect.any(Number), pending: 5 }])
    expect((reports[0] as { elapsedMs: number }).elapsedMs).toBeLessThan(5_000)
  })

  test('asked to end, wait says Stopped once; later waits wait, so that the program can take leave', async () => {
    const asked = new AbortController()
    const { reports, stopped, terminated, exitCode } = await run('stop', { stop: asked.signal, onLine: () => asked.abort() })
    const [first, later] = reports as { code: number; elapsedMs: number }[]
    expect(first!.code).toBe(ErrorCode.Stopped)
    expect(first!.elapsedMs).toBeLessThan(10_000)
    expect(later!.code).toBe(0)
    expect(later!.elapsedMs).toBeGreaterThanOrEqual(29)
    expect({ stopped, terminated, exitCode }).toEqual({ stopped: true, terminated: false, exitCode: 0 })
  })

  test('a program that was asked before it started is told so too', async () => {
    const { reports } = await run('stop', { stop: AbortSignal.abort() })
    expect(reports[0]).toMatchObject({ code: ErrorCode.Stopped })
  })

  test('a program that does not end is terminated, and the message names the limit', async () => {
    const asked = new AbortController()
    const { lines, stopped, terminated, exitCode } = await run('deaf', { stop: asked.signal, stopLimitMs: 200, onLine: () => asked.abort() })
    expect(lines).toEqual(['waiting', '! The program did not end within 200 ms of being asked to (stopLimitMs); it was terminated.'])
    expect({ stopped, terminated, exitCode }).toEqual({ stopped: true, terminated: true, exitCode: 1 })
  })

  test('lines appear while the program waits', async () => {
    const asked = new AbortController()
    const { lines, reports } = await run('line', { stop: asked.signal, onLine: (_, isError) => { if (isError) asked.abort() } })
    expect(lines).toEqual(['one 1', '! two'])
    expect(reports[0]).toMatchObject({ code: ErrorCode.Stopped })
  })
})

describe('the life of a program on the blocking host port', () => {
  test('restart starts it again, and the reset reason says so', async () => {
    const { reports, restarts, exitCode } = await run('restart')
    expect(reports).toEqual(['power-on', 'software'])
    expect({ restarts, exitCode }).toEqual({ restarts: 1, exitCode: 0 })
  })

  test('a program that restarts for ever is stopped at the limit, which is named', async () => {
    await expect(run('restarts', { restartLimit: 3 })).rejects.toThrow('restart 4 (for ever); the limit is 3')
  })

  test('what a program throws is the rejection', async () => {
    await expect(run('throws')).rejects.toThrow('the program failed')
  })

  test('the exit status, arguments and environment pass through', async () => {
    expect((await run('status')).exitCode).toBe(7)
    expect((await run('env', { env: { YIELDMQ_TEST: 'yes' } })).reports).toEqual([['yes', 2]])
  })

  test('what was written before the program ended reaches the peer, and its last line is printed', async () => {
    const { reports, lines } = await run('words')
    expect(reports).toEqual([11_000])
    expect(lines).toEqual(['said'])
    const asked = net.connect(peer.port, peer.host)
    asked.write('last\n')
    let digest = ''
    for await (const chunk of asked) digest += String(chunk)
    expect(digest).toBe(createHash('sha256').update('last words '.repeat(1_000)).digest('hex'))
  })

  test('sockets are bounded, and their places are used again', async () => {
    const { reports } = await run('sockets')
    expect(reports).toEqual([LinkCode.NoSocket, 'done'])
  })

  test('createBlockingHal elsewhere says how it is meant', () => {
    expect(() => createBlockingHal()).toThrow('runBlocking')
  })
})

describe('a process with a blocking program', () => {
  async function interrupt(program: string, signal: NodeJS.Signals): Promise<{ lines: string[]; status: number | null }> {
    const child = spawn(process.execPath, [interrupted, waiting, program, String(peer.port)], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let sent = false
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (!sent && output.includes('waiting\n')) {
          sent = true
          child.kill(signal)
        }
      })
    }
    const status = await new Promise<number | null>(resolve => child.on('close', resolve))
    return { lines: output.trim().split('\n'), status }
  }

  test('has no socket open any more when runBlocking resolves, so that it may exit at once', async () => {
    const { lines, status } = await interrupt('words', 'SIGINT')
    expect(lines.slice(0, 3)).toEqual(['11000', 'said', 'open: 0'])
    expect(status).toBe(0)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s makes wait return Stopped, and the program ends in its own way', async signal => {
    const { lines, status } = await interrupt('stop', signal)
    expect(JSON.parse(lines[1]!)).toMatchObject({ code: ErrorCode.Stopped })
    expect(JSON.parse(lines.at(-1)!)).toEqual({ exitCode: 0, stopped: true, terminated: false, restarts: 0 })
    expect(status).toBe(0)
  })

  test('a program that does not listen is ended after the limit', async () => {
    const { lines } = await interrupt('deaf', 'SIGINT')
    expect(lines[1]).toContain('did not end within 1000 ms')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ stopped: true, terminated: true })
  })
})
