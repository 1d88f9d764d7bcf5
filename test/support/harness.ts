/**
 * A client in a simulated world with a broker: the place where most tests of behaviour begin.
 *
 *     const h = simClient({ clientId: 'a' })
 *     h.up()
 *     const token = h.client.publish('t', h.bytes('x'), 1)
 *     h.run(100)
 *     expect(h.got.receipt(token)?.outcome).toBe('delivered')
 *     h.check()
 */
import { create, type Client } from '../../firmware/index.js'
import type { Bytes, Options } from '../../firmware/types.js'
import { createSim, type DeviceOptions, type Sim, type SimDevice, type SimOptions } from '../../hal/sim/index.js'
import { ScriptedBroker, type BrokerOptions, type Peer } from './broker.js'
import { Recording } from './record.js'

/** Options of the client, with the world around it. `servers` is the test broker when absent. */
export interface WorldOptions extends Partial<Options> {
  sim?: SimOptions | Sim
  /** What the device is like that is added to a world that is there. */
  device?: DeviceOptions
  /** The broker's options, or a broker of another harness, or false for none. */
  broker?: BrokerOptions | ScriptedBroker | false
  /** Another build of the client. */
  create?: typeof create
}

export interface SimClient {
  sim: Sim
  device: SimDevice
  broker: ScriptedBroker
  client: Client
  /** What the client told its program. */
  got: Recording
  /** The broker's end of the newest connection. */
  readonly peer: Peer
  /** UTF-8 bytes of a text. */
  bytes: (text: string) => Bytes
  /** Lets `ms` of virtual time pass with the client running, on both kinds of port. */
  run: (ms: number) => void
  /** Runs until `condition` holds; the error after `limitMs` of virtual time names `what`. */
  until: (condition: () => boolean, limitMs: number, what: string) => void
  /** `connect()`, and runs until the link is up. */
  up: () => void
  /** The broker saw no breach of the protocol, the simulator none of the port's contract, no callback threw, no token has two receipts. */
  check: () => void
}

export function simClient(options: WorldOptions = {}): SimClient {
  const { sim: world, broker: server, device: kind, create: make = create, ...rest } = options
  const isFirst = !(world !== undefined && 'clock' in world)
  const sim = isFirst ? createSim(world) : world
  const device = isFirst ? sim.device : sim.addDevice(kind)
  const broker = server instanceof ScriptedBroker ? server : new ScriptedBroker(server === false ? {} : server ?? {})
  if (server !== false && !(server instanceof ScriptedBroker)) broker.listen(sim)
  const got = new Recording(() => sim.now)
  const all: Options = { servers: [{ host: 'broker', port: 1883 }], jitter: false, ...rest }
  const client = make(device.hal, got.over(all))
  const run = (ms: number): void => {
    if (device.hal.timer.wait === undefined) {
      sim.run(ms)
      return
    }
    const end = sim.now + ms
    while (sim.now < end) {
      const before = sim.now
      const code = client.yield(end - sim.now)
      // Offline, or a full cache: the client has nothing to wait for, and the world goes on.
      if (code < 0 || sim.now === before) sim.advance(end - sim.now)
    }
  }
  const until = (condition: () => boolean, limitMs: number, what: string): void => {
    const end = sim.now + limitMs
    while (!condition()) {
      if (sim.now >= end) throw new Error(`waited ${limitMs} ms of virtual time for ${what}, and it did not come; link: ${got.state}, cause: ${JSON.stringify(client.explain())}`)
      run(1)
    }
  }
  return {
    sim, device, broker, client, got, run, until,
    get peer() {
      return broker.peer
    },
    bytes: (text) => device.hal.text.utf8(text),
    up: () => {
      const code = client.connect()
      if (code < 0) throw new Error(`connect() returned ${code}: ${JSON.stringify(client.explain())}`)
      until(() => got.state === 'up', 60000, 'the link to be up')
    },
    check: () => {
      if (broker.violations.length > 0) throw new Error(`the client broke the protocol: ${broker.violations.join('; ')}`)
      sim.check()
      got.checkReceipts()
    }
  }
}
