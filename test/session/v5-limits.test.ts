/** What a 5.0 server says of itself in CONNACK, and what 5.0 adds to packets. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { hexDuring, outcomes, publishedTexts, reconnect, sentence } from './support.js'
import type { Bytes } from '../../firmware/types.js'

describe('Maximum QoS', () => {
  it.each([0, 1] as const)('[S1-26] of %i refuses a higher publish before anything is sent, with the numbers', (maximumQoS) => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumQoS } } })
    h.up()
    expect(h.client.publish('t', h.bytes('x'), 2)).toBe(ErrorCode.QosUnsupported)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.QosUnsupported, value: 2, limit: maximumQoS, detail: 'server' })
    expect(sentence(h.client)).toMatch(new RegExp(`QoS 2 was asked for.*, and ${maximumQoS} is the highest`))
    const ok = h.client.publish('t', h.bytes('x'), maximumQoS)
    h.run(100)
    expect(h.peer.all('publish')).toHaveLength(1)
    expect(outcomes(h, [ok])).toEqual([maximumQoS === 0 ? 'sent' : 'delivered'])
    expect(h.client.stats().accepted).toBe(1)
  })

  it('[S1-26] met only after the publish was accepted ends it as rejected, unsent', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumQoS: 1 } } })
    const token = h.client.publish('t', h.bytes('x'), 2)
    h.up()
    h.run(100)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.QosUnsupported })
    expect(h.peer.all('publish')).toHaveLength(0)
  })
})

describe('Retain Available 0', () => {
  it('refuses a retained publish by name', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { retainAvailable: false } } })
    const early = h.client.publish('t', h.bytes('x'), 1, true)
    h.up()
    expect(h.client.publish('t', h.bytes('x'), 0, true)).toBe(ErrorCode.RetainUnavailable)
    h.run(100)
    expect(h.got.receipt(early)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.RetainUnavailable })
    expect(h.peer.heard()).toBe('connect')
  })
})

describe('Maximum Packet Size', () => {
  it.each([0, 1, 2] as const)('refuses a larger publish of QoS %i at once, with the size it would have; one of the very size goes', (qos) => {
    // Header 2, topic 3, property length 1, id 2 for QoS 1 and 2.
    const head = qos === 0 ? 6 : 8
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumPacketSize: 60 } } })
    h.up()
    expect(h.client.publish('t', h.bytes('x'.repeat(61 - head)), qos)).toBe(ErrorCode.ServerPacketLimit)
    expect(h.client.explain()).toMatchObject({ value: 61, limit: 60 })
    h.run(100)
    expect(h.peer.heard()).toBe('connect')
    const said = hexDuring(h, () => {
      expect(h.client.publish('t', h.bytes('x'.repeat(60 - head)), qos)).toBeGreaterThan(0)
      h.run(0)
    })
    expect(said.split(' ').slice(0, 60)).toHaveLength(60)
    h.run(200)
    expect(h.peer.all('publish')).toHaveLength(1)
    h.check()
  })

  it('also bounds SUBSCRIBE: fewer filters each, and one that can never fit is told', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumPacketSize: 40 } } })
    const tokens = ['a/'.repeat(10), 'b/'.repeat(10), 'c/'.repeat(30)].map((filter) => h.client.subscribe(`${filter}x`, 0))
    h.up()
    h.run(200)
    expect(h.peer.all('subscribe').map((packet) => packet.subscriptions.length)).toEqual([1, 1])
    expect(h.got.granted.find((granted) => granted.token === tokens[2])?.code).toBe(ErrorCode.ServerPacketLimit)
  })
})

describe('what the server does not have', () => {
  it.each([
    ['wildcardSubscriptionAvailable', 'a/+', ErrorCode.WildcardUnavailable, {}],
    ['sharedSubscriptionAvailable', '$share/g/a', ErrorCode.SharedUnavailable, {}],
    ['subscriptionIdentifiersAvailable', 'a', ErrorCode.SubscriptionIdUnavailable, { properties: { subscriptionIdentifier: 5 } }]
  ] as const)('%s: refused by name when up, told when asked for before', (property, filter, code, extra) => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { [property]: false } } })
    const token = h.client.subscribe(filter, 0, undefined, extra)
    h.up()
    h.run(100)
    expect(h.got.granted).toMatchObject([{ token, filter, code }])
    expect(h.client.subscribe(filter, 0, undefined, extra)).toBe(code)
    expect(h.client.explain()).toMatchObject({ code, detail: filter })
    expect(h.client.subscribe('plain', 0)).toBeGreaterThan(0)
    h.run(100)
    expect(h.peer.all('subscribe')).toHaveLength(1)
  })
})

describe('a publish\'s properties', () => {
  it('go out as they were given, on the resend as well', () => {
    const h = simClient({ protocolVersion: 5, clean: false, clientId: 'a' })
    h.up()
    const off = h.broker.on('publish', () => true)
    h.client.publish('t', h.bytes('x'), 1, false, {
      properties: { payloadFormatIndicator: 1, contentType: 'text/plain', responseTopic: 'answer', correlationData: '\x01\x02' as Bytes, userProperties: ['a', '1', 'a', '2'] }
    })
    h.run(50)
    off()
    reconnect(h)
    h.run(100)
    for (const peer of h.broker.peers) {
      expect(peer.all('publish')[0]?.properties).toMatchObject({ payloadFormatIndicator: true, contentType: 'text/plain', responseTopic: 'answer', correlationData: Buffer.from([1, 2]), userProperties: { a: ['1', '2'] } })
    }
  })

  it('Message Expiry Interval is what is left of it after the wait in our queue', () => {
    const h = simClient({ protocolVersion: 5, broker: false })
    h.client.connect()
    h.run(500)
    const tokens = [100, 10].map((messageExpiryInterval) => h.client.publish('t', h.bytes(`${messageExpiryInterval}`), 1, false, { properties: { messageExpiryInterval } }))
    h.run(30000)
    h.broker.listen(h.sim)
    h.until(() => h.got.state === 'up', 60000, 'the link')
    const waited = Math.floor(h.sim.now / 1000)
    h.run(100)
    expect(publishedTexts(h.peer)).toEqual(['100'])
    expect(Math.abs(h.peer.all('publish')[0]!.properties!.messageExpiryInterval! - (100 - waited))).toBeLessThanOrEqual(1)
    expect(h.got.receipt(tokens[1]!)).toMatchObject({ outcome: 'expired', reason: ErrorCode.Expired })
    expect(outcomes(h, tokens)).toEqual(['delivered', 'expired'])
  })

  it('Message Expiry Interval counts from the call, however long the last slice is ago', () => {
    const h = simClient({ protocolVersion: 5, keepalive: 0 })
    h.up()
    h.run(500000)
    const token = h.client.publish('t', h.bytes('x'), 1, false, { properties: { messageExpiryInterval: 60 } })
    h.run(100)
    expect(h.peer.all('publish')[0]?.properties?.messageExpiryInterval).toBe(60)
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })

  it('come with a received message', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.peer.publish({ topic: 't', payload: 'x', properties: { responseTopic: 'answer', correlationData: Buffer.from([7]), userProperties: { k: 'v' } } })
    h.run(50)
    expect(h.got.messages[0]?.properties).toMatchObject({ responseTopic: 'answer', correlationData: '\x07', userProperties: ['k', 'v'] })
  })
})

describe('request and response', () => {
  it('one client asks, another answers to the response topic with the correlation data', () => {
    const asker = simClient({ protocolVersion: 5, clientId: 'asker' })
    const answerer = simClient({
      protocolVersion: 5, clientId: 'answerer', sim: asker.sim, broker: asker.broker,
      onMessage: (_topic, payload, packet) => {
        const { responseTopic, correlationData } = packet.properties!
        answerer.client.publish(responseTopic!, `re: ${payload}` as Bytes, 1, false, { properties: { correlationData: correlationData! } })
      }
    })
    asker.up()
    answerer.up()
    asker.client.subscribe('answers/asker', 1)
    answerer.client.subscribe('questions', 1)
    asker.run(200)
    asker.client.publish('questions', asker.bytes('what?'), 1, false, { properties: { responseTopic: 'answers/asker', correlationData: 'id7' as Bytes } })
    asker.run(500)
    expect(asker.got.messages).toMatchObject([{ topic: 'answers/asker', payload: 're: what?', properties: { correlationData: 'id7' } }])
  })
})

describe('DISCONNECT of ours under 5.0', () => {
  it('carries what the user gives: reason string, user properties, session expiry', () => {
    const h = simClient({ protocolVersion: 5, clean: false, clientId: 'a' })
    h.up()
    h.client.disconnect({ properties: { sessionExpiryInterval: 5, reasonString: 'night', userProperties: ['a', 'b'] } })
    h.run(100)
    expect(h.peer.all('disconnect')[0]).toMatchObject({ reasonCode: 0, properties: { sessionExpiryInterval: 5, reasonString: 'night', userProperties: { a: 'b' } } })
  })

  it.each([['clean on', { clean: true }], ['clean off with an expiry of 0', { clean: false, properties: { sessionExpiryInterval: 0 } }]] as const)('may not set an expiry where CONNECT had 0: %s', (_name, options) => {
    const h = simClient({ protocolVersion: 5, clientId: 'a', ...options })
    h.up()
    expect(h.client.disconnect({ properties: { sessionExpiryInterval: 60 } })).toBe(ErrorCode.BadProperty)
    expect(h.client.explain()).toMatchObject({ value: 60, detail: 'sessionExpiryInterval' })
    expect(h.got.state).toBe('up')
    h.run(100)
    expect(h.peer.heard()).toBe('connect')
  })
})
