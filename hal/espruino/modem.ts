/**
 * The port for boards whose network is an AT modem on a UART:
 *
 *   const hal = modemPort({ serial: Serial1, uart: { tx: B6, rx: B7 }, powerKey: B4, reset: B5, family: air780, apn: 'cmiot' })
 *
 * Where board.json names the wiring and the modem, `yieldmq/espruino` of such a board is that call with all of it filled in:
 *
 *   import { espruino } from 'yieldmq/espruino'
 *   const client = create(espruino({ apn: 'cmiot' }), { ... })
 *
 * and no other family of modems reaches the bundle. docs/espruino-modem.md.
 */
import { atModem, type AtOptions } from '../at/index.js'
import type { Family } from '../at/family.js'
import { HalVersion, type CryptoHal, type Hal } from '../hal.js'
import { pins, type PinTable } from './pins.js'
import { serial, type NativeSerial, type SerialOptions } from './serial.js'
import { system } from './system.js'
import { text } from './text.js'
import { timer } from './timer.js'

/** Serial line, wiring, modem and bearer, all in one. `storage` is the client's as well. */
export interface ModemOptions extends AtOptions, SerialOptions, PinTable {
  /** Serial1, for one. */
  serial: NativeSerial
  family: Family
  crypto?: CryptoHal
}

declare const global: { USB?: { setConsole(isForced: boolean): void } }

/** The port of this board. Opens the line and lets go of the pins. */
export function modemPort(this: void, options: ModemOptions): Hal {
  // Without a computer at its USB a board moves its console to a UART: on a Pico to the very pins of board.json.
  if (global.USB !== undefined) global.USB.setConsole(true)
  if (options.pins === undefined) options.pins = pins(options)
  const base = { version: HalVersion.Current, timer: timer, system: system, text: text, storage: options.storage, crypto: options.crypto } as unknown as Hal
  return atModem(base, serial(options.serial, options), options.family, options)
}
