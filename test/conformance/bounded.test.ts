/** The kit ends, with a scorecard, on ports that keep it from ending: a clock that stands, endless wakes, exceptions. */
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { allCases, type Setup } from '../../hal/conformance/index.js'
import { runSim, type Result } from '../../tools/hal-check/run.js'
import { score } from '../../tools/hal-check/score.js'
import { simCheck } from '../../tools/hal-check/sim.js'
import { UTF16 } from '../../tools/hal-check/texts.js'
import { FAULTS, wholePort, type Fault } from './broken.js'

const cases = allCases()
/** ms of this machine for a whole kit. */
const WALL_MS = 20_000

function results(waits: boolean, fault: Fault, wanted = cases): Result[] {
  const { sim, setup: bare } = simCheck(waits)
  const setup: Setup = wholePort({ ...UTF16, ...bare })
  fault(setup.hal, setup, sim)
  const all: Result[] = []
  runSim(sim, setup, wanted, (result) => all.push(result))
  return all
}

const broken = (): never => { throw new Error('out of order') }

/** What a stranger's port may do that no single case is about. */
const WORSE: Record<string, Fault> = {
  'whose clock stands': (hal) => { hal.timer.since = () => 0 },
  'whose clock throws': (hal) => { hal.timer.ticks = broken },
  'whose timer throws': (hal) => {
    if (hal.timer.wait !== undefined) hal.timer.wait = broken
    hal.timer.onWake = broken
  },
  'which calls every wake from within': (hal) => {
    const fns: (() => void)[] = []
    hal.timer.onWake = (fn) => fns.push(fn)
    hal.timer.wakeAfter = (handle) => { fns[handle - 1]?.() }
  },
  'whose sockets throw': (hal) => { hal.socket.open = broken },
  'whose sockets are endless': (hal) => {
    const open = hal.socket.open
    hal.socket.open = (endpoint) => {
      const good = open(endpoint)
      return { status: () => 1, read: (max) => 'x'.repeat(Math.max(0, Math.min(max, 2000))) as Bytes, write: (bytes) => bytes.length, credit: () => 1e6, pending: () => 1e6, unacked: () => 1, close: () => good.close() }
    }
  },
  'whose amounts are not numbers': (hal) => {
    const open = hal.socket.open
    hal.socket.open = (endpoint) => {
      const good = open(endpoint)
      return { status: () => 1, read: () => undefined as unknown as Bytes, write: () => NaN, credit: () => NaN, pending: () => NaN, unacked: () => NaN, close: () => good.close() }
    }
  },
  'which takes more than it is given': (hal) => {
    const open = hal.socket.open
    hal.socket.open = (endpoint) => {
      const good = open(endpoint)
      return { status: () => good.status(), read: (max) => good.read(max), write: (bytes) => good.write(bytes) + 5000, credit: () => good.credit(), pending: () => good.pending(), unacked: () => good.unacked(), close: () => good.close() }
    }
  }
}

describe.each([{ waits: true, kind: 'that waits' }, { waits: false, kind: 'that is woken' }])('a port $kind', ({ waits }) => {
  const ids = ['timer.stamps-agree', 'write.exact', 'system.guard-nothing', ...(waits ? [] : ['wake.once'])]

  it.each(ids)('and is broken so that it fails %s gets a scorecard of the whole kit', { timeout: WALL_MS }, (id) => {
    const from = performance.now()
    const all = results(waits, FAULTS[id]!)
    expect(all.map((one) => one.id)).toEqual(cases.map((one) => one.id))
    expect(score('broken', cases, all).failed.map((one) => one.id)).toContain(id)
    expect(performance.now() - from).toBeLessThan(WALL_MS)
  })

  it.each(Object.keys(WORSE))('and %s gets a scorecard of the whole kit', { timeout: WALL_MS }, (name) => {
    const all = results(waits, WORSE[name]!)
    expect(all.map((one) => one.id)).toEqual(cases.map((one) => one.id))
    expect(all.some((one) => one.outcome === 'failed')).toBe(true)
  })
})

it('names the bound that a case came to, and what the port threw', () => {
  const seen = (waits: boolean, fault: Fault, id: string): string | undefined => results(waits, fault, cases.filter((one) => one.id === id))[0]?.seen
  expect(seen(true, WORSE['whose clock stands']!, 'read.nothing')).toBe('no end after 10000 steps in which nothing changed, 0 ms by the port\'s clock; it waited for stage 1 to end')
  expect(seen(true, FAULTS['system.guard-nothing']!, 'system.guard-throws')).toMatch(/^the port threw: TypeError: /)
  expect(seen(false, WORSE['whose sockets throw']!, 'write.exact')).toBe('the port threw: Error: out of order')
})
