/**
 * The port for Espruino boards with a network of their own: `create(espruino({ network: wifi({ ... }) }), options)`. The parts
 * `crypto`, `device`, `storage` and `wifi` stand in files of those names, so that only what a program uses reaches its bundle,
 * and none of them the module that boards keep in Storage. docs/espruino.md.
 */
import { HalVersion, type CryptoHal, type Hal, type NetworkHal, type StorageHal, type TextHal } from '../hal.js'
import { open } from './socket.js'
import { system } from './system.js'
import { text } from './text.js'
import { timer } from './timer.js'

declare const Object: { assign(this: void, hal: Hal, parts: Parts | undefined): Hal }

/** Parts beyond the basic ones, or in their place. */
export interface Parts {
  network?: NetworkHal | undefined
  storage?: StorageHal | undefined
  crypto?: CryptoHal | undefined
  /** For an interpreter with Unicode strings. */
  text?: TextHal
  /** Of boards with a modem, whose port takes this one's name: modem.ts, and `AtOptions` in hal/at/state.ts for what they mean. */
  apn?: string
  user?: string
  password?: string
  dns?: string[]
  baud?: number
  readMax?: number
  unreadMax?: number
  signalEvery?: number
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
