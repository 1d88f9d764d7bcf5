import { describe, expect, it } from 'vitest'
import { cutEverywhere, PLACES, runPlan, type Cut } from '../../tools/journal/cuts.js'

describe.each([4, 5] as const)('a power cut at every single write, protocol version %i', (version) => {
  it.each(['qos1', 'qos2', 'in2', 'both'] as const)('of a 200-message run, %s: nothing accepted is lost, nothing of QoS 2 comes twice', (traffic) => {
    // All of them: npx yieldmq journal-cuts, which takes minutes.
    const { writes } = runPlan({ version, traffic, messages: 200, cuts: [] })
    const broken: string[] = []
    for (let write = 1 + version; write <= writes; write += 29) {
      const { kept, kind } = PLACES[write % PLACES.length]!
      const run = runPlan({ version, traffic, messages: 200, cuts: [{ write, kept, kind }] })
      broken.push(...run.broken)
      expect(run.lives, `write ${write}`).toBe(2)
    }
    expect(broken).toEqual([])
    expect(writes).toBeGreaterThan(199)
  })

  it('of a short run with all kinds of traffic at once, in each way that a write can be torn', () => {
    const total = cutEverywhere({ version, traffic: 'both', messages: 4 })
    expect(total.failures).toEqual([])
    expect(total).toMatchObject({ cuts: total.writes * PLACES.length, lost: 0, doubled: 0 })
    expect(total.writes).toBeGreaterThan(12)
  })
})

describe('cuts in a row', () => {
  it('keep every promise when each life is cut at its nth write, for as long as the run lasts', () => {
    for (const write of [2, 3, 5, 7]) {
      const cuts: Cut[] = Array.from({ length: 200 }, (_, i) => ({ ...PLACES[i % PLACES.length]!, write }))
      const run = runPlan({ version: 4, traffic: 'both', messages: 30, cuts })
      expect(run.broken).toEqual([])
      expect(run.lives).toBeGreaterThan(10)
    }
  })

  it('at every byte of a value lose nothing', () => {
    const broken: string[] = []
    for (let kept = 0; kept < 140; kept += 1) {
      for (const kind of ['short', 'garbage'] as const) broken.push(...runPlan({ version: 4, traffic: 'qos2', messages: 3, cuts: [{ write: 3, kept, kind }] }).broken)
    }
    expect(broken).toEqual([])
  })
})
