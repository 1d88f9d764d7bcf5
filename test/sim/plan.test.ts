/** Faults from one seed: plans, what each fault does and undoes, and the same trace on every machine. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { applyFault, FAULT_KINDS, faultPlan, runPlan } from '../../hal/sim/faults.js'
import { Random } from '../../hal/sim/index.js'
import { withModel, world } from './broker-support.js'
import { hashOf, mixedRun } from './mixed.js'

const HOUR = 3600000

describe('a plan of faults', () => {
  it('is the same for the same seed, plain data, in order, at the rate asked for, and has every kind', () => {
    const plan = faultPlan(new Random(5), { durationMs: 100 * HOUR, rate: 20 })
    expect(faultPlan(new Random(5), { durationMs: 100 * HOUR, rate: 20 })).toEqual(plan)
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    expect(plan.length).toBeGreaterThan(1800)
    expect(plan.length).toBeLessThan(2200)
    expect(plan.every((fault, i) => fault.at < 100 * HOUR && fault.at > (plan[i - 1]?.at ?? 0))).toBe(true)
    expect(new Set(plan.map((fault) => fault.kind))).toEqual(new Set(FAULT_KINDS))
    expect(new Set(faultPlan(new Random(5), { durationMs: HOUR, rate: 100, kinds: ['rst', 'loss'] }).map((fault) => fault.kind))).toEqual(new Set(['rst', 'loss']))
    expect(faultPlan(new Random(5), { durationMs: HOUR, rate: 0 })).toEqual([])
  })

  it('leaves the world as it was when the last fault has ended, also where faults of one kind overlap', () => {
    const w = world({}, { bearer: true })
    const before = { ...w.sim.network.conditions() }
    const plan = faultPlan(new Random(8), { durationMs: HOUR, rate: 600, kinds: FAULT_KINDS.filter((kind) => kind !== 'powerCut' && kind !== 'cutAtWrite' && kind !== 'storageFails' && kind !== 'refuse') })
    runPlan(w.sim, w.broker, w.sim.device, plan)
    w.sim.run(3 * HOUR)
    expect(w.sim.network.conditions()).toEqual(before)
    expect([w.sim.device.bearer.ready, w.broker.isRunning]).toEqual([1, true])
    expect(w.sim.hal.storage!.set('k', w.sim.hal.text.utf8('x'.repeat(5000)))).toBe(0)
    const socket = w.sim.hal.socket.open({ host: 'broker', port: 1883 })
    w.sim.run(100)
    expect(socket.status()).toBe(1)
  })

  it.each(FAULT_KINDS)('survived by our client: %s', (kind) => {
    const w = world({}, { bearer: true, seed: 3 })
    const h = withModel(w, { keepalive: 30 })
    h.up()
    const plan = faultPlan(new Random(11), { durationMs: 600000, rate: 40, kinds: [kind] })
    expect(plan.length).toBeGreaterThan(2)
    let boots = 0
    for (const fault of plan) applyFault(w.sim, w.broker, h.device, fault, () => {
      boots += 1
    })
    h.run(4 * HOUR)
    if (kind === 'powerCut') expect([boots, h.device.boots]).toEqual([1, 2])
    else expect(h.got.state).toBe('up')
    w.broker.check()
    h.check()
  })
})

describe('one seed', () => {
  it('gives the same trace byte for byte, in any order and in another process, and the one that is written here', () => {
    const one = hashOf(mixedRun(1))
    const two = hashOf(mixedRun(2))
    const again = [hashOf(mixedRun(2)), hashOf(mixedRun(1))]
    expect(again).toEqual([two, one])
    expect(one).not.toBe(two)
    const elsewhere = execFileSync(process.execPath, ['tools/build/run.mjs', 'test/sim/mixed-main.ts', '2', '1'], { encoding: 'utf8' })
    expect(JSON.parse(elsewhere)).toEqual([two, one])
    // Changes when the simulator's behaviour does: then look at what changed, and write the new one here.
    expect(one).toBe('8dea4a021e0c98d15bf25aabb9f1996c6207893c319edaa4149885e0e7ad6ba6')
  })

  it('has faults, lies, cuts and reboots in that run', () => {
    const notes = mixedRun(1).trace.notes().join('\n')
    for (const word of ['fault', 'power cut', 'boot 2', 'RST arrived', 'FIN arrived']) expect(notes).toContain(word)
  })
})

