/** What a beginner gets to read: the sentence after a call that the core refused, with the numbers of that call. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { explain } from '../../firmware/explain.js'
import { create } from '../../firmware/index.js'
import type { Bytes, Client, Options } from '../../firmware/index.js'
import { createHostHal } from '../../hal/host/index.js'
import '../../hal/host/explain.zh.js'

const hal = createHostHal()
const server = { host: '192.0.2.1', port: 1883 }
const bytes = (text: string): Bytes => hal.text.utf8(text)

/** Makes a client, makes the call, and gives back its code with the sentence. */
function said(options: Partial<Options>, call: (client: Client) => number): { code: number; sentence: string } {
  const client = create(hal, { servers: [server], ...options })
  const code = call(client)
  const sentence = explain(client.explain())
  expect(client.explain().code).toBe(code)
  expect(explain(client.explain(), 'zh')).toMatch(/[\u4e00-\u9fff]/)
  client.destroy()
  return { code, sentence }
}

const connect = (client: Client): number => client.connect()

describe('what the program did wrong', () => {
  it.each<[string, Partial<Options>, number, RegExp]>([
    ['no server', { servers: [] }, ErrorCode.NoServer, /^No server is named\./],
    ['port 70000', { servers: [{ host: 'a.example', port: 70000 }] }, ErrorCode.BadServer, /a\.example, port 70000\. .* 1 to 65535/],
    ['[S1-07] a keepalive in milliseconds', { keepalive: 60000 }, ErrorCode.BadKeepalive, /60000 looks like milliseconds; .*Did you mean 60\?/],
    ['[S2-07] an empty client id with clean off', { clientId: '', clean: false }, ErrorCode.ClientIdNeeded, /client id is empty/],
    ['[S2-07] an empty client id in 3.1', { clientId: '', protocolVersion: 3 }, ErrorCode.ClientIdNeeded, /which 3\.1 forbids/],
    ['[S0-17] a client id of 24 bytes in 3.1', { clientId: 'a'.repeat(24), protocolVersion: 3 }, ErrorCode.BadClientId, /24 bytes, and 23 are allowed/],
    ['[S0-05] a password without a user name', { password: bytes('secret') }, ErrorCode.PasswordWithoutUsername, /a password and no user name/],
    ['[S0-17] protocol version 6', { protocolVersion: 6 as 5 }, ErrorCode.BadProtocolVersion, /protocolVersion 6\. /],
    ['[S2-05] a property in 3.1.1', { properties: { receiveMaximum: 5 } }, ErrorCode.V5Only, /properties\) exists in MQTT 5\.0 only, and protocolVersion is 4/],
    ['[S2-19] a session expiry in 3.1.1', { clean: false, properties: { sessionExpiryInterval: 60 } }, ErrorCode.V5Only, /MQTT 5\.0 only/],
    ['a will with a wildcard', { will: { topic: 'a/#', payload: bytes('') } }, ErrorCode.BadWill, /because of will\.topic/],
    ['a limit of 0', { limits: { outboxCount: 0 } }, ErrorCode.BadLimits, /limits\.outboxCount, cannot be/],
    ['an unknown policy', { whenFull: 'block' as 'refuse' }, ErrorCode.BadOption, /whenFull, has a value/]
  ])('is said for %s', (_what, options, code, sentence) => {
    const result = said(options, connect)
    expect(result.code).toBe(code)
    expect(result.sentence).toMatch(sentence)
  })

  it.each<[string, (client: Client) => number, number, RegExp]>([
    ['a publish to a wildcard', (client) => client.publish('a/+', bytes('')), ErrorCode.BadTopic, /"a\/\+"/],
    ['QoS 3', (client) => client.publish('a', bytes(''), 3 as 2), ErrorCode.BadQos, /no QoS 3\./],
    ['[S1-20] a publish above the limit', (client) => client.publish('a', bytes('x'.repeat(2000))), ErrorCode.PacketTooLarge, /2006 bytes is too large: 1024 bytes/],
    ['a bad filter', (client) => client.subscribe('a/#/b', 0), ErrorCode.BadFilter, /"a\/#\/b" is not a topic filter/],
    ['an end to what was never subscribed', (client) => client.unsubscribe('a'), ErrorCode.NotSubscribed, /no subscription "a"/],
    ['a lone surrogate in a topic', (client) => client.publish('a\ud800', bytes('')), ErrorCode.BadUtf8, /topic, is not well-formed UTF-8/],
    ['[S2-19] an expiry on disconnect in 3.1.1', (client) => client.disconnect({ properties: { sessionExpiryInterval: 1 } }), ErrorCode.V5Only, /MQTT 5\.0 only/],
    ['a will on disconnect in 3.1.1', (client) => client.disconnect({ will: true }), ErrorCode.WillNeedsV5, /Use abort\(\)/]
  ])('is said for %s', (_what, call, code, sentence) => {
    const result = said({}, call)
    expect(result.code).toBe(code)
    expect(result.sentence).toMatch(sentence)
  })

  it('[S1-11] [S2-18] is said for a full outbox, with count and limit', () => {
    const result = said({ limits: { outboxCount: 2 } }, (client) => {
      client.publish('a', bytes('1'), 1)
      client.publish('a', bytes('2'), 1)
      return client.publish('a', bytes('3'), 1)
    })
    expect(result.code).toBe(ErrorCode.QueueFull)
    expect(result.sentence).toContain('The outbox holds 2 messages, its limit is 2.')
  })

  it('[S2-18] is said for an outbox full in bytes, with bytes and limit', () => {
    const result = said({ limits: { outboxBytes: 100 } }, (client) => client.publish('a', bytes('x'.repeat(200)), 1))
    expect(result.code).toBe(ErrorCode.QueueBytes)
    expect(result.sentence).toMatch(/would hold 20\d bytes, its limit is 100\./)
  })

  it('is said for a port without a member, by its name', () => {
    const client = create({ ...hal, system: undefined } as unknown as typeof hal, { servers: [server] })
    expect(client.connect()).toBe(ErrorCode.HalMissing)
    expect(explain(client.explain())).toContain('it has no system.')
  })

  it('[S2-09] is a code of its own after destroy', () => {
    const client = create(hal, { servers: [server] })
    client.destroy()
    expect([client.connect(), client.publish('a', bytes('')), client.subscribe('a', 0), client.yield(0)]).toEqual(Array(4).fill(ErrorCode.Destroyed))
  })

  it('[S0-05] never contains the password', () => {
    const client = create(hal, { servers: [server], username: 'u', password: bytes('s3cret'), keepalive: 70000 })
    client.connect()
    expect(JSON.stringify(client.explain()) + explain(client.explain())).not.toContain('s3cret')
  })
})
