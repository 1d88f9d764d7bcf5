/** One connection as a test's broker sees it: the same over the simulator and over a real socket. */
import net from 'node:net'
import type { Bytes } from '../../hal/hal.js'
import type { Sim, SimConnection } from '../../hal/sim/index.js'

export interface Wire {
  send(bytes: Buffer): void
  onData(fn: (bytes: Buffer) => void): void
  /** Told once that the client ended the connection. */
  onEnd(fn: () => void): void
  /** Closes in order. */
  close(): void
  /** Resets. */
  rst(): void
  /** Milliseconds since the broker began. */
  now(): number
  /** Runs `fn` after `ms`. */
  after(ms: number, fn: () => void): void
}

/** A latin1 byte string as a Buffer, and back. */
export function toBuffer(bytes: string): Buffer {
  return Buffer.from(bytes, 'latin1')
}
export function toBytes(buffer: Uint8Array): Bytes {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString('latin1') as Bytes
}

export function simWire(sim: Sim, connection: SimConnection): Wire {
  return {
    send: (bytes) => connection.send(toBytes(bytes)),
    onData: (fn) => connection.onData((bytes) => fn(toBuffer(bytes))),
    onEnd: (fn) => connection.onEnd(() => fn()),
    close: () => connection.close(),
    rst: () => connection.rst(),
    now: () => sim.now,
    after: (ms, fn) => connection.after(ms, fn)
  }
}

export function nodeWire(socket: net.Socket, since: number): Wire {
  const timers = new Set<NodeJS.Timeout>()
  let ended: (() => void) | undefined
  socket.setNoDelay(true)
  // A reset by the client is an ordinary end here; 'close' follows and reports it.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    const fn = ended
    ended = undefined
    if (fn !== undefined) fn()
  })
  return {
    send: (bytes) => {
      if (socket.writable) socket.write(bytes)
    },
    onData: (fn) => {
      socket.on('data', fn)
    },
    onEnd: (fn) => {
      ended = fn
    },
    close: () => socket.end(),
    rst: () => {
      socket.resetAndDestroy()
    },
    now: () => Math.round(performance.now() - since),
    after: (ms, fn) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        fn()
      }, ms)
      timer.unref()
      timers.add(timer)
    }
  }
}
