/**
 * What tells a weak signal, a lost bearer and a restarting device from a server's fault: samples of the signal for the
 * cause of a drop, the bearer's state at that moment, and how often the device has started.
 */
import { cat, u16, u16At } from './bytes.js'
import { because, Phase, type Core } from './core.js'
import { checksum } from './checksum.js'
import { ErrorCode } from './codes.js'
import type { Code } from './bytes.js'
import type { Hal } from '../hal/hal.js'
import type { Options } from './types.js'

/** Samples kept; s between two. */
const enum Sample { Kept = 3, Every = 60 }

const BOOTS = 'ymq-boot'

export interface Signals {
  /** dBm, the newest first. A new list for each sample: causes hold older ones. */
  samples_: number[]
  /** The clock's second of the last look. */
  at_: number
}

function sample(core: Core): void {
  const modem = core.hal_.modem
  if (modem === undefined) return
  const now = core.clock_.seconds_
  let s = core.signals_
  if (s === undefined) {
    s = { samples_: [], at_: now - Sample.Every }
    core.signals_ = s
  }
  if (now - s.at_ < Sample.Every) return
  s.at_ = now
  const dbm = modem.signal()
  if (dbm === 0) return
  const samples = [dbm]
  for (const older of s.samples_) {
    if (samples.length < Sample.Kept) samples.push(older)
  }
  s.samples_ = samples
}

/** At the end of a slice: a look at the signal, once a minute at most, while the link has nothing else to do. */
export function sampleSignal(core: Core): void {
  if (core.phase_ !== Phase.Up || core.more_ || core.tx_.bytes_ > 0 || core.outbox_.count_ > 0 || core.registry_.requests_.length > 0) return
  sample(core)
}

/**
 * A connection or an attempt ended with `code`: the samples go with the cause, and where the bearer is gone, that is the
 * cause. Returns the code that holds.
 */
export function lookAround(core: Core, code: Code): Code {
  sample(core)
  if (core.signals_ !== undefined) core.cause_.signals = core.signals_.samples_
  const network = core.hal_.network
  return network !== undefined && network.ready() <= 0 ? because(core, ErrorCode.NetworkDown, network.reason()) : code
}

/**
 * The number of this start of the device, 1 to 65535, counted in the store: 1 again when the value was torn or the store fails. Only a program
 * that has the client keep things anyway (`journal`, `learnKeepalive`, `recorder`) has it counted, else it is 0: a write for each start is
 * more than many a flash takes. A device that woke from deep sleep did not start: the count stays.
 */
export function countBoot(hal: Hal, o: Options): number {
  const storage = hal.storage
  const keeps = o.learnKeepalive === true || o.journal !== undefined && o.journal !== false || o.recorder !== undefined && o.recorder > 0
  if (storage === undefined || !keeps) return 0
  const value = storage.get(BOOTS)
  let boots = 0
  if (value.length === 4 && checksum(value, 2) === u16At(value, 2)) boots = u16At(value, 0)
  if (boots > 0 && hal.system.resetReason() === 'deep-sleep') return boots
  if (boots < 65535) boots = boots + 1
  const count = u16(boots)
  storage.set(BOOTS, cat(count, u16(checksum(count, 2))))
  return boots
}
