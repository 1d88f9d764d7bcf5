/** Wrong on purpose: 0 is true in Lua. */
export function pick(qos: number): number {
  return qos ? 2 : 0
}
