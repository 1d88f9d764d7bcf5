/** What a probe found: its steps in order, its warnings, its figures, and where that says to look. */
import { ALL_WELL, CAUSES, type CauseId, type Side } from './causes.js'

export const STEPS = ['address', 'dns', 'tcp', 'tls', 'connect', 'subscribe', 'echo-qos0', 'echo-qos1', 'disconnect'] as const
export type StepName = typeof STEPS[number]

export interface Step {
  step: StepName
  state: 'pass' | 'fail' | 'skip'
  /** Whole milliseconds; null where nothing was done. */
  ms: number | null
  evidence: string
  cause: CauseId | null
  advice: string | null
}

export type WarningId = 'slow-broker' | 'dead-address' | 'not-verified' | 'expires-soon' | 'speaks-tls'

/** Something to know beside the verdict, which it does not change. */
export interface Warning {
  warning: WarningId
  evidence: string
  advice: string
}

/** Round trips of one QoS, ms from PUBLISH to the message that came back; null where none did. */
export interface Echoes {
  qos: 0 | 1
  sent: number
  lost: number
  p50: number | null
  p95: number | null
  max: number | null
}

export interface Figures {
  /** What a device waits from opening its socket to CONNACK: DNS, TCP, TLS and MQTT together. Null: it never came so far. */
  connectMs: number | null
  echoes: Echoes[]
}

export interface Report {
  /** Without user name and password. */
  url: string
  /** "ok", or the id of the cause. */
  verdict: 'ok' | CauseId
  exitStatus: number
  steps: Step[]
  warnings: Warning[]
  figures: Figures
  /** Where to look now. */
  conclusion: string
}

const CONCLUSIONS: Record<Side | 'ok', string> = {
  ok: 'Seen from this PC the server does all it should. If a device does not connect, look at the device: its network or SIM, its clock and CA for TLS, its settings.',
  server: 'It is at the server or at the address that was given, and not at the device: this PC meets it too.',
  settings: 'It is what was given here, or what the server allows: a device with the same settings fails in the same way.',
  way: 'It is the way from this PC to the server, which says nothing of the device yet: repeat it from another network.'
}

/** Collects what is found. `onStep` hears of each step as it is done. */
export class Findings {
  readonly warnings: Warning[] = []
  readonly figures: Figures = { connectMs: null, echoes: [] }
  private readonly steps = new Map<StepName, Step>()
  private failed: CauseId | undefined

  constructor(private readonly url: string, private readonly onStep: (step: Step) => void = () => {}) {}

  pass(step: StepName, ms: number | null, evidence: string): void {
    this.add({ step, state: 'pass', ms: whole(ms), evidence, cause: null, advice: null })
  }

  skip(step: StepName, evidence: string): void {
    this.add({ step, state: 'skip', ms: null, evidence, cause: null, advice: null })
  }

  /** The first failure is the verdict. */
  fail(step: StepName, ms: number | null, cause: CauseId, evidence: string): void {
    this.failed ??= cause
    this.add({ step, state: 'fail', ms: whole(ms), evidence, cause, advice: CAUSES[cause].advice })
  }

  warn(warning: WarningId, evidence: string, advice: string): void {
    this.warnings.push({ warning, evidence, advice })
  }

  get verdict(): 'ok' | CauseId {
    return this.failed ?? 'ok'
  }

  /** Steps that were not reached are told as skipped. */
  report(): Report {
    for (const step of STEPS) if (!this.steps.has(step)) this.skip(step, 'not reached')
    const row = this.failed === undefined ? undefined : CAUSES[this.failed]
    return {
      url: this.url, verdict: this.verdict, exitStatus: row?.exit ?? ALL_WELL,
      steps: STEPS.map((step) => this.steps.get(step)!), warnings: this.warnings, figures: this.figures, conclusion: CONCLUSIONS[row?.side ?? 'ok']
    }
  }

  private add(step: Step): void {
    this.steps.set(step.step, step)
    this.onStep(step)
  }
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
