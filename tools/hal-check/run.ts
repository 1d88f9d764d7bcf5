/** Runs cases on a port and keeps the score. */
import { advance, createRun, runWaiting, runWoken, Step, type Case, type Run, type Setup } from '../../hal/conformance/index.js'
import type { Sim } from '../../hal/sim/index.js'

export interface Result {
  id: string
  outcome: 'passed' | 'failed' | 'not applicable'
  /** What was seen where it failed. */
  seen: string
  /** By the port's own clock. */
  ms: number
}

export type OnResult = (result: Result) => void

const OUTCOMES: Record<number, Result['outcome']> = { [Step.Done]: 'passed', [Step.Failed]: 'failed', [Step.NotApplicable]: 'not applicable' }

export function resultOf(id: string, outcome: number, seen: string, ms: number): Result {
  return { id, outcome: OUTCOMES[outcome] ?? 'failed', seen, ms }
}

/** What a port throws, as a text. */
function catching(fn: () => void): string {
  try {
    fn()
    return ''
  } catch (error) {
    return String(error) || 'something without a text'
  }
}

/** A run whose cases fail where the port throws. */
function start(setup: Setup, cases: Case[], onResult: OnResult): Run {
  return createRun({ catching, ...setup }, cases, (id, outcome, seen, ms) => onResult(resultOf(id, outcome, seen, ms)))
}

function isWoken(setup: Setup): boolean {
  return setup.hal.timer.onWake !== undefined && setup.hal.timer.wakeAfter !== undefined
}

/** ms without a step after which a port that is woken is no longer waited for: the next step is then ours. */
const STALLED_MS = 500

/** Real time: a port that waits keeps this thread, one that is woken leaves it. */
export async function runReal(setup: Setup, cases: Case[], onResult: OnResult): Promise<void> {
  const run = start(setup, cases, onResult)
  if (setup.hal.timer.wait !== undefined) {
    runWaiting(run)
    return
  }
  // What the port throws in a callback of the runtime's would end the process: it fails the case under way instead.
  const onError = (error: unknown): void => { run.thrown = `outside of any call: ${String(error)}` }
  process.on('uncaughtException', onError)
  process.on('unhandledRejection', onError)
  try {
    const patience = isWoken(setup) ? STALLED_MS : 0
    if (patience > 0) runWoken(run)
    let last = { steps: run.steps, at: performance.now() }
    while (!run.finished) {
      await new Promise((resolve) => { setTimeout(resolve, 5) })
      if (run.steps === last.steps && performance.now() - last.at >= patience) advance(run)
      if (run.steps !== last.steps) last = { steps: run.steps, at: performance.now() }
    }
  } finally {
    process.off('uncaughtException', onError)
    process.off('unhandledRejection', onError)
  }
}

/** Virtual time. */
export function runSim(sim: Sim, setup: Setup, cases: Case[], onResult: OnResult): void {
  const run = start(setup, cases, onResult)
  if (setup.hal.timer.wait !== undefined) {
    runWaiting(run)
    return
  }
  const patience = isWoken(setup) ? STALLED_MS : 10
  if (isWoken(setup)) runWoken(run)
  while (!run.finished) {
    const { steps } = run
    const text = catching(() => sim.run(patience))
    if (text !== '') run.thrown = `outside of any call: ${text}`
    if (run.steps === steps) advance(run)
  }
}

/** Two kinds of one port: a case fails when it fails on one of them, and passes when it passes on one and fails on none. */
export function merged(kinds: Result[][]): Result[] {
  const all = new Map<string, Result>()
  for (const result of kinds.flat()) {
    const known = all.get(result.id)
    if (known === undefined || known.outcome === 'not applicable' || result.outcome === 'failed') all.set(result.id, result)
  }
  return [...all.values()]
}
