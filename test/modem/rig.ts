/**
 * A device whose sockets are an emulated modem's: hal/at above, the model broker in the virtual network behind it.
 *
 *     const r = modemRig({ family: ec2x })
 *     r.ready()
 *     const c = r.client()
 *     c.up()
 *     expect(r.sent()).toContain('AT+QIACT=1')
 */
import { create, type Client } from '../../firmware/index.js'
import { create as createStandard } from '../../firmware/small/client.js'
import { create as createTiny } from '../../firmware/tiny/client.js'
import type { Options } from '../../firmware/types.js'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import { createModem, modemHal, type AtOptions } from '../../hal/at/index.js'
import { bg9x, ec2x } from '../../hal/at/quectel.js'
import { sim800 } from '../../hal/at/sim800.js'
import { a7670, sim7600 } from '../../hal/at/simcom.js'
import type { Modem } from '../../hal/at/state.js'
import { LinkCode, type Bytes, type Endpoint, type Hal, type PinsHal } from '../../hal/hal.js'
import { ModelBroker, type ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import { createSim, type Sim } from '../../hal/sim/index.js'
import { ModemEmulator, type FamilyName, type ModemOptions } from '../../hal/sim/modem/index.js'
import { Recording } from '../support/record.js'

export const FAMILIES = [air724, air780, sim800, sim7600, a7670, ec2x, bg9x, esp]
export const SECOND = 1000
export const MINUTE = 60000
export const HOUR = 3600000

/** The cores that a program may be built with. */
export const CORES = { full: create, standard: createStandard as unknown as typeof create, tiny: createTiny as unknown as typeof create }

export interface RigOptions {
  /** air780 when absent. */
  family?: Family
  modem?: Partial<ModemOptions>
  at?: AtOptions
  /** The pins that are wired, by name; all that the family has when absent. */
  pins?: readonly string[]
  /** The device's storage keeps the ladder's record. */
  stores?: boolean
  waits?: boolean
  broker?: Partial<ModelBrokerOptions>
  seed?: number
}

export interface RigClient {
  client: Client
  got: Recording
  up: () => void
}

export interface Rig {
  sim: Sim
  modem: ModemEmulator
  broker: ModelBroker
  hal: Hal
  /** The inside of hal/at. */
  inside: Modem
  run: (ms: number) => void
  until: (condition: () => boolean, limitMs: number, what: string) => void
  /** Until the bearer is there. */
  ready: (limitMs?: number) => void
  /** The commands that the host has sent since `forget`. */
  sent: () => string[]
  /** All that the host has sent since `forget`, and all that the module has. */
  bytesOut: () => string
  bytesIn: () => string
  forget: () => void
  bytes: (text: string) => Bytes
  /** Pulses of the pins since the start: "reset 600". */
  pulses: () => string[]
  client: (options?: Partial<Options>, core?: keyof typeof CORES) => RigClient
  /** The device starts anew, with what it stored: a fresh hal/at. */
  restartDevice: () => void
}

function pinsOf(modem: ModemEmulator, names: readonly string[] | undefined): PinsHal {
  const all = modem.pins()
  const has = (name: string): boolean => names === undefined ? all.has(name) : names.includes(name) && all.has(name)
  return { has, pulse: (name, ms) => has(name) ? all.pulse(name, ms) : LinkCode.Unsupported }
}

export function modemRig(options: RigOptions = {}): Rig {
  const { family = air780, waits = false, seed = 1 } = options
  const sim = createSim({ seed, waits, wallClock: 1_800_000_000, traceLimit: 0 })
  const broker = new ModelBroker(sim, options.broker ?? {})
  const modem = new ModemEmulator(sim.addDevice({ waits: false, sockets: 16 }).hal, { family: family.name as FamilyName, seed, registerMs: 0, ...options.modem })
  // Kept here as they come: conditions look at them after every event.
  const out: string[] = []
  const commands: string[] = []
  const came: string[] = []
  const { input } = modem
  modem.input = (bytes, baud) => {
    out.push(bytes)
    // A command passes the line in one piece, and so do the bytes for a prompt.
    if (/^AT[^\r\n]*\r\n$/.test(bytes)) commands.push(bytes.slice(0, -2))
    input.call(modem, bytes, baud)
  }
  modem.onOutput = (bytes) => { came.push(bytes) }
  const made: { hal: Hal; inside: Modem } = { hal: undefined as never, inside: undefined as never }
  const start = (): void => {
    const base = sim.hal
    const serial = modem.serial()
    const { open } = serial
    // A device that waits is woken as by an interrupt.
    serial.open = (baud, onBytes) => open(baud, () => {
      if (waits) sim.device.timer.socketEvent()
      onBytes()
    })
    made.inside = createModem(base, serial, family, { apn: family === esp ? 'home' : 'internet', pins: pinsOf(modem, options.pins), ...options.stores === true ? { storage: base.storage! } : {}, ...options.at })
    made.hal = modemHal(base, made.inside)
  }
  start()
  const clients: Client[] = []
  /** On the port that waits, whoever waits has the modem work: the first client, or nobody but us. */
  const waitOnce = (ms: number): void => {
    const before = sim.now
    const code = clients.length > 0 ? clients[0]!.yield(ms) : made.hal.timer.wait!(ms)
    for (const other of clients.slice(1)) other.yield(0)
    if (code < 0 && sim.now === before) made.hal.timer.wait!(ms)
  }
  const run = (ms: number): void => {
    const end = sim.now + ms
    if (!waits) sim.run(ms)
    else while (sim.now < end) waitOnce(end - sim.now)
  }
  const until = (condition: () => boolean, limitMs: number, what: string): void => {
    const end = sim.now + limitMs
    const said = (): string => `the bearer: ${made.hal.network!.reason() || 'ready'}; sent last: ${JSON.stringify(sent().slice(-8))}`
    if (!waits) {
      try {
        sim.until(condition, limitMs, what)
      } catch (error) {
        throw new Error(`${(error as Error).message}; ${said()}`, { cause: error })
      }
    }
    while (!condition()) {
      if (sim.now >= end) throw new Error(`waited ${limitMs} ms for ${what}; ${said()}`)
      waitOnce(1)
    }
  }
  const sent = (): string[] => [...commands]
  return {
    sim, modem, broker,
    get hal() {
      return made.hal
    },
    get inside() {
      return made.inside
    },
    run, until,
    ready: (limitMs = MINUTE) => until(() => made.hal.network!.ready() === 1, limitMs, 'the bearer'),
    sent,
    bytesOut: () => out.join(''),
    bytesIn: () => came.join(''),
    bytes: (text) => text as Bytes,
    forget: () => {
      for (const list of [out, commands, came]) list.length = 0
    },
    pulses: () => pulsesOf(modem),
    client: (extra = {}, core = 'full') => {
      const got = new Recording(() => sim.now)
      const client = CORES[core](made.hal, got.over({ servers: [SERVER], clientId: 'a', jitter: false, ...extra }))
      clients.push(client)
      const up = (): void => {
        const code = client.connect()
        if (code < 0) throw new Error(`connect() returned ${code}: ${JSON.stringify(client.explain())}`)
        until(() => got.state === 'up', 3 * MINUTE, 'the link to be up')
      }
      return { client, got, up }
    },
    restartDevice: () => {
      sim.device.reboot()
      clients.length = 0
      start()
    }
  }
}

export const SERVER: Endpoint = { host: 'broker', port: 1883 }

/** The pulses that have ended: "reset 600", "power 2000". */
function pulsesOf(modem: ModemEmulator): string[] {
  const pulses: string[] = []
  const since = new Map<string, number>()
  for (const edge of modem.edges) {
    if (edge.active) since.set(edge.name, edge.at)
    else pulses.push(`${edge.name} ${edge.at - since.get(edge.name)!}`)
  }
  return pulses
}

/** All 256 byte values, and what looks like a module's own lines. */
export const NASTY = `${Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')}\r\nOK\r\n+MSUB: 0\r\n> \r\nCLOSED\r\n0, CLOSED\r\nERROR\r\n+CIPRXGET: 2,0,5,0\r\n+IPD,0,4\r\nRDY\r\n\0\x1a\x1b`
