/**
 * Runs cases, one after the other, on a port that waits as on one that is woken. Between two cases the connections
 * of the first are closed and its wake handles freed, and the network is left alone for a moment.
 */
import { closeAll, createKit } from './kit.js'
import { Need, Step, type Case, type Kit, type Report, type Setup } from './types.js'

/** ms between two steps when nothing happens, and of silence after a case. */
const POLL_MS = 10
const QUIET_MS = 40
/** Stages gone through in one step at most, so that a case cannot keep the port from its events. */
const STAGES_MAX = 20

export interface Run {
  setup: Setup
  cases: Case[]
  report: Report
  /** The case under way, or -1 before the first. */
  index: number
  kit: Kit
  /** The case ended at `ended`, and its sockets come to rest. */
  resting: boolean
  ended: number
  finished: boolean
  handle: number
}

export function createRun(setup: Setup, cases: Case[], report: Report): Run {
  return {
    setup: setup, cases: cases, report: report, index: -1, kit: createKit(setup, 0), resting: true, ended: setup.hal.timer.ticks(),
    finished: false, handle: 0
  }
}

/** Whether the port and its set-up have what a case cannot do without. */
export function has(setup: Setup, need: Need): boolean {
  const hal = setup.hal
  if (need === Need.Wait) return hal.timer.wait !== undefined
  if (need === Need.WaitRefused) return hal.timer.wait !== undefined && setup.refused !== undefined
  if (need === Need.Wake) return hal.timer.onWake !== undefined && hal.timer.wakeAfter !== undefined
  if (need === Need.Storage) return hal.storage !== undefined
  if (need === Need.Crypto) return hal.crypto !== undefined
  if (need === Need.Network) return hal.network !== undefined
  if (need === Need.Modem) return hal.modem !== undefined
  if (need === Need.Refused) return setup.refused !== undefined
  if (need === Need.Silent) return setup.silent !== undefined
  if (need === Need.TwoSockets) return setup.sockets === undefined || setup.sockets > 1
  if (need === Need.SocketLimit) return setup.sockets !== undefined && setup.sockets <= 128
  if (need === Need.Restart) return setup.restarted !== undefined
  if (need === Need.StorageRestart) return setup.restarted !== undefined && hal.storage !== undefined
  if (need === Need.Wrap) return setup.wrapping !== undefined
  if (need === Need.Memory) return setup.memory !== undefined
  if (need === Need.Utf16) return setup.sampleText !== undefined && setup.sampleBytes !== undefined && setup.loneSurrogate !== undefined
  if (need === Need.Flush) return setup.flushes !== false
  return true
}

function conclude(run: Run, outcome: Step, seen: string): void {
  const kit = run.kit
  const ms = kit.hal.timer.since(kit.began)
  closeAll(kit)
  run.resting = true
  run.ended = kit.hal.timer.ticks()
  run.report(run.cases[run.index]!.id, outcome, seen, ms)
}

/** Goes on with the case, through as many stages as it can. */
function stepped(run: Run): Step {
  const kit = run.kit
  const one = run.cases[run.index]!
  let stages = 0
  let stage = -1
  let step = Step.NotYet as Step
  while (stages < STAGES_MAX && stage !== kit.stage && step === Step.NotYet && kit.seen.length === 0) {
    stage = kit.stage
    stages = stages + 1
    step = one.run(kit)
  }
  return kit.seen.length > 0 ? Step.Failed : step
}

/** One step. The milliseconds until the next is wanted at the latest, or -1 when all cases have run. */
export function advance(run: Run): number {
  if (run.finished) return -1
  const timer = run.setup.hal.timer
  if (run.resting) {
    if (run.index >= 0 && timer.since(run.ended) < QUIET_MS) return POLL_MS
    run.index = run.index + 1
    run.kit = createKit(run.setup, run.kit.label)
    run.resting = false
    if (run.index >= run.cases.length) {
      run.finished = true
      return -1
    }
  }
  const kit = run.kit
  if (!has(run.setup, run.cases[run.index]!.needs)) {
    conclude(run, Step.NotApplicable, '')
    return 0
  }
  const step = stepped(run)
  if (step !== Step.NotYet) conclude(run, step, kit.seen)
  else if (timer.since(kit.began) > kit.limitMs) {
    conclude(run, Step.Failed, 'no end after ' + kit.limitMs + ' ms; it waited for ' + (kit.doing.length > 0 ? kit.doing : 'stage ' + kit.stage + ' to end'))
  }
  return POLL_MS
}

/** On a port that waits: runs all cases and returns when they are done. Its own waits may end early or late. */
export function runWaiting(run: Run): void {
  let ms = advance(run)
  while (ms >= 0) {
    run.setup.hal.timer.wait!(ms)
    ms = advance(run)
  }
}

/** On a port that is woken: starts, and returns at once. `run.finished` says when all is done, after the last report. */
export function runWoken(run: Run): void {
  const timer = run.setup.hal.timer
  run.handle = timer.onWake!(() => {
    if (run.finished) return
    timer.wakeAfter!(run.handle, advance(run))
  })
  timer.wakeAfter!(run.handle, 0)
}
