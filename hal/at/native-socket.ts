/** The core's end of a connection: a socket that speaks MQTT, as a server does. */
import { at, cat, cut, EMPTY, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket } from '../hal.js'
import { takeOut } from './native-receive.js'
import { At, Op, type Native, type Session } from './native-state.js'

class NativeSocket implements Socket {
  native_: Native
  session_: Session | undefined
  code_: Code

  constructor(native: Native, session: Session | undefined, code: Code) {
    this.native_ = native
    this.session_ = session
    this.code_ = code
  }

  status(): Code {
    const session = this.session_
    if (session === undefined) return this.code_
    if (session.at_ === At.Over) return session.out_.length > 0 ? SocketStatus.Open : session.code_
    return session.at_ === At.Waiting ? SocketStatus.Opening : SocketStatus.Open
  }

  read(max: number): Bytes {
    const native = this.native_
    if (this.session_ === undefined || this.session_ !== native.session_ || max <= 0) return EMPTY
    const some = takeOut(native, max)
    // What waits in the module has room again.
    if (some.length > 0) native.modem_.wakeSoon_(native.modem_)
    return some
  }

  write(bytes: Bytes): Code {
    const session = this.session_
    const code = this.status()
    if (code < 0 || session === undefined) return code
    const some = cut(bytes, 0, this.credit())
    if (some.length > 0) {
      const modem = this.native_.modem_
      session.in_ = session.in_.length > 0 ? cat(session.in_, some) : some
      modem.work_(modem)
      modem.wakeSoon_(modem)
    }
    return some.length
  }

  credit(): number {
    const session = this.session_
    if (session === undefined || session.at_ === At.Waiting || session.at_ === At.Over) return 0
    const room = this.native_.writeMax_ - session.in_.length
    return room > 0 ? room : 0
  }

  pending(): number {
    return this.session_ === undefined ? 0 : this.session_.out_.length
  }

  /** A command's end says that the module has it, and no more. */
  unacked(): number {
    return -1
  }

  close(): void {
    const session = this.session_
    const native = this.native_
    const modem = native.modem_
    if (session === undefined) return
    const code = this.status()
    this.code_ = code < 0 ? code : LinkCode.Closed
    this.session_ = undefined
    session.out_ = EMPTY
    session.isLeaving_ = true
    session.stamp_ = modem.timer_.ticks()
    // An answer of the server's is not waited for any more.
    if (session === native.session_ && native.op_ !== Op.None && native.op_ !== Op.Close && native.op_ !== Op.Leave && session.in_.length <= native.length_) modem.laterLimit_ = 0
    modem.wakeSoon_(modem)
  }
}

/** What may stand between the quotes of a command. */
function isPlain(host: string): boolean {
  for (let i = 0; i < host.length; i = i + 1) {
    const c = at(host as Bytes, i)
    if (c < 33 || c > 126 || c === 34 || c === 44 || c === 92) return false
  }
  return host.length > 0
}

/** Connections that somebody has: 0 or 1. */
export function inUse(this: void, native: Native): number {
  return native.session_ !== undefined && !native.session_.isLeaving_ || native.next_ !== undefined && !native.next_.isLeaving_ ? 1 : 0
}

/** Opens a connection, when the bearer is there and the one before has ended. There is one at a time. */
export function openNative(this: void, native: Native, endpoint: Endpoint): Socket {
  const tls = endpoint.tls
  const modem = native.modem_
  let code = 0
  if (endpoint.path !== undefined) code = LinkCode.Unsupported
  // Without a certificate to check with there is no check: that has to be written out.
  else if (tls !== undefined && (native.family_.secure === undefined || tls.alpn !== undefined || tls.insecureNoVerify !== true && (!native.family_.verifies || tls.ca === undefined || tls.ca.length === 0))) code = LinkCode.Unsupported
  else if (!isPlain(endpoint.host) || tls !== undefined && tls.servername !== undefined && !isPlain(tls.servername)) code = LinkCode.DnsFailed
  else if (inUse(native) > 0) code = LinkCode.NoSocket
  modem.isChanged_ = true
  modem.wakeSoon_(modem)
  if (code < 0) return new NativeSocket(native, undefined, code)
  const session: Session = { endpoint_: endpoint, at_: At.Waiting, in_: EMPTY, out_: EMPTY, code_: 0, isLeaving_: false, stamp_: modem.timer_.ticks() }
  if (native.session_ === undefined) native.session_ = session
  else native.next_ = session
  return new NativeSocket(native, session, 0)
}
