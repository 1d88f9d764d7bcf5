/**
 * The port for Espruino boards with a network of their own: `create(espruino({ network: wifi({ ... }) }), options)`. What a
 * program does not use does not reach its bundle. docs/espruino.md.
 */
import { HalVersion, type CryptoHal, type Hal, type NetworkHal, type StorageHal, type SystemHal, type TextHal } from '../hal.js'
import { open } from './socket.js'
import { system } from './system.js'
import { text } from './text.js'
import { timer } from './timer.js'

export { crypto } from './crypto.js'
export { device, type DeviceOptions } from './device.js'
export { storage, type StorageOptions } from './storage.js'
export { wifi, type WifiDetails, type WifiModule, type WifiOptions } from './wifi.js'

declare const Object: { assign(this: void, hal: Hal, parts: Parts | undefined): Hal }

/** Parts beyond the basic ones, or in their place. */
export interface Parts {
  network?: NetworkHal | undefined
  storage?: StorageHal | undefined
  crypto?: CryptoHal | undefined
  /** `device({ ... })`: a watchdog, why the board started, an id of the program's own. */
  system?: SystemHal
  /** For an interpreter with Unicode strings. */
  text?: TextHal
}

/** The port of this board, with `parts`. */
export function espruino(this: void, parts?: Parts): Hal {
  return Object.assign({
    version: HalVersion.Current,
    socket: { open: open },
    timer: timer,
    system: system,
    text: text
  }, parts)
}
