/** The device: who it is, chance, the wall clock, and the guard around the program's functions. */
import { ErrorCode } from '../../firmware/codes.js'
import type { SystemHal } from '../hal.js'

declare function getTime(this: void): number
declare function getSerial(): { split(at: string): { join(by: string): string } }
declare const E: { hwRand(this: void): number; reboot(this: void): void }

/** s since 1970: a clock that shows less was never set. */
const enum Clock { Set = 1700000000 }

export const system: SystemHal = {
  // Groups of hex digits; on an ESP32 or ESP8266 the MAC address.
  id: () => getSerial().split('-').join(''),
  // Math.random() begins with the same number after every start.
  random: () => Math.abs(E.hwRand()) % 32768,
  wallClock: () => {
    const now = Math.floor(getTime())
    return now < Clock.Set ? 0 : now
  },
  resetReason: () => 'unknown',
  // A function of the interpreter's that does nothing here: one of ours would cost variables.
  feedWatchdog: getTime as unknown as (this: void) => void,
  restart: E.reboot,
  guard: (fn, a, b, c) => {
    try {
      const result = fn(a, b, c)
      return typeof result === 'number' ? (result as number) : 0
    } catch {
      return ErrorCode.CallbackThrew
    }
  }
}
