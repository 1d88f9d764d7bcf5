import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'
import { BOTH_KINDS, hexDuring, mute } from './support.js'

/** The server publishes QoS 2 to topic "t" under this id, and the time for the answer passes. */
function send(h: SimClient, messageId: number, payload: string, dup = false): void {
  h.peer.publish({ topic: 't', qos: 2, messageId, payload, dup })
  h.run(50)
}

/** The broker does not answer acks: the test speaks for it. */
function scripted(h: SimClient): void {
  mute(h, 'pubrec')
  mute(h, 'pubcomp')
  mute(h, 'puback')
}

describe.each(BOTH_KINDS)('QoS 2 in, waits: %j', (waits) => {
  it('[S2-08] answers PUBLISH with PUBREC and PUBREL with PUBCOMP, byte for byte', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    scripted(h)
    expect(hexDuring(h, () => send(h, 0x0102, 'x'))).toBe('50 02 01 02')
    expect(hexDuring(h, () => {
      h.peer.pubrel(0x0102)
      h.run(50)
    })).toBe('70 02 01 02')
    expect(h.got.payloads('t')).toEqual(['x'])
  })

  it('hands a message over once, however often PUBLISH comes before PUBREL; DUP does not matter', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    scripted(h)
    send(h, 7, 'x')
    send(h, 7, 'x', true)
    send(h, 7, 'x', false)
    expect(h.got.payloads('t')).toEqual(['x'])
    expect(h.peer.all('pubrec')).toHaveLength(3)
    expect(h.client.stats()).toMatchObject({ received: 1, repeats: 2 })
    h.peer.pubrel(7)
    h.run(50)
    send(h, 7, 'y', true)
    expect(h.got.payloads('t')).toEqual(['x', 'y'])
  })

  it('keeps the receive set over a reconnect with Session Present 1', () => {
    const h = simClient({ sim: { waits }, clean: false, clientId: 'a' })
    h.up()
    scripted(h)
    send(h, 7, 'x')
    h.peer.close()
    h.run(5000)
    send(h, 7, 'x', true)
    expect(h.got.payloads('t')).toEqual(['x'])
    expect(hexDuring(h, () => {
      h.peer.pubrel(7)
      h.run(50)
    })).toBe('70 02 00 07')
  })

  it('forgets the receive set with Session Present 0', () => {
    const h = simClient({ sim: { waits }, clean: false, clientId: 'a' })
    h.up()
    scripted(h)
    send(h, 7, 'x')
    h.broker.loseSessions()
    h.run(5000)
    send(h, 7, 'y')
    expect(h.got.payloads('t')).toEqual(['x', 'y'])
  })

  it('forgets the receive set after a clean start', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    scripted(h)
    send(h, 7, 'x')
    h.peer.close()
    h.run(5000)
    send(h, 7, 'y')
    expect(h.got.payloads('t')).toEqual(['x', 'y'])
  })
})

describe('QoS 2 in under 3.1', () => {
  it('keeps the receive set with clean off, because the session may go on', () => {
    const h = simClient({ protocolVersion: 3, clean: false, clientId: 'a' })
    h.up()
    scripted(h)
    send(h, 7, 'x')
    h.peer.close()
    h.run(5000)
    send(h, 7, 'x', true)
    expect(h.got.payloads('t')).toEqual(['x'])
  })

  it('takes a PUBREL with DUP', () => {
    const h = simClient({ protocolVersion: 3, clientId: 'a' })
    h.up()
    scripted(h)
    send(h, 7, 'x')
    expect(hexDuring(h, () => {
      h.peer.raw('6a 02 00 07')
      h.run(50)
    })).toBe('70 02 00 07')
  })
})

describe('the receive set', () => {
  const limits = { packetIn: 1024 }

  it.each([3, 4] as const)('holds 64 ids; under version %i more are neither delivered nor answered, and the link closes when it has emptied', (protocolVersion) => {
    const h = simClient({ protocolVersion, clean: false, clientId: 'a', limits })
    h.up()
    scripted(h)
    for (let id = 1; id <= 66; id++) h.peer.publish({ topic: 't', qos: 2, messageId: id, payload: `${id}` })
    h.run(200)
    expect(h.got.payloads('t')).toHaveLength(64)
    expect(h.peer.all('pubrec')).toHaveLength(64)
    expect(h.got.state).toBe('up')
    for (let id = 1; id <= 64; id++) h.peer.pubrel(id)
    h.run(200)
    expect(h.peer.all('pubcomp')).toHaveLength(64)
    expect(h.got.links.findLast((link) => link.state === 'waiting')).toMatchObject({ cause: ErrorCode.ReceiveSetFull })
    h.run(5000)
    send(h, 65, '65', true)
    send(h, 66, '66', true)
    expect(h.got.payloads('t').slice(64)).toEqual(['65', '66'])
  })

  it('closes the link after 30 s when it does not empty', () => {
    const h = simClient({ clean: false, clientId: 'a', keepalive: 20 })
    h.up()
    scripted(h)
    for (let id = 1; id <= 65; id++) h.peer.publish({ topic: 't', qos: 2, messageId: id, payload: `${id}` })
    const sent = h.sim.now
    h.until(() => h.got.state === 'waiting', 60000, 'the end of the link')
    expect(h.sim.now - sent).toBeGreaterThanOrEqual(30000)
    expect(h.sim.now - sent).toBeLessThan(30100)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ReceiveSetFull, value: 64, limit: 64 })
  })

  it('is announced under 5.0 as Receive Maximum 64, and more close the link with 0x93', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    scripted(h)
    expect(h.peer.all('connect')[0]?.properties?.receiveMaximum).toBe(64)
    const said = hexDuring(h, () => {
      for (let id = 1; id <= 65; id++) h.peer.publish({ topic: 't', qos: 2, messageId: id, payload: `${id}` })
      h.run(100)
    })
    expect(said.endsWith('e0 01 93')).toBe(true)
    expect(h.got.payloads('t')).toHaveLength(64)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ReceiveSetFull })
  })

  it('is no larger than the Receive Maximum that the user announces', () => {
    const h = simClient({ protocolVersion: 5, properties: { receiveMaximum: 3 } })
    h.up()
    scripted(h)
    expect(h.peer.all('connect')[0]?.properties?.receiveMaximum).toBe(3)
    for (let id = 1; id <= 4; id++) h.peer.publish({ topic: 't', qos: 2, messageId: id, payload: `${id}` })
    h.run(100)
    expect(h.got.payloads('t')).toHaveLength(3)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ReceiveSetFull, value: 3, limit: 3 })
  })
})

describe('acks to the server', () => {
  it('go out in the order of arrival, QoS 1 and 2 mixed, after the callback returned', () => {
    const sentBefore: number[] = []
    const h = simClient({
      onMessage: () => {
        sentBefore.push(h.sim.trace.joined('out').length - begin)
      }
    })
    h.up()
    scripted(h)
    const begin = h.sim.trace.joined('out').length
    const said = hexDuring(h, () => {
      for (let id = 1; id <= 4; id++) h.peer.publish({ topic: 't', qos: id % 2 === 0 ? 2 : 1, messageId: id, payload: 'x' })
      h.run(50)
    })
    expect(said).toBe('40 02 00 01 50 02 00 02 40 02 00 03 50 02 00 04')
    expect(sentBefore).toHaveLength(4)
    sentBefore.forEach((bytes, i) => expect(bytes).toBeLessThanOrEqual(4 * i))
  })

  it('[S3-03] go out although the callback threw, and the link stays up', () => {
    const h = simClient({
      onMessage: () => {
        throw new Error('bad JSON')
      }
    })
    h.up()
    scripted(h)
    const said = hexDuring(h, () => {
      h.peer.publish({ topic: 't', qos: 1, messageId: 1, payload: 'x' })
      h.peer.publish({ topic: 't', qos: 2, messageId: 2, payload: 'x' })
      h.run(50)
    })
    expect(said).toBe('40 02 00 01 50 02 00 02')
    expect(h.got.state).toBe('up')
    expect(h.client.stats().callbackErrors).toBe(2)
  })

  it('are what frees the server\'s window: 500 messages of QoS 2 arrive once each', () => {
    const h = simClient()
    h.up()
    h.client.subscribe('t', 2)
    h.run(50)
    for (let i = 0; i < 500; i++) h.broker.publish('t', `${i}`, { qos: 2 })
    h.run(20000)
    expect(h.got.payloads('t')).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`))
    h.check()
  })
})
