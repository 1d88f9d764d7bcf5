import { describe, expect, it } from 'vitest'
import { newLearn, type Learn } from '../../firmware/learn.js'
import { recall, remember } from '../../firmware/learn-store.js'
import { simText } from '../../hal/sim/text.js'
import { createSim, type SimDevice } from '../../hal/sim/index.js'
import { ScriptedBroker } from '../support/broker.js'
import { simClient } from '../support/harness.js'
import { DAY, HOUR, learner, listenBehind } from './support.js'
import type { Bytes, StorageHal } from '../../hal/hal.js'

const KEY = 'ymq-ka'

function store(limit = 65536): { hal: StorageHal; store: SimDevice['storage'] } {
  const { device } = createSim({ storageLimit: limit })
  return { hal: device.hal.storage!, store: device.storage }
}

function name(text: string): Bytes {
  return simText.utf8(text)
}

function knowledge(good: number, bad: number, days: number): Learn {
  return Object.assign(newLearn(), { good_: good, bad_: bad, days_: days })
}

function recalled(hal: StorageHal, text: string): Learn | undefined {
  const l = newLearn()
  return recall(hal, name(text), l) ? l : undefined
}

describe('what is remembered of paths', () => {
  it('comes back per server, the newest four', () => {
    const { hal } = store()
    for (let i = 1; i <= 5; i++) remember(hal, name(`host${i}:1883`), knowledge(i * 100, i * 100 + 5, i))
    expect(recalled(hal, 'host1:1883')).toBeUndefined()
    for (let i = 2; i <= 5; i++) expect(recalled(hal, `host${i}:1883`)).toMatchObject({ good_: i * 100, bad_: i * 100 + 5, days_: i })
    remember(hal, name('host2:1883'), knowledge(65535, 0, 7))
    remember(hal, name('host6:1883'), knowledge(1, 2, 1))
    expect(recalled(hal, 'host2:1883')).toMatchObject({ good_: 65535, bad_: 0, days_: 7 })
    expect(recalled(hal, 'host3:1883')).toBeUndefined()
  })

  it('fits the value that the store may hold', () => {
    const { hal, store: made } = store(40)
    for (let i = 1; i <= 4; i++) remember(hal, name(`host${i}:1883`), knowledge(i, i + 1, 1))
    expect(made.values.get(KEY)!.length).toBeLessThanOrEqual(40)
    expect(recalled(hal, 'host4:1883')).toMatchObject({ good_: 4 })
    expect(recalled(hal, 'host3:1883')).toMatchObject({ good_: 3 })
    expect(recalled(hal, 'host2:1883')).toBeUndefined()
  })

  it('counts as nothing when it was torn at any byte, or any byte changed', () => {
    const { hal, store: made } = store()
    remember(hal, name('a:1'), knowledge(500, 520, 2))
    remember(hal, name('bb:22'), knowledge(600, 620, 4))
    const whole = made.values.get(KEY)!
    for (let i = 0; i < whole.length; i++) {
      made.values.set(KEY, whole.substring(0, i) as Bytes)
      expect([recalled(hal, 'a:1'), recalled(hal, 'bb:22')]).toEqual([undefined, undefined])
      for (const change of [1, 13, 128]) {
        made.values.set(KEY, (whole.substring(0, i) + String.fromCharCode((whole.charCodeAt(i) + change) % 256) + whole.substring(i + 1)) as Bytes)
        expect([recalled(hal, 'a:1'), recalled(hal, 'bb:22')]).toEqual([undefined, undefined])
      }
    }
    remember(hal, name('c:3'), knowledge(1, 2, 1))
    expect(recalled(hal, 'c:3')).toMatchObject({ good_: 1 })
  })

  it('is not kept for a name longer than 100 bytes', () => {
    const { hal, store: made } = store()
    remember(hal, name(`${'x'.repeat(100)}:1`), knowledge(1, 2, 1))
    expect(made.writes).toBe(0)
  })
})

describe('after a reset', () => {
  it('the path is known: no drop, and the same interval at once', () => {
    const l = learner({ limitMs: 240_000, how: 'silent' })
    l.h.up()
    l.found(5 * HOUR)
    const interval = l.interval()
    const { good_, bad_ } = l.learn()
    l.h.client.destroy()
    const again = simClient({ learnKeepalive: true, keepalive: 3600, broker: l.h.broker, sim: l.h.sim })
    Object.assign(again.device.hal, { storage: l.h.device.hal.storage })
    again.up()
    expect(again.client.stats().pingInterval).toBe(interval)
    expect(again.client.core_?.learn_?.learn_).toMatchObject({ good_, bad_, resting_: true })
    again.run(12 * HOUR)
    expect(again.client.stats().drops).toBe(0)
  })

  it('and without a store it is learned anew, from 30 s', () => {
    const l = learner({ limitMs: 240_000, how: 'silent' }, { sim: { storage: false } })
    l.h.up()
    l.found(5 * HOUR)
    expect(l.drops()).toBeLessThanOrEqual(6)
    expect(l.interval()).toBeGreaterThan(192)
  })

  it('a store that fails costs nothing but the memory', () => {
    const l = learner({ limitMs: 90_000, how: 'silent' })
    Object.assign(l.h.device.hal, { storage: { get: () => '', set: () => -72, remove: () => -72, sizeLimit: () => 4096 } })
    l.h.up()
    l.found(3 * HOUR)
    expect(l.drops()).toBeLessThanOrEqual(6)
    l.h.sim.check()
  })

  it('writes seldom: at most 30 times in the search, then once for each trial', () => {
    const l = learner({ limitMs: 1800_000, how: 'silent' })
    l.h.up()
    l.found(DAY)
    const after = l.h.device.storage.writes
    expect(after).toBeLessThanOrEqual(30)
    l.h.run(10 * DAY)
    expect(l.h.device.storage.writes - after).toBeLessThanOrEqual(6)
  })
})

describe('two servers', () => {
  it('are learned each for itself', () => {
    const l = learner({ limitMs: 120_000, how: 'silent' }, { servers: [{ host: 'broker', port: 1883 }, { host: 'other', port: 1883 }] })
    const other = new ScriptedBroker()
    listenBehind(l.h.sim, other, { limitMs: 20 * HOUR, how: 'silent' }, 'other')
    l.h.up()
    l.found(4 * HOUR)
    const interval = l.interval()
    l.h.sim.network.name('broker', 'fail')
    l.h.peer.close()
    l.h.run(60_000)
    expect(other.peers.length).toBeGreaterThan(0)
    expect(l.interval()).toBe(30)
    l.h.sim.network.name('broker', 'ok')
    other.peer.close()
    l.h.sim.network.name('other', 'fail')
    l.h.run(60_000)
    expect(l.interval()).toBe(interval)
  })
})
