/** The port for LuaTask (Air724 and its kin, Lua 5.1): `yieldmq.create(yieldmq.luatask(), options)`, in a task of `sys`. docs/lua.md. */
import { EMPTY, type Bytes } from '../../firmware/bytes.js'
import { HalVersion, type CryptoHal, type Hal, type NetworkHal } from '../hal.js'
import { guardWith, text } from '../lua/common.js'
import { files } from '../lua/files.js'
import { fromHex } from '../lua/hex.js'
import type { LuaMath, LuaOs } from '../lua/lua.js'
import { waitInTask } from '../lua/task.js'
import { createClock, read } from './clock.js'
import { openSocket, writeInto } from './socket.js'

type Digest = (this: void, bytes: Bytes, lengthOrKey: number | Bytes, key?: Bytes, keyLength?: number) => string

declare const math: LuaMath
declare const os: LuaOs
declare const log: { error(this: void, tag: string, what: unknown): void }
declare const crypto: Record<string, Digest | undefined> | undefined
declare const misc: { getImei(this: void): string }
declare const net: { switchFly(this: void, on: boolean): void; getState(this: void): string }
declare const rtos: { tick(this: void): number; poweron_reason(this: void): number }
declare const socket: { isReady(this: void): boolean }
declare const sys: { restart(this: void, reason: string): void; timerStart(this: void, fn: (this: void) => void, ms: number): unknown }
declare function require(this: void, name: string): unknown
declare function tostring(this: void, value: unknown): string

/** Wakes the task that is in `yield`, after another one has given the client something to do. */
export { wakeTasks as wake } from '../lua/task.js'

export interface LuataskOptions {
  /** What the device is called, letters and digits; the IMEI when absent, which is unknown in the first seconds. */
  id?: string
  /** Where values, and certificates that are texts, are stored, without a slash at its end: the root when absent. */
  folder?: string
  /** Of `rtos.tick()` in a second; 16384 when absent, which the vendor does not document. */
  ticksPerSecond?: number
  /** Hears what a function of the program threw; the log when absent. */
  onCallbackError?: (this: void, error: unknown) => void
}

const enum Limit {
  /** s since 1970: a clock that shows less was never set. */
  ClockSet = 1700000000,
  /** ms of flight mode when the network is started anew. */
  Flight = 20000,
  Ticks = 16384
}

const cryptoPart: CryptoHal = {
  hash: (name, bytes) => {
    const fn = crypto![name]
    return fn === undefined ? EMPTY : fromHex(fn(bytes, bytes.length))
  },
  hmac: (name, key, bytes) => {
    const fn = crypto!['hmac_' + name]
    // The younger one takes no lengths.
    return fn === undefined ? EMPTY : fromHex(name === 'sha256' ? fn(bytes, key) : fn(bytes, bytes.length, key, key.length))
  }
}

const network: NetworkHal = {
  ready: () => socket.isReady() ? 1 : 0,
  reason: () => 'no IP address; registration ' + net.getState(),
  restart: () => {
    net.switchFly(true)
    sys.timerStart(() => { net.switchFly(false) }, Limit.Flight)
  }
}

function tellError(this: void, error: unknown): void {
  log.error('yieldmq', 'a function of the program threw: ' + tostring(error))
}

/** The port. */
export function luatask(this: void, options?: LuataskOptions): Hal {
  for (const name of ['sys', 'log', 'misc', 'net', 'socket']) require(name)
  const given: LuataskOptions = options === undefined ? {} : options
  const folder = given.folder === undefined ? '' : given.folder
  writeInto(folder)
  const clock = createClock(given.ticksPerSecond === undefined ? Limit.Ticks : given.ticksPerSecond)
  math.randomseed(rtos.tick())
  const hal: Hal = {
    version: HalVersion.Current,
    socket: { open: openSocket },
    timer: {
      ticks: () => read(clock),
      since: (t0) => read(clock) - t0,
      wait: waitInTask
    },
    system: {
      id: () => given.id === undefined ? misc.getImei() : given.id,
      random: () => math.random(0, 32767),
      wallClock: () => {
        const seconds = os.time()
        return seconds < Limit.ClockSet ? 0 : seconds
      },
      resetReason: () => 'unknown',
      // The scheduler feeds the watchdog itself; only a task that never waits starves it.
      feedWatchdog: () => {},
      restart: (reason) => { sys.restart(reason) },
      guard: guardWith(given.onCallbackError === undefined ? tellError : given.onCallbackError)
    },
    text: text,
    storage: files(folder, 'yieldmq.'),
    network: network
  }
  if (crypto !== undefined) hal.crypto = cryptoPart
  return hal
}
