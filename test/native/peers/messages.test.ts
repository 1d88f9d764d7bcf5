import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Options } from '../../../firmware/types.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'
import { until } from '../../support/until.js'

let broker: Mosquitto
const peers = new Peers(() => broker.port)
beforeAll(async () => {
  broker = await startMosquitto()
})
afterEach(() => peers.end())
afterAll(() => broker.remove())

let count = 0
/** A topic and client id that no other test uses. */
function fresh(word: string): string {
  count += 1
  return `${word}${count}`
}

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')

describe.each([3, 4, 5] as const)('with mosquitto, protocol version %i', (protocolVersion) => {
  it.each([0, 1, 2] as const)('a QoS %i publish reaches another client once, every byte unchanged, and its receipt follows the ack [S0-07] [S0-17] [S2-05] [S2-08]', async (qos) => {
    const topic = fresh('out/')
    const observer = await peers.observer()
    await observer.subscribe(topic)
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    const receipt = await a.receipt(a.client.publish(topic, a.bytes('\u00e9\u4e2d').concat(ALL_BYTES) as never, qos))
    expect(receipt.outcome).toBe(qos === 0 ? 'sent' : 'delivered')
    const seen = await observer.message(topic)
    expect([seen.qos, seen.retain, seen.payload]).toEqual([qos, false, `\xc3\xa9\xe4\xb8\xad${ALL_BYTES}`])
    await observer.fence()
    expect(observer.payloads(topic)).toHaveLength(1)
  })

  it.each([0, 1, 2] as const)('a QoS %i message from another client is handed over once, every byte unchanged [S0-07] [S1-15]', async (qos) => {
    const topic = fresh('in/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    expect((await a.subscribe(`${topic}/+`, qos)).code).toBe(qos)
    const observer = await peers.observer()
    await observer.publish(`${topic}/x`, ALL_BYTES, { qos: 2 })
    await a.count(`${topic}/x`, 1)
    expect(a.got.messages[0]).toMatchObject({ topic: `${topic}/x`, payload: ALL_BYTES, qos, retain: false, dup: false })
    // Its ack went out: a broker that had none would send the next one and this one again.
    await observer.publish(`${topic}/y`, 'end', { qos: 2 })
    await a.count(`${topic}/y`, 1)
    expect(a.got.messages).toHaveLength(2)
  })

  it.each([1, 2] as const)('500 QoS %i publishes at once arrive in order, each with one receipt [S1-11] [S2-08]', async (qos) => {
    const topic = fresh('burst/')
    const observer = await peers.observer()
    await observer.subscribe(topic)
    const a = await peers.client({ protocolVersion, clientId: fresh('c'), limits: { outboxCount: 500, outboxBytes: 65536 } }).up()
    const tokens = Array.from({ length: 500 }, (_, i) => a.client.publish(topic, a.bytes(String(i)), qos))
    expect(tokens.filter((token) => token <= 0)).toEqual([])
    await until(() => a.got.receipts.length >= 500, 15000, '500 receipts', () => `${a.got.receipts.length} came`)
    await observer.count(topic, 500)
    expect(observer.payloads(topic)).toEqual(Array.from({ length: 500 }, (_, i) => String(i)))
    expect(a.got.receipts.map((receipt) => [receipt.token, receipt.outcome])).toEqual(tokens.map((token) => [token, 'delivered']))
  })

  it('500 messages of QoS 0, 1 and 2 from another client arrive in order [S1-16]', async () => {
    const topic = fresh('flood/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    await a.subscribe(topic, 2)
    const observer = await peers.observer()
    // No more than 10 unfinished at a time: mosquitto 2.0 stops sending when a publisher has more than 20.
    for (let i = 0; i < 500; i += 10) await Promise.all(Array.from({ length: 10 }, (_, k) => observer.publish(topic, String(i + k), { qos: 2 })))
    await a.count(topic, 500)
    expect(a.got.payloads(topic)).toEqual(Array.from({ length: 500 }, (_, i) => String(i)))
    expect(a.client.stats().repeats).toBe(0)
  })

  it('a retained message is kept, comes at subscribe with its flag, and goes by an empty one [S2-25]', async () => {
    const topic = fresh('kept/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    await a.receipt(a.client.publish(topic, a.bytes('last'), 1, true))
    await a.subscribe(topic, 1)
    await a.count(topic, 1)
    expect(a.got.messages[0]).toMatchObject({ payload: 'last', retain: true, qos: 1 })
    await a.receipt(a.client.publish(topic, a.bytes(''), 1, true))
    const observer = await peers.observer()
    await observer.subscribe(topic)
    await observer.fence()
    expect(observer.payloads(topic)).toEqual([])
  })

  it('messages of QoS 1 and 2 sent while it was offline come when it is back with clean off [S2-25]', async () => {
    const topic = fresh('offline/')
    const options: Partial<Options> = { protocolVersion, clientId: fresh('sleeper'), clean: false }
    const a = await peers.client(options).up()
    await a.subscribe(topic, 2)
    await a.end()
    const observer = await peers.observer()
    for (const qos of [0, 1, 2] as const) await observer.publish(topic, `qos ${qos}`, { qos })
    // The same client again, and then a device that was restarted and knows nothing.
    await a.up()
    await a.count(topic, 2)
    expect(a.got.links.at(-1)?.sessionPresent).toBe(protocolVersion > 3)
    await a.end()
    await observer.publish(topic, 'later', { qos: 1 })
    const b = await peers.client(options).up()
    await b.count(topic, 1)
    expect(b.got.payloads(topic)).toEqual(['later'])
    await b.receipt(b.client.publish(topic, b.bytes('fence'), 1))
    await b.count(topic, 2)
    expect(a.got.payloads(topic)).toEqual(['qos 1', 'qos 2'])
    expect(b.got.payloads(topic)).toEqual(['later', 'fence'])
  })

  it('nothing is kept for it with clean on, the default', async () => {
    const topic = fresh('clean/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    await a.subscribe(topic, 1)
    await a.end()
    const observer = await peers.observer()
    await observer.publish(topic, 'missed', { qos: 1 })
    await a.up()
    expect(a.got.links.at(-1)?.sessionPresent).toBe(false)
    // The subscription is restored by the client, not by the broker.
    await until(() => a.got.granted.length >= 1, 5000, 'the first SUBACK')
    await until(() => broker.log.filter((line) => line.includes(`${topic} (QoS 1)`)).length >= 2, 5000, 'the second SUBSCRIBE')
    await observer.publish(topic, 'heard', { qos: 1 })
    await a.count(topic, 1)
    expect(a.got.payloads(topic)).toEqual(['heard'])
  })

  it('messages of a filter that was unsubscribed come no more', async () => {
    const topic = fresh('un/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    await a.subscribe(topic, 1)
    await a.subscribe(`${topic}/on`, 1)
    expect(a.client.unsubscribe(topic)).toBeGreaterThan(0)
    await broker.logged(`UNSUBACK`)
    const observer = await peers.observer()
    await observer.publish(topic, 'late', { qos: 1 })
    await observer.publish(`${topic}/on`, 'heard', { qos: 1 })
    await a.count(`${topic}/on`, 1)
    expect(a.got.payloads(topic)).toEqual([])
  })

  it('goes on after the link is cut in the middle of a burst with clean off: nothing lost, QoS 2 once [S0-16] [S2-04] [S2-12]', async () => {
    const topic = fresh('cut/')
    const observer = await peers.observer()
    await observer.subscribe(`${topic}/+`)
    const relay = await peers.proxy()
    const a = await peers.client({ protocolVersion, clientId: fresh('cutter'), clean: false, limits: { outboxCount: 300 } }, relay.port).up()
    for (let i = 0; i < 100; i++) for (const qos of [1, 2] as const) expect(a.client.publish(`${topic}/${qos}`, a.bytes(String(i)), qos)).toBeGreaterThan(0)
    await until(() => a.got.receipts.length >= 20, 5000, 'the first 20 receipts')
    relay.cut()
    await until(() => a.got.receipts.length >= 200, 15000, '200 receipts', () => `${a.got.receipts.length} came`)
    expect(a.got.receipts.every((receipt) => receipt.outcome === 'delivered')).toBe(true)
    expect(relay.accepted).toBeGreaterThanOrEqual(2)
    await observer.fence()
    const numbers = Array.from({ length: 100 }, (_, i) => String(i))
    expect(new Set(observer.payloads(`${topic}/1`))).toEqual(new Set(numbers))
    expect(observer.payloads(`${topic}/2`)).toEqual(numbers)
  })
})

describe('with mosquitto under 5.0', () => {
  it('a session lives as long as its expiry says, and is gone after it [S2-19]', async () => {
    const topic = fresh('expiry/')
    const clientId = fresh('expires')
    const options: Partial<Options> = { protocolVersion: 5, clientId, clean: false, properties: { sessionExpiryInterval: 1 } }
    const a = await peers.client(options).up()
    await a.subscribe(topic, 1)
    await a.end()
    await a.up()
    expect(a.got.links.at(-1)?.sessionPresent).toBe(true)
    await a.end()
    await broker.logged(`Expiring client ${clientId}`)
    await a.up()
    expect(a.got.links.at(-1)?.sessionPresent).toBe(false)
  })

  it('clean off without an expiry keeps the session all the same', async () => {
    const a = await peers.client({ protocolVersion: 5, clientId: fresh('kept'), clean: false }).up()
    await a.end()
    await a.up()
    expect(a.got.links.at(-1)?.sessionPresent).toBe(true)
  })

  it('properties of a message go out and come in unchanged', async () => {
    const topic = fresh('props/')
    const a = await peers.client({ protocolVersion: 5, clientId: fresh('c') }).up()
    await a.subscribe(topic, 1)
    const properties = {
      contentType: 'text/\u4e2d', responseTopic: 'answer/here', correlationData: '\x00\xff' as never, payloadFormatIndicator: 1,
      messageExpiryInterval: 100, userProperties: ['a', '1', 'a', '2']
    }
    await a.receipt(a.client.publish(topic, a.bytes('x'), 1, false, { properties }))
    await a.count(topic, 1)
    expect(a.got.messages[0]?.properties).toMatchObject({ ...properties, messageExpiryInterval: expect.any(Number) as number })
  })

  it('the server may name it, and the name is kept over a reconnect [S2-07]', async () => {
    const relay = await peers.proxy()
    const a = await peers.client({ protocolVersion: 5, clientId: '' }, relay.port).up()
    const first = broker.log.length
    const topic = fresh('named/')
    await a.subscribe(topic, 0)
    const id = /from (auto-\S+)/.exec(broker.log.slice(first - 20).join('\n'))?.[1]
    expect(id).toBeDefined()
    relay.cut()
    await relay.connections(2)
    await a.state('up')
    await until(() => broker.log.slice(first).some((line) => line.includes(`as ${id} (`)), 5000, `a new connection as ${id}`)
  })

  it('keeps its publishes in flight within the server\'s Receive Maximum [S1-11]', async () => {
    const small = await startMosquitto({ maxInflight: 3 })
    const ours = new Peers(() => small.port)
    try {
      const a = await ours.client({ protocolVersion: 5, clientId: 'narrow' }).up()
      const topic = fresh('narrow/')
      for (let i = 0; i < 50; i++) a.client.publish(topic, a.bytes(String(i)), 2)
      await until(() => a.got.receipts.length >= 50, 10000, '50 receipts', () => `${a.got.receipts.length} came`)
      expect(a.got.receipts.every((receipt) => receipt.outcome === 'delivered')).toBe(true)
      expect(a.got.states()).not.toContain('waiting')
    } finally {
      await ours.end()
      await small.remove()
    }
  })
})
