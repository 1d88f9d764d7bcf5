/**
 * The host port, event-driven: Node's sockets and timers wake the program. For programs whose `yield` blocks, see
 * blocking/.
 */
import { HalVersion, type Hal } from '../hal.js'
import { crypto } from './crypto.js'
import { createSockets, type SocketOptions } from './socket.js'
import { createStorage, type StorageOptions } from './storage.js'
import { createSystem, type SystemOptions } from './system.js'
import { text } from './text.js'
import { createTimer, type TimerOptions } from './timer.js'

export { bytes, toBuffer } from './bytes.js'
export { parseUrl, type ParsedUrl } from './url.js'

export interface HostOptions extends SocketOptions, TimerOptions, SystemOptions {
  /** Without it the port has no storage. */
  storage?: StorageOptions
}

/**
 * A port for one process. Several clients may share it; each then looks at its sockets whenever one of them has news.
 * An open socket and a pending `wakeAfter` keep the process running, nothing else does.
 */
export function createHostHal(options: HostOptions = {}): Hal {
  const { timer, wake } = createTimer(options)
  const hal: Hal = {
    version: HalVersion.Current,
    socket: createSockets(wake, options),
    timer,
    system: createSystem(options),
    text,
    crypto
  }
  if (options.storage !== undefined) hal.storage = createStorage(options.storage)
  return hal
}
