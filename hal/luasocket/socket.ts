/**
 * Connections over LuaSocket, and over LuaSec with TLS. Nothing here waits but LuaSocket's own look-up of a name, which it
 * offers in no other form: an address in place of the name needs none. docs/lua.md.
 */
import { cat, cut, EMPTY, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket, type TlsOptions } from '../hal.js'
import type { LuaIo, LuaOs, LuaString, LuaCall } from '../lua/lua.js'
import { isFor } from './certificate.js'
import type { LuaSecLibrary, LuaSocketLibrary, LuaTcp } from './library.js'

declare const io: LuaIo
declare const os: LuaOs
declare const string: LuaString
declare const pcall: LuaCall
declare function require(this: void, name: string): unknown

const library = require('socket') as LuaSocketLibrary

const enum Limit {
  /**
   * Bytes that are received and unread at most.
   * The same for those that `write` took and that were not sent yet.
   */
  Held = 8192
}

/** What a connection is doing; from Ready on it is open. */
const enum Stage { Connecting, Shaking, Ready }

/** Not yet: LuaSocket's word for it, and LuaSec's two. */
function isPatience(this: void, error: string | undefined): boolean {
  return error === 'timeout' || error === 'wantread' || error === 'wantwrite'
}

function has(this: void, text: string | undefined, part: string): boolean {
  return text !== undefined && string.match(string.lower(text), part) !== undefined
}

/** The connections that are open, for `wait`. */
export const alive: PortSocket[] = []

export class PortSocket implements Socket {
  tcp_: LuaTcp | undefined
  state_: Code = SocketStatus.Opening
  stage_: Stage = Stage.Connecting
  unread_: Bytes = EMPTY
  unsent_: Bytes = EMPTY
  /** The peer sends no more. */
  ended_ = 0
  host_ = ''
  port_ = 0
  /** Those of the name's addresses that were not tried. */
  addresses_: string[] = []
  tls_: TlsOptions | undefined

  status(): Code {
    advance(this)
    return this.state_
  }

  read(max: number): Bytes {
    fill(this)
    const bytes = this.unread_
    if (bytes.length <= max) {
      this.unread_ = EMPTY
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
    if (this.state_ !== SocketStatus.Open) return 0
    flush(this)
    return this.state_ === SocketStatus.Open ? Limit.Held - this.unsent_.length : 0
  }

  pending(): number {
    fill(this)
    return this.unread_.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    if (this.state_ === SocketStatus.Open) flush(this)
    end(this, LinkCode.Closed)
    this.unread_ = EMPTY
  }
}

/** The connection is over; what was received can still be read, and until then a status is not told. */
function end(this: void, socket: PortSocket, code: Code): void {
  const tcp = socket.tcp_
  if (tcp !== undefined) {
    tcp.close()
    socket.tcp_ = undefined
    for (let i = 0; i < alive.length; i = i + 1) {
      if (alive[i] === socket) {
        const last = alive.pop() as PortSocket
        if (last !== socket) alive[i] = last
        break
      }
    }
  }
  if (socket.state_ >= 0) socket.state_ = code
  socket.unsent_ = EMPTY
}

/** Takes over what has come, within the limit. */
function fill(this: void, socket: PortSocket): void {
  const tcp = socket.tcp_
  if (tcp === undefined || socket.stage_ !== Stage.Ready || socket.ended_ < 0 || socket.unread_.length >= Limit.Held) return
  const [whole, error, part] = tcp.receive(Limit.Held - socket.unread_.length)
  const chunk = whole === undefined ? part : whole
  if (chunk !== undefined && chunk.length > 0) socket.unread_ = socket.unread_.length === 0 ? chunk : cat(socket.unread_, chunk)
  if (whole === undefined && !isPatience(error)) socket.ended_ = has(error, 'closed') ? LinkCode.Closed : LinkCode.Reset
}

/** Gives the system what it takes. */
function flush(this: void, socket: PortSocket): void {
  const tcp = socket.tcp_
  const bytes = socket.unsent_
  if (tcp === undefined || bytes.length === 0) return
  const [whole, error, part] = tcp.send(bytes, 1)
  const sent = whole === undefined ? part : whole
  socket.unsent_ = sent === undefined || sent === 0 ? bytes : sent >= bytes.length ? EMPTY : cut(bytes, sent, bytes.length)
  // What the peer said before it closed is still to be read.
  if (whole === undefined && !isPatience(error)) {
    fill(socket)
    if (socket.ended_ === 0) socket.ended_ = LinkCode.Closed
    socket.unsent_ = EMPTY
    if (socket.unread_.length === 0) end(socket, socket.ended_)
  }
}

/** Begins with the next address of the name. */
function dial(this: void, socket: PortSocket): void {
  let code: Code = LinkCode.TcpFailed
  while (socket.addresses_.length > 0) {
    const address = socket.addresses_.shift() as string
    const tcp = library.tcp()
    if (tcp === undefined) {
      end(socket, LinkCode.NoSocket)
      return
    }
    tcp.settimeout(0)
    const [ok, error] = tcp.connect(address, socket.port_)
    if (ok !== undefined || isPatience(error) || has(error, 'progress')) {
      tcp.setoption('tcp-nodelay', true)
      socket.tcp_ = tcp
      socket.stage_ = Stage.Connecting
      alive.push(socket)
      return
    }
    tcp.close()
    code = codeOf(error)
  }
  end(socket, code)
}

function codeOf(this: void, error: string | undefined): LinkCode {
  if (has(error, 'refused')) return LinkCode.TcpRefused
  if (has(error, 'timed out')) return LinkCode.TcpTimeout
  return has(error, 'too many open files') ? LinkCode.NoSocket : LinkCode.TcpFailed
}

/** Why a connect came to nothing. Old LuaSockets do not tell: it was most often refused. */
function whyNot(this: void, tcp: LuaTcp): LinkCode {
  const [known, error] = pcall(getError as never, tcp)
  return known && error !== undefined ? codeOf(error as string) : LinkCode.TcpRefused
}

function getError(this: void, tcp: { getoption(name: string): string | undefined }): string | undefined {
  return tcp.getoption('error')
}

const lists: LuaTcp[][] = [[], []]

/** Goes on with what is under way: the connect, the handshake, the end. */
function advance(this: void, socket: PortSocket): void {
  const tcp = socket.tcp_
  if (tcp === undefined) return
  if (socket.stage_ === Stage.Connecting) {
    lists[1]![0] = tcp
    const [_ready, writable] = library.select(lists[0]!, lists[1]!, 0)
    if (writable.length === 0) return
    if (tcp.getpeername() === undefined) {
      const code = whyNot(tcp)
      if (socket.addresses_.length > 0) {
        end(socket, code)
        socket.state_ = SocketStatus.Opening
        dial(socket)
      } else end(socket, code)
      return
    }
    if (FEATURE_TLS && socket.tls_ !== undefined) secure(socket, tcp, socket.tls_)
    else open(socket)
  } else if (FEATURE_TLS && socket.stage_ === Stage.Shaking) shake(socket, tcp)
  else {
    fill(socket)
    if (socket.ended_ < 0 && socket.unread_.length === 0) end(socket, socket.ended_)
  }
}

function open(this: void, socket: PortSocket): void {
  socket.stage_ = Stage.Ready
  socket.state_ = SocketStatus.Open
}

/** LuaSec reads files alone: what is not the name of one is written into one for as long as it takes. */
function asFile(this: void, bytes: Bytes | undefined, written: string[]): string | undefined {
  if (bytes === undefined || string.match(bytes, '^%-%-%-%-%-BEGIN') === undefined) return bytes
  const name = os.tmpname()
  const file = io.open(name, 'wb')
  if (file === undefined) return undefined
  written.push(name)
  file.write(bytes)
  file.close()
  return name
}

/** What the handshake asks for. The system's certificates count where no CA is given. */
function parametersOf(this: void, tls: TlsOptions, written: string[]): Record<string, unknown> {
  const isOpen = tls.insecureNoVerify === true
  const parameters: Record<string, unknown> = {
    mode: 'client', protocol: 'any', options: ['all', 'no_sslv2', 'no_sslv3', 'no_tlsv1', 'no_tlsv1_1'],
    verify: isOpen ? 'none' : 'peer'
  }
  if (tls.ca !== undefined) parameters.cafile = asFile(tls.ca, written)
  else if (!isOpen) parameters.capath = '/etc/ssl/certs'
  if (tls.cert !== undefined) parameters.certificate = asFile(tls.cert, written)
  if (tls.key !== undefined) parameters.key = asFile(tls.key, written)
  if (tls.alpn !== undefined) parameters.alpn = tls.alpn
  return parameters
}

function secure(this: void, socket: PortSocket, tcp: LuaTcp, tls: TlsOptions): void {
  const [found, loaded] = pcall(require as never, 'ssl')
  if (!found) {
    end(socket, LinkCode.Unsupported)
    return
  }
  const written: string[] = []
  const [wrapped] = (loaded as LuaSecLibrary).wrap(tcp, parametersOf(tls, written))
  for (const name of written) os.remove(name)
  if (wrapped === undefined) {
    // A CA, certificate or key that cannot be read.
    end(socket, LinkCode.TlsCertificate)
    return
  }
  wrapped.settimeout(0)
  wrapped.sni(nameOf(socket, tls))
  socket.tcp_ = wrapped
  socket.stage_ = Stage.Shaking
  shake(socket, wrapped)
}

function nameOf(this: void, socket: PortSocket, tls: TlsOptions): string {
  return tls.servername === undefined ? socket.host_ : tls.servername
}

function shake(this: void, socket: PortSocket, tcp: LuaTcp): void {
  const tls = socket.tls_ as TlsOptions
  const [done, error] = tcp.dohandshake()
  if (done !== true) {
    if (!isPatience(error)) end(socket, has(error, 'certificate') ? LinkCode.TlsCertificate : LinkCode.TlsFailed)
    return
  }
  const certificate = tcp.getpeercertificate()
  if (tls.insecureNoVerify === true || certificate !== undefined && isFor(certificate, nameOf(socket, tls))) open(socket)
  else end(socket, LinkCode.TlsCertificate)
}

/** An address needs no look-up. */
function addressesOf(this: void, host: string): string[] {
  const found: string[] = []
  if (string.match(host, '^%d+%.%d+%.%d+%.%d+$') !== undefined || string.match(host, ':') !== undefined) {
    found.push(host)
    return found
  }
  const getaddrinfo = library.dns.getaddrinfo
  if (getaddrinfo === undefined) {
    const address = library.dns.toip(host)
    if (address !== undefined) found.push(address)
    return found
  }
  const list = getaddrinfo(host)
  if (list !== undefined) {
    let last = ''
    for (const one of list) {
      // The system lists an address once for each kind of socket.
      if (one.addr !== last) found.push(one.addr)
      last = one.addr
    }
  }
  return found
}

/** Starts to open. */
export function openSocket(this: void, endpoint: Endpoint): Socket {
  const socket = new PortSocket()
  socket.host_ = endpoint.host
  socket.port_ = endpoint.port
  socket.tls_ = endpoint.tls
  if (endpoint.path !== undefined || endpoint.tls !== undefined && !FEATURE_TLS) {
    socket.state_ = LinkCode.Unsupported
    return socket
  }
  socket.addresses_ = addressesOf(endpoint.host)
  if (socket.addresses_.length === 0) socket.state_ = LinkCode.DnsFailed
  else dial(socket)
  return socket
}

/** Waits until a connection has something to tell, at most `seconds`. */
export function waitForAny(this: void, seconds: number): void {
  const receiving: LuaTcp[] = []
  const sending: LuaTcp[] = []
  let longest = seconds
  for (const one of alive) {
    const tcp = one.tcp_ as LuaTcp
    if (one.stage_ === Stage.Ready) {
      if (one.ended_ === 0 && one.unread_.length < Limit.Held) {
        receiving.push(tcp)
        // A record that LuaSec has decrypted is not the system's any more.
        if (FEATURE_TLS && one.tls_ !== undefined && tcp.dirty()) longest = 0
      }
      if (one.unsent_.length > 0) sending.push(tcp)
    } else {
      if (FEATURE_TLS && one.stage_ === Stage.Shaking) receiving.push(tcp)
      else sending.push(tcp)
    }
  }
  if (receiving.length === 0 && sending.length === 0) {
    library.sleep(longest)
    return
  }
  const [readable, writable] = library.select(receiving, sending, longest)
  if (readable.length === 0 && writable.length === 0) return
  // What was the system's to tell is ours from now on: the next wait waits for more. From the last on, since some may end.
  for (let i = alive.length - 1; i >= 0; i = i - 1) {
    const one = alive[i]
    if (one === undefined) continue
    if (one.stage_ === Stage.Ready) {
      fill(one)
      flush(one)
    } else advance(one)
  }
}
