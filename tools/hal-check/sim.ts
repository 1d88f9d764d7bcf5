/** The kit in the virtual network: the port hal/sim, its two kinds, and a peer at the other end. */
import type { Hal } from '../../hal/hal.js'
import type { Setup } from '../../hal/conformance/index.js'
import { createSim, type Sim, type SimConnection, type SimOptions } from '../../hal/sim/index.js'
import { ScriptedPeer } from './script.js'

export interface SimCheck {
  sim: Sim
  setup: Setup
}

const HOST = 'peer.example'
const PORT = 1883
const SILENT_PORT = 1885
const SOCKETS = 4

function serve(sim: Sim, scripted: ScriptedPeer): void {
  const accept = (connection: SimConnection): void => {
    const talk = scripted.connection({
      send: (bytes) => connection.send(bytes),
      fin: () => connection.fin(),
      rst: () => connection.rst(),
      hold: (on) => connection.stall(on),
      after: (ms, fn) => connection.after(ms, fn)
    })
    connection.onData((bytes) => talk.data(bytes))
    connection.onEnd((how) => talk.end(how))
  }
  sim.network.listen(HOST, PORT, accept)
  sim.network.listen(HOST, SILENT_PORT, () => {}).connect('hang')
}

/** A simulated device and its peer. `waits` as in hal/sim. */
export function simCheck(waits: boolean, options: SimOptions = {}): SimCheck {
  const sim = createSim({ waits, sockets: SOCKETS, bearer: true, wallClock: 1_800_000_000, traceLimit: 0, ...options })
  serve(sim, new ScriptedPeer())
  const { device } = sim
  const again = (extra: SimOptions): Hal => sim.addDevice({ waits, sockets: SOCKETS, id: device.hal.system.id(), ...extra }).hal
  return {
    sim,
    setup: {
      hal: device.hal,
      peer: { host: HOST, port: PORT },
      refused: { host: HOST, port: 1884 },
      silent: { host: HOST, port: SILENT_PORT },
      sockets: SOCKETS,
      receiveLimit: 65_536,
      restarted: () => ({ ...again({}), storage: device.hal.storage }),
      wrapping: () => again({ startTicks: 2 ** 31 - 200 }),
      busy: (ms) => { if (waits) sim.advance(ms); else sim.busy(ms) }
    }
  }
}
