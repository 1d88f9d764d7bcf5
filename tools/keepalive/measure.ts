/** One client on one path for some virtual days: what its keepalive costs, and how soon it notices a dead link. */
import { create } from '../../firmware/index.js'
import { createSim } from '../../hal/sim/index.js'
import { servePath, type Cut } from './path.js'

const DAY = 86_400_000
/** ms one way: a cellular link. */
const LATENCY = 150

export interface Case {
  /** s of idleness that the path bears. */
  cut: number
  how: Cut
  /** s, as `options.keepalive`. */
  keepalive: number
  learn: boolean
  days: number
}

export interface Row extends Case {
  /** s between pings at the end. */
  pingInterval: number
  /** MQTT packets in both directions, those of reconnecting included. */
  packets: number
  pings: number
  /** Connections that ended. Nothing but the path ends any. */
  drops: number
  /** s until the search was over; null where nothing is learned, or it was not over at the end. */
  foundAfter: number | null
  /** s from the death of the link until the client knew, when it died right after a ping was answered; null where it was not up. */
  noticedAfter: number | null
}

export function measure(given: Case): Row {
  const sim = createSim({ seed: 1, traceLimit: 0, maxEvents: Infinity, conditions: { latencyMs: LATENCY } })
  servePath(sim, { limitMs: given.cut * 1000, how: given.how })
  let up = false
  const client = create(sim.hal, {
    servers: [{ host: 'broker', port: 1883 }], keepalive: given.keepalive, force: true, learnKeepalive: given.learn,
    onLink: (state) => {
      up = state === 'up'
    }
  })
  const stats = client.stats()
  client.connect()
  const end = given.days * DAY
  let foundAfter: number | null = null
  while (sim.now < end) {
    sim.run(Math.min(foundAfter === null && given.learn ? 10_000 : DAY, end - sim.now))
    const learn = client.core_?.learn_?.learn_
    if (foundAfter === null && learn !== undefined && (learn.resting_ || learn.good_ >= learn.most_)) foundAfter = Math.round(sim.now / 1000)
  }
  const { packetsIn, packetsOut, pings, drops, pingInterval } = stats
  return { ...given, pingInterval, packets: packetsIn + packetsOut, pings, drops, foundAfter, noticedAfter: noticed() }

  function noticed(): number | null {
    const limit = sim.now + 4 * given.keepalive * 1000
    // A path that cuts every idle link leaves none that was answered.
    const before = stats.packetsIn
    while (sim.now < limit && !(up && stats.packetsIn > before)) sim.run(100)
    if (!up || stats.packetsIn === before) return null
    sim.network.last?.halfOpen('both')
    const died = sim.now
    while (up && sim.now < limit) sim.run(100)
    return up ? null : Math.round((sim.now - died) / 1000)
  }
}

/** The cases of one path: learning under each maximum, and the fixed keepalives that a user might choose instead. */
export function casesOf(cut: number, maxima: number[], how: Cut, days: number): Case[] {
  const cases: Case[] = maxima.map((keepalive) => ({ cut, how, keepalive, learn: true, days }))
  // Pings leave 5 s before a keepalive of 50 s and more is over. One that knew the path would ping a second before the cut.
  const best = Math.min(cut + 4, Math.max(...maxima))
  for (const keepalive of new Set([best, 120, 60])) cases.push({ cut, how, keepalive, learn: false, days })
  return cases
}
