/** What a promise is: a name, a sentence for the user, and what watches a run. */
import type { Script } from '../script.js'
import type { Hooks, World } from '../world.js'

export interface SimPromise {
  name: string
  /** What is promised; docs/promises.md has it word for word. */
  sentence: string
  /** The profiles in which it holds; all when absent. */
  profiles?: readonly Script['profile'][]
  /** Looks at one run. `name` is what it fails under. */
  watch: (world: World, name: string) => Hooks
}

/** Where the server keeps what protocol.md 33 asks of it. */
export const KEEPING: readonly Script['profile'][] = ['honest', 'power', 'slow']

/** Where the server keeps its word, but for sessions that it loses. */
export const HONEST: readonly Script['profile'][] = [...KEEPING, 'session-losing']
