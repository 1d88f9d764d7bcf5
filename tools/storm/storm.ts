/** A fleet loses its server at one moment, and comes back: how many attempts fall into the worst second. docs/governor.md */
import { create, type Client } from '../../firmware/index.js'
import { Clock, Random } from '../../hal/sim/index.js'
import { fleetPort } from './port.js'
import { Server } from './server.js'

export interface StormOptions {
  devices: number
  /** ms, `reconnectSpread` of every device. */
  spreadMs: number
  /** ms that the server is away. */
  downMs: number
  /** Every device has the same chance and the same start; only the ids differ. */
  clones: boolean
  seed: number
}

export interface StormResult extends StormOptions {
  /** Attempts a second: 1.5 x devices / spread. */
  bound: number
  /** The most attempts, and the most CONNECTs that the server answered, in any second after it went. */
  peakAttempts: number
  peakConnects: number
  attempts: number
  /** ms from the server's return until the last device was up again. */
  backAfterMs: number
  holds: boolean
}

/** ms of the fleet's calm life before: long enough to be stable, with a ping answered. */
const BEFORE = 120_000

/** The most of these times (rising) in any span of `ms`. */
export function peakOf(times: readonly number[], ms: number): number {
  let most = 0
  let from = 0
  times.forEach((t, i) => {
    while (t - times[from]! >= ms) from += 1
    most = Math.max(most, i - from + 1)
  })
  return most
}

/** Runs one storm. Throws when a device is not up again a quarter of an hour after the server is. */
export function storm(options: StormOptions): StormResult {
  const { devices, spreadMs, downMs, clones, seed } = options
  const clock = new Clock()
  const server = new Server(() => clock.now)
  const attempts: number[] = []
  const fleet: Client[] = []
  const up = new Set<number>()
  const runTo = (end: number): void => {
    while (clock.step(end)) continue
    clock.spend(end - clock.now)
  }
  for (let i = 0; i < devices; i += 1) {
    const random = new Random(clones ? seed : seed * 1_000_003 + i)
    const hal = fleetPort(clock, server, `device${String(i).padStart(6, '0')}`, random, () => attempts.push(clock.now))
    const client = create(hal, {
      servers: [{ host: 'broker', port: 1883 }], keepalive: 60, reconnectSpread: spreadMs,
      onLink: (state) => {
        if (state === 'up') up.add(i)
        else up.delete(i)
      }
    })
    fleet.push(client)
    client.connect()
  }
  runTo(BEFORE)
  if (up.size !== devices) throw new Error(`${devices - up.size} of ${devices} devices were not up ${BEFORE} ms after their start`)
  const before = { attempts: attempts.length, connects: server.connects.length }
  const gone = clock.now
  server.stop()
  runTo(gone + downMs)
  server.start()
  const back = clock.now
  const limit = back + 900_000
  while (up.size < devices && clock.now < limit && clock.step(limit)) continue
  if (up.size < devices) throw new Error(`${devices - up.size} of ${devices} devices were not up ${limit - back} ms after the server was back`)
  const backAfterMs = clock.now - back
  for (const client of fleet) client.destroy()
  const bound = 1.5 * devices * 1000 / spreadMs
  const peakAttempts = peakOf(attempts.slice(before.attempts), 1000)
  const peakConnects = peakOf(server.connects.slice(before.connects), 1000)
  return { ...options, bound, peakAttempts, peakConnects, attempts: attempts.length - before.attempts, backAfterMs, holds: peakAttempts <= bound }
}
