/** Wrong on purpose, together with wrong-circle.ts. */
import { odd } from './wrong-circle.js'
export function even(n: number): boolean {
  return n === 0 ? true : odd(n - 1)
}
