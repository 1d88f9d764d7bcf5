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
    // Closed sooner, the filters themselves would be suspected.
    h.run(5000)
    h.broker.loseSessions()
    h.run(5000)
    expect(asked(h)).toEqual([['a', 'b']])
  })

  it('[S3-04] are sent again under Session Present 1 when a CONNECT before it went unanswered: it may have begun that session', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    h.client.subscribe('a', 1)
    h.run(5000)
    h.client.abort()
    h.broker.loseSessions()
    h.client.connect()
    h.until(() => h.got.state === 'connecting', 5000, 'CONNECT to leave')
    h.sim.network.partition('in')
    h.until(() => h.got.state === 'waiting', 30000, 'the attempt to fail')
    h.sim.network.partition('none')
    h.until(() => h.got.state === 'up', 60000, 'the link to be up')
    h.run(1000)
    expect(h.peer.heard()).toBe('connect subscribe')
    expect([...h.broker.sessions.get('a')!.subscriptions.keys()]).toEqual(['a'])
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
