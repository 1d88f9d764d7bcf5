/**
 * The clients of the bench as child processes: built on demand into .cache/bench, started one at a time, each with a
 * time limit. Every client has a process of its own, so that its CPU time is its own.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { defines } from '../build/profiles.js'
import { ROOT } from '../build/root.js'
import { READY, type Job, type Outcome } from './job.js'

export type ClientName = 'yieldmq' | 'mqttjs' | 'libmosquitto'

const folder = path.join(ROOT, '.cache/bench')
const sources = path.join(ROOT, 'tools/bench')
/** Far above what the slowest client needs for a million messages. */
const runLimitMs = 120_000
const compileLimitMs = 60_000
/** MB of young space: enough to weigh 10,000 messages without a collection. */
const weighingSpaceMb = 256

const built = new Map<ClientName, Promise<string>>()

/** Builds a client once for this run of the bench and returns its program. */
function program(name: ClientName): Promise<string> {
  const known = built.get(name)
  if (known !== undefined) return known
  const fresh = name === 'libmosquitto' ? compileC() : bundle(name)
  built.set(name, fresh)
  return fresh
}

/** Our side is bundled from source with every feature, as the Node library is; packages stay where they are. */
async function bundle(name: ClientName): Promise<string> {
  const outfile = path.join(folder, `${name}.mjs`)
  await build({
    entryPoints: [path.join(sources, 'clients', `${name}.ts`)], outfile, bundle: true, platform: 'node', format: 'esm',
    target: 'node20', packages: 'external', logLevel: 'warning', define: defines('full')
  })
  return outfile
}

async function compileC(): Promise<string> {
  const outfile = path.join(folder, 'libmosquitto')
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('gcc', ['-O2', '-Wall', '-o', outfile, path.join(sources, 'libmosquitto.c'), '-lmosquitto'],
      { timeout: compileLimitMs, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    throw new Error('the bench compiles tools/bench/libmosquitto.c and needs gcc and libmosquitto-dev (Debian: apt-get install gcc libmosquitto-dev); ' +
      'the rows without it: --only node.qos0, --only node.garbage, --only codec', { cause: error })
  }
  return outfile
}

async function commandOf(name: ClientName, job: Job): Promise<[string, string[]]> {
  const file = await program(name)
  if (name === 'libmosquitto') {
    if (job.kind !== 'publish' || job.qos !== 1) throw new Error(`libmosquitto.c only publishes QoS 1, not ${job.kind} QoS ${job.qos}`)
    return [file, [job.port, job.count, job.warmup, job.window, job.payloadBytes, job.topic].map(String)]
  }
  const weighing = ['--expose-gc', `--min-semi-space-size=${weighingSpaceMb}`, `--max-semi-space-size=${weighingSpaceMb}`]
  return [process.execPath, [...(job.kind.startsWith('garbage') ? weighing : []), file, JSON.stringify(job)]]
}

/** Runs one job in a fresh process. `onReady` is called when a subscriber may be fed. */
export async function runJob(name: ClientName, job: Job, onReady: () => void = () => {}): Promise<Outcome> {
  const [command, args] = await commandOf(name, job)
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: runLimitMs, killSignal: 'SIGKILL' })
    let output = ''
    let errors = ''
    let ready = false
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
      if (!ready && output.includes(`${READY}\n`)) {
        ready = true
        onReady()
      }
    })
    child.stderr.on('data', (data: Buffer) => { errors += data.toString() })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const result = output.trim().split('\n').at(-1) ?? ''
      if (code === 0 && result.startsWith('{')) resolve(JSON.parse(result) as Outcome)
      else reject(new Error(`${name} (${job.kind}, QoS ${job.qos}, ${job.count} messages) ended with ${signal ?? `status ${code}`} within ${runLimitMs} ms: ${errors.trim() || output.trim()}`))
    })
  })
}
