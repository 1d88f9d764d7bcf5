/**
 * hal/sim: a port whose clock, network and storage are virtual. One seed replays a run byte for byte: nothing here
 * reads a real clock, real chance or a real timer.
 *
 * The waiting kind (`waits: true`) moves time inside `timer.wait`: call `client.yield(ms)`. The event kind moves it with
 * `run(ms)`, which wakes the program as its events come.
 */
import type { Hal } from '../hal.js'
import { Clock } from './clock.js'
import type { Conditions } from './conditions.js'
import { SimDevice, type DeviceOptions } from './device.js'
import { SimLimitError } from './errors.js'
import { Network } from './network.js'
import { Random } from './random.js'
import { Trace } from './trace.js'

export { Clock } from './clock.js'
export { DEFAULT_CONDITIONS, type Conditions, type Pieces } from './conditions.js'
export { SimConnection, type Direction } from './connection.js'
export { SimDevice, type DeviceOptions, type RebootOptions } from './device.js'
export { PowerCut, SimLimitError } from './errors.js'
export { Network, type ConnectAnswer, type ListenOptions, type Listening, type NameAnswer } from './network.js'
export { Random } from './random.js'
export type { CutKind, SimStorage, Wear } from './storage.js'
export { fromArray, toArray } from './text.js'
export { firstDifference, hex, Trace, type TraceEntry } from './trace.js'
export type { Wrap } from './timer.js'

export interface SimOptions extends DeviceOptions {
  /** Everything left to chance comes from it. 1 when absent. */
  seed?: number
  /** The network's conditions, over `DEFAULT_CONDITIONS`. */
  conditions?: Partial<Conditions>
  /** Entries of the trace, 0 for none; 100000 when absent. */
  traceLimit?: number
  /** Events that one call of `run`, `settle`, `advance` or `wait` may run; 5000000 when absent. */
  maxEvents?: number
  /** Wakes or waits at one instant before the program counts as spinning; 100000 when absent. */
  maxSpins?: number
}

export class Sim {
  readonly seed: number
  readonly clock = new Clock()
  readonly random: Random
  readonly trace: Trace
  readonly network: Network
  readonly devices: SimDevice[] = []
  /** The first device. */
  readonly device: SimDevice
  private readonly maxEvents: number
  private readonly maxSpins: number
  private running = false

  constructor(options: SimOptions) {
    this.seed = options.seed ?? 1
    this.random = new Random(this.seed)
    this.trace = new Trace(options.traceLimit ?? 100000)
    this.maxEvents = options.maxEvents ?? 5000000
    this.maxSpins = options.maxSpins ?? 100000
    this.network = new Network(this.clock, this.random.fork('network'), this.trace, options.conditions ?? {})
    this.device = this.addDevice(options)
  }

  /** The first device's port, as its present life has it. */
  get hal(): Hal {
    return this.device.hal
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.clock.now
  }

  /** Another device on the same network and clock. */
  addDevice(options: DeviceOptions = {}): SimDevice {
    const id = options.id ?? `sim${this.devices.length + 1}`
    const world = { clock: this.clock, step: (until: number) => this.step(until), maxEvents: this.maxEvents, maxSpins: this.maxSpins }
    const device = new SimDevice(this.network, world, this.random.fork(`device ${this.devices.length} ${id}`), this.trace, id, options)
    this.devices.push(device)
    return device
  }

  /** Moves time by `ms`, running what is due and waking devices of the event kind. */
  run(ms: number): void {
    this.loop('run', this.now + ms, () => true)
  }

  /**
   * Runs until no byte or connection step is under way and nobody is to be woken. Timers and scripts due meanwhile run too.
   * @param limitMs virtual time after which it gives up with an error.
   */
  settle(limitMs = 60000): void {
    const end = this.now + limitMs
    const idle = this.loop('settle', end, () => this.clock.netPending > 0 || this.devices.some((device) => device.timer.pending()), false)
    if (!idle) throw new SimLimitError('settle', limitMs, 'ms', `${this.clock.netPending} network events still to come`)
  }

  /**
   * Runs until `condition` holds, asked after every event.
   * @param limitMs virtual time after which it gives up with an error that names `what`.
   */
  until(condition: () => boolean, limitMs: number, what: string): void {
    const end = this.now + limitMs
    this.fire()
    this.loop('until', end, () => !condition())
    if (!condition()) throw new SimLimitError(`waiting for ${what}`, limitMs, 'ms', `at ${this.now} ms`)
  }

  /** Moves time by `ms` for network and servers only: devices sleep, and find what came when they next run. */
  advance(ms: number): void {
    const end = this.now + ms
    this.counted('advance', () => this.clock.step(end))
    this.clock.spend(end - this.now)
  }

  /** The processor is busy for `ms`: time passes and nothing else happens. Allowed inside callbacks. */
  busy(ms: number): void {
    this.clock.spend(ms)
  }

  /** Runs `fn` after `ms`, as part of the world: a fault at a given time. */
  after(ms: number, fn: () => void): void {
    this.clock.schedule(ms, 'script', fn)
  }

  /** Throws when user code threw inside a guard or when the program broke the port's contract. */
  check(): void {
    for (const device of this.devices) {
      if (device.system.errors.length > 0) throw device.system.errors[0]
      if (device.violations.length > 0) throw new Error(`the program broke the port's contract ${device.violationCount} times: ${device.violations[0]}`)
    }
  }

  /** One event, and whom it wakes. */
  private step(until: number): boolean {
    if (!this.clock.step(until)) return false
    this.fire()
    return true
  }

  private fire(): void {
    for (const device of this.devices) if (device.timer.pending()) device.timer.fire()
  }

  /** True when it ended by the condition or with time used up; with `spendRest` the rest of the time passes. */
  private loop(what: string, end: number, more: () => boolean, spendRest = true): boolean {
    if (this.running) throw new Error(`${what}() inside another run of the simulator: callbacks must not move time, except by busy()`)
    this.running = true
    try {
      this.fire()
      let stopped = false
      this.counted(what, () => {
        if (!more()) {
          stopped = true
          return false
        }
        return this.step(end)
      })
      if (spendRest && !stopped) this.clock.spend(end - this.now)
      return stopped || !more()
    } finally {
      this.running = false
    }
  }

  private counted(what: string, once: () => boolean): void {
    let events = 0
    while (once()) {
      events += 1
      if (events > this.maxEvents) throw new SimLimitError(what, this.maxEvents, 'events', `at ${this.now} ms`)
    }
  }
}

/** A simulated world with one device. */
export function createSim(options: SimOptions = {}): Sim {
  return new Sim(options)
}
