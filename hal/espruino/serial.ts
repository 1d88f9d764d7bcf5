/**
 * A serial line by one of the interpreter's `Serial`s, for hal/at.
 *
 * Its `write` puts bytes into a ring of 32 to 256 characters and waits, in the middle of the call, until the last of them has a
 * place there: nothing is ever refused, and nobody else runs meanwhile. So the credit is what one call may cost, 512 bytes:
 * 44 ms at 115200 bits per second. What comes in is handed over in pieces of 64 bytes at most. docs/espruino-modem.md has the figures.
 */
import { cat, cut, EMPTY, type Bytes } from '../../firmware/bytes.js'
import { LinkCode, type SerialHal } from '../hal.js'

/** A pin of the board, such as B6. */
export type Pin = unknown

/** What is used of the interpreter's `Serial`. */
export interface NativeSerial {
  setup(baud: number, options: UartOptions | undefined): void
  unsetup(): void
  write(bytes: Bytes): void
  on(event: string, handler: (this: void, data: Bytes) => void): void
}

/** The interpreter's own, handed to it as they are: one that it does not know is an error. */
export interface UartOptions {
  /** Our output and our input; the port's own pins when absent. */
  tx?: Pin
  rx?: Pin
  /** The output by which we stop the modem while our queue is full; the modem must heed it (AT+IFC). */
  cts?: Pin
  /** Framing errors are told, and counted here; each takes a place in the interpreter's queue. STM32 and nRF52 only. */
  errors?: boolean
  /** Linux alone, and needed there: the device, "/dev/ttyUSB0". */
  path?: string
}

export interface SerialOptions {
  uart?: UartOptions
  /** Bytes that may wait unread; 2048 when absent. What does not fit is lost. */
  receiveMax?: number
}

declare const E: { getErrorFlags(this: void): string[] }

const enum Limit { Receive = 2048, Write = 512 }

/** The line of `port`, not yet open. */
export function serial(this: void, port: NativeSerial, options: SerialOptions): SerialHal {
  const most = options.receiveMax === undefined ? Limit.Receive : options.receiveMax
  const uart = options.uart
  let unread = EMPTY
  let lost = 0
  let tell: ((this: void) => void) | undefined
  let isHeard = false
  return {
    open: (baud, onBytes) => {
      try {
        port.setup(baud, uart)
      } catch {
        return LinkCode.AtFailed
      }
      tell = onBytes
      if (!isHeard) {
        isHeard = true
        port.on('data', (data) => {
          if (tell !== undefined) {
            unread = cat(unread, data)
            if (unread.length > most) {
              unread = cut(unread, 0, most)
              lost = lost + 1
            }
            tell()
          }
        })
        if (uart !== undefined && uart.errors === true) {
          port.on('framing', () => { lost = lost + 1 })
          port.on('parity', () => { lost = lost + 1 })
        }
      }
      return 0
    },
    read: (max) => {
      const all = unread
      unread = cut(all, max, all.length)
      // Most often that is all there is.
      return unread.length > 0 ? cut(all, 0, max) : all
    },
    write: (bytes) => {
      if (tell === undefined) return LinkCode.Closed
      const some = cut(bytes, 0, Limit.Write)
      port.write(some)
      return some.length
    },
    credit: () => tell === undefined ? 0 : Limit.Write,
    overruns: () => {
      // Reading them resets them, so this is asked for the sake of a diagnosis only: they are the whole interpreter's.
      for (const flag of E.getErrorFlags()) {
        if (flag === 'FIFO_FULL' || flag === 'BUFFER_FULL' || flag === 'UART_OVERFLOW') lost = lost + 1
      }
      return lost
    },
    close: () => {
      tell = undefined
      unread = EMPTY
      port.unsetup()
    }
  }
}
