/** Runs cases on a port and keeps the score. */
import { advance, createRun, runWaiting, runWoken, Step, type Case, type Setup } from '../../hal/conformance/index.js'
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

/** Real time: a port that waits keeps this thread, one that is woken leaves it. */
export async function runReal(setup: Setup, cases: Case[], onResult: OnResult): Promise<void> {
  const run = createRun(setup, cases, (id, outcome, seen, ms) => onResult(resultOf(id, outcome, seen, ms)))
  if (setup.hal.timer.wait !== undefined) {
    runWaiting(run)
    return
  }
  if (setup.hal.timer.onWake === undefined || setup.hal.timer.wakeAfter === undefined) {
    while (advance(run) >= 0) await new Promise((resolve) => { setTimeout(resolve, 5) })
    return
  }
  runWoken(run)
  // A port whose wakes never come is found here, by the clock of this machine.
  const limitMs = setup.limitMs ?? 20_000
  let last = { done: -1, at: performance.now() }
  while (!run.finished) {
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    if (run.index !== last.done) last = { done: run.index, at: performance.now() }
    if (performance.now() - last.at > 4 * limitMs) {
      for (const one of cases.slice(Math.max(0, run.index))) onResult(resultOf(one.id, Step.Failed, 'the port stopped waking its handles', 4 * limitMs))
      return
    }
  }
}

/** Virtual ms that a whole run may take. */
const SIM_LIMIT_MS = 3_600_000

/** Virtual time. */
export function runSim(sim: Sim, setup: Setup, cases: Case[], onResult: OnResult): void {
  const run = createRun(setup, cases, (id, outcome, seen, ms) => onResult(resultOf(id, outcome, seen, ms)))
  if (setup.hal.timer.wait !== undefined) {
    runWaiting(run)
    return
  }
  if (setup.hal.timer.onWake === undefined || setup.hal.timer.wakeAfter === undefined) {
    while (advance(run) >= 0) sim.advance(10)
    return
  }
  runWoken(run)
  for (let ms = 0; !run.finished && ms < SIM_LIMIT_MS; ms += 100) sim.run(100)
  if (!run.finished) for (const one of cases.slice(Math.max(0, run.index))) onResult(resultOf(one.id, Step.Failed, 'the port stopped waking its handles', SIM_LIMIT_MS))
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
