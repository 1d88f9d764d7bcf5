/**
 * A whole port, as small as one gets: Node, as if it were a new platform. Sockets by node:net, no TLS, no storage; woken
 * by events. `npx yieldmq hal-check examples/port/port.ts` gives it a full score. docs/porting.md explains it.
 */
import net from 'node:net'
import { HalVersion, LinkCode, SocketStatus, type Bytes, type Code, type Endpoint, type Hal, type Socket } from '../../hal/hal.js'

/** Bytes that a socket takes until the network has them, and that it holds until the program reads them. */
const SEND_BYTES = 8192
const RECEIVE_BYTES = 16384
const NEVER_MS = 2 ** 30

const LAYER: Record<string, LinkCode> = {
  ENOTFOUND: LinkCode.DnsFailed, EAI_AGAIN: LinkCode.DnsFailed, ECONNREFUSED: LinkCode.TcpRefused, ETIMEDOUT: LinkCode.TcpTimeout,
  ECONNRESET: LinkCode.Reset, EPIPE: LinkCode.Reset
}

// Time: wakes are told at the end of the turn, never from within a call of the program.
interface Waker { fn: () => void; pending: boolean; timer: NodeJS.Timeout | undefined }
const wakers = new Map<number, Waker>()
let handles = 0
let scheduled = false

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    for (const waker of [...wakers.values()]) {
      if (!waker.pending) continue
      waker.pending = false
      waker.fn()
    }
  })
}

/** A socket has data, room or a new state. */
function wakeAll(): void {
  for (const waker of wakers.values()) waker.pending = true
  schedule()
}

class PortSocket implements Socket {
  private state: Code = SocketStatus.Opening
  private received = ''
  private sending = 0
  private closed = false
  private readonly stream: net.Socket | undefined

  constructor({ host, port, tls, path }: Endpoint) {
    if (tls !== undefined || path !== undefined) this.state = LinkCode.Unsupported
    else if (!(port >= 1 && port <= 65535)) this.state = LinkCode.TcpFailed
    else this.stream = this.connect(host, port)
  }

  // Open as long as there is something to read: a refusal followed by FIN must not be lost.
  status(): Code { return this.state < 0 && this.received.length > 0 ? SocketStatus.Open : this.state }

  read(max: number): Bytes {
    const part = this.received.substring(0, max)
    this.received = this.received.substring(part.length)
    if (this.received.length < RECEIVE_BYTES / 2) this.stream?.resume()
    return part as Bytes
  }

  write(bytes: Bytes): Code {
    if (this.state < 0) return this.state
    const taken = Math.min(this.credit(), bytes.length)
    if (taken === 0) return 0
    this.sending += taken
    this.stream!.write(bytes.substring(0, taken), 'latin1', () => {
      this.sending -= taken
      wakeAll()
    })
    return taken
  }

  credit(): number { return this.state === SocketStatus.Open ? SEND_BYTES - this.sending : 0 }
  pending(): number { return this.received.length }
  unacked(): number { return -1 }

  close(): void {
    if (this.closed) return
    this.closed = true
    const opened = this.state === SocketStatus.Open
    if (this.state >= 0) this.state = LinkCode.Closed
    this.received = ''
    if (this.stream === undefined) return
    // What was taken is still sent; who has not opened yet has nothing to send.
    if (opened) this.stream.end()
    else this.stream.destroy()
    this.stream.resume()
  }

  private connect(host: string, port: number): net.Socket {
    const stream = net.connect({ host, port, noDelay: true })
    stream.on('connect', () => this.change(SocketStatus.Open))
    stream.on('data', (chunk) => {
      if (this.closed) return
      this.received += chunk.toString('latin1')
      if (this.received.length >= RECEIVE_BYTES) stream.pause()
      wakeAll()
    })
    stream.on('end', () => this.change(LinkCode.Closed))
    stream.on('error', (error: NodeJS.ErrnoException) => this.change(LAYER[error.code ?? ''] ?? LinkCode.TcpFailed))
    return stream
  }

  /** The first end counts. */
  private change(state: Code): void {
    if (this.state < 0) return
    this.state = state
    wakeAll()
  }
}

/** The port. */
export function createHal(): Hal {
  const ticks = (): number => Math.floor(performance.now()) | 0
  return {
    version: HalVersion.Current,
    socket: { open: (endpoint) => new PortSocket(endpoint) },
    timer: {
      ticks,
      // The difference of 32-bit numbers survives the wrap.
      since: (t0) => (ticks() - t0) | 0,
      onWake(fn) {
        handles += 1
        wakers.set(handles, { fn, pending: false, timer: undefined })
        return handles
      },
      wakeAfter(handle, ms) {
        const waker = wakers.get(handle)
        if (waker === undefined) return
        clearTimeout(waker.timer)
        if (ms < 0) wakers.delete(handle)
        if (ms < 0 || ms >= NEVER_MS) return
        waker.timer = setTimeout(() => {
          waker.pending = true
          schedule()
        }, ms)
      }
    },
    system: {
      id: () => 'port0001',
      random: () => Math.floor(Math.random() * 32768),
      wallClock: () => Math.floor(Date.now() / 1000),
      resetReason: () => 'unknown',
      feedWatchdog: () => {},
      restart: () => process.exit(75),
      guard(fn, a, b, c) {
        try {
          const result = fn(a, b, c)
          return typeof result === 'number' ? result : 0
        } catch {
          return -38
        }
      }
    },
    text: {
      utf8: (text) => (/\p{Surrogate}/u.test(text) ? '\xff' : Buffer.from(text, 'utf8').toString('latin1')) as Bytes,
      text: (bytes) => Buffer.from(bytes, 'latin1').toString('utf8')
    }
  }
}
