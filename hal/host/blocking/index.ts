/**
 * The host port, blocking: for firmware programs that call `while (true) client.yield(200)`. The program runs in a
 * thread of its own, started by `runBlocking`; sockets and signals stay on the main thread.
 */
import { format } from 'node:util'
import { workerData, type MessagePort } from 'node:worker_threads'
import { ErrorCode } from '../../../firmware/codes.js'
import { HalVersion, type Hal } from '../../hal.js'
import { crypto } from '../crypto.js'
import { createStorage, type StorageOptions } from '../storage.js'
import { RESTART_STATUS, createSystem, type SystemOptions } from '../system.js'
import { text } from '../text.js'
import { createClock, type TimerOptions } from '../timer.js'
import { Control, type Message, type Start } from './shared.js'
import { createBlockingSockets } from './socket.js'

export { runBlocking, type RunOptions, type RunResult } from './run.js'

export interface BlockingOptions extends TimerOptions, SystemOptions {
  /** Without it the port has no storage. */
  storage?: StorageOptions
}

export interface BlockingHal extends Hal {
  /** The arguments that `runBlocking` was given for the program. */
  args: string[]
  /** Hands a value to `runBlocking`'s `onReport`: anything that structured cloning can copy. */
  report: (this: void, value: unknown) => void
}

/**
 * The port for a program that `runBlocking` started; throws anywhere else. `timer.wait` waits really, and returns
 * `Stopped` once for each time the program was asked to end (Ctrl-C); later waits wait again, so that a
 * program can take leave of its server. `console` prints at once, although the thread never gets back to its event loop.
 */
export function createBlockingHal(options: BlockingOptions = {}): BlockingHal {
  const start = (workerData as { yieldmq?: Start } | undefined)?.yieldmq
  if (start === undefined) throw new Error('createBlockingHal works in a program that was started with runBlocking(file); elsewhere use createHostHal')
  const control = new Int32Array(start.control)
  const port: MessagePort = start.port
  const send = (message: Message): void => port.postMessage(message)
  const bell = (): void => {
    if (Atomics.exchange(control, Control.Bell, 1) === 0) send({ kind: 'bell' })
  }
  takeConsole(send)

  let seen = Atomics.load(control, Control.Events)
  const stopped = (): boolean => Atomics.exchange(control, Control.Stop, 0) === 1
  const hal: BlockingHal = {
    version: HalVersion.Current,
    socket: createBlockingSockets({ send, bell }, start.receiveBytes, start.sendBytes),
    timer: {
      ...createClock(options),
      wait(ms) {
        if (stopped()) return ErrorCode.Stopped
        // What happened since the last wait ended ends this one at once: the program may have looked before it did.
        Atomics.wait(control, Control.Events, seen, Math.max(0, ms))
        seen = Atomics.load(control, Control.Events)
        return stopped() ? ErrorCode.Stopped : 0
      }
    },
    system: createSystem({
      ...options,
      id: options.id ?? start.id,
      resetReason: options.resetReason ?? start.resetReason,
      onRestart: options.onRestart ?? (reason => {
        send({ kind: 'restart', reason })
        process.exit(RESTART_STATUS)
      })
    }),
    text,
    crypto,
    args: start.args,
    report: value => send({ kind: 'report', value })
  }
  if (options.storage !== undefined) hal.storage = createStorage(options.storage)
  return hal
}

/** A worker's own console needs its event loop, which a waiting program never reaches. */
function takeConsole(send: (message: Message) => void): void {
  const printer = (isError: boolean) => (...args: unknown[]): void => send({ kind: 'line', text: format(...args), isError })
  Object.assign(console, {
    log: printer(false), info: printer(false), debug: printer(false), warn: printer(true), error: printer(true)
  })
}
