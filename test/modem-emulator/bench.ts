/** A module on a bench: a simulated network behind it, a terminal in front of it. */
import type { Bytes } from '../../hal/hal.js'
import { Sim, type SimConnection } from '../../hal/sim/index.js'
import { ModemEmulator, type ModemOptions } from '../../hal/sim/modem/index.js'

export const HOST = 'broker.test'
export const PORT = 1883

/** All 256 byte values, with what looks like a module's own lines inside. */
export const NASTY = `${Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')}\r\nOK\r\n+IPD,4:> \r\nCLOSED\r\n\x1a\x1b` as Bytes

export class Bench {
  readonly sim: Sim
  readonly modem: ModemEmulator
  /** What the module sent and no `expect` has taken. */
  output = ''
  /** What reached the server. */
  served = ''
  connection: SimConnection | undefined

  constructor(options: ModemOptions, server: { tls?: 'ok' | 'untrusted' } = {}) {
    this.sim = new Sim({ seed: options.seed ?? 1, id: 'module', sockets: 16 })
    this.sim.network.listen(HOST, PORT, (connection) => {
      this.connection = connection
      connection.onData((bytes) => {
        this.served += bytes
      })
    }, server)
    this.modem = new ModemEmulator(this.sim.hal, options)
    this.modem.onOutput = (bytes) => {
      this.output += bytes
    }
  }

  type(text: string): void {
    this.modem.input(text as Bytes)
  }

  /** Waits until the output contains `text`, and returns it from the start to there; the rest stays. */
  expect(text: string, limitMs = 20000): string {
    const found = (): number => this.output.indexOf(text)
    try {
      this.sim.until(() => found() >= 0, limitMs, JSON.stringify(text))
    } catch (error) {
      throw new Error(`${(error as Error).message}\nthe module sent ${JSON.stringify(this.output)}`)
    }
    const end = found() + text.length
    const taken = this.output.substring(0, end)
    this.output = this.output.substring(end)
    return taken
  }

  /** A command and what ends it; returns all that came. */
  command(line: string, end = '\r\nOK\r\n'): string {
    this.output = ''
    this.type(`${line}\r\n`)
    return this.expect(end)
  }

  /** A command, its prompt, and data. */
  give(line: string, data: string, end: string, prompt = '\r\n> '): string {
    this.command(line, prompt)
    this.type(data)
    return this.expect(end)
  }

  run(ms: number): void {
    this.sim.run(ms)
  }

  /** Everything that came within `ms`. */
  within(ms: number): string {
    this.run(ms)
    const taken = this.output
    this.output = ''
    return taken
  }
}
