import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'
import { BOTH_KINDS, hexDuring, timesOf } from './support.js'

/** Everything the cache holds now. */
function take(h: SimClient): string[] {
  const found: string[] = []
  for (let message = h.client.receive(0); message !== undefined; message = h.client.receive(0)) found.push(message.payload)
  return found
}

describe.each(BOTH_KINDS)('the receive cache, waits: %j', (waits) => {
  it('[S0-18] hands messages out in order, with all that belongs to them, in one record', () => {
    const h = simClient({ sim: { waits }, cache: 'overwrite-oldest', protocolVersion: 5 })
    h.up()
    h.peer.publish({ topic: 'a', payload: '1', qos: 1, messageId: 5, retain: true, properties: { contentType: 'text/plain' } })
    h.peer.publish({ topic: 'b', payload: '2' })
    h.run(50)
    expect(h.got.messages).toEqual([])
    const first = h.client.receive(0)!
    expect(first).toMatchObject({ topic: 'a', payload: '1', packet: { qos: 1, retain: true, packetId: 5, properties: { contentType: 'text/plain' } } })
    const second = h.client.receive(0)!
    expect(second).toMatchObject({ topic: 'b', payload: '2', packet: { qos: 0, packetId: 0 } })
    expect(second.packet.properties).toBeUndefined()
    expect(second).toBe(first)
    expect(h.client.receive(0)).toBeUndefined()
  })

  it('[S0-18] overwrite-oldest keeps the newest up to limits.inboxCount, counts the lost, and acknowledges all', () => {
    const h = simClient({ sim: { waits }, cache: 'overwrite-oldest', limits: { inboxCount: 3 } })
    h.up()
    for (let i = 1; i <= 10; i++) h.peer.publish({ topic: 't', payload: `${i}`, qos: 1, messageId: i })
    h.run(100)
    expect(h.peer.all('puback')).toHaveLength(10)
    expect(h.client.stats()).toMatchObject({ received: 10, inboxDropped: 7 })
    expect(take(h)).toEqual(['8', '9', '10'])
  })

  it('[S0-18] overwrite-oldest is bounded in bytes too', () => {
    const h = simClient({ sim: { waits }, cache: 'overwrite-oldest', limits: { inboxBytes: 1024, packetIn: 1024 } })
    h.up()
    for (let i = 1; i <= 10; i++) {
      h.peer.publish({ topic: 't', payload: `${i}`.padEnd(299, 'x') })
      h.run(20)
      expect(h.client.core_!.inbox_.bytes_).toBeLessThanOrEqual(1024)
    }
    expect(take(h).map((payload) => Number.parseInt(payload))).toEqual([8, 9, 10])
  })

  it('[S0-18] push-back withholds acks when half full, stops reading when full, and loses nothing', () => {
    const h = simClient({ sim: { waits }, cache: 'push-back', limits: { inboxCount: 4, packetIn: 256 } })
    h.up()
    h.client.subscribe('t', 1)
    h.run(50)
    for (let i = 1; i <= 60; i++) h.broker.publish('t', `${i}`, { qos: 1 })
    h.run(1000)
    expect(h.client.core_!.inbox_.count_).toBe(4)
    expect(h.peer.all('puback').length).toBeLessThanOrEqual(2)
    expect(h.client.stats().inboxDropped).toBe(0)
    const found: string[] = []
    for (let i = 0; i < 100 && found.length < 60; i++) {
      found.push(...take(h))
      h.run(100)
    }
    expect(found).toEqual(Array.from({ length: 60 }, (_, i) => `${i + 1}`))
    expect(h.peer.all('puback').map((packet) => packet.messageId)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(h.client.stats()).toMatchObject({ inboxDropped: 0, drops: 0 })
    h.check()
  })

  it('push-back lets acks go in the order of arrival, QoS 1 and 2 mixed', () => {
    const h = simClient({ sim: { waits }, cache: 'push-back', limits: { inboxCount: 4, packetIn: 256 } })
    h.up()
    h.broker.on('puback', () => true)
    h.broker.on('pubrec', () => true)
    const said = hexDuring(h, () => {
      for (let i = 1; i <= 4; i++) h.peer.publish({ topic: 't', payload: `${i}`, qos: i % 2 === 0 ? 2 : 1, messageId: i })
      h.run(100)
    })
    expect(said).toBe('40 02 00 01 50 02 00 02')
    expect(hexDuring(h, () => {
      expect(take(h)).toEqual(['1', '2', '3', '4'])
      h.run(100)
    })).toBe('40 02 00 03 50 02 00 04')
  })

  it('push-back makes TCP push back: the server\'s bytes wait on its side', () => {
    const h = simClient({ sim: { waits, traceLimit: 0, conditions: { receiveBuffer: 1000 } }, cache: 'push-back', limits: { inboxCount: 2, packetIn: 256 } })
    h.up()
    for (let i = 1; i <= 500; i++) h.peer.publish({ topic: 't', payload: `${i}`.padEnd(50) })
    h.run(5000)
    expect(h.sim.network.last!.backlog).toBeGreaterThan(20000)
    const found: number[] = []
    for (let i = 0; i < 3000 && found.length < 500; i++) {
      found.push(...take(h).map(Number))
      h.run(10)
    }
    expect(found).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
  })
})

describe('while a full push-back cache stops reading', () => {
  const options = { cache: 'push-back' as const, limits: { inboxCount: 1, packetIn: 256 }, keepalive: 60, broker: { enforceKeepalive: false } }

  it('the ping deadline does not run, for at most one keepalive; then the link is given up', () => {
    const h = simClient(options)
    h.up()
    h.peer.publish({ topic: 't', payload: '1' })
    h.peer.publish({ topic: 't', payload: '2' })
    const begin = h.sim.now
    h.until(() => h.got.state !== 'up', 300000, 'the end of the link')
    // The ping 55 s after CONNECT, its deadline held for 60 s, and then its 20 s.
    expect(h.sim.now - begin).toBeGreaterThanOrEqual(55000 + 60000 + 20000 - 100)
    expect(h.sim.now - begin).toBeLessThanOrEqual(55000 + 60000 + 2 * 20000)
    expect(h.client.explain().code).toBe(ErrorCode.PingTimeout)
  })

  it('the deadline of acks does not run either: what we published is not given up, its answer lies there already', () => {
    const h = simClient({ ...options, ackTimeout: 10000 })
    h.up()
    h.peer.publish({ topic: 't', payload: '1' })
    h.peer.publish({ topic: 't', payload: '2' })
    h.run(100)
    const token = h.client.publish('out', h.bytes('x'), 1)
    h.run(50000)
    expect(h.got.state).toBe('up')
    expect(h.got.receipts).toEqual([])
    expect([h.client.receive(0)?.payload, h.run(100), h.client.receive(0)?.payload]).toEqual(['1', undefined, '2'])
    h.run(1000)
    expect(h.got.receipts.map((one) => [one.token, one.outcome])).toEqual([[token, 'delivered']])
    expect(h.broker.peers).toHaveLength(1)
    h.check()
  })

  it('a program that reads again in time keeps the link, as often as that happens', () => {
    const h = simClient(options)
    h.up()
    for (let i = 0; i < 12; i++) {
      h.peer.publish({ topic: 't', payload: `${2 * i}` })
      h.peer.publish({ topic: 't', payload: `${2 * i + 1}` })
      h.run(58000)
      expect(h.got.state).toBe('up')
      expect(h.client.receive(0)?.payload).toBe(`${2 * i}`)
      h.run(100)
      expect(h.client.receive(0)?.payload).toBe(`${2 * i + 1}`)
      h.run(100)
    }
    expect(timesOf(h.peer, 'pingreq').length).toBeGreaterThan(4)
    expect(h.broker.peers).toHaveLength(1)
  })

  it('a new connection opens all the same: CONNACK is read, and what follows it waits', () => {
    const h = simClient({ ...options, clean: false, clientId: 'a' })
    h.up()
    h.client.subscribe('t', 1)
    h.run(100)
    h.broker.publish('t', '1', { qos: 1 })
    h.run(1000)
    h.peer.rst()
    h.run(5000)
    expect(h.got.state).toBe('up')
    expect(h.broker.peers).toHaveLength(2)
    for (let i = 2; i <= 3; i++) h.broker.publish('t', `${i}`, { qos: 1 })
    const found = new Set<string>()
    for (let i = 0; i < 20; i++) {
      for (const text of take(h)) found.add(text)
      h.run(200)
    }
    expect([...found]).toEqual(['1', '2', '3'])
  })

  it('QoS 0 is not lost either: it waits with the rest', () => {
    const h = simClient(options)
    h.up()
    for (let i = 0; i < 5; i++) h.peer.publish({ topic: 't', payload: `${i}` })
    h.run(1000)
    const found: string[] = []
    for (let i = 0; i < 5; i++) {
      found.push(h.client.receive(0)!.payload)
      h.run(50)
    }
    expect(found).toEqual(['0', '1', '2', '3', '4'])
    expect(h.client.stats().inboxDropped).toBe(0)
  })

  it('yield on a port that waits returns, so that the program can read', () => {
    const h = simClient({ ...options, sim: { waits: true } })
    h.up()
    h.sim.after(500, () => h.peer.publish({ topic: 't', payload: '1' }))
    const begin = h.sim.now
    expect(h.client.yield(60000)).toBe(1)
    expect(h.sim.now - begin).toBe(510)
  })
})

describe('with cache: direct', () => {
  it('receive() has nothing: messages went to the handlers', () => {
    const h = simClient()
    h.up()
    h.peer.publish({ topic: 't', payload: 'x' })
    h.run(50)
    expect(h.client.receive(0)).toBeUndefined()
    expect(h.got.payloads('t')).toEqual(['x'])
  })
})

describe('the cache and a new connection', () => {
  it('what was not acknowledged when the link ended comes again with QoS 1, and once with QoS 2', () => {
    const h = simClient({ cache: 'push-back', clean: false, clientId: 'a', limits: { inboxCount: 4, packetIn: 256 } })
    h.up()
    h.client.subscribe('t', 2)
    h.run(50)
    for (let i = 1; i <= 4; i++) h.broker.publish('t', `${i}`, { qos: 2 })
    h.run(100)
    h.peer.close()
    const found: string[] = []
    for (let i = 0; i < 40; i++) {
      h.run(500)
      found.push(...take(h))
    }
    expect(found).toEqual(['1', '2', '3', '4'])
    h.check()
  })
})
