import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newPacket, readPacket } from '../../firmware/codec/read.js'
import { Scan } from '../../firmware/codec/scan.js'
import { peerWrites } from './peer.js'
import { aTopic, someBytes, someProperties, toPeer, type Carrier } from './property-table.js'
import { decode, decodeOne, fromBuffer, hex, text, utf8, type Bytes } from './support.js'

const VERSIONS = [3, 4, 5] as const
const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82

/** What `readPacket` says of one whole packet: 0 or the reason to close; `scan` when the scanner already refused it. */
function verdict(bytes: Bytes, version: number): number | 'scan' {
  const event = decodeOne(bytes, version)
  return 'failed' in event ? 'scan' : event.reason
}

/** PUBLISH around a body given as hexadecimal. */
function packet(first: number, body: Bytes): Bytes {
  const n = body.length
  const length = n < 128 ? [n] : [(n % 128) + 128, n >> 7]
  return (fromBuffer(Buffer.from([first, ...length])) + body) as Bytes
}

describe('CONNACK', () => {
  test.each([
    ['20 02 00 00', { type: 2, sessionPresent: false, reason: 0 }],
    ['20 02 01 00', { type: 2, sessionPresent: true, reason: 0 }],
    ['20 02 00 05', { type: 2, sessionPresent: false, reason: 5 }]
  ])('3.1.1: %s [S2-05]', (bytes, expected) => {
    expect(decodeOne(hex(bytes), 4)).toEqual({ packet: expected, reason: 0 })
  })

  test('3.1 has no session present: the first byte is reserved and not looked at', () => {
    expect(decodeOne(hex('20 02 01 00'), 3)).toEqual({ packet: { type: 2, sessionPresent: false, reason: 0 }, reason: 0 })
    expect(decodeOne(hex('20 02 ff 02'), 3)).toEqual({ packet: { type: 2, sessionPresent: false, reason: 2 }, reason: 0 })
  })

  test('bits 7 to 1 of the flags are zero [MQTT5-3.2.2-1]', () => {
    for (const flags of ['02', '80', 'ff', '03']) {
      expect(verdict(hex(`20 02 ${flags} 00`), 4)).toBe(MALFORMED)
      expect(verdict(hex(`20 03 ${flags} 00 00`), 5)).toBe(MALFORMED)
    }
  })

  test('a refusal with session present is a protocol error [MQTT-3.2.2-4] [MQTT5-3.2.2-6]', () => {
    expect(verdict(hex('20 02 01 05'), 4)).toBe(PROTOCOL_ERROR)
    expect(verdict(hex('20 03 01 87 00'), 5)).toBe(PROTOCOL_ERROR)
  })

  test('only the return codes of the table, each with its number, and the number of a wrong one is kept for the report', () => {
    for (let code = 0; code < 256; code++) {
      const bytes = fromBuffer(Buffer.from([0x20, 2, 0, code]))
      for (const version of [3, 4]) expect(verdict(bytes, version)).toBe(code < 6 ? 0 : PROTOCOL_ERROR)
    }
    const p = newPacket()
    const body = hex('00 2a')
    readPacket(p, { header_: 0x20, buffer_: body, from_: 0, to_: 2 } as Parameters<typeof readPacket>[1], 4, text)
    expect(p.reason_).toBe(42)
  })

  test('has exactly two bytes in 3.1 and 3.1.1, and properties in 5.0', () => {
    for (const version of [3, 4]) for (const bytes of ['20 00', '20 01 00', '20 03 00 00 00']) expect(verdict(hex(bytes), version)).toBe(MALFORMED)
    for (const bytes of ['20 00', '20 01 00', '20 02 00 00', '20 04 00 00 00 00', '20 03 00 00 01', '20 03 00 00 80']) expect(verdict(hex(bytes), 5)).toBe(MALFORMED)
    expect(verdict(hex('20 03 00 00 00'), 5)).toBe(0)
  })
})

describe('PUBLISH', () => {
  test('3.1.1, QoS 1, byte for byte', () => {
    expect(decodeOne(hex(`
      3b 0a             // PUBLISH, DUP, QoS 1, RETAIN; 10 bytes follow
      00 03 61 2f 62    // topic "a/b"
      12 34             // packet identifier
      00 ff 80          // payload
    `))).toEqual({
      packet: { type: 3, dup: true, qos: 1, retain: true, packetId: 0x1234, topic: 'a/b', topicText: 'a/b', payload: '\x00\xff\x80' }, reason: 0
    })
  })

  test('5.0, with an alias instead of a topic', () => {
    expect(decodeOne(hex('30 07 00 00 03 23 00 02 78'), 5)).toEqual({
      packet: { type: 3, dup: false, qos: 0, retain: false, packetId: 0, topic: '', topicText: '', payload: 'x', properties: { topicAlias: 2 } }, reason: 0
    })
  })

  test('what mqtt-packet writes is read', () => {
    fc.assert(fc.property(
      fc.constantFrom(...VERSIONS), fc.constantFrom(0, 1, 2), fc.boolean(), fc.boolean(), aTopic(), fc.integer({ min: 1, max: 65535 }), someBytes(400),
      someProperties('Publish', 'received'),
      (version, qos, again, retain, topic, packetId, payload, properties) => {
        const dup = again && qos > 0
        const v5 = version === 5
        const bytes = peerWrites({ cmd: 'publish', qos, dup, retain, topic, messageId: packetId, payload: Buffer.from(payload, 'latin1'), ...v5 && { properties: toPeer(properties) } }, version)
        const empty = properties === undefined || Object.keys(properties).length === 0
        expect(decodeOne(bytes, version)).toEqual({
          packet: {
            type: 3, dup, qos, retain, packetId: qos > 0 ? packetId : 0, topic: utf8(topic), topicText: topic, payload,
            ...v5 && !empty && { properties }
          }, reason: 0
        })
      }
    ))
  })

  test('QoS 3, and DUP with QoS 0, are refused with the first byte [MQTT-3.3.1-4] [MQTT-3.3.1-2] [MQTT5-3.3.1-4] [MQTT5-3.3.1-2]', () => {
    for (const version of VERSIONS) {
      for (const first of [0x36, 0x37, 0x3e, 0x3f, 0x38, 0x39]) expect(decode([fromBuffer(Buffer.from([first]))], { version })).toEqual([{ failed: Scan.Malformed }])
    }
  })

  test('packet identifier 0 is refused [MQTT-2.3.1-1] [MQTT5-2.2.1-3]', () => {
    for (const version of VERSIONS) for (const first of [0x32, 0x34]) {
      expect(verdict(packet(first, hex(`00 01 61 00 00 ${version === 5 ? '00' : ''}`)), version)).toBe(PROTOCOL_ERROR)
    }
  })

  test('a topic with a wildcard is refused [MQTT-3.3.2-2] [MQTT5-3.3.2-2]', () => {
    for (const version of VERSIONS) for (const topic of ['+', '#', 'a/+/b', 'a/#', 'a+', '\u00e9#']) {
      const bytes = utf8(topic)
      expect(verdict(packet(0x30, (hex('00') + String.fromCharCode(bytes.length) + bytes + '\0') as Bytes), version)).toBe(MALFORMED)
    }
  })

  test('an empty topic is refused, unless an alias stands for it in 5.0 [MQTT-4.7.3-1] [MQTT5-4.7.3-1]', () => {
    expect(verdict(hex('30 02 00 00'), 3)).toBe(PROTOCOL_ERROR)
    expect(verdict(hex('30 02 00 00'), 4)).toBe(PROTOCOL_ERROR)
    expect(verdict(hex('30 03 00 00 00'), 5)).toBe(PROTOCOL_ERROR)
    expect(verdict(hex('30 05 00 00 02 01 00'), 5)).toBe(PROTOCOL_ERROR)
    expect(verdict(hex('30 06 00 00 03 23 00 01'), 5)).toBe(0)
  })

  test('a topic that is not well-formed UTF-8, or has U+0000, is refused [MQTT-1.5.3-1] [MQTT-1.5.3-2] [MQTT-4.7.3-2] [MQTT-3.3.2-1] [MQTT5-4.7.3-2]', () => {
    for (const version of VERSIONS) for (const bad of ['00', 'c0af', 'eda080', 'f4908080', 'ff', 'e282']) {
      const bytes = ('a' + hex(bad)) as Bytes
      expect(verdict(packet(0x30, (hex('00') + String.fromCharCode(bytes.length) + bytes + '\0') as Bytes), version)).toBe(MALFORMED)
    }
  })

  test('U+FEFF is a character of the topic and stays [MQTT-1.5.3-3]', () => {
    expect(decodeOne(hex('30 07 00 04 ef bb bf 61 78'))).toMatchObject({ packet: { topic: '\xef\xbb\xbfa', topicText: '\ufeffa', payload: 'x' } })
  })

  test('lengths that pass the packet are refused wherever they stand', () => {
    for (const version of VERSIONS) {
      expect(verdict(hex('30 00'), version)).toBe(MALFORMED)
      expect(verdict(hex('30 01 00'), version)).toBe(MALFORMED)
      expect(verdict(hex('30 03 00 02 61'), version)).toBe(MALFORMED)
      expect(verdict(hex('32 03 00 01 61'), version)).toBe(MALFORMED)
      expect(verdict(hex('32 04 00 01 61 00'), version)).toBe(MALFORMED)
    }
    expect(verdict(hex('30 03 00 01 61'), 5)).toBe(MALFORMED) // no property length
    expect(verdict(hex('30 05 00 01 61 02 01'), 5)).toBe(MALFORMED) // two bytes announced, one there
    expect(verdict(hex('30 04 00 01 61 80'), 5)).toBe(MALFORMED)
    expect(verdict(hex('30 06 00 01 61 80 00 78'), 5)).toBe(MALFORMED) // a length longer than it must be [MQTT5-1.5.5-1]
  })
})

describe('the acks', () => {
  const kinds = [['puback', 0x40, 'Puback'], ['pubrec', 0x50, 'Pubrec'], ['pubrel', 0x62, 'Pubrel'], ['pubcomp', 0x70, 'Pubcomp']] as [string, number, Carrier][]

  test('what mqtt-packet writes is read', () => {
    fc.assert(fc.property(
      fc.constantFrom(...VERSIONS), fc.constantFrom(...kinds), fc.integer({ min: 1, max: 65535 }), fc.boolean(), someProperties('Puback', 'received'),
      (version, [cmd, first, carrier], packetId, bad, properties) => {
        const v5 = version === 5
        const reason = !bad || !v5 ? 0 : carrier === 'Puback' || carrier === 'Pubrec' ? 0x97 : 0x92
        const bytes = peerWrites({ cmd, messageId: packetId, ...v5 && { reasonCode: reason, properties: toPeer(properties) } }, version)
        expect(bytes.charCodeAt(0)).toBe(first)
        const empty = properties === undefined || Object.keys(properties).length === 0
        expect(decodeOne(bytes, version)).toEqual({ packet: { type: first >> 4, packetId, reason, ...v5 && !empty && { properties } }, reason: 0 })
      }
    ))
  })

  test('have exactly two bytes in 3.1 and 3.1.1; two, three or more in 5.0', () => {
    for (const [, first] of kinds) {
      const verdicts = (version: number) => ['', '00', '00 01', '00 01 00', '00 01 00 00', '00 01 00 00 00', '00 01 00 01', '00 01 00 02 1f 00', '00 01 00 03 1f 00 00', '00 01 00 04 1f 00 01 78']
        .map(body => verdict(packet(first, hex(body)), version))
      const bad = MALFORMED
      expect(verdicts(3)).toEqual([bad, bad, 0, bad, bad, bad, bad, bad, bad, bad])
      expect(verdicts(4)).toEqual([bad, bad, 0, bad, bad, bad, bad, bad, bad, bad])
      expect(verdicts(5)).toEqual([bad, bad, 0, 0, 0, bad, bad, bad, 0, 0])
    }
  })

  test('packet identifier 0 is refused', () => {
    for (const version of VERSIONS) for (const [, first] of kinds) expect(verdict(packet(first, hex('00 00')), version)).toBe(PROTOCOL_ERROR)
    for (const version of [3, 4]) expect(verdict(hex('b0 02 00 00'), version)).toBe(PROTOCOL_ERROR)
  })

  test('PUBREL has flags 0010, in 3.1 with DUP too; other flags of any packet are refused with the first byte [MQTT-2.2.2-2] [MQTT-3.6.1-1] [MQTT5-2.1.3-1] [MQTT5-3.6.1-1]', () => {
    for (const version of VERSIONS) for (let first = 0; first < 256; first++) {
      const type = first >> 4
      const flags = first & 15
      const allowed = type === 3 ? ![6, 7, 8, 9, 14, 15].includes(flags)
        : type === 6 ? flags === 2 || (version === 3 && flags === 10)
        : flags === 0 && ([2, 4, 5, 7, 9, 11, 13, 14].includes(type) || (type === 15 && version === 5))
      expect(decode([fromBuffer(Buffer.from([first]))], { version })).toEqual(allowed ? [] : [{ failed: Scan.Malformed }])
    }
  })
})

describe('SUBACK and UNSUBACK', () => {
  test('what mqtt-packet writes is read, the codes in order [MQTT-3.9.3-1] [MQTT5-3.9.3-1] [MQTT5-3.11.3-1]', () => {
    fc.assert(fc.property(
      fc.constantFrom(...VERSIONS), fc.integer({ min: 1, max: 65535 }), fc.array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 200 }),
      fc.array(fc.constantFrom(0, 0x11, 0x80, 0x8f), { minLength: 1, maxLength: 5 }), someProperties('Suback', 'received'),
      (version, packetId, granted, removed, properties) => {
        const v5 = version === 5
        const extra = v5 && properties !== undefined && Object.keys(properties).length > 0 ? { properties } : {}
        const suback = peerWrites({ cmd: 'suback', messageId: packetId, granted, ...v5 && { properties: toPeer(properties) } }, version)
        expect(decodeOne(suback, version)).toEqual({ packet: { type: 9, packetId, codes: fromBuffer(Buffer.from(granted)), ...extra }, reason: 0 })
        const unsuback = peerWrites({ cmd: 'unsuback', messageId: packetId, ...v5 && { granted: removed, properties: toPeer(properties) } }, version)
        expect(decodeOne(unsuback, version)).toEqual({ packet: { type: 11, packetId, codes: v5 ? fromBuffer(Buffer.from(removed)) : '', ...extra }, reason: 0 })
      }
    ))
  })

  test('SUBACK of 3.1 and 3.1.1 has 00, 01, 02 and 80, and at least one [MQTT-3.9.3-2]', () => {
    for (const version of [3, 4]) {
      for (let code = 0; code < 256; code++) {
        expect(verdict(fromBuffer(Buffer.from([0x90, 4, 0, 1, 0, code])), version)).toBe([0, 1, 2, 0x80].includes(code) ? 0 : PROTOCOL_ERROR)
      }
      for (const bytes of ['90 00', '90 01 00', '90 02 00 01']) expect(verdict(hex(bytes), version)).toBe(MALFORMED)
      for (const bytes of ['b0 00', 'b0 01 00', 'b0 03 00 01 00']) expect(verdict(hex(bytes), version)).toBe(MALFORMED)
    }
  })

  test('5.0 wants the properties and at least one code', () => {
    for (const first of ['90', 'b0']) {
      for (const body of ['02 00 01', '03 00 01 00', '04 00 01 01 1f', '04 00 01 02 00']) expect(verdict(hex(`${first} ${body}`), 5)).toBe(MALFORMED)
      expect(verdict(hex(`${first} 04 00 01 00 00`), 5)).toBe(0)
    }
  })
})

describe('PINGRESP, DISCONNECT, AUTH', () => {
  test('PINGRESP has no body', () => {
    for (const version of VERSIONS) {
      expect(decodeOne(hex('d0 00'), version)).toEqual({ packet: { type: 13 }, reason: 0 })
      expect(verdict(hex('d0 01 00'), version)).toBe(MALFORMED)
    }
  })

  test('DISCONNECT may end anywhere: without a reason, after it, or with properties [MQTT5-3.14.1-1]', () => {
    expect(decodeOne(hex('e0 00'), 5)).toEqual({ packet: { type: 14, reason: 0 }, reason: 0 })
    expect(decodeOne(hex('e0 01 8e'), 5)).toEqual({ packet: { type: 14, reason: 0x8e }, reason: 0 })
    expect(decodeOne(hex('e0 02 8e 00'), 5)).toEqual({ packet: { type: 14, reason: 0x8e }, reason: 0 })
    expect(decodeOne(hex('e0 07 9d 05 1c 00 02 68 3a'), 5)).toEqual({ packet: { type: 14, reason: 0x9d, properties: { serverReference: 'h:' } }, reason: 0 })
    for (const bytes of ['e0 02 8e 01', 'e0 03 8e 00 00', 'e0 03 8e 01 1f']) expect(verdict(hex(bytes), 5)).toBe(MALFORMED)
  })

  test('under 3.1 and 3.1.1 a DISCONNECT from the server is told as one', () => {
    for (const version of [3, 4]) expect(decodeOne(hex('e0 00'), version)).toEqual({ packet: { type: 14, reason: 0 }, reason: 0 })
  })

  test('AUTH has a reason and properties, or neither, and only in 5.0 [MQTT5-3.15.1-1]', () => {
    expect(decodeOne(hex('f0 00'), 5)).toEqual({ packet: { type: 15, reason: 0 }, reason: 0 })
    expect(decodeOne(hex('f0 0a 18 08 15 00 01 58 16 00 01 ff'), 5)).toEqual({
      packet: { type: 15, reason: 0x18, properties: { authenticationMethod: 'X', authenticationData: '\xff' } }, reason: 0
    })
    expect(verdict(hex('f0 01 18'), 5)).toBe(MALFORMED)
    expect(verdict(hex('f0 03 18 00 00'), 5)).toBe(MALFORMED)
    for (const version of [3, 4]) expect(verdict(hex('f0'), version)).toBe('scan')
  })

  test('what mqtt-packet writes is read', () => {
    fc.assert(fc.property(
      fc.constantFrom(0, 0x81, 0x8e, 0x9d), someProperties('Disconnect', 'received'), someProperties('Auth', 'received'), fc.boolean(),
      fc.constantFrom(0, 0x80, 0x9c), someProperties('Connack', 'received'),
      (reason, properties, auth, sessionPresent, refused, connack) => {
        const own = (p: typeof properties) => p === undefined || Object.keys(p).length === 0 ? {} : { properties: p }
        expect(decodeOne(peerWrites({ cmd: 'disconnect', reasonCode: reason, properties: toPeer(properties) }, 5), 5)).toEqual({ packet: { type: 14, reason, ...own(properties) }, reason: 0 })
        expect(decodeOne(peerWrites({ cmd: 'auth', reasonCode: 0x18, properties: toPeer(auth) }, 5), 5)).toEqual({ packet: { type: 15, reason: 0x18, ...own(auth) }, reason: 0 })
        const present = sessionPresent && refused === 0
        expect(decodeOne(peerWrites({ cmd: 'connack', reasonCode: refused, sessionPresent: present, properties: toPeer(connack) }, 5), 5)).toEqual({
          packet: { type: 2, reason: refused, sessionPresent: present, ...own(connack) }, reason: 0
        })
      }
    ))
  })
})

describe('reason codes of 5.0', () => {
  // The tables of chapter 3, with what is the client's alone left out; 0x8C in DISCONNECT is from section 2.4.
  const tables: [string, (code: number) => Bytes, number[]][] = [
    ['CONNACK [MQTT5-3.2.2-8]', code => fromBuffer(Buffer.from([0x20, 3, 0, code, 0])), [0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f]],
    ['PUBACK [MQTT5-3.4.2-1]', code => fromBuffer(Buffer.from([0x40, 3, 0, 1, code])), [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]],
    ['PUBREC [MQTT5-3.5.2-1]', code => fromBuffer(Buffer.from([0x50, 3, 0, 1, code])), [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]],
    ['PUBREL [MQTT5-3.6.2-1]', code => fromBuffer(Buffer.from([0x62, 3, 0, 1, code])), [0, 0x92]],
    ['PUBCOMP [MQTT5-3.7.2-1]', code => fromBuffer(Buffer.from([0x70, 3, 0, 1, code])), [0, 0x92]],
    ['SUBACK [MQTT5-3.9.3-2]', code => fromBuffer(Buffer.from([0x90, 5, 0, 1, 0, 0, code])), [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]],
    ['UNSUBACK [MQTT5-3.11.3-2]', code => fromBuffer(Buffer.from([0xb0, 5, 0, 1, 0, 0, code])), [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91]],
    ['DISCONNECT [MQTT5-3.14.2-1]', code => fromBuffer(Buffer.from([0xe0, 1, code])), [0, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2]],
    ['AUTH [MQTT5-3.15.2-1]', code => fromBuffer(Buffer.from([0xf0, 2, code, 0])), [0, 0x18]]
  ]
  test.each(tables)('%s: those of its table, no other', (_, bytes, listed) => {
    for (let code = 0; code < 256; code++) expect(verdict(bytes(code), 5)).toBe(listed.includes(code) ? 0 : PROTOCOL_ERROR)
  })
})
