import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { BOTH_KINDS, timesOf } from './support.js'

/** CONNECT leaves at 20 ms, reaches the broker at 30 ms, and CONNACK is here at 40 ms. */
const CONNECT_LEFT = 20
const LATENCY = 10

describe.each(BOTH_KINDS)('keepalive, waits: %j', (waits) => {
  it.each([
    [120, 115000], [60, 55000], [10, 9000], [1, 900], [1000, 995000]
  ])('[S1-09] under %i s sends PINGREQ %i ms after the last packet, so that it arrives in time', (keepalive, due) => {
    const h = simClient({ sim: { waits }, keepalive })
    h.up()
    h.run(due * 4)
    const times = timesOf(h.peer, 'pingreq')
    expect(times.slice(0, 3)).toEqual([1, 2, 3].map((n) => CONNECT_LEFT + n * due + LATENCY))
    expect(h.client.stats().pings).toBe(times.length)
    h.check()
  })

  it('[S1-15] [S1-06] keeps the link up over three keepalives and more by yield alone', () => {
    const h = simClient({ sim: { waits }, keepalive: 30 })
    h.up()
    h.run(10 * 30000)
    expect(h.got.states()).toEqual(['opening', 'connecting', 'up'])
    expect(h.broker.peers).toHaveLength(1)
    h.check()
  })

  it('[S2-22] leaves nothing unread after each PINGRESP, without a subscription', () => {
    const h = simClient({ sim: { waits }, keepalive: 10 })
    h.up()
    for (let i = 0; i < 30; i++) {
      h.run(9000)
      h.run(100)
      expect(h.client.core_?.socket_?.pending()).toBe(0)
    }
    expect(h.sim.network.last?.backlog).toBe(0)
    expect(h.client.stats().pings).toBeGreaterThan(25)
    expect(h.client.stats().packetsIn).toBe(1 + h.client.stats().pings)
  })

  it.each([[120, 20000], [60, 20000], [30, 15000], [10, 5000]])('[S2-21] [S1-08] under %i s closes when PINGRESP stays away for %i ms, and reconnects', (keepalive, limit) => {
    const h = simClient({ sim: { waits }, keepalive, broker: { enforceKeepalive: false } })
    h.up()
    h.broker.on('pingreq', (_packet, peer) => peer.id === 1)
    const margin = Math.min(5000, keepalive * 100)
    h.run(keepalive * 1000 - margin - 20 + limit - 1)
    expect(h.got.state).toBe('up')
    h.run(1)
    expect(h.got.links.at(-1)).toMatchObject({ t: CONNECT_LEFT + keepalive * 1000 - margin + limit, state: 'waiting', cause: ErrorCode.PingTimeout })
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.PingTimeout, value: limit, limit })
    h.run(2000)
    expect(h.got.state).toBe('up')
    expect(h.client.stats()).toMatchObject({ connects: 2, drops: 1 })
  })

  it('takes pingTimeout where it is given', () => {
    const h = simClient({ sim: { waits }, keepalive: 100, pingTimeout: 3000, broker: { enforceKeepalive: false } })
    h.up()
    h.broker.on('pingreq', () => true)
    h.run(95000 - 20 + 2999)
    expect(h.got.state).toBe('up')
    h.run(1)
    expect(h.got.state).toBe('waiting')
  })

  it('sends no ping at all under 120 s when QoS 1 goes out every 100 s', () => {
    const h = simClient({ sim: { waits }, keepalive: 120 })
    h.up()
    for (let i = 0; i < 36; i++) {
      h.client.publish('t', h.bytes('x'), 1)
      h.run(100000)
    }
    expect(h.client.stats()).toMatchObject({ pings: 0, delivered: 36, drops: 0 })
    h.check()
  })

  it('[S2-13] with 0 never pings, and never gives a silent link up', () => {
    const h = simClient({ sim: { waits }, keepalive: 0 })
    h.up()
    h.run(24 * 3600 * 1000)
    expect(h.client.stats()).toMatchObject({ pings: 0, connects: 1, drops: 0 })
    expect(h.peer.all('connect')[0]).toMatchObject({ keepalive: 0 })
  })
})

describe('the answer to a ping', () => {
  it('may be any byte from the server', () => {
    const h = simClient({ keepalive: 100, broker: { enforceKeepalive: false } })
    h.up()
    h.broker.on('pingreq', (_packet, peer) => {
      peer.wire.after(15000, () => peer.publish({ topic: 'alive' }))
      return true
    })
    h.run(95000 + 40000)
    expect(h.got.state).toBe('up')
    expect(h.got.payloads('alive')).toHaveLength(1)
  })

  it('is not what we send meanwhile', () => {
    const h = simClient({ keepalive: 100, broker: { enforceKeepalive: false } })
    h.up()
    h.broker.on('pingreq', () => true)
    h.run(95000)
    for (let i = 0; i < 19; i++) {
      h.client.publish('t', h.bytes('x'))
      h.run(1000)
    }
    expect(h.got.state).toBe('up')
    h.run(1000)
    expect(h.client.explain().code).toBe(ErrorCode.PingTimeout)
  })
})

describe('a link that died', () => {
  for (const direction of ['out', 'in', 'both'] as const) {
    for (const knowsUnacked of [true, false]) {
      for (const [traffic, qos, every] of [['silence', 0, 0], ['QoS 0 every 5 s', 0, 5000], ['QoS 0 every 50 s', 0, 50000], ['QoS 1 every 50 s', 1, 50000]] as const) {
        it(`in direction ${direction} under ${traffic} is noticed before 1.5 x keepalive (the port ${knowsUnacked ? 'knows' : 'does not know'} what arrived)`, () => {
          const h = simClient({ keepalive: 60, sim: { conditions: { knowsUnacked } }, broker: { enforceKeepalive: false } })
          h.up()
          h.run(100000)
          const begin = h.sim.now
          h.sim.network.last?.halfOpen(direction)
          while (h.got.state === 'up' && h.sim.now - begin < 200000) {
            if (every > 0) h.client.publish('t', h.bytes('x'), qos)
            h.run(every > 0 ? every : 1000)
          }
          const end = h.got.links.findLast((link) => link.state === 'waiting')?.t ?? Infinity
          expect(end - begin).toBeLessThan(90000)
        })
      }
    }
  }
})

describe('QoS 0 alone, on a port that knows what arrived', () => {
  it('keeps the link alive for an hour with hardly a ping', () => {
    const h = simClient({ keepalive: 60 })
    h.up()
    for (let i = 0; i < 120; i++) {
      h.client.publish('t', h.bytes('x'))
      h.run(30000)
    }
    expect(h.client.stats().drops).toBe(0)
    expect(h.client.stats().pings).toBeLessThanOrEqual(60)
    h.check()
  })
})

describe('CONNACK that comes late', () => {
  it.each([10, 4])('does not delay the first ping under %i s beyond the keepalive after CONNECT', (keepalive) => {
    const h = simClient({ keepalive })
    h.broker.on('connect', (_packet, peer) => {
      peer.wire.after(3000, () => h.broker.welcome(peer))
      return true
    })
    h.up()
    h.run(keepalive * 2000)
    expect(timesOf(h.peer, 'pingreq')[0]! - timesOf(h.peer, 'connect')[0]!).toBe(Math.max(keepalive * 900, 3020))
    h.check()
  })
})

describe('Server Keep Alive', () => {
  it.each([[120, 30, 27000], [0, 40, 36000], [10, 65535, 65530000]])('replaces ours: %i s become %i s', (keepalive, serverKeepAlive, due) => {
    const h = simClient({ protocolVersion: 5, keepalive, broker: { properties: { serverKeepAlive } } })
    h.up()
    h.run(due - 20 - 1)
    expect(h.client.stats().pings).toBe(0)
    h.run(1)
    expect(h.client.stats().pings).toBe(1)
    expect(h.client.server()?.serverKeepAlive).toBe(serverKeepAlive)
  })

  it('of 0 turns ours off', () => {
    const h = simClient({ protocolVersion: 5, keepalive: 10, broker: { properties: { serverKeepAlive: 0 } } })
    h.up()
    h.run(3600000)
    expect(h.client.stats().pings).toBe(0)
  })

  it('holds for one connection: the next CONNECT announces ours again', () => {
    const h = simClient({ protocolVersion: 5, keepalive: 100 })
    h.broker.on('connect', (_packet, peer) => {
      h.broker.welcome(peer, peer.id === 1 ? { properties: { serverKeepAlive: 10 } } : {})
      return true
    })
    h.up()
    h.run(9000)
    expect(h.client.stats().pings).toBe(1)
    h.peer.close()
    h.run(5000)
    expect(h.peer.all('connect')[0]).toMatchObject({ keepalive: 100 })
    h.run(80000)
    expect(h.client.stats().pings).toBe(1)
  })
})

describe('defaults', () => {
  it('[S2-03] announces a keepalive of 120 s', () => {
    const h = simClient()
    h.up()
    expect(h.peer.all('connect')[0]).toMatchObject({ keepalive: 120, clean: true, protocolVersion: 4 })
  })
})
