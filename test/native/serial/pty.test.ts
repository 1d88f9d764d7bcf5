/** The pty that stands for a device: what a client sees of it, and that nothing of it outlives who opened it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, read as readFile, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import type { Bytes } from '../../../hal/hal.js'
import { ROOT } from '../../../tools/build/root.js'
import { PTY_LIMIT, PtyError, openPty, type Pty } from '../../../tools/modem/pty.js'
import { within } from '../../support/until.js'
import { Device, EVERY_BYTE, LIMIT_MS, pattern } from './support.js'

const ptys: Pty[] = []

afterEach(async () => {
  await Promise.all(ptys.splice(0).map(pty => pty.close()))
})

async function open(): Promise<Device> {
  const pty = await openPty()
  ptys.push(pty)
  return new Device(pty)
}

const read = promisify(readFile)

/** What a client without any settings of its own reads, once that much was said. */
async function take(fd: number, count: number): Promise<string> {
  const buffer = Buffer.alloc(count)
  for (let got = 0; got < count;) got += (await within(read(fd, buffer, got, count - got, null), LIMIT_MS, `byte ${got} of ${count}`)).bytesRead
  return buffer.toString('latin1')
}

it('is raw and without echo for a client that sets nothing itself', async () => {
  const device = await open()
  const fd = openSync(device.pty.path, 'r+')
  writeSync(fd, Buffer.from(EVERY_BYTE, 'latin1'))
  await device.until(() => device.heard.length >= 256, 'every byte')
  expect(device.heard).toBe(EVERY_BYTE)
  device.say(EVERY_BYTE)
  expect(await take(fd, 256)).toBe(EVERY_BYTE)
  closeSync(fd)
})

it('stays when its client leaves, for the next one', async () => {
  const device = await open()
  for (const word of ['one', 'two', 'three']) {
    const fd = openSync(device.pty.path, 'r+')
    writeSync(fd, word)
    await device.until(() => device.heard.endsWith(word), word)
    device.say(word.toUpperCase())
    expect(await take(fd, word.length)).toBe(word.toUpperCase())
    closeSync(fd)
  }
  expect(device.heard).toBe('onetwothree')
})

it('takes no more than its limit and the kernel hold while nobody reads, and the rest in order when somebody does', async () => {
  const device = await open()
  const bytes = pattern(100_000)
  expect(device.pty.write(bytes)).toBe(PTY_LIMIT)
  expect(device.pty.write(bytes.slice(PTY_LIMIT) as Bytes)).toBe(0)
  const fd = openSync(device.pty.path, 'r+')
  device.say(bytes.slice(PTY_LIMIT))
  expect(await take(fd, bytes.length) === bytes).toBe(true)
  expect(device.unsaid).toBe(0)
  closeSync(fd)
})

it('tells the speed that its client has set, from its first byte on', async () => {
  const pty = await openPty({ baud: 57_600 })
  ptys.push(pty)
  const heard: [string, number][] = []
  const device = new Device(pty)
  pty.onData((bytes, baud) => {
    heard.push([bytes, baud])
    device.changed()
  })
  const fd = openSync(pty.path, 'r+')
  writeSync(fd, 'a')
  await device.until(() => heard.length === 1, 'the first byte')
  await promisify(execFile)('stty', [process.platform === 'darwin' ? '-f' : '-F', pty.path, '9600'])
  writeSync(fd, 'b')
  await device.until(() => heard.length === 2, 'the second byte')
  expect(heard).toEqual([['a', 57_600], ['b', 9600]])
  closeSync(fd)
})

it('is gone when it was closed', async () => {
  const device = await open()
  const fd = openSync(device.pty.path, 'r+')
  await device.pty.close()
  expect(() => writeSync(fd, 'x')).toThrow('EIO')
  closeSync(fd)
  expect(device.pty.write('x' as Bytes)).toBe(0)
  expect(await within(device.pty.ended, LIMIT_MS, 'its end')).toBe('')
})

it('says what to install where there is no python3', async () => {
  const opened = openPty({ python: 'no-such-python' })
  await expect(opened).rejects.toThrow(PtyError)
  await expect(opened).rejects.toThrow('no-such-python is not installed, which opens the pty; on Debian: apt-get install python3')
  await expect(openPty({ python: 'false' })).rejects.toThrow('the helper of the pty ended with status 1')
})

it.each(['SIGKILL', 'SIGINT'] as const)('leaves no process behind when its program ends by %s, also with bytes under way', async signal => {
  // A group of its own: the signal reaches the helper as a Ctrl-C does.
  const program = spawn(process.execPath, ['tools/build/run.mjs', 'test/native/serial/programs/holder.ts'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const [line] = await within(once(program.stdout.setEncoding('utf8'), 'data') as Promise<[string]>, LIMIT_MS, 'the path')
  const path = line.trim()
  const fd = openSync(path, 'r+')
  process.kill(signal === 'SIGINT' ? -program.pid! : program.pid!, signal)
  await within(once(program, 'exit'), LIMIT_MS, 'the program to end')
  // Reads wait as long as somebody holds the other end; then the line is hung up, and they end.
  const buffer = Buffer.alloc(65_536)
  const next = async (): Promise<number> => (await within(read(fd, buffer, 0, buffer.length, null), LIMIT_MS, 'the helper to end')).bytesRead
  await expect((async () => { while (await next() > 0); })().catch((error: NodeJS.ErrnoException) => { if (error.code !== 'EIO') throw error })).resolves.toBeUndefined()
  closeSync(fd)
})
