/**
 * What the ladder remembers over restarts of the device, for whoever asks why the modem was off: the last climb and how often each rung was
 * climbed. One small value, written when a reset begins and when it succeeded, and at no other time: flash wears.
 *
 * Byte 0 is the format's version. Then the last rung, why, whether it ended well, climbs by rung (two bytes each), a checksum.
 * A value of another length or version, or that was torn, counts as none.
 */
import { at, b1, b4, cat, u16, u16At, type Bytes, type Code } from '../../firmware/bytes.js'
import type { StorageHal } from '../hal.js'
import { Rung, Trouble, type Ladder } from './ladder.js'

const KEY = 'ymq-ladder'

const enum Format { Version = 1, Climbs = 4, Checksum = 18 }

/** Every weight is odd, so that no change of a single byte stays unseen. */
function checksum(value: Bytes): number {
  let sum = 165
  for (let i = 0; i < Format.Checksum; i = i + 1) sum = (sum * 3 + at(value, i)) % 256
  return sum
}

/** Fills in what is stored, once, before the first climb. */
export function loadLadder(this: void, ladder: Ladder, storage: StorageHal): void {
  const value = storage.get(KEY)
  if (value.length !== Format.Checksum + 1 || at(value, 0) !== Format.Version || checksum(value) !== at(value, Format.Checksum)) return
  const last = at(value, 1)
  const why = at(value, 2)
  if (last > Rung.PowerKey || why > Trouble.Silent || at(value, 3) > 1) return
  ladder.last_ = last
  ladder.lastWhy_ = why
  ladder.isLastOk_ = at(value, 3) > 0
  for (let rung = 0; rung <= Rung.PowerKey; rung = rung + 1) ladder.climbs_[rung] = u16At(value, Format.Climbs + 2 * rung)
}

/** Stores the record when there is something new to store; called as often as one likes. 0, or the code of `set`: then it is dropped. */
export function saveLadder(this: void, ladder: Ladder, storage: StorageHal): Code {
  if (!ladder.isChanged_) return 0
  ladder.isChanged_ = false
  let value = b4(Format.Version, ladder.last_, ladder.lastWhy_, ladder.isLastOk_ ? 1 : 0)
  for (const n of ladder.climbs_) value = cat(value, u16(n))
  return storage.set(KEY, cat(value, b1(checksum(value))))
}
