/**
 * The simulated port as world.ts has it when the trace runs: as much room in its socket as the trace says, and the same random
 * numbers. Packet identifiers come of these: with others, the server's acks would be of packets that were never sent.
 */
import type { Bytes, Code, Hal, Socket } from '../../hal/hal.js'

/** Bytes: what a socket has that was never given less. */
export const UNBOUNDED = 1_000_000

export interface TracePort {
  hal: Hal
  /** From now on the socket takes so many bytes in all; `UNBOUNDED` or more is never used up. The client is woken. */
  credit: (bytes: number) => void
}

class TightSocket implements Socket {
  constructor(private readonly inner: Socket, private readonly left: { bytes: number }) {}

  status(): Code { return this.inner.status() }
  read(max: number): Bytes { return this.inner.read(max) }
  pending(): number { return this.inner.pending() }
  unacked(): number { return this.inner.unacked() }
  close(): void { this.inner.close() }
  credit(): number { return Math.min(this.left.bytes, this.inner.credit()) }

  write(bytes: Bytes): Code {
    if (this.left.bytes === 0 && this.inner.status() >= 0) return 0
    const n = this.inner.write(bytes.substring(0, this.left.bytes) as Bytes)
    if (n > 0 && this.left.bytes < UNBOUNDED) this.left.bytes -= n
    return n
  }
}

/** A new connection has all the room. */
export function tracePort(hal: Hal): TracePort {
  const left = { bytes: UNBOUNDED }
  const { onWake, wakeAfter } = hal.timer
  let handle = 0
  let random = 1
  return {
    hal: {
      ...hal,
      socket: {
        open: (endpoint) => {
          left.bytes = UNBOUNDED
          return new TightSocket(hal.socket.open(endpoint), left)
        }
      },
      system: {
        ...hal.system,
        random: () => {
          random = (random * 75 + 74) % 65537
          return random % 32768
        }
      },
      timer: { ...hal.timer, onWake: (fn) => (handle = onWake!(fn)) }
    },
    credit: (bytes) => {
      left.bytes = bytes
      if (handle > 0) wakeAfter!(handle, 0)
    }
  }
}
