/** A run written down: for the ladder on the terminal and the page. Plain data, so that it passes between threads. */
import type { LinkState } from '../../firmware/types.js'
import { describe } from './frames.js'
import { runScript, type RunResult } from './run.js'
import type { Script } from './script.js'
import type { Recorder, Under } from './world.js'

export interface FrameMark { t: number; dir: 'out' | 'in'; connection: number; name: string; text: string }
/** What passed the serial line to a modem, as text. */
export interface SerialMark { t: number; from: 'host' | 'module'; text: string }
export interface StateMark { t: number; state: LinkState; cause: number }
export interface EventMark { t: number; text: string }
/** What the client holds: messages in its outbox, those in flight, bytes to transmit. */
export interface LevelMark { t: number; outbox: number; inflight: number }

export interface Recording {
  script: Script
  result: RunResult
  frames: FrameMark[]
  states: StateMark[]
  events: EventMark[]
  levels: LevelMark[]
  serial: SerialMark[]
  /** Frames left out because there were too many. */
  dropped: number
}

/** Frames kept of one run. */
const FRAMES_KEPT = 20_000

export function recordRun(script: Script, under: Under): Recording {
  const recording: Recording = { script, result: undefined as never, frames: [], states: [], events: [], levels: [], serial: [], dropped: 0 }
  const { frames, states, events, levels, serial } = recording
  const recorder: Recorder = {
    frame: (t, dir, link, frame) => {
      if (frames.length >= FRAMES_KEPT) recording.dropped += 1
      else frames.push({ t, dir, connection: link.number, name: frame.name, text: describe(frame) })
    },
    serial: (t, from, bytes) => {
      if (serial.length < FRAMES_KEPT) serial.push({ t, from, text: JSON.stringify(bytes) })
      else recording.dropped += 1
    },
    state: (t, state, cause) => states.push({ t, state, cause }),
    event: (t, text) => events.push({ t, text }),
    levels: (t, client) => {
      const stats = client.stats()
      const last = levels[levels.length - 1]
      if (last !== undefined && last.outbox === stats.outboxCount && last.inflight === stats.inflight) return
      levels.push({ t, outbox: stats.outboxCount, inflight: stats.inflight })
    }
  }
  recording.result = runScript(script, under, recorder)
  return recording
}

/** One line for everything that happened, in order of time. */
export function ladder(recording: Recording): string[] {
  const lines = [
    ...recording.events.map((one, i) => ({ t: one.t, order: i, text: `      *** ${one.text}` })),
    ...recording.states.map((one, i) => ({ t: one.t, order: i, text: `  ---- ${one.state}${one.cause < 0 ? ` (${one.cause})` : ''}` })),
    ...recording.serial.map((one, i) => ({ t: one.t, order: i, text: `        ${one.from === 'host' ? '>' : '<'} ${one.text}` })),
    ...recording.frames.map((one, i) => ({ t: one.t, order: i, text: `#${one.connection} ${one.dir === 'out' ? '-->' : '<--'} ${one.text}` }))
  ]
  const all = lines.map((line, i) => ({ ...line, i })).sort((a, b) => a.t - b.t || a.i - b.i)
  const { failure } = recording.result
  const last = failure === undefined ? [] : [`${String(failure.t).padStart(10)} ms  !!!! ${failure.promise}: ${failure.detail}`]
  return [...all.map((line) => `${String(line.t).padStart(10)} ms  ${line.text}`), ...last]
}
