/** The laboratory through hal/at and an emulated modem: every family, every core. The long form is `npx yieldmq sim --modem all --seeds N`. */
import { describe, expect, it } from 'vitest'
import type { Under } from '../../tools/sim/world.js'
import { generate } from '../../tools/sim/generate.js'
import { ladder, recordRun } from '../../tools/sim/record.js'
import { runScript } from '../../tools/sim/run.js'
import { FEATURE_SETS, MODEMS, type Script } from '../../tools/sim/script.js'
import { replayCommand } from '../../tools/sim/seeds.js'
import { shrink } from '../../tools/sim/shrink.js'
import { CORES } from '../modem/rig.js'

/** Seeds of each core: all families, in turn. */
const SEEDS = { full: 24, standard: 16, tiny: 16 }

describe('with a modem between the device and the network', () => {
  it.each(FEATURE_SETS)('every promise is kept by the core %s, whatever the modem does', { timeout: 60_000 }, (features) => {
    const under = { create: CORES[features] } as Under
    for (let seed = 1; seed <= SEEDS[features]; seed++) {
      const script = generate(seed, { profile: 'mixed', features, days: 0, modem: 'all' })
      expect(runScript(script, under).failure, `seed ${seed}, ${script.modem!.family}`).toBeUndefined()
    }
  })

  it('a script is the same with and without one, but for what the modem adds', () => {
    const wanted = { profile: 'mixed', features: 'full', days: 0 } as const
    for (let seed = 1; seed <= 16; seed++) {
      const { modem, events, ...rest } = generate(seed, { ...wanted, modem: 'all' })
      const { events: plain, ...same } = generate(seed, wanted)
      expect(rest).toEqual(same)
      expect(modem!.family).toBe(MODEMS[seed % MODEMS.length])
      expect(events.filter((event) => plain.some((one) => JSON.stringify(one) === JSON.stringify(event)))).toHaveLength(plain.length)
    }
  })

  it('a run replays byte for byte, and its ladder has what passed the serial line', () => {
    const script = generate(5, { profile: 'honest', features: 'full', days: 0, modem: 'ec2x' })
    const under = { create: CORES.full } as Under
    const lines = ladder(recordRun(script, under))
    expect(ladder(recordRun(JSON.parse(JSON.stringify(script)) as Script, under))).toEqual(lines)
    expect(lines.some((line) => line.includes('> "AT+QIOPEN=1,'))).toBe(true)
    expect(replayCommand(5, { profile: 'honest', features: 'full', days: 0, modem: 'ec2x' })).toContain('--modem ec2x')
  })

  it('a failing script is shrunk to what it takes, and keeps its modem and its wiring', async () => {
    const script = generate(3, { profile: 'mixed', features: 'full', days: 0, modem: 'air780' })
    script.events.push({ at: script.duration, do: 'moduleHang' })
    const failure = { promise: 'settles', t: 0, detail: '' }
    const shrunk = await shrink(script, { failure, ms: 0, events: 0, accepted: 0 }, (one) => Promise.resolve({ failure: one.events.some((event) => event.do === 'moduleHang') ? failure : undefined, ms: 0, events: 0, accepted: 0 }))
    expect(shrunk.script.events).toMatchObject([{ do: 'moduleHang' }])
    expect(Object.keys(shrunk.script.modem!).sort()).toEqual(expect.arrayContaining(['family', 'pins']))
    expect(Object.keys(shrunk.script.modem!)).not.toContain('quirks')
  })
})
