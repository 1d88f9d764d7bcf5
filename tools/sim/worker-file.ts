/** The program of a worker thread: bundled from the source in a checkout, built beforehand in a package. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../build/root.js'
import { UsageError } from '../usage.js'
import type { FeatureSet } from './script.js'

export async function workerFile(features: FeatureSet): Promise<string> {
  // The bundler is there only in a checkout.
  if (existsSync(path.join(ROOT, 'tools/sim/worker.ts'))) return (await import('./build.js')).buildWorker(features)
  if (features !== 'full') throw new UsageError(`a package has the core with --features full only; --features ${features} takes a checkout of yieldmq's source`)
  return path.join(ROOT, 'dist/sim-worker.js')
}
