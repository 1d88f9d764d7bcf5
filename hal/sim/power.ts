/**
 * One life of a device, from power-on to the moment the power goes. Every call of its program into the port asks here:
 * once the power is gone the program is unwound by `PowerCut`, wherever it stands.
 */
import { PowerCut } from './errors.js'

export class Power {
  /** False for good once the power went. */
  on = true

  /**
   * @param boot number of this life, from 1.
   * @param gone called once, when the power goes: what the device does about it.
   */
  constructor(private readonly device: string, readonly boot: number, private readonly gone: () => void) {}

  /** The power goes. The program notices at its next call of the port. */
  cut(): void {
    if (!this.on) return
    this.on = false
    this.gone()
  }

  /** Throws `PowerCut` when there is no power. */
  check(what: string): void {
    if (!this.on) throw new PowerCut(this.device, this.boot, `${what} without power`)
  }
}
