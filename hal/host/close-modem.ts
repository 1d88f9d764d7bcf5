/** The end of a program with a modem: boards have none, programs on Node do. */
import { LinkState, type Modem } from '../at/state.js'

/** ms between looks at the links. */
const LOOK_MS = 20
/** ms that a closed link may take to send what it had taken, and the module to close it. */
const LIMIT_MS = 15_000

/**
 * Lets the serial line go, when the links that the program has closed are gone: a DISCONNECT that the modem has not sent would
 * have the server publish the will. `limitMs`: the most that it waits for that.
 */
export async function closeModem(modem: Modem, limitMs = LIMIT_MS): Promise<void> {
  const timer = modem.timer_
  const begun = timer.ticks()
  const isBusy = (): boolean => modem.links_.some(link => link.state_ !== LinkState.Free) || modem.plug_?.isUp_() === true
  while (isBusy() && timer.since(begun) < limitMs) await new Promise(resolve => { setTimeout(resolve, LOOK_MS) })
  modem.serial_.close()
  timer.wakeAfter?.(modem.handle_, -1)
}
