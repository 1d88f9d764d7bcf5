import { describe, expect, it } from 'vitest'
import { createSim, SimLimitError } from '../../hal/sim/index.js'
import type { Bytes } from '../../hal/hal.js'

const HOST = { host: 'broker', port: 1883 }

describe('the virtual clock', () => {
  it('turns negative after 2^31 - 1 as a module does, and since stays exact across it', () => {
    const sim = createSim({ startTicks: 2147483647 })
    const t0 = sim.hal.timer.ticks()
    sim.run(1)
    expect(sim.hal.timer.ticks()).toBe(-2147483648)
    sim.run(999)
    expect(sim.hal.timer.since(t0)).toBe(1000)
    expect(sim.device.violations).toEqual([])
  })

  it('goes back to 0 after 2^32 - 1 in the unsigned kind, and since stays exact across it', () => {
    const sim = createSim({ startTicks: 4294967290, wrap: 'uint32' })
    const t0 = sim.hal.timer.ticks()
    sim.run(10)
    expect(sim.hal.timer.ticks()).toBe(4)
    expect(sim.hal.timer.since(t0)).toBe(10)
  })

  it('crosses 2^32 in the signed kind as well', () => {
    const sim = createSim({ startTicks: 4294967295 })
    const t0 = sim.hal.timer.ticks()
    expect(t0).toBe(-1)
    sim.run(2)
    expect(sim.hal.timer.ticks()).toBe(1)
    expect(sim.hal.timer.since(t0)).toBe(2)
  })

  it('answers since exactly up to 2^30 ms and reports a stamp that is older', () => {
    const sim = createSim({ startTicks: 2147483000 })
    const t0 = sim.hal.timer.ticks()
    sim.run(1073741824)
    expect(sim.hal.timer.since(t0)).toBe(1073741824)
    expect(sim.device.violations).toEqual([])
    sim.run(1)
    sim.hal.timer.since(t0)
    expect(sim.device.violations[0]).toContain('1073741825 ms old')
    expect(() => sim.check()).toThrow('broke the port')
  })

  it('reports a stamp that lies ahead', () => {
    const sim = createSim()
    sim.hal.timer.since(5)
    expect(sim.device.violationCount).toBe(1)
  })

  it('runs events in the order of their times, and of their scheduling within one instant', () => {
    const sim = createSim()
    const seen: string[] = []
    for (const [ms, name] of [[5, 'c'], [1, 'a'], [5, 'd'], [3, 'b'], [5, 'e']] as const) sim.after(ms, () => seen.push(`${name}${sim.now}`))
    sim.run(10)
    expect(seen).toEqual(['a1', 'b3', 'c5', 'd5', 'e5'])
    expect(sim.now).toBe(10)
  })

  it('keeps order among 10,000 events at random times', () => {
    const sim = createSim({ seed: 7 })
    const times: number[] = []
    for (let i = 0; i < 10000; i++) sim.after(sim.random.int(0, 5000), () => times.push(sim.now))
    sim.run(5000)
    expect(times).toHaveLength(10000)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('passes busy time without running events, which then run late', () => {
    const sim = createSim()
    let ranAt = -1
    sim.after(10, () => {
      ranAt = sim.now
    })
    sim.busy(500)
    expect(ranAt).toBe(-1)
    sim.run(0)
    expect(ranAt).toBe(500)
  })
})

describe('waiting', () => {
  it('ends with the time when nothing happens', () => {
    const sim = createSim({ waits: true })
    expect(sim.hal.timer.wait!(250)).toBe(0)
    expect(sim.now).toBe(250)
  })

  it('ends at the first socket event, and not at a server script', () => {
    const sim = createSim({ waits: true, conditions: { latencyMs: 20 } })
    sim.network.listen('broker', 1883, (connection) => connection.after(100, () => connection.send('x' as Bytes)))
    const socket = sim.hal.socket.open(HOST)
    sim.hal.timer.wait!(1000)
    expect([sim.now, socket.status()]).toEqual([40, 1])
    sim.hal.timer.wait!(1000)
    expect([sim.now, socket.read(10)]).toEqual([140, 'x'])
  })

  it('does not lose an event that came while the program was not waiting', () => {
    const sim = createSim({ waits: true })
    sim.network.listen('broker', 1883, () => undefined)
    sim.hal.socket.open(HOST)
    sim.advance(500)
    sim.hal.timer.wait!(1000)
    expect(sim.now).toBe(500)
  })

  it('returns Stopped once the program was asked to end, at once', () => {
    const sim = createSim({ waits: true })
    sim.after(30, () => sim.device.timer.stop())
    expect(sim.hal.timer.wait!(1000)).toBe(-36)
    expect(sim.now).toBe(30)
    expect(sim.hal.timer.wait!(1000)).toBe(-36)
  })

  it('names a program that waits 0 ms for ever', () => {
    const sim = createSim({ waits: true, maxSpins: 50 })
    expect(() => {
      for (;;) sim.hal.timer.wait!(0)
    }).toThrow(/limit of 50 times/)
  })

  it('names a program that looks at the clock for ever and never waits', () => {
    const sim = createSim({ waits: true, maxSpins: 50 })
    const t0 = sim.hal.timer.ticks()
    expect(() => {
      while (sim.hal.timer.since(t0) < 10);
    }).toThrow(/limit of 5000 times .*spins without waiting/)
  })

  it('has wait in one kind and onWake in the other', () => {
    expect(createSim({ waits: true }).hal.timer.onWake).toBeUndefined()
    expect(createSim().hal.timer.wait).toBeUndefined()
  })
})

describe('waking', () => {
  it('wakes once after the time given, and a later call replaces an earlier one', () => {
    const sim = createSim()
    const woken: number[] = []
    const handle = sim.hal.timer.onWake!(() => woken.push(sim.now))
    sim.hal.timer.wakeAfter!(handle, 10)
    sim.hal.timer.wakeAfter!(handle, 30)
    sim.run(100)
    expect(woken).toEqual([30])
  })

  it('never wakes inside wakeAfter, not even for 0 ms', () => {
    const sim = createSim()
    let inside = false
    const handle = sim.hal.timer.onWake!(() => expect(inside).toBe(false))
    inside = true
    sim.hal.timer.wakeAfter!(handle, 0)
    inside = false
    sim.run(0)
    expect(sim.device.timer.wakes).toBe(1)
  })

  it('frees the handle at a time below 0 and reports its use after that', () => {
    const sim = createSim()
    const handle = sim.hal.timer.onWake!(() => expect.unreachable('it was cancelled'))
    sim.hal.timer.wakeAfter!(handle, 10)
    sim.hal.timer.wakeAfter!(handle, -1)
    sim.run(100)
    sim.hal.timer.wakeAfter!(handle, 1)
    expect(sim.device.violations[0]).toContain('no such handle')
  })

  it('may be armed again in its own callback', () => {
    const sim = createSim()
    const woken: number[] = []
    const handle = sim.hal.timer.onWake!(() => {
      woken.push(sim.now)
      if (woken.length < 3) sim.hal.timer.wakeAfter!(handle, 10)
    })
    sim.hal.timer.wakeAfter!(handle, 10)
    sim.run(100)
    expect(woken).toEqual([10, 20, 30])
  })

  it('names a program that asks to be woken after 0 ms for ever', () => {
    const sim = createSim({ maxSpins: 100 })
    const handle = sim.hal.timer.onWake!(() => sim.hal.timer.wakeAfter!(handle, 0))
    sim.hal.timer.wakeAfter!(handle, 0)
    expect(() => sim.run(1)).toThrow(new SimLimitError('wakes at one instant', 100, 'times', 'at 0 ms: the program spins'))
  })

  it('gives every device its wakes when several share an instant', () => {
    const sim = createSim()
    const other = sim.addDevice()
    const seen: string[] = []
    for (const [name, device] of [['a', sim.device], ['b', other]] as const) {
      const handle = device.hal.timer.onWake!(() => {
        seen.push(`${name}${sim.now}`)
        if (sim.now < 30) device.hal.timer.wakeAfter!(handle, 10)
      })
      device.hal.timer.wakeAfter!(handle, 10)
    }
    sim.run(100)
    expect(seen).toEqual(['a10', 'b10', 'a20', 'b20', 'a30', 'b30'])
  })

  it('leaves a sleeping device alone in advance, and wakes it in the next run', () => {
    const sim = createSim()
    const woken: number[] = []
    const handle = sim.hal.timer.onWake!(() => woken.push(sim.now))
    sim.hal.timer.wakeAfter!(handle, 10)
    sim.advance(100)
    expect(woken).toEqual([])
    sim.run(0)
    expect(woken).toEqual([100])
  })

  it('refuses to move time inside a callback', () => {
    const sim = createSim()
    sim.hal.timer.wakeAfter!(sim.hal.timer.onWake!(() => sim.run(1)), 5)
    expect(() => sim.run(10)).toThrow('inside another run')
  })

  it('stops a run at its bound of events and names it', () => {
    const sim = createSim({ maxEvents: 100 })
    const again = (): void => sim.after(0, again)
    again()
    expect(() => sim.run(1)).toThrow(/limit of 100 events/)
  })
})
