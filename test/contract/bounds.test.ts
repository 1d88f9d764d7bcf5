/** The bounds that the memory contract rests on, each pushed to where it must hold. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROFILES } from '../../tools/build/profiles.js'
import { memoryContract } from '../../tools/contract/contract.js'
import { simClient } from '../support/harness.js'
import { mute, sentence } from '../session/support.js'
import type { Bytes, PublishExtra } from '../../firmware/types.js'

const long = (n: number): Bytes => 'x'.repeat(n) as Bytes

describe('a bound of the client', () => {
  it('holds for the bytes of one slice on their way out, however much the socket would take', () => {
    const h = simClient({ sim: { conditions: { sendBuffer: 100000 } }, limits: { sliceBytes: 500, packetOut: 200, slicePackets: 256 } })
    for (let i = 0; i < 20; i++) h.client.publish('t', long(100), 1)
    h.up()
    h.run(1000)
    expect(h.client.stats().delivered).toBe(20)
    expect(h.client.stats().transmitBytesMost).toBeGreaterThanOrEqual(500)
    expect(h.client.stats().transmitBytesMost).toBeLessThan(500 + 200)
    h.check()
  })

  it('holds for the pieces of one slice of a stream', () => {
    const h = simClient({ sim: { conditions: { sendBuffer: 100000 } }, limits: { sliceBytes: 500, packetOut: 200, slicePackets: 256 } })
    h.up()
    const token = h.client.publishStream('t', 5000, (_offset, max) => long(max), 1)
    h.run(5000)
    expect(h.got.receipt(token)?.outcome).toBe('delivered')
    expect(h.client.stats().transmitBytesMost).toBeLessThan(500 + 200)
    h.check()
  })

  it('holds for the outbox when a socket takes a part of what it promised to take whole', () => {
    const h = simClient({ sim: { conditions: { shortWriteChance: 1 } }, limits: { outboxCount: 2, outboxBytes: 50 } })
    h.up()
    mute(h, 'publish')
    h.client.publish('t', long(10), 1)
    h.client.publish('t', long(10), 1)
    h.run(1000)
    expect(h.client.publish('t', long(10))).toBe(-42)
    expect(sentence(h.client)).toContain('2')
    expect(h.client.stats()).toMatchObject({ outboxCountMost: 2 })
    expect(h.client.stats().outboxBytesMost).toBeLessThanOrEqual(50)
    h.check()
  })

  it('holds for the outbox under drop-newest: what is dropped never counts', () => {
    const h = simClient({ whenFull: 'drop-newest', limits: { outboxCount: 2, outboxBytes: 50 } })
    const tokens = [1, 2, 3].map((i) => h.client.publish(`t/${i}`, long(10), 1))
    h.up()
    h.run(1000)
    expect(tokens.map((token) => h.got.receipt(token)?.outcome)).toEqual(['delivered', 'delivered', 'dropped'])
    expect(h.client.stats()).toMatchObject({ accepted: 3, dropped: 1, outboxCountMost: 2, outboxBytesMost: 2 * 15 })
    h.check()
  })

  it('holds for requests without an answer, however often a filter is asked for again', () => {
    const h = simClient({ requestTimeout: 60000 })
    h.up()
    mute(h, 'subscribe')
    for (let i = 0; i < 100; i++) {
      h.client.subscribe('t', 0)
      h.run(10)
    }
    expect(h.client.core_!.registry_.requests_).toHaveLength(32)
    expect(h.peer.all('subscribe')).toHaveLength(32)
    h.until(() => h.got.state !== 'up', 61000, 'the link that answers nothing to be left')
    expect(h.client.explain()).toMatchObject({ code: -104, value: 32, limit: 32 })
  })

  it('holds for the receive cache with the properties of its messages', () => {
    const h = simClient({ protocolVersion: 5, cache: 'overwrite-oldest', limits: { packetIn: 1000, inboxBytes: 1000, inboxCount: 100 } })
    h.up()
    for (let i = 0; i < 10; i++) h.peer.publish({ topic: 't', payload: 'x', properties: { userProperties: { name: 'v'.repeat(200) } } })
    h.run(1000)
    // Topic, payload, length of the section (two bytes), identifier, name and value with their lengths.
    const bytes = 1 + 1 + 2 + 1 + 2 + 4 + 2 + 200
    expect(h.client.core_!.inbox_).toMatchObject({ count_: 4, bytes_: 4 * bytes })
    expect(h.client.stats()).toMatchObject({ inboxBytesMost: 4 * bytes, inboxDropped: 6 })
    while (h.client.receive(0) !== undefined);
    expect(h.client.core_!.inbox_).toMatchObject({ count_: 0, bytes_: 0 })
    h.check()
  })

  it('holds for a push-back cache whose topics come by alias', () => {
    const h = simClient({
      sim: { waits: true }, protocolVersion: 5, cache: 'push-back', limits: { packetIn: 600, inboxBytes: 1300, inboxCount: 100 }, properties: { topicAliasMaximum: 1 }
    })
    h.up()
    h.peer.publish({ topic: 'a'.repeat(500), payload: '', properties: { topicAlias: 1 } })
    for (let i = 1; i < 10; i++) h.peer.publish({ topic: '', payload: 'x'.repeat(500), qos: 1, messageId: i, properties: { topicAlias: 1 } })
    let got = 0
    for (let i = 0; i < 100; i++) if (h.client.receive(100) !== undefined) got += 1
    expect(got).toBe(10)
    expect(h.client.stats().inboxBytesMost).toBeLessThanOrEqual(1300)
  })

  it('holds for a topic that cannot be sent: it is not remembered', () => {
    const h = simClient()
    expect(h.client.publish('t'.repeat(60000), long(1))).toBe(-40)
    expect(h.client.core_!.topicFields_.every((field) => field.length === 0)).toBe(true)
  })

  it.each([['an answer that is no byte string', 5, -20], ['an answer of more than 65535 bytes', long(70000), -40], ['an answer above packetOut', long(2000), -40]])('holds for AUTH: %s ends the attempt', (_what, answer, code) => {
    let calls = 0
    const h = simClient({
      protocolVersion: 5, properties: { authenticationMethod: 'm' },
      authenticate: () => {
        calls += 1
        return calls === 1 ? long(1) : answer as Bytes
      }
    })
    h.broker.on('connect', (_packet, peer) => {
      peer.send({ cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } })
      return true
    })
    h.client.connect()
    h.until(() => h.got.links.some((link) => link.cause < 0), 1000, 'the attempt to fail')
    expect(h.got.links.find((link) => link.cause < 0)?.cause).toBe(code)
    expect(h.peer.all('auth')).toEqual([])
  })

  it('holds for DISCONNECT: properties above packetOut stay behind', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.client.disconnect({ properties: { userProperties: ['name', 'v'.repeat(5000)] } })
    h.run(1000)
    expect(h.peer.disconnected).toBe(true)
    expect(h.client.stats().transmitBytesMost).toBeLessThanOrEqual(1024)
    h.check()
  })

  it.each([-1, 65536, 1.5, NaN, 'x'])('holds for our topic aliases: %s is refused', (topicAliasOut) => {
    const h = simClient({ protocolVersion: 5, topicAliasOut: topicAliasOut as number })
    expect(h.client.connect()).toBe(-21)
    expect(h.client.explain().detail).toBe('topicAliasOut')
  })

  it('holds for what a receipt that waits holds: nothing of its message', () => {
    const h = simClient({ protocolVersion: 5, whenFull: 'drop-oldest', limits: { outboxCount: 2 } })
    const extra: PublishExtra = { properties: { contentType: 'c'.repeat(100) } }
    for (let i = 0; i < 3; i++) h.client.publish('t', long(100), 1, false, extra)
    expect(h.client.core_!.outbox_.receipts_.head_).toMatchObject({ field_: '', payload_: '', properties_: '', read_: undefined })
  })
})

describe('the memory contract', () => {
  /** Members that a record of the source can have, optional ones included. */
  const members = (file: string, name: string): number => {
    const text = readFileSync(file, 'utf8')
    const from = text.indexOf(`export interface ${name} {`)
    expect(from, name).toBeGreaterThan(0)
    return text.slice(from, text.indexOf('\n}', from)).match(/^ {2}\w+\??:/gm)!.length
  }

  it.each(PROFILES)('has room for every member of a message and of a filter: %s', (profile) => {
    const shape = (part: string) => memoryContract({ journal: true }, profile).parts.find((one) => one.part === part)!.shape
    if (profile === 'full') {
      const filter = members('firmware/subscriptions.ts', 'Subscription')
      expect(filter).toBeGreaterThan(12)
      expect(shape('outbox: messages').members).toBeGreaterThanOrEqual(members('firmware/outbox.ts', 'Outgoing'))
      expect(shape('subscriptions').members).toBeGreaterThanOrEqual(filter)
      expect(shape('requests not answered').members).toBeGreaterThanOrEqual(members('firmware/subscriptions.ts', 'Request'))
    } else {
      const file = `firmware/${profile === 'tiny' ? 'tiny' : 'small'}/core.ts`
      const [message, filter] = [members(file, 'Outgoing'), members(file, 'Filter')]
      expect([message, filter]).toEqual(profile === 'tiny' ? [7, 6] : [19, 15])
      expect(shape('outbox: messages').members).toBeGreaterThanOrEqual(message)
      expect(shape('subscriptions').members).toBeGreaterThanOrEqual(filter)
    }
  })
})
