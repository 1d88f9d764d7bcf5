/**
 * A stand-in for the Espruino interpreter: the globals and modules that hal/espruino uses, behaving as measured (docs/espruino.md),
 * around a bundle that was compiled for boards. The real interpreter runs the same bundle in `npm run test:espruino`.
 */
import { createHash, randomInt } from 'node:crypto'
import { keptBundle } from '../build/kept.js'
import { flagsOf, type Flags } from '../build/profiles.js'
import type * as program from './espruino-program.js'
import { StubNet, type NetOptions } from './espruino-net.js'

export type PortProgram = typeof program

export interface StubOptions extends NetOptions {
  /** Modules beside `net`, `Storage` and `crypto`; null takes one away. */
  modules?: Record<string, unknown>
  /** Bytes of the flash for files. Default 65536. */
  flashBytes?: number
  /** ESP8266, ESP32: the object of that name. */
  globals?: Record<string, unknown>
  /** Feature flags; those of `full` when absent. */
  flags?: Flags
}

const NAME_BYTES = 28

/** `Storage`: names are cut at 28 bytes, nothing empty is written, and a full flash throws. */
export class StubStorage {
  readonly files = new Map<string, string>()
  constructor(private readonly flashBytes: number) {}

  read(name: string): string | undefined {
    return this.files.get(name.slice(0, NAME_BYTES))
  }

  write(name: string, data: string): boolean {
    if (data.length === 0) throw new Error("Can't create zero length file")
    let used = 0
    for (const [other, bytes] of this.files) if (other !== name) used += NAME_BYTES + bytes.length
    if (used + NAME_BYTES + data.length > this.flashBytes) throw new Error('Unable to find or create file')
    this.files.set(name.slice(0, NAME_BYTES), data)
    return true
  }

  erase(name: string): void {
    this.files.delete(name.slice(0, NAME_BYTES))
  }
}

const HASHES: Record<string, string> = { SHA1: 'sha1', SHA224: 'sha224', SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512' }

function stubCrypto(): Record<string, (text: string) => ArrayBuffer> {
  return Object.fromEntries(Object.entries(HASHES).map(([name, hash]) => [name, (text: string) => {
    const digest = createHash(hash).update(text, 'latin1').digest()
    return digest.buffer.slice(digest.byteOffset, digest.byteOffset + digest.length) as ArrayBuffer
  }]))
}

/** One board: its flash and its clock outlive `boot`. */
export class EspruinoStub {
  readonly storage: StubStorage
  readonly net: StubNet
  /** Calls of E's functions: `reboot`, `kickWatchdog`, `enableWatchdog 60 false`. */
  readonly calls: string[] = []
  private offset = 0
  private timers = new Map<number, NodeJS.Timeout>()
  private timerIds = 0

  constructor(private readonly options: StubOptions = {}) {
    this.storage = new StubStorage(options.flashBytes ?? 65_536)
    this.net = new StubNet(options)
  }

  private require(name: string): unknown {
    const modules: Record<string, unknown> = { net: this.net, Storage: this.storage, crypto: stubCrypto(), ...this.options.modules }
    const found = modules[name]
    if (found === undefined || found === null) throw new Error(`Module "${name}" not found`)
    return found
  }

  private readonly getTime = (): number => (performance.timeOrigin + performance.now()) / 1000 + this.offset

  private readonly setTime = (seconds: number): void => {
    this.offset += seconds - this.getTime()
  }

  private readonly setTimeout = (fn: (...args: unknown[]) => void, ms: number, ...args: unknown[]): number => {
    this.timerIds += 1
    const id = this.timerIds
    // Node's own timers end at 2^31 ms.
    this.timers.set(id, setTimeout(() => {
      this.timers.delete(id)
      fn(...args)
    }, Math.min(ms, 2 ** 31 - 1)))
    return id
  }

  private readonly clearTimeout = (id?: number): void => {
    for (const one of id === undefined ? [...this.timers.keys()] : [id]) {
      clearTimeout(this.timers.get(one))
      this.timers.delete(one)
    }
  }

  /** Runs the bundle as after a start of the board. What it calls `global` is new each time. */
  async boot(): Promise<PortProgram & { global: Record<string, unknown> }> {
    const flags = this.options.flags ?? flagsOf('full')
    const { code } = await keptBundle('espruino', { entry: 'tools/hal-check/espruino-program.ts', flags })
    const global: Record<string, unknown> = { setTime: this.setTime, ...this.options.globals }
    const E = {
      hwRand: () => randomInt(-(2 ** 31), 2 ** 31),
      reboot: () => { this.calls.push('reboot') },
      kickWatchdog: () => { this.calls.push('kickWatchdog') },
      enableWatchdog: (seconds: number, isAuto: boolean) => { this.calls.push(`enableWatchdog ${seconds} ${isAuto}`) },
      toString: (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
    }
    const names = { global, E, require: this.require.bind(this), getTime: this.getTime, getSerial: () => 'a1b2c3d4-e5f6', setTimeout: this.setTimeout, clearTimeout: this.clearTimeout }
    const exports = {} as PortProgram
    // The bundle is ours, and this is how the interpreter runs a module.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const run = new Function('exports', ...Object.keys(names), code) as (...values: unknown[]) => void
    run(exports, ...Object.values(names))
    return Object.assign(exports, { global })
  }
}
