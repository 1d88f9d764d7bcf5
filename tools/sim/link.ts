/** One connection of the device as the checks see it, and the socket that tells them. */
import { SocketStatus, type Bytes, type Code, type Socket } from '../../hal/hal.js'
import type { SimConnection } from '../../hal/sim/index.js'
import type { FrameReader } from './frames.js'

export interface Link {
  /** From 1, in the order of opening. */
  number: number
  openedAt: number
  /** CONNACK with code 0 was read, and what it said of the session. */
  accepted: boolean
  sessionPresent: boolean
  /** ms at which it died without a sign; -1 while it lives. A partition that heals revives it. */
  deadAt: number
  /** ms at which the client last read bytes; -1 for never. Where only the way out is dead, they are a sign of life. */
  heardAt: number
  /** It is half open, or the server forgot it: nothing brings it back. */
  deadForGood: boolean
  /** The client closed it. */
  closed: boolean
  connectionOf: () => SimConnection | undefined
  out: FrameReader
  in: FrameReader
}

export class WatchedSocket implements Socket {
  private ended = 0
  private opened = false

  /** @param onBreach is told what a port may not do (docs/hal.md): the device's own sockets watch themselves, those of a port above it do not. */
  constructor(private readonly socket: Socket, private readonly link: Link, private readonly onRead: (bytes: Bytes) => void, private readonly onBreach: (what: string) => void, private readonly onClose: (link: Link) => void) {}

  status(): Code {
    const code = this.socket.status()
    if (this.ended < 0 && code !== this.ended) this.onBreach(`status() was ${this.ended} and is ${code}`)
    if (this.opened && code === SocketStatus.Opening) this.onBreach('a socket that was open is opening')
    if (code < 0) this.ended = code
    else if (code === SocketStatus.Open) this.opened = true
    return code
  }

  read(max: number): Bytes {
    const bytes = this.socket.read(max)
    if (bytes.length > max) this.onBreach(`read(${max}) gave ${bytes.length} bytes`)
    if (bytes.length > 0 && this.ended < 0) this.onBreach('bytes came after the end was told')
    if (bytes.length > 0) {
      this.onRead(bytes)
      this.link.in.feed(bytes)
    }
    return bytes
  }

  write(bytes: Bytes): Code {
    const room = this.link.closed ? bytes.length : this.socket.credit()
    const taken = this.socket.write(bytes)
    if (taken > room || taken > bytes.length) this.onBreach(`write() took ${taken} of ${bytes.length} bytes, with a credit of ${room}`)
    if (taken > 0) this.link.out.feed(taken === bytes.length ? bytes : bytes.substring(0, taken))
    return taken
  }

  credit(): number {
    return this.socket.credit()
  }

  pending(): number {
    return this.socket.pending()
  }

  unacked(): number {
    return this.socket.unacked()
  }

  close(): void {
    if (!this.link.closed) this.onClose(this.link)
    this.link.closed = true
    this.socket.close()
  }
}
