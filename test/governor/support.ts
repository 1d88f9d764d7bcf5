/** What the suites of the governor share: two devices with one id, and how often each of them threw the other out. */
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'

export const HOUR = 3600000

export interface Duel {
  devices: [SimClient, SimClient]
  /** ms at which each device's CONNECT ended the connection of the other. */
  takeovers: [number[], number[]]
  run: (ms: number) => void
}

/** Two devices of the event kind that share the client id, at one broker. The will says who is who. */
export function duel(options: WorldOptions): Duel {
  const will = (n: number): WorldOptions => ({ will: { topic: `who/${n}`, payload: '' as never } })
  const a = simClient({ clientId: 'same', ...options, ...will(0), sim: { traceLimit: 0, maxEvents: 20000000, seed: 7 } })
  const b = simClient({ clientId: 'same', ...options, ...will(1), sim: a.sim, broker: a.broker })
  const takeovers: [number[], number[]] = [[], []]
  a.broker.on('connect', (packet) => {
    const standing = a.broker.client('same')
    const other = standing?.connect?.will?.topic
    if (standing !== undefined && !standing.closed && other !== packet.will?.topic) takeovers[packet.will?.topic === 'who/0' ? 0 : 1].push(a.sim.now)
  })
  return { devices: [a, b], takeovers, run: (ms) => a.sim.run(ms) }
}

/** The most that fell into any span of `ms`. */
export function mostIn(times: readonly number[], ms: number): number {
  let most = 0
  let from = 0
  times.forEach((t, i) => {
    while (t - times[from]! >= ms) from += 1
    most = Math.max(most, i - from + 1)
  })
  return most
}
