import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { explain } from '../../firmware/explain.js'
import { LinkCode, type ModemHal } from '../../hal/hal.js'
import { readText } from '../docs/sources.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { timesOf } from '../session/support.js'
import { HOUR, MINUTE } from './support.js'

/** A client whose device has a modem; `series` is what `signal()` answers, one number a call, the last one for ever. */
function withModem(series: number[], options: WorldOptions = {}): { h: SimClient; calls: number[] } {
  const h = simClient({ keepalive: 30, ...options })
  const calls: number[] = []
  const modem: ModemHal = {
    signal: () => {
      calls.push(h.sim.now)
      return series[Math.min(calls.length, series.length) - 1] ?? 0
    },
    identity: () => '', rungs: () => 0, climb: () => 0
  }
  Object.assign(h.device.hal, { modem })
  return { h, calls }
}

describe('the signal', () => {
  it('[S0-03.4] of the last three minutes goes with the cause of a drop, the newest first', () => {
    const series = [-71, -75, -83, -97, -109]
    const { h, calls } = withModem(series)
    h.up()
    h.run(5 * MINUTE)
    h.sim.network.last?.halfOpen('both')
    h.until(() => h.got.state === 'waiting', MINUTE, 'the drop')
    expect(h.got.links.at(-1)?.cause).toBe(ErrorCode.PingTimeout)
    expect(calls.length).toBeGreaterThan(3)
    expect(h.client.explain().signals).toEqual(series.slice(0, calls.length).reverse().slice(0, 3))
  })

  it('[S0-03.4] is in the cause when onLink tells of the drop', () => {
    const seen: (number[] | undefined)[] = []
    const { h } = withModem([-70, -80, -90], { onLink: (state) => { if (state === 'waiting') seen.push(h.client.explain().signals) } })
    h.up()
    h.run(2.5 * MINUTE)
    h.peer.close()
    h.run(100)
    expect(seen).toEqual([[-90, -80, -70]])
  })

  it('[S0-03.4] is asked for at most once a minute, and never while something is under way', () => {
    const { h, calls } = withModem([-70])
    h.broker.on('publish', () => true)
    h.up()
    h.run(HOUR)
    expect(calls.length).toBeGreaterThan(40)
    for (let i = 1; i < calls.length; i++) expect(calls[i]! - calls[i - 1]!).toBeGreaterThan(59_000)
    h.client.publish('t', h.bytes('x'), 1)
    const before = calls.length
    h.run(59_000)
    expect(calls.length).toBe(before)
  })

  it('[S0-03.4] that the modem does not know leaves no sample, and without a modem there is none', () => {
    const { h } = withModem([0])
    h.up()
    h.run(5 * MINUTE)
    h.peer.close()
    h.run(100)
    expect(h.client.explain().signals).toEqual([])
    const plain = simClient()
    plain.up()
    plain.peer.close()
    plain.run(100)
    expect(plain.client.explain().signals).toBeUndefined()
  })
})

describe('a drop', () => {
  it('[S0-03.5] of a bearer that is gone is NetworkDown with its reason, and of a server that closed is ClosedByServer', () => {
    const h = simClient({ keepalive: 30, sim: { bearer: true } })
    h.up()
    h.peer.close()
    h.run(10)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ClosedByServer })
    h.run(5000)
    expect(h.got.state).toBe('up')
    h.device.bearer.ready = 0
    h.device.bearer.reason = 'pdp-lost'
    h.sim.network.last?.rst()
    h.run(10)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.NetworkDown })
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.NetworkDown, detail: 'pdp-lost' })
    expect(explain(h.client.explain())).toContain('pdp-lost')
  })

  it('[S0-03.5] by a ping without answer looks at the bearer too, and opens no socket until it is back', () => {
    const h = simClient({ keepalive: 30, sim: { bearer: true } })
    h.up()
    h.sim.network.last?.halfOpen('both')
    h.device.bearer.ready = 0
    h.run(2 * MINUTE)
    expect(h.got.links.filter((link) => link.state === 'waiting').map((link) => link.cause)).toEqual([ErrorCode.NetworkDown])
    expect(h.sim.network.attempts).toHaveLength(1)
    h.device.setBearer(1)
    h.run(5000)
    expect(h.got.state).toBe('up')
    expect(h.client.stats()).toMatchObject({ drops: 1, failures: 0 })
  })

  it('[S0-03.5] with the bearer gone is not held against a publish, however often', () => {
    const h = simClient({ clean: false, clientId: 'a', keepalive: 30, sim: { bearer: true } })
    h.broker.on('publish', () => true)
    h.up()
    const token = h.client.publish('t', h.bytes('x'), 1)
    for (let i = 0; i < 5; i++) {
      h.run(2000)
      h.device.bearer.ready = 0
      h.sim.network.last?.rst()
      h.run(100)
      h.device.setBearer(1)
      h.run(40_000)
    }
    expect(h.got.receipt(token)).toBeUndefined()
  })

  it('[S0-03.5] of an attempt says the bearer rather than the refused connection', () => {
    const h = simClient({ broker: false, sim: { bearer: true } })
    h.sim.network.name('broker', 'ok')
    h.client.connect()
    h.device.bearer.ready = 0
    h.run(500)
    expect(h.got.links.at(-1)).toMatchObject({ cause: ErrorCode.NetworkDown })
    h.device.setBearer(1)
    h.run(5000)
    expect(h.got.links.at(-1)).toMatchObject({ cause: LinkCode.TcpRefused })
  })
})

describe('starts of the device', () => {
  it('[S0-03.2] are counted over power cuts, beside the reason of the last one', () => {
    const first = simClient({ recorder: 1024 })
    expect(first.client.stats().boots).toBe(0)
    first.up()
    expect(first.client.stats().boots).toBe(1)
    for (const [n, reason] of [[2, 'brown-out'], [3, 'watchdog']] as const) {
      first.device.system.resetReason = reason
      const next = simClient({ recorder: 1024, sim: first.sim, broker: first.broker })
      Object.assign(next.device.hal, { storage: first.device.hal.storage, system: first.device.hal.system })
      next.up()
      expect(next.client.stats().boots).toBe(n)
      expect(next.device.hal.system.resetReason()).toBe(reason)
    }
  })

  it('[S0-03.2] count once, however often connect() is called, and from 1 after a torn value', () => {
    const h = simClient({ recorder: 1024 })
    h.up()
    h.client.disconnect()
    h.run(10_000)
    h.up()
    expect(h.client.stats().boots).toBe(1)
    const key = [...h.device.storage.values.keys()].find((name) => name.includes('boot'))!
    h.device.storage.values.set(key, h.device.storage.values.get(key)!.substring(0, 3) as never)
    const next = simClient({ learnKeepalive: true, sim: h.sim, broker: h.broker, clientId: 'b' })
    Object.assign(next.device.hal, { storage: h.device.hal.storage })
    next.up()
    expect(next.client.stats().boots).toBe(1)
  })

  it('[S0-03.2] are not counted, and nothing is written, without a store, or when no option has the client keep anything there', () => {
    const without = simClient({ sim: { storage: false }, recorder: 1024 })
    without.up()
    expect(without.client.stats().boots).toBe(0)
    const h = simClient()
    h.up()
    expect(h.client.stats().boots).toBe(0)
    expect(h.device.storage.writes).toBe(0)
  })

  it('[S0-03.2] are counted for each option that keeps things', () => {
    for (const options of [{ recorder: 1024 }, { learnKeepalive: true }, { journal: true }]) {
      const h = simClient(options)
      h.up()
      expect(h.client.stats().boots).toBe(1)
    }
  })

  it('[S0-03.2] do not count a device that wakes from deep sleep each minute: one write in a year of them', () => {
    const first = simClient({ recorder: 1024 })
    first.up()
    first.client.disconnect()
    first.run(100)
    first.device.system.resetReason = 'deep-sleep'
    const written = first.device.storage.writes
    for (let i = 0; i < 3; i += 1) {
      const next = simClient({ recorder: 1024, sim: first.sim, broker: first.broker })
      Object.assign(next.device.hal, { storage: first.device.hal.storage, system: first.device.hal.system })
      next.up()
      expect(next.client.stats().boots).toBe(1)
      next.client.disconnect()
      next.run(100)
    }
    expect(first.device.storage.writes).toBe(written)
  })
})

describe('a server that can be reached through a tunnel only', () => {
  it('[S0-03.3] and is 3 s away is connected to and held by the defaults', () => {
    const h = simClient({ sim: { conditions: { latencyMs: 2000 } } })
    h.up()
    h.run(HOUR)
    expect(h.client.stats()).toMatchObject({ connects: 1, drops: 0 })
  })

  it('[S0-03.3] that stands still now and then ends in PingTimeout, and the page says what to do', () => {
    const h = simClient()
    h.up()
    for (let i = 0; i < 3; i++) {
      h.run(100_000)
      h.sim.network.partition('both')
      h.run(150_000)
      h.sim.network.partition('none')
      h.run(100_000)
    }
    expect(h.got.links.filter((link) => link.cause === ErrorCode.PingTimeout).length).toBe(3)
    expect(h.got.state).toBe('up')
    const page = readText('docs/troubleshooting.md')
    expect(page).toMatch(/^## A server without a public address$/m)
    expect(page).toContain('tunnel')
  })
})

describe('the keepalive of a cellular link', () => {
  it('[S0-03.7a] of 120 s is silent for 114 s and pings at 115 s', () => {
    const h = simClient()
    h.up()
    h.run(20 + 114_000 - h.sim.now)
    expect(h.client.stats().pings).toBe(0)
    h.run(1000)
    expect(h.client.stats().pings).toBe(1)
    h.run(20)
    expect(timesOf(h.peer, 'pingreq')).toEqual([20 + 115_000 + 10])
  })

  it('[S0-03.7a] sends no ping while QoS 1 goes out every 100 s', () => {
    const h = simClient()
    h.up()
    for (let i = 0; i < 30; i++) {
      h.client.publish('t', h.bytes('x'), 1)
      h.run(100_000)
    }
    expect(h.client.stats()).toMatchObject({ pings: 0, delivered: 30 })
  })

  it('[S0-03.7a] pings all the same where only QoS 0 goes out, nothing comes back, and the port cannot know what arrived', () => {
    const h = simClient({ sim: { conditions: { knowsUnacked: false } } })
    h.up()
    for (let i = 0; i < 60; i++) {
      h.client.publish('t', h.bytes('x'))
      h.run(60_000)
    }
    expect(h.client.stats().pings).toBeGreaterThanOrEqual(25)
    expect(h.client.stats().drops).toBe(0)
  })

  it('[S0-03.7b] is given up before 1.5 of it when what we send does not arrive, with tx-stalled as the evidence', () => {
    const h = simClient({ broker: { enforceKeepalive: false } })
    h.up()
    h.sim.network.last?.halfOpen('out')
    const begin = h.sim.now
    for (let i = 0; i < 4; i++) {
      h.client.publish('t', h.bytes('x'))
      h.run(30_000)
    }
    h.run(60_000)
    const end = h.got.links.find((link) => link.state === 'waiting')!
    expect(end.cause).toBe(ErrorCode.PingTimeout)
    expect(end.t - begin).toBeLessThan(180_000)
  })
})
