/** The ports that hal-check can check: ours by name, a stranger's by its file. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createHostHal } from '../../hal/host/index.js'
import { runBlocking } from '../../hal/host/blocking/index.js'
import type { Endpoint, Hal } from '../../hal/hal.js'
import type { Case, Setup } from '../../hal/conformance/index.js'
import { ROOT } from '../build/root.js'
import { UsageError } from '../usage.js'
import type { Family } from '../../hal/at/family.js'
import { AT_PORTS, atCheck } from './at.js'
import { checkEspruino } from './espruino.js'
import { checkLua, LUA_PORTS } from './lua.js'
import { memoryInUse } from './memory.js'
import { startPeer, type Peer } from './peer.js'
import { merged, runReal, runSim, type OnResult, type Result } from './run.js'
import { simCheck } from './sim.js'
import { UTF16 } from './texts.js'

/** Runs the cases on one port; `onResult` hears of each as it ends, in each of the port's kinds. */
export type Check = (cases: Case[], onResult: OnResult) => Promise<Result[]>

/** What a blocking program needs to know, as its one argument. */
export interface BlockingArgs {
  peer: Endpoint
  refused: Endpoint
  silent?: Endpoint
  folder: string
  ids: string[]
}

/** What the kit's functions throw is meant to be thrown. */
const EXPECTED = (): void => {}

/** Ports of later versions. */
const PLANNED = ['browser']

const NAMED: Record<string, Check> = {
  host: checkHost, 'host-blocking': checkBlocking, sim: checkSim, espruino: checkEspruino,
  ...Object.fromEntries(LUA_PORTS.map((name) => [name, (cases, onResult) => checkLua(name, cases, onResult)] satisfies [string, Check])),
  ...Object.fromEntries(Object.entries(AT_PORTS).map(([name, families]) => [name, (cases, onResult) => checkAt(families, cases, onResult)] satisfies [string, Check]))
}

/** The check of `port`: a name, or a file that makes a Hal. Throws a UsageError that names what there is. */
export async function findPort(port: string): Promise<Check> {
  const named = NAMED[port]
  if (named !== undefined) return named
  if (PLANNED.includes(port)) throw new UsageError(`The port ${port} does not exist yet in this version. Ports: ${Object.keys(NAMED).join(', ')}, or a file that makes a Hal (docs/porting.md).`)
  if (!/[./\\]/.test(port)) throw new UsageError(`There is no port ${port}. Ports: ${Object.keys(NAMED).join(', ')}, or a file that makes a Hal, such as ./my-port.js.`)
  return await portOfFile(path.resolve(port))
}

async function withPeer<T>(fn: (peer: Peer) => Promise<T>): Promise<T> {
  const peer = await startPeer()
  try {
    return await fn(peer)
  } finally {
    await peer.close()
  }
}

async function withFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-hal-check-'))
  try {
    return await fn(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function collecting(results: Result[], onResult: OnResult): OnResult {
  return (result) => {
    results.push(result)
    onResult(result)
  }
}

function checkHost(cases: Case[], onResult: OnResult): Promise<Result[]> {
  return withPeer((peer) => withFolder(async (folder) => {
    const results: Result[] = []
    const make = (): Hal => createHostHal({ storage: { folder }, onCallbackError: EXPECTED })
    await runReal({
      ...UTF16, hal: make(), ...addressesOf(peer), memory: memoryInUse(), restarted: make,
      wrapping: () => createHostHal({ ticksOrigin: 2 ** 31 - 200 })
    }, cases, collecting(results, onResult))
    return results
  }))
}

function addressesOf({ peer, refused, silent }: Peer): Pick<Setup, 'peer' | 'refused' | 'silent'> {
  return { peer, refused, silent }
}

function checkBlocking(cases: Case[], onResult: OnResult): Promise<Result[]> {
  return withPeer((peer) => withFolder(async (folder) => {
    const results: Result[] = []
    const { file, done } = await compiled(path.join(ROOT, 'tools/hal-check/blocking-program.ts'), 'hal-check-program.js')
    const args: BlockingArgs = { ...addressesOf(peer), refused: peer.refused, folder, ids: cases.map((one) => one.id) }
    try {
      const collect = collecting(results, onResult)
      await runBlocking(file, { args: [JSON.stringify(args)], signals: false, onReport: (result) => collect(result as Result) })
    } finally {
      done()
    }
    return results
  }))
}

/** Both kinds, which share all but the timer. */
function checkSim(cases: Case[], onResult: OnResult): Promise<Result[]> {
  const kinds = [true, false].map((waits) => {
    const results: Result[] = []
    const { sim, setup } = simCheck(waits)
    runSim(sim, { ...UTF16, ...setup, memory: memoryInUse() }, cases, (result) => results.push(result))
    return results
  })
  const all = merged(kinds)
  all.forEach(onResult)
  return Promise.resolve(all)
}

/** Each of the families, and both kinds of each. A case that fails names the family. */
function checkAt(families: Family[], cases: Case[], onResult: OnResult): Promise<Result[]> {
  const kinds = families.flatMap((family) => [true, false].map((waits) => {
    const results: Result[] = []
    const { sim, setup } = atCheck(family, waits)
    runSim(sim, { ...UTF16, ...setup, memory: memoryInUse() }, cases, (result) => results.push(result.outcome === 'failed' ? { ...result, seen: `${family.name}: ${result.seen}` } : result))
    return results
  }))
  const all = merged(kinds)
  all.forEach(onResult)
  return Promise.resolve(all)
}

/** What a port's module may export besides the port: how the kit should treat it. */
type PortModule = {
  default?: unknown
  createHal?: unknown
  conformance?: Partial<Setup>
}

async function portOfFile(file: string): Promise<Check> {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`)
  const { file: program, done } = await (file.endsWith('.ts') ? compiled(file, '') : { file, done: () => {} })
  let module: PortModule
  try {
    module = await import(pathToFileURL(program).href) as PortModule
  } catch (error) {
    throw new UsageError(`${file} could not be loaded: ${String(error)}`)
  } finally {
    done()
  }
  const make = module.createHal ?? module.default
  if (make === undefined) throw new UsageError(`${file} exports neither createHal nor a default: one of them must be a Hal or a function that makes one.`)
  const made: unknown = typeof make === 'function' ? (make as () => unknown)() : make
  if (typeof made !== 'object' || made === null) throw new UsageError(`What ${file} exports makes ${String(made)}, not a Hal.`)
  const hal = made as Hal
  return (cases, onResult) => withPeer(async (peer) => {
    const results: Result[] = []
    const collect = collecting(results, onResult)
    await runReal({ ...UTF16, ...addressesOf(peer), memory: memoryInUse(), ...module.conformance, hal }, cases, collect)
    return results
  })
}

/** A TypeScript file as a program that Node runs. In a package it was compiled before; in a checkout esbuild is there. */
async function compiled(source: string, built: string): Promise<{ file: string; done: () => void }> {
  // In a package this module may stand in dist/chunks.
  for (const place of [built, `../${built}`]) {
    const beside = fileURLToPath(new URL(place, import.meta.url))
    if (built !== '' && existsSync(beside)) return { file: beside, done: () => {} }
  }
  const { build } = await import('esbuild').catch(() => { throw new UsageError(`esbuild, which compiles ${source}, is not installed: give the compiled .js file.`) })
  const folder = path.resolve('.cache/hal-check')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${path.basename(source, '.ts')}.${process.pid}.${performance.now()}.mjs`)
  await build({ entryPoints: [path.resolve(source)], outfile: file, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'warning' })
  return { file, done: () => { rmSync(file, { force: true }) } }
}
