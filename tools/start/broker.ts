/**
 * The embedded broker of the demonstration: aedes on a free loopback port.
 */
import { once } from 'node:events'
import net from 'node:net'
import { Aedes } from 'aedes'

export interface Broker {
  port: number
  close: () => Promise<void>
}

export async function startBroker(): Promise<Broker> {
  const aedes = await Aedes.createBroker()
  const server = net.createServer(socket => void aedes.handle(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    close: async () => {
      await new Promise<void>(resolve => aedes.close(() => resolve()))
      await new Promise<void>(resolve => server.close(() => resolve()))
    }
  }
}
