/**
 * A connection by node:net or node:tls.
 *
 * Received chunks become byte strings once, and are handed out by offset. Reading stops at `receiveLimit` and goes on
 * below half of it, so what a slow reader holds is bounded by `receiveLimit` and one chunk. What Node has taken and the kernel has not is
 * bounded by `creditLimit`.
 */
import net from 'node:net'
import tls from 'node:tls'
import { LinkCode, SocketStatus, type Bytes, type Code, type Endpoint, type Socket, type TlsOptions } from '../hal.js'
import { Stage, linkCodeOf } from './link-code.js'

export interface SocketOptions {
  /** Bytes that may wait in Node for the kernel to take them, 1 to 2^24. Default 65536. */
  creditLimit?: number
  /** Received and unread bytes at which reading stops, 1 to 2^24. Default 262144. */
  receiveLimit?: number
  /** ms that a closed socket may take to send what it holds and to see the peer close, before it is cut. Default 2000. */
  lingerMs?: number
}

const CREDIT_LIMIT = 65_536
const RECEIVE_LIMIT = 262_144
const LINGER_MS = 2_000
/** Node reads at most this much at a time. */
const CHUNK_BYTES = 65_536
/** Node tries the next address after 250 ms, which is less than one round trip over a cellular link. */
const NEXT_ADDRESS_MS = 2_000

/** The socket part of the port. `wake` is called whenever a socket has data, credit or a new state. */
export function createSockets(wake: () => void, options: SocketOptions = {}): { open: (endpoint: Endpoint) => HostSocket } {
  const limits: Limits = {
    credit: options.creditLimit ?? CREDIT_LIMIT,
    receive: options.receiveLimit ?? RECEIVE_LIMIT,
    lingerMs: options.lingerMs ?? LINGER_MS
  }
  return { open: endpoint => new HostSocket(endpoint, limits, wake) }
}

interface Limits {
  credit: number
  receive: number
  lingerMs: number
}

export class HostSocket implements Socket {
  private readonly stream: net.Socket | undefined
  private readonly limits: Limits
  private readonly wake: () => void
  private stage = Stage.Tcp
  /** Below 0 once the connection ended. */
  private ended: Code = 0
  private closed = false
  /** Received and unread: chunks[head] from `offset` on, and all after it. */
  private chunks: Bytes[] = []
  private head = 0
  private offset = 0
  private unread = 0
  private paused = false
  /** Two buffers in turn: one fills while the other leaves. Together they hold no more than the credit. */
  private out: Buffer | undefined
  private spare: Buffer | undefined
  private outUsed = 0
  private leaving: Buffer | undefined
  /** Somebody was told of less than half the credit, or could not write all, and waits for more. */
  private creditWanted = false
  private linger: NodeJS.Timeout | undefined

  constructor(endpoint: Endpoint, limits: Limits, wake: () => void) {
    this.limits = limits
    this.wake = wake
    if (endpoint.path !== undefined) {
      this.end(LinkCode.Unsupported)
      return
    }
    try {
      this.stream = endpoint.tls === undefined ? this.openTcp(endpoint) : this.openTls(endpoint, endpoint.tls)
    } catch (error) {
      // Node throws for a port out of range and for certificates it cannot parse.
      this.end(linkCodeOf(error, endpoint.tls === undefined ? Stage.Tcp : Stage.Tls, false))
      return
    }
    this.stream.setNoDelay(true)
    // A peer that hangs up in the middle of the handshake did not agree to it.
    this.stream.on('end', () => this.end(this.stage === Stage.Tls ? LinkCode.TlsFailed : LinkCode.Closed))
    this.stream.on('error', error => this.failed(error))
    this.stream.on('close', () => {
      clearTimeout(this.linger)
      this.end(LinkCode.Closed)
      if (this.closed) this.wake()
    })
  }

  status(): Code {
    if (this.ended < 0) return this.unread > 0 ? SocketStatus.Open : this.ended
    return this.stage === Stage.Open ? SocketStatus.Open : SocketStatus.Opening
  }

  read(max: number): Bytes {
    if (this.unread === 0 || max <= 0) return '' as Bytes
    const chunk = this.chunks[this.head]!
    const left = chunk.length - this.offset
    let bytes = chunk
    if (left > max) {
      bytes = chunk.substring(this.offset, this.offset + max) as Bytes
      this.offset += max
    } else {
      if (this.offset > 0) bytes = chunk.substring(this.offset) as Bytes
      this.dropChunk()
    }
    this.unread -= bytes.length
    if (this.paused && this.unread * 2 <= this.limits.receive) {
      this.paused = false
      this.stream?.resume()
    }
    return bytes
  }

  write(bytes: Bytes): Code {
    if (this.ended < 0) return this.ended
    const credit = this.credit()
    const taken = Math.min(credit, bytes.length)
    if (taken < bytes.length) this.creditWanted = true
    if (taken === 0) return 0
    if (this.out === undefined) this.out = Buffer.allocUnsafeSlow(this.limits.credit)
    this.out.write(bytes, this.outUsed, taken, 'latin1')
    if (this.outUsed === 0 && this.leaving === undefined) process.nextTick(this.flush)
    this.outUsed += taken
    return taken
  }

  credit(): number {
    if (this.ended < 0 || this.stage !== Stage.Open) return 0
    const left = this.limits.credit - this.outUsed - (this.leaving === undefined ? 0 : this.leaving.length)
    if (left * 2 < this.limits.credit) this.creditWanted = true
    return left
  }

  pending(): number {
    return this.unread
  }

  unacked(): number {
    // Node gives no way to ask the kernel (SIOCOUTQ).
    return -1
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    const stream = this.stream
    const opened = this.stage === Stage.Open
    if (this.ended === 0) this.ended = LinkCode.Closed
    this.chunks = []
    this.head = 0
    this.offset = 0
    this.unread = 0
    if (stream === undefined || stream.destroyed) return
    if (!opened) {
      stream.destroy()
      return
    }
    if (this.outUsed > 0 && stream.writable) stream.write(this.out!.subarray(0, this.outUsed))
    this.outUsed = 0
    // Closing with unread bytes in the kernel sends RST, and the peer may then never read our last packet (DISCONNECT):
    // finish writing, and read and drop until the peer closes too.
    stream.end()
    stream.resume()
    this.linger = setTimeout(() => stream.destroy(), this.limits.lingerMs)
  }

  /** Beyond the contract, for who must not leave too early: nothing is left to be sent or waited for. */
  finished(): boolean {
    return this.stream === undefined || this.stream.closed
  }

  private openTcp(endpoint: Endpoint): net.Socket {
    // `onread` reads into one buffer again and again and bypasses the stream's own queue, so nothing received can be
    // lost between the two when the connection is reset.
    const stream = net.connect({
      host: endpoint.host,
      port: endpoint.port,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      onread: {
        buffer: Buffer.allocUnsafeSlow(CHUNK_BYTES),
        callback: (length, buffer) => this.received(textOf(buffer as Buffer, length))
      }
    } as net.NetConnectOpts)
    stream.on('connect', () => this.opened())
    return stream
  }

  private openTls(endpoint: Endpoint, options: TlsOptions): net.Socket {
    const name = options.servername ?? endpoint.host
    const stream = tls.connect({
      host: endpoint.host,
      port: endpoint.port,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      // SNI knows no addresses (RFC 6066 section 3); the certificate is checked against the address all the same.
      servername: net.isIP(name) === 0 ? name : '',
      checkServerIdentity: (_: string, certificate: tls.PeerCertificate) => tls.checkServerIdentity(name, certificate),
      ca: buffer(options.ca),
      cert: buffer(options.cert),
      key: buffer(options.key),
      ALPNProtocols: options.alpn === undefined ? undefined : [options.alpn],
      rejectUnauthorized: options.insecureNoVerify !== true
    } as tls.ConnectionOptions)
    stream.on('connect', () => { if (this.stage === Stage.Tcp) this.stage = Stage.Tls })
    stream.on('secureConnect', () => this.opened())
    stream.on('data', (chunk: Buffer) => {
      if (!this.received(textOf(chunk, chunk.length))) stream.pause()
    })
    return stream
  }

  private opened(): void {
    this.stage = Stage.Open
    this.wake()
  }

  /** Keeps a chunk; false when reading must stop for now. */
  private received(chunk: string): boolean {
    if (this.closed || chunk.length === 0) return true
    this.chunks.push(chunk as Bytes)
    this.unread += chunk.length
    this.wake()
    this.paused = this.unread >= this.limits.receive
    return !this.paused
  }

  private dropChunk(): void {
    this.offset = 0
    this.head += 1
    if (this.head === this.chunks.length) {
      this.chunks = []
      this.head = 0
    } else if (this.head === 1024) {
      this.chunks = this.chunks.slice(this.head)
      this.head = 0
    }
  }

  private failed(error: Error): void {
    const stream = this.stream!
    // What a paused TLS stream still holds was received before it failed.
    if (stream instanceof tls.TLSSocket) {
      for (let rest = stream.read() as Buffer | null; rest !== null; rest = stream.read() as Buffer | null) this.received(rest.toString('latin1'))
    }
    const refused = stream instanceof tls.TLSSocket && stream.authorizationError != null && this.stage !== Stage.Open
    this.end(linkCodeOf(error, this.stage, refused))
  }

  private end(code: Code): void {
    if (this.ended < 0) return
    this.ended = code
    this.wake()
  }

  /** What was written in one turn of the event loop leaves in one piece; what is written while it leaves, after it. */
  private readonly flush = (): void => {
    if (this.outUsed === 0 || this.leaving !== undefined || this.ended < 0) return
    const full = this.out!
    this.out = this.spare
    this.spare = full
    this.leaving = full.subarray(0, this.outUsed)
    this.outUsed = 0
    this.stream!.write(this.leaving, this.written)
  }

  private readonly written = (): void => {
    this.leaving = undefined
    this.flush()
    if (!this.creditWanted || this.ended < 0) return
    this.creditWanted = false
    this.wake()
  }
}

/** One byte at a time is what a slow line gives; a string of one character is there already. */
function textOf(chunk: Buffer, length: number): string {
  return length === 1 ? String.fromCharCode(chunk[0]!) : chunk.toString('latin1', 0, length)
}

function buffer(bytes: Bytes | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1')
}
