/** What happens to a board between its server and its program, on the real interpreter, from Storage, against mosquitto. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { burst } from '../../tools/bench/espruino/burst.js'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { observe, type Observer } from '../support/clients.js'
import { startMosquitto, type Mosquitto } from '../support/mosquitto.js'
import { proxy, type Proxy } from '../support/proxy.js'
import { until } from '../support/until.js'
import { Board, clientBundle } from './support/board.js'

vi.setConfig({ testTimeout: 60_000 })

const PROFILES = ['tiny', 'standard'] as const
type Profile = (typeof PROFILES)[number]
const ends: (() => Promise<void>)[] = []
const bundles = {} as Record<Profile, string>
let broker: Mosquitto
beforeAll(async () => {
  for (const profile of PROFILES) bundles[profile] = await clientBundle(profile)
  // For bursts: no limit of the server's own drops a message.
  broker = await startMosquitto({ maxInflight: 0, maxQueued: 0 })
}, 120_000)
afterAll(() => broker.remove())
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A board of this profile whose server listens on `port`. It comes back quickly. */
function board(profile: Profile, port: number, options: object = {}, texts: ConstructorParameters<typeof Board>[2] = {}, modules?: Record<string, string>): Board {
  const made = new Board(bundles[profile], { servers: [{ host: '127.0.0.1', port }], clientId: 'board7', jitter: false, reconnectPeriod: 100, reconnectSpread: 100, ...options }, texts, modules)
  ends.push(() => made.device.end())
  return made
}

async function newObserver(port = broker.port, options = {}): Promise<Observer> {
  const observer = await observe(port, options)
  ends.push(() => observer.end())
  return observer
}

async function newProxy(piece?: number): Promise<Proxy> {
  const relay = await proxy(broker.port, piece)
  ends.push(() => relay.stop())
  return relay
}

async function ownBroker(options: Parameters<typeof startMosquitto>[0] = {}): Promise<Mosquitto> {
  const own = await startMosquitto(options)
  ends.push(() => own.remove())
  return own
}

describe.each(PROFILES)('a board with the client of %s', (profile) => {
  const most = profile === 'tiny' ? 1 : 2
  const qualities = [0, 1, 2].slice(0, most + 1) as (0 | 1 | 2)[]

  test('publishes while its server restarts, and everything acknowledged with QoS 1 is there once the server is back', async () => {
    const own = await ownBroker({ persistence: true })
    const a = board(profile, own.port, { clean: false }, { after: 'client.subscribe("in/#", 1);' })
    await a.device.hears('subscribed')
    await own.stop()
    await a.link('waiting')
    for (let i = 0; i < 5; i += 1) expect(await a.value(`client.publish("out/${i}", "while it was away", 1)`)).toBeGreaterThan(0)
    await own.start()
    // Retained, so that it is seen whenever the observer comes.
    expect(await a.value('client.publish("out/last", "retained", 1, true)')).toBeGreaterThan(0)
    await a.link('up', 2)
    await a.device.hears('receipt', 20_000, 6)
    expect(a.device.all('receipt')).toEqual(Array.from({ length: 6 }, () => ['delivered', 0]))
    const observer = await newObserver(own.port)
    await observer.subscribe('out/#')
    expect((await observer.message('out/last')).payload).toBe('retained')
    await observer.publish('in/after', 'x', { qos: 1 })
    expect(await a.messages(1)).toEqual([{ topic: 'in/after', payload: 'x', qos: 1 }])
  })

  test('hears messages of every QoS and gets its own delivered when what the server says comes a byte at a time', async () => {
    const relay = await newProxy(1)
    const observer = await newObserver()
    await observer.subscribe('out/#')
    const a = board(profile, relay.port, {}, {
      before: `
var open = hal.socket.open, longest = 0;
hal.socket.open = function(endpoint) {
  var socket = open(endpoint), read = socket.read;
  socket.read = function(max) { var bytes = read.call(socket, max); if (bytes.length > longest) longest = bytes.length; return bytes; };
  return socket;
};`,
      after: `client.subscribe("in/#", ${most});`
    })
    await a.device.hears('subscribed')
    const payloads = qualities.map((qos) => `${qos}: ` + String.fromCharCode(...Array.from({ length: 200 }, (_, i) => i + qos)))
    for (const qos of qualities) {
      await observer.publish(`in/${qos}`, payloads[qos]!, { qos })
      a.device.type(`client.publish("out/${qos}", "of quality ${qos}", ${qos});\n`)
    }
    const heard = await a.messages(qualities.length)
    expect(heard.sort((one, other) => one.qos - other.qos)).toEqual(qualities.map((qos) => ({ topic: `in/${qos}`, payload: payloads[qos], qos })))
    await a.device.hears('receipt', 20_000, qualities.length)
    for (const qos of qualities) await observer.count(`out/${qos}`, 1)
    expect(await a.value('client.stats().drops')).toBe(0)
    // The interpreter may find two bytes where it was late.
    const longest = await a.value('longest')
    expect(longest).toBeGreaterThan(0)
    expect(longest).toBeLessThan(40)
  })

  test('is told by a refusal that the password is wrong, and tries again after ten seconds or more', async () => {
    const own = await ownBroker({ users: { ann: 'secret' } })
    const a = board(profile, own.port, { username: 'ann', password: 'wrong' })
    expect(await a.link('waiting')).toBe(ErrorCode.ConnectRefused)
    // 5: not authorized, of the CONNACK.
    expect(await a.value('client.explain().reason')).toBe(5)
    expect(await a.value('client.idle()')).toBeGreaterThan(9000)
    const b = board(profile, own.port, { username: 'ann', password: 'secret', clientId: 'board8' })
    await b.link('up')
  })

  test('leaves a link that went silent when no answer to a ping comes, and makes a new one', async () => {
    const relay = await newProxy()
    const a = board(profile, relay.port, { keepalive: 2, pingTimeout: 500 }, { after: 'client.subscribe("in/#", 1);' })
    await a.device.hears('subscribed')
    relay.freeze()
    expect(await a.link('waiting')).toBe(ErrorCode.PingTimeout)
    await a.link('up', 2)
    await a.device.hears('subscribed', 20_000, 2)
    const observer = await newObserver()
    await observer.publish('in/again', 'x', { qos: 1 })
    expect((await a.messages(1)).map(({ topic }) => topic)).toEqual(['in/again'])
  })

  test('takes no memory for a message of 20 kB and goes on with the next', async () => {
    const observer = await newObserver()
    const large = Array.from({ length: 20_000 / 8 }, (_, i) => i.toString(16).padStart(8, '.')).join('')
    // The profile tiny has no streams.
    const a = board(profile, broker.port, {}, {
      before: profile === 'tiny' ? 'var wrong = 0;' : 'var next = 0, wrong = 0; options.onStream = function(topic, chunk, offset, total) { if (offset !== next || total !== 20000) wrong++; next = offset + chunk.length; say("chunk", btoa(chunk)); return 0; };',
      after: 'client.subscribe("in/#", 1);'
    })
    await a.device.hears('subscribed')
    await observer.publish('in/large', large, { qos: 1 })
    await observer.publish('in/small', 'after it', { qos: 1 })
    expect(await a.messages(1)).toEqual([{ topic: 'in/small', payload: 'after it', qos: 1 }])
    // Acknowledged: mosquitto keeps an unacknowledged one in flight and would send it again to the next connection.
    await until(() => broker.log.filter((line) => line.includes('Received PUBACK from board7')).length >= 2, 5000, 'two PUBACK at mosquitto', () => broker.log.slice(-5).join(' | '))
    const chunks = a.device.all('chunk').map((one) => Buffer.from(String(one), 'base64').toString('latin1'))
    expect(chunks.join('')).toBe(profile === 'tiny' ? '' : large)
    expect(await a.value('wrong')).toBe(0)
    expect(await a.value('client.stats().oversize')).toBe(profile === 'tiny' ? 1 : 0)
  })

  test('sends 1000 messages as fast as they are accepted and receives 1000 in a burst, and none is lost', async () => {
    const { out, in: received } = await burst(bundles[profile], broker, 'our client')
    console.log(`${profile}: ${out.toFixed(0)} messages/s out, ${received.toFixed(0)} in`)
  })

  test('names the resolver when its server has no address, tries again soon, and never gives up', async () => {
    const a = board(profile, broker.port, { servers: [{ host: 'no-such-host.invalid', port: broker.port }] })
    expect(await a.link('waiting')).toBe(LinkCode.DnsFailed)
    expect(await a.device.hears('idle')).toBeLessThan(1000)
    expect(await a.link('waiting', 3)).toBe(LinkCode.DnsFailed)
  })

  test('says that this port has no TLS when it is asked for', async () => {
    const a = board(profile, broker.port, { servers: [{ host: '127.0.0.1', port: broker.port, tls: {} }] })
    expect(await a.link('waiting')).toBe(LinkCode.Unsupported)
  })
})
