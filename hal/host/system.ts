/**
 * The machine: who it is, chance, the wall clock, and the guard around user callbacks.
 */
import { createHash } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import type { Code, SystemHal } from '../hal.js'
import { ErrorCode } from '../../firmware/codes.js'

export interface SystemOptions {
  /** The device's id, ASCII letters and digits. Default: 12 hex digits of a hash of the host name and its first MAC address. */
  id?: string
  /** Gives 0 up to and without 1. Default Math.random. */
  random?: () => number
  /** Default "power-on". */
  resetReason?: string
  /** What a callback threw, or what the promise of an async callback was rejected with. Default: printed with console.error. */
  onCallbackError?: (error: unknown) => void
  /** What `restart` does. Default: the process exits with `RESTART_STATUS`, for whatever supervises it to start it again. */
  onRestart?: (reason: string) => void
}

/** The exit status of a process that asked to be restarted: sysexits' EX_TEMPFAIL. */
export const RESTART_STATUS = 75

export function createSystem(options: SystemOptions = {}): SystemHal {
  const id = options.id ?? hostId()
  const random = options.random ?? Math.random
  const resetReason = options.resetReason ?? 'power-on'
  const report = options.onCallbackError ?? (error => console.error('A callback failed:', error))
  const restart = options.onRestart ?? (() => process.exit(RESTART_STATUS))
  return {
    id: () => id,
    random: () => Math.floor(random() * 32768),
    wallClock: () => Math.floor(Date.now() / 1000),
    resetReason: () => resetReason,
    // A PC has no watchdog.
    feedWatchdog: () => {},
    restart: reason => restart(reason),
    guard(fn, a, b, c): Code {
      let result: unknown
      try {
        result = fn(a, b, c)
      } catch (error) {
        report(error)
        return ErrorCode.CallbackThrew
      }
      if (typeof result === 'number') return result
      // An async callback that fails later must not end the process as an unhandled rejection.
      if (isThenable(result)) result.then(undefined, report)
      return 0
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** The same on every start of this machine, another one on the next machine. Two programs on one machine need ids of their own. */
function hostId(): string {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const mac = addresses.find(address => !address.internal)?.mac ?? ''
  return createHash('sha256').update(hostname() + '\n' + mac).digest('hex').slice(0, 12)
}
