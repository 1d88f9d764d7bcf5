import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { areAlike, conflictWait, newGovernor, noteLife, noteStart, noteTold } from '../../firmware/governor.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { sentence } from '../session/support.js'
import { duel, HOUR, mostIn } from './support.js'

/** ms from the end of each connection to the next attempt. */
function waits(h: SimClient): number[] {
  return h.got.links.flatMap((link, i) => (link.state === 'waiting' && h.got.links[i + 1] !== undefined ? [h.got.links[i + 1]!.t - link.t] : []))
}

/** Ends lives of `lives` ms as `end` does, each after the next connection is up. */
function live(h: SimClient, lives: number[], end: (h: SimClient) => void = () => h.peer.close()): void {
  for (const ms of lives) {
    h.until(() => h.got.state === 'up', 2000000, 'the link')
    h.run(ms)
    end(h)
    h.until(() => h.got.state !== 'up', 1000, 'the end')
  }
}

const causes = (h: SimClient): number[] => h.got.links.filter((link) => link.state === 'waiting').map((link) => link.cause)

describe('two devices that share an id', () => {
  const versions = [3, 4, 5] as const
  const kinds = versions.flatMap((protocolVersion) => [true, false].map((jitter) => ({ protocolVersion, jitter })))
  it.each(kinds)('[S0-06] [S1-02] [S3-01] cause at most six takeovers each in any hour of a day: %j', ({ protocolVersion, jitter }) => {
    const { devices, takeovers, run } = duel({ protocolVersion, jitter, clean: true })
    for (const h of devices) h.client.connect()
    run(24 * HOUR)
    for (const times of takeovers) {
      expect(times.length).toBeGreaterThan(24)
      expect(mostIn(times, HOUR)).toBeLessThanOrEqual(6)
    }
    // The first to know goes slowly, and thereby the other has long lives.
    const known = devices.filter((h) => h.got.links.some((link) => link.cause === ErrorCode.ClientIdConflict))
    expect(known.length).toBeGreaterThan(0)
    for (const h of known) {
      expect(h.client.stats().takeovers).toBeGreaterThan(24)
      expect(h.client.explain()).toMatchObject({ code: ErrorCode.ClientIdConflict, detail: 'same' })
    }
  })

  it.each([3, 4, 5] as const)('[S0-06] with filters and traffic keep to it too, version %i', (protocolVersion) => {
    const { devices, takeovers, run } = duel({ protocolVersion, jitter: true, clean: true })
    for (const h of devices) {
      h.client.subscribe('a/#', 1)
      h.client.subscribe('b', 0)
      h.client.connect()
    }
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      for (const h of devices) h.client.publish('t', h.bytes('x'), 1)
      run(60000)
    }
    for (const times of takeovers) expect(mostIn(times, HOUR)).toBeLessThanOrEqual(6)
    for (const h of devices) expect(h.client.stats().quarantined).toBe(0)
  })

  it('[S3-01] have different ids by default: the id of the device, the same after a restart', () => {
    const a = simClient()
    const b = simClient({ sim: a.sim, broker: a.broker })
    a.up()
    b.up()
    const ids = a.broker.peers.map((peer) => peer.connect?.clientId)
    expect(new Set(ids).size).toBe(2)
    const again = simClient({ broker: a.broker, sim: { id: a.device.hal.system.id() } })
    a.broker.listen(again.sim)
    again.up()
    expect(a.broker.peer.connect?.clientId).toBe(ids[0])
  })
})

describe('three plain closes', () => {
  it('of lives under 10 s are a conflict: the cause says so, with the id, and the next CONNECT comes after 10 minutes', () => {
    const h = simClient({ clientId: 'a' })
    h.up()
    live(h, [200, 9000, 4000])
    expect(causes(h)).toEqual([ErrorCode.ClosedByServer, ErrorCode.ClosedByServer, ErrorCode.ClientIdConflict])
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ClientIdConflict, value: 3, detail: 'a' })
    expect(sentence(h.client)).toContain('"a"')
    expect(h.client.stats().takeovers).toBe(3)
    h.run(1000000)
    // Ten minutes after the last CONNECT, which was 4 s before the close.
    expect(waits(h)[2]).toBeGreaterThan(590000)
    expect(waits(h)[2]).toBeLessThanOrEqual(600000)
    expect(h.got.state).toBe('up')
  })

  it('of lives within 30 % of each other are one too, however long within 15 minutes', () => {
    const h = simClient({ clientId: 'a', keepalive: 600 })
    h.up()
    live(h, [200000, 240000, 250000])
    expect(causes(h).at(-1)).toBe(ErrorCode.ClientIdConflict)
  })

  it.each([
    ['of unequal lives', [200, 20000, 60000]],
    ['over more than 15 minutes', [400000, 400000, 400000]]
  ])('%s are none', (_name, lives) => {
    const h = simClient({ clientId: 'a', keepalive: 600 })
    h.up()
    live(h, lives)
    expect(causes(h)).toEqual(lives.map(() => ErrorCode.ClosedByServer))
    expect(h.client.stats().takeovers).toBe(0)
  })

  const innocent: [string, WorldOptions, (h: SimClient) => void][] = [
    ['a publish unanswered', {}, (h) => {
      const off = h.broker.on('publish', () => true)
      h.client.publish('t', h.bytes('x'), 1)
      h.run(100)
      h.peer.close()
      off()
    }],
    ['a SUBSCRIBE unanswered', {}, (h) => {
      const off = h.broker.on('subscribe', () => true)
      h.client.subscribe('t', 0)
      h.run(100)
      h.peer.close()
      off()
    }],
    ['a ping outstanding', { keepalive: 5, broker: { enforceKeepalive: false } }, (h) => {
      const off = h.broker.on('pingreq', () => true)
      h.run(4700)
      h.peer.close()
      off()
    }],
    ['a bearer that was away', { sim: { bearer: true } }, (h) => {
      h.device.setBearer(0, 'searching')
      h.run(10)
      h.device.setBearer(1)
      h.run(10)
      h.peer.close()
    }],
    ['a reset', {}, (h) => h.peer.rst()],
    ['a DISCONNECT that gives another reason', { protocolVersion: 5 }, (h) => {
      h.peer.disconnect(0x8b)
      h.peer.close()
    }]
  ]
  it.each(innocent)('with %s are none', (_name, options, end) => {
    const h = simClient({ clientId: 'a', ...options })
    h.up()
    live(h, [100, 100, 100, 100], end)
    expect(causes(h)).not.toContain(ErrorCode.ClientIdConflict)
    expect(h.client.stats().takeovers).toBe(0)
  })
})

describe('six plain closes in an hour', () => {
  it('are a conflict too, however long the lives', () => {
    const h = simClient({ clientId: 'a', keepalive: 600 })
    h.up()
    live(h, [20000, 400000, 100000, 700000, 40000, 200000])
    expect(causes(h)).toEqual([0, 0, 0, 0, 0, ErrorCode.ClientIdConflict].map((code) => (code === 0 ? ErrorCode.ClosedByServer : code)))
    h.run(1000000)
    expect(h.got.state).toBe('waiting')
  })
})

describe('DISCONNECT with 0x8E', () => {
  const taken = (h: SimClient): void => {
    h.peer.disconnect(0x8e)
    h.peer.close()
  }

  it('waits 30 to 90 s the first time, and the second within 15 minutes is certain', () => {
    const spans: number[] = []
    for (let seed = 1; seed <= 30; seed += 1) {
      const h = simClient({ clientId: 'a', protocolVersion: 5, jitter: true, sim: { seed } })
      h.up()
      live(h, [300000], taken)
      h.until(() => h.got.state === 'up', 100000, 'the link')
      spans.push(waits(h)[0]!)
      expect(causes(h)[0]).toBe(ErrorCode.ServerDisconnected)
      live(h, [400000], taken)
      expect(causes(h).at(-1)).toBe(ErrorCode.ClientIdConflict)
      expect(h.client.explain()).toMatchObject({ value: 2, reason: 0x8e })
    }
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(30000)
    expect(Math.max(...spans)).toBeLessThanOrEqual(90000)
    expect(Math.max(...spans) - Math.min(...spans)).toBeGreaterThan(30000)
  })

  it('after more than 15 minutes is a first time again', () => {
    const h = simClient({ clientId: 'a', protocolVersion: 5 })
    h.up()
    live(h, [300000, 1000000], taken)
    expect(causes(h)).toEqual([ErrorCode.ServerDisconnected, ErrorCode.ServerDisconnected])
    expect(h.client.stats().takeovers).toBe(2)
  })
})

describe('a conflict', () => {
  it('is lifted by a life of 20 minutes: what ends for another reason comes back as usual, a new sign within the hour does not', () => {
    const h = simClient({ clientId: 'a' })
    h.up()
    live(h, [100, 100, 100])
    live(h, [1250000], () => h.peer.rst())
    h.until(() => h.got.state === 'up', 10000, 'the link, soon')
    live(h, [100])
    expect(causes(h).at(-1)).toBe(ErrorCode.ClientIdConflict)
  })

  it('that is an hour past begins anew', () => {
    const h = simClient({ clientId: 'a' })
    h.up()
    live(h, [100, 100, 100])
    live(h, [3700000, 100])
    expect(causes(h).slice(-2)).toEqual([ErrorCode.ClosedByServer, ErrorCode.ClosedByServer])
  })

  it('keeps slow what ends for other reasons meanwhile', () => {
    const h = simClient({ clientId: 'a' })
    h.up()
    live(h, [100, 100, 100])
    live(h, [100], () => h.peer.rst())
    h.run(500000)
    expect(h.got.state).toBe('waiting')
  })
})

describe('the arithmetic of a conflict', () => {
  it('takes lives for alike up to 30 %', () => {
    expect(areAlike(10000, 13000, 11000)).toBe(true)
    expect(areAlike(10000, 13010, 11000)).toBe(false)
    expect(areAlike(0, 9999, 5000)).toBe(true)
  })

  it('remembers six lives, and finds three of a kind among strangers', () => {
    const g = newGovernor()
    expect([[100, 20000], [200, 50000], [300, 21000], [400, 90000], [500, 25000]].map(([now, life]) => noteLife(g, now!, life!))).toEqual([false, false, false, false, true])
    for (let i = 0; i < 20; i += 1) noteLife(g, 10000 + i * 1000, 5)
    expect(g.ends_).toHaveLength(6)
  })

  it('spreads CONNECTs over 10 minutes give or take half, and holds the seventh until the first is an hour old', () => {
    const g = newGovernor()
    noteStart(g, 1000)
    expect(conflictWait(g, 1000, -1)).toBe(600000)
    expect(conflictWait(g, 1000, 0)).toBe(300000)
    expect(conflictWait(g, 1000, 999)).toBeLessThanOrEqual(900000)
    expect(conflictWait(g, 1000, 999)).toBeGreaterThan(898000)
    g.conflict_ = false
    for (let i = 1; i < 9; i += 1) noteStart(g, 900 + i)
    // Connections that followed no sign are not counted.
    expect(g.starts_).toEqual([1000])
    g.conflict_ = true
    for (let i = 1; i < 6; i += 1) noteStart(g, 1000 + i)
    expect(conflictWait(g, 1010, 0)).toBe((3600 - 10 + 1) * 1000)
  })

  it('takes the second word of the server within 15 minutes for certain', () => {
    const g = newGovernor()
    expect([0, 901, 1801].map((now) => noteTold(g, now))).toEqual([false, false, true])
  })
})
