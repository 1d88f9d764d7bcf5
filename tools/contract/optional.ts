/** The parts of the memory contract that an option of the profile full switches on: journal, recorder, learned keepalive. */
import type { Limits, Options } from '../../firmware/types.js'
import type { Shape } from './memory.js'

export interface OptionalPart {
  part: string
  by: string
  count: number
  bytes: number
  shape: Partial<Shape>
}

/** Keys of the journal beyond `outboxCount`: firmware/journal.ts. */
export const JOURNAL_SPARE = 8

/** Ids of the receive set, and of those not used again, that a value of the journal holds: firmware/journal-format.ts. */
const IDS = 64

/** `limits`: the largest of all programs that wrote to this journal. */
export function journalParts(limits: Required<Limits>): OptionalPart[] {
  const keys = limits.outboxCount + JOURNAL_SPARE
  const bits = Math.ceil(keys / 8)
  // Frame, checksum, a message with all its fields, the state without its lists; a bit and a mark of six bytes for each key; the ids.
  const value = 35 + limits.packetOut + 13 + 9 + bits + 6 * keys + 2 * (2 + 2 * IDS) + 6
  const state = bits + 3 * keys + 2 * IDS
  return [
    { part: 'journal', by: 'outboxCount', count: keys, bytes: 0, shape: { records: 1, members: 20, slots: bits + keys } },
    // Its parts, all of them joined, and that with the checksum. At the start: the value, two states and one being read.
    {
      part: 'journal: value being built or read', by: 'outboxCount, packetOut', count: 1, bytes: 3 * value,
      shape: { records: 3, members: 13, strings: 12 + bits + 3 * keys + 2 * IDS, slots: 3 * state + limits.outboxCount }
    }
  ]
}

/** The flight recorder of `size` bytes: firmware/recorder.ts, recording.ts. */
export function recorderParts(size: number, limits: Required<Limits>): OptionalPart[] {
  const block = Math.floor(size / 4)
  const parts = Math.ceil(block / 48) + 2
  const topics = 16
  // Options and limits are 39 numbers of up to five bytes; five lengths, magic, version, checksum.
  const header = 39 * 5
  const image = size + header + 21
  // State, messages and filters, 24 of each list at most; what is too large for a block is built all the same.
  const checkpoint = 29 * 5 + 2 * 24 * 16 * 5 + 24 * 9 * 5 + 2 * 24 * 5 + 20
  return [
    { part: 'recorder', by: 'recorder', count: 1, bytes: 4 * block, shape: { records: 1, members: 24, strings: 3 + parts, slots: 3 + parts } },
    { part: 'recorder: topics told from each other', by: 'packetOut', count: topics, bytes: topics * limits.packetOut, shape: { strings: topics, slots: topics } },
    { part: 'recorder: checkpoint being built', by: 'constant', count: 1, bytes: 2 * checkpoint + 2 * header, shape: { strings: 130, slots: 80 } },
    { part: 'recorder: recording being built', by: 'recorder', count: 1, bytes: 2 * image, shape: { strings: 14, slots: 10 } }
  ]
}

/** Bytes of the longest name of a server that DNS allows; and of the entries kept in the store, firmware/learn-store.ts. */
const HOST = 253
const ENTRIES = 4 * (100 + 6) + 3

/** The learned keepalive: firmware/learn.ts, learn-link.ts. `reference`: bytes of the longest Server Reference. */
export function learnParts(options: Partial<Options>, reference: number): OptionalPart[] {
  const hosts = (options.servers ?? []).map(({ host }) => new TextEncoder().encode(host).length)
  const name = Math.max(hosts.length > 0 ? 0 : HOST, ...hosts, options.followServerReference === true ? reference : 0) + 6
  return [
    { part: 'learned keepalive', by: 'servers', count: 1, bytes: 2 * name, shape: { records: 2, members: 13, strings: 2 } },
    { part: 'learned keepalive: value being built', by: 'constant', count: 1, bytes: 4 * ENTRIES, shape: { strings: 6 } }
  ]
}
