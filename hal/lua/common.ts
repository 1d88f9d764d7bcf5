/** What the ports for Lua share: the guard around the program's functions, and texts, which are bytes already. */
import { ErrorCode } from '../../firmware/codes.js'
import type { Bytes, Code, SystemHal, TextHal } from '../hal.js'
import type { LuaCall } from './lua.js'

declare const pcall: LuaCall

/**
 * The guard of a port; `tell` hears what a function of the program threw. Such a function must not wait: Lua 5.1 cannot, and
 * says "attempt to yield across metamethod/C-call boundary", which is told like any error of the program's.
 */
export function guardWith(this: void, tell: (this: void, error: unknown) => void): SystemHal['guard'] {
  return (fn, a, b, c): Code => {
    const [ok, result] = pcall(fn, a, b, c)
    if (!ok) {
      tell(result)
      return ErrorCode.CallbackThrew
    }
    return typeof result === 'number' ? result : 0
  }
}

/** A text of Lua is a row of bytes. */
export const text: TextHal = {
  utf8: (one) => one as Bytes,
  text: (bytes) => bytes
}
