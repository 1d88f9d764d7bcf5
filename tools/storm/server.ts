/** The least server that a client stays connected to: it answers CONNECT and PINGREQ, and it can go and come back. */
import type { Bytes } from '../../hal/hal.js'
import type { Line } from './port.js'

const CONNACK = '\x20\x02\x00\x00' as Bytes
const PINGRESP = '\xd0\x00' as Bytes

export class Server {
  /** ms of each CONNECT that was answered. */
  readonly connects: number[] = []
  readonly lines = new Set<Line>()
  private listening = true

  constructor(private readonly now: () => number) {}

  /** A connection is asked for. False: nobody listens. */
  accept(line: Line): boolean {
    if (this.listening) this.lines.add(line)
    return this.listening
  }

  /** Bytes of a device: one packet each time, since a device of this fleet has nothing to send but these. */
  take(line: Line, bytes: Bytes): void {
    if (!this.lines.has(line)) return
    const type = bytes.charCodeAt(0) >> 4
    if (type === 1) {
      this.connects.push(this.now())
      line.send(CONNACK)
    } else if (type === 12) line.send(PINGRESP)
  }

  left(line: Line): void {
    this.lines.delete(line)
  }

  /** The process ends: every connection is closed, and nobody listens until `start`. */
  stop(): void {
    this.listening = false
    for (const line of this.lines) line.fin()
    this.lines.clear()
  }

  start(): void {
    this.listening = true
  }
}
