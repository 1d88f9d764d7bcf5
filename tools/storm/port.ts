/**
 * A port for fleets: one device is two small objects on a shared virtual clock, so that ten thousand of them fit into one
 * process. Bytes arrive whole after a fixed delay; what links can do wrong is hal/sim's.
 */
import { LinkCode, type Bytes, type Endpoint, type Hal, type Socket } from '../../hal/hal.js'
import { simText } from '../../hal/sim/text.js'
import type { Clock, Random } from '../../hal/sim/index.js'
import type { Server } from './server.js'

/** ms one way. */
const LATENCY = 20

type Wake = ReturnType<Clock['schedule']>

/** One connection, both ends: the device's is the HAL's socket. */
export class Line implements Socket {
  private state = 0
  private received = '' as Bytes

  constructor(private readonly clock: Clock, private readonly server: Server, private readonly wake: () => void) {
    this.later(() => {
      const accepted = server.accept(this)
      this.later(() => this.becomes(accepted ? 1 : LinkCode.TcpRefused))
    })
  }

  status(): number {
    return this.state < 0 && this.received.length > 0 ? 1 : this.state
  }

  read(max: number): Bytes {
    const bytes = this.received.slice(0, max) as Bytes
    this.received = this.received.slice(max) as Bytes
    return bytes
  }

  write(bytes: Bytes): number {
    if (this.state < 0) return this.state
    this.later(() => this.server.take(this, bytes))
    return bytes.length
  }

  credit(): number {
    return this.state === 1 ? 4096 : 0
  }

  pending(): number {
    return this.received.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    if (this.state < 0) return
    this.state = LinkCode.Closed
    this.later(() => this.server.left(this))
  }

  /** The server sends. */
  send(bytes: Bytes): void {
    this.later(() => {
      if (this.state !== 1) return
      this.received = (this.received + bytes) as Bytes
      this.wake()
    })
  }

  /** The server closes. */
  fin(): void {
    this.later(() => this.becomes(LinkCode.Closed))
  }

  private becomes(state: number): void {
    if (this.state < 0) return
    this.state = state
    this.wake()
  }

  private later(fn: () => void): void {
    this.clock.schedule(LATENCY, 'net', fn)
  }
}

/** The port of one device. `attempt` is told of each socket that is opened. */
export function fleetPort(clock: Clock, server: Server, id: string, random: Random, attempt: () => void): Hal {
  let pump: (() => void) | undefined
  let planned: Wake | undefined
  const plan = (ms: number): void => {
    clock.cancel(planned)
    planned = ms < 0 || ms >= 2 ** 30 ? undefined : clock.schedule(ms, 'timer', () => pump?.())
  }
  return {
    version: 1,
    socket: {
      open: (_endpoint: Endpoint) => {
        attempt()
        return new Line(clock, server, () => plan(0))
      }
    },
    timer: {
      ticks: () => clock.now,
      since: (t0) => clock.now - t0,
      onWake: (fn) => {
        pump = fn
        return 1
      },
      wakeAfter: (_handle, ms) => plan(ms)
    },
    system: {
      id: () => id,
      random: () => random.int(0, 32767),
      wallClock: () => 0,
      resetReason: () => 'power-on',
      feedWatchdog: () => undefined,
      restart: () => undefined,
      guard: (fn, a, b, c) => {
        const result = fn(a, b, c)
        return typeof result === 'number' ? result : 0
      }
    },
    text: simText
  }
}
