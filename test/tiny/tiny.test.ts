/**
 * The behaviours of a session that every profile has, on the bundle that is built for tiny: what a dead branch of another
 * profile holds up by accident fails here.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { outcomes } from '../session/support.js'
import type { create } from '../../firmware/index.js'

let tiny: typeof create

beforeAll(async () => {
  const { code } = await keptBundle('node', { entry: 'firmware/index.tiny.ts', flags: flagsOf('tiny') })
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`) as { create: typeof create }
  tiny = module.create
})

function client(options: WorldOptions = {}): SimClient {
  return simClient({ create: tiny, ...options })
}

describe.each([true, false])('the bundle for tiny, waits: %j', (waits) => {
  const sim = { waits }

  it('connects, publishes with QoS 0 and 1, and tells each receipt once', () => {
    const h = client({ sim })
    h.up()
    const tokens = [0, 1].map((qos) => h.client.publish('t', h.bytes(`${qos}`), qos as 0 | 1))
    h.run(1000)
    expect(outcomes(h, tokens)).toEqual(['sent', 'delivered'])
    expect(h.broker.messages.map((message) => message.payload.toString())).toEqual(['0', '1'])
    h.check()
  })

  it('hears what it subscribed to, and again after a reconnect', () => {
    const h = client({ sim })
    h.up()
    h.client.subscribe('a/+', 1)
    h.run(100)
    h.broker.publish('a/1', 'x', { qos: 1 })
    h.run(100)
    h.peer.rst()
    h.run(5000)
    h.broker.publish('a/2', 'y')
    h.run(100)
    expect(h.got.messages.map((message) => message.topic)).toEqual(['a/1', 'a/2'])
    h.check()
  })

  it('keeps QoS 1 over an outage, and sends it again with DUP in a session that is kept', () => {
    const h = client({ sim, clean: false, clientId: 'a' })
    const off = h.broker.on('publish', () => true)
    h.up()
    const first = h.client.publish('t', h.bytes('1'), 1)
    h.run(1000)
    h.peer.rst()
    const second = h.client.publish('t', h.bytes('2'), 1)
    off()
    h.run(20000)
    expect(outcomes(h, [first, second])).toEqual(['delivered', 'delivered'])
    expect(h.peer.all('publish')[0]).toMatchObject({ dup: true, messageId: h.broker.peers[0]!.all('publish')[0]!.messageId })
    h.check()
  })

  it('pings before the keepalive ends, and leaves a link that does not answer', () => {
    const h = client({ sim, keepalive: 60, broker: { enforceKeepalive: false } })
    h.up()
    h.run(300000)
    expect(h.broker.peers).toHaveLength(1)
    expect(h.peer.all('pingreq').length).toBeGreaterThan(4)
    h.broker.on('pingreq', () => true)
    h.run(100000)
    expect(h.got.links.some((link) => link.cause === ErrorCode.PingTimeout)).toBe(true)
  })

  it('backs off 1, 2, 4 s without jitter, and takes the slow lane after a wrong password', () => {
    const times = (h: SimClient): number[] => h.sim.network.attempts.map((one) => one.t)
    const refused = client({ sim, broker: false })
    refused.sim.network.name('broker', 'ok')
    refused.client.connect()
    refused.run(10000)
    expect(times(refused).slice(1, 4).map((t, i) => Math.round((t - times(refused)[i]!) / 1000))).toEqual([1, 2, 4])
    const wrong = client({ sim, broker: { authorize: () => 4 } })
    wrong.client.connect()
    wrong.run(25000)
    expect(wrong.sim.network.attempts).toHaveLength(3)
  })

  it('refuses what it does not have, by name', () => {
    const h = client({ sim })
    h.up()
    expect(h.client.publish('t', h.bytes('x'), 2)).toBe(ErrorCode.QosUnsupported)
    expect(h.client.subscribe('t', 2)).toBe(ErrorCode.QosUnsupported)
    expect(client({ sim, protocolVersion: 5 }).client.connect()).toBe(ErrorCode.FeatureMissing)
    expect(client({ sim, cache: 'push-back' }).client.connect()).toBe(ErrorCode.FeatureMissing)
    for (const [name, value] of [['journal', true], ['recorder', 1024]] as const) {
      const one = client({ sim, [name]: value })
      expect(one.client.connect()).toBe(ErrorCode.FeatureMissing)
      expect(one.client.explain()).toMatchObject({ code: ErrorCode.FeatureMissing, detail: name })
    }
    expect(client({ sim, journal: false, recorder: 0 }).client.connect()).toBe(0)
    expect(client({ sim, servers: [{ host: 'a', port: 1 }, { host: 'b', port: 1 }] }).client.connect()).toBe(ErrorCode.FeatureMissing)
  })

  it('is bounded: a full outbox refuses, a packet too large is skipped and acknowledged', () => {
    const h = client({ sim, limits: { outboxCount: 2, packetIn: 100 } })
    h.client.connect()
    expect([0, 1, 2].map((n) => h.client.publish('t', h.bytes(`${n}`), 1)).map((code) => Math.min(code, 0))).toEqual([0, 0, ErrorCode.QueueFull])
    h.until(() => h.got.state === 'up', 10000, 'the link')
    h.client.subscribe('big', 1)
    h.run(100)
    h.broker.publish('big', 'x'.repeat(500), { qos: 1 })
    h.broker.publish('big', 'small', { qos: 1 })
    h.run(100)
    expect(h.got.messages.map((message) => message.payload)).toEqual(['small'])
    expect(h.client.stats().oversize).toBe(1)
    expect(h.peer.all('puback')).toHaveLength(2)
    h.check()
  })

  it('gives up a publish for which the server closes, and the rest goes on', () => {
    const h = client({ sim, clean: false, clientId: 'a' })
    h.broker.on('publish', (packet, peer) => {
      if (packet.payload.toString() !== 'poison') return false
      peer.close()
      return true
    })
    h.up()
    const bad = h.client.publish('t', h.bytes('poison'), 1)
    const good = h.client.publish('t', h.bytes('good'), 1)
    h.run(120000)
    expect(outcomes(h, [bad, good])).toEqual(['rejected', 'delivered'])
  })

  it('tells the receipt of a message that left at once with the next slice, and in the order of the calls', () => {
    const h = client({ sim })
    h.up()
    const tokens = ['a', 'a', 'b', 'a', 'a'].map((topic) => h.client.publish(topic, h.bytes('x')))
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => undefined))
    h.run(100)
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'sent'))
    expect(h.broker.messages.map((message) => message.topic)).toEqual(['a', 'a', 'b', 'a', 'a'])
    expect(h.client.stats()).toMatchObject({ accepted: 5, sent: 5, outboxCount: 0 })
    h.check()
  })

  it('sends the rest of a message of which the socket took a part before all else', () => {
    const h = client({ sim })
    h.up()
    h.client.publish('t', h.bytes('first'))
    h.run(100)
    h.sim.network.set({ sendBuffer: 20 })
    const sizes = [30, 40, 50]
    for (const size of sizes) h.client.publish('t', h.bytes('x'.repeat(size)))
    h.run(5000)
    expect(h.broker.messages.map((message) => message.payload.length)).toEqual([5, ...sizes])
    h.check()
  })

  it('ends a link on which a SUBSCRIBE is not answered for ackTimeout, and publishes nothing before', () => {
    const h = client({ sim, ackTimeout: 30000 })
    h.up()
    const off = h.broker.on('subscribe', () => true)
    h.client.subscribe('a', 1)
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(29000)
    expect(h.broker.messages).toHaveLength(0)
    off()
    h.run(20000)
    expect(h.got.links.some((link) => link.cause === ErrorCode.RequestTimeout)).toBe(true)
    expect(outcomes(h, [token])).toEqual(['delivered'])
    h.check()
  })

  it('connects once what was wrong with its options is mended', () => {
    const servers: { host: string; port: number }[] = []
    const h = client({ sim, servers })
    expect(h.client.connect()).toBe(ErrorCode.NoServer)
    servers.push({ host: 'broker', port: 1883 })
    h.up()
    h.run(1000)
    h.check()
  })

  it('keeps nothing of a greeting that is longer than a CONNACK', () => {
    for (const bytes of [[0x20, 0xff, 0xff, 0x7f, 1, 2, 3], [0x20, 0xff, 0xff, 0xff, 0xff, 1]]) {
      const h = client({ sim })
      h.broker.on('connect', (_packet, peer) => {
        peer.raw(Buffer.from(bytes))
        return true
      })
      h.client.connect()
      h.run(1000)
      expect(h.client.explain().code).toBe(ErrorCode.ProtocolError)
    }
  })

  it('sends DISCONNECT once the socket has room for it', () => {
    const h = client({ sim })
    h.up()
    // PUBLISH: a head of two bytes, a topic of one with its length, the payload.
    h.sim.network.set({ sendBuffer: 20 })
    h.client.publish('t', h.bytes('x'.repeat(15)))
    h.client.disconnect()
    h.run(5000)
    expect(h.peer.all('publish')).toHaveLength(1)
    expect(h.peer.all('disconnect')).toHaveLength(1)
    expect(h.got.state).toBe('offline')
    h.check()
  })

  it('comes back when its abort and its connect were called while it drained', () => {
    let code = 1
    const h = client({
      sim,
      onReceipt: () => {
        h.client.abort()
        code = h.client.connect()
      }
    })
    h.up()
    h.client.publish('t', h.bytes('x'), 1)
    h.client.disconnect()
    h.run(5000)
    expect(code).toBe(0)
    expect(h.got.state).toBe('up')
  })

  it('leaves in order, with its will on abort and without it on disconnect', () => {
    for (const how of ['disconnect', 'abort'] as const) {
      const h = client({ sim, will: { topic: 'will', payload: 'gone' as never } })
      h.up()
      h.client[how]()
      h.run(10000)
      expect(h.peer.all('disconnect')).toHaveLength(how === 'abort' ? 0 : 1)
      expect(h.peer.connect?.will?.topic).toBe('will')
      expect(h.got.state).toBe('offline')
      h.check()
    }
  })
})
