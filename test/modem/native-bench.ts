/** A device with a modem that speaks MQTT itself, behind it the model broker; before it a client of any of the three cores. */
import { create as full } from '../../firmware/index.js'
import { create as small } from '../../firmware/small/client.js'
import { create as tiny } from '../../firmware/tiny/client.js'
import type { Client } from '../../firmware/client.js'
import type { Message, Options } from '../../firmware/types.js'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import type { NativeFamily } from '../../hal/at/native-family.js'
import { air724Native, air780Native } from '../../hal/at/native-air7xx.js'
import { espNative } from '../../hal/at/native-esp.js'
import { quectelNative } from '../../hal/at/native-quectel.js'
import { simcomNative } from '../../hal/at/native-simcom.js'
import { nativeModem, type NativeOptions } from '../../hal/at/native.js'
import { bg9x, ec2x } from '../../hal/at/quectel.js'
import { a7670, sim7600 } from '../../hal/at/simcom.js'
import type { Bytes, Hal } from '../../hal/hal.js'
import { ModelBroker, type ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import { createSim, type Sim } from '../../hal/sim/index.js'
import { ModemEmulator, type FamilyName, type ModemOptions } from '../../hal/sim/modem/index.js'

export const HOST = 'mqtt.test'
export const PORT = 1883

/** All 256 byte values. */
export const ALL = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('') as Bytes
/** With what looks like lines of every family inside. */
export const EVIL = `${ALL}\r\nOK\r\n+MSUB: 0\r\n> \r\n+QMTRECV: 0,1\r\nCLOSED\r\n+MQTTDISCONNECTED:0\r\n+CMQTTRXEND: 0\r\nERROR\r\n\x1a\x1b"` as Bytes

export const FAMILIES: [Family, NativeFamily][] = [
  [air724, air724Native], [air780, air780Native], [ec2x, quectelNative], [bg9x, quectelNative], [sim7600, simcomNative], [a7670, simcomNative], [esp, espNative]
]

export type Core = 'tiny' | 'small' | 'full'
const CORES: Record<Core, typeof full> = { tiny: tiny as unknown as typeof full, small: small as unknown as typeof full, full }

export interface BenchOptions {
  native?: NativeOptions
  modem?: Partial<ModemOptions>
  broker?: Partial<ModelBrokerOptions>
  client?: Partial<Options>
  core?: Core
  /** Over TLS. */
  tls?: Options['servers'][0]['tls']
  waits?: boolean
}

export interface Heard {
  messages: { topic: string; payload: Bytes; qos: number }[]
  receipts: [number, string, number][]
  links: [string, number][]
  subscribed: [string, number][]
}

export class NativeBench {
  readonly sim: Sim
  readonly modem: ModemEmulator
  readonly broker: ModelBroker
  readonly hal: Hal
  readonly heard: Heard
  client: Client

  constructor(readonly family: Family, native: NativeFamily, readonly options: BenchOptions = {}) {
    this.sim = createSim({ seed: 1, id: 'device', bearer: false, wallClock: 1_800_000_000, waits: options.waits ?? false })
    this.broker = new ModelBroker(this.sim, { host: HOST, port: PORT, ...options.tls === undefined ? {} : { listen: { tls: 'ok' } }, ...options.broker })
    this.modem = new ModemEmulator(this.sim.addDevice({ waits: false, sockets: 16 }).hal, { family: family.name as FamilyName, registerMs: 0, ...options.modem })
    const serial = this.modem.serial()
    const open = serial.open
    // A device that waits is woken as by an interrupt.
    serial.open = (baud, onBytes) => open(baud, () => {
      if (options.waits === true) this.sim.device.timer.socketEvent()
      onBytes()
    })
    this.hal = nativeModem(this.sim.hal, serial, family, native, { pins: this.modem.pins(), apn: 'home', signalEvery: 0, ...options.native })
    const { client, heard } = this.another(options.client)
    this.client = client
    this.heard = heard
  }

  /** Another client on the same modem. */
  another(options: Partial<Options> = {}): { client: Client; heard: Heard } {
    const heard: Heard = { messages: [], receipts: [], links: [], subscribed: [] }
    const client = CORES[this.options.core ?? 'small'](this.hal, {
      servers: [{ host: HOST, port: PORT, ...this.options.tls === undefined ? {} : { tls: this.options.tls } }],
      clientId: 'native', keepalive: 60, connectTimeout: 75000, reconnectPeriod: 1000, reconnectSpread: 1000, jitter: false,
      onMessage: (topic, payload, packet) => { heard.messages.push({ topic, payload, qos: packet.qos }) },
      onReceipt: (token, outcome, reason) => { heard.receipts.push([token, outcome, reason]) },
      onLink: (state, _present, cause) => { heard.links.push([state, cause]) },
      onSubscribed: (_token, filter, code) => { heard.subscribed.push([filter, code]) },
      limits: { packetIn: 12000, packetOut: 12000, outboxBytes: 60000 },
      ...options
    } as Options)
    return { client, heard }
  }

  get state(): string {
    return this.heard.links.at(-1)?.[0] ?? ''
  }

  /** Connects, and waits until the link is up. */
  up(limitMs = 60000): void {
    const code = this.client.connect()
    if (code < 0) throw new Error(`connect: ${code} ${JSON.stringify(this.client.explain())}`)
    this.until(() => this.state === 'up', limitMs, 'the link')
  }

  until(condition: () => boolean, limitMs = 60000, what = 'it'): void {
    try {
      this.sim.until(condition, limitMs, what)
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${JSON.stringify(this.heard.links)}\n${this.lines().slice(-40).join('\n')}`)
    }
  }

  run(ms: number): void {
    if (this.options.waits === true) this.client.yield(ms)
    else this.sim.run(ms)
  }

  /** The line, a text an entry: `>` to the module, `<` from it. */
  lines(from = 0): string[] {
    return this.modem.transcript.slice(from).map((one) => `${one.at} ${one.from === 'host' ? '>' : '<'} ${JSON.stringify(one.bytes)}`)
  }

  /** Commands to the module since the start. */
  get commands(): string[] {
    return this.modem.transcript.filter((one) => one.from === 'host').map((one) => one.bytes.replace(/\r\n$/, ''))
  }

  /** Payloads that the broker took. */
  get taken(): Bytes[] {
    return this.broker.oracle.taken.items.map((one) => one.payload)
  }

  check(): void {
    this.sim.check()
    this.broker.check()
  }
}

export type { Message }
