import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, hexDuring, mute, outcomes, reconnect, timesOf } from './support.js'

const KEPT: WorldOptions = { clean: false, clientId: 'a' }

/** The filters of each SUBSCRIBE of the newest connection. */
function asked(h: SimClient): string[][] {
  return h.peer.all('subscribe').map((packet) => packet.subscriptions.map((entry) => entry.topic))
}

describe.each(BOTH_KINDS)('subscriptions, waits: %j', (waits) => {
  it('are told with the granted QoS, one answer for each token', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    const tokens = ([0, 1, 2] as const).map((qos) => h.client.subscribe(`t/${qos}`, qos))
    h.run(100)
    expect(h.got.granted.map(({ token, filter, code }) => [token, filter, code])).toEqual(tokens.map((token, qos) => [token, `t/${qos}`, qos]))
    h.check()
  })

  it('SUBSCRIBE and UNSUBSCRIBE byte for byte', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    const id = (n: number): string => (h.client.core_!.ids_.last_ + n).toString(16).padStart(4, '0').replace(/(..)(..)/, '$1 $2')
    const first = id(1)
    expect(hexDuring(h, () => {
      h.client.subscribe('a/b', 1)
      h.run(50)
    })).toBe(`82 08 ${first} 00 03 61 2f 62 01`)
    const second = id(1)
    expect(hexDuring(h, () => {
      h.client.unsubscribe('a/b')
      h.run(50)
    })).toBe(`a2 07 ${second} 00 03 61 2f 62`)
  })

  it('[S3-04] are restored after a reconnect with clean on, before what is queued, which waits for SUBACK', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.client.subscribe('t', 1)
    h.run(100)
    h.peer.close()
    h.run(20)
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.broker.on('subscribe', (packet, peer) => {
      peer.wire.after(2000, () => {
        peer.session?.subscriptions.set('t', { topic: 't', qos: 1, subscriptionIdentifier: undefined })
        peer.suback(packet.messageId!, [1])
      })
      return true
    })
    h.run(10000)
    expect(h.peer.heard()).toBe('connect subscribe publish puback')
    expect(timesOf(h.peer, 'publish')[0]! - timesOf(h.peer, 'subscribe')[0]!).toBe(2020)
    expect(h.got.payloads('t')).toEqual(['x'])
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })

  it('[S3-04] that the session has are not sent again under Session Present 1', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    h.client.subscribe('t', 1)
    h.run(100)
    reconnect(h)
    h.run(1000)
    expect(h.peer.heard()).toBe('connect')
    h.broker.publish('t', 'x', { qos: 1 })
    h.run(100)
    expect(h.got.payloads('t')).toEqual(['x'])
  })

  it('[S3-04] are all sent again when the server lost the session', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    h.client.subscribe('a', 0)
    h.client.subscribe('b', 1)
    h.run(100)
    h.broker.loseSessions()
    h.run(5000)
    expect(asked(h)).toEqual([['a', 'b']])
  })

  it('added, changed and removed while offline are sent under Session Present 1, and no others', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    for (const filter of ['same', 'changed', 'removed']) h.client.subscribe(filter, 0)
    h.run(100)
    h.peer.close()
    h.run(20)
    h.client.subscribe('added', 1)
    h.client.subscribe('changed', 2)
    h.client.unsubscribe('removed')
    h.run(5000)
    expect(asked(h).flat().sort()).toEqual(['added', 'changed'])
    expect(h.peer.all('unsubscribe').map((packet) => packet.unsubscriptions)).toEqual([['removed']])
    expect([...h.broker.sessions.get('a')!.subscriptions.keys()].sort()).toEqual(['added', 'changed', 'same'])
  })
})

describe('a queue that waits for the restoration', () => {
  it('does not wait for ever: the deadline of a SUBACK lets it go', () => {
    const h = simClient({ requestTimeout: 3000 })
    h.up()
    const token = h.client.subscribe('t', 1)
    h.run(100)
    mute(h, 'subscribe')
    h.peer.close()
    h.run(20)
    const message = h.client.publish('x', h.bytes('x'), 1)
    h.run(10000)
    expect(timesOf(h.peer, 'publish')[0]! - timesOf(h.peer, 'subscribe')[0]!).toBe(3000)
    expect(outcomes(h, [message])).toEqual(['delivered'])
    expect(h.got.granted.at(-1)).toMatchObject({ token, filter: 't', code: ErrorCode.RequestTimeout })
  })

  it('does not hold back what is in flight: resends go right after CONNACK', () => {
    const h = simClient({ ...KEPT, requestTimeout: 5000 })
    h.up()
    const unmute = mute(h, 'publish')
    h.client.publish('x', h.bytes('1'), 1)
    h.run(50)
    unmute()
    mute(h, 'subscribe')
    h.peer.close()
    h.run(20)
    h.client.subscribe('t', 1)
    h.client.publish('x', h.bytes('2'), 1)
    h.run(3000)
    expect(h.peer.heard()).toBe('connect publish subscribe')
    h.run(5000)
    expect(h.peer.heard()).toBe('connect publish subscribe publish')
  })
})

describe('under 3.1', () => {
  it('are sent on every connection, clean off included, because nothing tells whether the session is there', () => {
    const h = simClient({ ...KEPT, protocolVersion: 3 })
    h.up()
    h.client.subscribe('t', 1)
    h.run(100)
    reconnect(h)
    h.run(100)
    expect(asked(h)).toEqual([['t']])
  })

  it('removed while offline are unsubscribed with clean off, because the session may be there', () => {
    const h = simClient({ ...KEPT, protocolVersion: 3 })
    h.up()
    h.client.subscribe('t', 1)
    h.client.subscribe('u', 1)
    h.run(100)
    h.peer.close()
    h.run(20)
    h.client.unsubscribe('t')
    h.run(5000)
    expect(h.peer.all('unsubscribe').map((packet) => packet.unsubscriptions)).toEqual([['t']])
    expect([...h.broker.sessions.get('a')!.subscriptions.keys()]).toEqual(['u'])
  })
})

describe('SUBACK', () => {
  it('with a lower QoS is reported and no error; the registry keeps what was asked for', () => {
    const h = simClient({ broker: { maximumQoS: 0 } })
    h.up()
    const token = h.client.subscribe('t', 2)
    h.run(100)
    expect(h.got.granted).toMatchObject([{ token, code: 0 }])
    reconnect(h)
    h.run(100)
    expect(h.peer.all('subscribe')[0]?.subscriptions[0]?.qos).toBe(2)
  })

  it.each([[4, 0x80], [5, 0x87], [5, 0x80]] as const)('[S1-19] in version %i with %i refuses that filter alone, until the next connection', (protocolVersion, code) => {
    const h = simClient({ protocolVersion })
    h.up()
    h.broker.on('subscribe', (packet, peer) => {
      peer.suback(packet.messageId!, packet.subscriptions.map((entry) => (entry.topic === 'no' ? code : entry.qos)))
      return true
    })
    const tokens = [h.client.subscribe('yes', 1), h.client.subscribe('no', 1), h.client.subscribe('also', 0)]
    h.run(100)
    expect(h.got.granted.map((granted) => [granted.token, granted.code])).toEqual([[tokens[0], 1], [tokens[1], ErrorCode.SubscribeRefused], [tokens[2], 0]])
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.SubscribeRefused, reason: code, detail: 'no' })
    h.run(60000)
    expect(h.peer.all('subscribe')).toHaveLength(1)
    expect(h.got.state).toBe('up')
    reconnect(h)
    h.run(100)
    expect(asked(h).flat()).toContain('no')
  })

  it.each([[4, '00'], [4, '00 00 00'], [5, '00'], [5, '00 00 00']] as const)('in version %i with a wrong number of codes (%s) is a protocol error', (protocolVersion, codes) => {
    const h = simClient({ protocolVersion })
    h.up()
    h.broker.on('subscribe', (packet, peer) => {
      const body = `${packet.messageId!.toString(16).padStart(4, '0')}${protocolVersion === 5 ? '00' : ''}${codes.replace(/ /g, '')}`
      peer.raw(`90${(body.length / 2).toString(16).padStart(2, '0')}${body}`)
      return true
    })
    h.client.subscribe('a', 0)
    h.client.subscribe('b', 0)
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
  })

  it('[S1-18] that does not come in time is told with the filter; its id stays taken, nothing is resent, and a late one is taken', () => {
    const h = simClient({ requestTimeout: 10000 })
    h.up()
    mute(h, 'subscribe')
    const begin = h.sim.now
    const token = h.client.subscribe('slow/topic', 1)
    h.run(60000)
    expect(h.got.granted).toMatchObject([{ token, filter: 'slow/topic', code: ErrorCode.RequestTimeout }])
    expect(h.got.granted[0]!.t - begin).toBe(10000)
    expect(h.peer.all('subscribe')).toHaveLength(1)
    const id = h.peer.all('subscribe')[0]!.messageId!
    h.client.core_!.ids_.last_ = id - 1
    h.client.core_!.ids_.free_ = 0
    h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    expect(h.peer.all('publish')[0]!.messageId).toBe(id + 1)
    h.peer.suback(id, [1])
    h.run(100)
    expect(h.got.granted).toHaveLength(1)
    expect(h.got.state).toBe('up')
    expect(h.client.stats().strayAcks).toBe(0)
  })

  it('[S1-18] is awaited for 10 s when nothing is said', () => {
    const h = simClient()
    h.up()
    mute(h, 'subscribe')
    h.client.subscribe('t', 1)
    h.run(9999)
    expect(h.got.granted).toHaveLength(0)
    h.run(1)
    expect(h.got.granted).toHaveLength(1)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.RequestTimeout, limit: 10000, detail: 't' })
  })
})

describe('a SUBSCRIBE', () => {
  it('holds eight filters at most, and as many as fit the packet limit', () => {
    const h = simClient({ limits: { packetOut: 128 } })
    for (let i = 0; i < 20; i++) h.client.subscribe(`filter/${i}`, 0)
    h.up()
    h.run(200)
    expect(asked(h).map((filters) => filters.length)).toEqual([8, 8, 4])
    const long = simClient({ limits: { packetOut: 128 } })
    for (let i = 0; i < 6; i++) long.client.subscribe(`${'long/'.repeat(10)}${i}`, 0)
    long.up()
    long.run(200)
    expect(asked(long).map((filters) => filters.length)).toEqual([2, 2, 2])
    expect(long.got.granted).toHaveLength(6)
    long.check()
  })

  it('before connect() is remembered', () => {
    const h = simClient()
    const token = h.client.subscribe('t', 0)
    h.up()
    h.run(100)
    expect(h.got.granted).toMatchObject([{ token, filter: 't', code: 0 }])
  })

  it('for a filter that is there replaces it: one entry, the new QoS and handler', () => {
    const heard: string[] = []
    const h = simClient()
    h.up()
    h.client.subscribe('t', 0, () => heard.push('old'))
    h.run(100)
    h.client.subscribe('t', 1, () => heard.push('new'))
    h.run(100)
    h.broker.publish('t', 'x', { qos: 1 })
    h.run(100)
    expect(heard).toEqual(['new'])
    reconnect(h)
    h.run(100)
    expect(h.peer.all('subscribe')[0]?.subscriptions).toMatchObject([{ topic: 't', qos: 1 }])
  })

  it('beyond limits.subscriptions is refused with the numbers, and replacing still works', () => {
    const h = simClient({ limits: { subscriptions: 2 } })
    h.up()
    h.client.subscribe('a', 0)
    h.client.subscribe('b', 0)
    expect(h.client.subscribe('c', 0)).toBe(ErrorCode.TooManySubscriptions)
    expect(h.client.explain()).toMatchObject({ value: 2, limit: 2, detail: 'c' })
    expect(h.client.subscribe('a', 1)).toBeGreaterThan(0)
  })

  it('$share is allowed under 3.1.1 and matches as its filter', () => {
    const heard: string[] = []
    const h = simClient()
    h.up()
    h.client.subscribe('$share/group/a/+', 1, (topic) => heard.push(topic))
    h.run(100)
    h.broker.publish('a/b', 'x', { qos: 1 })
    h.run(100)
    expect(heard).toEqual(['a/b'])
  })
})

describe('handlers', () => {
  it('all run that match; onMessage gets what no handler matches', () => {
    const heard: string[] = []
    const h = simClient()
    h.up()
    h.client.subscribe('a/#', 0, (topic) => heard.push(`tree ${topic}`))
    h.client.subscribe('a/+', 0, (topic) => heard.push(`level ${topic}`))
    h.client.subscribe('plain', 0)
    h.run(100)
    for (const topic of ['a', 'a/b', 'a/b/c', 'plain', '$a']) h.peer.publish({ topic, payload: 'x' })
    h.run(100)
    expect(heard).toEqual(['tree a', 'tree a/b', 'level a/b', 'tree a/b/c'])
    expect(h.got.messages.map((message) => message.topic)).toEqual(['plain', '$a'])
  })

  it('for # and + at the first level do not get $ topics', () => {
    const heard: string[] = []
    const h = simClient()
    h.up()
    h.client.subscribe('#', 0, (topic) => heard.push(topic))
    h.client.subscribe('+/x', 0, (topic) => heard.push(topic))
    h.run(100)
    h.peer.publish({ topic: '$SYS/x' })
    h.run(100)
    expect(heard).toEqual([])
    expect(h.got.messages.map((message) => message.topic)).toEqual(['$SYS/x'])
  })

  it('of the subscription ids that came with a 5.0 message are the only ones that run', () => {
    const heard: string[] = []
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.client.subscribe('a/#', 0, () => heard.push('7'), { properties: { subscriptionIdentifier: 7 } })
    h.client.subscribe('a/+', 0, () => heard.push('8'), { properties: { subscriptionIdentifier: 8 } })
    h.client.subscribe('a/b', 0, () => heard.push('none'))
    h.run(200)
    h.peer.publish({ topic: 'a/b', properties: { subscriptionIdentifier: 8 } })
    h.run(50)
    expect(heard).toEqual(['8'])
    heard.length = 0
    h.peer.publish({ topic: 'a/b' })
    h.run(50)
    expect(heard.sort()).toEqual(['7', '8', 'none'])
    expect(h.peer.all('subscribe').map((packet) => packet.properties?.subscriptionIdentifier)).toEqual([7, 8, undefined])
  })

  it('stop after unsubscribe at once', () => {
    const heard: string[] = []
    const h = simClient()
    h.up()
    h.client.subscribe('t', 0, () => heard.push('handler'))
    h.run(100)
    h.client.unsubscribe('t')
    h.peer.publish({ topic: 't', payload: 'x' })
    h.run(100)
    expect(heard).toEqual([])
  })
})

describe('options of a 5.0 subscription', () => {
  it('go out as the user set them, on the restoration as well', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.client.subscribe('t', 1, undefined, { noLocal: true, retainAsPublished: true, retainHandling: 2, properties: { userProperties: ['a', 'b'] } })
    h.run(100)
    const expected = { topic: 't', qos: 1, nl: true, rap: true, rh: 2 }
    expect(h.peer.all('subscribe')[0]?.subscriptions).toMatchObject([expected])
    reconnect(h)
    h.run(100)
    expect(h.peer.all('subscribe')[0]?.subscriptions).toMatchObject([expected])
    expect(h.peer.all('subscribe')[0]?.properties?.userProperties).toMatchObject({ a: 'b' })
  })
})

describe('unsubscribe', () => {
  it('of what is not subscribed is refused by name', () => {
    const h = simClient()
    h.up()
    expect(h.client.unsubscribe('t')).toBe(ErrorCode.NotSubscribed)
    expect(h.client.explain().detail).toBe('t')
    h.run(100)
    expect(h.peer.heard()).toBe('connect')
  })

  it('of what was never sent sends nothing', () => {
    const h = simClient()
    h.client.subscribe('t', 0)
    expect(h.client.unsubscribe('t')).toBeGreaterThan(0)
    h.up()
    h.run(100)
    expect(h.peer.heard()).toBe('connect')
  })

  it('and subscribe again leave the filter subscribed', () => {
    const h = simClient()
    h.up()
    h.client.subscribe('t', 0)
    h.run(100)
    h.client.unsubscribe('t')
    h.client.subscribe('t', 1)
    h.run(100)
    expect(h.peer.heard()).toBe('connect subscribe unsubscribe subscribe')
    expect(h.broker.sessions.values().next().value?.subscriptions.get('t')?.qos).toBe(1)
    expect(h.client.unsubscribe('t')).toBeGreaterThan(0)
  })
})
