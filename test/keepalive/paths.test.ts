import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { simClient } from '../support/harness.js'
import { DAY, HOUR, learner, MINUTE } from './support.js'
import type { Cut } from '../../tools/keepalive/path.js'

describe('a learned keepalive on a path that cuts idle links', () => {
  /** Seconds of the cut; most drops and hours until the search is over. */
  const silent: [number, number, number][] = [[60, 6, 1.5], [240, 6, 4], [600, 6, 9], [1800, 6, 24]]
  it.each(silent)('of %i s in silence costs at most %i drops and %f hours, and then none until the next day', (cut, most, hours) => {
    const l = learner({ limitMs: cut * 1000, how: 'silent' })
    l.h.up()
    const took = l.found(hours * HOUR)
    expect(l.drops()).toBeLessThanOrEqual(most)
    const { drops } = l.h.client.stats()
    expect(l.interval()).toBeLessThan(cut)
    expect(l.interval()).toBeGreaterThanOrEqual(cut * 0.8)
    l.h.run(DAY - MINUTE * 30)
    expect(l.drops()).toBe(drops)
    // One trial, one drop, and back.
    l.h.run(6 * HOUR)
    expect(l.drops()).toBe(drops + 1)
    expect(l.interval()).toBeLessThan(cut)
    expect(took).toBeGreaterThan(0)
    l.h.sim.check()
  })

  const others: [Cut, number, number][] = [['rst', 60, 6], ['rst', 240, 6], ['reset', 60, 2], ['reset', 240, 2], ['fin', 60, 2], ['fin', 240, 2]]
  it.each(others)('by %s after %i s is found with at most %i drops', (how, cut, most) => {
    const l = learner({ limitMs: cut * 1000, how })
    l.h.up()
    l.found(5 * HOUR)
    expect(l.drops()).toBeLessThanOrEqual(most)
    expect(l.interval()).toBeLessThan(cut)
    expect(l.interval()).toBeGreaterThanOrEqual(cut * 0.8)
    const before = l.drops()
    l.h.run(20 * HOUR)
    expect(l.drops()).toBe(before)
  })

  it('works where the port does not know what has arrived', () => {
    const l = learner({ limitMs: 240_000, how: 'silent' }, { sim: { conditions: { knowsUnacked: false } } })
    l.h.up()
    l.found(4 * HOUR)
    expect(l.drops()).toBeLessThanOrEqual(6)
    expect(l.interval()).toBeGreaterThan(200)
  })

  it('works on a port that waits', () => {
    const l = learner({ limitMs: 90_000, how: 'silent' }, { sim: { waits: true } })
    l.h.up()
    l.found(3 * HOUR)
    expect(l.drops()).toBeLessThanOrEqual(6)
    expect(l.interval()).toBeGreaterThan(72)
  })

  it('that bears the whole keepalive costs no drop, and in the end exactly the pings of a fixed one', () => {
    const l = learner({ limitMs: HOUR, how: 'silent' }, { keepalive: 120 })
    l.h.up()
    expect(l.found(HOUR)).toBeLessThan(30 * MINUTE)
    const before = l.h.client.stats().pings
    l.h.run(100 * 115_000)
    expect(l.h.client.stats()).toMatchObject({ pings: before + 100, drops: 0, pingInterval: 115 })
  })

  it('announces the user\'s keepalive all the while', () => {
    const l = learner({ limitMs: 60_000, how: 'silent' }, { keepalive: 600 })
    l.h.up()
    l.h.run(2 * HOUR)
    expect(l.h.broker.peers.length).toBeGreaterThan(2)
    for (const peer of l.h.broker.peers) expect(peer.connect?.keepalive).toBe(600)
  })
})

describe('a path that changes from 1800 s to 60 s', () => {
  it('costs at most 9 drops and four hours until it is found anew', () => {
    const l = learner({ limitMs: 1800_000, how: 'silent' })
    l.h.up()
    l.found(DAY)
    const before = l.drops()
    l.path.limitMs = 60_000
    l.h.run(2 * HOUR)
    l.found(2 * HOUR)
    expect(l.drops() - before).toBeLessThanOrEqual(9)
    expect(l.interval()).toBeLessThan(60)
    expect(l.interval()).toBeGreaterThanOrEqual(48)
  })

  it('is noticed by the publishes of a device that talks every five minutes', () => {
    const l = learner({ limitMs: 1800_000, how: 'silent' })
    l.h.up()
    l.found(DAY)
    l.path.limitMs = 60_000
    const before = l.drops()
    for (let i = 0; i < 60; i++) {
      l.h.client.publish('t', l.h.bytes('x'), 1)
      l.h.run(5 * MINUTE)
    }
    expect(l.interval()).toBeLessThan(60)
    expect(l.drops() - before).toBeLessThanOrEqual(9)
    const settled = l.drops()
    for (let i = 0; i < 60; i++) {
      l.h.client.publish('t', l.h.bytes('x'), 1)
      l.h.run(5 * MINUTE)
    }
    expect(l.drops()).toBe(settled)
    expect(l.h.client.stats().delivered).toBe(120)
  })

  it('back to 1800 s is used within a week', () => {
    const l = learner({ limitMs: 60_000, how: 'silent' })
    l.h.up()
    l.found(2 * HOUR)
    l.path.limitMs = 1800_000
    l.h.run(7 * DAY)
    expect(l.interval()).toBeGreaterThan(1400)
  })
})

describe('what is not the path', () => {
  it('a server that restarts, with FIN or RST, changes nothing', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' })
    l.h.up()
    l.found(DAY)
    for (const [wait, how] of [[10, 'close'], [25, 'rst'], [40, 'close'], [3, 'rst']] as const) {
      l.h.run(wait * MINUTE)
      l.h.peer.wire[how]()
      l.h.run(MINUTE)
      expect(l.h.got.state).toBe('up')
    }
    expect(l.learn()).toMatchObject({ bad_: 0, failed_: 0, interval_: 3595 })
    expect(l.drops()).toBe(4)
  })

  it('a server that forgot the connection, so that a ping meets an RST, costs a smaller step for a while and no more', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' })
    l.h.up()
    l.found(DAY)
    l.h.sim.network.last?.forget()
    l.h.run(2 * HOUR)
    expect(l.h.got.links.some((link) => link.cause === LinkCode.Reset)).toBe(true)
    expect(l.learn()).toMatchObject({ bad_: 0, good_: 3595, interval_: 2876 })
    l.h.run(DAY)
    expect(l.learn()).toMatchObject({ bad_: 0, failed_: 0, interval_: 3595 })
  })

  it('a server that lost our session has restarted, whatever a ping met', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' }, { clean: false, clientId: 'a' })
    l.h.up()
    l.found(DAY)
    l.h.sim.network.last?.forget()
    l.h.broker.sessions.clear()
    l.h.run(2 * HOUR)
    expect(l.drops()).toBe(1)
    expect(l.learn()).toMatchObject({ failed_: 0, interval_: 3595 })
  })

  it('a server that cannot be reached at once was down', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' })
    l.h.up()
    l.found(DAY)
    l.h.sim.network.partition('both')
    l.h.run(2 * HOUR)
    l.h.sim.network.partition('none')
    l.h.run(10 * MINUTE)
    expect(l.h.got.state).toBe('up')
    expect(l.drops()).toBe(1)
    expect(l.learn()).toMatchObject({ failed_: 0, interval_: 3595 })
  })

  it('a server whose TCP confirms the ping and that does not answer hangs', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' }, { broker: { enforceKeepalive: false } })
    l.h.up()
    l.found(DAY)
    const off = l.h.broker.on('pingreq', () => true)
    l.h.run(2 * HOUR)
    off()
    expect(l.drops()).toBe(1)
    expect(l.h.got.links.some((link) => link.cause === ErrorCode.PingTimeout)).toBe(true)
    expect(l.learn()).toMatchObject({ failed_: 0, interval_: 3595 })
  })

  it('a bearer that was away explains the end', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' }, { sim: { bearer: true } })
    l.h.up()
    l.found(DAY)
    l.h.sim.network.last?.halfOpen('both')
    l.h.device.bearer.ready = 0
    l.h.run(HOUR + MINUTE)
    l.h.device.setBearer(1)
    l.h.run(MINUTE)
    expect(l.h.got.state).toBe('up')
    expect(l.learn()).toMatchObject({ failed_: 0, interval_: 3595 })
  })

  it('a signal that is 20 dB weaker at the next attempt explains it too', () => {
    const l = learner({ limitMs: 20 * HOUR, how: 'silent' })
    let dbm = -70
    Object.assign(l.h.device.hal, { modem: { signal: () => dbm, identity: () => '', rungs: () => 0, climb: () => 0 } })
    l.h.up()
    l.found(DAY)
    l.h.sim.network.last?.halfOpen('both')
    l.h.run(HOUR - 2000)
    dbm = -90
    l.h.run(2 * MINUTE)
    expect(l.drops()).toBe(1)
    expect(l.learn()).toMatchObject({ failed_: 0, interval_: 3595 })
    l.h.sim.network.last?.halfOpen('both')
    l.h.run(HOUR + MINUTE)
    expect(l.learn()).toMatchObject({ failed_: 3595, interval_: 2876 })
  })
})

describe('traffic', () => {
  it('is the heartbeat: with a publish every 25 s no ping goes out and nothing is learned', () => {
    const l = learner({ limitMs: 60_000, how: 'silent' })
    l.h.up()
    for (let i = 0; i < 500; i++) {
      l.h.client.publish('t', l.h.bytes('x'), 1)
      l.h.run(25_000)
    }
    expect(l.h.client.stats()).toMatchObject({ pings: 0, drops: 0, pingInterval: 30 })
  })

  it('of others keeps the path awake too: a message every 25 s, and no ping before the keepalive asks', () => {
    const l = learner({ limitMs: 60_000, how: 'silent' }, { keepalive: 600 })
    l.h.client.subscribe('t', 0)
    l.h.up()
    for (let i = 0; i < 200; i++) {
      l.h.run(25_000)
      l.h.broker.publish('t', 'x')
    }
    expect(l.h.client.stats()).toMatchObject({ drops: 0, pings: Math.floor(200 * 25 / 595) })
  })
})

describe('the time to notice a dead link', () => {
  it.each([10, 30, 60, 120, 1200, 3600])('stays under 1.5 keepalives of %i s, and is the learned interval and the ping\'s time', (keepalive) => {
    const l = learner({ limitMs: 10 * HOUR, how: 'silent' }, { keepalive, broker: { enforceKeepalive: false } })
    l.h.up()
    l.h.run(10 * HOUR)
    const before = l.h.client.stats().packetsIn
    while (l.h.client.stats().packetsIn === before) l.h.run(1000)
    l.h.sim.network.last?.halfOpen('both')
    const died = l.h.sim.now
    while (l.h.got.state === 'up' && l.h.sim.now - died < 2 * keepalive * 1000) l.h.run(100)
    const took = (l.h.sim.now - died) / 1000
    expect(took).toBeLessThan(1.5 * keepalive)
    expect(took).toBeLessThanOrEqual(l.interval() + 1 + Math.min(keepalive / 2, 20))
  })
})

describe('stats().pingInterval', () => {
  it.each([[120, 115], [60, 55], [10, 9], [0, 0]])('under a keepalive of %i s without learning is %i s', (keepalive, interval) => {
    const h = simClient({ keepalive })
    h.up()
    expect(h.client.stats().pingInterval).toBe(interval)
  })

  it('follows Server Keep Alive, and learning stays under it', () => {
    const l = learner({ limitMs: HOUR, how: 'silent' }, { protocolVersion: 5, keepalive: 600, broker: { properties: { serverKeepAlive: 100 } } })
    l.h.up()
    expect(l.interval()).toBe(30)
    l.h.run(2 * HOUR)
    expect(l.interval()).toBe(95)
    expect(l.drops()).toBe(0)
    const fixed = simClient({ protocolVersion: 5, keepalive: 600, broker: { properties: { serverKeepAlive: 100 } } })
    fixed.up()
    expect(fixed.client.stats().pingInterval).toBe(95)
  })

  it('under a keepalive too short to learn from is the plain one', () => {
    const l = learner({ limitMs: HOUR, how: 'silent' }, { keepalive: 20 })
    l.h.up()
    l.h.run(1800_000)
    expect(l.h.client.stats()).toMatchObject({ pingInterval: 18, pings: 100, drops: 0 })
  })
})
