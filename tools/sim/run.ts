/** Runs one script against one core: faults first, then a calm in which everything must settle. */
import { SimLimitError } from '../../hal/sim/index.js'
import { Faults } from './faults.js'
import { Program } from './program.js'
import { promisesFor } from './promises/index.js'
import type { Script, ScriptEvent } from './script.js'
import { isSettled, settleLimitMs } from './settle.js'
import { World, type Failure, type Recorder, type Under } from './world.js'

export interface RunResult {
  failure: Failure | undefined
  /** Virtual ms that passed, the calm included. */
  ms: number
  /** Simulator events, slices of the client, publishes accepted: what the run consisted of. */
  events: number
  accepted: number
}

/** The least that a program sleeps when the client had nothing to wait for. */
const PAUSE_MS = 50

/** Lets time pass up to `until`, with the client running and the program taking its turns. */
function pass(world: World, program: Program, faults: Faults, until: number): void {
  const { sim, script } = world
  const { device } = sim
  // Between events nobody looks: only a cache to be emptied, and a cut to be noticed, ask for turns.
  const needsTurns = script.client.cache !== undefined && script.client.cache !== 'direct' || script.events.some((event) => event.do === 'powerCut' && event.write > 0)
  while (sim.now < until && world.failure === undefined) {
    const step = Math.min(script.program.periodMs, until - sim.now)
    if (script.program.waits) {
      const before = sim.now
      let code = 0
      device.run(() => { code = world.client.yield(step) })
      // Offline, or a cache that only the program can empty: there was nothing to wait for.
      // A modem goes on meanwhile; a device that waits sleeps either way.
      const sleep = (ms: number): void => (world.modem === undefined ? sim.advance(ms) : sim.run(ms))
      if (code < 0) sleep(step)
      else if (sim.now === before) sleep(Math.min(step, PAUSE_MS))
    } else sim.run(needsTurns ? step : until - sim.now)
    device.run(() => program.turn())
    faults.recover()
    world.stepped()
  }
}

/** Ends every fault, and gives the client the time it may take. */
function settle(world: World, program: Program, faults: Faults): void {
  world.calm = true
  world.recorder?.event(world.now, 'faults end')
  faults.calm()
  world.restsAtCalm = world.modem?.restsMs ?? 0
  // Where the protocol promises nothing by itself, the program or the server goes first: no keepalive, requests without an answer.
  const muted = world.script.events.some((event) => event.do === 'muteSubacks')
  const { link } = world
  // Its end may have been lost in a partition.
  const isDead = link !== undefined && (link.deadAt >= 0 || link.connectionOf()?.open !== true)
  if (world.keepalive === 0 && isDead) world.sim.device.run(() => { world.client.abort() })
  else if (muted) world.server.kick()
  const begun = world.now
  // What comes to light meanwhile, such as a suspected takeover, may take longer.
  const end = (): number => begun + settleLimitMs(world)
  let step = 20
  while (world.failure === undefined && world.now < end()) {
    if (world.state === 'offline') {
      world.lastCallAt = world.now
      world.sim.device.run(() => { world.client.connect() })
    }
    pass(world, program, faults, Math.min(end(), world.now + step))
    if (isSettled(world)) {
      // What is on its way when all seems done arrives now, and may undo it.
      pass(world, program, faults, world.now + 2000)
      if (isSettled(world)) break
    }
    step = Math.min(5000, step * 2)
  }
}

function play(world: World): void {
  const { script } = world
  const program = new Program(world)
  const faults = new Faults(world, program)
  world.start()
  world.hooks = promisesFor(script).map((promise) => promise.watch(world, promise.name))
  for (const event of script.events) {
    pass(world, program, faults, event.at)
    if (world.failure !== undefined) return
    world.recorder?.event(world.now, describeEvent(event))
    let own = false
    world.sim.device.run(() => { own = program.call(event) })
    if (!own && world.sim.device.powered) faults.apply(event)
    faults.recover()
    world.stepped()
  }
  pass(world, program, faults, script.duration)
  if (world.failure === undefined) settle(world, program, faults)
  for (const hook of world.hooks) if (world.failure === undefined) hook.end?.()
}

/** "partition out 300 ms". */
export function describeEvent(event: ScriptEvent): string {
  return Object.entries(event).filter(([key]) => key !== 'at').map(([key, value]) => (key === 'do' ? String(value) : `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)).join(' ')
}

/** One run. Deterministic: the script is all there is. */
export function runScript(script: Script, under: Under, recorder?: Recorder): RunResult {
  const world = new World(script, under, recorder)
  try {
    play(world)
  } catch (error) {
    const message = error instanceof Error ? error.stack ?? error.message : String(error)
    world.fail(error instanceof SimLimitError ? 'no-spin' : 'no-crash', message)
  }
  return { failure: world.failure, ms: world.now, events: world.sim.clock.events, accepted: world.sent.length }
}
