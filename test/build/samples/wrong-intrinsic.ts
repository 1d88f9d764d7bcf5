/** Wrong on purpose: intrinsics are compile-time forms. */
import { at, cat, type Bytes } from '../../../firmware/bytes.js'
export function joiner(): unknown {
  return cat
}
export function read(at: number, s: Bytes): number {
  return s.length + at
}
export function third(s: Bytes): number {
  return at(s, 2)
}
