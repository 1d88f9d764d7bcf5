/**
 * The host's end of the line, in the same process: a UART with a bounded receive buffer that loses what does not fit,
 * a transmitter as fast as the line where pacing is on, and noise where the two ends differ in speed.
 */
import type { Bytes, SerialHal } from '../../hal.js'
import type { Random } from '../random.js'
import type { Schedule } from './schedule.js'
import { lineFree } from './wire.js'

/** Bytes the transmitter holds. */
const SEND_BUFFER = 1024
const BITS_PER_BYTE = 10
const NONE = '' as Bytes

export interface SerialOptions {
  readonly schedule: Schedule
  readonly random: Random
  readonly pacing: boolean
  readonly receiveBuffer: number
  /** To the module. */
  readonly send: (bytes: Bytes, baud: number) => void
}

export class SerialEnd {
  /** Bytes lost. */
  lost = 0
  private held = ''
  private baud = 0
  private onBytes: ((this: void) => void) | undefined
  private times = 0
  private outgoing = ''
  private sending = false
  private freeAt = 0

  constructor(private readonly options: SerialOptions) {}

  /** From the module, at its speed; 0 for the host's own. */
  arrive(bytes: Bytes, baud: number): void {
    if (this.onBytes === undefined) return
    let text: string = bytes
    if (baud !== 0 && baud !== this.baud) {
      // Another speed: framing errors, and bytes that nobody sent.
      this.times += 1
      text = Array.from(bytes, () => String.fromCharCode(this.options.random.int(128, 255))).join('')
    }
    const room = this.options.receiveBuffer - this.held.length
    if (text.length > room) {
      this.times += 1
      this.lost += text.length - room
    }
    this.held += text.substring(0, room)
    this.onBytes()
  }

  readonly hal: SerialHal = {
    open: (baud, onBytes) => {
      this.baud = baud
      this.onBytes = onBytes
      return 0
    },
    read: (max) => {
      if (max <= 0) return NONE
      const bytes = this.held.substring(0, max) as Bytes
      this.held = this.held.substring(bytes.length)
      return bytes
    },
    write: (bytes) => {
      if (this.onBytes === undefined) return 0
      const part = bytes.substring(0, SEND_BUFFER - this.outgoing.length) as Bytes
      this.outgoing += part
      this.transmit()
      return part.length
    },
    credit: () => (this.onBytes === undefined ? 0 : SEND_BUFFER - this.outgoing.length),
    overruns: () => this.times,
    close: () => {
      this.onBytes = undefined
      this.held = ''
      this.outgoing = ''
    }
  }

  private transmit(): void {
    if (this.sending || this.outgoing === '') return
    this.sending = true
    const { schedule, pacing, send } = this.options
    const speed = pacing && this.baud > 0 ? this.baud / (BITS_PER_BYTE * 1000) : 0
    const size = speed > 0 ? Math.max(1, Math.floor(speed)) : SEND_BUFFER
    const count = Math.min(size, this.outgoing.length)
    this.freeAt = lineFree(this.freeAt, schedule.now) + (speed > 0 ? count / speed : 0)
    schedule.after(this.freeAt - schedule.now, () => {
      this.sending = false
      const piece = this.outgoing.substring(0, count) as Bytes
      this.outgoing = this.outgoing.substring(count)
      this.transmit()
      if (piece !== NONE) send(piece, this.baud)
    })
  }
}
