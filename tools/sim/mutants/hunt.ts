/** Seeds against one mutant until a promise breaks that the core itself keeps. */
import { buildWorker } from '../build.js'
import { generate, type Wanted } from '../generate.js'
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

/** The core as it is: what it does not keep itself catches nobody. */
export async function originalCore(): Promise<Pool> {
  return new Pool(await buildWorker('full'), 1)
}

/** Runs seeds from 1 until one breaks a promise with the mutant and none with `original`. */
export async function hunt(mutant: Mutant, seeds: number, workers: number, original: Pool): Promise<Hunted> {
  const wanted: Wanted = { profile: mutant.profile ?? 'mixed', features: 'full', days: 0 }
  const pool = new Pool(await buildWorker('full', mutant), workers, LIMIT_MS)
  let from = 1
  let found: { seed: number; promise: string } | undefined
  try {
    while (from <= seeds && found === undefined) {
      let first: { seed: number; promise: string } | undefined
      await pool.seeds(from, seeds + 1 - from, wanted, true, ({ seed, result }) => {
        if (result.failure !== undefined && seed < (first?.seed ?? Infinity)) first = { seed, promise: result.failure.promise }
      })
      if (first === undefined) break
      if ((await original.run(generate(first.seed, wanted))).failure === undefined) found = first
      else from = first.seed + 1
    }
  } finally {
    await pool.end()
  }
  return { mutant: mutant.name, caught: found !== undefined, seedsNeeded: found?.seed ?? seeds, promise: found?.promise ?? '' }
}
