/**
 * The link between device and server: a TCP proxy on a loopback port that can be cut.
 */
import { once } from 'node:events'
import net from 'node:net'

export interface Link {
  port: number
  /** From now on what the server says is lost on the way, acknowledgements too; after `ms` both ends are reset. */
  cut: (ms: number, done: () => void) => void
  close: () => Promise<void>
}

interface Pair {
  device: net.Socket
  server: net.Socket
}

export async function startLink(host: string, port: number): Promise<Link> {
  const pairs = new Set<Pair>()
  const listener = net.createServer(device => {
    const server = net.connect(port, host)
    const pair = { device, server }
    pairs.add(pair)
    device.setNoDelay(true)
    server.setNoDelay(true)
    device.pipe(server)
    server.pipe(device)
    for (const [end, other] of [[device, server], [server, device]] as const) {
      // An error of one end is told to the other by its closing, which is all that TCP could say.
      end.on('error', () => other.destroy())
      end.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as net.AddressInfo).port,
    cut(ms, done) {
      const cut = [...pairs]
      for (const { device, server } of cut) {
        server.unpipe(device)
        server.resume()
      }
      setTimeout(() => {
        for (const { device, server } of cut) {
          device.resetAndDestroy()
          server.resetAndDestroy()
        }
        done()
      }, ms)
    },
    close: async () => {
      for (const { device, server } of pairs) {
        device.destroy()
        server.destroy()
      }
      await new Promise<void>(resolve => listener.close(() => resolve()))
    }
  }
}
