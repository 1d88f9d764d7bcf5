/** Wrong on purpose, together with wrong-circle-2.ts. */
import { even } from './wrong-circle-2.js'
export function odd(n: number): boolean {
  return n === 0 ? false : even(n - 1)
}
