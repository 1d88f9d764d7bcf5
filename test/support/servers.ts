/** Real TCP servers that misbehave, on free loopback ports. */
import net from 'node:net'
import { until } from './until.js'

export interface TestServer {
  port: number
  /** Connections accepted so far. */
  accepted: number
  /** Bytes received so far, of all connections. */
  received: number
  /** The newest connection, undefined before the first. */
  socket: net.Socket | undefined
  /** Waits until so many connections were accepted. */
  connections: (count: number, ms?: number) => Promise<void>
  stop: () => Promise<void>
}

/** A server that does `fn` with each connection. */
export async function serve(fn: (socket: net.Socket) => void): Promise<TestServer> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    handle.socket = socket
    handle.accepted += 1
    // The client may reset at any time; that is its right here.
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data) => {
      handle.received += data.length
    })
    fn(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const handle: TestServer = {
    port: (server.address() as net.AddressInfo).port,
    accepted: 0,
    received: 0,
    socket: undefined,
    connections: async (count, ms = 5000) => {
      await until(() => handle.accepted >= count, ms, `${count} connections`, () => `${handle.accepted} came`)
    },
    stop: () => new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  }
  return handle
}

/** Accepts, reads, and never answers. */
export function silent(): Promise<TestServer> {
  return serve((socket) => socket.resume())
}

/** Answers whatever comes with an HTTP error page, and closes, as a web server does. */
export function http(): Promise<TestServer> {
  const page = '<html><body>Bad Request</body></html>'
  const answer = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`
  return serve((socket) => socket.once('data', () => socket.end(answer)))
}

/** Resets each connection: at once, or after the first bytes. */
export function resets(when: 'at-once' | 'after-data'): Promise<TestServer> {
  return serve((socket) => {
    if (when === 'at-once') socket.resetAndDestroy()
    else socket.once('data', () => socket.resetAndDestroy())
  })
}

/** Sends `bytes` once the first bytes came, then FIN. */
export function sendsThenFin(bytes: Buffer): Promise<TestServer> {
  return serve((socket) => socket.once('data', () => socket.end(bytes)))
}

/** Sends `bytes` once the first bytes came and stays open, silent. */
export function sends(bytes: Buffer): Promise<TestServer> {
  return serve((socket) => socket.once('data', () => socket.write(bytes)))
}

/** FIN after it has received `count` bytes. */
export function finAfter(count: number): Promise<TestServer> {
  return serve((socket) => {
    let left = count
    socket.on('data', (data) => {
      left -= data.length
      if (left <= 0) socket.end()
    })
  })
}

/** Sends `greeting` after the first bytes, then reads nothing any more. */
export function stopsReading(greeting: Buffer): Promise<TestServer> {
  return serve((socket) => socket.once('data', () => {
    socket.pause()
    socket.write(greeting)
  }))
}

/** Sends `bytes` after the first bytes, `size` bytes at a time, each in a packet of its own. */
export function trickles(bytes: Buffer, size: number): Promise<TestServer> {
  return serve((socket) => {
    socket.setNoDelay(true)
    socket.once('data', () => {
      let from = 0
      const next = (): void => {
        if (from >= bytes.length || socket.destroyed) return
        const part = bytes.subarray(from, from + size)
        from += size
        socket.write(part, () => setImmediate(next))
      }
      next()
    })
  })
}
