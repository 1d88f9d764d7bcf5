/** What the user gets wrong: each its own code and a sentence with the numbers, and nothing is sent or changed. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { create } from '../../firmware/index.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { sentence } from './support.js'
import type { Bytes, Hal, Options, Qos } from '../../firmware/types.js'

/** Everything that a refused call must not touch. */
function state(h: SimClient): unknown {
  const core = h.client.core_!
  return {
    phase: core.phase_, stats: { ...h.client.stats(), longestSlice: 0 }, tokens: core.token_, entries: core.registry_.entries_.map((entry) => [entry.filter_, entry.want_, entry.token_]),
    id: core.ids_.last_, queued: core.outbox_.queue_.head_ === undefined, waiting: core.tx_.bytes_
  }
}

/** `call` is refused with `code` and a sentence that matches; nothing went out, then or later, and nothing changed. */
function refused(h: SimClient, code: number, says: RegExp, call: () => number): void {
  const before = state(h)
  const packets = h.broker.peers.flatMap((peer) => peer.packets).length
  expect(call()).toBe(code)
  expect(h.client.explain().code).toBe(code)
  expect(sentence(h.client)).toMatch(says)
  expect(state(h)).toEqual(before)
  h.run(200)
  expect(h.broker.peers.flatMap((peer) => peer.packets)).toHaveLength(packets)
  expect(h.got.receipts).toEqual([])
  expect(h.got.granted).toEqual([])
}

function up(options: WorldOptions = {}): SimClient {
  const h = simClient(options)
  h.up()
  return h
}

describe('a bad filter', () => {
  it.each(['', '#a', 'a/#/b', 'a#', 'a+', '+a/b', 'a/b+/c', '$share/', '$share/g', '$share/g/', '$share//a', '$share/g+/a', '$share/#/a'])('%j is refused by name', (filter) => {
    const h = up()
    refused(h, ErrorCode.BadFilter, /topic filter|filter/, () => h.client.subscribe(filter, 0))
    if (filter !== '') expect(h.client.explain().detail).toBe(filter)
  })
})

describe('options that connect() refuses', () => {
  const cases: [string, number, RegExp, Partial<Options>][] = [
    ['an empty client id with clean off', ErrorCode.ClientIdNeeded, /client id is empty/, { clientId: '', clean: false }],
    ['an empty client id under 3.1', ErrorCode.ClientIdNeeded, /client id is empty/, { clientId: '', protocolVersion: 3 }],
    ['a client id of 24 bytes under 3.1', ErrorCode.BadClientId, /it has 24 bytes, and 23 are allowed/, { clientId: 'x'.repeat(24), protocolVersion: 3 }],
    ['a client id with a lone surrogate', ErrorCode.BadUtf8, /clientId/, { clientId: 'a\ud800' }],
    ['a client id with U+0000', ErrorCode.BadUtf8, /U\+0000/, { clientId: 'a\0b' }],
    ['a password without a user name under 3.1.1', ErrorCode.PasswordWithoutUsername, /password and no user name/, { password: 'secret' as Bytes }],
    ['a password without a user name under 3.1', ErrorCode.PasswordWithoutUsername, /password and no user name/, { password: 'secret' as Bytes, protocolVersion: 3, clientId: 'a' }],
    ['[S1-07] a keepalive of 60000 (milliseconds)', ErrorCode.BadKeepalive, /60000.*60|60.*60000/s, { keepalive: 60000 }],
    ['[S1-07] a keepalive of 3601', ErrorCode.BadKeepalive, /3601 seconds is not accepted; the limit is 3600/, { keepalive: 3601 }],
    ['[S1-07] a keepalive of -1', ErrorCode.BadKeepalive, /-1/, { keepalive: -1 }],
    ['[S1-07] a keepalive of 65536 with force', ErrorCode.BadKeepalive, /65536.*65535/s, { keepalive: 65536, force: true }],
    ['a keepalive of 1.5', ErrorCode.BadKeepalive, /1\.5/, { keepalive: 1.5 }],
    ['protocolVersion 6', ErrorCode.BadProtocolVersion, /no protocolVersion 6/, { protocolVersion: 6 as 5 }],
    ['no server', ErrorCode.NoServer, /No server/, { servers: [] }],
    ['a server without a name', ErrorCode.BadServer, /cannot be used/, { servers: [{ host: '', port: 1883 }] }],
    ['port 0', ErrorCode.BadServer, /port from 1 to 65535/, { servers: [{ host: 'a', port: 0 }] }],
    ['port 65536', ErrorCode.BadServer, /65536/, { servers: [{ host: 'a', port: 65536 }] }],
    ['a connectTimeout of 0', ErrorCode.BadTime, /connectTimeout.*is 0 ms/, { connectTimeout: 0 }],
    ['a negative limit', ErrorCode.BadLimits, /limits\.outboxCount.*-5/, { limits: { outboxCount: -5 } }],
    ['a limit that is no number', ErrorCode.BadLimits, /limits\.packetIn/, { limits: { packetIn: Number.NaN } }],
    ['a cache smaller than one packet', ErrorCode.BadLimits, /limits\.inboxBytes.*100.*1024/, { cache: 'push-back', limits: { inboxBytes: 100 } }],
    ['a will to a wildcard', ErrorCode.BadWill, /will\.topic/, { will: { topic: 'a/#', payload: '' as Bytes } }],
    ['a will to nothing', ErrorCode.BadWill, /will\.topic/, { will: { topic: '', payload: '' as Bytes } }],
    ['a will of 65536 bytes', ErrorCode.BadWill, /65536/, { will: { topic: 'a', payload: 'x'.repeat(65536) as Bytes } }],
    ['a will of QoS 3', ErrorCode.BadQos, /no QoS 3/, { will: { topic: 'a', payload: '' as Bytes, qos: 3 as Qos } }],
    ['a CONNECT above the packet limit', ErrorCode.PacketTooLarge, /20\d\d bytes.*1024/, { will: { topic: 'a', payload: 'x'.repeat(2000) as Bytes } }],
    ['an unknown whenFull', ErrorCode.BadOption, /whenFull/, { whenFull: 'panic' as 'refuse' }],
    ['an unknown cache', ErrorCode.BadOption, /cache/, { cache: 'disk' as 'direct' }],
    ['an unknown onSessionLost', ErrorCode.BadOption, /onSessionLost/, { onSessionLost: 'forget' as 'report' }],
    ['[S2-05] [S2-19] properties on a 3.1.1 client', ErrorCode.V5Only, /properties.*protocolVersion is 4/, { properties: { sessionExpiryInterval: 5 } }],
    ['[S2-05] will properties on a 3.1.1 client', ErrorCode.V5Only, /will\.properties.*protocolVersion is 4/, { will: { topic: 'a', payload: '' as Bytes, properties: { willDelayInterval: 1 } } }],
    ['[S2-05] authenticate on a 3.1.1 client', ErrorCode.V5Only, /authenticate/, { authenticate: () => undefined }],
    ['[S2-05] followServerReference on a 3.1 client', ErrorCode.V5Only, /followServerReference.*protocolVersion is 3/, { followServerReference: true, protocolVersion: 3, clientId: 'a' }],
    ['[S2-05] topicAliasOut on a 3.1.1 client', ErrorCode.V5Only, /topicAliasOut/, { topicAliasOut: 2 }],
    ['an expiry with clean on', ErrorCode.BadProperty, /sessionExpiryInterval.*60/, { protocolVersion: 5, properties: { sessionExpiryInterval: 60 } }],
    ['a property that CONNECT does not have', ErrorCode.BadProperty, /property/, { protocolVersion: 5, properties: { topicAlias: 1 } }],
    ['a Receive Maximum of 0', ErrorCode.BadProperty, /property/, { protocolVersion: 5, properties: { receiveMaximum: 0 } }],
    ['an authentication method without a callback', ErrorCode.BadProperty, /authenticationMethod/, { protocolVersion: 5, properties: { authenticationMethod: 'x' } }]
  ]

  it.each(cases)('%s', (_what, code, says, options) => {
    const h = simClient(options)
    expect(h.client.connect()).toBe(code)
    expect(h.client.explain().code).toBe(code)
    expect(sentence(h.client)).toMatch(says)
    h.run(60000)
    expect(h.sim.network.attempts).toEqual([])
    expect(h.got.links).toEqual([])
  })

  it('[S0-05] never say the password', () => {
    const h = simClient({ password: 'top-secret' as Bytes })
    h.client.connect()
    expect(JSON.stringify(h.client.explain()) + sentence(h.client)).not.toContain('top-secret')
  })

  it('[S1-07] a keepalive above an hour is taken with force', () => {
    expect(simClient({ keepalive: 60000, force: true }).client.connect()).toBe(0)
  })

  it('a client that was refused refuses every call with the same code, and throws nothing', () => {
    const h = simClient({ keepalive: 60000 })
    const calls = [h.client.connect(), h.client.publish('t', h.bytes('x')), h.client.subscribe('t', 0), h.client.unsubscribe('t'), h.client.yield(0), h.client.disconnect(), h.client.abort(), h.client.publishStream('t', 1, () => 'x' as Bytes)]
    expect(calls).toEqual(calls.map(() => ErrorCode.BadKeepalive))
    expect(h.client.receive(0)).toBeUndefined()
    expect(h.client.destroy()).toBe(0)
    expect(h.client.stats().accepted).toBe(0)
  })
})

describe('a port that lacks something', () => {
  const without = (change: (hal: Hal) => unknown): { code: number; says: string } => {
    const h = simClient()
    const hal = { ...h.device.hal, timer: { ...h.device.hal.timer }, system: { ...h.device.hal.system }, text: { ...h.device.hal.text }, socket: { ...h.device.hal.socket } }
    const client = create((change(hal) ?? hal) as Hal, { servers: [{ host: 'broker', port: 1883 }] })
    return { code: client.connect(), says: sentence(client) }
  }

  it.each([
    ['socket', (hal: Hal) => { delete (hal as Partial<Hal>).socket }],
    ['timer.since', (hal: Hal) => { delete (hal.timer as Partial<Hal['timer']>).since }],
    ['timer.wait, or timer.onWake', (hal: Hal) => { delete hal.timer.onWake }],
    ['system', (hal: Hal) => { delete (hal.system as Partial<Hal['system']>).guard }],
    ['text', (hal: Hal) => { delete (hal.text as Partial<Hal['text']>).utf8 }]
  ])('%s is named', (name, change) => {
    const { code, says } = without(change)
    expect(code).toBe(ErrorCode.HalMissing)
    expect(says).toContain(name.split(',')[0])
  })

  it('and a port of another version is named with both versions', () => {
    const { code, says } = without((hal) => {
      hal.version = 2
    })
    expect(code).toBe(ErrorCode.HalVersion)
    expect(says).toMatch(/HAL version 2.*version 1/)
  })

  it('and no port at all', () => {
    const client = create(undefined as unknown as Hal, { servers: [] })
    expect(client.connect()).toBe(ErrorCode.HalMissing)
  })
})

describe('a publish that is refused', () => {
  it('QoS 3', () => {
    const h = up()
    refused(h, ErrorCode.BadQos, /no QoS 3/, () => h.client.publish('t', h.bytes('x'), 3 as Qos))
  })

  it.each(['', 'a/+', '#', 'a/#/b'])('to the topic %j', (topic) => {
    const h = up()
    refused(h, ErrorCode.BadTopic, /topic/, () => h.client.publish(topic, h.bytes('x')))
  })

  it('to a topic that is not well-formed', () => {
    const h = up()
    refused(h, ErrorCode.BadUtf8, /topic/, () => h.client.publish('a\ud800', h.bytes('x')))
    refused(h, ErrorCode.BadUtf8, /topic/, () => h.client.publish('a\0', h.bytes('x')))
  })

  it('to a topic of 65536 bytes', () => {
    const h = up({ limits: { packetOut: 200000 } })
    refused(h, ErrorCode.BadTopic, /65535/, () => h.client.publish('x'.repeat(65536), h.bytes('x')))
  })

  it.each([0, 1, 2] as const)('[S1-20] of QoS %i and one byte more than limits.packetOut, with both numbers; one of the very size goes', (qos) => {
    const h = up()
    const head = qos === 0 ? 6 : 8
    refused(h, ErrorCode.PacketTooLarge, /1025 bytes.*1024/, () => h.client.publish('t', h.bytes('x'.repeat(1025 - head)), qos))
    expect(h.client.publish('t', h.bytes('x'.repeat(1024 - head)), qos)).toBeGreaterThan(0)
    h.run(200)
    expect(h.broker.messages[0]?.payload).toHaveLength(1024 - head)
  })

  it('whose payload is not bytes', () => {
    const h = up()
    refused(h, ErrorCode.BadPayload, /payload/, () => h.client.publish('t', 21.5 as unknown as Bytes))
    refused(h, ErrorCode.BadPayload, /payload/, () => h.client.publish('t', undefined as unknown as Bytes))
  })

  it.each([0, -1, 2 ** 31, Number.NaN])('with a deadline of %f ms', (deadline) => {
    const h = up()
    refused(h, ErrorCode.BadTime, /deadline/, () => h.client.publish('t', h.bytes('x'), 0, false, { deadline }))
  })

  it.each([128, -129])('with priority %i', (priority) => {
    const h = up()
    refused(h, ErrorCode.BadOption, /priority.*/, () => h.client.publish('t', h.bytes('x'), 0, false, { priority }))
  })

  it('[S2-05] with properties on a 3.1.1 client', () => {
    const h = up()
    refused(h, ErrorCode.V5Only, /properties.*protocolVersion is 4/, () => h.client.publish('t', h.bytes('x'), 0, false, { properties: { contentType: 'a' } }))
  })

  it.each([['topicAlias', { topicAlias: 1 }], ['subscriptionIdentifier', { subscriptionIdentifier: 1 }], ['serverKeepAlive', { serverKeepAlive: 1 }], ['a wildcard in responseTopic', { responseTopic: 'a/#' }]])('with a property it may not have: %s', (_name, properties) => {
    const h = up({ protocolVersion: 5 })
    const before = state(h)
    expect(h.client.publish('t', h.bytes('x'), 0, false, { properties })).toBeLessThan(0)
    expect([ErrorCode.BadProperty, ErrorCode.BadTopic]).toContain(h.client.explain().code)
    expect(state(h)).toEqual(before)
  })
})

describe('a subscribe that is refused', () => {
  it('QoS 3', () => {
    const h = up()
    refused(h, ErrorCode.BadQos, /no QoS 3/, () => h.client.subscribe('t', 3 as Qos))
  })

  it('a filter larger than limits.packetOut', () => {
    const h = up()
    refused(h, ErrorCode.PacketTooLarge, /10\d\d bytes.*1024/, () => h.client.subscribe('x'.repeat(1020), 0))
  })

  it('[S2-05] 5.0 options on a 3.1.1 client', () => {
    const h = up()
    refused(h, ErrorCode.V5Only, /protocolVersion is 4/, () => h.client.subscribe('t', 0, undefined, { noLocal: true }))
    refused(h, ErrorCode.V5Only, /protocolVersion is 4/, () => h.client.subscribe('t', 0, undefined, { retainHandling: 1 }))
  })

  it('retainHandling 3, and noLocal on a shared filter, under 5.0', () => {
    const h = up({ protocolVersion: 5 })
    refused(h, ErrorCode.BadOption, /retainHandling/, () => h.client.subscribe('t', 0, undefined, { retainHandling: 3 as 2 }))
    refused(h, ErrorCode.BadOption, /noLocal/, () => h.client.subscribe('$share/g/t', 0, undefined, { noLocal: true }))
  })

  it('subscriptionIdentifier 0', () => {
    const h = up({ protocolVersion: 5 })
    refused(h, ErrorCode.BadProperty, /property/, () => h.client.subscribe('t', 0, undefined, { properties: { subscriptionIdentifier: 0 } }))
  })
})

describe('a disconnect that is refused', () => {
  it('leaves the link up', () => {
    const h = up()
    refused(h, ErrorCode.V5Only, /properties/, () => h.client.disconnect({ properties: { reasonString: 'x' } }))
    refused(h, ErrorCode.BadTime, /timeout/, () => h.client.disconnect({ timeout: -1 }))
    expect(h.got.state).toBe('up')
  })
})

describe('a call after destroy', () => {
  it('[S2-09] is refused by name, all of them', () => {
    const h = up()
    h.client.destroy()
    const calls = [h.client.connect(), h.client.publish('t', h.bytes('x')), h.client.publishStream('t', 1, () => 'x' as Bytes), h.client.subscribe('t', 0), h.client.unsubscribe('t'), h.client.yield(0), h.client.disconnect(), h.client.abort()]
    expect(calls).toEqual(calls.map(() => ErrorCode.Destroyed))
    expect(sentence(h.client)).toMatch(/was destroyed/)
    expect(h.client.receive(0)).toBeUndefined()
    expect(h.client.destroy()).toBe(0)
  })
})

describe('a call before connect()', () => {
  it('yield says not-started, publish and subscribe are remembered', () => {
    const h = simClient()
    expect(h.client.yield(10)).toBe(ErrorCode.NotStarted)
    expect(h.client.publish('t', h.bytes('x'), 1)).toBeGreaterThan(0)
    expect(h.client.subscribe('t', 0)).toBeGreaterThan(0)
    expect(h.sim.network.attempts).toEqual([])
  })
})
