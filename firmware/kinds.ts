/**
 * Options of a wrong kind, where the runtime would answer with an error of its own: Lua does not index a number or compare
 * with a text, and on a module an error that nobody catches restarts the device. Espruino and Node look and find nothing.
 */
import type { Hal } from '../hal/hal.js'
import type { Endpoint, Options } from './types.js'

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** The part of the port that is missing, "" for none. */
export function missingPart(hal: Hal): string {
  const parts = hal as unknown as Record<string, unknown>
  for (const name of ['socket', 'timer', 'system', 'text']) {
    if (!isRecord(parts[name])) return name
  }
  return ''
}

/** The option that must be a record or a list and is neither, "" for none. */
export function wrongKind(options: Options): string {
  if (options === undefined) return ''
  if (!isRecord(options)) return 'options'
  const given = options as unknown as Record<string, unknown>
  for (const name of ['servers', 'will', 'limits', 'properties']) {
    if (given[name] !== undefined && !isRecord(given[name])) return name
  }
  if (options.servers !== undefined) {
    for (const one of options.servers as (Endpoint | undefined)[]) {
      if (!isRecord(one) || one!.tls !== undefined && !isRecord(one!.tls)) return 'servers'
    }
  }
  return ''
}

/** What is no number is 0: one slice. */
export function msOf(value: number): number {
  return typeof value === 'number' ? value : 0
}
