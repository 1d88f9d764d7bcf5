import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, hexDuring, mute } from './support.js'
import type { Bytes } from '../../firmware/types.js'

/** A body of `n` bytes that shows where each piece belongs. */
function body(n: number): Bytes {
  let text = ''
  for (let i = 0; text.length < n; i++) text += `${i},`
  return text.slice(0, n) as Bytes
}

interface Piece { topic: string; offset: number; length: number; total: number }

/** A client that puts streams together. */
function collecting(options: WorldOptions = {}): { h: SimClient; pieces: Piece[]; texts: string[] } {
  const pieces: Piece[] = []
  const texts: string[] = []
  const h = simClient({
    ...options,
    onStream: (topic, chunk, offset, total) => {
      if (offset === 0) texts.push('')
      expect(texts.at(-1)).toHaveLength(offset)
      texts[texts.length - 1] += chunk
      pieces.push({ topic, offset, length: chunk.length, total })
      return 0
    }
  })
  return { h, pieces, texts }
}

it.each([4, 5] as const)('what comes in pieces says its QoS, id and flags, and under 5.0 its properties, version %i', (protocolVersion) => {
  const seen: unknown[] = []
  const h = simClient({ protocolVersion, onStream: (_topic, _chunk, offset, _total, packet) => { if (offset === 0) seen.push({ ...packet }); return 0 } })
  h.up()
  mute(h, 'puback')
  h.peer.publish({ topic: 'a', payload: body(3000), qos: 1, messageId: 5, retain: true, dup: true, ...(protocolVersion === 5 ? { properties: { contentType: 'c' } } : {}) })
  h.peer.publish({ topic: 'b', payload: body(3000) })
  h.run(1000)
  expect(seen).toMatchObject([{ qos: 1, packetId: 5, retain: true, dup: true }, { qos: 0, packetId: 0, retain: false, dup: false }])
  expect((seen[0] as { properties?: { contentType?: string } }).properties?.contentType).toBe(protocolVersion === 5 ? 'c' : undefined)
  h.check()
})

describe.each(BOTH_KINDS)('large messages in, waits: %j', (waits) => {
  it.each([4, 5] as const)('[S1-22] [S1-20] come through onStream in pieces, whole and in order, and are acknowledged at the end, version %i', (protocolVersion) => {
    for (const piecesIn of [1460, 536, 1, [1, 1000, 7] as const]) {
      const { h, pieces, texts } = collecting({ protocolVersion, sim: { waits, traceLimit: 0, conditions: { piecesIn } } })
      h.up()
      mute(h, 'puback')
      const size = piecesIn === 1 ? 3000 : 20000
      h.peer.publish({ topic: 'big', payload: Buffer.from(body(size), 'latin1'), qos: 1, messageId: 9 })
      h.peer.publish({ topic: 'small', payload: 'after' })
      h.run(5000)
      expect(texts).toEqual([body(size)])
      expect(pieces.every((piece) => piece.topic === 'big' && piece.total === size)).toBe(true)
      expect(h.peer.all('puback')).toMatchObject([{ messageId: 9 }])
      expect(h.got.payloads('small')).toEqual(['after'])
      expect(h.client.stats()).toMatchObject({ received: 2, oversize: 0 })
      h.check()
    }
  })

  it('[S1-20] [S1-22] without onStream under 3.1.1 are skipped, counted, named with their size and acknowledged, and the stream of packets stays in step', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    mute(h, 'puback')
    mute(h, 'pubrec')
    const said = hexDuring(h, () => {
      h.peer.publish({ topic: 'big', payload: Buffer.alloc(5000, 0x30), qos: 1, messageId: 9 })
      h.peer.publish({ topic: 'big', payload: Buffer.alloc(5000, 0x30), qos: 2, messageId: 10 })
      h.peer.publish({ topic: 'small', payload: 'after' })
      h.run(1000)
    })
    expect(said).toBe('40 02 00 09 50 02 00 0a')
    expect(h.got.messages.map((message) => message.topic)).toEqual(['small'])
    expect(h.client.stats()).toMatchObject({ oversize: 2, received: 1 })
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.InboundTooLarge, value: 5010, limit: 1024, detail: 'big' })
  })

  it('above limits.streamMax are skipped the same way', () => {
    const { h, texts } = collecting({ sim: { waits }, limits: { streamMax: 3000 } })
    h.up()
    mute(h, 'puback')
    h.peer.publish({ topic: 'big', payload: Buffer.from(body(5000), 'latin1'), qos: 1, messageId: 9 })
    h.peer.publish({ topic: 'big', payload: Buffer.from(body(2000), 'latin1'), qos: 1, messageId: 10 })
    h.run(1000)
    expect(texts).toEqual([body(2000)])
    expect(h.client.stats()).toMatchObject({ oversize: 1, received: 1 })
    expect(h.peer.all('puback')).toHaveLength(2)
  })

  it('of exactly limits.packetIn come whole to the handler; one byte more does not', () => {
    const { h, texts } = collecting({ sim: { waits } })
    h.up()
    // Header 3, topic 3.
    h.peer.publish({ topic: 't', payload: Buffer.from(body(1018), 'latin1') })
    h.peer.publish({ topic: 't', payload: Buffer.from(body(1019), 'latin1') })
    h.run(500)
    expect(h.got.payloads('t')).toEqual([body(1018)])
    expect(texts).toEqual([body(1019)])
  })
})

describe('a large message in', () => {
  it('that the callback does not want any more goes on without pieces, and is acknowledged', () => {
    let calls = 0
    const h = simClient({
      onStream: () => {
        calls += 1
        return calls === 2 ? -1 : 0
      }
    })
    h.up()
    mute(h, 'puback')
    h.peer.publish({ topic: 'big', payload: Buffer.from(body(20000), 'latin1'), qos: 1, messageId: 9 })
    h.run(1000)
    expect(calls).toBe(2)
    expect(h.peer.all('puback')).toHaveLength(1)
    expect(h.got.state).toBe('up')
  })

  it('[S3-03] whose callback throws is skipped and acknowledged, and the link stays', () => {
    let calls = 0
    const h = simClient({
      onStream: () => {
        calls += 1
        throw new Error('no')
      }
    })
    h.up()
    mute(h, 'puback')
    h.peer.publish({ topic: 'big', payload: Buffer.from(body(20000), 'latin1'), qos: 1, messageId: 9 })
    h.run(1000)
    expect(calls).toBe(1)
    expect(h.peer.all('puback')).toHaveLength(1)
    expect(h.got.state).toBe('up')
  })

  it('of QoS 2 that comes again before PUBREL is not offered again', () => {
    const { h, texts } = collecting()
    h.up()
    mute(h, 'pubrec')
    for (const dup of [false, true]) h.peer.publish({ topic: 'big', payload: Buffer.from(body(3000), 'latin1'), qos: 2, messageId: 9, dup })
    h.run(500)
    expect(texts).toHaveLength(1)
    expect(h.peer.all('pubrec')).toHaveLength(2)
    expect(h.client.stats()).toMatchObject({ repeats: 1, received: 1 })
  })

  it('of QoS 2 that breaks off with the link is offered again as a whole when the server sends it again', () => {
    const whole = body(6000)
    const texts: string[] = []
    const h = simClient({
      clean: false, clientId: 'a', sim: { conditions: { bandwidth: 3000 } },
      onStream: (_topic, chunk, offset) => {
        if (offset === 0) texts.push('')
        texts[texts.length - 1] += chunk
        return 0
      }
    })
    h.up()
    h.client.subscribe('big', 2)
    h.run(500)
    h.broker.publish('big', whole, { qos: 2 })
    h.run(1000)
    expect(texts).toHaveLength(1)
    expect(texts[0]!.length).toBeLessThan(6000)
    h.client.abort()
    h.client.connect()
    h.run(20000)
    expect(texts).toHaveLength(2)
    expect(texts[1]).toBe(whole)
    expect(h.broker.sessions.get('a')!.outgoing).toEqual([])
    expect(h.client.stats().repeats).toBe(0)
  })

  it('that breaks off with the link begins anew at 0 on the next', () => {
    const offsets: number[] = []
    const h = simClient({
      onStream: (_topic, _chunk, offset) => {
        offsets.push(offset)
        return 0
      }
    })
    h.up()
    h.peer.raw(Buffer.concat([Buffer.from('30a01f000174', 'hex'), Buffer.alloc(1500, 0x41)]))
    h.run(50)
    h.peer.close()
    h.run(5000)
    h.peer.publish({ topic: 't', payload: Buffer.alloc(3000, 0x42) })
    h.run(100)
    expect(offsets.filter((offset) => offset === 0)).toHaveLength(2)
    expect(h.got.state).toBe('up')
  })
})

describe('the announced Maximum Packet Size under 5.0', () => {
  it('is the read limit without onStream, limits.streamMax with it', () => {
    const plain = simClient({ protocolVersion: 5, limits: { packetIn: 2000 } })
    plain.up()
    expect(plain.peer.all('connect')[0]?.properties?.maximumPacketSize).toBe(2000)
    const { h } = collecting({ protocolVersion: 5, limits: { streamMax: 77777 } })
    h.up()
    expect(h.peer.all('connect')[0]?.properties?.maximumPacketSize).toBe(77777)
  })

  it('a PUBLISH above it is answered with DISCONNECT 0x95, and the client comes back with a delay', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    const said = hexDuring(h, () => {
      h.peer.publish({ topic: 'big', payload: Buffer.alloc(2000) })
      h.run(100)
    })
    expect(said).toBe('e0 01 95')
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.InboundTooLarge })
    h.run(60000)
    expect(h.got.state).toBe('up')
  })
})
