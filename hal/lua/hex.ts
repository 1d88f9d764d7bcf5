/** The modules' hash functions answer in hex digits. */
import { b1, cat, EMPTY, type Bytes } from '../../firmware/bytes.js'
import type { LuaString } from './lua.js'

declare const string: LuaString
declare function tonumber(this: void, text: string, base: number): number

export function fromHex(this: void, digits: string): Bytes {
  let bytes = EMPTY
  for (let i = 1; i < digits.length; i = i + 2) bytes = cat(bytes, b1(tonumber(string.sub(digits, i, i + 1), 16)))
  return bytes
}
