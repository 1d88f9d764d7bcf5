/**
 * The real interpreter with its console on TCP, as a board on the network has it: `--telnet` listens on port 2323, and
 * upstream has no way to say another. Its flash is a file in a folder that lasts over restarts.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../../support/until.js'
import { HOW } from './interpreter.js'

export const TELNET_PORT = 2323
/** Held by whoever uses the one above, as test files run beside each other; it is free again when its holder is gone. */
const LOCK_PORT = 23_230
const lockLimitMs = 100_000
/** For `beforeEach`: another file's test may have to end first. */
export const START_LIMIT_MS = 120_000

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(TELNET_PORT, '127.0.0.1')
    const say = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => say(true))
    socket.once('error', () => say(false))
  })
}

/** The lock, or undefined while another has it. */
function tryLock(): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(undefined))
    server.listen(LOCK_PORT, '127.0.0.1', () => resolve(server))
  })
}

export class TelnetBoard {
  readonly folder = mkdtempSync(join(tmpdir(), 'yieldmq-telnet-'))
  readonly port = `tcp://127.0.0.1:${TELNET_PORT}`
  private child: ChildProcess | undefined
  private ended = false
  private lock: net.Server | undefined

  /** Starts it, and keeps the port for this board until `remove`. */
  async start(): Promise<void> {
    const binary = process.env.ESPRUINO_BIN ?? ''
    if (binary === '' || !existsSync(binary)) throw new Error(HOW)
    let asking = false
    const ask = async (): Promise<void> => {
      asking = true
      this.lock = await tryLock()
      asking = false
    }
    await until(() => {
      if (this.lock === undefined && !asking) void ask()
      return this.lock
    }, lockLimitMs, 'another test to leave the telnet port')
    if (await listens()) throw new Error(`port ${TELNET_PORT} of 127.0.0.1 is in use, and the interpreter's --telnet has no other: end what listens there`)
    this.ended = false
    // Standard input stays open: at its end the interpreter floods the console.
    this.child = spawn(binary, ['--telnet'], { cwd: this.folder, stdio: ['pipe', 'ignore', 'ignore'] })
    this.child.on('exit', () => {
      this.ended = true
    })
    let up = false
    await until(() => {
      if (this.ended) throw new Error('the interpreter ended at once')
      if (!asking && !up) {
        asking = true
        void listens().then((answer) => {
          up = answer
          asking = false
        })
      }
      return up
    }, 5000, `the interpreter to listen on port ${TELNET_PORT}`)
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name)
  }

  /** What a program wrote into a file of the folder, "" where there is none. */
  file(name: string): string {
    const file = join(this.folder, name)
    return existsSync(file) ? readFileSync(file, 'latin1') : ''
  }

  async stop(): Promise<void> {
    if (this.child === undefined) return
    this.child.kill('SIGKILL')
    await until(() => this.ended, 5000, 'the interpreter to end')
    this.child = undefined
  }

  async remove(): Promise<void> {
    await this.stop()
    await new Promise<void>((resolve) => {
      if (this.lock === undefined) resolve()
      else this.lock.close(() => resolve())
    })
    rmSync(this.folder, { recursive: true, force: true })
  }
}
