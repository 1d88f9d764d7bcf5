/**
 * A small port on Espruino's own `net`, written for these tests: sockets move only while the interpreter is idle, so it
 * cannot wait, and it calls the client when a socket has something or a time has come.
 */
import { cat, cut, EMPTY, type Bytes, type Code } from '../../../firmware/bytes.js'
import type { Endpoint, Hal, Socket } from '../../../hal/hal.js'

/** What the interpreter gives us. */
export interface NetSocket {
  write(bytes: Bytes): boolean
  end(): void
  on(event: string, fn: (this: void, value: unknown) => void): void
}

export interface Machine {
  net: { connect(options: { host: string; port: number }, connected: (this: void) => void): NetSocket }
  /** setTimeout and clearTimeout. */
  later(this: void, fn: (this: void) => void, ms: number): number
  cancel(this: void, id: number): void
  /** ms, whole. */
  time(this: void): number
}

const enum Link { Opening = 0, Open = 1, Closed = -60, Reset = -61, Failed = -65 }

/** Bytes that may wait in the interpreter's own queue, which has no bound and says nothing but 'drain'. */
const enum Limit { Queue = 512 }

/** Who is called when a socket has something. */
const wake: { fn: (this: void) => void; timer: number } = {
  fn: () => {
    wake.timer = 0
  },
  timer: 0
}

/** What the events of one connection write and the socket reads. */
interface Line {
  state: Code
  received: Bytes
  queued: number
}

class PortSocket implements Socket {
  line: Line
  net: NetSocket | undefined

  constructor(line: Line) {
    this.line = line
    this.net = undefined
  }

  status(): Code {
    // What came before the end is read first.
    return this.line.state < 0 && this.line.received.length > 0 ? Link.Open : this.line.state
  }

  read(max: number): Bytes {
    const some = cut(this.line.received, 0, max)
    this.line.received = cut(this.line.received, some.length, this.line.received.length)
    return some
  }

  write(bytes: Bytes): Code {
    const net = this.net
    if (net === undefined || this.line.state !== Link.Open) return 0
    const some = cut(bytes, 0, Limit.Queue - this.line.queued)
    if (some.length === 0) return 0
    this.line.queued = this.line.queued + some.length
    net.write(some)
    return some.length
  }

  credit(): number {
    return this.line.state === Link.Open ? Limit.Queue - this.line.queued : 0
  }

  pending(): number {
    return this.line.received.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    const net = this.net
    this.net = undefined
    if (this.line.state >= 0) this.line.state = Link.Closed
    if (net !== undefined) net.end()
  }
}

function openSocket(machine: Machine, endpoint: Endpoint): Socket {
  const line: Line = { state: Link.Opening, received: EMPTY, queued: 0 }
  const socket = new PortSocket(line)
  // A connection that is refused throws here on Linux.
  try {
    const net = machine.net.connect({ host: endpoint.host, port: endpoint.port }, () => {
      line.state = Link.Open
      wake.fn()
    })
    net.on('data', (data) => {
      line.received = cat(line.received, data as Bytes)
      wake.fn()
    })
    net.on('drain', () => {
      line.queued = 0
      wake.fn()
    })
    net.on('error', () => {
      if (line.state >= 0) line.state = Link.Reset
    })
    net.on('close', () => {
      if (line.state >= 0) line.state = Link.Closed
      wake.fn()
    })
    socket.net = net
  } catch {
    line.state = Link.Failed
  }
  return socket
}

function guard(this: void, fn: (this: void, a: unknown, b: unknown, c: unknown) => unknown, a: unknown, b: unknown, c: unknown): Code {
  try {
    const result = fn(a, b, c)
    return typeof result === 'number' ? (result as number) : 0
  } catch {
    return -38
  }
}

/** The port. One client at a time. */
export function netHal(machine: Machine): Hal {
  const started = machine.time()
  return {
    version: 1,
    socket: {
      open: (endpoint) => openSocket(machine, endpoint)
    },
    timer: {
      ticks: () => machine.time() - started,
      since: (t0) => machine.time() - started - t0,
      onWake: (fn) => {
        wake.fn = fn
        return 1
      },
      wakeAfter: (_handle, ms) => {
        if (wake.timer > 0) machine.cancel(wake.timer)
        wake.timer = 0
        if (ms < 0 || ms >= 1073741824) return
        wake.timer = machine.later(() => {
          wake.timer = 0
          wake.fn()
        }, ms)
      }
    },
    system: {
      id: () => 'board7',
      random: () => 4711,
      wallClock: () => 0,
      resetReason: () => 'power-on',
      feedWatchdog: () => {
        wake.timer = wake.timer + 0
      },
      restart: () => {
        wake.timer = wake.timer + 0
      },
      guard
    },
    text: {
      utf8: (text) => text as Bytes,
      text: (bytes) => bytes
    }
  }
}
