/** A client on a port whose sockets, or other parts, misbehave as a test says. */
import type { Bytes, Endpoint, Hal, Socket } from '../../hal/hal.js'
import { create, type Client } from '../../firmware/index.js'
import { createSim } from '../../hal/sim/index.js'
import type { WorldOptions } from '../support/harness.js'
import { ScriptedBroker } from '../support/broker.js'

export interface Odd {
  client: Client
  /** Runs for `ms`, and returns the slices it took. */
  slices: (ms: number) => number
  sim: ReturnType<typeof createSim>
  broker: ScriptedBroker
  bytes: (text: string) => Bytes
  heard: string[]
}

/** A client on a port whose sockets are wrapped. */
export function odd(wrap: (real: Socket) => Partial<Socket>, options: WorldOptions = {}, halOf: (hal: Hal) => Partial<Hal> = () => ({})): Odd {
  const { sim: world, broker: _none, ...rest } = options
  const sim = createSim({ waits: true, maxSpins: 3000, ...(world as object) })
  const broker = new ScriptedBroker()
  broker.listen(sim)
  let slices = 0
  const hal: Hal = {
    ...sim.hal,
    system: { ...sim.hal.system, feedWatchdog: () => { slices += 1 } },
    socket: {
      open: (endpoint: Endpoint): Socket => {
        const real = sim.hal.socket.open(endpoint)
        const face: Socket = {
          status: () => real.status(), read: (max) => real.read(max), write: (b) => real.write(b), credit: () => real.credit(),
          pending: () => real.pending(), unacked: () => real.unacked(), close: () => real.close()
        }
        return { ...face, ...wrap(real) }
      }
    }
  }
  const heard: string[] = []
  const client = create({ ...hal, ...halOf(hal) }, {
    servers: [{ host: 'broker', port: 1883 }], jitter: false, keepalive: 60, onMessage: (_t, payload) => { heard.push(payload) }, ...rest
  })
  return {
    client, sim, broker, heard, bytes: (text) => sim.hal.text.utf8(text),
    slices: (ms) => {
      const before = slices
      const end = sim.now + ms
      while (sim.now < end) {
        const now = sim.now
        const code = client.yield(end - sim.now)
        if (code < 0 || sim.now === now) sim.advance(Math.min(10, end - sim.now))
      }
      return slices - before
    }
  }
}
