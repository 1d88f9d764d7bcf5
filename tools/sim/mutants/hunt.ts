/** Seeds against one mutant until a promise breaks that says what is wrong, and that the core itself keeps. */
import { buildWorker } from '../build.js'
import { generate, type Wanted } from '../generate.js'
import { Pool } from '../pool.js'
import type { FeatureSet, Profile } from '../script.js'
import type { Mutant } from './mutant.js'

export interface Hunted {
  mutant: string
  caught: boolean
  /** Seeds up to the one that caught it, counted from 1; all that were run when none did. */
  seedsNeeded: number
  /** The promise that caught it, "" when none did. */
  promise: string
  /** Other promises that broke before, each once: none of them says what is wrong. */
  others: string[]
}

interface Broken {
  seed: number
  promise: string
}

/** ms of real time for one seed of a mutant: some loop for ever. */
const LIMIT_MS = 20_000
/** Workers that may be lost to a mutant that hangs, before it counts as not caught. */
const MOST_HANGS = 3

/** The core of a build as it is: what it does not keep itself catches nobody. */
export async function originalCore(features: FeatureSet = 'full'): Promise<Pool> {
  return new Pool(await buildWorker(features), 1)
}

/** The lowest seed from `from` to `to` that breaks a promise; undefined when all are kept. */
async function firstBroken(pool: Pool, from: number, to: number, wanted: Wanted): Promise<Broken | undefined> {
  let first: Broken | undefined
  await pool.seeds(from, to + 1 - from, wanted, true, ({ seed, result }) => {
    if (result.failure !== undefined && seed < (first?.seed ?? Infinity)) first = { seed, promise: result.failure.promise }
  })
  return first
}

/** Runs seeds from 1 until one breaks a promise of the mutant's `by`, and none with `original`. `profile` goes before the mutant's. */
export async function hunt(mutant: Mutant, seeds: number, workers: number, original: Pool, profile?: Profile): Promise<Hunted> {
  const features = mutant.features ?? 'full'
  const wanted: Wanted = { profile: profile ?? mutant.profile ?? 'mixed', features, days: 0 }
  const pool = new Pool(await buildWorker(features, mutant), workers, LIMIT_MS)
  const others = new Set<string>()
  let hangs = 0
  let run = 0
  try {
    while (run < seeds && hangs < MOST_HANGS) {
      const broken = await firstBroken(pool, run + 1, seeds, wanted)
      run = broken?.seed ?? seeds
      if (broken === undefined || (await original.run(generate(broken.seed, wanted))).failure !== undefined) continue
      if (mutant.by.includes(broken.promise)) return { mutant: mutant.name, caught: true, seedsNeeded: run, promise: broken.promise, others: [...others] }
      others.add(broken.promise)
      if (broken.promise === 'no-hang') hangs += 1
    }
  } finally {
    await pool.end()
  }
  return { mutant: mutant.name, caught: false, seedsNeeded: run, promise: '', others: [...others] }
}
