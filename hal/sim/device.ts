/**
 * One simulated device: a whole `Hal` on a shared network and clock, and the lives it has: power goes, power comes back.
 */
import { HalVersion, LinkCode, type Hal, type NetworkHal, type SocketHal } from '../hal.js'
import { PowerCut } from './errors.js'
import type { Network } from './network.js'
import { Power } from './power.js'
import type { Random } from './random.js'
import { SimSocket } from './socket.js'
import { SimStorage } from './storage.js'
import { SimSystem } from './system.js'
import { simText } from './text.js'
import { SimTimer, type TimerWorld, type Wrap } from './timer.js'
import type { Trace } from './trace.js'

export interface DeviceOptions {
  /** What `system.id()` answers; letters and digits. "sim1", "sim2", ... when absent. */
  id?: string
  /** True: `timer.wait` is there and `onWake` is not, as on ports that can wait. False (when absent): the other way round. */
  waits?: boolean
  /** What `ticks()` starts from. 0 when absent. */
  startTicks?: number
  /** How ticks wrap; `int32` when absent. */
  wrap?: Wrap
  /** Sockets that can be open at a time; 4 when absent. */
  sockets?: number
  /** Seconds since 1970 at the start, 0 (when absent) for a device without a clock. */
  wallClock?: number
  /** False: no `hal.storage`. Its values may be this large; 65536 bytes when absent. */
  storage?: boolean
  storageLimit?: number
  /** True: `hal.network` is there, and `bearer` sets what it answers. */
  bearer?: boolean
}

/** How the next life begins. */
export interface RebootOptions {
  /** What `ticks()` starts from; as in the first life when absent. */
  startTicks?: number
  /** What `system.resetReason()` answers; what `powerCut` was given when absent, "power-on" where it was given nothing. */
  resetReason?: string
}

/** Violations kept; more are only counted. */
const VIOLATIONS_KEPT = 1000

export class SimDevice {
  readonly timer: SimTimer
  readonly system: SimSystem
  readonly storage: SimStorage
  /** What `hal.network` answers, and how often it was told to restart. */
  readonly bearer = { ready: 1, reason: '', restarts: 0 }
  /** Breaches of the contract by the program: the first 1000, as sentences. A good program leaves it empty. */
  readonly violations: string[] = []
  violationCount = 0
  /**
   * Called once for each cut, as an event of the world at the instant of the cut, when the program has been unwound: the
   * place to plan the reboot.
   */
  onPowerCut: (() => void) | undefined
  private power: Power
  private current: Hal
  private sockets: SimSocket[] = []
  private nextReason = 'power-on'

  constructor(private readonly network: Network, private readonly world: Omit<TimerWorld, 'violation'>, private readonly random: Random,
    private readonly trace: Trace, readonly id: string, private readonly options: DeviceOptions) {
    this.timer = new SimTimer({ ...world, violation: (what) => this.violation(what) }, options.waits === true, options.startTicks ?? 0, options.wrap ?? 'int32')
    this.system = new SimSystem(world.clock, random.fork('system'), id)
    this.system.wallClockAtStart = options.wallClock ?? 0
    this.storage = new SimStorage(options.storageLimit ?? 65536, random.fork('storage'))
    this.power = new Power(id, 1, () => this.dark())
    this.current = this.build(this.power)
  }

  /** The port of the present life. The one of an ended life throws `PowerCut` at whoever calls it. */
  get hal(): Hal {
    return this.current
  }

  /** Lives begun, 1 for the first. */
  get boots(): number {
    return this.power.boot
  }

  /** False between a power cut and the reboot. */
  get powered(): boolean {
    return this.power.on
  }

  /** Sockets that are open or opening. */
  get openSockets(): number {
    return this.sockets.length
  }

  /** Changes what `hal.network` answers, and wakes the program as a bearer event does. */
  setBearer(ready: number, reason = ''): void {
    this.bearer.ready = ready
    this.bearer.reason = reason
    this.timer.socketEvent()
  }

  /** The device gets another IP address: every connection it has dies without a sign on either side; new ones work. */
  changeAddress(): void {
    this.trace.event(this.world.clock.now, 0, `${this.id} changes its address`)
    for (const socket of this.sockets) socket.connection?.halfOpen('both')
  }

  /**
   * Runs a piece of the program at the device's border. True: it ended. False: the power went, and the program with it.
   * Whoever calls a client directly (`client.yield`, `client.publish`) does it in here where power may go.
   */
  run(program: () => void): boolean {
    try {
      program()
      return this.power.on
    } catch (error) {
      if (error instanceof PowerCut) return false
      throw error
    }
  }

  /**
   * The power goes now: wakes are gone, bytes that left still arrive, sockets vanish without a sign to the server, storage
   * stays. A program in the middle of something is unwound by `PowerCut` at its next call of the port.
   * @param reason what `system.resetReason()` answers in the next life.
   */
  powerCut(reason = 'power-on'): void {
    this.nextReason = reason
    this.power.cut()
  }

  /** The power comes back: a fresh port on the same storage, for a new program. Cuts first where there was power. */
  reboot(options: RebootOptions = {}): Hal {
    this.power.cut()
    const boot = this.power.boot + 1
    this.timer.reboot(options.startTicks ?? this.options.startTicks ?? 0)
    this.system.reboot(this.random.fork(`system ${boot}`), options.resetReason ?? this.nextReason)
    this.nextReason = 'power-on'
    this.power = new Power(this.id, boot, () => this.dark())
    this.current = this.build(this.power)
    this.trace.event(this.world.clock.now, 0, `${this.id} boot ${boot}`)
    return this.current
  }

  /** What happens when the power goes. */
  private dark(): void {
    const { clock } = this.world
    this.trace.event(clock.now, 0, `${this.id} power cut`)
    for (const socket of this.sockets) socket.vanish()
    this.sockets = []
    this.timer.powerCut()
    clock.schedule(0, 'script', () => this.onPowerCut?.())
  }

  private violation(what: string): void {
    this.violationCount += 1
    if (this.violations.length < VIOLATIONS_KEPT) this.violations.push(`${this.world.clock.now} ms: ${what}`)
  }

  private build(power: Power): Hal {
    const { options } = this
    const networkHal: NetworkHal = {
      ready: () => {
        power.check('network.ready')
        return this.bearer.ready
      },
      reason: () => this.bearer.reason,
      restart: () => {
        power.check('network.restart')
        this.bearer.restarts += 1
      }
    }
    return {
      version: HalVersion.Current,
      socket: this.socketHal(power),
      timer: this.timer.hal(power),
      system: this.system.hal(power),
      text: simText,
      ...(options.storage === false ? {} : { storage: this.storage.hal(power, LinkCode.Unsupported) }),
      ...(options.bearer === true ? { network: networkHal } : {})
    }
  }

  private socketHal(power: Power): SocketHal {
    const { clock } = this.world
    const limit = this.options.sockets ?? 4
    const random = this.random.fork(power.boot === 1 ? 'socket' : `socket ${power.boot}`)
    const owner = {
      clock, random, trace: this.trace,
      violation: (what: string) => this.violation(what),
      wake: () => {
        if (power.on) this.timer.socketEvent()
      },
      released: () => {
        this.sockets = this.sockets.filter((socket) => !socket.released)
      }
    }
    return {
      open: (endpoint) => {
        power.check('socket.open')
        if (this.sockets.length >= limit) return SimSocket.refused(owner, LinkCode.NoSocket)
        const socket = this.network.open(owner, endpoint)
        this.sockets.push(socket)
        return socket
      }
    }
  }
}
