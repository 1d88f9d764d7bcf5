/** What records, strings and lists cost on each target. docs/memory.md says where the figures come from. */

/** What a part consists of, at most. */
export interface Shape {
  records: number
  /** Members of one record. */
  members: number
  strings: number
  /** Bytes of all its strings. */
  bytes: number
  /** Elements of lists. */
  slots: number
}

/** Bytes, and on Espruino variables of 12 bytes (boards with up to 2047 variables) and of 14 (up to 16383). */
export interface Memory {
  node: number
  lua51: number
  lua53: number
  espruino12: number
  espruino14: number
}

/** The next power of two: what the hash part of a Lua table has room for. */
function power(n: number): number {
  let size = 1
  while (size < n) size *= 2
  return size
}

/** Bytes of a string that one variable of Espruino holds: measured, 64, 256 and 1024 characters in 8, 32, 128 and in 7, 26, 103. */
const PER_VARIABLE = { espruino12: 8, espruino14: 10 }

export function estimate(shape: Shape): Memory {
  const { records, members, strings, bytes, slots } = shape
  const variables = (perVariable: number): number => records * (1 + members) + strings + Math.ceil(bytes / perVariable) + slots
  // A list grows by doubling in Lua, by a half and 16 in V8.
  // Lua 5.1 keeps every text in a table of texts, which doubles too.
  const lua = (header: number, perText: number): number => records * (header + 40 * power(members)) + strings * perText + bytes + (slots > 0 ? 56 + 16 * power(slots) : 0)
  return {
    node: records * (24 + 8 * members) + strings * 24 + bytes + (slots > 0 ? 48 + 12 * slots + 128 : 0),
    lua51: lua(64, 57),
    lua53: lua(56, 25),
    espruino12: variables(PER_VARIABLE.espruino12),
    espruino14: variables(PER_VARIABLE.espruino14)
  }
}
