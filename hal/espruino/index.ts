/**
 * The port for Espruino boards with a network of their own. What a program does not pass in does not reach its bundle.
 */
import { HalVersion, type Hal } from '../hal.js'
import { open } from './socket.js'
import { system } from './system.js'
import { text } from './text.js'
import { timer } from './timer.js'

/** The port of this board. */
export function espruino(this: void): Hal {
  return {
    version: HalVersion.Current,
    socket: { open: open },
    timer: timer,
    system: system,
    text: text
  }
}
