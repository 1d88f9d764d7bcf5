/**
 * A connection by `net`.
 *
 * The interpreter's `write` always says false and queues without limit, so bytes are counted here and the credit comes back
 * with 'drain'. It reads from the network whether somebody takes the data or not, and has no call that stops it; but it leaves
 * out a socket whose `sckt` is 0, and then TCP holds the peer back. docs/espruino.md has the measurements.
 */
import { cat, cut, EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket } from '../hal.js'
import { wakeAll } from './timer.js'

/** What `net.connect` gives. */
interface NetSocket {
  write(bytes: Bytes): boolean
  end(): void
  on(event: string, handler: (this: NetSocket, value: never) => void): void
  /** The interpreter's own: the number of the connection, plus 1. One without it is neither read nor written. */
  sckt: number
  /** The interpreter's own: true ends it at once, whatever it still has to send. */
  clsNow: boolean
  port_: PortSocket
}

declare function require(name: string): { connect(options: Endpoint): NetSocket }
declare function setTimeout(fn: (net: NetSocket) => void, ms: number, net?: NetSocket): number

const enum Limit {
  /** Bytes that may wait in the interpreter. */
  Queue = 1072,
  /** Received and unread bytes at which reading stops; one piece of the interpreter's, at most 536 bytes, may have come on top. */
  Unread = 2048,
  /** Received and unread bytes at which nothing is written either, because to write is to read a piece. */
  Full = 4096,
  /** ms that a closed connection may take to send the rest. */
  Linger = 2000
}

/** What a code of the interpreter's, -1 to -15, says. */
function linkCodeOf(code: number, isOpening: boolean): Code {
  if (code === -6) return LinkCode.DnsFailed
  if (code === -7) return LinkCode.NoSocket
  if (code === -3) return LinkCode.TcpTimeout
  if (code === -9) return isOpening ? LinkCode.TcpRefused : LinkCode.Reset
  if (code < -12) return LinkCode.TlsFailed
  // -8: the peer closed and something was left to send. No code at all: 'close' after no 'error'.
  return code < -1 && code !== -8 ? LinkCode.TcpFailed : LinkCode.Closed
}

/** Reading goes on. */
function resume(port: PortSocket): void {
  if (port.held_ > 0) port.net_!.sckt = port.held_
  port.held_ = 0
}

function cutOff(net: NetSocket): void {
  net.clsNow = true
}

class PortSocket implements Socket {
  net_: NetSocket | undefined
  state_: Code
  unread_: Bytes
  queued_: number
  /** `sckt` while reading is stopped, else 0. */
  held_: number

  constructor() {
    this.state_ = SocketStatus.Opening
    this.unread_ = EMPTY
    this.queued_ = 0
    this.held_ = 0
  }

  status(): Code {
    // What came before the end is read first.
    return this.unread_.length > 0 ? SocketStatus.Open : this.state_
  }

  read(max: number): Bytes {
    const all = this.unread_
    const some = cut(all, 0, max)
    this.unread_ = cut(all, some.length, all.length)
    if (this.unread_.length < Limit.Unread) resume(this)
    return some
  }

  write(bytes: Bytes): Code {
    const some = cut(bytes, 0, this.credit())
    if (this.state_ < 0 || some.length === 0) return this.state_ < 0 ? this.state_ : 0
    resume(this)
    try {
      this.net_!.write(some)
      this.queued_ = this.queued_ + some.length
      return some.length
    } catch {
      // The bearer went, and the interpreter dropped its sockets without an event.
      this.state_ = LinkCode.TcpFailed
      return this.state_
    }
  }

  credit(): number {
    // While nobody reads, each write lets one more piece in.
    return this.state_ === SocketStatus.Open && this.unread_.length < Limit.Full ? Limit.Queue - this.queued_ : 0
  }

  pending(): number {
    return this.unread_.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    const net = this.net_
    this.unread_ = EMPTY
    if (this.state_ >= 0) this.state_ = LinkCode.Closed
    if (net === undefined) return
    resume(this)
    this.net_ = undefined
    try {
      net.end()
      if (this.queued_ > 0) setTimeout(cutOff, Limit.Linger, net)
    } catch {
      // The interpreter has no network any more, and with it went the socket.
      this.queued_ = 0
    }
  }
}

function onDrain(this: NetSocket): void {
  const port = this.port_
  // The first one comes when the connection is made.
  if (port.state_ === SocketStatus.Opening) port.state_ = SocketStatus.Open
  port.queued_ = 0
  wakeAll()
}

function onData(this: NetSocket, data: Bytes): void {
  const port = this.port_
  if (port.state_ < 0) return
  port.unread_ = cat(port.unread_, data)
  wakeAll()
  if (port.unread_.length >= Limit.Unread) {
    port.held_ = this.sckt
    this.sckt = 0
  }
}

/** 'error', which tells a code, and 'close', which does not: the first to come counts. */
function onEnd(this: NetSocket, why: { code: number }): void {
  const port = this.port_
  if (port.state_ < 0) return
  port.state_ = linkCodeOf(why.code, port.state_ === SocketStatus.Opening)
  wakeAll()
}

/** Starts to open. On some boards the interpreter itself waits until the name is resolved and the peer answers: docs/espruino.md. */
export function open(this: void, endpoint: Endpoint): Socket {
  const socket = new PortSocket()
  try {
    if (endpoint.path !== undefined || endpoint.tls !== undefined) {
      socket.state_ = LinkCode.Unsupported
    } else {
      const net = require('net').connect(endpoint)
      net.port_ = socket
      socket.net_ = net
      net.on('drain', onDrain)
      net.on('data', onData)
      net.on('error', onEnd)
      net.on('close', onEnd)
    }
  } catch (error) {
    // "Unable to locate host", "Unable to create socket", "Not connected to the internet".
    const text = '' + (error as string)
    socket.state_ = find(text as Bytes, 'locate' as Bytes, 0) > 0 ? LinkCode.DnsFailed : find(text as Bytes, 'create' as Bytes, 0) > 0 ? LinkCode.TcpRefused : LinkCode.TcpFailed
  }
  if (socket.state_ < 0) setTimeout(wakeAll, 1)
  return socket
}
