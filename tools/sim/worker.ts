/** A worker: one bundle of the core, seeds or scripts in, results out. */
import { parentPort } from 'node:worker_threads'
// build.ts puts the entry of the features asked for in its place.
import { create } from '../../firmware/index.full.js'
import { generate, type Wanted } from './generate.js'
import { recordRun } from './record.js'
import { runScript } from './run.js'
import type { Script } from './script.js'

export type Job =
  | { id: number; kind: 'seeds'; from: number; count: number; wanted: Wanted; stopAtFirst: boolean }
  | { id: number; kind: 'script'; script: Script; record: boolean }

const under = { create }

/** Told before each seed, so that whoever waits knows which one does not end. */
function tell(message: unknown): void {
  parentPort!.postMessage(message)
}

parentPort!.on('message', (job: Job) => {
  if (job.kind === 'script') {
    tell({ id: job.id, kind: 'done', result: job.record ? recordRun(job.script, under) : { result: runScript(job.script, under) } })
    return
  }
  let accepted = 0
  for (let seed = job.from; seed < job.from + job.count; seed++) {
    const script = generate(seed, job.wanted)
    tell({ id: job.id, kind: 'seed', seed, profile: script.profile })
    const result = runScript(script, under)
    accepted += result.accepted
    tell({ id: job.id, kind: 'result', seed, profile: script.profile, result })
    if (result.failure !== undefined && job.stopAtFirst) break
  }
  tell({ id: job.id, kind: 'done', result: { accepted } })
})
