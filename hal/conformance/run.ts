/**
 * Runs cases, one after the other, on a port that waits as on one that is woken. Between two cases the connections
 * of the first are closed and its wake handles freed, and the network is left alone for a moment.
 *
 * The port may be broken in any way: each case is bounded by the port's clock and by counted steps, what the port
 * throws fails the case under way (where `setup.catching` can catch it), and the next case follows.
 */
import { begin, caught, closeAll, createKit } from './kit.js'
import { Need, Step, type Case, type Kit, type Report, type Setup } from './types.js'

/** ms between two steps when nothing happens, and of silence after a case. */
const POLL_MS = 10
const QUIET_MS = 40
/** Steps that the silence may take at most: a clock that stands would never end it. */
const QUIET_STEPS = 200
/** Stages gone through in one step at most, so that a case cannot keep the port from its events. */
const STAGES_MAX = 20
/**
 * The bounds of a case that do not believe the port's clock, in proportion to `limitMs`. Without progress: five times
 * the steps that a wait of POLL_MS would make, as waits may end early. In all: ten a millisecond.
 */
const IDLE_STEPS_PER_MS = 0.5
const STEPS_PER_MS = 10

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
  /** All steps so far; those of the case, or of the silence after it; and those of them since something changed. */
  steps: number
  ownSteps: number
  idleSteps: number
  /** What changes when a case gets on. */
  progress: number
  /** The port threw outside of a step, and this is what: it fails the case under way. */
  thrown: string
  /** A step, or the order for the next wake, is under way: a port that calls back from within is not answered. */
  busy: boolean
}

export function createRun(setup: Setup, cases: Case[], report: Report): Run {
  return {
    setup: setup, cases: cases, report: report, index: -1, kit: createKit(setup, 0, 0), resting: true, ended: 0, finished: false, handle: 0,
    steps: 0, ownSteps: 0, idleSteps: 0, progress: 0, thrown: '', busy: false
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
  if (need === Need.Reset) return setup.tellsReset !== false
  return true
}

function conclude(run: Run, outcome: Step, seen: string): void {
  const kit = run.kit
  let ms = 0
  let ended = 0
  let text = caught(run.setup, () => { ms = kit.hal.timer.since(kit.began) })
  const left = closeAll(kit)
  if (text.length === 0) text = left
  const stopped = caught(run.setup, () => { ended = kit.hal.timer.ticks() })
  if (text.length === 0) text = stopped
  run.resting = true
  run.ended = ended
  run.ownSteps = 0
  const clean = text.length === 0 || outcome === Step.Failed
  run.report(run.cases[run.index]!.id, clean ? outcome : Step.Failed, clean ? seen : 'the port threw when the case was over: ' + text, ms)
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

function progressOf(kit: Kit): number {
  return kit.stage + kit.label + kit.count + kit.total + kit.wakes + kit.got.length + kit.out.length
}

/** What a case that came to one of its bounds says: which, with its numbers, and what it waited for. */
function noEnd(run: Run, bound: string, ms: number): string {
  const kit = run.kit
  return 'no end after ' + bound + ', ' + ms + ' ms by the port\'s clock; it waited for ' + (kit.doing.length > 0 ? kit.doing : 'stage ' + kit.stage + ' to end')
}

/** The bound that the case came to, or "". */
function bounded(run: Run): string {
  const kit = run.kit
  const progress = progressOf(kit)
  // Written so that NaN is no progress.
  if (progress > run.progress || progress < run.progress) run.idleSteps = 0
  run.progress = progress
  run.ownSteps = run.ownSteps + 1
  run.idleSteps = run.idleSteps + 1
  const ms = kit.hal.timer.since(kit.began)
  if (ms > kit.limitMs) return noEnd(run, kit.limitMs + ' ms', ms)
  if (run.idleSteps >= kit.limitMs * IDLE_STEPS_PER_MS) return noEnd(run, run.idleSteps + ' steps in which nothing changed', ms)
  if (run.ownSteps >= kit.limitMs * STEPS_PER_MS) return noEnd(run, run.ownSteps + ' steps', ms)
  return ''
}

/** One step of the case under way, concluded where it ended, came to a bound, or the port threw. */
function advanceCase(run: Run): void {
  const kit = run.kit
  let step = Step.NotYet as Step
  let bound = ''
  const text = caught(run.setup, () => {
    if (run.ownSteps === 0) begin(kit)
    step = stepped(run)
    if (step === Step.NotYet) bound = bounded(run)
  })
  const thrown = text.length > 0 ? text : run.thrown
  run.thrown = ''
  if (thrown.length > 0) conclude(run, Step.Failed, 'the port threw: ' + thrown)
  else if (bound.length > 0) conclude(run, Step.Failed, bound)
  else if (step !== Step.NotYet) conclude(run, step, kit.seen)
}

/** Whether the silence after a case is over. */
function rested(run: Run): boolean {
  run.ownSteps = run.ownSteps + 1
  if (run.index < 0 || run.ownSteps > QUIET_STEPS) return true
  let quiet = true
  caught(run.setup, () => { quiet = run.setup.hal.timer.since(run.ended) < QUIET_MS })
  return !quiet
}

/** One step. The milliseconds until the next is wanted at the latest, or -1 when all cases have run. */
export function advance(run: Run): number {
  if (run.finished) return -1
  if (run.busy) return POLL_MS
  run.busy = true
  run.steps = run.steps + 1
  let ms = POLL_MS
  if (run.resting && rested(run)) {
    run.resting = false
    run.thrown = ''
    run.index = run.index + 1
    run.kit = createKit(run.setup, run.kit.label, 0)
    run.ownSteps = 0
    run.idleSteps = 0
    if (run.index >= run.cases.length) {
      run.finished = true
      ms = -1
    } else if (!has(run.setup, run.cases[run.index]!.needs)) {
      conclude(run, Step.NotApplicable, '')
      ms = 0
    }
  }
  if (!run.resting && !run.finished) advanceCase(run)
  run.busy = false
  return ms
}

function wait(run: Run, ms: number): void {
  const text = caught(run.setup, () => { run.setup.hal.timer.wait!(ms) })
  if (text.length > 0) run.thrown = text
}

/** On a port that waits: runs all cases and returns when they are done. Its own waits may end early or late. */
export function runWaiting(run: Run): void {
  let ms = advance(run)
  while (ms >= 0) {
    wait(run, ms)
    ms = advance(run)
  }
}

/**
 * On a port that is woken: starts, and returns at once. `run.finished` says when all is done, after the last report.
 * A wake that comes from within the order for it goes unanswered, and one may never come: whoever can looks at
 * `run.steps` now and then, and calls `advance` when they stand.
 */
export function runWoken(run: Run): void {
  const timer = run.setup.hal.timer
  const ask = (ms: number): void => {
    run.busy = true
    const text = caught(run.setup, () => { timer.wakeAfter!(run.handle, ms) })
    if (text.length > 0) run.thrown = text
    run.busy = false
  }
  const text = caught(run.setup, () => {
    run.handle = timer.onWake!(() => {
      if (run.finished || run.busy) return
      ask(advance(run))
    })
  })
  if (text.length > 0) run.thrown = text
  ask(0)
}
