/** Wrong on purpose: the table is filled by a call while what it needs is not there yet. */
function fill(): number[] {
  return [LIMIT, later()]
}
export const table = fill()
const LIMIT = 5
function later(): number {
  return 3
}
