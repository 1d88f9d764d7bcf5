import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { hexDuring, mute, outcomes, publishIds } from './support.js'

type Version = 3 | 4 | 5

/** A client with one QoS 1 or 2 publish that the broker does not answer. Its id. */
function inFlight(h: SimClient, qos: 1 | 2): { id: number; token: number } {
  h.up()
  mute(h, 'publish')
  const token = h.client.publish('t', h.bytes('x'), qos)
  h.run(50)
  return { id: publishIds(h.peer)[0]!, token }
}

function be(id: number): string {
  return id.toString(16).padStart(4, '0').replace(/(..)(..)/, '$1 $2')
}

/** What the client answers when the server sends these bytes. */
function answer(h: SimClient, bytes: string): string {
  return hexDuring(h, () => {
    h.peer.raw(bytes)
    h.run(50)
  })
}

function world(protocolVersion: Version, more: WorldOptions = {}): SimClient {
  return simClient({ protocolVersion, ...more })
}

describe.each([3, 4, 5] as const)('acks for ids that we do not know, version %i', (version) => {
  const v5 = version === 5

  it('PUBREC is answered with PUBREL, under 5.0 with reason 0x92', () => {
    const h = world(version)
    h.up()
    mute(h, 'pubrel')
    expect(answer(h, '50 02 12 34')).toBe(v5 ? '62 03 12 34 92' : '62 02 12 34')
    expect(h.client.stats().strayAcks).toBe(1)
    expect(h.got.state).toBe('up')
  })

  it('PUBREL is answered with PUBCOMP, under 5.0 with reason 0x92', () => {
    const h = world(version)
    h.up()
    expect(answer(h, '62 02 12 34')).toBe(v5 ? '70 03 12 34 92' : '70 02 12 34')
    expect(h.got.state).toBe('up')
  })

  it.each([['PUBACK', '40 02 12 34'], ['PUBCOMP', '70 02 12 34'], ['SUBACK', v5 ? '90 04 12 34 00 00' : '90 03 12 34 00'], ['UNSUBACK', v5 ? 'b0 04 12 34 00 00' : 'b0 02 12 34']])('%s is counted and nothing else', (_name, bytes) => {
    const h = world(version)
    h.up()
    expect(answer(h, bytes)).toBe('')
    expect(h.client.stats().strayAcks).toBe(1)
    expect(h.got.state).toBe('up')
  })
})

it('an unknown PUBREC of 0x80 or more is not answered', () => {
  const h = world(5)
  h.up()
  expect(answer(h, '50 03 12 34 97')).toBe('')
  expect(h.got.state).toBe('up')
})

describe.each([3, 4, 5] as const)('acks of the wrong kind for a live id, version %i', (version) => {
  const goodbye = version === 5 ? 'e0 01 82' : ''
  const cases: [string, 1 | 2, (id: number) => string][] = [
    ['PUBREC for QoS 1', 1, (id) => `50 02 ${be(id)}`],
    ['PUBCOMP for QoS 1', 1, (id) => `70 02 ${be(id)}`],
    ['SUBACK for QoS 1', 1, (id) => version === 5 ? `90 04 ${be(id)} 00 00` : `90 03 ${be(id)} 00`],
    ['UNSUBACK for QoS 1', 1, (id) => version === 5 ? `b0 04 ${be(id)} 00 00` : `b0 02 ${be(id)}`],
    ['PUBACK for QoS 2', 2, (id) => `40 02 ${be(id)}`],
    ['PUBCOMP for QoS 2 before PUBREC', 2, (id) => `70 02 ${be(id)}`]
  ]
  it.each(cases)('%s closes the link as a protocol error', (_name, qos, bytes) => {
    const h = world(version)
    const { id, token } = inFlight(h, qos)
    expect(answer(h, bytes(id))).toBe(goodbye)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
    expect(h.client.explain().code).toBe(ErrorCode.ProtocolError)
    expect(h.got.receipt(token)).toBeUndefined()
  })

  it.each([['PUBACK', '40'], ['PUBREC', '50'], ['PUBCOMP', '70']])('%s for a SUBSCRIBE closes the link as a protocol error', (_name, first) => {
    const h = world(version)
    h.up()
    mute(h, 'subscribe')
    h.client.subscribe('a', 0)
    h.run(50)
    const id = h.peer.all('subscribe')[0]!.messageId!
    expect(answer(h, `${first} 02 ${be(id)}`)).toBe(goodbye)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
  })

  it('UNSUBACK for a SUBSCRIBE closes the link as a protocol error', () => {
    const h = world(version)
    h.up()
    mute(h, 'subscribe')
    h.client.subscribe('a', 0)
    h.run(50)
    const id = h.peer.all('subscribe')[0]!.messageId!
    expect(answer(h, version === 5 ? `b0 04 ${be(id)} 00 00` : `b0 02 ${be(id)}`)).toBe(goodbye)
    expect(h.got.state).toBe('waiting')
  })
})

describe.each([3, 4, 5] as const)('QoS 2 out, version %i', (version) => {
  it('PUBREC for an id in its PUBREL phase brings PUBREL again, and PUBCOMP ends it once', () => {
    const h = world(version)
    const { id, token } = inFlight(h, 2)
    mute(h, 'pubrel')
    expect(answer(h, `50 02 ${be(id)}`)).toBe(`62 02 ${be(id)}`)
    expect(answer(h, `50 02 ${be(id)}`)).toBe(`62 02 ${be(id)}`)
    expect(h.got.receipt(token)).toBeUndefined()
    expect(answer(h, `70 02 ${be(id)}`)).toBe('')
    expect(h.got.receipts).toMatchObject([{ token, outcome: 'delivered', reason: 0 }])
    answer(h, `70 02 ${be(id)}`)
    expect(h.got.receipts).toHaveLength(1)
  })
})

describe('refusals under 5.0', () => {
  it('PUBACK of 0x80 or more ends the message as rejected, with the reason', () => {
    const h = world(5)
    const { id, token } = inFlight(h, 1)
    answer(h, `40 03 ${be(id)} 87`)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: 0x87 })
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.PublishRefused, reason: 0x87 })
    expect(h.got.state).toBe('up')
  })

  it('PUBACK below 0x80 delivers, with the reason: 0x10 is no subscriber', () => {
    const h = world(5)
    const { id, token } = inFlight(h, 1)
    answer(h, `40 03 ${be(id)} 10`)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'delivered', reason: 0x10 })
  })

  it('PUBREC of 0x80 or more ends the message as rejected, and no PUBREL follows', () => {
    const h = world(5)
    const { id, token } = inFlight(h, 2)
    expect(answer(h, `50 03 ${be(id)} 99`)).toBe('')
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: 0x99 })
    expect(h.client.stats()).toMatchObject({ rejected: 1, inflight: 0, outboxCount: 0 })
  })

  it('PUBCOMP 0x92 to our PUBREL is delivered', () => {
    const h = world(5)
    const { id, token } = inFlight(h, 2)
    answer(h, `50 02 ${be(id)}`)
    answer(h, `70 03 ${be(id)} 92`)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'delivered', reason: 0x92 })
  })

  it('PUBREC 0x91 to a first PUBLISH sends it once more under a new id, and rejects it the second time', () => {
    const h = world(5)
    const { id, token } = inFlight(h, 2)
    answer(h, `50 03 ${be(id)} 91`)
    const ids = publishIds(h.peer)
    expect(ids).toHaveLength(2)
    expect(ids[1]).not.toBe(id)
    expect(h.peer.all('publish').map((packet) => packet.dup)).toEqual([false, false])
    expect(h.got.receipt(token)).toBeUndefined()
    answer(h, `50 03 ${be(ids[1]!)} 91`)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: 0x91 })
    expect(publishIds(h.peer)).toHaveLength(2)
  })

  it('PUBREC 0x91 to a PUBLISH with DUP 1 counts as received', () => {
    const h = world(5, { clean: false, clientId: 'a' })
    const { id, token } = inFlight(h, 2)
    h.peer.close()
    h.run(5000)
    expect(h.peer.all('publish')).toMatchObject([{ messageId: id, dup: true }])
    expect(answer(h, `50 03 ${be(id)} 91`)).toBe(`62 02 ${be(id)}`)
    h.run(100)
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })
})

describe('acks that do not come', () => {
  it('close the link with ack-timeout after 60 s without progress, and the message goes again with DUP', () => {
    const h = world(4, { clean: false, clientId: 'a', keepalive: 30 })
    const { id, token } = inFlight(h, 1)
    const sent = h.sim.now - 50
    h.until(() => h.got.state === 'waiting', 100000, 'the end of the link')
    expect(h.sim.now - sent).toBe(60000)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.AckTimeout, value: 60000, limit: 60000 })
    expect(h.got.receipt(token)).toBeUndefined()
    h.run(3000)
    expect(h.peer.all('publish')).toMatchObject([{ messageId: id, dup: true }])
  })

  it('for the same message twice, while pings are answered, end it as rejected with no-ack', () => {
    const h = world(4, { clean: false, clientId: 'a', keepalive: 30 })
    const { token } = inFlight(h, 2)
    h.until(() => h.got.receipt(token) !== undefined, 200000, 'the receipt')
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.NoAck })
    expect(h.client.stats().drops).toBe(2)
    h.run(200000)
    expect(h.broker.peers).toHaveLength(3)
    expect(h.got.receipts).toHaveLength(1)
    h.check()
  })

  it('are not excused by progress of others that is none: SUBACK and stray acks', () => {
    const h = world(4, { clean: false, clientId: 'a', keepalive: 30 })
    inFlight(h, 1)
    const sent = h.sim.now - 50
    for (let i = 0; i < 5; i++) {
      h.client.subscribe(`a/${i}`, 0)
      h.peer.raw('40 02 ff fe')
      h.run(10000)
    }
    h.until(() => h.got.state === 'waiting', 20000, 'the end of the link')
    expect(h.sim.now - sent).toBe(60000)
  })

  it('are counted from the last ack: a slow server is left alone', () => {
    const h = world(4, { keepalive: 30 })
    h.up()
    const late: (() => void)[] = []
    h.broker.on('publish', (packet, peer) => {
      late.push(() => peer.puback(packet.messageId!))
      return true
    })
    const tokens = Array.from({ length: 5 }, () => h.client.publish('t', h.bytes('x'), 1))
    for (let i = 0; i < 5; i++) {
      h.run(50000)
      late[i]!()
    }
    h.run(1000)
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
    expect(h.client.stats().drops).toBe(0)
  })

  it.each([3, 4, 5] as const)('resend nothing on a live connection, version %i', (version) => {
    const h = world(version, { ackTimeout: 3600000, keepalive: 30 })
    inFlight(h, 2)
    h.run(3500000)
    expect(h.peer.all('publish')).toHaveLength(1)
    expect(h.broker.peers).toHaveLength(1)
  })

  it('are awaited for PUBREL as well', () => {
    const h = world(4, { clean: false, clientId: 'a', keepalive: 30 })
    h.up()
    mute(h, 'pubrel')
    const token = h.client.publish('t', h.bytes('x'), 2)
    h.until(() => h.got.state === 'waiting', 100000, 'the end of the link')
    expect(h.client.explain().code).toBe(ErrorCode.AckTimeout)
    h.run(5000)
    expect(h.peer.all('pubrel')).toHaveLength(1)
    expect(h.peer.all('publish')).toHaveLength(0)
    h.until(() => h.got.receipt(token) !== undefined, 100000, 'the receipt')
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.NoAck })
  })
})
