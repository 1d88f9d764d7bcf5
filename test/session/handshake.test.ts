import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { allOf, BOTH_KINDS, reconnect, sentence, sentHex } from './support.js'
import type { Bytes, Options } from '../../firmware/types.js'

describe('CONNECT byte for byte', () => {
  it('[S1-03] [S0-17] [S2-05] 3.1.1: MQTT, level 4, clean, keepalive 120, the id', () => {
    const h = simClient({ clientId: 'ab' })
    h.up()
    expect(sentHex(h)).toBe('10 0e 00 04 4d 51 54 54 04 02 00 78 00 02 61 62')
  })

  it('[S1-03] [S0-17] [S2-05] 3.1: MQIsdp, level 3', () => {
    const h = simClient({ clientId: 'ab', protocolVersion: 3 })
    h.up()
    expect(sentHex(h)).toBe('10 10 00 06 4d 51 49 73 64 70 03 02 00 78 00 02 61 62')
  })

  it('[S2-05] 5.0: level 5, Receive Maximum 64, Maximum Packet Size 1024', () => {
    const h = simClient({ clientId: 'ab', protocolVersion: 5 })
    h.up()
    expect(sentHex(h)).toBe('10 17 00 04 4d 51 54 54 05 02 00 78 08 21 00 40 27 00 00 04 00 00 02 61 62')
  })

  it('[S0-05] user name and password', () => {
    const h = simClient({ clientId: 'a', username: 'u', password: 'p\xff' as Bytes })
    h.up()
    expect(sentHex(h)).toBe('10 14 00 04 4d 51 54 54 04 c2 00 78 00 01 61 00 01 75 00 02 70 ff')
  })

  it('[S0-12] a will of QoS 2, retained', () => {
    const h = simClient({ clientId: 'a', will: { topic: 'w', payload: 'x' as Bytes, qos: 2, retain: true } })
    h.up()
    expect(sentHex(h)).toBe('10 13 00 04 4d 51 54 54 04 36 00 78 00 01 61 00 01 77 00 01 78')
  })
})

describe('the client id', () => {
  it('is made from the device\'s id when none is given, and the same on every connection', () => {
    const h = simClient({ sim: { id: 'imei123' } })
    h.up()
    reconnect(h)
    expect(allOf(h, 'connect').map((packet) => packet.clientId)).toEqual(['yieldmq-imei123', 'yieldmq-imei123'])
  })

  it('under 3.1 is cut to the last 23 characters of it', () => {
    const h = simClient({ sim: { id: '0123456789ABCDEFGHIJ' }, protocolVersion: 3 })
    h.up()
    expect(h.peer.all('connect')[0]?.clientId).toBe('edmq-0123456789ABCDEFGHIJ'.slice(-23))
  })

  it('[S2-07] may be empty under 3.1.1 with clean', () => {
    const h = simClient({ clientId: '' })
    h.up()
    expect(h.peer.all('connect')[0]).toMatchObject({ clientId: '', clean: true })
  })

  it('[S2-07] may be empty under 5.0, and what the server assigned is used until destroy', () => {
    const h = simClient({ clientId: '', protocolVersion: 5, clean: false })
    h.up()
    expect(h.client.server()?.assignedClientIdentifier).toBe('assigned-1')
    reconnect(h)
    reconnect(h)
    h.client.disconnect()
    h.run(100)
    h.up()
    expect(allOf(h, 'connect').map((packet) => packet.clientId)).toEqual(['', 'assigned-1', 'assigned-1', 'assigned-1'])
    expect(h.got.links.at(-1)?.sessionPresent).toBe(true)
  })

  it('[S2-07] of more than 23 bytes is taken under 3.1 with longClientId', () => {
    const h = simClient({ clientId: 'x'.repeat(24), protocolVersion: 3, longClientId: true })
    h.up()
    expect(h.peer.all('connect')[0]?.clientId).toBe('x'.repeat(24))
  })
})

describe('a password without a user name', () => {
  it('is legal in 5.0', () => {
    const h = simClient({ protocolVersion: 5, password: 'p' as Bytes })
    h.up()
    expect(h.peer.all('connect')[0]).toMatchObject({ password: Buffer.from('p') })
  })
})

describe('before CONNACK', () => {
  it.each([3, 4, 5] as const)('nothing is sent, whatever was asked for, version %i', (protocolVersion) => {
    const h = simClient({ protocolVersion, keepalive: 1 })
    h.broker.on('connect', (_packet, peer) => {
      peer.wire.after(9000, () => h.broker.welcome(peer))
      return true
    })
    h.client.connect()
    h.run(100)
    h.client.publish('t', h.bytes('0'), 0)
    h.client.publish('t', h.bytes('1'), 1)
    h.client.subscribe('t', 0)
    h.run(8900)
    expect(h.peer.heard()).toBe('connect')
    h.run(500)
    expect(h.peer.heard()).toMatch(/^connect (pingreq )?subscribe publish publish/)
  })

  const intruders: [string, string][] = [['PUBLISH', '30 03 00 01 74'], ['SUBACK', '90 03 00 01 00'], ['PINGRESP', 'd0 00'], ['PUBACK', '40 02 00 01']]
  it.each(intruders)('a %s from the server is a protocol error', (_name, bytes) => {
    const h = simClient()
    h.broker.on('connect', (_packet, peer) => {
      peer.raw(bytes)
      return true
    })
    h.client.connect()
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
    expect(h.got.messages).toEqual([])
  })

  it('bytes that are not MQTT are named: not-mqtt with the first byte', () => {
    const h = simClient()
    h.broker.on('connect', (_packet, peer) => {
      peer.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
      peer.close()
      return true
    })
    h.client.connect()
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.NotMqtt })
    expect(h.client.explain().value).toBe('H'.charCodeAt(0))
  })

  it.each([3, 4] as const)('packet type 14 is closed-by-server in version %i', (protocolVersion) => {
    const h = simClient({ protocolVersion })
    h.broker.on('connect', (_packet, peer) => {
      peer.raw('e0 00')
      peer.close()
      return true
    })
    h.client.connect()
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ClosedByServer })
  })
})

describe('after CONNACK', () => {
  it.each([3, 4] as const)('packet type 14 is closed-by-server in version %i', (protocolVersion) => {
    const h = simClient({ protocolVersion })
    h.up()
    h.peer.raw('e0 00')
    h.run(50)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ClosedByServer })
  })

  it.each([3, 4, 5] as const)('a second CONNACK is a protocol error, version %i', (protocolVersion) => {
    const h = simClient({ protocolVersion })
    h.up()
    h.peer.connack()
    h.run(50)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
    if (protocolVersion === 5) expect(sentHex(h, 1).endsWith('e0 01 82')).toBe(true)
  })
})

describe.each(BOTH_KINDS)('connectTimeout, waits: %j', (waits) => {
  /** The end of the first attempt. */
  function end(h: SimClient): { t: number; cause: number; detail: string } {
    h.client.connect()
    h.run(60000)
    const link = h.got.links.find((entry) => entry.state === 'waiting')!
    return { t: link.t, cause: link.cause, detail: '' }
  }

  const stages: [string, (h: SimClient) => void][] = [
    ['a name that is not answered', (h) => h.sim.network.name('broker', 'hang')],
    ['a connect that hangs', (h) => h.broker.listen(h.sim).connect('hang')],
    ['a CONNACK that never comes', (h) => void h.broker.on('connect', () => true)]
  ]
  it.each(stages)('[S3-05] bounds %s: 10 s when nothing is said', (_name, prepare) => {
    const h = simClient({ sim: { waits } })
    prepare(h)
    expect(end(h)).toMatchObject({ t: 10000, cause: ErrorCode.ConnectTimeout })
  })

  it.each(stages)('[S3-05] bounds %s where it is given', (_name, prepare) => {
    const h = simClient({ sim: { waits }, connectTimeout: 3000 })
    prepare(h)
    expect(end(h)).toMatchObject({ t: 3000, cause: ErrorCode.ConnectTimeout })
  })

  it('names its stage', () => {
    const stage = (prepare: (h: SimClient) => void): string => {
      const h = simClient({ sim: { waits } })
      prepare(h)
      h.client.connect()
      h.run(10500)
      return `${h.client.explain().detail}: ${sentence(h.client)}`
    }
    expect(stage(stages[1]![1])).toMatch(/^tcp: Not connected after 10000 ms, the limit is 10000; it stands at tcp/)
    expect(stage(stages[2]![1])).toMatch(/^connack: .*it stands at connack/)
  })
})

describe('each layer that fails', () => {
  const at = (options: WorldOptions, prepare: (h: SimClient) => void): SimClient => {
    const h = simClient(options)
    prepare(h)
    h.client.connect()
    h.run(500)
    return h
  }
  const tls = [{ host: 'broker', port: 1883, tls: {} }]
  const layers: [string, number, WorldOptions, (h: SimClient) => void][] = [
    ['DNS', LinkCode.DnsFailed, {}, (h) => h.sim.network.name('broker', 'fail')],
    ['TCP refused', LinkCode.TcpRefused, {}, (h) => h.broker.listen(h.sim).connect('refuse')],
    ['TCP time-out', LinkCode.TcpTimeout, { sim: { conditions: { giveUpMs: 200 } } }, (h) => h.broker.listen(h.sim).connect('hang')],
    ['TLS', LinkCode.TlsFailed, { servers: tls }, (h) => void h.broker.listen(h.sim, 'broker', 1883, { tls: 'fails' })],
    ['certificate', LinkCode.TlsCertificate, { servers: tls }, (h) => void h.broker.listen(h.sim, 'broker', 1883, { tls: 'untrusted' })],
    ['MQTT', ErrorCode.ConnectRefused, { broker: { authorize: () => 5 } }, () => undefined],
    ['RST', LinkCode.Reset, {}, (h) => void h.broker.on('connect', (_packet, peer) => {
      peer.rst()
      return true
    })],
    ['FIN', ErrorCode.ClosedByServer, {}, (h) => void h.broker.on('connect', (_packet, peer) => {
      peer.close()
      return true
    })]
  ]
  it.each(layers)('[S2-14] is told by its own code: %s', (_name, code, options, prepare) => {
    const h = at(options, prepare)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: code })
    expect(h.client.explain().code).toBe(code)
    expect(h.client.stats()).toMatchObject({ connects: 0, failures: 1, drops: 0 })
    expect(sentence(h.client).length).toBeGreaterThan(30)
  })

  it('[S2-14] a refusal followed by FIN at once is not lost', () => {
    const h = at({ broker: { authorize: () => 4 } }, () => undefined)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ConnectRefused, reason: 4 })
    expect(sentence(h.client)).toMatch(/4 \(/)
  })
})

describe('the credentials callback', () => {
  it('[S1-08] is asked before every CONNECT, and what it set is sent', () => {
    let asked = 0
    const h = simClient({
      credentials: (into: Options) => {
        asked += 1
        into.username = `user${asked}`
        into.password = `token${asked}` as Bytes
        into.clientId = 'me'
        return 0
      }
    })
    h.up()
    reconnect(h)
    reconnect(h)
    expect(asked).toBe(3)
    expect(allOf(h, 'connect').map((packet) => [packet.clientId, packet.username, packet.password?.toString()])).toEqual([1, 2, 3].map((n) => ['me', `user${n}`, `token${n}`]))
  })

  it('that fails fails the attempt, without a socket; the next attempt asks again', () => {
    let asked = 0
    const h = simClient({
      credentials: () => {
        asked += 1
        return asked < 3 ? -7 : 0
      }
    })
    h.client.connect()
    h.run(10)
    expect(h.sim.network.attempts).toHaveLength(0)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.CredentialsFailed, value: -7 })
    h.run(10000)
    expect(h.got.state).toBe('up')
    expect(asked).toBe(3)
  })

  it('that throws fails the attempt too', () => {
    let asked = 0
    const h = simClient({
      credentials: () => {
        asked += 1
        if (asked === 1) throw new Error('no clock')
        return 0
      }
    })
    h.client.connect()
    h.run(5000)
    expect(h.got.state).toBe('up')
    expect(h.client.stats()).toMatchObject({ callbackErrors: 1, failures: 1, connects: 1 })
  })

  it('that sets what cannot be sent fails the attempt with its code', () => {
    const h = simClient({
      credentials: (into: Options) => {
        into.password = 'p' as Bytes
        return 0
      }
    })
    h.client.connect()
    h.run(10000)
    expect(h.sim.network.attempts).toHaveLength(0)
    expect(h.client.explain().code).toBe(ErrorCode.PasswordWithoutUsername)
  })
})
