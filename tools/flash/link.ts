/**
 * A connection to a board's console, byte by byte. The package `espruino` has the port, in a process of its own
 * (port-process.mjs); this side waits for what the board says, never longer than it was told to.
 */
import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { ROOT } from '../build/root.js'
import { FlashError } from './error.js'

const PROGRAM = path.join(ROOT, 'tools/flash/port-process.mjs')
/** What a board may say between two questions of ours; older text is forgotten. */
const heardLimitBytes = 65_536
/** Opening a port, with the start of its process. */
const openLimitMs = 10_000
/** A port that does not close in this time is taken away from its process. */
const closeLimitMs = 1000

type Message =
  | { kind: 'opened' }
  | { kind: 'failed'; reason: 'no-package' | 'no-serial' }
  | { kind: 'data'; text: string }
  | { kind: 'closed'; reason: string }

const missing = {
  'no-package': 'the package `espruino` is not installed, which sends to boards: npm install espruino',
  'no-serial': 'the package `serialport` is not installed or does not load here; a serial port needs it: npm install serialport@10 (tcp://HOST:PORT works without it)'
}

/** What usually helps, by the kind of port. */
function hint(port: string): string {
  return port.startsWith('tcp://')
    ? 'check host and port, that the console listens there, and that no other program is connected to it'
    : 'check the cable, the name of the port and the right to open it, and that no other program has it open'
}

export class Link {
  /** The console since the last `forget`, one character a byte. */
  heard = ''
  private over: string | undefined
  private changed: (() => void) | undefined
  private isOpen = false

  private constructor(readonly port: string, private readonly child: ChildProcess) {
    child.on('message', (message) => this.take(message as Message))
    child.on('error', (error) => this.end(error.message))
    child.on('exit', () => this.end('the process that had it is gone'))
  }

  /** Opens `port`, a device or tcp://HOST:PORT, or fails after 10 s. */
  static async open(port: string, baud: number): Promise<Link> {
    const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
    const link = new Link(port, child)
    child.send({ kind: 'open', port, baud })
    try {
      await link.until(() => link.isOpen, openLimitMs)
    } catch (error) {
      await link.close()
      throw error
    }
    if (!link.isOpen) {
      await link.close()
      throw new FlashError(`${port}: not open after ${openLimitMs / 1000} s; ${hint(port)}.`)
    }
    return link
  }

  private take(message: Message): void {
    if (message.kind === 'data') this.heard = (this.heard + message.text).slice(-heardLimitBytes)
    else if (message.kind === 'opened') this.isOpen = true
    else if (message.kind === 'closed') this.end(message.reason)
    else this.end(missing[message.reason])
    this.changed?.()
  }

  private end(reason: string): void {
    this.over ??= reason
    this.changed?.()
  }

  /** Sends text to the board, one character a byte. */
  write(text: string): void {
    if (this.over === undefined) this.child.send({ kind: 'write', text })
  }

  /** The board's console takes text as fast as it comes: the pauses between short pieces are left out. */
  fast(): void {
    this.child.send({ kind: 'fast' })
  }

  forget(): void {
    this.heard = ''
  }

  /** Waits until `holds`, at most `limitMs`; says whether it does. Fails when the connection is lost. */
  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer)
        this.changed = undefined
        finish()
      }
      const look = (): void => {
        if (holds()) settle(() => resolve(true))
        else if (this.over !== undefined) settle(() => reject(this.lost()))
      }
      const timer = setTimeout(() => settle(() => resolve(holds())), limitMs)
      this.changed = look
      look()
    })
  }

  private lost(): FlashError {
    if (this.isOpen) return new FlashError(`${this.port}: the connection was lost (${this.over}). ${hint(this.port)}; then flash again.`)
    return new FlashError(Object.values(missing).includes(this.over ?? '') ? `${this.port}: ${this.over}.` : `${this.port}: cannot be opened (${this.over}); ${hint(this.port)}.`)
  }

  /** Closes the port and ends its process. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
    if (this.child.connected) this.child.send({ kind: 'close' })
    await this.until(() => this.over !== undefined, closeLimitMs).catch(() => false)
    this.child.kill('SIGKILL')
    await gone
  }
}
