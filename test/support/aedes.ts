/** The embedded broker aedes (3.1 and 3.1.1 only) on a free loopback port. */
import net from 'node:net'
import { Aedes, type AedesOptions } from 'aedes'

export interface RunningAedes {
  aedes: Aedes
  port: number
  stop: () => Promise<void>
}

export async function startAedes(options: AedesOptions = {}): Promise<RunningAedes> {
  const aedes = await Aedes.createBroker(options)
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as net.AddressInfo
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    await new Promise<void>((resolve) => {
      aedes.close(() => resolve())
    })
  }
  return { aedes, port, stop }
}
