/**
 * A device with a modem, all of it real but the modem: the telemetry example on hal/at, the package serialport, a pty, the
 * emulator behind it, a mosquitto with persistence, and a subscriber by MQTT.js whose session outlives its connections.
 */
import { telemetry, type Settings, type Summary } from '../../../examples/telemetry/telemetry.js'
import { families, natives, type FamilyName } from '../../../hal/at/families.js'
import { createModem, modemHal } from '../../../hal/at/index.js'
import { nativeHal } from '../../../hal/at/native.js'
import type { Modem } from '../../../hal/at/state.js'
import type { Hal } from '../../../hal/hal.js'
import { closeModem } from '../../../hal/host/close-modem.js'
import { createHostHal } from '../../../hal/host/index.js'
import { serialPort } from '../../../hal/host/serial.js'
import { ModemEmulator } from '../../../hal/sim/modem/index.js'
import { joinPty } from '../../../tools/modem/emulate.js'
import { openPty, type Pty } from '../../../tools/modem/pty.js'
import { observe, type Observer } from '../../support/clients.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Watched } from '../serial/support.js'

/** ms between two readings; over the module's MQTT, which takes up to four commands for one. */
const PERIOD_MS = 40
const NATIVE_PERIOD_MS = 150
/** Readings that come for one command that is sent. */
const READINGS_PER_COMMAND = 4
/** ms from the emulated module's start to its first answer. */
const BOOT_MS = 300

export class Rig extends Watched {
  /** What the device says, and when, in ms since the rig was made. */
  readonly said: { at: number; line: string }[] = []
  /** The numbers of the readings as they came to the subscriber, repeats included. */
  readonly arrived: number[] = []
  /** Commands sent to the device, and when. */
  readonly commands: { at: number; text: string }[] = []
  summary: Summary | undefined
  /** Told of what passes the line. */
  onLine: (from: 'host' | 'module', bytes: string) => void = () => {}
  private readonly different = new Set<number>()
  private readonly begun = performance.now()

  private readonly settings: Settings

  private constructor(
    readonly broker: Mosquitto, readonly subscriber: Observer, readonly emulator: ModemEmulator, private readonly pty: Pty, readonly modem: Modem, readonly hal: Hal
  ) {
    super()
    this.settings = {
      server: { host: '127.0.0.1', port: broker.port }, readings: 0, jitter: false, periodMs: hal.offload === undefined ? PERIOD_MS : NATIVE_PERIOD_MS,
      print: line => this.say(line),
      ended: summary => {
        this.summary = summary
        this.changed()
      }
    }
    if (hal.offload !== undefined) this.settings.willRetain = hal.offload.capabilities().willRetain
  }

  static async start(family: FamilyName, seed: number, isNative: boolean): Promise<Rig> {
    const id = `rig${process.pid}${family}${isNative ? 'native' : ''}`
    const [broker, pty] = await Promise.all([startMosquitto({ persistence: true, maxQueued: 0 }), openPty()])
    const subscriber = await observe(broker.port, { clientId: `${id}-subscriber`, clean: false, reconnectPeriod: 100 })
    await subscriber.subscribe(`devices/${id}/readings`, 1)
    const emulator = new ModemEmulator(createHostHal(), { family, seed, pacing: true, registerMs: 0, bootMs: BOOT_MS })
    const base = createHostHal({ id })
    const modem = createModem(base, serialPort(pty.path), families[family], family === 'esp' ? { apn: 'home', password: 'secret' } : {})
    const hal = isNative ? nativeHal(base, modem, natives[family]!) : modemHal(base, modem)
    const rig = new Rig(broker, subscriber, emulator, pty, modem, hal)
    joinPty(emulator, pty, { onBytes: (from, bytes) => rig.onLine(from, bytes) })
    subscriber.client.on('message', (_topic, payload) => rig.came((JSON.parse(payload.toString()) as { n: number }).n))
    return rig
  }

  /** Starts the device. */
  run(): void {
    telemetry(this.hal, this.settings)
  }

  /** No more readings: it ends as soon as each has its receipt. */
  finish(): void {
    this.settings.readings = 1
  }

  get now(): number {
    return Math.round(performance.now() - this.begun)
  }

  /** Different readings that came. */
  get count(): number {
    return this.different.size
  }

  /** How often the link came up. */
  get ups(): number {
    return this.said.filter(({ line }) => line === 'link up').length
  }

  /** The readings in the order in which each came first. */
  get order(): number[] {
    return [...this.different]
  }

  /** What became of the readings: "7 delivered". */
  get receipts(): string[] {
    return this.said.flatMap(({ line }) => /^reading (\d+): (?!waits)(.*)$/.exec(line)?.slice(1, 3).join(' ') ?? [])
  }

  say(line: string): void {
    this.said.push({ at: this.now, line })
    this.changed()
  }

  async end(): Promise<void> {
    await closeModem(this.modem, 0)
    this.emulator.close()
    await this.pty.close()
    await this.subscriber.end()
    await this.broker.remove()
  }

  /** Commands that the device has not obeyed. */
  get disobeyed(): { at: number; text: string }[] {
    return this.commands.filter(({ text }) => !this.said.some(({ line }) => line.startsWith(`command "${text}"`)))
  }

  private command(): void {
    const text = `c${this.commands.length + 1}`
    this.commands.push({ at: this.now, text })
    this.subscriber.client.publish(`devices/${this.hal.system.id()}/commands`, text, { qos: 1 })
  }

  private came(n: number): void {
    this.arrived.push(n)
    this.different.add(n)
    if (this.settings.readings === 0 && this.arrived.length % READINGS_PER_COMMAND === 0) this.command()
    this.changed()
  }
}
