/** What every port over memory has alike: a device that never resets, texts that are their bytes, and a guard that cannot catch. */
import type { Bytes, Code, Hal } from '../../hal/hal.js'

/** A text is its bytes, as in Lua. */
export const plainText: Hal['text'] = {
  utf8(this: void, text: string): Bytes {
    return text as Bytes
  },
  text(this: void, bytes: Bytes): string {
    return bytes
  }
}

function guard(this: void, fn: (this: void, a: unknown, b: unknown, c: unknown) => unknown, a: unknown, b: unknown, c: unknown): Code {
  const result = fn(a, b, c)
  return typeof result === 'number' ? (result as number) : 0
}

/** The device `id`; `restart` hears when it is to start again. */
export function plainSystem(id: string, random: (this: void) => number, restart: (this: void, reason: string) => void): Hal['system'] {
  return {
    id: () => id,
    random: random,
    wallClock: () => 0,
    resetReason: () => 'power-on',
    feedWatchdog: () => {},
    restart: restart,
    guard: guard
  }
}
