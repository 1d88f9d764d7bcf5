/** Calls with odd arguments and from odd places. */
import { describe, expect, it } from 'vitest'
import { run } from '../../firmware/index.js'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { counted } from './support.js'
import type { Bytes, LinkState } from '../../firmware/types.js'

describe('yield()', () => {
  it.each([undefined, NaN, -1, 'x'])('of %j returns after a slice instead of never', (ms) => {
    const h = simClient({ sim: { waits: true, maxSpins: 20 } })
    h.up()
    h.run(1000)
    expect(h.client.yield(ms as number)).toBeGreaterThanOrEqual(0)
  })
})

describe('publishStream()', () => {
  it.each([undefined, null, 5, {}])('with a read() that returns %j ends the message as stream-failed, and yield() does not throw', (value) => {
    const h = simClient()
    h.up()
    const token = h.client.publishStream('t', 100, () => value as unknown as Bytes, 1)
    h.run(20000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected' })
    expect(h.client.stats().outboxCount).toBe(0)
  })

  it('with no read() at all is refused or rejected, and yield() does not throw', () => {
    const h = simClient()
    h.up()
    const token = h.client.publishStream('t', 100, undefined as never, 1)
    h.run(20000)
    if (token > 0) expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected' })
  })
})

describe('credentials', () => {
  it('that empty the list of servers fail the attempt; nothing is thrown', () => {
    const h = simClient({ credentials: (into) => { into.servers = []; return 0 } })
    expect(() => { h.client.connect(); h.run(10000) }).not.toThrow()
    expect(h.got.state).not.toBe('up')
  })

  it.each(['clientId', 'username', 'password', 'will'] as const)('that set %s to a number fail the attempt with a code; nothing is thrown', (name) => {
    const h = simClient({ credentials: (into) => { (into as unknown as Record<string, unknown>)[name] = 5; return 0 } })
    expect(() => { h.client.connect(); h.run(10000) }).not.toThrow()
    expect(h.got.state).toBe('waiting')
    expect(h.client.explain().code).toBeLessThan(0)
  })
})

describe('run()', () => {
  it.each(['disconnect', 'abort'] as const)('returns 0 when its function ended the client with %s()', (how) => {
    const h = simClient({ sim: { waits: true } })
    h.up()
    let turns = 0
    expect(run(h.client, 100, () => {
      turns += 1
      if (turns === 3) h.client[how]()
    })).toBe(0)
    expect(h.got.state).toBe('offline')
    expect(turns).toBe(3)
  })

  it.each([true, false])('ends with destroy() in its function, waits: %j', (waits) => {
    const h = simClient({ sim: { waits } })
    h.up()
    let turns = 0
    run(h.client, 100, () => {
      turns += 1
      if (turns === 3) h.client.destroy()
    })
    h.run(5000)
    expect(turns).toBe(3)
    expect(h.device.openSockets).toBe(0)
    h.check()
  })
})

describe('the calls of one callback', () => {
  const states: LinkState[] = ['waiting', 'opening', 'connecting', 'up', 'offline']
  it.each(states)('abort() and connect() in onLink %s: a new life begins', (state) => {
    let did = false
    const h: SimClient = simClient({
      onLink: (now) => {
        if (now !== state || did) return
        did = true
        h.client.abort()
        h.client.connect()
      }
    })
    h.client.connect()
    if (state === 'waiting') h.sim.after(100, () => h.peer.close())
    h.run(200)
    if (state === 'offline') h.client.disconnect()
    h.run(90000)
    expect(did).toBe(true)
    expect(h.got.state).toBe('up')
    expect(h.device.openSockets).toBe(1)
  })
})

describe('after destroy() in a callback', () => {
  const kinds: [string, (h: () => SimClient) => WorldOptions][] = [
    ['onMessage', (h) => ({ onMessage: () => { h().client.destroy() } })],
    ['onReceipt', (h) => ({ onReceipt: () => { h().client.destroy() } })],
    ['onSubscribed', (h) => ({ onSubscribed: () => { h().client.destroy() } })],
    ['onStream', (h) => ({ onStream: () => { h().client.destroy(); return 0 } })],
    ['onLink up', (h) => ({ onLink: (s) => { if (s === 'up') h().client.destroy() } })],
    ['onLink opening', (h) => ({ onLink: (s) => { if (s === 'opening') h().client.destroy() } })],
    ['onLink connecting', (h) => ({ onLink: (s) => { if (s === 'connecting') h().client.destroy() } })],
    ['onLink waiting', (h) => ({ onLink: (s) => { if (s === 'waiting') h().client.destroy() } })],
    ['onLink draining', (h) => ({ onLink: (s) => { if (s === 'draining') h().client.destroy() } })],
    ['onLink offline', (h) => ({ onLink: (s) => { if (s === 'offline') h().client.destroy() } })],
    ['credentials', (h) => ({ credentials: () => { h().client.destroy(); return 0 } })],
    ['read', () => ({})],
    ['authenticate', (h) => ({ protocolVersion: 5, properties: { authenticationMethod: 'm' }, authenticate: (_m, d) => { h().client.destroy(); return d } })]
  ]
  describe.each([true, false])('waits: %j', (waits) => {
    it.each(kinds)('%s: nothing stays open, every publish has its receipt, no slice follows', (name, make) => {
      const h: SimClient = simClient({ sim: { waits }, limits: { packetIn: 64, streamMax: 5000 }, ...make(() => h) })
      const tokens: number[] = []
      for (let i = 0; i < 5; i++) tokens.push(h.client.publish('t', h.bytes('x'), (i % 3) as 0 | 1 | 2))
      h.client.subscribe('in', 1)
      h.client.connect()
      h.run(100)
      if (name === 'read') tokens.push(h.client.publishStream('s', 5000, (_o, max) => { h.client.destroy(); return h.bytes('x'.repeat(max)) }, 1))
      if (h.broker.peers.length > 0 && h.got.state === 'up') h.peer.publish({ topic: 'in', payload: 'y' })
      h.run(100)
      if (name === 'onStream') h.peer.publish({ topic: 'in', payload: 'y'.repeat(2000), qos: 1, messageId: 1 })
      if (name === 'onLink waiting') h.peer.close()
      h.run(100)
      if (name === 'onLink draining' || name === 'onLink offline') h.client.disconnect()
      h.run(10000)
      expect(h.client.yield(1)).toBe(ErrorCode.Destroyed)
      expect(h.device.openSockets).toBe(0)
      for (const token of tokens.filter((t) => t > 0)) expect(h.got.receipt(token)).toBeDefined()
      expect(h.client.stats()).toMatchObject({ outboxCount: 0, outboxBytes: 0, inflight: 0 })
      const slices = counted(h)
      h.run(200000)
      expect(slices()).toBe(0)
      h.check()
    })
  })
})
