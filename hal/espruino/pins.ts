/** The pins of a modem, by the interpreter's `digitalPulse`, which goes on by itself. */
import { LinkCode, type PinsHal } from '../hal.js'
import type { Pin } from './serial.js'

export type PinName = 'powerKey' | 'reset' | 'power'

/** Where each is wired; one that is not named is not there. */
export interface PinTable {
  powerKey?: Pin
  reset?: Pin
  power?: Pin
  /** Those that are active when low. The others are active when high, as behind a transistor. */
  activeLow?: PinName[]
}

declare function digitalWrite(pin: Pin, level: number): void
declare function digitalPulse(pin: Pin, level: number, ms: number): void

/** Lets go of all of them at once: a pin that floats may press a key. */
export function pins(this: void, table: PinTable): PinsHal {
  const active = (name: string): number => table.activeLow !== undefined && table.activeLow.indexOf(name as PinName) >= 0 ? 0 : 1
  const has = (name: string): boolean => table[name as PinName] !== undefined
  for (const name of ['powerKey', 'reset', 'power']) {
    if (has(name)) digitalWrite(table[name as PinName], 1 - active(name))
  }
  return {
    has: has,
    pulse: (name, ms) => {
      if (!has(name)) return LinkCode.Unsupported
      // Of no time there would be no end.
      if (ms > 0) digitalPulse(table[name as PinName], active(name), ms)
      return 0
    }
  }
}
