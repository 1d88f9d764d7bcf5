/** What the interpreter's `net.connect` and `tls.connect` give. */
import type { Bytes } from '../../firmware/bytes.js'

export interface NetSocket {
  write(bytes: Bytes): boolean
  end(): void
  on(event: string, handler: (this: NetSocket, value: never) => void): void
  /** The interpreter's own: the number of the connection, plus 1. One without it is neither read nor written. */
  sckt: number
  /** The interpreter's own: true ends it at once, whatever it still has to send. */
  clsNow: boolean
  /** Ours: whose connection it is. */
  port_: unknown
}
