/** One simulated device: a whole `Hal` on a shared network and clock. */
import { HalVersion, LinkCode, type Hal, type NetworkHal } from '../hal.js'
import type { Network } from './network.js'
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

/** Violations kept; more are only counted. */
const VIOLATIONS_KEPT = 1000

export class SimDevice {
  readonly hal: Hal
  readonly timer: SimTimer
  readonly system: SimSystem
  readonly storage: SimStorage
  /** What `hal.network` answers, and how often it was told to restart. */
  readonly bearer = { ready: 1, reason: '', restarts: 0 }
  /** Breaches of the contract by the program: the first 1000, as sentences. A good program leaves it empty. */
  readonly violations: string[] = []
  violationCount = 0
  private sockets: SimSocket[] = []

  constructor(network: Network, world: Omit<TimerWorld, 'violation'>, random: Random, trace: Trace, id: string, options: DeviceOptions) {
    const { clock } = world
    const violation = (what: string): void => {
      this.violationCount += 1
      if (this.violations.length < VIOLATIONS_KEPT) this.violations.push(`${clock.now} ms: ${what}`)
    }
    const limit = options.sockets ?? 4
    this.timer = new SimTimer({ ...world, violation }, options.waits === true, options.startTicks ?? 0, options.wrap ?? 'int32')
    this.system = new SimSystem(clock, random.fork('system'), id)
    this.system.wallClockAtStart = options.wallClock ?? 0
    this.storage = new SimStorage(options.storageLimit ?? 65536)
    const socketRandom = random.fork('socket')
    const networkHal: NetworkHal = {
      ready: () => this.bearer.ready,
      reason: () => this.bearer.reason,
      restart: () => {
        this.bearer.restarts += 1
      }
    }
    this.hal = {
      version: HalVersion.Current,
      socket: {
        open: (endpoint) => {
          const wake = (): void => this.timer.socketEvent()
          const owner = {
            clock, random: socketRandom, trace, violation, wake,
            released: () => {
              this.sockets = this.sockets.filter((socket) => !socket.released)
            }
          }
          if (this.sockets.length >= limit) return SimSocket.refused(owner, LinkCode.NoSocket)
          const socket = network.open(owner, endpoint)
          this.sockets.push(socket)
          return socket
        }
      },
      timer: this.timer.hal(),
      system: this.system.hal(),
      text: simText,
      ...(options.storage === false ? {} : { storage: this.storage.hal(LinkCode.Unsupported) }),
      ...(options.bearer === true ? { network: networkHal } : {})
    }
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

  /** Power is cut and comes back: sockets vanish without a sign to the server, wakes are gone, ticks start again, storage stays. */
  powerCut(reason = 'power-on'): void {
    for (const socket of this.sockets) socket.vanish()
    this.sockets = []
    this.timer.powerCut()
    this.system.resetReason = reason
  }
}
