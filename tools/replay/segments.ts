/** A recording may span several lives of a device: each runs from its first checkpoint to the next start. */
import type { CheckpointRecord, Entry, RecordingFile } from './format.js'
import { Replay, type Divergence } from './replay.js'

export interface Segment {
  /** Records that could be compared, and those before the first checkpoint that could not. */
  compared: number
  skipped: number
  divergence: Divergence | undefined
  /** Why it was not run; undefined when it was. */
  reason: string | undefined
}

function lives(entries: Entry[]): Entry[][] {
  const all: Entry[][] = [[]]
  for (const e of entries) {
    if (e.kind === 'boot' && all.at(-1)!.length > 0) all.push([])
    all.at(-1)!.push(e)
  }
  return all
}

/** Runs every life. `slackMs`: how late the device may have run its timers. */
export function replayAll(file: RecordingFile, slackMs: number): Segment[] {
  return lives(file.entries).map((entries) => {
    const at = entries.findIndex((e) => e.kind === 'checkpoint' && e.checkpoint.fingerprint === file.header.fingerprint)
    if (at < 0) {
      const other = entries.some((e) => e.kind === 'checkpoint')
      return { compared: 0, skipped: entries.length, divergence: undefined, reason: other ? 'it was recorded under other options than the header\'s' : 'no checkpoint is left to start from' }
    }
    const replay = new Replay(file.header, entries[at] as CheckpointRecord, entries.slice(at + 1), slackMs)
    const divergence = replay.run()
    return { compared: replay.compared, skipped: entries.slice(0, at).filter((e) => e.kind !== 'boot').length, divergence, reason: undefined }
  })
}
