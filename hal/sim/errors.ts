/** A bound of the simulator was reached: the program under test spins, or the test asks for too much. Names the limit and its value. */
export class SimLimitError extends Error {
  constructor(what: string, limit: number, unit: string, detail: string) {
    super(`${what}: the limit of ${limit} ${unit} was reached (${detail})`)
    this.name = 'SimLimitError'
  }
}

/**
 * The device lost power in the middle of the program: thrown through the whole program, caught at the device's border
 * (`Sim.run`, `SimDevice.run`). Not an exception that a port may throw: on a board the processor just stops.
 */
export class PowerCut extends Error {
  /** @param device its id. @param boot the number of the life that ended, from 1. */
  constructor(readonly device: string, readonly boot: number, what: string) {
    super(`device ${device}, boot ${boot}: ${what}`)
    this.name = 'PowerCut'
  }
}
