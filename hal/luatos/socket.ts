/**
 * Connections over LuatOS's socket library, by its callbacks. Received bytes stay in the network stack until there is room for
 * them here; a buffer outside of Lua's memory takes them over, so that only what is read becomes a string. docs/lua.md.
 */
import { cat, cut, EMPTY, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket, type TlsOptions } from '../hal.js'
import type { Several } from '../lua/lua.js'
import { wakeTasks } from '../lua/task.js'

type Control = { readonly control_: unique symbol }

interface Zbuff {
  toStr(from: number, count: number): Bytes
  del(): void
}

declare const socket: {
  ON_LINE: number
  TX_OK: number
  CLOSED: number
  create(this: void, adapter: undefined, fn: (this: void, control: Control, event: number, param: number) => void): Control | undefined
  config(this: void, control: Control, port: undefined, isUdp: boolean, isTls: boolean, idle: undefined, interval: undefined, count: undefined,
    ca: Bytes | undefined, cert: Bytes | undefined, key: Bytes | undefined): boolean | undefined
  connect(this: void, control: Control, host: string, port: number): boolean | undefined
  tx(this: void, control: Control, bytes: Bytes): Several<[boolean | undefined, boolean | undefined]>
  rx(this: void, control: Control, into: Zbuff, flag: undefined, most?: number): Several<[boolean | undefined, number]>
  state(this: void, control: Control): number | undefined
  discon(this: void, control: Control): Several<[boolean | undefined, boolean | undefined]>
  close(this: void, control: Control): void
  release(this: void, control: Control): void
}
declare const sys: { timerStart(this: void, fn: (this: void) => void, ms: number): unknown }
declare const zbuff: { create(this: void, length: number): Zbuff }

const enum Limit {
  /**
   * Bytes that are received and unread at most, but for what a connection that ends brings at once.
   * The same for those that `write` took and that were not sent yet.
   */
  Held = 4096,
  /** ms for an orderly end. */
  Leaving = 5000
}

/** What `socket.state` says of a connection that did not come to be. */
const enum State { NameLookUp = 2, Handshake = 4 }

let buffer: Zbuff | undefined

class PortSocket implements Socket {
  control_: Control | undefined
  leaving_: Control | undefined
  state_: Code = SocketStatus.Opening
  unread_: Bytes = EMPTY
  /** The stack has more than there was room for; it does not say so again. */
  more_ = false
  /** Bytes that the stack has and did not report as sent. */
  under_ = 0
  /** Taken from the client, refused by the stack for now. */
  unsent_: Bytes = EMPTY
  /** Below 0: the connection is over, and what was received is still to be read. */
  ended_: Code = 0

  status(): Code {
    if (this.ended_ < 0 && this.unread_.length === 0) finish(this, this.ended_)
    return this.state_
  }

  read(max: number): Bytes {
    const bytes = this.unread_
    if (bytes.length <= max) {
      this.unread_ = EMPTY
      if (this.more_) fill(this)
      return bytes
    }
    this.unread_ = cut(bytes, max, bytes.length)
    return cut(bytes, 0, max)
  }

  write(bytes: Bytes): Code {
    const most = this.credit()
    if (this.state_ < 0) return this.state_
    if (most === 0 || bytes.length === 0) return 0
    const taken = bytes.length > most ? cut(bytes, 0, most) : bytes
    this.unsent_ = this.unsent_.length === 0 ? taken : cat(this.unsent_, taken)
    flush(this)
    return taken.length
  }

  credit(): number {
    if (this.state_ !== SocketStatus.Open || this.ended_ < 0) return 0
    // Refused while nothing was under way: no TX_OK will ask for it.
    if (this.under_ === 0 && this.unsent_.length > 0) flush(this)
    return Limit.Held - this.under_ - this.unsent_.length
  }

  pending(): number {
    return this.unread_.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    this.unread_ = EMPTY
    finish(this, LinkCode.Closed)
  }
}

function drop(this: void, control: Control): void {
  socket.close(control)
  socket.release(control)
}

/** Ends in order: what the stack has leaves first, as long as that does not take for ever. */
function leave(this: void, one: PortSocket, control: Control): void {
  const [ok, done] = socket.discon(control)
  if (ok !== true || done === true) {
    drop(control)
    return
  }
  one.leaving_ = control
  sys.timerStart(() => { left(one) }, Limit.Leaving)
}

function left(this: void, one: PortSocket): void {
  const control = one.leaving_
  one.leaving_ = undefined
  if (control !== undefined) drop(control)
}

function finish(this: void, one: PortSocket, code: Code): void {
  const control = one.control_
  if (control !== undefined) {
    one.control_ = undefined
    if (one.state_ === SocketStatus.Open && one.ended_ === 0) leave(one, control)
    else drop(control)
  }
  if (one.state_ >= 0) one.state_ = code
  one.unsent_ = EMPTY
  one.more_ = false
}

/** Takes over what the stack has, as far as there is room; all of it from a connection that is over, since the stack gives that once. */
function fill(this: void, one: PortSocket): void {
  const control = one.control_
  if (control === undefined) return
  const room = Limit.Held - one.unread_.length
  one.more_ = one.ended_ === 0 && room <= 0
  if (one.more_) return
  if (buffer === undefined) buffer = zbuff.create(Limit.Held)
  const [ok, count] = socket.rx(control, buffer, undefined, one.ended_ < 0 ? undefined : room)
  if (ok === true && count > 0) {
    const bytes = buffer.toStr(0, count)
    buffer.del()
    one.unread_ = one.unread_.length === 0 ? bytes : cat(one.unread_, bytes)
    one.more_ = count === room
  }
}

/** Gives the stack what waits. What it refuses, it takes when it has sent the rest. */
function flush(this: void, one: PortSocket): void {
  const control = one.control_
  const bytes = one.unsent_
  if (control === undefined || bytes.length === 0 || one.ended_ < 0) return
  const [ok, full] = socket.tx(control, bytes)
  if (ok !== true) {
    over(one, LinkCode.Closed)
  } else if (full !== true) {
    one.under_ = one.under_ + bytes.length
    one.unsent_ = EMPTY
  }
}

/** The connection is over; what the stack still has of it is taken first. */
function over(this: void, one: PortSocket, code: Code): void {
  if (one.ended_ < 0) return
  one.ended_ = code
  fill(one)
}

/** Why a connect came to nothing: at which step it was. */
function whyNot(this: void, control: Control, isTls: boolean): Code {
  const state = socket.state(control)
  if (state === State.NameLookUp) return LinkCode.DnsFailed
  return isTls && state === State.Handshake ? LinkCode.TlsFailed : LinkCode.TcpFailed
}

/** This port can do what is asked: the platform checks a certificate only against a CA it is given. */
function canTls(this: void, endpoint: Endpoint, tls: TlsOptions): boolean {
  return FEATURE_TLS && (tls.ca !== undefined || tls.insecureNoVerify === true) && tls.alpn === undefined && (tls.servername === undefined || tls.servername === endpoint.host)
}

/** Starts to open. */
export function openSocket(this: void, endpoint: Endpoint): Socket {
  const one = new PortSocket()
  const tls = endpoint.tls
  if (endpoint.path !== undefined || tls !== undefined && !canTls(endpoint, tls)) {
    one.state_ = LinkCode.Unsupported
    return one
  }
  const control = socket.create(undefined, (own, event, param) => {
    if (one.leaving_ === own && (event === socket.CLOSED || param !== 0)) left(one)
    if (one.control_ !== own) return
    if (param !== 0) {
      if (one.state_ === SocketStatus.Opening) finish(one, whyNot(own, tls !== undefined))
      else over(one, LinkCode.Closed)
    } else if (event === socket.CLOSED) over(one, LinkCode.Closed)
    else if (event === socket.ON_LINE) one.state_ = SocketStatus.Open
    else {
      if (event === socket.TX_OK) {
        one.under_ = 0
        flush(one)
      }
      fill(one)
    }
    wakeTasks()
  })
  if (control === undefined) {
    one.state_ = LinkCode.NoSocket
    return one
  }
  one.control_ = control
  const known = tls === undefined ? socket.config(control, undefined, false, false, undefined, undefined, undefined, undefined, undefined, undefined) :
    socket.config(control, undefined, false, true, undefined, undefined, undefined, tls.insecureNoVerify === true ? undefined : tls.ca, tls.cert, tls.key)
  // The platform refuses certificates it cannot read here.
  if (known !== true) finish(one, tls === undefined ? LinkCode.TcpFailed : LinkCode.TlsCertificate)
  else if (socket.connect(control, endpoint.host, endpoint.port) !== true) finish(one, LinkCode.TcpFailed)
  return one
}
