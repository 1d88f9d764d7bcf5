/** The kit on a port without a network, in the dialect: what a device runs, for the pipelines to compile. */
import { EMPTY } from '../../../firmware/bytes.js'
import { HalVersion, LinkCode, type Bytes, type Code, type Hal, type Socket } from '../../../hal/hal.js'
import { halCases } from '../../../hal/conformance/parts.js'
import { advance, createRun } from '../../../hal/conformance/run.js'
import { openCases } from '../../../hal/conformance/socket-open.js'
import { systemCases } from '../../../hal/conformance/system.js'
import { textCases } from '../../../hal/conformance/text.js'
import type { Case } from '../../../hal/conformance/types.js'

class NoSocket implements Socket {
  status(): Code { return LinkCode.TcpRefused }
  read(): Bytes { return EMPTY }
  write(): Code { return LinkCode.TcpRefused }
  credit(): number { return 0 }
  pending(): number { return 0 }
  unacked(): number { return -1 }
  close(): void {}
}

/** One line a case: its id, its outcome, and what was seen. */
export function report(): string {
  let now = 0
  let seed = 7
  const clock = { ticks: () => now, since: (t0: number) => now - t0, wait: (ms: number) => {
    now = now + (ms > 0 ? ms : 0)
    return 0
  } }
  const hal: Hal = {
    version: HalVersion.Current,
    socket: { open: () => new NoSocket() },
    timer: clock,
    system: {
      id: () => 'fake1', random: () => {
        seed = (seed * 75 + 74) % 65537
        return seed % 32768
      },
      wallClock: () => 1800000000 + (now - now % 1000) / 1000, resetReason: () => 'unknown', feedWatchdog: () => {}, restart: () => {},
      guard: (fn, a, b, c) => {
        // The Lua bundle may not catch: what throws is left out below.
        const result = fn(a, b, c)
        return typeof result === 'number' ? result : 0
      }
    },
    // A text is its bytes, as in Lua.
    text: { utf8: (text) => text as Bytes, text: (bytes) => bytes }
  }
  let lines = ''
  const cases: Case[] = []
  for (const part of [halCases, systemCases, textCases, openCases]) {
    for (const one of part) {
      if (one.id !== 'system.guard-throws' && one.id !== 'system.guard-nested') cases.push(one)
    }
  }
  const run = createRun({ hal: hal, peer: { host: 'peer', port: 1 }, refused: { host: 'peer', port: 2 } }, cases, (id, outcome, seen) => {
    lines = lines + id + ' ' + outcome + ' ' + seen + '\n'
  })
  let ms = advance(run)
  while (ms >= 0) {
    now = now + ms + 1
    ms = advance(run)
  }
  return lines
}
