/**
 * The port for LuatOS (Lua 5.3 with numbers of 32 bits): `yieldmq.create(yieldmq.luatos(), options)`, in a task of `sys`.
 * docs/lua.md.
 */
import { at, EMPTY, type Bytes } from '../../firmware/bytes.js'
import { HalVersion, LinkCode, type CryptoHal, type Hal, type NetworkHal, type StorageHal } from '../hal.js'
import { guardWith, text } from '../lua/common.js'
import { fromHex } from '../lua/hex.js'
import type { LuaCall, LuaMath, LuaOs, Several } from '../lua/lua.js'
import { waitInTask } from '../lua/task.js'
import { openSocket } from './socket.js'

type Digest = (this: void, bytes: Bytes, key?: Bytes) => string

declare const log: { error(this: void, tag: string, what: unknown): void }
declare const math: LuaMath
declare const os: LuaOs
declare const pcall: LuaCall
declare const mcu: { ticks(this: void): number; unique_id?: (this: void) => Bytes }
declare const mobile: { imei(this: void): string | undefined; status(this: void): number; flymode(this: void, index: number, on: boolean): unknown } | undefined
declare const rtos: { reboot(this: void): void }
declare const pm: { lastReson?: (this: void) => Several<[number, number, number]> } | undefined
declare const wdt: { feed(this: void): void } | undefined
declare const crypto: Record<string, Digest | undefined> & { trng(this: void, count: number): Bytes }
declare const fskv: {
  init(this: void): unknown
  get(this: void, key: string): Bytes | undefined
  set(this: void, key: string, bytes: Bytes): boolean
  del(this: void, key: string): boolean
} | undefined
declare const socket: { adapter(this: void): boolean | undefined }
declare const sys: { timerStart(this: void, fn: (this: void) => void, ms: number): unknown }
declare function tostring(this: void, value: unknown): string

/** Wakes the task that is in `yield`, after another one has given the client something to do. */
export { wakeTasks as wake } from '../lua/task.js'

export interface LuatosOptions {
  /** What the device is called, letters and digits; the IMEI, or the chip's own number, when absent. */
  id?: string
  /** Hears what a function of the program threw; the log when absent. */
  onCallbackError?: (this: void, error: unknown) => void
}

const enum Limit {
  /** s since 1970: a clock that shows less was never set. */
  ClockSet = 1700000000,
  /** Bytes of one value: fskv stores 4095 with a byte of its own. */
  Value = 4000,
  /** ms of flight mode when the network is started anew. */
  Flight = 5000
}

function identity(this: void): string {
  const imei = mobile === undefined ? undefined : mobile.imei()
  if (imei !== undefined && imei.length > 0) return imei
  const chip = mcu.unique_id === undefined ? EMPTY : mcu.unique_id()
  let digits = ''
  for (let i = 0; i < chip.length; i = i + 1) digits = digits + tostring(at(chip, i))
  return digits
}

const REASONS = ['power-on', 'power-on', 'power-on', 'software', 'unknown', 'power-on', 'watchdog', 'software', 'watchdog', 'power-on', 'power-on']

/** The third word is the detailed one; a device that woke from its deepest sleep says so in the second. */
function resetReason(this: void): string {
  if (pm === undefined || pm.lastReson === undefined) return 'unknown'
  const [_by, state, detail] = pm.lastReson()
  if (state === 3 || state === 4) return 'deep-sleep'
  const word = REASONS[detail]
  return word === undefined ? 'unknown' : word
}

function digest(this: void, name: string, bytes: Bytes, key?: Bytes): Bytes {
  const fn = crypto[name]
  return fn === undefined ? EMPTY : fromHex(key === undefined ? fn(bytes) : fn(bytes, key))
}

const cryptoPart: CryptoHal = {
  hash: (name, bytes) => digest(name, bytes),
  hmac: (name, key, bytes) => digest('hmac_' + name, bytes, key)
}

const network: NetworkHal = {
  ready: () => socket.adapter() === true ? 1 : 0,
  reason: () => mobile === undefined ? 'no IP address' : 'no IP address; registration ' + tostring(mobile.status()),
  restart: () => {
    if (mobile === undefined) return
    mobile.flymode(0, true)
    sys.timerStart(() => { mobile.flymode(0, false) }, Limit.Flight)
  }
}

/** The key-value store of the flash. Its keys have 63 characters at most. */
const storage: StorageHal = {
  get: (key) => {
    const bytes = fskv!.get('yieldmq.' + key)
    return bytes === undefined ? EMPTY : bytes
  },
  set: (key, bytes) => bytes.length <= Limit.Value && fskv!.set('yieldmq.' + key, bytes) ? 0 : LinkCode.StorageFailed,
  remove: (key) => {
    fskv!.del('yieldmq.' + key)
    return fskv!.get('yieldmq.' + key) === undefined ? 0 : LinkCode.StorageFailed
  },
  sizeLimit: () => Limit.Value
}

function tellError(this: void, error: unknown): void {
  log.error('yieldmq', 'a function of the program threw: ' + tostring(error))
}

/** The port. Firmwares differ in what they contain: without `fskv` there is no storage, without `crypto` no hashes. */
export function luatos(this: void, options?: LuatosOptions): Hal {
  const given: LuatosOptions = options === undefined ? {} : options
  const hal: Hal = {
    version: HalVersion.Current,
    socket: { open: openSocket },
    timer: {
      ticks: mcu.ticks,
      // The difference of two whole numbers of 32 bits survives the wrap.
      since: (t0) => {
        // eslint-disable-next-line dialect/no-tick-arithmetic -- this is where since is made
        const passed = mcu.ticks() - t0
        // Where numbers are wider, as on a PC, it does not by itself.
        return passed < 0 ? passed + 2147483647 + 2147483647 + 2 : passed
      },
      wait: waitInTask
    },
    system: {
      id: () => given.id === undefined ? identity() : given.id,
      random: () => {
        const [ok, bytes] = pcall(crypto.trng, 2)
        return ok ? at(bytes as Bytes, 0) % 128 * 256 + at(bytes as Bytes, 1) : math.random(0, 32767)
      },
      wallClock: () => {
        const seconds = os.time()
        return seconds < Limit.ClockSet ? 0 : seconds
      },
      resetReason: resetReason,
      feedWatchdog: wdt === undefined ? () => {} : wdt.feed,
      restart: () => { rtos.reboot() },
      guard: guardWith(given.onCallbackError === undefined ? tellError : given.onCallbackError)
    },
    text: text,
    network: network
  }
  if (crypto !== undefined) hal.crypto = cryptoPart
  if (fskv !== undefined) {
    fskv.init()
    hal.storage = storage
  }
  return hal
}
