import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'
import { mute, reconnect } from './support.js'

/** The filters of each SUBSCRIBE of the newest connection. */
function asked(h: SimClient): string[][] {
  return h.peer.all('subscribe').map((packet) => packet.subscriptions.map((entry) => entry.topic))
}

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
    // Whether UNSUBSCRIBE is spared, when it was not sent yet, does not matter.
    expect(h.peer.heard()).toMatch(/^connect subscribe (unsubscribe )?subscribe$/)
    expect(h.broker.sessions.values().next().value?.subscriptions.get('t')?.qos).toBe(1)
    expect(h.client.unsubscribe('t')).toBeGreaterThan(0)
  })
})
