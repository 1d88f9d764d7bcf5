/**
 * Sockets as Espruino's `net` has them, on node:net: `write` says false and queues without limit; in each round of the idle
 * loop one piece leaves and one comes; 'data' is called at once, other events after the round; one with `sckt` below 1 is left
 * out; what goes wrong is told later, by 'error' with a code and then 'close'.
 */
import net from 'node:net'

export interface NetOptions {
  /** Bytes that leave and come in one round: 536 on Linux and ESP32, 268 on ESP8266. Default 536. */
  chunkSize?: number
  /** Sockets at a time; one more ends with the code -7. Default 10. */
  sockets?: number
}

/** What Node calls what the interpreter has a number for. */
const CODES: Record<string, number> = { ENOTFOUND: -6, EAI_AGAIN: -6, ECONNREFUSED: -9, ECONNRESET: -9, EPIPE: -9, ETIMEDOUT: -3, EHOSTUNREACH: -4, ENETUNREACH: -4 }

/** Bytes that Node may hold for a socket before it "is not ready". */
const KERNEL_BYTES = 16_384
const ROUND_MS = 1

type Handler = (this: StubSocket, value: unknown) => void

export class StubSocket {
  sckt: number | undefined
  clsNow = false
  /** What waits to be sent. */
  dSnd = ''
  private cls = false
  private conn = false
  private connected = false
  private failure: number | undefined
  private ended = false
  private readonly handlers = new Map<string, Handler>()
  private readonly stream: net.Socket | undefined

  constructor(private readonly world: StubNet, number: number, options: { host: string; port: number }) {
    this.sckt = number + 1
    if (world.isFull()) {
      this.failure = -7
      return
    }
    // The interpreter keeps 16 bits of a port.
    const port = ((options.port % 65_536) + 65_536) % 65_536
    this.stream = new net.Socket({ allowHalfOpen: true })
    this.stream.on('connect', () => { this.connected = true })
    this.stream.on('end', () => { this.ended = true })
    this.stream.on('error', (error: NodeJS.ErrnoException) => { this.failure ??= CODES[error.code ?? ''] ?? -10 })
    if (port === 0 || options.host === '') this.failure = options.host === '' ? -6 : -9
    else this.stream.connect({ host: options.host, port, noDelay: true })
  }

  on(event: string, handler: Handler): void {
    this.handlers.set(event, handler)
  }

  write(data: unknown): boolean {
    if (this.cls || this.clsNow) throw new Error('This socket is closed')
    this.dSnd += String(data)
    return false
  }

  end(): void {
    if (this.dSnd === '') this.clsNow = true
    this.cls = true
  }

  /** Something can leave or come in the next round. */
  hasWork(): boolean {
    const stream = this.stream
    return stream !== undefined && this.connected && (this.sckt ?? 0) > 0 && (stream.readableLength > 0 || (this.dSnd !== '' && stream.writableLength < KERNEL_BYTES))
  }

  /** One round. False when it is over. */
  round(chunk: number): boolean {
    if (this.sckt === undefined || this.sckt < 1) return !this.clsNow || this.close(0)
    if (this.clsNow || (this.cls && this.dSnd === '')) return this.close(0)
    if (this.failure !== undefined && !this.conn) return this.close(this.failure)
    if (!this.connected) return true
    const was = this.conn
    this.conn = true
    if (!was) this.queue('connect', this)
    if (!was && this.dSnd === '') this.queue('drain', this)
    this.send(chunk)
    return this.receive(chunk)
  }

  private send(chunk: number): void {
    if (this.dSnd === '' || this.stream!.writableLength >= KERNEL_BYTES || !this.stream!.writable) return
    this.stream!.write(this.dSnd.slice(0, chunk), 'latin1')
    this.dSnd = this.dSnd.slice(chunk)
    if (this.dSnd === '' && !this.cls) this.queue('drain', this)
  }

  private receive(chunk: number): boolean {
    const size = Math.min(chunk, this.stream!.readableLength)
    // Node learns of the end, and reads on, where it is asked.
    const data = this.stream!.read(size === 0 ? undefined : size) as Buffer | null
    if (data !== null) {
      this.handlers.get('data')?.call(this, data.toString('latin1'))
      return true
    }
    if (this.failure !== undefined) return this.close(this.failure)
    return this.ended ? this.close(this.dSnd === '' ? -1 : -8) : true
  }

  private close(code: number): boolean {
    const stream = this.stream
    this.sckt = undefined
    this.cls = true
    if (stream !== undefined && code === 0 && !stream.destroyed) {
      stream.resume()
      stream.destroySoon()
    } else stream?.destroy()
    if (code < -1) this.queue('error', { code, message: 'as the interpreter has it' })
    this.queue('close', code < -1)
    return false
  }

  private queue(event: string, value: unknown): void {
    this.world.events.push(() => this.handlers.get(event)?.call(this, value))
  }
}

/** All sockets of one interpreter, and its idle loop. */
export class StubNet {
  /** What the idle loop calls after its round. */
  events: (() => void)[] = []
  private sockets: StubSocket[] = []
  private numbers = 0
  private isScheduled = false
  private readonly chunk: number
  private readonly limit: number

  constructor(options: NetOptions = {}) {
    this.chunk = options.chunkSize ?? 536
    this.limit = options.sockets ?? 10
  }

  isFull(): boolean {
    return this.sockets.length >= this.limit
  }

  connect(options: { host: string; port: number }): StubSocket {
    this.numbers += 1
    const socket = new StubSocket(this, this.numbers, options)
    this.sockets.push(socket)
    this.schedule()
    return socket
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    // What is under way goes on at once, as in the interpreter, which sleeps only when nothing moves.
    if (this.sockets.some((one) => one.hasWork())) setImmediate(() => this.idle())
    else setTimeout(() => this.idle(), ROUND_MS)
  }

  private idle(): void {
    this.isScheduled = false
    // A handler of 'data' may connect and end what it likes.
    const over = new Set(this.sockets.filter((one) => !one.round(this.chunk)))
    this.sockets = this.sockets.filter((one) => !over.has(one))
    const { events } = this
    this.events = []
    for (const event of events) event()
    if (this.sockets.length > 0 || this.events.length > 0) this.schedule()
  }
}
