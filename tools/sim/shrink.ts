/**
 * A failing script made short: events are taken out as long as the same promise fails (ddmin), then options go back to
 * their defaults, then times become round.
 */
import type { RunResult } from './run.js'
import type { Script, ScriptEvent } from './script.js'

export interface Shrunk {
  script: Script
  result: RunResult
  /** Runs it took. */
  runs: number
}

/** Runs that one shrinking may take. */
const RUNS = 600

class Shrinker {
  runs = 0

  constructor(private best: Script, private result: RunResult, private readonly run: (script: Script) => Promise<RunResult>, private readonly limit: number) {}

  get outcome(): Shrunk {
    return { script: this.best, result: this.result, runs: this.runs }
  }

  async shrink(): Promise<void> {
    let before = ''
    // What became possible by one kind of change may make another possible.
    while (before !== JSON.stringify(this.best) && this.runs < this.limit) {
      before = JSON.stringify(this.best)
      await this.events()
      await this.smallerEvents()
      await this.options()
      await this.times()
    }
  }

  private async accepts(candidate: Script): Promise<boolean> {
    if (this.runs >= this.limit) return false
    this.runs += 1
    const result = await this.run(candidate)
    if (result.failure?.promise !== this.result.failure?.promise) return false
    this.best = candidate
    this.result = result
    return true
  }

  /** ddmin: halves, quarters ... single events are left out. */
  private async events(): Promise<void> {
    let size = Math.ceil(this.best.events.length / 2)
    while (size >= 1) {
      let at = 0
      let any = false
      while (at < this.best.events.length) {
        const events = this.best.events.filter((_event, i) => i < at || i >= at + size)
        if (await this.accepts({ ...this.best, events })) any = true
        else at += size
      }
      if (size === 1 && !any) return
      size = size === 1 ? 1 : Math.ceil(size / 2)
      if (this.runs >= this.limit) return
    }
  }

  /** What is optional in an event goes, and what is large becomes small. */
  private async smallerEvents(): Promise<void> {
    for (let i = 0; i < this.best.events.length; i++) {
      for (const key of ['times', 'retain', 'deadline', 'priority', 'keepLatest', 'expiry']) {
        if (!(key in this.best.events[i]!)) continue
        const { [key]: _gone, ...rest } = this.best.events[i] as unknown as Record<string, unknown>
        await this.replaced(i, rest as unknown as ScriptEvent)
      }
      const event = this.best.events[i]!
      if ('bytes' in event && event.bytes > 6 && event.do !== 'publishStream') await this.replaced(i, { ...event, bytes: 6 })
    }
  }

  private replaced(i: number, event: ScriptEvent): Promise<boolean> {
    return this.accepts({ ...this.best, events: this.best.events.map((one, at) => (at === i ? event : one)) })
  }

  private async options(): Promise<void> {
    for (const part of ['client', 'server', 'network'] as const) {
      for (const key of Object.keys(this.best[part])) {
        const { [key]: _gone, ...rest } = this.best[part] as Record<string, unknown>
        await this.accepts({ ...this.best, [part]: rest })
      }
    }
    const { modem } = this.best
    for (const key of Object.keys(modem ?? {})) {
      // What it is and how it is wired decides what it can bear.
      if (modem === undefined || key === 'family' || key === 'pins' || key === 'keyStrapped') continue
      const { [key as 'quirks']: _gone, ...rest } = this.best.modem!
      await this.accepts({ ...this.best, modem: rest })
    }
    for (const key of Object.keys(this.best.client.limits ?? {})) {
      const { [key]: _gone, ...limits } = this.best.client.limits as Record<string, number>
      await this.accepts({ ...this.best, client: { ...this.best.client, limits } })
    }
    const plain = { servers: 1, handler: 'plain', streams: false, startTicks: 0, wrap: 'int32', waits: false, takeEvery: 1, periodMs: 1000 } as const
    for (const [key, value] of Object.entries(plain)) {
      if (this.best.program[key as keyof typeof plain] !== value) await this.accepts({ ...this.best, program: { ...this.best.program, [key]: value } })
    }
  }

  private async times(): Promise<void> {
    const last = this.best.events[this.best.events.length - 1]?.at ?? 0
    if (last < this.best.duration) await this.accepts({ ...this.best, duration: last })
    for (const unit of [60_000, 10_000, 1000, 100, 10]) {
      for (let i = 0; i < this.best.events.length; i++) {
        const event = this.best.events[i]!
        const at = Math.round(event.at / unit) * unit
        const before = this.best.events[i - 1]?.at ?? 0
        const after = this.best.events[i + 1]?.at ?? Infinity
        if (at !== event.at && at >= before && at <= after) await this.accepts({ ...this.best, duration: Math.max(this.best.duration, at), events: this.best.events.map((one, k) => (k === i ? { ...one, at } : one)) })
        const now = this.best.events[i]!
        if ('ms' in now) {
          const ms = Math.max(unit, Math.round(now.ms / unit) * unit)
          if (ms !== now.ms) await this.replaced(i, { ...now, ms })
        }
      }
    }
  }
}

/** The shortest script found that breaks the same promise. `failing` is what the script gave. */
export async function shrink(script: Script, failing: RunResult, run: (script: Script) => Promise<RunResult>, limit = RUNS): Promise<Shrunk> {
  const shrinker = new Shrinker(script, failing, run, limit)
  await shrinker.shrink()
  return shrinker.outcome
}
