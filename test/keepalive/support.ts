/** A client with a learned keepalive, behind a path that cuts idle links. */
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { ScriptedBroker, type BrokerOptions } from '../support/broker.js'
import { simWire } from '../support/wire.js'
import type { Sim, SimOptions } from '../../hal/sim/index.js'
import { cutIdle, type Path } from '../../tools/keepalive/path.js'
import type { Learn } from '../../firmware/learn.js'

export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

/** A client that learns, its path, and what it knows. */
export interface Learner {
  h: SimClient
  path: Path
  /** What the client has learned of the present server. */
  learn: () => Learn
  drops: () => number
  /** s between pings. */
  interval: () => number
  /** Runs until the search is over; the ms that it took. */
  found: (limitMs: number) => number
}

/** Lets `broker` listen behind `path`. */
export function listenBehind(sim: Sim, broker: ScriptedBroker, path: Path, host = 'broker'): void {
  sim.network.listen(host, 1883, (connection) => {
    const passed = cutIdle(sim, connection, () => path.limitMs, path.how)
    const wire = simWire(sim, connection)
    broker.accept({
      ...wire,
      send: (bytes) => {
        passed()
        wire.send(bytes)
      },
      onData: (fn) => wire.onData((bytes) => {
        passed()
        fn(bytes)
      })
    })
  })
}

/** `keepalive` 3600 when absent. `broker`: its options. */
export function learner(path: Path, options: Omit<WorldOptions, 'sim' | 'broker'> & { sim?: SimOptions; broker?: BrokerOptions } = {}): Learner {
  const { sim, broker, ...rest } = options
  const h = simClient({ learnKeepalive: true, keepalive: 3600, jitter: true, ...rest, sim: { traceLimit: 0, maxEvents: Infinity, ...sim }, broker: new ScriptedBroker(broker ?? {}) })
  listenBehind(h.sim, h.broker, path)
  const learn = (): Learn => {
    const link = h.client.core_?.learn_
    if (link === undefined) throw new Error('nothing is learned before the first connection')
    return link.learn_
  }
  const found = (limitMs: number): number => {
    const begin = h.sim.now
    while (!learn().resting_ && learn().good_ < learn().most_) {
      if (h.sim.now - begin >= limitMs) throw new Error(`the search was not over after ${limitMs} ms: ${JSON.stringify(learn())}`)
      h.run(1000)
    }
    return h.sim.now - begin
  }
  return { h, path, learn, found, drops: () => h.client.stats().drops, interval: () => h.client.stats().pingInterval }
}
