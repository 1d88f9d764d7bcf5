/** A fault put into the core on purpose, to see that the simulator finds it. */
import type { FeatureSet, Profile } from '../script.js'

/** One text of the core and what stands in its place. */
export interface Change {
  /** The file, from the project's folder. */
  file: string
  /** Occurs exactly once in it. */
  find: string
  replace: string
}

export interface Mutant {
  /** What is wrong, in a few words. */
  name: string
  /** All of them make the fault: a believable one may take more than one place. */
  changes: readonly Change[]
  /** The promises that say what is wrong: one of these must break. */
  by: readonly string[]
  /** The build whose core it is in; `full` when absent. */
  features?: FeatureSet
  /** Where it shows soonest; `mixed` when absent. */
  profile?: Profile
  /** What would happen in the field. */
  why: string
}

export function change(file: string, find: string, replace: string): Change {
  return { file: `firmware/${file}`, find, replace }
}

/** Promises that a fault of any kind may break: they say that something is wrong, and not what. */
export const BLUNT: readonly string[] = ['no-spin', 'no-hang', 'no-crash']
