import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode } from '../../hal/hal.js'
import { simClient } from '../support/harness.js'
import { BOTH_KINDS, hexDuring } from './support.js'

type Case = [what: string, bytes: string, code: number, goodbye: string]

const cases: Case[] = [
  ['a length of five bytes', '30 ff ff ff ff 01', ErrorCode.Malformed, '81'],
  ['packet type 0', '00 00', ErrorCode.Malformed, '81'],
  ['a PINGRESP with flags', 'd1 00', ErrorCode.Malformed, '81'],
  ['a PINGRESP with a body', 'd0 01 00', ErrorCode.Malformed, '81'],
  ['a PUBREL without its flags', '60 02 00 01', ErrorCode.Malformed, '81'],
  ['QoS 3', '36 05 00 01 74 00 01', ErrorCode.Malformed, '81'],
  ['a topic longer than the packet', '30 04 00 09 74 74', ErrorCode.Malformed, '81'],
  ['a client\'s packet, CONNECT', '10 00', ErrorCode.Malformed, '81'],
  ['a client\'s packet, PINGREQ', 'c0 00', ErrorCode.Malformed, '81'],
  ['a wildcard in a topic', '30 03 00 01 23', ErrorCode.Malformed, '81'],
  ['a topic that is not UTF-8', '30 03 00 01 ff', ErrorCode.Malformed, '81'],
  ['QoS 1 with packet id 0', '32 05 00 01 74 00 00', ErrorCode.ProtocolError, '82'],
  ['a PUBACK of three bytes under 3.1.1', '40 03 00 01 00', ErrorCode.Malformed, '']
]

describe.each([4, 5] as const)('bytes that the specification answers with a close, version %i', (protocolVersion) => {
  it.each(cases.filter((entry) => entry[3] !== '' || protocolVersion === 4))('%s', (_what, bytes, code, goodbye) => {
    const h = simClient({ protocolVersion })
    h.up()
    // A PUBLISH of 5.0 has a length of its properties.
    const sent = protocolVersion === 5 && /^3/.test(bytes) && goodbye !== '81' ? '32 06 00 01 74 00 00 00' : bytes
    const said = hexDuring(h, () => {
      h.peer.raw(sent)
      h.run(100)
    })
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: code })
    expect(h.client.explain().code).toBe(code)
    if (protocolVersion === 5) expect(said).toBe(`e0 01 ${goodbye}`)
    else expect(said).toBe('')
    expect(h.got.messages).toEqual([])
    h.run(3000)
    expect(h.got.state).toBe('up')
  })
})

describe('a server that misbehaves', () => {
  it('with a packet above the limit that is no PUBLISH: closed as inbound-too-large', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    const said = hexDuring(h, () => {
      h.peer.raw('90 81 10 00 01')
      h.run(100)
    })
    expect(said).toBe('e0 01 95')
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.InboundTooLarge, value: 2052, limit: 1024 })
  })

  it.each(BOTH_KINDS)('[S2-11] FIN and RST are two causes, and both reconnect, waits: %j', (waits) => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.peer.close()
    h.run(20)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ClosedByServer })
    h.run(5000)
    h.peer.rst()
    h.run(20)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: LinkCode.Reset })
    h.run(5000)
    expect(h.got.state).toBe('up')
  })

  it('[S2-11] a 5.0 DISCONNECT gives its reason and its words', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.peer.disconnect(0x8b, { reasonString: 'going down' })
    h.peer.close()
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ServerDisconnected })
    expect(h.client.explain()).toMatchObject({ reason: 0x8b, detail: 'going down' })
  })

  it('is not hammered: the connects of an hour are few', () => {
    for (const bytes of ['00 00', 'ff', '20 02 00 07', '48 54 54 50']) {
      const h = simClient({ sim: { traceLimit: 0 } })
      h.broker.on('connect', (_packet, peer) => {
        peer.raw(bytes)
        return true
      })
      h.client.connect()
      h.run(3600000)
      expect(h.broker.peers.length).toBeLessThan(70)
      expect(h.broker.peers.length).toBeGreaterThan(50)
      expect(h.device.openSockets).toBeLessThanOrEqual(1)
      h.sim.check()
    }
  })

  it('that announces a packet of 256 MB and sends for ever costs no memory: a PUBLISH is skipped', () => {
    const h = simClient({ sim: { traceLimit: 0 } })
    h.up()
    h.peer.raw('30 ff ff ff 7f 00 01 74')
    for (let i = 0; i < 50; i++) {
      h.peer.raw(Buffer.alloc(10000, 0x41))
      h.run(100)
      const scanner = h.client.core_!.scanner_
      expect(scanner.held_ + scanner.chunk_.length).toBeLessThan(70000)
    }
    expect(h.got.state).toBe('up')
    expect(h.client.stats().oversize).toBe(1)
    expect(h.client.stats().bytesIn).toBeGreaterThan(400000)
  })

  it('that closes in the middle of a packet leaves nothing behind for the next connection', () => {
    const h = simClient()
    h.up()
    h.peer.raw('30 20 00 01 74 41 41')
    h.peer.close()
    h.run(5000)
    expect(h.got.state).toBe('up')
    h.peer.publish({ topic: 'u', payload: 'whole' })
    h.run(50)
    expect(h.got.payloads('u')).toEqual(['whole'])
  })

  it('that sends a PINGRESP nobody asked for is forgiven', () => {
    const h = simClient()
    h.up()
    for (let i = 0; i < 100; i++) h.peer.pingresp()
    h.run(100)
    expect(h.got.state).toBe('up')
  })

  it('that floods with PUBLISH is read at the pace of slices, and all arrives', () => {
    const h = simClient({ sim: { traceLimit: 0 }, limits: { slicePackets: 4, sliceBytes: 256 } })
    h.up()
    for (let i = 0; i < 10000; i++) h.peer.publish({ topic: 't', payload: `${i}` })
    h.run(60000)
    expect(h.got.messages).toHaveLength(10000)
    expect(h.got.messages.at(-1)?.payload).toBe('9999')
    h.check()
  })
})

describe('1000 reconnects', () => {
  it('[S2-06] leave nothing behind in the client: no socket, no entry, no id', () => {
    const h = simClient({ sim: { traceLimit: 0 }, reconnectPeriod: 10, reconnectPeriodMax: 10 })
    h.up()
    h.client.subscribe('t', 1)
    for (let i = 0; i < 1000; i++) {
      const n = h.broker.peers.length
      h.client.publish('t', h.bytes('x'), (i % 3) as 0 | 1 | 2)
      h.run(i % 100)
      // Plain closes in such numbers would be a sign of a second client with this id.
      h.peer.rst()
      h.until(() => h.broker.peers.length > n && h.got.state === 'up', 5000, 'the link')
    }
    h.run(1000)
    const core = h.client.core_!
    expect(h.client.stats()).toMatchObject({ connects: 1001, drops: 1000, outboxCount: 0, outboxBytes: 0, inflight: 0 })
    expect(h.device.openSockets).toBe(1)
    expect([core.registry_.entries_.length, core.registry_.requests_.length, core.retired_.length, core.receiveSet_.length, core.aliases_.length, core.behind_.length, core.tx_.parts_.length, core.outbox_.owed_]).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
    expect(h.got.receipts).toHaveLength(h.client.stats().accepted)
    expect(h.client.stats().accepted).toBeGreaterThan(900)
    h.check()
  })
})
