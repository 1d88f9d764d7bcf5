/** A line that damages: a TCP relay that changes one character on its way to the board. */
import net from 'node:net'
import { serve, type TestServer } from '../support/servers.js'

/** Relays a free loopback port to `port`; the first `from` that comes by arrives as `to`. */
export async function damaging(port: number, from: string, to: string): Promise<TestServer> {
  let done = false
  return serve((near) => {
    const far = net.connect(port, '127.0.0.1')
    near.on('data', (data) => {
      const text = data.toString('latin1')
      far.write(done ? text : text.replace(from, to), 'latin1')
      done ||= text.includes(from)
    })
    far.pipe(near)
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
  })
}
