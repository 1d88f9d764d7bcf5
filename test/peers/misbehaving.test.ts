import { afterEach, describe, expect, it } from 'vitest'
import { explain } from '../../firmware/explain.js'
import type { Options } from '../../firmware/types.js'
import type { HostClient } from '../support/host-client.js'
import { Peers } from '../support/peers.js'
import { freePort } from '../support/ports.js'
import { finAfter, http, resets, sends, sendsThenFin, serve, silent, stopsReading, trickles, type TestServer } from '../support/servers.js'
import { until } from '../support/until.js'

const CONNACK = Buffer.from([0x20, 2, 0, 0])

let server: TestServer | undefined
const peers = new Peers(() => server?.port ?? 0)
afterEach(async () => {
  await peers.end()
  await server?.stop()
  server = undefined
})

/** Connects once to the server, until the attempt or the link has failed. */
async function visit(behaviour: Promise<TestServer>, options: Partial<Options> = {}): Promise<HostClient> {
  server = await behaviour
  const a = peers.client({ clientId: 'a', reconnectPeriod: 0, connectTimeout: 300, ...options })
  expect(a.client.connect()).toBe(0)
  await a.state('offline')
  return a
}

function causeOf(a: HostClient): number {
  const { code } = a.client.explain()
  expect(a.got.links.at(-1)?.cause).toBe(code)
  expect(explain(a.client.explain(), 'en').length).toBeGreaterThan(20)
  return code
}

describe('a server that is none, over real TCP', () => {
  it('HTTP bytes are named as such [S2-14]', async () => {
    expect(causeOf(await visit(http()))).toBe(-109)
  })

  it('silence ends at the connect time-out [S3-05] [S2-11]', async () => {
    const a = await visit(silent())
    expect(causeOf(a)).toBe(-100)
    expect(a.client.explain().limit).toBe(300)
  })

  it.each(['at-once', 'after-data'] as const)('a reset %s is told apart from a close [S2-11] [S2-14]', async (when) => {
    // Reset at once may be seen while connecting, as refused by some systems.
    expect(causeOf(await visit(resets(when)))).toBe(-61)
  })

  it('a close before CONNACK is the server\'s [S2-11]', async () => {
    expect(causeOf(await visit(finAfter(1)))).toBe(-105)
  })

  it('a port on which nobody listens is refused TCP, a name that is none a DNS failure [S2-14]', async () => {
    const port = await freePort()
    const a = peers.client({ clientId: 'a', reconnectPeriod: 0 }, port)
    a.client.connect()
    await a.state('offline')
    expect(causeOf(a)).toBe(-63)
    const b = peers.client({ clientId: 'b', reconnectPeriod: 0, servers: [{ host: 'no-such-host.invalid', port: 1883 }] }, port)
    b.client.connect()
    await b.state('offline')
    expect(causeOf(b)).toBe(-62)
  })

  it('a refusal followed by FIN is read before the end is seen [S2-02]', async () => {
    const a = await visit(sendsThenFin(Buffer.from([0x20, 2, 0, 2])))
    expect([causeOf(a), a.client.explain().reason]).toEqual([-101, 2])
  })

  it.each([
    ['a packet type that only clients send', [0x82, 3, 0, 1, 0], -107],
    ['reserved flags', [0x21, 2, 0, 0], -107],
    ['a length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], -107],
    ['a second CONNACK', [0x20, 2, 0, 0], -108],
    ['a QoS of 3', [0x36, 5, 0, 1, 0x61, 0, 1], -107]
  ] as const)('%s after CONNACK closes the link by its name', async (_, bytes, code) => {
    expect(causeOf(await visit(sends(Buffer.concat([CONNACK, Buffer.from(bytes)]))))).toBe(code)
  })

  it('a byte at a time is as good as all at once [S1-16]', async () => {
    const payload = 'x'.repeat(500)
    const publish = Buffer.concat([Buffer.from([0x30, 0xf7, 0x03, 0, 1, 0x74]), Buffer.from(payload)])
    server = await trickles(Buffer.concat([CONNACK, publish, publish]), 1)
    const a = await peers.client({ clientId: 'a' }).up()
    await a.count('t', 2)
    expect(a.got.payloads('t')).toEqual([payload, payload])
  })

  it('one that answers no ping is left after the ping time-out [S2-13] [S2-21]', async () => {
    const a = await visit(sends(CONNACK), { keepalive: 1, force: true })
    expect(causeOf(a)).toBe(-102)
  })

  it('one that stops reading stops us at our bounds, and the cause says what was stuck [S2-17]', async () => {
    server = await stopsReading(CONNACK)
    const a = peers.client({ clientId: 'a', reconnectPeriod: 0, keepalive: 2, force: true, limits: { outboxCount: 2000, outboxBytes: 1000000, packetOut: 70000 } })
    await a.up()
    const chunk = a.bytes('x'.repeat(60000))
    let refused = 0
    // Every turn gives the sockets a chance to take what they can.
    for (let i = 0; i < 2000 && refused === 0; i++) {
      const code = a.client.publish('t', chunk, 0)
      if (code < 0) refused = code
      if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(refused).toBe(-43)
    expect(a.client.stats().outboxBytes).toBeLessThanOrEqual(1000000)
    await a.state('offline')
    expect([-110, -102]).toContain(causeOf(a))
    await until(() => a.got.receipts.length === a.client.stats().accepted, 5000, 'a receipt for every publish', () => `${a.got.receipts.length} of ${a.client.stats().accepted}`)
  })

  it('one that closes at once is not hammered [S1-10]', async () => {
    server = await serve((socket) => socket.end())
    const a = peers.client({ clientId: 'a', reconnectPeriod: 100, reconnectPeriodMax: 10000, jitter: false })
    a.client.connect()
    await until(() => a.client.stats().failures >= 4, 10000, 'four failures')
    const waits = a.got.links.filter((link) => link.state === 'opening').map((link) => link.t)
    const gaps = waits.slice(1).map((t, i) => t - waits[i]!)
    expect(gaps[0]).toBeGreaterThanOrEqual(99)
    expect(gaps[1]).toBeGreaterThanOrEqual(199)
    expect(gaps[2]).toBeGreaterThanOrEqual(399)
  })
})
