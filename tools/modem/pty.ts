/**
 * A pair of pseudo terminals, for a program that plays a device: any serial program opens `path` as it would a real port.
 */
import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../../hal/hal.js'
import { PTY_HELPER } from './pty-helper.js'

export interface Pty {
  /** What a client opens: /dev/pts/7, /dev/ttys004. */
  path: string
  /** Who gets what clients write, and at which speed they do: 0 where it is none that has a name. */
  onData: (fn: (bytes: Bytes, baud: number) => void) => void
  /** Takes the first n bytes for the client and returns n: what it has not read may be `PTY_LIMIT` and what the kernel holds. */
  write: (bytes: Bytes) => number
  /** Who is told that `write` would take more again. */
  onCredit: (fn: () => void) => void
  /** Takes the line away from its client, as if it were unplugged. */
  close: () => Promise<void>
  /** Resolves when the line is gone, with "" or with what went wrong. */
  ended: Promise<string>
}

export interface PtyOptions {
  /** The speed that the line has until a client sets another. Default 115200. */
  baud?: number
  /** The interpreter. Default python3. */
  python?: string
}

/** This machine cannot give a pty: the message says what is missing. */
export class PtyError extends Error {
  override readonly name = 'PtyError'
}

/** Bytes that wait in the helper for the kernel to take them. */
export const PTY_LIMIT = 4_096
const BAUD = 115_200
const OPEN_LIMIT_MS = 10_000
const CLOSE_LIMIT_MS = 1_000

/** A raw pty without echo. It stays when its client closes it, and is gone with this process, however that ends. */
export async function openPty({ baud = BAUD, python = 'python3' }: PtyOptions = {}): Promise<Pty> {
  if (process.platform === 'win32') throw new PtyError('Windows has no ptys: use WSL')
  const helper = startHelper(python, baud)
  let take: (bytes: Bytes, baud: number) => void = () => {}
  let free: () => void = () => {}
  let waiting = 0
  const frames = new Frames((speed, taken, bytes) => {
    waiting -= taken
    if (bytes !== '') take(bytes, speed)
    if (taken > 0) free()
  })
  const path = await new Promise<string>(resolve => {
    const timer = setTimeout(() => {
      helper.fail(`${python} gave no pty in ${OPEN_LIMIT_MS / 1000} s`)
      resolve('')
    }, OPEN_LIMIT_MS)
    const opened = (path: string): void => {
      clearTimeout(timer)
      resolve(path)
    }
    frames.onPath = opened
    helper.output.on('data', (text: string) => frames.push(text))
    void helper.ended.then(() => opened(''))
  })
  if (path === '') {
    await helper.close()
    throw new PtyError(await helper.ended)
  }
  return {
    path,
    onData: fn => { take = fn },
    write(bytes) {
      const taken = helper.closing() ? 0 : Math.min(bytes.length, PTY_LIMIT - waiting)
      waiting += taken
      if (taken > 0) helper.input.write(bytes.slice(0, taken), 'latin1')
      return taken
    },
    onCredit: fn => { free = fn },
    close: helper.close,
    ended: helper.ended
  }
}

interface Helper {
  input: Writable
  output: Readable
  /** Why it ended, "" when it was asked to. */
  ended: Promise<string>
  /** Gives the end a reason of ours. */
  fail: (why: string) => void
  closing: () => boolean
  close: () => Promise<void>
}

function startHelper(python: string, baud: number): Helper {
  const child = spawn(python, ['-c', PTY_HELPER, String(baud)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let closing = false
  let failure = ''
  let said = ''
  child.stdout.setEncoding('latin1')
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-2000) })
  // It may end while we write: its end is what tells.
  child.stdin.on('error', () => {})
  child.on('error', error => {
    failure = (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `${python} is not installed, which opens the pty; on Debian: apt-get install python3`
      : `${python} cannot be started: ${error.message}`
  })
  const ended = new Promise<string>(resolve => {
    child.on('close', (status, signal) => {
      if (failure === '' && !closing) failure = `the helper of the pty ended with ${signal ?? `status ${status}`}${said === '' ? '' : `: ${said.trim().split('\n').at(-1)}`}`
      resolve(failure)
    })
  })
  return {
    input: child.stdin,
    output: child.stdout,
    ended,
    fail: why => { failure = why },
    closing: () => closing,
    async close() {
      closing = true
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS)
      await ended
      clearTimeout(timer)
    }
  }
}

/** Takes apart what the helper says. */
class Frames {
  onPath: (path: string) => void = () => {}
  private text = ''
  private hasPath = false

  constructor(private readonly onFrame: (baud: number, taken: number, bytes: Bytes) => void) {}

  push(text: string): void {
    this.text += text
    for (let end = this.text.indexOf('\n'); end >= 0; end = this.text.indexOf('\n')) {
      const line = this.text.slice(0, end)
      if (!this.hasPath) {
        this.hasPath = true
        this.text = this.text.slice(end + 1)
        this.onPath(line)
        continue
      }
      const [baud, taken, length] = line.split(' ').map(Number) as [number, number, number]
      const next = end + 1 + length
      if (this.text.length < next) return
      const bytes = this.text.slice(end + 1, next) as Bytes
      this.text = this.text.slice(next)
      this.onFrame(baud, taken, bytes)
    }
  }
}
