import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, reconnect } from './support.js'

/** ms between the end of each attempt or connection and the next attempt. */
function delays(h: SimClient): number[] {
  const found: number[] = []
  h.got.links.forEach((link, i) => {
    const next = h.got.links[i + 1]
    if (link.state === 'waiting' && next !== undefined) found.push(next.t - link.t)
  })
  return found
}

/** A client that nobody answers at TCP. */
function refused(options: WorldOptions = {}): SimClient {
  const h = simClient({ broker: false, ...options })
  h.sim.network.name('broker', 'ok')
  h.client.connect()
  return h
}

describe.each(BOTH_KINDS)('the delay before the next attempt, waits: %j', (waits) => {
  it('[S1-10] without jitter is 1, 2, 4, 8, 16, 32, 60, 60 s', () => {
    const h = refused({ sim: { waits } })
    h.run(400000)
    expect(delays(h).slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000])
    expect(h.client.stats()).toMatchObject({ connects: 0 })
    expect(h.client.stats().failures).toBeGreaterThanOrEqual(8)
  })

  it('[S1-10] has both ends configurable', () => {
    const h = refused({ sim: { waits }, reconnectPeriod: 300, reconnectPeriodMax: 1000 })
    h.run(10000)
    expect(delays(h).slice(0, 5)).toEqual([300, 600, 1000, 1000, 1000])
  })

  it('[S2-04] [S2-12] [S0-16] [S1-08] reconnects by itself, five times over, until it stands again', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    for (let i = 0; i < 5; i++) {
      h.peer.rst()
      h.run(70000)
      expect(h.got.state).toBe('up')
    }
    expect(h.broker.peers).toHaveLength(6)
    expect(h.client.stats()).toMatchObject({ connects: 6, drops: 5, failures: 0 })
    h.check()
  })

  it('[S2-04] with reconnectPeriod 0 stays offline after the first failure or end', () => {
    const h = refused({ sim: { waits }, reconnectPeriod: 0 })
    h.run(1000)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'offline', cause: LinkCode.TcpRefused })
    expect(h.sim.network.attempts).toHaveLength(1)
    const up = simClient({ sim: { waits }, reconnectPeriod: 0 })
    up.up()
    up.peer.close()
    up.run(100000)
    expect(up.got.links.at(-1)).toMatchObject({ state: 'offline', cause: ErrorCode.ClosedByServer })
    expect(up.broker.peers).toHaveLength(1)
  })
})

describe('a link', () => {
  it('that was stable for 60 s with a packet after CONNACK begins anew at 1 s', () => {
    const h = simClient({ keepalive: 30 })
    h.up()
    for (let i = 0; i < 3; i++) {
      h.run(61000)
      reconnect(h)
    }
    expect(delays(h)).toEqual([1000, 1000, 1000])
  })

  it('that ends sooner lets the delay grow: a path that resets after CONNACK is not hammered', () => {
    const h = simClient()
    h.broker.on('connect', (_packet, peer) => {
      peer.connack()
      peer.wire.after(500, () => peer.rst())
      return true
    })
    h.up()
    h.run(3600000)
    expect(delays(h).slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000])
    expect(h.broker.peers.length).toBeLessThan(70)
  })

  it('that heard nothing after CONNACK is not stable, however long it stood', () => {
    const h = simClient({ keepalive: 0 })
    h.up()
    for (let i = 0; i < 3; i++) {
      h.run(100000)
      reconnect(h)
    }
    expect(delays(h)).toEqual([1000, 2000, 4000])
  })
})

describe('refusals', () => {
  const slow: [3 | 4 | 5, number][] = [
    [3, 1], [3, 2], [3, 4], [3, 5], [4, 1], [4, 2], [4, 4], [4, 5],
    [5, 0x84], [5, 0x85], [5, 0x86], [5, 0x87], [5, 0x8a], [5, 0x8c], [5, 0x95], [5, 0x99], [5, 0x9a], [5, 0x9b]
  ]
  it.each(slow)('[S2-02] [S2-24] in version %i with code %i take the slow lane: at least 10 s, then up to 60 s', (protocolVersion, code) => {
    const h = simClient({ protocolVersion, broker: { authorize: () => code } })
    h.client.connect()
    h.run(300000)
    expect(delays(h).slice(0, 7)).toEqual([10000, 10000, 10000, 10000, 16000, 32000, 60000])
    const refusal = h.got.links.find((link) => link.state === 'waiting')!
    expect(refusal.cause).toBe(ErrorCode.ConnectRefused)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ConnectRefused, reason: code, detail: 'broker' })
  })

  const normal: [3 | 4 | 5, number][] = [[3, 3], [4, 3], [5, 0x88], [5, 0x89], [5, 0x97], [5, 0x9f]]
  it.each(normal)('in version %i with code %i back off as usual', (protocolVersion, code) => {
    const h = simClient({ protocolVersion, broker: { authorize: () => code } })
    h.client.connect()
    h.run(100000)
    expect(delays(h).slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16000])
  })

  it('[S2-02] with jitter wait at least 10 s all the same', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const h = simClient({ jitter: true, sim: { seed }, broker: { authorize: () => 5 } })
      h.client.connect()
      h.run(300000)
      expect(Math.min(...delays(h))).toBeGreaterThanOrEqual(10000)
    }
  })

  it('of a DISCONNECT under 5.0 take the slow lane too', () => {
    const h = simClient({ protocolVersion: 5 })
    h.broker.on('connect', (_packet, peer) => {
      h.broker.welcome(peer)
      peer.disconnect(0x87)
      peer.close()
      return true
    })
    h.client.connect()
    h.run(60000)
    expect(delays(h).slice(0, 3)).toEqual([10000, 10000, 10000])
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ServerDisconnected, reason: 0x87 })
  })
})

describe('jitter', () => {
  it('spreads the first attempt after a stable link over reconnectSpread', () => {
    const first: number[] = []
    for (let seed = 1; seed <= 60; seed++) {
      const h = simClient({ jitter: true, reconnectSpread: 60000, keepalive: 20, sim: { seed, id: `device${seed}`, traceLimit: 0 } })
      h.up()
      h.run(100000)
      h.peer.close()
      h.run(70000)
      first.push(delays(h)[0]!)
    }
    expect(Math.max(...first)).toBeLessThan(60000)
    // Uniform over the span: each quarter gets its share, and no instant many.
    for (let q = 0; q < 4; q++) {
      const share = first.filter((ms) => ms >= q * 15000 && ms < (q + 1) * 15000).length
      expect(share).toBeGreaterThanOrEqual(5)
    }
    expect(new Set(first).size).toBeGreaterThan(45)
  })

  it('is full between 0 and the span of the backoff', () => {
    const all: number[][] = []
    for (let seed = 1; seed <= 40; seed++) {
      const h = refused({ jitter: true, sim: { seed, traceLimit: 0 } })
      h.run(300000)
      all.push(delays(h).slice(0, 6))
    }
    for (let i = 0; i < 6; i++) {
      const span = 1000 * 2 ** i
      const at = all.map((list) => list[i]!)
      expect(Math.max(...at)).toBeLessThan(span)
      expect(Math.max(...at)).toBeGreaterThan(span * 0.7)
      expect(Math.min(...at)).toBeLessThan(span * 0.3)
    }
  })

  it('keeps clones with one random seed apart by their ids and ticks', () => {
    const first = new Set<number>()
    for (let n = 0; n < 20; n++) {
      const h = refused({ jitter: true, sim: { seed: 1, id: `clone${100 + n}`, traceLimit: 0 } })
      h.run(100000)
      first.add(delays(h)[3]!)
    }
    expect(first.size).toBeGreaterThan(12)
  })
})

describe('a fleet', () => {
  it('of 300 that lost its server returns with at most 1.5 x N / spread connects a second at the peak', () => {
    const first = simClient({ jitter: true, reconnectSpread: 60000, keepalive: 30, clientId: 'device0', sim: { traceLimit: 0 } })
    const fleet = [first]
    for (let i = 1; i < 300; i++) fleet.push(simClient({ jitter: true, reconnectSpread: 60000, keepalive: 30, clientId: `device${i}`, sim: first.sim, broker: first.broker }))
    for (const h of fleet) h.client.connect()
    first.run(90000)
    expect(fleet.every((h) => h.got.state === 'up')).toBe(true)
    first.broker.closeAll()
    const lost = first.sim.now
    first.run(70000)
    const times = first.sim.network.attempts.filter((attempt) => attempt.t > lost).map((attempt) => attempt.t - lost)
    expect(times).toHaveLength(300)
    const perSecond = new Array<number>(61).fill(0)
    for (const t of times) perSecond[Math.floor(t / 1000)]! += 1
    // Seconds are a fine grain for 300 devices: the bound holds over windows of 10 s.
    for (let s = 0; s + 10 <= 60; s++) {
      expect(perSecond.slice(s, s + 10).reduce((a, b) => a + b) / 10).toBeLessThanOrEqual(1.5 * 300 / 60)
    }
  })
})

describe('a bearer that is not ready', () => {
  it('[S4-04] lets no attempt start, is named, and the attempt follows when it is', () => {
    const h = simClient({ sim: { bearer: true } })
    h.device.setBearer(0, 'searching')
    h.client.connect()
    h.run(30000)
    expect(h.sim.network.attempts).toHaveLength(0)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.NetworkDown, detail: 'searching' })
    expect(h.got.links).toMatchObject([{ state: 'waiting', cause: ErrorCode.NetworkDown }])
    h.device.setBearer(1)
    h.run(2000)
    expect(h.got.state).toBe('up')
    expect(h.client.stats().failures).toBe(0)
  })
})
