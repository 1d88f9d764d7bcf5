import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { createSim, firstDifference, Random, type Sim } from '../../hal/sim/index.js'

const bytes = (text: string): Bytes => text as Bytes

/** A busy run with every kind of chance in it. */
function busyRun(seed: number): Sim {
  const sim = createSim({ seed, conditions: { jitterMs: 50, piecesIn: 'random', piecesOut: 'random', shortWriteChance: 0.5 } })
  sim.network.listen('broker', 1883, (connection) => {
    connection.onData((data) => connection.send(data))
    if (sim.random.chance(0.3)) connection.after(300, () => connection.rst())
  })
  let socket = sim.hal.socket.open({ host: 'broker', port: 1883 })
  const handle = sim.hal.timer.onWake!(() => {
    if (socket.status() < 0) {
      socket.close()
      socket = sim.hal.socket.open({ host: 'broker', port: 1883 })
    }
    socket.read(100)
    socket.write(bytes(String.fromCharCode(sim.hal.system.random() % 256).repeat(40)))
    sim.hal.timer.wakeAfter!(handle, 1 + (sim.hal.system.random() % 20))
  })
  sim.hal.timer.wakeAfter!(handle, 1)
  sim.run(2000)
  return sim
}

describe('one seed', () => {
  it('replays a run byte for byte', () => {
    const a = busyRun(42)
    const b = busyRun(42)
    expect(a.trace.entries.length).toBeGreaterThan(200)
    expect(firstDifference(a.trace, b.trace)).toBeUndefined()
    expect(a.trace.print()).toBe(b.trace.print())
  })

  it('differs from another, and the difference is named by its line', () => {
    const difference = firstDifference(busyRun(42).trace, busyRun(43).trace)
    expect(difference?.a).not.toBe(difference?.b)
  })

  it('gives each device and part a stream of its own', () => {
    const alone = createSim({ seed: 9 })
    const crowded = createSim({ seed: 9, conditions: { jitterMs: 10 } })
    crowded.addDevice().hal.system.random()
    crowded.network.listen('broker', 1883, (connection) => connection.send(bytes('x'.repeat(10))))
    crowded.hal.socket.open({ host: 'broker', port: 1883 })
    crowded.settle()
    const draw = (sim: Sim): number[] => Array.from({ length: 20 }, () => sim.hal.system.random())
    expect(draw(crowded)).toEqual(draw(alone))
  })

  it('draws 0 to 32767 evenly enough', () => {
    const sim = createSim({ seed: 2 })
    const draws = Array.from({ length: 20000 }, () => sim.hal.system.random())
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...draws)).toBeLessThanOrEqual(32767)
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length
    expect(Math.abs(mean - 16383.5)).toBeLessThan(300)
    expect(new Random(1).fork('a').next()).not.toBe(new Random(1).fork('b').next())
  })
})

describe('the trace', () => {
  it('holds what was taken and what arrived, with times, and joins it by direction', () => {
    const sim = createSim({ conditions: { latencyMs: 10 } })
    sim.network.listen('broker', 1883, (connection) => connection.onData(() => connection.send(bytes('\x20\x02\x00\x00'))))
    const socket = sim.hal.socket.open({ host: 'broker', port: 1883 })
    sim.settle()
    socket.write(bytes('hi'))
    sim.settle()
    expect(sim.trace.print().split('\n').map((line) => line.trim())).toEqual([
      '0 #1 * connect broker:1883', '20 #1 * open', '20 #1 > 68 69  |hi|', '40 #1 < 20 02 00 00  | ...|'
    ])
    expect([sim.trace.joined('out'), sim.trace.joined('in', 1), sim.trace.joined('in', 2)]).toEqual(['hi', '\x20\x02\x00\x00', ''])
  })

  it('stops at its limit and says how much it left out', () => {
    const sim = createSim({ traceLimit: 1 })
    sim.hal.socket.open({ host: 'nowhere', port: 1 })
    sim.settle()
    expect(sim.trace.entries).toHaveLength(1)
    expect(sim.trace.print()).toContain('1 more entries, over the limit of 1')
  })
})

describe('the device', () => {
  it('guards user code: numbers pass, nothing is 0, a throw is recorded and is CallbackThrew', () => {
    const { hal, device } = createSim()
    const { guard } = hal.system
    expect(guard((a, b, c) => Number(a) + Number(b) + Number(c), 1, 2, 3)).toBe(6)
    expect(guard(() => undefined, 0, 0, 0)).toBe(0)
    expect(guard(() => {
      throw new Error('user')
    }, 0, 0, 0)).toBe(-38)
    expect(device.system.errors.map(String)).toEqual(['Error: user'])
  })

  it('counts watchdog feeds and the longest time without one, and records restarts', () => {
    const { hal, device, ...rest } = createSim()
    const sim = { ...rest, hal, device }
    device.hal.system.feedWatchdog()
    sim.clock.spend(700)
    hal.system.feedWatchdog()
    hal.system.restart('test')
    expect([device.system.feeds, device.system.longestUnfed]).toEqual([2, 700])
    expect(device.system.restarts).toEqual([{ t: 700, reason: 'test' }])
  })

  it('tells the wall clock in seconds where it has one', () => {
    const sim = createSim({ wallClock: 1700000000 })
    sim.run(2500)
    expect(sim.hal.system.wallClock()).toBe(1700000002)
    expect(createSim().hal.system.wallClock()).toBe(0)
  })

  it('stores values up to its limit, fails and tears as told', () => {
    const { hal, device } = createSim({ storageLimit: 8 })
    const storage = hal.storage!
    expect([storage.get('k'), storage.set('k', bytes('12345678')), storage.get('k')]).toEqual(['', 0, '12345678'])
    expect(storage.set('k', bytes('123456789'))).toBeLessThan(0)
    device.storage.tearNext(3)
    expect([storage.set('k', bytes('abcdef')), storage.get('k')]).toEqual([0, 'abc'])
    device.storage.failNext(-68)
    expect([storage.set('k', bytes('x')), storage.get('k')]).toEqual([-68, 'abc'])
    storage.remove('k')
    expect(storage.get('k')).toBe('')
    expect(createSim({ storage: false }).hal.storage).toBeUndefined()
  })

  it('turns text into UTF-8 and back, and a lone surrogate into bytes that are not well-formed', () => {
    const { text } = createSim().hal
    for (const sample of ['', 'plain', '\u00e9\u4e2d\u{1f600}', '\ufeffbom', '\0']) {
      expect(text.utf8(sample)).toBe(Buffer.from(sample, 'utf8').toString('latin1'))
      expect(text.text(text.utf8(sample))).toBe(sample)
    }
    expect(text.utf8('a\ud800b')).toBe('a\xed\xa0\x80b')
  })

  it('has a bearer where asked for, and its change wakes the program', () => {
    const sim = createSim({ bearer: true })
    let woken = 0
    sim.hal.timer.onWake!(() => {
      woken += 1
    })
    expect(sim.hal.network!.ready()).toBe(1)
    sim.device.setBearer(0, 'no-signal')
    sim.run(0)
    expect([sim.hal.network!.ready(), sim.hal.network!.reason(), woken]).toEqual([0, 'no-signal', 1])
    expect(createSim().hal.network).toBeUndefined()
  })
})
