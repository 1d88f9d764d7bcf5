/** A bound of the simulator was reached: the program under test spins, or the test asks for too much. Names the limit and its value. */
export class SimLimitError extends Error {
  constructor(what: string, limit: number, unit: string, detail: string) {
    super(`${what}: the limit of ${limit} ${unit} was reached (${detail})`)
    this.name = 'SimLimitError'
  }
}
