/**
 * A serial line of this computer, by the package `serialport`, for hal/at: `npm install serialport`.
 *
 * What was received waits here up to `receiveLimit`. Without flow control the rest is lost and counted, as in a UART; with
 * `rtscts` reading stops instead, and the line's own flow control holds the modem. What was written counts against the credit
 * until the kernel has it and until it can have left at the speed of the line. Asking the kernel (tcdrain) would block a
 * thread of Node's pool for as long as a hung modem takes nothing, and process.exit with it.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { LinkCode, type Bytes, type Code, type SerialHal } from '../hal.js'
import { SerialError, brokenPackage, failedOpening } from './serial-error.js'

export { SerialError, type SerialProblem } from './serial-error.js'

export interface SerialOptions {
  /** Why the line is not there, or no more. Default: printed with console.error. */
  onError?: (error: SerialError) => void
  /** Flow control by RTS and CTS, where both are wired. Default false. */
  rtscts?: boolean
  /** Received and unread bytes that are kept, 1 to 2^24. Default 65536. */
  receiveLimit?: number
  /** Bytes that may wait to leave, 1 to 2^24. Default 4096. */
  creditLimit?: number
  /** Gives the package `serialport`, 10 to 13, for programs that bring it themselves. Default: what is installed. */
  load?: () => SerialPackage
}

/** A serial line, and its two control lines, which `serialPins` uses as pins. */
export interface HostSerial extends SerialHal {
  /** Sets DTR and RTS, now and whenever the line is opened. Both are set when a line is opened; without a call they stay so. */
  setLines(this: void, lines: ControlLines): Code
  /** RTS belongs to the flow control. */
  rtscts: boolean
}

export interface ControlLines {
  dtr: boolean
  rts: boolean
}

/** What is used of the package `serialport`. */
export interface SerialPackage {
  SerialPort: new (options: { path: string; baudRate: number; rtscts: boolean; highWaterMark: number }, opened: (error: Error | null) => void) => NativePort
}

export interface NativePort {
  readonly isOpen: boolean
  on(event: 'data', fn: (chunk: Buffer) => void): unknown
  on(event: 'close' | 'error', fn: (error?: Error | null) => void): unknown
  write(chunk: Buffer, done: (error?: Error | null) => void): boolean
  update(options: { baudRate: number }, done: (error: Error | null) => void): void
  get(done: (error: Error | null) => void): void
  set(lines: ControlLines, done: (error: Error | null) => void): void
  close(done: (error: Error | null) => void): void
  pause(): unknown
  resume(): unknown
}

const RECEIVE_LIMIT = 65_536
const CREDIT_LIMIT = 4_096
/** The package reads at most this much at a time, and as much may wait in it while reading is stopped. */
const CHUNK_BYTES = 16_384
/** 8N1: a start bit, eight bits, a stop bit. */
const BITS = 10
/** What an adapter on USB may hold back after its line's time. */
const SETTLE_MS = 10
/**
 * How often it is looked whether the device is still there. A device that goes in the middle of a read is read as empty for ever by
 * the package (Linux ends such reads with 0 bytes), and nothing else would tell.
 */
const LOOK_MS = 500
/** EIO, ENXIO and ENODEV as the package has them: in words. */
const HUNG_UP = /input\/output error|not configured|no such device/i
/** What a closed line may take to send what it was given. */
const LINGER_MS = 1_000

/**
 * The line at `path` (/dev/ttyUSB0, COM3), not yet open. Throws a SerialError where the package is missing; everything else is
 * told by codes, and in words by `onError`. An open line keeps the process running. `open` may be called again for another
 * speed, after `close`, and after the device was gone. The operating system does not tell of framing errors: they are not counted.
 */
export function serialPort(path: string, options: SerialOptions = {}): HostSerial {
  const line = new Line(path, options)
  return {
    open: (baud, onBytes) => line.open(baud, onBytes),
    read: max => line.read(max),
    write: bytes => line.write(bytes),
    credit: () => line.credit(),
    overruns: () => line.overruns,
    close: () => line.close(),
    setLines: lines => line.setLines(lines),
    rtscts: options.rtscts === true
  }
}

const enum Stage { Closed, Opening, Open, Closing }

class Line {
  overruns = 0
  private readonly native: SerialPackage
  private stage = Stage.Closed
  private port: NativePort | undefined
  private onBytes: () => void = nothing
  /** What `write` answers where there is no line: `Closed` by us, `AtFailed` where it went away. */
  private code: Code = LinkCode.Closed
  private input = ''
  private paused = false
  /** What is to leave, and between the bytes the speeds that hold for those after them. */
  private queue: (Bytes | number)[] = []
  private queued = 0
  /** Bytes that the kernel has not taken yet. */
  private leaving = 0
  /** A write or a change of speed is under way. */
  private busy = false
  private speed = 0
  /** When the last byte that the kernel was given can have left, ms of `performance.now()`. */
  private freeAt = 0
  private speedTimer: NodeJS.Timeout | undefined
  private linger: NodeJS.Timeout | undefined
  private look: NodeJS.Timeout | undefined
  private lines: ControlLines | undefined
  /** The speed to open with as soon as what is being closed is closed. */
  private reopenAt: number | undefined

  constructor(private readonly path: string, private readonly options: SerialOptions) {
    try {
      this.native = (options.load ?? installed)()
    } catch (error) {
      throw brokenPackage(error as Error)
    }
  }

  open(baud: number, onBytes: () => void): Code {
    this.onBytes = onBytes
    if (!Number.isInteger(baud) || baud < 1) return this.refuse(new SerialError('failed', `${this.path}: ${baud} is no speed; a whole number from 1 is, such as 115200`))
    if (this.stage === Stage.Opening || this.stage === Stage.Open) {
      this.queue.push(baud)
      this.pump()
      return 0
    }
    // A name such as COM3 is not a file.
    if (process.platform !== 'win32' && !existsSync(this.path)) return this.refuse(new SerialError('no-device', `${this.path}: there is no such device; is it plugged in, and is this its name?`))
    this.code = 0
    if (this.stage === Stage.Closing) {
      this.forget()
      this.reopenAt = baud
      this.finish()
    } else this.start(baud)
    return 0
  }

  read(max: number): Bytes {
    if (max <= 0) return '' as Bytes
    const bytes = this.input.slice(0, max)
    this.input = this.input.slice(bytes.length)
    if (this.paused && this.input.length * 2 <= this.receiveLimit()) {
      this.paused = false
      this.port?.resume()
    }
    return bytes as Bytes
  }

  write(bytes: Bytes): Code {
    if (this.code < 0) return this.code
    const taken = Math.min(this.credit(), bytes.length)
    if (taken === 0) return 0
    this.queue.push(bytes.slice(0, taken) as Bytes)
    this.queued += taken
    this.pump()
    return taken
  }

  credit(): number {
    if (this.code < 0) return 0
    const onLine = Math.ceil((this.freeAt - performance.now()) * this.speed / (BITS * 1000))
    return Math.max(0, (this.options.creditLimit ?? CREDIT_LIMIT) - this.queued - Math.max(this.leaving, onLine, 0))
  }

  close(): void {
    this.onBytes = nothing
    this.code = LinkCode.Closed
    this.input = ''
    this.reopenAt = undefined
    if (this.stage === Stage.Closed || this.stage === Stage.Closing) return
    const wasOpen = this.stage === Stage.Open
    this.stage = Stage.Closing
    if (!wasOpen) return
    this.linger = setTimeout(() => this.finish(), LINGER_MS)
    this.pump()
  }

  setLines(lines: ControlLines): Code {
    this.lines = lines
    if (this.stage === Stage.Open) this.applyLines()
    return this.stage === Stage.Open || this.stage === Stage.Opening ? 0 : LinkCode.AtFailed
  }

  private start(baud: number): void {
    this.stage = Stage.Opening
    this.speed = baud
    this.freeAt = 0
    const { path, options } = this
    const port = new this.native.SerialPort({ path, baudRate: baud, rtscts: options.rtscts === true, highWaterMark: CHUNK_BYTES }, error => {
      if (error === null) this.opened()
      else this.lost(port, failedOpening(path, error))
    })
    port.on('data', chunk => { if (this.port === port) this.received(chunk) })
    // A write that fails, a read that fails and an unplugged device show as one of these, or both.
    port.on('error', error => this.lost(port, this.gone(error)))
    port.on('close', error => this.lost(port, this.gone(error)))
    this.port = port
  }

  private opened(): void {
    if (this.stage === Stage.Closing) return this.finish()
    this.stage = Stage.Open
    this.look = setInterval(() => this.lookAfter(this.port!), LOOK_MS)
    if (this.lines !== undefined) this.applyLines()
    this.pump()
  }

  private lookAfter(port: NativePort): void {
    port.get(error => {
      // A pty has no control lines, and says so; a line that was hung up fails in this way whatever it is asked.
      if (error !== null && HUNG_UP.test(error.message)) this.lost(port, this.gone(error))
    })
  }

  private received(chunk: Buffer): void {
    if (this.stage !== Stage.Open) return
    const limit = this.receiveLimit()
    let text = chunk.toString('latin1')
    if (this.options.rtscts === true) {
      this.paused = this.input.length + text.length >= limit
      if (this.paused) this.port?.pause()
    } else if (this.input.length + text.length > limit) {
      text = text.slice(0, limit - this.input.length)
      this.overruns += 1
    }
    this.input += text
    this.onBytes()
  }

  /** One step at a time: bytes up to the next change of speed, or that change once they can have left. */
  private pump(): void {
    const port = this.port
    if (port === undefined || this.busy || (this.stage !== Stage.Open && this.stage !== Stage.Closing)) return
    const next = this.queue[0]
    if (next === undefined) {
      if (this.stage === Stage.Closing) this.finish()
      return
    }
    this.busy = true
    if (typeof next === 'number') this.speedTimer = setTimeout(() => this.changeSpeed(port), Math.max(0, this.freeAt + SETTLE_MS - performance.now()))
    else this.send(port)
  }

  private send(port: NativePort): void {
    const until = this.queue.findIndex(one => typeof one === 'number')
    const chunk = Buffer.from(this.queue.splice(0, until < 0 ? this.queue.length : until).join(''), 'latin1')
    this.queued -= chunk.length
    this.leaving = chunk.length
    this.freeAt = Math.max(this.freeAt, performance.now()) + chunk.length * BITS * 1000 / this.speed
    port.write(chunk, error => {
      if (port !== this.port) return
      if (error != null) return this.lost(port, this.gone(error))
      this.leaving = 0
      this.busy = false
      this.pump()
    })
  }

  private changeSpeed(port: NativePort): void {
    const baud = this.queue.shift() as number
    const done = (error: Error | null): void => {
      if (port !== this.port) return
      if (error !== null) return this.lost(port, new SerialError('failed', `${this.path}: cannot be set to ${baud} baud (${error.message})`))
      this.speed = baud
      this.busy = false
      this.pump()
    }
    if (baud === this.speed) done(null)
    else port.update({ baudRate: baud }, done)
  }

  private applyLines(): void {
    this.port!.set(this.lines!, error => {
      if (error !== null) this.tell(new SerialError('failed', `${this.path}: its control lines cannot be set (${error.message})`))
    })
  }

  /** Lets go of the port, and opens it again when that was asked for meanwhile. */
  private finish(): void {
    const port = this.port
    this.forget()
    // Asked to close while it opens: `opened` comes back here.
    if (port === undefined || !port.isOpen) return
    this.port = undefined
    port.close(() => {
      this.stage = Stage.Closed
      const baud = this.reopenAt
      this.reopenAt = undefined
      if (baud !== undefined) this.start(baud)
    })
  }

  /** The port failed or went away: told once, from the event loop. */
  private lost(port: NativePort, error: SerialError): void {
    if (port !== this.port) return
    this.port = undefined
    this.forget()
    if (port.isOpen) port.close(nothing)
    const asked = this.stage === Stage.Closing
    const baud = this.reopenAt
    this.stage = Stage.Closed
    this.reopenAt = undefined
    if (baud !== undefined) return this.start(baud)
    if (asked) return
    this.code = LinkCode.AtFailed
    this.tell(error)
    this.onBytes()
  }

  private forget(): void {
    clearTimeout(this.speedTimer)
    clearTimeout(this.linger)
    clearInterval(this.look)
    this.queue = []
    this.queued = 0
    this.leaving = 0
    this.busy = false
    this.paused = false
  }

  private refuse(error: SerialError): Code {
    this.tell(error)
    return LinkCode.AtFailed
  }

  private gone(error?: Error | null): SerialError {
    return new SerialError('gone', `${this.path}: the device is gone${error == null ? '' : ` (${error.message})`}; was it unplugged?`)
  }

  private tell(error: SerialError): void {
    if (this.options.onError === undefined) console.error(error.message)
    else this.options.onError(error)
  }

  private receiveLimit(): number {
    return this.options.receiveLimit ?? RECEIVE_LIMIT
  }
}

function nothing(): void {}

function installed(): SerialPackage {
  return createRequire(import.meta.url)('serialport') as SerialPackage
}
