/**
 * A modem between the device and the network: hal/at on the device, an emulated module on a device of its own, a serial
 * line between them. The module goes on while the device restarts.
 */
import { families, type Family } from '../../hal/at/families.js'
import { parkedFor } from '../../hal/at/ladder.js'
import { createModem, modemHal } from '../../hal/at/index.js'
import { LinkState, type Link as AtLink, type Modem as AtModem } from '../../hal/at/state.js'
import type { Hal, Socket } from '../../hal/hal.js'
import type { Sim, SimConnection, SimDevice } from '../../hal/sim/index.js'
import { ModemEmulator, type FaultName, type Radio } from '../../hal/sim/modem/index.js'
import { DEFAULT_RADIO } from '../../hal/sim/modem/radio.js'
import { NO_FAULTS } from '../../hal/sim/modem/faults.js'
import type { LineNoise, ModemSetup } from './script.js'

/** What passed the serial line, for the ladder of a run. */
export type OnSerial = (from: 'host' | 'module', bytes: string) => void

export class SimModem {
  readonly module: SimDevice
  readonly emulator: ModemEmulator
  /** hal/at in the device's present life. */
  at: AtModem = undefined as never
  private readonly family: Family

  constructor(sim: Sim, private readonly setup: ModemSetup, seed: number, private readonly onSerial: OnSerial | undefined) {
    this.family = families[setup.family]
    this.module = sim.addDevice({ id: 'module', waits: false, sockets: 16, storage: false })
    this.emulator = new ModemEmulator(this.module.hal, {
      family: setup.family, seed, transcriptLimit: 4096, keyStrapped: setup.keyStrapped ?? false, pacing: setup.pacing ?? false,
      registerMs: setup.registerMs ?? 0, quirks: setup.quirks ?? {}
    })
    this.line(setup.faults ?? {})
    if (onSerial !== undefined) {
      const input = this.emulator.input.bind(this.emulator)
      this.emulator.input = (bytes, baud) => {
        onSerial('host', bytes)
        input(bytes, baud)
      }
      this.emulator.onOutput = (bytes) => onSerial('module', bytes)
    }
  }

  /** The port of one life of the device, over `base`. */
  hal(base: Hal, device: SimDevice): Hal {
    const { setup } = this
    const serial = this.emulator.serial()
    const life = device.boots
    const waits = base.timer.wait !== undefined
    const open = serial.open
    const pins = this.emulator.pins()
    const at = createModem(base, {
      ...serial,
      open: (baud, onBytes) => open(baud, () => {
        // An interrupt wakes a device that waits; one without power is not woken.
        if (!device.powered || device.boots !== life) return
        if (waits) device.timer.socketEvent()
        else device.run(onBytes)
      })
    }, this.family, {
      apn: this.family.name === 'esp' ? 'home' : 'internet',
      pins: { has: (name) => setup.pins.includes(name as 'reset') && pins.has(name), pulse: (name, ms) => {
        this.onSerial?.('host', `[pin ${name} ${ms} ms]`)
        return pins.pulse(name, ms)
      } },
      // The emulated one wants 2 s and more.
      ...(setup.family === 'bg9x' ? { pulses: { ...this.family.pulses, resetMs: 2500 } } : {}),
      ...(base.storage === undefined ? {} : { storage: base.storage }),
      ...(setup.readMax === undefined ? {} : { readMax: setup.readMax }),
      ...(setup.unreadMax === undefined ? {} : { unreadMax: setup.unreadMax }),
      ...(setup.signalEvery === undefined ? {} : { signalEvery: setup.signalEvery })
    })
    this.at = at
    return modemHal(base, at)
  }

  /** The connection in the network behind a socket of the port: asked at any time, also when it has ended. */
  follow(socket: Socket): () => SimConnection | undefined {
    const link = (socket as unknown as { link_: AtLink | undefined }).link_
    let kept: SimConnection | undefined
    return () => {
      if (kept !== undefined || link === undefined) return kept
      if (link.state_ !== LinkState.Opening && link.state_ !== LinkState.Open) return undefined
      const own = this.emulator.modem.links.find((one) => one.number === link.n_)
      const found = (own as unknown as { socket: { connection: SimConnection | undefined } | undefined } | undefined)?.socket?.connection
      if (link.state_ === LinkState.Open) kept = found
      return found
    }
  }

  /** A program that starts anew cannot know that the module waits for the bytes of a send: then both start anew. */
  deviceReboots(): void {
    if (this.emulator.modem.desk.busy) this.emulator.reboot('with the device')
  }

  /** The line from now on; what is not named is right again. */
  line(noise: LineNoise): void {
    const { emulator } = this
    Object.assign(emulator.faults, NO_FAULTS, noise)
    emulator.faults.script = (name, detail) => (this.isUnseen(name, detail) ? false : undefined)
  }

  /** The line as it is all the time. */
  usualLine(): void {
    this.line(this.setup.faults ?? {})
  }

  radio(patch: Partial<Radio>): void {
    const { emulator } = this
    emulator.changeRadio(patch)
    if (emulator.powerState === 'on' && !emulator.modem.online) emulator.losePdp()
    if (patch.wifi !== undefined && patch.wifi !== 'ok' && emulator.powerState === 'on') emulator.losePdp()
  }

  /** The cell, or the access point, is away. */
  bearer(isThere: boolean): void {
    if (isThere) this.emulator.changeRadio({ registration: 1, csq: 23, wifi: 'ok' })
    else this.radio(this.family.name === 'esp' ? { wifi: 'no-ap' } : { registration: 2, csq: 99 })
  }

  /** ms that the ladder may rest from now on: what is left of a rest, and another one. */
  get restsMs(): number {
    const { ladder_: ladder } = this.at
    return parkedFor(ladder) + ladder.nextRestMs_
  }

  /** Every fault ends now. A module that hangs or is off stays so: that is for the port to heal. */
  calm(): void {
    this.line({})
    this.emulator.changeRadio({ ...DEFAULT_RADIO })
  }

  /** What the line does and nobody can see: docs/simulator.md says why. */
  private isUnseen(name: FaultName, detail: string): boolean {
    const desk = this.emulator.modem.desk as unknown as { collecting: object | undefined }
    return name === 'doubleIn' && (desk.collecting !== undefined || detail === '\r' || detail === '\n')
  }
}
