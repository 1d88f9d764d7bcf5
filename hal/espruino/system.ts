/** The device: who it is, chance, the wall clock, and the guard around the program's functions. */
import { ErrorCode } from '../../firmware/codes.js'
import type { Code, SystemHal } from '../hal.js'

declare function getTime(): number
declare function getSerial(): { split(at: string): { join(by: string): string } }
declare const E: { hwRand(this: void): number; reboot(this: void): void }

/** s since 1970: a clock that shows less was never set. */
const enum Clock { Set = 1700000000 }

function id(this: void): string {
  // Groups of hex digits; on an ESP32 or ESP8266 its MAC address.
  return getSerial().split('-').join('')
}

function random(this: void): number {
  // Math.random() begins with the same number after every start.
  return Math.abs(E.hwRand()) % 32768
}

function wallClock(this: void): number {
  const now = Math.floor(getTime())
  return now < Clock.Set ? 0 : now
}

function guard(this: void, fn: (this: void, a: unknown, b: unknown, c: unknown) => unknown, a: unknown, b: unknown, c: unknown): Code {
  try {
    const result = fn(a, b, c)
    return typeof result === 'number' ? (result as number) : 0
  } catch {
    return ErrorCode.CallbackThrew
  }
}

export const system: SystemHal = {
  id: id,
  random: random,
  wallClock: wallClock,
  resetReason: () => 'unknown',
  // A function that does nothing, and costs none: without the option there is no watchdog to feed.
  feedWatchdog: getTime as unknown as (this: void) => void,
  restart: E.reboot,
  guard: guard
}
