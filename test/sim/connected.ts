/** A simulated device whose one connection to a server is open. */
import type { Bytes, Socket } from '../../hal/hal.js'
import { createSim, type Sim, type SimConnection, type SimOptions } from '../../hal/sim/index.js'

export const HOST = { host: 'broker', port: 1883 }

export const bytes = (text: string): Bytes => text as Bytes

export interface Connected {
  sim: Sim
  socket: Socket
  /** The server's end. */
  server: SimConnection
  /** What came to the server, and how its connections ended. */
  heard: string[]
  ends: string[]
}

export function connected(options: SimOptions = {}): Connected {
  const sim = createSim(options)
  const heard: string[] = []
  const ends: string[] = []
  sim.network.listen(HOST.host, HOST.port, (connection) => {
    connection.onData((data) => heard.push(data))
    connection.onEnd((how) => ends.push(how))
  })
  const socket = sim.hal.socket.open(HOST)
  sim.settle()
  return { sim, socket, server: sim.network.last!, heard, ends }
}
