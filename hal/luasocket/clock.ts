/** Time that only goes forward. LuaSocket has the wall clock alone, which jumps by decades when a router hears of the time. */
import type { LuaFile, LuaIo, LuaMath, LuaString } from '../lua/lua.js'
import type { LuaSocketLibrary } from './library.js'

declare const io: LuaIo
declare const math: LuaMath
declare const string: LuaString
declare function tonumber(this: void, text: string | undefined): number | undefined
declare function require(this: void, name: string): unknown

const library = require('socket') as LuaSocketLibrary

/** Linux tells the time since its start in hundredths of a second. */
const uptime: LuaFile | undefined = io.open('/proc/uptime', 'r')

const enum Resolution { Ms = 10 }

/** ms by which the wall clock is ahead, and what was told last. */
let ahead = 0
let last = 0

/**
 * ms since some moment; a whole number. Between two hundredths the wall clock counts, as long as it agrees with them. Without
 * /proc it is all there is, and its jumps are the program's.
 */
export function now(this: void): number {
  const wall = library.gettime() * 1000
  if (uptime !== undefined) {
    uptime.seek('set', 0)
    const seconds = tonumber(string.match(uptime.read(32) as string, '^[%d.]+'))
    if (seconds !== undefined) {
      const least = seconds * 1000
      if (wall - ahead < least) ahead = wall - least
      if (wall - ahead > least + Resolution.Ms) ahead = wall - least - Resolution.Ms
    }
  }
  // Set back: no time has passed.
  if (wall - ahead < last) ahead = wall - last
  last = math.floor(wall - ahead)
  return last
}
