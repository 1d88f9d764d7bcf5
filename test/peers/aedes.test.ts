import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startAedes, type RunningAedes } from '../support/aedes.js'
import { Peers } from '../support/peers.js'
import { until } from '../support/until.js'

let broker: RunningAedes
const peers = new Peers(() => broker.port)
beforeAll(async () => {
  broker = await startAedes()
})
afterEach(() => peers.end())
afterAll(() => broker.stop())

let count = 0
function fresh(word: string): string {
  count += 1
  return `${word}${count}`
}

describe.each([3, 4] as const)('with aedes, protocol version %i', (protocolVersion) => {
  it.each([0, 1, 2] as const)('brings QoS %i both ways, once [S0-07] [S0-17] [S2-08]', async (qos) => {
    const topic = fresh('both/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    expect((await a.subscribe(`${topic}/#`, qos)).code).toBe(qos)
    const observer = await peers.observer()
    await observer.subscribe(`${topic}/#`)
    const token = a.client.publish(`${topic}/ours`, a.bytes('from us \u4e2d'), qos)
    await observer.publish(`${topic}/theirs`, 'from them \x00\xff', { qos: 2 })
    expect((await a.receipt(token)).outcome).toBe(qos === 0 ? 'sent' : 'delivered')
    await a.count(`${topic}/theirs`, 1)
    await a.count(`${topic}/ours`, 1)
    expect((await observer.message(`${topic}/ours`)).payload).toBe('from us \xe4\xb8\xad')
    await observer.fence()
    expect([a.got.payloads(`${topic}/theirs`), observer.payloads(`${topic}/ours`).length]).toEqual([['from them \x00\xff'], 1])
  })

  it.each([1, 2] as const)('200 QoS %i publishes at once each get one receipt and arrive [S1-11]', async (qos) => {
    const topic = fresh('burst/')
    const observer = await peers.observer()
    await observer.subscribe(topic)
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    for (let i = 0; i < 200; i++) expect(a.client.publish(topic, a.bytes(String(i)), qos)).toBeGreaterThan(0)
    await until(() => a.got.receipts.length >= 200, 10000, '200 receipts', () => `${a.got.receipts.length} came`)
    await observer.count(topic, 200)
    expect(new Set(observer.payloads(topic)).size).toBe(200)
    expect(a.got.receipts.every((receipt) => receipt.outcome === 'delivered')).toBe(true)
  })

  it('keeps a retained message [S2-25]', async () => {
    const topic = fresh('kept/')
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }).up()
    await a.receipt(a.client.publish(topic, a.bytes('last'), 1, true))
    await a.subscribe(topic, 1)
    await a.count(topic, 1)
    expect(a.got.messages[0]).toMatchObject({ payload: 'last', retain: true })
  })

  it('brings what came while it was offline with clean off [S2-25]', async () => {
    const topic = fresh('offline/')
    const a = await peers.client({ protocolVersion, clientId: fresh('sleeper'), clean: false }).up()
    await a.subscribe(topic, 1)
    await a.end()
    const observer = await peers.observer()
    await observer.publish(topic, 'waited', { qos: 1 })
    await a.up()
    await a.count(topic, 1)
    expect(a.got.payloads(topic)).toEqual(['waited'])
  })

  it('publishes the will after abort() and not after disconnect() [S0-12] [S4-02]', async () => {
    const topic = fresh('will/')
    const observer = await peers.observer()
    await observer.subscribe(`${topic}/+`)
    const options = (name: string) => ({ protocolVersion, clientId: fresh('w'), will: { topic: `${topic}/${name}`, payload: 'gone' as never, qos: 1 as const } })
    const ends = await peers.client(options('ends')).up()
    await ends.end()
    const breaks = await peers.client(options('breaks')).up()
    breaks.client.abort()
    expect((await observer.message(`${topic}/breaks`)).payload).toBe('gone')
    await observer.fence()
    expect(observer.payloads(`${topic}/ends`)).toEqual([])
  })

  it('goes on after the link is cut, with its subscription [S0-16] [S3-04]', async () => {
    const topic = fresh('cut/')
    const relay = await peers.proxy()
    const a = await peers.client({ protocolVersion, clientId: fresh('c') }, relay.port).up()
    await a.subscribe(topic, 1)
    relay.cut()
    await a.state('waiting')
    await a.state('up')
    await a.receipt(a.client.publish(topic, a.bytes('back'), 1))
    await a.count(topic, 1)
    expect(a.got.payloads(topic)).toEqual(['back'])
  })
})

describe('with aedes and passwords', () => {
  it('wrong credentials are refused by name and not tried again within 10 s [S2-02] [S2-24]', async () => {
    const strict = await startAedes({
      authenticate: (_client, username, password, done) => done(null, username === 'device' && password?.toString() === 'secret')
    })
    const ours = new Peers(() => strict.port)
    try {
      const a = ours.client({ username: 'device', password: 'wrong' as never, clientId: 'x' })
      a.client.connect()
      await a.state('waiting')
      expect(a.client.explain()).toMatchObject({ code: -101, reason: 5 })
      expect(a.client.idle()).toBeGreaterThan(9000)
      await ours.client({ username: 'device', password: 'secret' as never, clientId: 'y' }).up()
    } finally {
      await ours.end()
      await strict.stop()
    }
  })

  it('refuses MQTT 5, and says so', async () => {
    const a = peers.client({ protocolVersion: 5, clientId: 'five', reconnectPeriod: 0 })
    a.client.connect()
    await a.state('offline')
    expect(a.client.stats()).toMatchObject({ connects: 0, failures: 1 })
    expect(a.got.links.at(-1)?.cause).toBeLessThan(-100)
  })
})
