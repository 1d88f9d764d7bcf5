/** What tells a weak signal and a lost bearer from a server's fault: samples of the signal, and the bearer's state when a link ends. */
import type { Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { because, Phase, type Core } from './core.js'

/** Samples kept; s between two. */
const enum Sample { Kept = 3, Every = 60 }

function sample(core: Core): void {
  const modem = core.hal_.modem
  if (modem === undefined || core.seconds_ - core.signalAt_ < Sample.Every) return
  core.signalAt_ = core.seconds_
  const dbm = modem.signal()
  if (dbm === 0) return
  // A new list for each sample: causes hold older ones.
  const samples = [dbm]
  for (const older of core.signals_) {
    if (samples.length < Sample.Kept) samples.push(older)
  }
  core.signals_ = samples
}

/** At the end of a slice: a look at the signal, once a minute at most, while the link has nothing else to do. */
export function sampleSignal(core: Core): void {
  if (core.phase_ === Phase.Up && !core.more_ && core.tx_.length === 0 && core.count_ === 0 && !core.dirty_) sample(core)
}

/** A connection or an attempt ended with `code`: the samples go with the cause, and where the bearer is gone, that is the cause. */
export function lookAround(core: Core, code: Code): Code {
  sample(core)
  if (core.signals_.length > 0) core.cause_.signals = core.signals_
  const network = core.hal_.network
  return network !== undefined && network.ready() <= 0 ? because(core, ErrorCode.NetworkDown, network.reason()) : code
}
