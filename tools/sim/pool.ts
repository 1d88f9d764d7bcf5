/** Seeds over worker threads. A worker that does not answer is ended, and its seed counts as failed. */
import { Worker } from 'node:worker_threads'
import type { Wanted } from './generate.js'
import type { Recording } from './record.js'
import type { RunResult } from './run.js'
import type { Script } from './script.js'
import type { Job } from './worker.js'

/** ms of real time that one seed may take before its worker is ended; a run of ordinary length takes milliseconds. */
export const SEED_LIMIT_MS = 60_000
/** Seeds given to a worker at a time. */
const BATCH = 20

export interface SeedResult {
  seed: number
  profile: Script['profile']
  result: RunResult
}

type Message =
  | { id: number; kind: 'seed'; seed: number; profile: Script['profile'] }
  | { id: number; kind: 'result'; seed: number; profile: Script['profile']; result: RunResult }
  | { id: number; kind: 'done'; result: unknown }

/** A promise and what settles it: one job of one worker. */
class Hand {
  private worker: Worker
  private jobs = 0

  constructor(private readonly file: string, private readonly limitMs: number) {
    this.worker = this.spawn()
  }

  /** Runs seeds; each result is told as it comes. True when a worker hung. */
  seeds(from: number, count: number, wanted: Wanted, stopAtFirst: boolean, onResult: (result: SeedResult) => void): Promise<void> {
    let at = from
    let profile: Script['profile'] = 'honest'
    return this.run({ id: 0, kind: 'seeds', from, count, wanted, stopAtFirst }, (message) => {
      if (message.kind === 'seed') ({ seed: at, profile } = message)
      if (message.kind === 'result') onResult({ seed: message.seed, profile: message.profile, result: message.result })
    }).then(() => undefined, async (error: unknown) => {
      if (!(error instanceof HangError)) throw error
      onResult({ seed: at, profile, result: hung(this.limitMs) })
      const left = from + count - at - 1
      if (left > 0 && !stopAtFirst) await this.seeds(at + 1, left, wanted, stopAtFirst, onResult)
    })
  }

  async script(script: Script, record: boolean): Promise<Recording | { result: RunResult }> {
    try {
      return await this.run({ id: 0, kind: 'script', script, record }, () => undefined) as Recording
    } catch (error) {
      if (error instanceof HangError) return { result: hung(this.limitMs) }
      throw error
    }
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private spawn(): Worker {
    const worker = new Worker(this.file)
    worker.setMaxListeners(0)
    return worker
  }

  private run(job: Job, onMessage: (message: Message) => void): Promise<unknown> {
    this.jobs += 1
    const id = this.jobs
    const { worker } = this
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout
      const finish = (fn: () => void): void => {
        clearTimeout(timer)
        worker.off('message', heard)
        worker.off('error', failed)
        fn()
      }
      const arm = (): void => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          finish(() => {
            void worker.terminate()
            this.worker = this.spawn()
            reject(new HangError())
          })
        }, this.limitMs)
      }
      const heard = (message: Message): void => {
        if (message.id !== id) return
        arm()
        if (message.kind === 'done') finish(() => resolve(message.result))
        else onMessage(message)
      }
      const failed = (error: unknown): void => finish(() => reject(error instanceof Error ? error : new Error(String(error))))
      worker.on('message', heard)
      worker.on('error', failed)
      arm()
      worker.postMessage({ ...job, id })
    })
  }
}

class HangError extends Error {}

function hung(limitMs: number): RunResult {
  return { failure: { promise: 'no-hang', t: -1, detail: `the run did not end within ${limitMs} ms of real time` }, ms: 0, events: 0, accepted: 0 }
}

export class Pool {
  private readonly hands: Hand[]

  constructor(file: string, workers: number, limitMs = SEED_LIMIT_MS) {
    this.hands = Array.from({ length: Math.max(1, workers) }, () => new Hand(file, limitMs))
  }

  /** Runs `count` seeds from `from`; `stop` is asked between batches. */
  async seeds(from: number, count: number, wanted: Wanted, stopAtFirst: boolean, onResult: (result: SeedResult) => void): Promise<void> {
    let next = from
    const end = from + count
    let failed = false
    const tell = (result: SeedResult): void => {
      failed ||= result.result.failure !== undefined
      onResult(result)
    }
    const batch = Math.max(1, Math.min(BATCH, Math.ceil(count / this.hands.length)))
    await Promise.all(this.hands.map(async (hand) => {
      while (next < end && !(failed && stopAtFirst)) {
        const own = next
        next = Math.min(end, own + batch)
        await hand.seeds(own, next - own, wanted, stopAtFirst, tell)
      }
    }))
  }

  async run(script: Script): Promise<RunResult> {
    return (await this.hands[0]!.script(script, false)).result
  }

  async record(script: Script): Promise<Recording> {
    return await this.hands[0]!.script(script, true) as Recording
  }

  async end(): Promise<void> {
    await Promise.all(this.hands.map((hand) => hand.end()))
  }
}
