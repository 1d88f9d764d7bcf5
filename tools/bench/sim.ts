/**
 * The row `sim.days`: simulated device-days for each second of processor time, against MQTT.js and aedes under fake
 * timers. Each side has a process of its own, and the sides take turns.
 */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { build } from 'esbuild'
import { defines } from '../build/profiles.js'
import { ROOT } from '../build/root.js'
import { rowOf, type Heading, type Row } from './row.js'

const { version } = createRequire(import.meta.url)('mqtt/package.json') as { version: string }
const heading: Heading = {
  name: 'sim.days', unit: 'device-days/s CPU', better: 'more', atLeast: 2, peerName: `MQTT.js ${version} and aedes under fake timers`
}
/** Virtual days that each side lives in a round: seconds for the slower. */
const days = 10
const limitMs = 120_000

async function bundle(name: string): Promise<string> {
  const outfile = path.join(ROOT, '.cache/bench', `${name}.mjs`)
  await build({
    entryPoints: [path.join(ROOT, 'tools/bench', `${name}.ts`)], outfile, bundle: true, platform: 'node', format: 'esm',
    target: 'node20', packages: 'external', logLevel: 'warning', define: defines('full')
  })
  return outfile
}

function daysPerSecond(program: string): number {
  const { ms } = JSON.parse(execFileSync(process.execPath, [program, String(days * 24)], { encoding: 'utf8', timeout: limitMs })) as { ms: number }
  return days / ms * 1000
}

/** The row, or none when it is not wanted. */
export async function simRows(rounds: number, wanted: (name: string) => boolean, progress: (line: string) => void): Promise<Row[]> {
  if (!wanted(heading.name)) return []
  const programs = [await bundle('sim-ours'), await bundle('sim-peer')]
  const figures: [number[], number[]] = [[], []]
  for (let round = 1; round <= rounds; round++) {
    progress(`${heading.name}: round ${round} of ${rounds}`)
    for (const side of [0, 1] as const) figures[side].push(daysPerSecond(programs[side]!))
  }
  return [rowOf(heading, figures[0], figures[1])]
}
