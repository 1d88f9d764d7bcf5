/**
 * The port for Lua with LuaSocket, and LuaSec where TLS is wanted: OpenWrt routers and PCs, on Lua 5.1, 5.3, 5.4 and LuaJIT.
 * `yieldmq.create(yieldmq.luasocket(), options)`; docs/lua.md.
 */
import { files } from '../lua/files.js'
import { guardWith, text } from '../lua/common.js'
import { HalVersion, type Hal } from '../hal.js'
import type { LuaIo, LuaMath, LuaOs, LuaString } from '../lua/lua.js'
import { now } from './clock.js'
import { openSocket, waitForAny } from './socket.js'

declare const io: LuaIo
declare const math: LuaMath
declare const os: LuaOs
declare const string: LuaString
declare function tostring(this: void, value: unknown): string

export interface LuaSocketOptions {
  /** What the device is called, letters and digits; the address of its first network card when absent. */
  id?: string
  /** A folder for stored values. Without one the port has no storage. */
  folder?: string
  /** ms at which `ticks` begins, for tests of its wrap. */
  ticksOrigin?: number
  /** Hears what a function of the program threw; standard error when absent. */
  onCallbackError?: (this: void, error: unknown) => void
}

/** s since 1970: a clock that shows less was never set. */
const enum Clock { Set = 1700000000 }

const CARDS = ['br-lan', 'eth0', 'wlan0', 'en0']

function firstLine(this: void, name: string): string | undefined {
  const file = io.open(name, 'r')
  if (file === undefined) return undefined
  const line = file.read('*l')
  file.close()
  return line
}

/** A network card's address, else what systemd calls the machine. */
function identity(this: void): string {
  for (const card of CARDS) {
    const address = firstLine('/sys/class/net/' + card + '/address')
    if (address !== undefined && string.match(address, '[1-9a-f]') !== undefined) {
      const [digits] = string.gsub(address, '%W', '')
      return digits
    }
  }
  const machine = firstLine('/etc/machine-id')
  return machine === undefined ? '' : string.sub(machine, 1, 16)
}

/** The system's own chance, two bytes of it. */
function chance(this: void): number | undefined {
  const file = io.open('/dev/urandom', 'rb')
  if (file === undefined) return undefined
  const bytes = file.read(2)
  file.close()
  return bytes === undefined || bytes.length < 2 ? undefined : string.byte(bytes, 1) % 128 * 256 + string.byte(bytes, 2)
}

function tellError(this: void, error: unknown): void {
  io.stderr.write('yieldmq: a function of the program threw: ' + tostring(error) + '\n')
}

/** The port. Each call makes one with the same sockets behind it. */
export function luasocket(this: void, options?: LuaSocketOptions): Hal {
  const given: LuaSocketOptions = options === undefined ? {} : options
  const origin = given.ticksOrigin === undefined ? 0 : given.ticksOrigin - now()
  const id = given.id === undefined ? identity() : given.id
  const hal: Hal = {
    version: HalVersion.Current,
    socket: { open: openSocket },
    timer: {
      ticks: () => now() + origin,
      since: (t0) => now() + origin - t0,
      wait: (ms) => {
        waitForAny(ms * 0.001)
        return 0
      }
    },
    system: {
      id: () => id,
      random: () => {
        const n = chance()
        return n === undefined ? math.random(0, 32767) : n
      },
      wallClock: () => {
        const seconds = os.time()
        return seconds < Clock.Set ? 0 : seconds
      },
      resetReason: () => 'unknown',
      feedWatchdog: () => {},
      // Whoever keeps the program alive (procd, systemd) starts it anew.
      restart: () => { os.exit(75) },
      guard: guardWith(given.onCallbackError === undefined ? tellError : given.onCallbackError)
    },
    text: text
  }
  if (given.folder !== undefined) hal.storage = files(given.folder, 'yieldmq.')
  return hal
}
