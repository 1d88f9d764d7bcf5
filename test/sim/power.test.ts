import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import { LinkCode, type Hal } from '../../hal/hal.js'
import { createSim, PowerCut, type CutKind } from '../../hal/sim/index.js'
import { HOST, bytes, connected } from './connected.js'

describe('a power cut', () => {
  it('leaves the server with a connection that is silent, and the next life with the storage', () => {
    const { sim, socket, heard, ends } = connected({ startTicks: 1000 })
    sim.hal.storage!.set('a', bytes('kept'))
    const before = sim.hal.system.random()
    socket.write(bytes('left in time'))
    sim.device.powerCut('brown-out')
    expect(socket.status()).toBe(LinkCode.Closed)
    sim.network.last!.send(bytes('anybody?'))
    sim.run(100000)
    expect([heard.join(''), ends]).toEqual(['left in time', []])
    expect([sim.device.powered, sim.device.openSockets]).toEqual([false, 0])
    const hal = sim.device.reboot()
    expect(sim.hal).toBe(hal)
    expect(hal.storage!.get('a')).toBe('kept')
    expect(hal.system.resetReason()).toBe('brown-out')
    expect(hal.system.id()).toBe('sim1')
    expect(hal.timer.ticks()).toBe(1000)
    expect(hal.system.random()).not.toBe(before)
    expect(sim.device.boots).toBe(2)
  })

  it('loses what had not left the device, and what a parted network held', () => {
    const slow = connected({ conditions: { bandwidth: 1000, piecesOut: 100 } })
    slow.socket.write(bytes('x'.repeat(1000)))
    slow.sim.run(450)
    slow.sim.device.powerCut()
    slow.sim.run(60000)
    expect(slow.heard.join('').length).toBe(400)
    const parted = connected()
    parted.sim.network.partition('out')
    parted.socket.write(bytes('held'))
    parted.sim.run(1000)
    parted.sim.device.powerCut()
    parted.sim.run(1000)
    parted.sim.network.partition('none')
    parted.sim.run(60000)
    expect(parted.heard).toEqual([])
  })

  it('while a connect is under way leaves the server with a connection that never speaks, or with none', () => {
    for (const [ms, connections] of [[5, 0], [15, 1]] as const) {
      const sim = createSim()
      const ends: string[] = []
      sim.network.listen('broker', 1883, (connection) => connection.onEnd((how) => ends.push(how)))
      sim.hal.socket.open(HOST)
      sim.run(ms)
      sim.device.powerCut()
      sim.run(60000)
      expect([sim.network.connections.length, ends]).toEqual([connections, []])
    }
  })

  it('ends the old program: every call of its port throws, its wakes do not come, and a new life starts as told', () => {
    const sim = createSim()
    const old = sim.hal
    let wakes = 0
    const handle = old.timer.onWake!(() => {
      wakes += 1
    })
    old.timer.wakeAfter!(handle, 100)
    sim.device.powerCut()
    const calls: ((hal: Hal) => unknown)[] = [
      (hal) => hal.timer.ticks(), (hal) => hal.timer.since(0), (hal) => hal.timer.onWake!(() => undefined), (hal) => hal.timer.wakeAfter!(handle, 1),
      (hal) => hal.storage!.get('k'), (hal) => hal.storage!.set('k', bytes('v')), (hal) => hal.storage!.remove('k'), (hal) => hal.socket.open(HOST),
      (hal) => hal.system.random(), (hal) => hal.system.feedWatchdog(), (hal) => hal.system.restart('x'), (hal) => hal.system.guard(() => 0, 0, 0, 0)
    ]
    for (const call of calls) expect(() => call(old)).toThrow(PowerCut)
    const hal = sim.device.reboot({ startTicks: -5, resetReason: 'watchdog' })
    for (const call of calls) expect(() => call(old)).toThrow(PowerCut)
    sim.run(1000)
    expect(wakes).toBe(0)
    expect([hal.timer.ticks(), hal.system.resetReason()]).toEqual([995, 'watchdog'])
  })

  it('unwinds a program of the event kind to the border, through the guard, and the world is told once', () => {
    const sim = createSim()
    const { hal, device } = sim
    const steps: string[] = []
    device.onPowerCut = () => steps.push(`cut at ${sim.now}`)
    device.storage.cut(2, 1)
    const handle = hal.timer.onWake!(() => {
      hal.storage!.set('a', bytes('first'))
      const code = hal.system.guard(() => {
        hal.storage!.set('b', bytes('second'))
        steps.push('not reached')
      }, 0, 0, 0)
      steps.push(`not reached ${code}`)
    })
    hal.timer.wakeAfter!(handle, 50)
    sim.run(1000)
    expect(steps).toEqual(['cut at 50'])
    expect(device.system.errors).toEqual([])
    expect([...device.storage.values]).toEqual([['a', 'first'], ['b', 's']])
  })

  it('unwinds a program that waits, whatever cut the power', () => {
    const sim = createSim({ waits: true })
    sim.after(70, () => sim.device.powerCut())
    const steps: unknown[] = []
    const ended = sim.device.run(() => {
      for (;;) {
        sim.hal.timer.wait!(50)
        steps.push(sim.now)
      }
    })
    expect([ended, steps, sim.now]).toEqual([false, [50], 70])
    sim.device.reboot()
    expect(sim.device.run(() => sim.hal.timer.wait!(10))).toBe(true)
    expect(sim.now).toBe(80)
  })

  it('inside a callback ends the program when the callback returns', () => {
    const { hal, device } = createSim()
    expect(() => hal.system.guard(() => device.powerCut(), 0, 0, 0)).toThrow(PowerCut)
    expect(device.run(() => undefined)).toBe(false)
  })

  it.each([false, true])('lets a new client take over after the reboot, waits: %j', (waits) => {
    const sim = createSim({ waits })
    sim.network.listen('broker', 1883, (connection) => connection.onData(() => connection.send(bytes('\x20\x02\x00\x00'))))
    const lives: string[] = []
    const live = (): (() => void) => {
      const life = `life ${sim.device.boots}`
      const client = create(sim.hal, { servers: [HOST], jitter: false, onLink: (state) => lives.push(`${life} ${state}`) })
      client.connect()
      return () => client.yield(200)
    }
    let slice = live()
    const forAWhile = (ms: number): void => {
      if (!waits) return sim.run(ms)
      const end = sim.now + ms
      while (sim.now < end) if (!sim.device.run(slice)) sim.advance(end - sim.now)
    }
    sim.after(5000, () => sim.device.powerCut())
    forAWhile(6000)
    expect(lives).toEqual(['life 1 opening', 'life 1 connecting', 'life 1 up'])
    sim.device.reboot()
    slice = live()
    forAWhile(1000)
    expect(lives.slice(3)).toEqual(['life 2 opening', 'life 2 connecting', 'life 2 up'])
    expect(sim.network.connections.map((connection) => connection.closedByClient)).toEqual([false, false])
    sim.check()
  })
})

describe('a cut in the middle of a write', () => {
  function after(kind: CutKind, keptBytes: number, old: string): string {
    const sim = createSim({ seed: 3 })
    if (old.length > 0) sim.hal.storage!.set('k', bytes(old))
    sim.device.storage.cut(1, keptBytes, kind)
    expect(sim.device.run(() => sim.hal.storage!.set('k', bytes('abcdef')))).toBe(false)
    return sim.device.reboot().storage!.get('k')
  }

  it('leaves the first bytes, the old value, both, or chance behind them', () => {
    for (let n = 0; n <= 7; n++) {
      expect(after('short', n, '12345678')).toBe('abcdef'.substring(0, n))
      expect(after('old', n, '12345678')).toBe('12345678')
      expect(after('mixed', n, '12345678')).toBe(n >= 6 ? 'abcdef' : 'abcdef'.substring(0, n) + '12345678'.substring(n))
      const garbage = after('garbage', n, '12345678')
      expect(garbage).toHaveLength(6)
      expect(garbage.substring(0, n)).toBe('abcdef'.substring(0, n))
      if (n <= 3) expect(garbage).not.toBe('abcdef')
      expect(after('garbage', n, '12345678')).toBe(garbage)
    }
    expect(after('old', 0, '')).toBe('')
  })

  it('comes at the nth write, removals counted, and a removal is done or not', () => {
    for (const kept of [0, 1]) {
      const sim = createSim()
      const { device } = sim
      device.storage.cut(3, kept)
      const steps: number[] = []
      device.run(() => {
        const storage = sim.hal.storage!
        steps.push(storage.set('a', bytes('1')))
        steps.push(storage.set('b', bytes('2')))
        steps.push(device.storage.untilCut)
        steps.push(storage.remove('a'))
      })
      expect(steps).toEqual([0, 0, 1])
      expect(device.reboot().storage!.get('a')).toBe(kept === 0 ? '1' : '')
    }
  })
})

describe('storage that fails', () => {
  it('is full at its capacity, keys counted: the old value stays, and a smaller one fits', () => {
    const { hal, device } = createSim()
    const storage = hal.storage!
    device.storage.full(10)
    expect(storage.set('a', bytes('123456'))).toBe(0)
    expect(storage.set('b', bytes('123'))).toBe(LinkCode.StorageFailed)
    expect(storage.set('a', bytes('1234567890'))).toBe(LinkCode.StorageFailed)
    expect(storage.get('a')).toBe('123456')
    expect([storage.set('a', bytes('123456789')), device.storage.used, device.storage.refused]).toEqual([0, 10, 2])
    device.storage.full(Infinity)
    expect(storage.set('b', bytes('123'))).toBe(0)
  })

  it('refuses as many writes as told, or some by chance, and the same ones under the same seed', () => {
    const { hal, device } = createSim()
    device.storage.fail(2)
    expect([hal.storage!.set('a', bytes('1')), hal.storage!.remove('a'), hal.storage!.set('a', bytes('1'))]).toEqual([LinkCode.StorageFailed, LinkCode.StorageFailed, 0])
    const draw = (seed: number): number[] => {
      const sim = createSim({ seed })
      sim.device.storage.failChance(0.5, -70)
      return Array.from({ length: 40 }, (_, i) => sim.hal.storage!.set(`${i}`, bytes('x')))
    }
    expect(draw(1)).toEqual(draw(1))
    expect(new Set(draw(1))).toEqual(new Set([0, -70]))
  })

  it('counts writes and bytes for each key', () => {
    const { hal, device } = createSim()
    for (let i = 0; i < 3; i++) hal.storage!.set('a', bytes('12345'))
    hal.storage!.set('b', bytes('1'))
    hal.storage!.remove('a')
    hal.storage!.remove('nothing')
    expect([...device.storage.wear]).toEqual([['a', { writes: 4, bytes: 15 }], ['b', { writes: 1, bytes: 1 }]])
    expect([device.storage.writes, device.storage.bytesWritten]).toEqual([5, 16])
  })
})
