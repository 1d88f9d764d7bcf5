/**
 * A connection by `net`.
 *
 * The interpreter's `write` always says false and queues without limit, so bytes are counted here and the credit comes back
 * with 'drain'. It reads from the network whether somebody takes the data or not, and has no call that stops it; but it leaves
 * out a socket whose `sckt` is below 1, and then TCP holds the peer back. docs/espruino.md has the measurements.
 *
 * A function costs five variables of a small board or more: there is one for three events, and what is written twice here
 * is cheaper than a helper.
 */
import { at, cat, cut, EMPTY, find, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket } from '../hal.js'
import type { NetSocket } from './net.js'
import { wakeAll } from './timer.js'
import { canTls, connectTls } from './tls.js'

declare function require(name: string): { connect(options: Endpoint): NetSocket }
declare function setTimeout(fn: unknown, ms: number, net?: NetSocket, change?: { clsNow: boolean }): number
declare const Object: { assign(this: void): void }

const enum Limit {
  /** Bytes that may wait in the interpreter: two of its pieces, and eight on the boards of `full`, which have the memory. */
  Queue = 1072,
  QueueFull = 4288,
  /** Received and unread bytes at which reading stops; one piece of the interpreter's, at most 536 bytes, may have come on top. */
  Unread = 2048,
  /** Received and unread bytes at which nothing is written either: to write is to let another piece in. */
  Full = 4096,
  /** ms that a closed connection may take to send the rest. */
  LingerMs = 2000
}

/** What 0 and -1 to -15 of the interpreter's say, as the last digit of a LinkCode: closed, -3 timeout, -6 DNS, -7 no socket, -9 reset, -13 and -14 TLS. */
const enum Codes { Digits = '0054552901555665', Zero = -12 }

const ROOM: number = FEATURE_V5 ? Limit.QueueFull : Limit.Queue

class PortSocket implements Socket {
  net_: NetSocket | undefined
  state_!: Code
  unread_!: Bytes
  /** Bytes that may still wait in the interpreter; 0 unless it is open and moves. While it is held, 1 more than that stands in `held_`. */
  left_!: number
  held_!: number
  /** Something passed under TLS: whatever ends it now is not the handshake. */
  secured_!: boolean

  status(): Code {
    // What came before the end is read first.
    return this.unread_.length > 0 ? SocketStatus.Open : this.state_
  }

  read(max: number): Bytes {
    const all = this.unread_
    const some = cut(all, 0, max)
    this.unread_ = cut(all, some.length, all.length)
    if (this.unread_.length < Limit.Unread) this.resume()
    return some
  }

  /** Reads and writes again. */
  resume(): void {
    if (this.held_ > 0) {
      this.net_!.sckt = -this.net_!.sckt
      this.left_ = this.held_ - 1
      this.held_ = 0
    }
  }

  write(bytes: Bytes): Code {
    const n = bytes.length
    // Most often all of it fits, and is written with no look at each part.
    if (n > this.left_) return this.writePart(bytes)
    try {
      this.net_!.write(bytes)
      this.left_ = this.left_ - n
      return n
    } catch {
      // It has ended, and the event that tells it is still to come; or the network went, and none will.
      this.state_ = LinkCode.Closed
      this.left_ = 0
      return LinkCode.Closed
    }
  }

  /** As much as there is credit for. */
  writePart(bytes: Bytes): Code {
    const some = cut(bytes, 0, this.credit())
    if (some.length === 0) return this.state_ < 0 ? this.state_ : 0
    this.resume()
    return this.write(some)
  }

  credit(): number {
    return this.unread_.length < Limit.Full ? this.held_ > 0 ? this.held_ - 1 : this.left_ : 0
  }

  pending(): number {
    return this.unread_.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    const net = this.net_
    this.read(this.unread_.length)
    const isLate = this.left_ < ROOM
    if (this.state_ >= 0) this.state_ = LinkCode.Closed
    this.left_ = 0
    this.net_ = undefined
    if (net !== undefined) {
      try {
        net.end()
        // A peer that does not read would keep it, and what it queued, for ever.
        if (isLate) setTimeout(Object.assign, Limit.LingerMs, net, { clsNow: true })
      } catch {
        // Without a network the interpreter has dropped it already.
        this.left_ = 0
      }
    }
  }
}

function onData(this: NetSocket, data: Bytes): void {
  const port = this.port_ as PortSocket
  if (port.state_ >= 0) {
    if (FEATURE_TLS) port.secured_ = true
    port.unread_ = cat(port.unread_, data)
    wakeAll()
    if (port.unread_.length >= Limit.Unread && port.held_ === 0) {
      this.sckt = -this.sckt
      port.held_ = port.left_ + 1
      port.left_ = 0
    }
  }
}

/**
 * 'drain', which brings the socket and comes first when the connection is made; 'error', which brings a code, -1 to -15; and
 * 'close', which brings a boolean and comes last: the first of the two that end it counts.
 */
function onEvent(this: NetSocket, value: unknown): void {
  const port = this.port_ as PortSocket
  if (port.state_ >= 0) {
    if (value === this) {
      if (FEATURE_TLS && port.state_ > 0 && port.left_ < ROOM) port.secured_ = true
      port.state_ = SocketStatus.Open
      port.left_ = ROOM
    } else {
      const code = (value as { code: number }).code
      const isRefused = code === -9 && port.state_ === SocketStatus.Opening
      // 'close' has no code: at() of what is not a number is the first.
      port.state_ = isRefused ? LinkCode.TcpRefused : Codes.Zero - at(Codes.Digits as Bytes, -code)
      port.left_ = 0
      port.held_ = 0
      if (FEATURE_TLS && !port.secured_ && port.state_ === LinkCode.Closed) port.state_ = LinkCode.TlsFailed
    }
    wakeAll()
  }
}

/** Starts to open. On some boards the interpreter itself waits for the name and the peer: docs/espruino.md. */
export function open(this: void, endpoint: Endpoint): Socket {
  const socket = new PortSocket()
  const tls = endpoint.tls
  // The first are found soonest.
  socket.left_ = 0
  socket.net_ = undefined
  socket.state_ = SocketStatus.Opening
  socket.unread_ = EMPTY
  socket.held_ = 0
  if (FEATURE_TLS) socket.secured_ = tls === undefined
  if (endpoint.path !== undefined || tls !== undefined && !(FEATURE_TLS && canTls(tls))) {
    socket.state_ = LinkCode.Unsupported
  } else {
    try {
      const net = FEATURE_TLS && tls !== undefined ? connectTls(endpoint, tls) : require('net').connect(endpoint)
      net.port_ = socket
      socket.net_ = net
      net.on('data', onData)
      net.on('drain', onEvent)
      net.on('error', onEvent)
      net.on('close', onEvent)
    } catch (error) {
      // "Unable to locate host", "Unable to create socket", "Not connected to the internet", "Module tls not found".
      const text = ('' + (error as string)) as Bytes
      socket.state_ = find(text, 'locate' as Bytes, 0) > 0 ? LinkCode.DnsFailed : find(text, 'create' as Bytes, 0) > 0 ? LinkCode.TcpRefused :
        FEATURE_TLS && tls !== undefined ? LinkCode.TlsFailed : LinkCode.TcpFailed
    }
  }
  if (socket.state_ < 0) setTimeout(wakeAll, 0)
  return socket
}
