import { describe, expect, it } from 'vitest'
import { timesOf } from '../session/support.js'
import { simClient, type SimClient } from '../support/harness.js'
import { DAY, learner } from './support.js'

const DAYS = 50
/** CONNECT leaves at 20 ms, reaches the broker at 30 ms, and CONNACK is here at 40 ms. */
const LEFT = 20
const LATENCY = 10

/** By days: one `yield` may take 2^30 ms at most. */
function runTo(h: SimClient, end: number): void {
  while (h.sim.now < end) h.run(Math.min(DAY, end - h.sim.now))
}

/** When the pings of a search on a path that bears all of `most` seconds reach the broker, until the end of the fifty days. */
function schedule(most: number): number[] {
  const times: number[] = []
  let sent = LEFT
  let heard = LEFT + 2 * LATENCY
  let p = 30
  let proofs = 0
  while (true) {
    // Idle both ways for P, or the keepalive's own time since the last packet sent.
    sent = Math.min(heard + p * 1000, sent + most * 1000)
    if (sent > DAYS * DAY) return times
    times.push(sent + LATENCY)
    heard = sent + 2 * LATENCY
    proofs += 1
    if (proofs % 3 === 0) p = Math.min(Math.floor(p * 5 / 4), most)
  }
}

describe('fifty days, in which a 32-bit clock turns negative and wraps', () => {
  for (const waits of [false, true]) {
    for (const startTicks of [0, 2 ** 31 - 1000, -1000]) {
      it(`of silence under 120 s are exactly the pings that are due, and no drop (waits: ${waits}, ticks from ${startTicks})`, () => {
        const h = simClient({ keepalive: 120, sim: { waits, startTicks, wrap: 'int32', traceLimit: 0, maxEvents: Infinity } })
        h.up()
        runTo(h, DAYS * DAY)
        const pings = Math.floor((DAYS * DAY - LEFT) / 115_000)
        expect(h.client.stats()).toMatchObject({ pings, connects: 1, drops: 0, failures: 0, packetsIn: pings + 1 })
        h.check()
      })
    }

    it(`with learning under 1200 s send each ping at the very millisecond (waits: ${waits})`, () => {
      const l = learner({ limitMs: 100 * DAY, how: 'silent' }, { keepalive: 1200, sim: { waits, wrap: 'int32' } })
      l.h.up()
      runTo(l.h, DAYS * DAY)
      const due = schedule(1195)
      const times = timesOf(l.h.peer, 'pingreq')
      // A list of thousands that differs takes the reporter minutes to print.
      expect(times.findIndex((t, i) => t !== due[i])).toBe(-1)
      expect(l.h.client.stats()).toMatchObject({ pings: due.length, connects: 1, drops: 0, failures: 0 })
      l.h.check()
    })
  }

  it('with learning on a path of 240 s drop only for the search and its trials, on the days that are stated', () => {
    const l = learner({ limitMs: 240_000, how: 'silent' }, { keepalive: 1200, sim: { wrap: 'int32' } })
    l.h.up()
    runTo(l.h, DAYS * DAY)
    const drops = l.h.got.links.filter((link) => link.state === 'waiting').map((link) => Math.floor(link.t / DAY))
    expect(drops.filter((day) => day === 0).length).toBeLessThanOrEqual(6)
    expect(drops.filter((day) => day > 0)).toEqual([1, 3, 7, 14, 21, 28, 35, 42, 49])
    l.h.sim.check()
  })
})
