import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { checkProperties, readProperties, writeProperties } from '../../firmware/codec/properties.js'
import type { Properties } from '../../firmware/types.js'
import { aValue, PROPERTIES, RECEIVED, SENT, someProperties, TYPE, wire, type Carrier, type PropertyRow } from './property-table.js'
import { fromBuffer, hex, text, toHex, utf8, type Bytes } from './support.js'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82

const check = (p: object | undefined, carrier: Carrier) => checkProperties(p as Properties, TYPE[carrier], text)
const write = (p: Properties | undefined, carrier: Carrier) => writeProperties(p, TYPE[carrier], text)

function read(bytes: Bytes, carrier: Carrier): { reason: number; properties: Properties } {
  const properties: Properties = {}
  return { reason: readProperties(properties, bytes, 0, bytes.length, TYPE[carrier], text), properties }
}

/** A packet in which the property may be sent, or received. */
const sender = (row: PropertyRow) => row.sent[0]
const receiver = (row: PropertyRow) => row.received[0]

describe('what is sent', () => {
  test('no properties are one byte 0 [MQTT5-2.2.2-1]', () => {
    expect(toHex(write(undefined, 'Connect'))).toBe('00')
    expect(toHex(write({}, 'Connect'))).toBe('00')
  })

  test.each(PROPERTIES.filter(row => row.sent.length > 0).map(row => [row.name, row] as const))('%s stands on the wire as the specification lays it out', (name, row) => {
    fc.assert(fc.property(aValue(row.kind), value => {
      const p = { [name]: value }
      expect(check(p, sender(row)!)).toBe(0)
      const expected = wire(row, value)
      const section = write(p, sender(row)!)
      expect(section.endsWith(fromBuffer(expected))).toBe(true)
      expect(section.length).toBe(expected.length + (expected.length < 128 ? 1 : 2))
    }), { numRuns: 40 })
  })

  test('each property in the packets of the table and in no other [MQTT5-3.3.4-6] [MQTT5-3.14.2-2]', () => {
    for (const row of PROPERTIES) {
      const value = fc.sample(aValue(row.kind), { numRuns: 1, seed: 1 })[0]
      for (const carrier of SENT) expect([row.name, carrier, check({ [row.name]: value }, carrier)]).toEqual([row.name, carrier, row.sent.includes(carrier) ? 0 : ErrorCode.BadProperty])
    }
  })

  test('values out of range are refused by name, before anything is written [MQTT5-3.3.2-8]', () => {
    const bad: Record<string, unknown[]> = {
      bit: [2, -1, 0.5, true, '1', NaN], short: [65536, -1, 1.5, '1'], 'short>0': [0, 65536, -1], long: [-2, 2147483648, 4294967295, 0.5, NaN], 'long>0': [0, -2, 2147483648],
      varint: [0, 268435456, -1], text: [1, true, 'x'.repeat(65536)], topic: ['', 'a/+', '#', 7], data: [1, 'x'.repeat(65536)], pairs: [['a'], ['a', 'b', 'c'], ['a', 1]]
    }
    for (const row of PROPERTIES.filter(r => r.sent.length > 0)) {
      for (const value of bad[row.kind]!) expect([row.name, value, check({ [row.name]: value }, sender(row)!)]).toEqual([row.name, value, ErrorCode.BadProperty])
    }
    expect(check({ subscriptionIdentifiers: [1, 2] }, 'Publish')).toBe(ErrorCode.BadProperty)
  })

  test('text that is not well-formed, or has U+0000, is refused as such [MQTT5-1.5.4-1] [MQTT5-1.5.4-2] [MQTT5-1.5.7-1] [MQTT5-3.3.2-13] [MQTT5-3.3.2-19]', () => {
    for (const value of ['a\0b', '\ud800', 'x\udc00']) {
      expect(check({ contentType: value }, 'Publish')).toBe(ErrorCode.BadUtf8)
      expect(check({ responseTopic: value }, 'Publish')).toBe(ErrorCode.BadUtf8)
      expect(check({ userProperties: ['a', value] }, 'Publish')).toBe(ErrorCode.BadUtf8)
      expect(check({ userProperties: [value, 'a'] }, 'Publish')).toBe(ErrorCode.BadUtf8)
    }
  })

  test('a response topic has no wildcards [MQTT5-3.3.2-14]', () => {
    expect(check({ responseTopic: 'a/+' }, 'Publish')).toBe(ErrorCode.BadProperty)
  })

  test('user properties keep their order and may repeat, empty ones too', () => {
    expect(toHex(write({ userProperties: ['b', '1', 'a', '', 'b', '2'] }, 'Publish'))).toBe('14 26 00 01 62 00 01 31 26 00 01 61 00 00 26 00 01 62 00 01 32')
  })
})

describe('what is received', () => {
  test.each(PROPERTIES.filter(row => row.received.length > 0).map(row => [row.name, row] as const))('%s is read back as it was sent', (name, row) => {
    fc.assert(fc.property(aValue(row.kind), value => {
      expect(read(fromBuffer(wire(row, value)), receiver(row)!)).toEqual({ reason: 0, properties: { [name]: value } })
    }), { numRuns: 40 })
  })

  test('all that a packet may carry, at once and in any order', () => {
    for (const carrier of RECEIVED) {
      fc.assert(fc.property(someProperties(carrier, 'received'), fc.infiniteStream(fc.nat()), (p, order) => {
        if (p === undefined) return
        const rows = PROPERTIES.filter(row => p[row.name] !== undefined).map(row => ({ row, key: order.next().value })).sort((a, b) => a.key - b.key)
        expect(read(fromBuffer(Buffer.concat(rows.map(({ row }) => wire(row, p[row.name])))), carrier)).toEqual({ reason: 0, properties: p })
      }), { numRuns: 30 })
    }
  })

  test('a property outside the packets of its table is malformed; a session expiry in a DISCONNECT a protocol error [MQTT5-3.14.2-2]', () => {
    for (const row of PROPERTIES) {
      const value = fc.sample(aValue(row.kind), { numRuns: 1, seed: 1 })[0]
      for (const carrier of RECEIVED) {
        const expected = row.received.includes(carrier) ? 0 : row.name === 'sessionExpiryInterval' && carrier === 'Disconnect' ? PROTOCOL_ERROR : MALFORMED
        expect([row.name, carrier, read(fromBuffer(wire(row, value)), carrier).reason]).toEqual([row.name, carrier, expected])
      }
    }
  })

  test('an identifier that does not exist is malformed', () => {
    const known = PROPERTIES.map(row => row.id)
    for (let id = 0; id < 256; id++) {
      if (known.includes(id)) continue
      for (const carrier of RECEIVED) expect(read(fromBuffer(Buffer.from([id, 0, 0, 0, 0, 0])), carrier).reason).toBe(MALFORMED)
    }
  })

  test('every property cut short is malformed', () => {
    for (const row of PROPERTIES.filter(r => r.received.length > 0)) {
      for (const value of fc.sample(aValue(row.kind), { numRuns: 5, seed: 2 })) {
        const bytes = fromBuffer(wire(row, value))
        for (let n = 1; n < bytes.length; n++) {
          const { reason } = read(bytes.substring(0, n) as Bytes, receiver(row)!)
          // A list of pairs may end after any pair.
          if (row.kind !== 'pairs' || reason !== 0) expect([row.name, n, reason]).toEqual([row.name, n, MALFORMED])
        }
      }
    }
  })

  test('what may stand once stands once', () => {
    for (const row of PROPERTIES.filter(r => r.received.length > 0)) {
      const bytes = fromBuffer(wire(row, fc.sample(aValue(row.kind), { numRuns: 1, seed: 3 })[0]))
      const twice = read((bytes + bytes) as Bytes, receiver(row)!)
      expect([row.name, twice.reason]).toEqual([row.name, row.kind === 'pairs' || row.kind === 'varint' ? 0 : PROTOCOL_ERROR])
    }
  })

  test('several subscription identifiers are all told, the first one as ever', () => {
    expect(read(hex('0b 01'), 'Publish').properties).toEqual({ subscriptionIdentifier: 1 })
    expect(read(hex('0b 01 0b 80 01 0b 07'), 'Publish').properties).toEqual({ subscriptionIdentifier: 1, subscriptionIdentifiers: [1, 128, 7] })
    expect(read(hex('0b 00'), 'Publish').reason).toBe(PROTOCOL_ERROR)
    expect(read(hex('0b ff ff ff ff 01'), 'Publish').reason).toBe(MALFORMED)
  })

  test('0 is refused where it stands for nothing; topic alias 0 with a code of its own [MQTT5-3.3.2-8]', () => {
    expect(read(hex('21 00 00'), 'Connack').reason).toBe(PROTOCOL_ERROR)
    expect(read(hex('27 00 00 00 00'), 'Connack').reason).toBe(PROTOCOL_ERROR)
    expect(read(hex('23 00 00'), 'Publish').reason).toBe(0x94)
    expect(read(hex('22 00 00'), 'Connack')).toEqual({ reason: 0, properties: { topicAliasMaximum: 0 } })
  })

  test('a bit is 0 or 1', () => {
    for (const row of PROPERTIES.filter(r => r.kind === 'bit' && r.received.length > 0)) {
      for (let n = 0; n < 256; n++) expect(read(fromBuffer(Buffer.from([row.id, n])), receiver(row)!).reason).toBe(n < 2 ? 0 : PROTOCOL_ERROR)
    }
  })

  test('four bytes above 2147483647 saturate, except all ones', () => {
    const expiry = (bytes: string) => read(hex(`11 ${bytes}`), 'Connack').properties.sessionExpiryInterval
    expect(expiry('7fffffff')).toBe(2147483647)
    expect(expiry('80000000')).toBe(2147483647)
    expect(expiry('fffffffe')).toBe(2147483647)
    expect(expiry('ffffffff')).toBe(-1)
  })

  test('text that is not well-formed UTF-8, or has U+0000, is malformed; U+FEFF stays [MQTT5-1.5.4-1] [MQTT5-1.5.4-2] [MQTT5-1.5.4-3] [MQTT5-1.5.7-1]', () => {
    for (const bad of ['00', 'c0 af', 'ed a0 80', 'ff']) {
      const n = hex(bad).length
      expect(read(hex(`03 00 0${n} ${bad}`), 'Publish').reason).toBe(MALFORMED)
      expect(read(hex(`26 00 0${n} ${bad} 00 00`), 'Publish').reason).toBe(MALFORMED)
      expect(read(hex(`26 00 00 00 0${n} ${bad}`), 'Publish').reason).toBe(MALFORMED)
    }
    expect(read(hex('03 00 04 ef bb bf 61'), 'Publish').properties.contentType).toBe('\ufeffa')
  })

  test('a response topic with a wildcard is malformed [MQTT5-3.3.2-13] [MQTT5-3.3.2-14]', () => {
    expect(read(hex('08 00 01 2b'), 'Publish').reason).toBe(MALFORMED)
    expect(read(hex('08 00 01 ff'), 'Publish').reason).toBe(MALFORMED)
    expect(read((hex('08 00 02') + utf8('\u00e9')) as Bytes, 'Publish').properties.responseTopic).toBe('\u00e9')
  })
})
