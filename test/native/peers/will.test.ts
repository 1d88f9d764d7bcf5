import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Options } from '../../../firmware/types.js'
import type { Observer } from '../../support/clients.js'
import type { HostClient } from '../../support/host-client.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'

let broker: Mosquitto
const peers = new Peers(() => broker.port)
beforeAll(async () => {
  broker = await startMosquitto()
})
afterEach(() => peers.end())
afterAll(() => broker.remove())

let count = 0

describe.each([3, 4, 5] as const)('the will with mosquitto, protocol version %i', (protocolVersion) => {
  /** An observer of a fresh will topic, and options of a client whose will goes there. */
  async function setUp(more: Partial<Options> = {}): Promise<{ topic: string; observer: Observer; options: Partial<Options> }> {
    count += 1
    const topic = `will/${count}`
    const observer = await peers.observer()
    await observer.subscribe(topic)
    const will = { topic, payload: 'gone\x00\xff' as never, qos: 1 as const }
    return { topic, observer, options: { protocolVersion, clientId: `w${count}`, will, ...more } }
  }

  /** A second client with the same id; the first one loses its link and stays down. */
  async function takeOver(first: HostClient, options: Partial<Options>): Promise<HostClient> {
    const second = await peers.client({ ...options, will: undefined } as Partial<Options>).up()
    await first.state('offline')
    return second
  }

  it('is published after abort(), with its payload and QoS [S0-12] [S4-02]', async () => {
    const { topic, observer, options } = await setUp()
    const a = await peers.client(options).up()
    expect(a.client.abort()).toBe(0)
    const seen = await observer.message(topic)
    expect([seen.payload, seen.qos, seen.retain]).toEqual(['gone\x00\xff', 1, false])
  })

  it.each([0, 2] as const)('is retained and of QoS %i where it asks for that [S0-12]', async (qos) => {
    const { topic, observer, options } = await setUp()
    const a = await peers.client({ ...options, will: { topic, payload: '' as never, qos, retain: false } }).up()
    a.client.abort()
    expect((await observer.message(topic)).qos).toBe(qos)
    const b = await peers.client({ ...options, will: { topic, payload: 'kept' as never, qos, retain: true } }).up()
    b.client.abort()
    await observer.message(topic, 5000, 1)
    const late = await peers.observer()
    await late.subscribe(topic)
    expect((await late.message(topic)).retain).toBe(true)
  })

  it('is discarded by disconnect() [S0-12] [S0-21] [S2-26] [S4-02]', async () => {
    const { topic, observer, options } = await setUp()
    const a = await peers.client(options).up()
    const token = a.client.publish(topic, a.bytes('last words'), 1)
    await a.end()
    expect(a.got.receipt(token)?.outcome).toBe('delivered')
    await observer.message(topic)
    await observer.fence()
    expect(observer.payloads(topic)).toEqual(['last words'])
  })

  it('is published when the link is silent for 1.5 x keepalive, and the client finds out by its ping [S2-15] [S4-02] [S2-21]', async () => {
    const { topic, observer, options } = await setUp({ keepalive: 2, force: true, reconnectPeriod: 0 })
    const relay = await peers.proxy()
    const a = await peers.client(options, relay.port).up()
    const start = performance.now()
    relay.freeze()
    await a.state('offline')
    expect(a.got.links.at(-1)?.cause).toBe(-102)
    expect(performance.now() - start).toBeLessThan(3000)
    await observer.message(topic, 13000)
    const passed = performance.now() - start
    expect(passed).toBeGreaterThan(1900)
    // mosquitto looks only every few seconds.
    expect(passed).toBeLessThan(12000)
    await broker.logged(`Client ${options.clientId} has exceeded timeout`)
  })

  it('is published when another client takes the id over with clean on [S4-02]', async () => {
    const { topic, observer, options } = await setUp({ reconnectPeriod: 0 })
    const a = await peers.client(options).up()
    const b = await takeOver(a, options)
    expect((await observer.message(topic)).payload).toBe('gone\x00\xff')
    await b.end()
  })

  it('is not published when the same device takes its own id over with clean off [S4-01] [S4-02]', async () => {
    const { topic, observer, options } = await setUp({ clean: false, reconnectPeriod: 0 })
    const a = await peers.client(options).up()
    const b = await takeOver(a, options)
    await b.receipt(b.client.publish(topic, b.bytes('online'), 1))
    await observer.message(topic)
    await observer.fence()
    expect(observer.payloads(topic)).toEqual(['online'])
    await b.end()
  })

  it('comes before the "online" message of a device that is back over a half-open link with clean on, and not at all with clean off [S4-01] [S0-12]', async () => {
    for (const clean of [true, false]) {
      const { topic, observer, options } = await setUp({ clean, reconnectPeriod: 0 })
      const relay = await peers.proxy()
      await peers.client(options, relay.port).up()
      relay.freeze()
      const back = await peers.client(options).up()
      await back.receipt(back.client.publish(topic, back.bytes('online'), 1, true))
      await observer.fence()
      expect(observer.payloads(topic)).toEqual(clean ? ['gone\x00\xff', 'online'] : ['online'])
    }
  })
})

describe('the will with mosquitto under 5.0', () => {
  it('is published by disconnect({ will: true }), with its properties [S0-12]', async () => {
    const observer = await peers.observer({ protocolVersion: 5 })
    await observer.subscribe('will5/a')
    const properties = { contentType: 'text/plain', userProperties: ['why', 'asked'], payloadFormatIndicator: 1 }
    const a = await peers.client({ protocolVersion: 5, clientId: 'w5a', will: { topic: 'will5/a', payload: 'asked' as never, properties } }).up()
    expect(a.client.disconnect({ will: true })).toBe(0)
    const seen = await observer.message('will5/a')
    expect(seen.payload).toBe('asked')
    expect(seen.packet.properties).toMatchObject({ contentType: 'text/plain', payloadFormatIndicator: true, userProperties: { why: 'asked' } })
  })

  it('waits for its delay, and does not come when the client is back before that', async () => {
    const observer = await peers.observer()
    await observer.subscribe('will5/#')
    const options = (name: string): Partial<Options> => ({
      protocolVersion: 5, clientId: name, clean: false, properties: { sessionExpiryInterval: 100 },
      will: { topic: `will5/${name}`, payload: 'late' as never, properties: { willDelayInterval: 1 } }
    })
    const stays = await peers.client(options('stays')).up()
    const back = await peers.client(options('back')).up()
    back.client.abort()
    await back.state('offline')
    await back.up()
    stays.client.abort()
    expect((await observer.message('will5/stays')).payload).toBe('late')
    await observer.fence()
    expect(observer.payloads('will5/back')).toEqual([])
  })
})

describe('disconnect({ will: true }) under 3.1.1', () => {
  it('is refused by name and ends nothing', async () => {
    const a = await peers.client({ protocolVersion: 4, clientId: 'w4' }).up()
    expect(a.client.disconnect({ will: true })).toBe(-35)
    expect(a.got.state).toBe('up')
  })
})
