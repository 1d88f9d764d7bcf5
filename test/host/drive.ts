/**
 * Runs a case against either kind of port. A case is a generator that yields what it waits for; whether that means a
 * blocking `wait` or going back to the event loop is decided here.
 */
import type { Hal } from '../../hal/hal.js'
import type { Peer } from './peer.js'

export interface Wait {
  until: () => boolean
  /** Ends the case as failed when it did not come true in time. */
  limitMs: number
  what: string
  /** For what only time makes true: look again after so many milliseconds. */
  againMs?: number
}

export interface Case {
  title: string
  run: (hal: Hal, peer: Peer) => Generator<Wait, void>
}

/** For a case: `yield* until('the echo', () => socket.pending() === 5)`. */
export function* until(what: string, condition: () => boolean, limitMs = 5_000): Generator<Wait, void> {
  if (!condition()) yield { until: condition, limitMs, what }
}

/** For a case: lets `ms` milliseconds pass. */
export function* pause(hal: Hal, ms: number): Generator<Wait, void> {
  const t0 = hal.timer.ticks()
  yield { until: () => hal.timer.since(t0) >= ms, limitMs: ms + 5_000, what: `${ms} ms to pass`, againMs: ms }
}

function late(wait: Wait): Error {
  return new Error(`waited ${wait.limitMs} ms for ${wait.what}`)
}

/** On an event-driven port. */
export function driveEvents(hal: Hal, peer: Peer, it: Case): Promise<void> {
  const steps = it.run(hal, peer)
  const { timer } = hal
  return new Promise((resolve, reject) => {
    let wait: Wait | undefined
    let since = 0
    const end = (settle: () => void): void => {
      timer.wakeAfter!(handle, -1)
      settle()
    }
    const step = (): void => {
      try {
        while (wait === undefined || wait.until()) {
          const next = steps.next()
          if (next.done === true) return end(resolve)
          wait = next.value
          since = timer.ticks()
        }
        const left = wait.limitMs - timer.since(since)
        if (left <= 0) throw late(wait)
        timer.wakeAfter!(handle, Math.min(left, wait.againMs ?? left))
      } catch (error) {
        end(() => reject(error))
      }
    }
    const handle = timer.onWake!(step)
    step()
  })
}

/** On a port that waits. */
export function driveBlocking(hal: Hal, peer: Peer, it: Case): void {
  const { timer } = hal
  for (const wait of it.run(hal, peer)) {
    const since = timer.ticks()
    while (!wait.until()) {
      const left = wait.limitMs - timer.since(since)
      if (left <= 0) throw late(wait)
      const code = timer.wait!(Math.min(left, wait.againMs ?? left))
      if (code < 0) throw new Error(`wait returned ${code} while waiting for ${wait.what}`)
    }
  }
}
