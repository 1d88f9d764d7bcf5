/** A TCP relay in front of a real peer, which can cut or freeze what passes through it. */
import net from 'node:net'
import { serve, type TestServer } from './servers.js'

export interface Proxy extends TestServer {
  /** Both sides stay open and nothing passes any more: a dead link that nobody was told of. Holds for connections that stand now. */
  freeze: () => void
  /** Resets both sides of every connection. */
  cut: () => void
}

/** ms between two pieces: more than a peer that waits for them needs to read one. */
const PIECE_MS = 1

/** Passes on what `from` says in pieces of `size` bytes, one at a time. */
function trickle(from: net.Socket, to: net.Socket, size: number): void {
  let waiting = Buffer.alloc(0)
  let timer: NodeJS.Timeout | undefined
  const next = (): void => {
    to.write(waiting.subarray(0, size))
    waiting = waiting.subarray(size)
    timer = waiting.length > 0 ? setTimeout(next, PIECE_MS) : undefined
  }
  from.on('data', (data) => {
    waiting = Buffer.concat([waiting, data])
    timer ??= setTimeout(next, 0)
  })
  to.on('close', () => clearTimeout(timer))
}

/** Relays a free loopback port to `port`. With `piece`, the far side's bytes arrive in pieces of so many bytes, each in a packet of its own. */
export async function proxy(port: number, piece?: number): Promise<Proxy> {
  const pairs = new Set<[net.Socket, net.Socket]>()
  const server = await serve((near) => {
    const far = net.connect(port, '127.0.0.1')
    const pair: [net.Socket, net.Socket] = [near, far]
    pairs.add(pair)
    near.setNoDelay(true)
    far.setNoDelay(true)
    near.pipe(far)
    if (piece === undefined) far.pipe(near)
    else trickle(far, near, piece)
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
