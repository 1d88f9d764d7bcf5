/**
 * Runs a firmware program in a thread of its own, and serves it from the main thread.
 */
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads'
import type { SocketOptions } from '../socket.js'
import { RESTART_STATUS } from '../system.js'
import { createBridges } from './bridge.js'
import { ringSize } from './ring.js'
import { Control, type Message, type Start } from './shared.js'

export interface RunOptions extends SocketOptions {
  /** What the program finds in `hal.args`. */
  args?: string[]
  /** The device's id, where the program does not give one itself; see `SystemOptions`. */
  id?: string
  /** Added to this process's environment. */
  env?: Record<string, string>
  /** Whether SIGINT and SIGTERM ask the program to end; a second one, half a second later or more, ends it. Default true. */
  signals?: boolean
  /** Another way to ask the program to end. */
  stop?: AbortSignal
  /** ms that the program may take to end after it was asked to. Default 8000: `disconnect` may take 5000. */
  stopLimitMs?: number
  /** How often the program may restart itself with `system.restart`. Default 10. */
  restartLimit?: number
  /** What the program printed. Default: console.log and console.error. */
  onLine?: (text: string, isError: boolean) => void
  /** What the program gave to `hal.report`. */
  onReport?: (value: unknown) => void
}

export interface RunResult {
  /** 0 when the program came to its end; what it gave to process.exit; 1 when it was terminated. */
  exitCode: number
  /** It was asked to end. */
  stopped: boolean
  /** It did not end in time and was cut off; its sockets were closed without a word, so a will is published. */
  terminated: boolean
  /** How often it restarted itself. */
  restarts: number
}

const STOP_LIMIT_MS = 8_000
const RESTART_LIMIT = 10
const SAME_REQUEST_MS = 500
const RECEIVE_BYTES = 262_144
const SEND_BYTES = 65_536

/**
 * Starts the JavaScript file `program` as a firmware program and resolves when it has ended and its sockets are closed. Rejects with what the program
 * threw and did not catch. The main thread must stay free: nothing that it blocks on may be what the program waits for.
 */
export async function runBlocking(program: string | URL, options: RunOptions = {}): Promise<RunResult> {
  const stop = new Stop(options)
  const restartLimit = options.restartLimit ?? RESTART_LIMIT
  try {
    for (let restarts = 0; ; restarts++) {
      const life = await runOnce(program, options, stop, restarts === 0 ? 'power-on' : 'software')
      const result = { exitCode: life.exitCode, stopped: stop.requests > 0, terminated: life.terminated, restarts }
      if (life.restartReason === undefined || stop.requests > 0) return result
      if (restarts === restartLimit) {
        throw new Error(`The program asked for restart ${restarts + 1} (${life.restartReason}); the limit is ${restartLimit} (restartLimit).`)
      }
    }
  } finally {
    stop.release()
  }
}

interface Life {
  exitCode: number
  terminated: boolean
  restartReason: string | undefined
}

async function runOnce(program: string | URL, options: RunOptions, stop: Stop, resetReason: string): Promise<Life> {
  const memory = new SharedArrayBuffer(Control.Count * 4)
  const control = new Int32Array(memory)
  const { port1: ours, port2: theirs } = new MessageChannel()
  const start: Start = {
    control: memory,
    port: theirs,
    args: options.args ?? [],
    receiveBytes: ringSize(options.receiveLimit ?? RECEIVE_BYTES),
    sendBytes: ringSize(options.creditLimit ?? SEND_BYTES),
    resetReason,
    id: options.id
  }
  const bridges = createBridges(control, options)
  const life: Life = { exitCode: 0, terminated: false, restartReason: undefined }
  const print = options.onLine ?? ((text, isError) => isError ? console.error(text) : console.log(text))
  const obey = (message: Message): void => {
    if (message.kind === 'bell') {
      // Before looking: what rings from now on is not covered by this look.
      Atomics.store(control, Control.Bell, 0)
      bridges.serve()
    } else if (message.kind === 'open') bridges.open(message.memory, message.endpoint)
    else if (message.kind === 'line') print(message.text, message.isError)
    else if (message.kind === 'report') options.onReport?.(message.value)
    else life.restartReason = message.reason
  }
  ours.on('message', obey)

  const worker = new Worker(program, {
    workerData: { yieldmq: start },
    transferList: [theirs],
    env: { ...process.env, ...options.env },
    stdin: false
  })
  const limitMs = options.stopLimitMs ?? STOP_LIMIT_MS
  let timer: NodeJS.Timeout | undefined
  const terminate = (why: string): void => {
    if (life.terminated) return
    life.terminated = true
    print(`The program ${why}; it was terminated.`, true)
    void worker.terminate()
  }
  stop.onRequest = requests => {
    Atomics.store(control, Control.Stop, 1)
    Atomics.add(control, Control.Events, 1)
    Atomics.notify(control, Control.Events)
    timer ??= setTimeout(terminate, limitMs, `did not end within ${limitMs} ms of being asked to (stopLimitMs)`)
    if (requests > 1) terminate('was asked to end a second time')
  }
  // Asked before it was there.
  if (stop.requests > 0) stop.onRequest(stop.requests)

  try {
    life.exitCode = await new Promise<number>((resolve, reject) => {
      worker.on('error', reject)
      worker.on('exit', resolve)
    })
  } finally {
    clearTimeout(timer)
    stop.onRequest = undefined
    // What it said last may not have been delivered yet.
    for (let last = receiveMessageOnPort(ours); last !== undefined; last = receiveMessageOnPort(ours)) obey(last.message as Message)
    ours.close()
    await bridges.end()
  }
  if (life.restartReason !== undefined && life.exitCode !== RESTART_STATUS) life.restartReason = undefined
  return life
}

/** Signals and the AbortSignal, as one count of requests to end. */
class Stop {
  requests = 0
  onRequest: ((requests: number) => void) | undefined
  private lastMs = -SAME_REQUEST_MS
  private readonly options: RunOptions

  constructor(options: RunOptions) {
    this.options = options
    if (options.signals !== false) {
      process.on('SIGINT', this.request)
      process.on('SIGTERM', this.request)
    }
    if (options.stop?.aborted === true) this.requests = 1
    options.stop?.addEventListener('abort', this.request)
  }

  release(): void {
    process.off('SIGINT', this.request)
    process.off('SIGTERM', this.request)
    this.options.stop?.removeEventListener('abort', this.request)
  }

  private readonly request = (): void => {
    // One Ctrl-C comes twice under npm: from the terminal to the whole process group, and passed on by npm.
    if (performance.now() - this.lastMs < SAME_REQUEST_MS) return
    this.lastMs = performance.now()
    this.requests += 1
    this.onRequest?.(this.requests)
  }
}
