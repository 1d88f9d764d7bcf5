/** The loop: mutate, run, keep what reaches new blocks, shrink what fails. One seed gives one run, as far as the time allows. */
import { createHash } from 'node:crypto'
import { Random } from '../../hal/sim/index.js'
import { mutate, random, shrink } from './mutate.js'

export interface Target {
  name: string
  /** One line for --help. */
  what: string
  /** Throws when something is not as it must be. */
  run: (input: Uint8Array) => void
}

export interface Finding {
  target: string
  message: string
  stack: string
  input: Uint8Array
  name: string
}

export interface Fuzzed {
  target: string
  runs: number
  /** Inputs kept, those of the start included. */
  corpus: Uint8Array[]
  findings: Finding[]
}

export interface FuzzOptions {
  seconds: number
  seed: number
  corpus: Uint8Array[]
  /** What ran since the last call and never before. */
  coverage: { take: () => string[] }
  /** Called after each run. */
  progress: (state: Fuzzed) => void
  /** Ends before its time once this is true. */
  stop?: () => boolean
}

/** Findings kept of one target: more are the same ones in other words. */
const MOST_FINDINGS = 20

export function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 12)
}

/** What a failure is about: its first line without numbers and texts that vary. */
export function signature(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0]!.replace(/\d+/g, '#').slice(0, 120)
}

/** undefined when the input passes. */
export function failureOf(target: Target, input: Uint8Array): Error | undefined {
  try {
    target.run(input)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

export function fuzz(target: Target, options: FuzzOptions): Fuzzed {
  const { coverage, progress } = options
  const r = new Random(options.seed).fork(target.name)
  const state: Fuzzed = { target: target.name, runs: 0, corpus: [], findings: [] }
  const known = new Set<string>()
  const end = performance.now() + options.seconds * 1000

  const attempt = (input: Uint8Array, always: boolean): void => {
    state.runs += 1
    const failure = failureOf(target, input)
    const fresh = coverage.take()
    if (failure !== undefined) {
      const about = signature(failure)
      if (!known.has(about) && state.findings.length < MOST_FINDINGS) {
        known.add(about)
        const least = shrink(input, (shorter) => signature(failureOf(target, shorter) ?? '') === about, 400)
        const last = failureOf(target, least) ?? failure
        coverage.take()
        state.findings.push({ target: target.name, message: last.message, stack: last.stack ?? '', input: least, name: nameOf(least) })
      }
    } else if (always || fresh.length > 0) state.corpus.push(input)
    progress(state)
  }

  for (const input of options.corpus) attempt(input, true)
  for (let i = 0; i < 8; i += 1) attempt(random(r, 2 ** (i + 2)), i === 0)
  while (performance.now() < end && options.stop?.() !== true) {
    const { corpus } = state
    // The newest are where there is most to be found.
    const from = r.chance(0.5) ? Math.max(0, corpus.length - 16) : 0
    attempt(mutate(corpus[r.int(from, corpus.length - 1)] ?? new Uint8Array(), corpus[r.int(0, corpus.length - 1)] ?? new Uint8Array(), r), false)
  }
  return state
}
