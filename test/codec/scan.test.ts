import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { newScanner, resetScanner, feed, scan, Scan } from '../../firmware/codec/scan.js'
import { peerWrites } from './peer.js'
import { cutAt, decode, hex, pieces, toHex, type Bytes, type Event } from './support.js'

// What the scanner copies is counted: the bytes of every join and cut.
const copied = vi.hoisted(() => ({ bytes: 0, calls: 0 }))
vi.mock('../../firmware/bytes.js', async original => {
  const real = await original<typeof import('../../firmware/bytes.js')>()
  const counted = (result: Bytes): Bytes => {
    copied.bytes += result.length
    copied.calls++
    return result
  }
  return {
    ...real,
    cat: (...parts: [Bytes, Bytes]) => counted(real.cat(...parts)),
    cut: (s: Bytes, from: number, to: number) => counted(real.cut(s, from, to)),
    join: (parts: Bytes[]) => counted(real.join(parts))
  }
})

/** One of everything, with bodies of 0, 1 and some hundred bytes. */
function sample(version: number): Bytes {
  const v5 = version === 5
  return [
    peerWrites({ cmd: 'connack', sessionPresent: true, returnCode: 0, reasonCode: 0, ...v5 && { properties: { serverKeepAlive: 9, assignedClientIdentifier: 'x' } } }, version),
    peerWrites({ cmd: 'publish', topic: 'a/b', payload: 'hello', qos: 1, messageId: 7, ...v5 && { properties: { contentType: 'text', userProperties: { k: 'v' } } } }, version),
    peerWrites({ cmd: 'pingresp' }, version),
    peerWrites({ cmd: 'publish', topic: 'caf\u00e9', payload: Buffer.alloc(200, 0x30), qos: 0 }, version),
    peerWrites({ cmd: 'puback', messageId: 1, reasonCode: 0x10 }, version),
    peerWrites({ cmd: 'pubrec', messageId: 2 }, version),
    peerWrites({ cmd: 'pubrel', messageId: 3 }, version),
    peerWrites({ cmd: 'suback', messageId: 4, granted: [0, 1, 2, 128] }, version),
    peerWrites({ cmd: 'publish', topic: 't', payload: '', qos: 2, messageId: 8 }, version),
    peerWrites({ cmd: 'unsuback', messageId: 5, ...v5 && { granted: [0] } }, version),
    peerWrites({ cmd: 'pubcomp', messageId: 2 }, version)
  ].join('') as Bytes
}

describe('chunks cut anywhere', () => {
  test.each([3, 4, 5])('every cut in two, and every pair of cuts of a stream, give the same events under version %i', version => {
    const stream = sample(version)
    for (const limit of [1 << 20, 60, 24]) {
      const whole = JSON.stringify(decode([stream], { version, limit }))
      for (let i = 0; i <= stream.length; i++) {
        if (JSON.stringify(decode(cutAt(stream, [i]), { version, limit })) !== whole) expect.fail(`cut at ${i}, limit ${limit}`)
      }
      const short = stream.substring(0, 50) as Bytes
      const part = JSON.stringify(decode([short], { version, limit }))
      for (let i = 0; i <= 50; i++) for (let j = i; j <= 50; j++) {
        if (JSON.stringify(decode(cutAt(short, [i, j]), { version, limit })) !== part) expect.fail(`cut at ${i} and ${j}, limit ${limit}`)
      }
      for (let size = 1; size < 40; size++) {
        if (JSON.stringify(decode(pieces(stream, size), { version, limit })) !== whole) expect.fail(`pieces of ${size}, limit ${limit}`)
      }
    }
  })

  test('any cuts, any limits: the same events', () => {
    const streams = { 3: sample(3), 4: sample(4), 5: sample(5) }
    fc.assert(fc.property(
      fc.constantFrom(3, 4, 5), fc.array(fc.nat({ max: 420 }), { maxLength: 30 }), fc.integer({ min: 2, max: 300 }), fc.integer({ min: 0, max: 400 }),
      (version, cuts, limit, streamMax) => {
        const stream = streams[version as 3]
        const at = cuts.filter(i => i <= stream.length).sort((a, b) => a - b)
        expect(decode(cutAt(stream, at), { version, limit, streamMax })).toEqual(decode([stream], { version, limit, streamMax }))
      }
    ), { numRuns: 500 })
  })

  test('many packets in one chunk are all found, and nothing is copied to find them [S1-16]', () => {
    const one = hex('40 02 00 01')
    const s = newScanner()
    feed(s, one.repeat(1000) as Bytes)
    copied.bytes = 0
    let n = 0
    while (scan(s, 100, 0, 4) === Scan.Packet) n++
    expect(n).toBe(1000)
    expect(copied.bytes).toBe(0)
  })

  test('feeding before the last chunk is used up loses nothing', () => {
    const s = newScanner()
    for (const part of ['40', '02 00', '01 d0', '00 40 02 00 02']) feed(s, hex(part))
    const bodies: string[] = []
    while (scan(s, 100, 0, 4) === Scan.Packet) bodies.push(toHex(s.buffer_.substring(s.from_, s.to_) as Bytes))
    expect(bodies).toEqual(['00 01', '', '00 02'])
    feed(s, '' as Bytes)
    expect(scan(s, 100, 0, 4)).toBe(Scan.More)
  })
})

describe('what it costs', () => {
  /** Bytes copied for one PUBLISH of `size` bytes in chunks of `chunk` bytes. */
  function cost(size: number, chunk: number, limit = 1 << 21): number {
    const stream = peerWrites({ cmd: 'publish', topic: 't', payload: Buffer.alloc(size, 7), qos: 0 }, 4)
    const chunks = pieces(stream, chunk)
    const s = newScanner()
    copied.bytes = 0
    let found: number = Scan.More
    for (const one of chunks) {
      feed(s, one)
      found = scan(s, limit, 0, 4)
    }
    expect(found).toBe(Scan.Packet)
    expect(s.to_ - s.from_).toBe(stream.length - (size < 16381 ? 3 : 4))
    return copied.bytes
  }

  test('a packet of 100 kB in 1-byte chunks takes a fixed number of copies a byte, and twice the packet takes twice that', () => {
    const once = cost(100_000, 1)
    expect(once).toBeLessThan(100_000 * 20)
    expect(cost(200_000, 1) / once).toBeLessThan(2.01)
    expect(cost(800_000, 1) / once).toBeLessThan(8.05)
  })

  test.each([[7, 20], [31, 4], [32, 2.1], [100, 2.1], [536, 2.1], [1460, 2.1]])('in chunks of %i bytes each byte is copied %d times at most', (chunk, most) => {
    expect(cost(100_000, chunk)).toBeLessThan(100_000 * most)
  })

  test('the list of parts has an entry for each 32 bytes at most', () => {
    const s = newScanner()
    for (const one of pieces(peerWrites({ cmd: 'publish', topic: 't', payload: Buffer.alloc(10_000), qos: 0 }, 4), 1).slice(0, -1)) {
      feed(s, one)
      scan(s, 20_000, 0, 4)
    }
    expect(s.parts_.length).toBeLessThanOrEqual(10_000 / 32)
  })

  test('a drained scanner holds no chunk', () => {
    const s = newScanner()
    feed(s, hex('d0 00 d0 00'))
    while (scan(s, 100, 0, 4) === Scan.Packet);
    expect([s.chunk_, s.buffer_]).toEqual(['', ''])
  })
})

describe('the fixed header', () => {
  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'], ['SSH', 'SSH-2.0-x\r\n'], ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'], ['an AT modem', '\r\nERROR\r\n'], ['an MQTT client', '\x10\x0c\x00\x04MQTT']
  ])('%s is found out with its first byte [MQTT-4.8.0-1]', (_, bytes) => {
    for (const version of [3, 4, 5]) expect(decode(pieces(bytes as Bytes, 1).slice(0, 1), { version })).toEqual([{ failed: Scan.Malformed }])
  })

  test('a remaining length has four bytes at most, and is refused with the fourth', () => {
    for (const version of [3, 4, 5]) {
      expect(decode([hex('20 ff ff ff')], { version })).toEqual([])
      expect(decode([hex('20 ff ff ff 80')], { version })).toEqual([{ failed: Scan.Malformed }])
    }
  })

  test('a remaining length longer than it must be is malformed in 5.0 and taken in 3.1 and 3.1.1 [MQTT5-1.5.5-1]', () => {
    for (const bytes of ['d0 80 00', 'd0 80 80 80 00', '40 82 00 00 01']) {
      for (const version of [3, 4]) expect(decode([hex(bytes)], { version })).toMatchObject([{ reason: 0 }])
      expect(decode([hex(bytes)], { version: 5 })).toEqual([{ failed: Scan.Malformed }])
    }
  })

  test('a failure is final until the scanner is reset', () => {
    const s = newScanner()
    feed(s, hex('00'))
    expect(scan(s, 100, 0, 4)).toBe(Scan.Malformed)
    expect([s.chunk_, s.held_]).toEqual(['', 0])
    feed(s, hex('d0 00'))
    expect(scan(s, 100, 0, 4)).toBe(Scan.Malformed)
    resetScanner(s)
    feed(s, hex('d0 00'))
    expect(scan(s, 100, 0, 4)).toBe(Scan.Packet)
  })

  test('a reset in the middle of a packet leaves nothing behind', () => {
    const s = newScanner()
    feed(s, hex('30 20 00 01 61 62'))
    expect(scan(s, 100, 0, 4)).toBe(Scan.More)
    resetScanner(s)
    feed(s, hex('d0 00'))
    expect(scan(s, 100, 0, 4)).toBe(Scan.Packet)
    expect(s.header_).toBe(0xd0)
  })
})

describe('packets above the limit [S1-20]', () => {
  const big = (qos: number, version: number, properties?: object) =>
    peerWrites({ cmd: 'publish', topic: 'site/7', payload: Buffer.from(Array.from({ length: 500 }, (_, i) => i % 256)), qos, messageId: 77, retain: true, properties }, version)

  test('at the limit a packet is whole, one byte below it is a stream', () => {
    const bytes = big(1, 4)
    expect(decode([bytes], { limit: bytes.length })).toMatchObject([{ packet: { type: 3, topic: 'site/7' } }])
    expect(decode([bytes], { limit: bytes.length - 1 })).toMatchObject([{ stream: { type: 3, topic: 'site/7' } }])
  })

  test.each([[0, 4], [1, 4], [2, 4], [1, 3], [0, 5], [2, 5]])('a PUBLISH of QoS %i, version %i, comes as a head and a payload in pieces', (qos, version) => {
    const properties = version === 5 ? { contentType: 'x', topicAlias: 3 } : undefined
    const bytes = big(qos, version, properties)
    const expected: Event = {
      stream: { type: 3, dup: false, qos, retain: true, packetId: qos > 0 ? 77 : 0, topic: 'site/7' as Bytes, topicText: 'site/7', payload: '' as Bytes, ...properties && { properties } },
      reason: 0, total: 500, size: bytes.length, skip: false, payload: bytes.substring(bytes.length - 500) as Bytes
    }
    for (const size of [1, 2, 3, 100, 1000]) {
      expect(decode([...pieces(bytes, size), hex('d0 00')], { version, limit: 40 })).toEqual([expected, { packet: { type: 13 }, reason: 0 }])
    }
  })

  test('above streamMax it is skipped without its payload, but its identifier is found, so that it can be acknowledged [MQTT-4.5.0-2]', () => {
    for (const version of [4, 5]) {
      const bytes = big(1, version, version === 5 ? { topicAlias: 3 } : undefined)
      for (const size of [1, 7, 1000]) {
        const [event, next] = decode([...pieces(bytes, size), hex('d0 00')], { version, limit: 40, streamMax: bytes.length - 1 })
        expect(event).toMatchObject({ stream: { packetId: 77, qos: 1, topic: 'site/7' }, reason: 0, total: 500, size: bytes.length, skip: true, payload: '' })
        // An alias that it defines is not lost.
        if (version === 5) expect(event).toMatchObject({ stream: { properties: { topicAlias: 3 } } })
        expect(next).toEqual({ packet: { type: 13 }, reason: 0 })
      }
    }
  })

  test('a topic, or properties, that do not fit the limit are passed over; the identifier behind them is found', () => {
    const topic = 'x'.repeat(300)
    const cases: [number, Bytes][] = [
      [4, peerWrites({ cmd: 'publish', topic, payload: 'abc', qos: 2, messageId: 513 }, 4)],
      [5, peerWrites({ cmd: 'publish', topic, payload: 'abc', qos: 2, messageId: 513, properties: { contentType: 'y' } }, 5)],
      [5, peerWrites({ cmd: 'publish', topic: 't', payload: 'abc', qos: 2, messageId: 513, properties: { contentType: topic } }, 5)]
    ]
    for (const [version, bytes] of cases) for (const size of [1, 3, 50, 1000]) {
      let held = 0
      const watch = (s: { held_: number }) => { held = Math.max(held, s.held_) }
      expect(decode([...pieces(bytes, size), hex('d0 00')], { version, limit: 100, watch })).toEqual([
        { stream: { type: 3, dup: false, qos: 2, retain: false, packetId: 513, topic: '', topicText: '', payload: '' }, reason: 0, total: 3, size: bytes.length, skip: true, payload: '' },
        { packet: { type: 13 }, reason: 0 }
      ])
      expect(held).toBeLessThanOrEqual(2)
    }
  })

  test('the caller may stop the pieces at any time', () => {
    const bytes = big(0, 4)
    const s = newScanner()
    const seen: number[] = []
    for (const chunk of [...pieces(bytes, 100), hex('d0 00')]) {
      feed(s, chunk)
      for (let found = scan(s, 40, 1000, 4); found !== Scan.More; found = scan(s, 40, 1000, 4)) {
        seen.push(found)
        if (seen.length === 3) s.skip_ = true
      }
    }
    expect(seen).toEqual([Scan.StreamStart, Scan.StreamChunk, Scan.StreamChunk, Scan.StreamEnd, Scan.Packet])
  })

  test('an empty payload behind a head above the limit ends at once', () => {
    const bytes = peerWrites({ cmd: 'publish', topic: 'x'.repeat(90), payload: '', qos: 0 }, 4)
    expect(decode([bytes], { limit: 91 })).toMatchObject([{ stream: { topic: 'x'.repeat(90) }, total: 0, payload: '' }])
  })

  test('its lengths are checked like those of any packet', () => {
    const long = 'x'.repeat(200)
    const bad: [string, number][] = [
      ['30 c8 01 00 c7', 4], ['32 c8 01 00 c5', 4], ['30 c8 01 00 c6', 5], ['32 c8 01 00 c4', 5], // topic, identifier, property length pass the end
      ['30 c8 01 00 01 61 c5 01', 5], ['30 c8 01 00 01 61 c4 00', 5], ['30 c8 01 00 01 61 ff ff ff ff', 5] // so do the properties; lengths that are none
    ]
    for (const [head, version] of bad) {
      expect([head, decode([(hex(head) + long) as Bytes], { version, limit: 50 })]).toEqual([head, [{ failed: Scan.Malformed }]])
    }
    expect(decode([(hex('30 c8 01 00 c6') + long).slice(0, 203) as Bytes], { version: 4, limit: 50 })).toMatchObject([{ stream: { topic: '' }, total: 0, skip: true }])
  })

  test('its topic and identifier are judged like those of any packet', () => {
    const long = 'x'.repeat(200)
    for (const [head, version, reason] of [['30 c8 01 00 01 2b', 4, 0x81], ['30 c8 01 00 01 ff', 4, 0x81], ['30 c8 01 00 00', 4, 0x82], ['32 c8 01 00 01 61 00 00', 4, 0x82], ['30 c8 01 00 01 61 03 23 00 00', 5, 0x94]] as const) {
      expect(decode([(hex(head) + long).slice(0, 203) as Bytes], { version, limit: 50 })).toMatchObject([{ reason }])
    }
    // Also where the topic was passed over.
    expect(decode([(hex('32 c8 01 00 64') + 'x'.repeat(100) + '\0\0' + long).slice(0, 203) as Bytes], { version: 4, limit: 50 })).toMatchObject([{ skip: true, reason: 0x82 }])
  })

  test('any other packet above the limit is too large, and is said to be so before it has come', () => {
    const s = newScanner()
    feed(s, hex('90 ff 7f'))
    expect(scan(s, 16385, 1 << 20, 4)).toBe(Scan.TooLarge)
    expect(s.size_).toBe(16386)
    resetScanner(s)
    feed(s, hex('90 ff 7f'))
    expect(scan(s, 16386, 1 << 20, 4)).toBe(Scan.More)
  })
})
