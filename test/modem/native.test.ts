/** MQTT inside emulated modules, through the clients of all cores, under the virtual clock. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode, type Bytes } from '../../hal/hal.js'
import { ALL, EVIL, FAMILIES, HOST, NativeBench, type BenchOptions, type Core } from './native-bench.js'

describe.each(FAMILIES.map(([family, native]) => [family.name, family, native] as const))('%s', (name, family, native) => {
  const make = (options: BenchOptions = {}): NativeBench => new NativeBench(family, native, options)

  it.each<Core>(['tiny', 'small', 'full'])('[S0-15] carries all 256 byte values with QoS 0 and 1, core %s', (core) => {
    const bench = make({ core })
    bench.up()
    bench.client.publish('a/b', ALL, 0)
    const token = bench.client.publish('a/b', EVIL, 1, true)
    const empty = bench.client.publish('a/b', '' as Bytes, 1)
    bench.run(10000)
    expect(bench.taken).toEqual([ALL, EVIL, ''])
    expect(bench.heard.receipts.filter(([one]) => one === token || one === empty)).toEqual([[token, 'delivered', 0], [empty, 'delivered', 0]])
    expect(bench.broker.retained('a/b')?.payload).toBe(EVIL)
    bench.check()
  })

  it.each<Core>(['tiny', 'small', 'full'])('[S0-08a] hears what it subscribed to, whatever is in it, core %s', (core) => {
    const bench = make({ core })
    bench.up()
    bench.client.subscribe('in/#', 1)
    bench.client.subscribe('other', 0)
    bench.run(2000)
    expect(bench.heard.subscribed.sort()).toEqual([['in/#', 1], ['other', 0]])
    bench.broker.publish('in/x,5,"y"', EVIL, 1)
    bench.run(2000)
    bench.broker.publish('in/y', '' as Bytes, 0)
    bench.run(2000)
    bench.client.unsubscribe('in/#')
    bench.run(2000)
    bench.broker.publish('in/y', 'x' as Bytes, 0)
    bench.broker.publish('other', 'z' as Bytes, 0)
    bench.run(2000)
    expect(bench.heard.messages).toEqual([
      { topic: 'in/x,5,"y"', payload: EVIL, qos: 0 }, { topic: 'in/y', payload: '', qos: 0 }, { topic: 'other', payload: 'z', qos: 0 }
    ])
    bench.check()
  })

  it('tells the module its keepalive, and proves with each PINGREQ that it lives', () => {
    const bench = make()
    bench.up()
    bench.run(200000)
    expect(bench.state).toBe('up')
    expect(bench.commands.some((one) => /(MCONNECT=1,60$|"keepalive",0,60$|",60,1$|CONNCFG=0,60,0,)/.test(one))).toBe(true)
    const asks = bench.commands.filter((one) => one === native.ask.split('|')[0]).length
    expect(asks).toBeGreaterThan(2)
    expect(bench.heard.links.filter(([state]) => state === 'up')).toHaveLength(1)
    bench.check()
  })

  it('[S0-21] gives the module the will: it is sent after abort() where the module can close so, and not after disconnect()', () => {
    const will = { topic: 'last', payload: 'gone' as Bytes, qos: 1 as const, retain: native.capabilities.willRetain }
    const bench = make({ client: { will, username: 'user', password: 'secret' as Bytes } })
    bench.up()
    expect(bench.broker.connects.at(-1)).toMatchObject({ clientId: 'native' })
    expect(bench.commands.some((one) => one.includes('user'))).toBe(true)
    expect(bench.commands.some((one) => one.includes('secret'))).toBe(true)
    bench.client.disconnect()
    bench.run(20000)
    expect(bench.broker.retained('last')).toBeUndefined()
    expect(bench.state).toBe('offline')
    expect(bench.hal.offload!.used()).toBe(0)
    bench.up()
    bench.client.abort()
    bench.run(20000)
    expect(bench.broker.session('native')?.online ?? false).toBe(false)
    if (native.capabilities.abort) expect(bench.broker.retained('last')?.payload).toBe('gone')
    bench.check()
  })

  it.each(['fin', 'rst'] as const)('reconnects and subscribes again after the broker restarted, by %s', (how) => {
    const bench = make()
    bench.up()
    bench.client.subscribe('in/#', 1)
    bench.run(2000)
    bench.broker.restart({ keepSessions: false, downMs: 5000, how })
    bench.until(() => bench.state !== 'up')
    expect([ErrorCode.ClosedByServer, LinkCode.Reset, LinkCode.TcpFailed]).toContain(bench.client.explain().code)
    const token = bench.client.publish('out', 'queued' as Bytes, 1)
    bench.until(() => bench.state === 'up', 120000)
    bench.run(5000)
    bench.broker.publish('in/z', 'back' as Bytes, 1)
    bench.run(5000)
    expect(bench.heard.messages.map((one) => one.payload)).toEqual(['back'])
    expect(bench.heard.receipts).toEqual([[token, 'delivered', 0]])
    bench.check()
  })

  it('is up again after the module restarted', () => {
    const bench = make()
    bench.up()
    bench.client.subscribe('in', 0)
    bench.run(2000)
    bench.modem.reboot()
    bench.until(() => bench.state !== 'up', 90000)
    bench.until(() => bench.state === 'up', 180000)
    bench.run(5000)
    bench.client.publish('out', ALL, 1)
    bench.broker.publish('in', EVIL, 0)
    bench.run(10000)
    expect(bench.taken).toEqual([ALL])
    expect(bench.heard.messages.map((one) => one.payload)).toEqual([EVIL])
    bench.sim.check()
  })

  it('is up again after its bearer was lost', () => {
    const bench = make()
    bench.up()
    bench.modem.losePdp()
    bench.until(() => bench.state !== 'up', 90000)
    bench.until(() => bench.state === 'up', 300000)
    bench.client.publish('out', ALL, 1)
    bench.run(10000)
    expect(bench.taken).toEqual([ALL])
    bench.sim.check()
  })

  it('tells a refused CONNECT as the module does: by its code, or as closed by the server', () => {
    const bench = make()
    bench.broker.refuseNext(5)
    bench.client.connect()
    bench.until(() => bench.heard.links.some(([state, code]) => state === 'waiting' && code !== ErrorCode.NetworkDown), 60000)
    const cause = bench.client.explain()
    if (native.capabilities.connackCode) expect(cause).toMatchObject({ code: ErrorCode.ConnectRefused, reason: 5 })
    else expect(cause.code).toBe(ErrorCode.ClosedByServer)
    bench.until(() => bench.state === 'up', 120000)
  })

  it('tells a name that is not known, and a port where nobody listens, apart from a server that closes', () => {
    for (const server of [{ host: 'nobody.test', port: 1883 }, { host: HOST, port: 1 }]) {
      const bench = make({ client: { servers: [server] } })
      bench.client.connect()
      bench.until(() => bench.heard.links.some(([state, code]) => state === 'waiting' && code !== ErrorCode.NetworkDown), 200000)
      expect(bench.client.explain().code).toBeLessThanOrEqual(LinkCode.DnsFailed)
      expect(bench.client.explain().code).toBeGreaterThanOrEqual(LinkCode.TcpFailed)
    }
  })

  it.each<Core>(['tiny', 'small', 'full'])('refuses by name what the module cannot do, with nothing sent, core %s', (core) => {
    const bench = make({ core })
    bench.up()
    bench.run(3000)
    const { capabilities: c } = native
    const before = bench.modem.transcript.length
    const refused = (code: number, detail: string, value: number, limit: number): void => {
      expect(code).toBe(ErrorCode.OffloadUnsupported)
      expect(bench.client.explain()).toMatchObject({ code, detail, value, limit })
    }
    const long = (n: number): string => 'x'.repeat(n)
    if (core !== 'tiny') {
      refused(bench.client.publish('t', 'x' as Bytes, 2), 'qos2', 2, 1)
      refused(bench.client.subscribe('t', 2), 'qos2', 2, 1)
    }
    refused(bench.client.publish('t', long(c.maxPayload + 1) as Bytes), 'maxPayload', c.maxPayload + 1, c.maxPayload)
    refused(bench.client.publish(long(c.maxTopic + 1), 'x' as Bytes), 'maxTopic', c.maxTopic + 1, c.maxTopic)
    refused(bench.client.subscribe(long(c.maxTopic + 1), 0), 'maxTopic', c.maxTopic + 1, c.maxTopic)
    refused(bench.client.publish('a"b', 'x' as Bytes), 'notInText', 34, 0)
    if (core === 'full') refused(bench.client.publishStream('t', c.maxPayload + 1, () => 'x' as Bytes), 'maxPayload', c.maxPayload + 1, c.maxPayload)
    bench.run(3000)
    expect(bench.lines(before)).toEqual([])
    // The largest that may be sent, is.
    bench.client.publish('t', long(c.maxPayload) as Bytes, 1)
    bench.client.publish(long(c.maxTopic), 'x' as Bytes, 1)
    bench.run(20000)
    expect(bench.taken.map((one) => one.length)).toEqual([c.maxPayload, 1])
    bench.check()
  })

  it('refuses at connect() what the module cannot do, with nothing sent', () => {
    const { capabilities: c } = native
    const long = (n: number): string => 'x'.repeat(n)
    const cases: [object, string][] = [
      [{ protocolVersion: 5 }, 'protocolVersions'], [{ clientId: long(c.maxClientId + 1) }, 'maxClientId'], [{ username: long(c.maxUsername + 1) }, 'maxUsername'],
      [{ username: 'u', password: long(c.maxPassword + 1) }, 'maxPassword'], [{ will: { topic: 'w', payload: long(c.maxWill + 1) } }, 'maxWill'],
      [{ keepalive: c.maxKeepalive + 1, force: true }, 'maxKeepalive'], [{ username: 'a"b' }, 'notInText']
    ]
    if (c.minKeepalive > 0) cases.push([{ keepalive: 0 }, 'minKeepalive'])
    if (!c.willRetain) cases.push([{ will: { topic: 'w', payload: 'x', retain: true } }, 'willRetain'])
    for (const [options, detail] of cases) {
      if (detail === 'maxKeepalive' && c.maxKeepalive >= 65535) continue
      const bench = make({ core: 'full', client: options })
      expect(bench.client.connect(), detail).toBe(ErrorCode.OffloadUnsupported)
      expect(bench.client.explain().detail).toBe(detail)
    }
  })

  it('[S0-11] [S0-20] refuses a second client by name, and takes it when the first has left', () => {
    const bench = make()
    bench.up()
    bench.run(2000)
    const before = bench.modem.transcript.length
    for (const options of [{}, { credentials: () => 0 }]) {
      const { client } = bench.another({ clientId: 'second', ...options })
      expect(client.connect()).toBe(ErrorCode.OffloadUnsupported)
      expect(client.explain()).toMatchObject({ detail: 'connections', value: 2, limit: 1 })
      bench.run(3000)
    }
    const socket = bench.hal.socket.open({ host: HOST, port: 1883 })
    expect(socket.status()).toBe(LinkCode.NoSocket)
    expect(socket.credit() + socket.pending()).toBe(0)
    expect(bench.lines(before)).toEqual([])
    bench.client.disconnect()
    bench.run(10000)
    const { client, heard } = bench.another({ clientId: 'second' })
    expect(client.connect()).toBe(0)
    bench.until(() => heard.links.at(-1)?.[0] === 'up')
    bench.check()
  })

  it('goes on when it is not asked for long, and publishes a burst in order', () => {
    const bench = make({ client: { limits: { packetIn: 12000, packetOut: 12000, outboxBytes: 60000, outboxCount: 100 } } })
    bench.up()
    const sent: Bytes[] = []
    for (let i = 0; i < 40; i = i + 1) {
      const payload = `${i}:${'x'.repeat(i * 20)}` as Bytes
      sent.push(payload)
      expect(bench.client.publish('burst', payload, i % 2 as 0 | 1)).toBeGreaterThan(0)
    }
    bench.run(60000)
    expect(bench.taken).toEqual(sent)
    expect(bench.heard.receipts).toHaveLength(40)
    expect(bench.heard.receipts.every(([, outcome]) => outcome === 'sent' || outcome === 'delivered')).toBe(true)
    bench.check()
  })
})
