/**
 * The server that the port's cases talk to. A connection says in its first line what is to be done to it, so that a
 * case needs nothing but the port under test:
 *
 *   echo              every byte comes back; FIN is answered with FIN
 *   send N END        N bytes of the pattern, then END: fin, rst or open
 *   pieces N          the same in pieces of one byte, then fin
 *   sink N MS         does not read for MS milliseconds, then takes N bytes and answers their sha256 in hex
 *   record            takes bytes until FIN and remembers their sha256
 *   last              answers what `record` remembered, once there is something
 *   rst, fin          at once
 */
import { createHash, type Hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'

/** Where the cases find their server; plain data, since it crosses to a worker. */
export interface Peer {
  host: string
  port: number
  tlsPort: number
  /** A port of the same host that nobody listens on. */
  refusedPort: number
  /** The certificate that tlsPort shows, PEM. */
  ca: string
  /** Bytes of the long transfers. */
  bulk: number
}

/** Byte `i` of the pattern: all 256 values, and a period that is no power of two. */
export function patternByte(i: number): number {
  return (i * 31 + Math.floor(i / 251)) % 256
}

export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) bytes[i] = patternByte(i)
  return bytes
}

export async function startPeer(): Promise<{ peer: Peer; stop: () => Promise<void> }> {
  const folder = new URL('./tls/', import.meta.url)
  const cert = readFileSync(new URL('cert.pem', folder), 'latin1')
  const key = readFileSync(new URL('key.pem', folder), 'latin1')
  const sockets = new Set<net.Socket>()
  const memory: Memory = { digest: undefined, waiting: [] }
  const accept = (socket: net.Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // What clients do to their end is what the cases are about.
    socket.on('error', () => {})
    serve(socket, memory)
  }
  // Half-open, so that nothing is answered to a FIN before the script says so.
  const plain = net.createServer({ allowHalfOpen: true, noDelay: true }, accept)
  const secure = tls.createServer({ cert, key }, accept)
  secure.on('tlsClientError', () => {})
  const port = await listen(plain)
  const tlsPort = await listen(secure)
  const closedServer = net.createServer()
  const refusedPort = await listen(closedServer)
  await close(closedServer)
  return {
    peer: { host: '127.0.0.1', port, tlsPort, refusedPort, ca: cert, bulk: 10 * 1024 * 1024 },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all([close(plain), close(secure)])
    }
  }
}

interface Memory {
  digest: string | undefined
  waiting: net.Socket[]
}

function serve(socket: net.Socket, memory: Memory): void {
  let line = ''
  const onLine = (chunk: Buffer): void => {
    line += chunk.toString('latin1')
    const end = line.indexOf('\n')
    if (end < 0) return
    socket.removeListener('data', onLine)
    socket.pause()
    const rest = Buffer.from(line.slice(end + 1), 'latin1')
    if (rest.length > 0) socket.unshift(rest)
    obey(socket, line.slice(0, end).split(' '), memory)
  }
  socket.on('data', onLine)
}

function obey(socket: net.Socket, [command, first, second]: string[], memory: Memory): void {
  const n = Number(first)
  if (command === 'echo') {
    socket.pipe(socket)
  } else if (command === 'send') {
    socket.on('end', () => socket.end())
    socket.resume()
    socket.write(pattern(n), () => finish(socket, second))
  } else if (command === 'pieces') {
    socket.resume()
    sendPieces(socket, pattern(n), 0)
  } else if (command === 'sink') {
    setTimeout(() => take(socket, n), Number(second))
  } else if (command === 'record') {
    const hash = createHash('sha256')
    socket.on('data', (chunk: Buffer) => hash.update(chunk))
    socket.on('end', () => {
      memory.digest = hash.digest('hex')
      for (const other of memory.waiting.splice(0)) other.end(memory.digest)
      socket.end()
    })
    socket.resume()
  } else if (command === 'last') {
    if (memory.digest === undefined) memory.waiting.push(socket)
    else socket.end(memory.digest)
  } else {
    finish(socket, command)
  }
}

function finish(socket: net.Socket, how: string | undefined): void {
  if (how === 'fin') socket.end()
  else if (how === 'rst') reset(socket)
}

/** RST and nothing else: `resetAndDestroy` ends the stream first, and the FIN of that may win. */
function reset(socket: net.Socket): void {
  const { _handle: handle } = socket as unknown as { _handle: { reset: (done: () => void) => number } }
  handle.reset(() => socket.destroy())
}

function sendPieces(socket: net.Socket, bytes: Buffer, from: number): void {
  if (from === bytes.length) {
    socket.end()
    return
  }
  // The next turn of the loop, so that every byte is a write and, without Nagle, a segment.
  socket.write(bytes.subarray(from, from + 1), () => setImmediate(sendPieces, socket, bytes, from + 1))
}

function take(socket: net.Socket, length: number): void {
  const hash: Hash = createHash('sha256')
  let taken = 0
  socket.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    taken += chunk.length
    if (taken >= length) socket.write(taken === length ? hash.digest('hex') : `${taken} bytes instead of ${length}`)
  })
  socket.resume()
}

function listen(server: net.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port))
  })
}

function close(server: net.Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}
