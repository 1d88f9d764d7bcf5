/** The model broker alone, against bytes that mqtt-packet made. */
import { describe, expect, it } from 'vitest'
import { LinkCode } from '../../hal/hal.js'
import { RawClient, violations, world } from './broker-support.js'

const VERSIONS = [3, 4, 5] as const

describe.each(VERSIONS)('the model broker under version %i', (version) => {
  it('takes QoS 0, 1 and 2, acknowledges each, and sends them on at the granted QoS', () => {
    const w = world()
    const sub = new RawClient(w, version, 'sub').connect().subscribe(1, 't/+')
    const pub = new RawClient(w, version, 'pub').connect()
    pub.publish('t/0', 'zero', 0).publish('t/1', 'one', 1, 7).publish('t/2', 'two', 2, 8).ack('pubrel', 8)
    expect(pub.heard()).toBe('connack puback:7 pubrec:8 pubcomp:8')
    sub.pass(0)
    expect(sub.all('publish').map((packet) => [packet.topic, packet.payload.toString(), packet.qos])).toEqual([['t/0', 'zero', 0], ['t/1', 'one', 1], ['t/2', 'two', 2]])
    sub.ack('puback', 1).ack('pubrec', 2).ack('pubcomp', 2)
    expect(w.broker.oracle.taken.items.map((taken) => [taken.clientId, taken.topic, taken.payload, taken.qos, taken.packetId])).toEqual([
      ['pub', 't/0', 'zero', 0, 0], ['pub', 't/1', 'one', 1, 7], ['pub', 't/2', 'two', 2, 8]])
    expect(w.broker.oracle.acked.items.map((acked) => acked.payload)).toEqual(['one', 'two'])
    w.broker.check()
  })

  it('keeps a session with clean off: subscriptions, what came meanwhile, and what was in flight, with DUP and the same id', () => {
    const w = world()
    const expiry = version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {}
    const client = new RawClient(w, version).connect({ clean: false, ...expiry }).subscribe(1, 't')
    w.broker.publish('t', 'in flight' as never, 1)
    client.pass(100)
    expect(client.all('publish')[0]).toMatchObject({ dup: false, messageId: 1 })
    client.again()
    w.broker.publish('t', 'meanwhile' as never, 2)
    expect(w.broker.session('raw')).toMatchObject({ online: false, queued: 1, outgoing: [{ id: 1, awaits: 'puback' }] })
    client.connect({ clean: false, ...expiry })
    expect(client.connack.sessionPresent).toBe(version > 3)
    expect(client.all('publish').map((packet) => [packet.payload.toString(), packet.dup, packet.messageId])).toEqual([['in flight', true, 1], ['meanwhile', false, 2]])
    client.ack('puback', 1).ack('pubrec', 2)
    client.again().connect({ clean: false, ...expiry })
    expect(client.heard()).toBe('connack pubrel:2')
    client.ack('pubcomp', 2)
    expect(w.broker.session('raw')?.outgoing).toEqual([])
    client.again().connect({ clean: true })
    expect(client.connack.sessionPresent).toBe(false)
    expect(w.broker.session('raw')?.subscriptions).toEqual([])
    w.broker.check()
  })

  it('takes a QoS 2 message once for its id until PUBREL, at PUBLISH or at PUBREL as told', () => {
    for (const qos2At of ['publish', 'pubrel'] as const) {
      const w = world({ qos2At })
      const expiry = version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {}
      const client = new RawClient(w, version).connect({ clean: false, ...expiry }).publish('t', 'x', 2, 5)
      expect(w.broker.oracle.taken.total).toBe(qos2At === 'publish' ? 1 : 0)
      client.again().connect({ clean: false, ...expiry }).publish('t', 'x', 2, 5, { dup: true }).ack('pubrel', 5)
      client.again().connect({ clean: false, ...expiry }).ack('pubrel', 5)
      expect(client.heard()).toBe('connack pubcomp:5')
      expect(w.broker.oracle.taken.total).toBe(1)
      client.publish('t', 'y', 2, 5).ack('pubrel', 5)
      expect(w.broker.oracle.taken.items.map((taken) => taken.payload)).toEqual(['x', 'y'])
      w.broker.check()
    }
  })

  it('sends the will after RST, silence and takeover with clean on; not after DISCONNECT, nor after takeover with clean off', () => {
    const will = { topic: 'will', payload: Buffer.from('gone'), qos: 1 as const, retain: false }
    const life = (end: (client: RawClient, w: ReturnType<typeof world>) => void, clean = true): number => {
      const w = world()
      const watcher = new RawClient(w, 4, 'watcher').connect().subscribe(1, 'will')
      const client = new RawClient(w, version).connect({ will, keepalive: 10, clean, ...(version === 5 && !clean ? { properties: { sessionExpiryInterval: 100 } } : {}) })
      end(client, w)
      watcher.pass(100)
      return watcher.all('publish').length
    }
    expect(life((client) => client.again())).toBe(1)
    expect(life((client) => client.send({ cmd: 'disconnect' }))).toBe(0)
    expect(life((client) => client.pass(14000))).toBe(0)
    expect(life((client) => client.pass(15100))).toBe(1)
    expect(life((_client, w) => new RawClient(w, version).connect())).toBe(1)
    expect(life((_client, w) => new RawClient(w, version).connect({ clean: false }), false)).toBe(0)
    expect(life((_client, w) => w.broker.kick('raw', 'fin'))).toBe(1)
    expect(life((_client, w) => w.broker.stop('rst'))).toBe(0)
  })

  it('closes after 1.5 x keepalive of silence, and says so', () => {
    const w = world()
    const client = new RawClient(w, version).connect({ keepalive: 20 }).pass(29000)
    expect(client.status).toBe(1)
    client.send({ cmd: 'pingreq' }).pass(29800)
    expect(client.status).toBe(1)
    client.pass(500)
    expect(client.status).toBe(LinkCode.Closed)
    expect(w.broker.oracle.keepaliveExpired.items).toMatchObject([{ clientId: 'raw', keepalive: 20, silentMs: 30000 }])
    expect(w.broker.oracle.ends.items.map((end) => end.how)).toEqual(['keepalive'])
    expect(violations(w.broker)).toEqual([])
  })

  it('lets the newer of two connections with one id win, by FIN alone or with 0x8E as told', () => {
    for (const takeover of ['fin', 'reason'] as const) {
      const w = world({ takeover })
      const older = new RawClient(w, version).connect()
      const newer = new RawClient(w, version).connect()
      older.pass(100)
      expect([older.status, newer.status]).toEqual([LinkCode.Closed, 1])
      expect(older.all('disconnect').map((packet) => packet.reasonCode)).toEqual(takeover === 'reason' && version === 5 ? [0x8e] : [])
    }
  })

  it('refuses on demand with the code of the version, then closes', () => {
    const w = world({ login: (packet) => (packet.username === 'right' ? 0 : 0x86) })
    const wrong = new RawClient(w, version).connect({ username: 'wrong' })
    expect(wrong.connack.returnCode ?? wrong.connack.reasonCode).toBe(version === 5 ? 0x86 : 4)
    expect(wrong.status).toBe(LinkCode.Closed)
    w.broker.refuseNext(0x88, 2)
    for (const expected of [version === 5 ? 0x88 : 3, version === 5 ? 0x88 : 3, 0]) {
      const client = new RawClient(w, version).connect({ username: 'right' })
      expect(client.connack.returnCode ?? client.connack.reasonCode).toBe(expected)
    }
  })

  it('drops the link over a forbidden filter or topic, refuses it, or lets it pass, as told', () => {
    const w = world({ authorizeSubscribe: (_id, filter) => (filter === 'no' ? 'refuse' : filter === 'never' ? 'close' : 'allow'), authorizePublish: (_id, topic) => (topic === 'no' ? 'refuse' : topic === 'never' ? 'close' : 'allow') })
    const client = new RawClient(w, version).connect().subscribe(1, 'yes', 'no')
    expect(client.all('suback')[0]?.granted).toEqual([2, version === 5 ? 0x87 : 0x80])
    client.publish('no', 'x', 1, 2)
    expect(client.all('puback')[0]?.reasonCode ?? 0).toBe(version === 5 ? 0x87 : 0)
    expect(w.broker.oracle.taken.total).toBe(0)
    client.subscribe(3, 'never')
    expect(client.status).toBe(LinkCode.Closed)
    const other = new RawClient(w, version).connect().publish('never', 'x', 0)
    expect(other.status).toBe(LinkCode.Closed)
    w.broker.check()
  })

  it('forgets or keeps its sessions over a restart, and ends connections as told', () => {
    for (const keepSessions of [true, false]) {
      for (const how of ['fin', 'rst', 'silent'] as const) {
        const w = world()
        const expiry = version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {}
        const client = new RawClient(w, version).connect({ clean: false, ...expiry }).subscribe(1, 't')
        w.broker.publish('kept', 'r' as never, 0, true)
        w.broker.restart({ keepSessions, how, downMs: 5000 })
        client.pass(1000)
        expect(client.status).toBe(how === 'fin' ? LinkCode.Closed : how === 'rst' ? LinkCode.Reset : 1)
        if (how === 'silent') {
          client.send({ cmd: 'pingreq' }).pass(1000)
          expect(client.status).toBe(1)
        }
        const late = new RawClient(w, version, 'late')
        expect(late.status).toBe(how === 'silent' ? 0 : LinkCode.TcpRefused)
        client.pass(5000)
        expect(client.status).toBeLessThan(0)
        client.again().connect({ clean: false, ...expiry })
        expect(client.connack.sessionPresent).toBe(keepSessions && version > 3)
        expect(w.broker.session('raw')?.subscriptions.map((subscription) => subscription.filter)).toEqual(keepSessions ? ['t'] : [])
        expect(w.broker.retained('kept')?.payload).toBe('r')
      }
    }
  })
})
