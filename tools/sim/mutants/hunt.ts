/** Seeds against one mutant until a promise breaks. */
import { buildWorker } from '../build.js'
import { Pool } from '../pool.js'
import type { Mutant } from './mutant.js'

export interface Hunted {
  mutant: string
  caught: boolean
  /** Seeds up to the one that caught it, counted from 1; all of them when none did. */
  seedsNeeded: number
  /** The promise that was broken, "" when none was. */
  promise: string
}

/** ms of real time for one seed of a mutant: some loop for ever. */
const LIMIT_MS = 10_000

export async function hunt(mutant: Mutant, seeds: number, workers: number): Promise<Hunted> {
  const pool = new Pool(await buildWorker('full', mutant), workers, LIMIT_MS)
  let first = seeds + 1
  let promise = ''
  await pool.seeds(1, seeds, { profile: mutant.profile ?? 'mixed', features: 'full', days: 0 }, true, ({ seed, result }) => {
    if (result.failure === undefined || seed >= first) return
    first = seed
    promise = result.failure.promise
  })
  await pool.end()
  return { mutant: mutant.name, caught: first <= seeds, seedsNeeded: Math.min(first, seeds), promise }
}
