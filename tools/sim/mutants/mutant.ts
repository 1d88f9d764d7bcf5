/** A fault put into the core on purpose, to see that the simulator finds it. */
import type { Profile } from '../script.js'

export interface Mutant {
  /** What is wrong, in a few words. */
  name: string
  /** The file, from the project's folder. */
  file: string
  /** Occurs exactly once in it. */
  find: string
  replace: string
  /** Where it shows soonest; `mixed` when absent. */
  profile?: Profile
  /** What would happen in the field. */
  why: string
}
