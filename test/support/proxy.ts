/** A TCP relay in front of a real peer, which can cut or freeze what passes through it. */
import net from 'node:net'
import { serve, type TestServer } from './servers.js'

export interface Proxy extends TestServer {
  /** Both sides stay open and nothing passes any more: a dead link that nobody was told of. Holds for connections that stand now. */
  freeze: () => void
  /** Resets both sides of every connection. */
  cut: () => void
}

/** Relays a free loopback port to `port`. */
export async function proxy(port: number): Promise<Proxy> {
  const pairs = new Set<[net.Socket, net.Socket]>()
  const server = await serve((near) => {
    const far = net.connect(port, '127.0.0.1')
    const pair: [net.Socket, net.Socket] = [near, far]
    pairs.add(pair)
    near.setNoDelay(true)
    far.setNoDelay(true)
    near.pipe(far)
    far.pipe(near)
    const end = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    far.on('error', end)
    near.on('close', end)
    far.on('close', end)
  })
  const frozen = new Set<net.Socket>()
  const { stop } = server
  return Object.assign(server, {
    freeze: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far)
        far.unpipe(near)
        // What either side says or how it ends is no longer told to the other.
        near.removeAllListeners('close')
        far.removeAllListeners('close')
        near.resume()
        far.resume()
        frozen.add(far)
      }
      pairs.clear()
    },
    cut: () => {
      for (const [near, far] of pairs) {
        near.resetAndDestroy()
        far.resetAndDestroy()
      }
    },
    stop: async () => {
      for (const [, far] of pairs) far.destroy()
      for (const far of frozen) far.destroy()
      await stop()
    }
  })
}
