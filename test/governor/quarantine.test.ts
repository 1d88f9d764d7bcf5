import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'
import { outcomes, sentence } from '../session/support.js'
import type { Peer } from '../support/broker.js'

type How = 'fin' | 'rst' | 'disconnect' | 'after SUBACK'

/** A broker that closes when it is asked for `filter`. Returns what takes that back. */
function forbid(h: SimClient, filter: string, how: How = 'fin'): () => void {
  const end = (peer: Peer): void => {
    if (how === 'rst') peer.rst()
    else {
      if (how === 'disconnect') peer.disconnect(0x87)
      peer.close()
    }
  }
  return h.broker.on('subscribe', (packet, peer) => {
    if (!packet.subscriptions.some((one) => one.topic === filter)) return false
    if (how === 'after SUBACK') {
      peer.wire.after(300, () => end(peer))
      return false
    }
    end(peer)
    return true
  })
}

/** The filters of each SUBSCRIBE, connection by connection. */
const asked = (h: SimClient): string[][][] => h.broker.peers.map((peer) => peer.all('subscribe').map((packet) => packet.subscriptions.map((one) => one.topic)))
const told = (h: SimClient, filter: string): number[] => h.got.granted.filter((one) => one.filter === filter).map((one) => one.code)

describe.each([
  ['3.1', 'fin', { protocolVersion: 3 }], ['3.1.1', 'fin', {}], ['3.1.1, without jitter, clean off', 'fin', { clean: false, clientId: 'a' }], ['3.1.1 by RST', 'rst', {}],
  ['5.0', 'fin', { protocolVersion: 5 }], ['5.0 with a DISCONNECT', 'disconnect', { protocolVersion: 5 }], ['3.1.1, after a SUBACK', 'after SUBACK', {}]
] as const)('a server that closes on a forbidden subscription, %s', (_name, how, options) => {
  it('[S3-02] is found out in a few connections; the other filters and the publishes work afterwards', () => {
    const h = simClient({ ...options })
    forbid(h, 'bad', how)
    h.client.connect()
    const token = h.client.subscribe('bad', 1)
    for (const filter of ['a', 'b/#', 'c']) h.client.subscribe(filter, 1)
    const publishes = [0, 1].map((n) => h.client.publish('out', h.bytes(`${n}`), 1))
    h.until(() => h.client.stats().quarantined > 0, 1800000, 'the quarantine')
    h.run(30000)
    expect(h.got.state).toBe('up')
    expect(h.broker.peers.length).toBeLessThanOrEqual(4)
    expect(outcomes(h, publishes)).toEqual(['delivered', 'delivered'])
    expect(told(h, 'bad').at(-1)).toBe(ErrorCode.Quarantined)
    expect(h.got.granted.find((one) => one.code === ErrorCode.Quarantined)?.token).toBe(token)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.Quarantined, detail: 'bad', value: 2, limit: 60 })
    expect(sentence(h.client)).toContain('"bad"')
    expect(h.client.stats()).toMatchObject({ quarantined: 1, takeovers: 0 })
    for (const topic of ['a', 'b/x', 'c', 'bad']) h.broker.publish(topic, topic, { qos: 1 })
    h.run(1000)
    expect(h.got.messages.map((message) => message.topic)).toEqual(['a', 'b/x', 'c'])
    h.check()
  })
})

describe('the suspects', () => {
  it('[S3-02] go one in a SUBSCRIBE, each when the one before is beyond doubt, and the innocent before them', () => {
    const h = simClient()
    const off = forbid(h, 'bad')
    h.up()
    h.client.subscribe('early', 0)
    h.run(5000)
    for (const filter of ['x', 'bad', 'y']) h.client.subscribe(filter, 0)
    h.run(1100)
    off()
    h.run(60000)
    const second = h.broker.peers[1]!
    expect(asked(h)[1]).toEqual([['early'], ['x'], ['bad'], ['y']])
    const times = second.packets.filter((one) => one.packet.cmd === 'subscribe').map((one) => one.t)
    for (let i = 1; i < times.length; i += 1) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(2000)
    // The server bears it now: nothing is set aside, and nothing is held against anyone on the next connection.
    h.peer.rst()
    h.run(5000)
    expect(asked(h)[2]).toEqual([['early', 'x', 'bad', 'y']])
    expect(h.client.stats().quarantined).toBe(0)
  })

  it('are two when two are forbidden: both are set aside, one after the other', () => {
    const h = simClient()
    forbid(h, 'bad1')
    forbid(h, 'bad2')
    h.client.connect()
    for (const filter of ['bad1', 'good', 'bad2']) h.client.subscribe(filter, 0)
    h.until(() => ['bad1', 'bad2'].every((filter) => told(h, filter).includes(ErrorCode.Quarantined)), 600000, 'both')
    expect(h.got.state).toBe('up')
    expect(told(h, 'good').at(-1)).toBe(0)
    expect(h.broker.peers.length).toBeLessThanOrEqual(7)
  })

  it('are none after a ping time-out, a close of ours, a reset long after, or a DISCONNECT about something else', () => {
    for (const end of ['ping', 'abort', 'reset', 'busy'] as const) {
      const h = simClient({ keepalive: 10, requestTimeout: 60000, protocolVersion: end === 'busy' ? 5 : 4, broker: { enforceKeepalive: false } })
      h.broker.on('subscribe', () => true)
      if (end === 'ping') h.broker.on('pingreq', () => true)
      h.up()
      h.client.subscribe('a', 0)
      h.client.subscribe('b', 0)
      for (let i = 0; i < 4; i += 1) {
        h.run(7000)
        if (end === 'abort') {
          h.client.abort()
          h.client.connect()
        } else if (end === 'reset') h.peer.rst()
        else if (end === 'busy') {
          h.peer.disconnect(0x89)
          h.peer.close()
        } else h.run(20000)
        h.until(() => h.got.state === 'up', 100000, 'the link')
        h.run(100)
      }
      for (const requests of asked(h).slice(0, 4)) expect(requests).toEqual([['a', 'b']])
      expect(h.client.stats().quarantined).toBe(0)
    }
  })

  it('are cleared when the link does not last without them either', () => {
    const h = simClient()
    let closes = true
    // A server that closes 100 ms after any SUBSCRIBE or PUBLISH: it is not about the filter.
    const end = (_packet: unknown, peer: Peer): boolean => {
      if (closes) peer.close()
      return closes
    }
    h.broker.on('subscribe', end)
    h.broker.on('publish', end)
    h.client.connect()
    h.client.subscribe('a', 0)
    h.run(5000)
    h.client.publish('t', h.bytes('x'), 1)
    h.run(1000)
    closes = false
    h.run(200000)
    expect(told(h, 'a')).toEqual([0])
    expect(h.client.stats().quarantined).toBe(0)
  })
})

describe('a filter that was set aside', () => {
  function world(): { h: SimClient; allow: () => void } {
    const h = simClient()
    const allow = forbid(h, 'bad')
    h.client.connect()
    h.client.subscribe('bad', 1)
    h.client.subscribe('good', 1)
    h.until(() => h.client.stats().quarantined === 1, 120000, 'the quarantine')
    return { h, allow }
  }

  it('is tried again after a minute, after ten, then every hour, and set aside again as long as the server closes', () => {
    const { h } = world()
    let before = h.broker.peers.length
    let turn = 1
    for (const seconds of [60, 600, 3600, 3600]) {
      expect(h.client.explain()).toMatchObject({ code: ErrorCode.Quarantined, detail: 'bad', limit: seconds })
      h.run(seconds * 1000 - 2000)
      expect(h.broker.peers).toHaveLength(before)
      turn += 1
      h.until(() => h.client.stats().quarantined === turn, 120000, 'the next quarantine')
      before += 1
      expect(h.broker.peers).toHaveLength(before)
    }
    expect(told(h, 'good').at(-1)).toBe(1)
    h.check()
  })

  it('is whole again within a minute and a half when it was only unlucky', () => {
    const { h, allow } = world()
    const before = h.broker.peers.length
    allow()
    h.run(90000)
    expect(told(h, 'bad').at(-1)).toBe(1)
    expect(h.broker.peers).toHaveLength(before)
    h.broker.publish('bad', 'x')
    h.run(100)
    expect(h.got.messages).toHaveLength(1)
  })

  it('starts again with a minute when the server bore it meanwhile', () => {
    const { h, allow } = world()
    h.until(() => h.client.stats().quarantined === 2, 200000, 'the second quarantine')
    allow()
    h.run(700000)
    expect(told(h, 'bad').at(-1)).toBe(1)
    forbid(h, 'bad')
    h.peer.close()
    h.until(() => h.client.stats().quarantined === 3, 3600000, 'the third quarantine')
    expect(h.client.explain().limit).toBe(60)
  })

  it('is tried at once when it is asked for again', () => {
    const { h, allow } = world()
    allow()
    h.client.subscribe('bad', 1)
    h.run(1000)
    expect(told(h, 'bad').at(-1)).toBe(1)
  })

  it('stays out over reconnects, and can be given up', () => {
    const { h } = world()
    h.peer.rst()
    h.run(10000)
    expect(asked(h).at(-1)).toEqual([['good']])
    expect(h.client.unsubscribe('bad')).toBeGreaterThan(0)
    h.run(7200000)
    expect(h.client.stats().quarantined).toBe(1)
    expect(h.got.state).toBe('up')
  })
})
