/** Wrong on purpose: Map is not in the firmware's library. */
export function first(): number {
  const map = new Map()
  return map.size
}
