/**
 * Connections over LuaTask's socket library. There every call must come from the task that made the client, and each of them
 * waits; so each connection has a task of its own, which does what the functions here ask for. What arrives stays in the
 * network stack until there is room for it here. docs/lua.md.
 */
import { cat, cut, EMPTY, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Endpoint, type Socket, type TlsOptions } from '../hal.js'
import type { LuaIo, LuaString } from '../lua/lua.js'
import { wakeTasks } from '../lua/task.js'

type Reader = (this: void, index: number, count: number) => Bytes | undefined

interface Client {
  connect(host: string, port: number, seconds: number): boolean
  send(bytes: Bytes, seconds: number): boolean
  asyncSelect(): boolean
  asyncSend(bytes: Bytes): unknown
  setRcvProc(fn: (this: void, read: Reader, index: number, count: number) => void): void
  close(): void
}

declare const socket: { isReady(this: void): boolean; tcp(this: void, isTls: boolean, cert: Record<string, string> | undefined): Client | undefined }
declare const sys: { taskInit(this: void, fn: (this: void, one: never) => void, one: unknown): void }
declare const io: LuaIo
declare const string: LuaString

const enum Limit {
  /**
   * Bytes that are received and unread at most, but for what one indication of the stack brings beyond that.
   * The same for those that `write` took and that were not sent yet.
   */
  Held = 4096,
  /** s for a connect, and for the confirmation of what was sent. */
  Connect = 75,
  Send = 60
}

class PortSocket implements Socket {
  client_: Client | undefined
  state_: Code = SocketStatus.Opening
  host_ = ''
  port_ = 0
  tls_: TlsOptions | undefined
  unread_: Bytes = EMPTY
  unsent_: Bytes = EMPTY
  /** Bytes with the stack. */
  under_ = 0
  /** The task waits for something to do. */
  idle_ = false
  /** The client wants no more of it. */
  closing_ = false
  /** Below 0: the connection is over, and what was received is still to be read. */
  ended_: Code = 0
  /** How to get what the stack still has, and bytes of it. */
  reader_: Reader | undefined
  index_ = 0
  held_ = 0

  status(): Code {
    if (this.ended_ < 0 && this.unread_.length === 0 && this.state_ >= 0) this.state_ = this.ended_
    return this.state_
  }

  read(max: number): Bytes {
    const bytes = this.unread_
    if (bytes.length <= max) {
      this.unread_ = EMPTY
      fill(this)
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
    prod(this)
    return taken.length
  }

  credit(): number {
    return this.state_ !== SocketStatus.Open || this.ended_ < 0 ? 0 : Limit.Held - this.under_ - this.unsent_.length
  }

  pending(): number {
    return this.unread_.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    if (this.state_ >= 0) this.state_ = LinkCode.Closed
    this.unread_ = EMPTY
    this.held_ = 0
    if (!this.closing_) {
      this.closing_ = true
      prod(this)
    }
  }
}

/** The task has something to do: it goes on at once. */
function prod(this: void, one: PortSocket): void {
  if (one.idle_ && one.client_ !== undefined) one.client_.asyncSend(EMPTY)
}

/** Takes over what the stack holds, once there is room. */
function fill(this: void, one: PortSocket): void {
  if (one.held_ === 0 || one.unread_.length >= Limit.Held || one.reader_ === undefined) return
  const bytes = one.reader_(one.index_, one.held_)
  one.held_ = 0
  if (bytes !== undefined && bytes.length > 0) one.unread_ = one.unread_.length === 0 ? bytes : cat(one.unread_, bytes)
}

/** The life of one connection, in a task of its own. */
function live(this: void, one: PortSocket): void {
  const client = socket.tcp(one.tls_ !== undefined, certificatesOf(one.tls_))
  if (client === undefined) {
    fail(one, LinkCode.NoSocket)
    return
  }
  client.setRcvProc((read, index, count) => {
    one.reader_ = read
    one.index_ = index
    one.held_ = one.held_ + count
    if (one.closing_) one.held_ = 0
    fill(one)
    wakeTasks()
  })
  if (!client.connect(one.host_, one.port_, Limit.Connect)) {
    // The platform does not say at which step it failed.
    fail(one, one.tls_ === undefined ? LinkCode.TcpFailed : LinkCode.TlsFailed)
    client.close()
    return
  }
  one.client_ = client
  if (!one.closing_) one.state_ = SocketStatus.Open
  wakeTasks()
  let going = true
  while (going) {
    if (one.unsent_.length > 0) {
      const bytes = one.unsent_
      one.unsent_ = EMPTY
      one.under_ = bytes.length
      going = client.send(bytes, Limit.Send)
      one.under_ = 0
      wakeTasks()
    } else if (one.closing_) going = false
    else {
      one.idle_ = true
      going = client.asyncSelect()
      one.idle_ = false
    }
  }
  one.client_ = undefined
  if (!one.closing_) {
    // What the stack has of it goes with the connection.
    if (one.held_ > 0 && one.reader_ !== undefined) {
      const rest = one.reader_(one.index_, one.held_)
      if (rest !== undefined && rest.length > 0) one.unread_ = cat(one.unread_, rest)
      one.held_ = 0
    }
    one.ended_ = LinkCode.Closed
  }
  one.unsent_ = EMPTY
  wakeTasks()
  client.close()
}

function fail(this: void, one: PortSocket, code: Code): void {
  if (one.state_ >= 0) one.state_ = code
  wakeTasks()
}

/** Where certificates are written. */
let folder = ''

export function writeInto(this: void, place: string): void {
  folder = place
}

/** The platform reads files: what is not the name of one is written into one. */
function asFile(this: void, bytes: Bytes, name: string): string {
  if (string.match(bytes, '^%-%-%-%-%-BEGIN') === undefined) return bytes
  const path = folder + '/' + name
  const file = io.open(path, 'wb')
  if (file !== undefined) {
    file.write(bytes)
    file.close()
  }
  return path
}

function certificatesOf(this: void, tls: TlsOptions | undefined): Record<string, string> | undefined {
  if (tls === undefined) return undefined
  const cert: Record<string, string> = {}
  if (tls.ca !== undefined && tls.insecureNoVerify !== true) cert.caCert = asFile(tls.ca, 'yieldmq_ca.crt')
  if (tls.cert !== undefined) cert.clientCert = asFile(tls.cert, 'yieldmq_client.crt')
  if (tls.key !== undefined) cert.clientKey = asFile(tls.key, 'yieldmq_client.key')
  return cert
}

/** The platform checks a certificate only against a CA that it is given. */
function canTls(this: void, endpoint: Endpoint, tls: TlsOptions): boolean {
  return FEATURE_TLS && (tls.ca !== undefined || tls.insecureNoVerify === true) && tls.alpn === undefined && (tls.servername === undefined || tls.servername === endpoint.host)
}

/** Starts to open. */
export function openSocket(this: void, endpoint: Endpoint): Socket {
  const one = new PortSocket()
  one.host_ = endpoint.host
  one.port_ = endpoint.port
  one.tls_ = endpoint.tls
  if (endpoint.path !== undefined || endpoint.tls !== undefined && !canTls(endpoint, endpoint.tls)) one.state_ = LinkCode.Unsupported
  else if (!socket.isReady()) one.state_ = LinkCode.TcpFailed
  else sys.taskInit(live, one)
  return one
}
