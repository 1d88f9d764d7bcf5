/**
 * What was learned of a path, kept over a reset: one small value in `hal.storage`, the newest four servers.
 *
 * Byte 0 is the format's version. Each entry: length of the name, the name (host:port), `good` and `bad` in seconds (two
 * bytes each), days to the next trial. The last two bytes are a checksum; a value that was torn counts as none.
 */
import { EMPTY, at, b1, cat, cut, keep, u16, u16At, type Bytes } from './bytes.js'
import { checksum } from './checksum.js'
import type { Learn } from './learn.js'
import type { StorageHal } from '../hal/hal.js'

const KEY = 'ymq-ka'

/** `Entry`: bytes of an entry without its name. */
const enum Format { Version = 1, Entry = 6, Checksum = 2, Servers = 4, Name = 100 }

/** The entries, without version and checksum; EMPTY when there are none, or none that can be trusted. */
function readEntries(storage: StorageHal): Bytes {
  const value = storage.get(KEY)
  const end = value.length - Format.Checksum
  if (end < 1 || at(value, 0) !== Format.Version || checksum(value, end) !== u16At(value, end)) return EMPTY
  return keep(cut(value, 1, end))
}

/** The length of the entry that begins at `i`, 0 when what is left is none. */
function entrySize(entries: Bytes, i: number): number {
  if (i >= entries.length) return 0
  const size = at(entries, i) + Format.Entry
  return i + size <= entries.length ? size : 0
}

/** Fills in what is remembered of the server `name`. False: nothing. */
export function recall(storage: StorageHal, name: Bytes, l: Learn): boolean {
  const entries = readEntries(storage)
  let i = 0
  let size = entrySize(entries, i)
  while (size > 0) {
    const end = i + size
    if (cut(entries, i + 1, end - 5) === name) {
      l.good_ = u16At(entries, end - 5)
      l.bad_ = u16At(entries, end - 3)
      l.days_ = at(entries, end - 1)
      return true
    }
    i = end
    size = entrySize(entries, i)
  }
  return false
}

/** Remembers it. Where the store is full or fails, the path is learned anew after a reset: nothing else depends on it. */
export function remember(storage: StorageHal, name: Bytes, l: Learn): void {
  if (name.length > Format.Name) return
  const entries = readEntries(storage)
  let kept = cat(b1(name.length), name, u16(l.good_), u16(l.bad_), b1(l.days_))
  const room = storage.sizeLimit() - 1 - Format.Checksum
  let count = 1
  let i = 0
  let size = entrySize(entries, i)
  while (size > 0 && count < Format.Servers && kept.length + size <= room) {
    const end = i + size
    if (cut(entries, i + 1, end - 5) !== name) {
      kept = cat(kept, cut(entries, i, end))
      count = count + 1
    }
    i = end
    size = entrySize(entries, i)
  }
  const value = cat(b1(Format.Version), kept)
  storage.set(KEY, cat(value, u16(checksum(value, value.length))))
}
