import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { b1, b2, cat, EMPTY, type Bytes } from '../../firmware/bytes.js'
import { FirstByte } from '../../firmware/codec/packets.js'
import { writeProperties } from '../../firmware/codec/properties.js'
import { readVarint, varint, varintSize } from '../../firmware/codec/varint.js'
import {
  field, writeAck, writeAuth, writeConnect, writeDisconnect, writePingreq, writePublish, writePublishHead, writeSubscribe, type ConnectFields
} from '../../firmware/codec/write.js'
import { peerReads } from './peer.js'
import { aText, aTopic, someBytes, someProperties, toPeer, TYPE, type Carrier } from './property-table.js'
import { hex, text, toHex, utf8 } from './support.js'

const ROOM = 1 << 20
const NONE = b1(0)

const connect = (change: Partial<ConnectFields>): ConnectFields => ({
  clean_: true, keepalive_: 60, clientId_: utf8('meter-7'), willPayload_: EMPTY, willQos_: 0, willRetain_: false, willProperties_: EMPTY,
  properties_: EMPTY, ...change
})

const section = (carrier: Carrier, p: Parameters<typeof writeProperties>[0]) => writeProperties(p, TYPE[carrier], text)

describe('CONNECT', () => {
  test('3.1 names itself MQIsdp, level 3 [S0-17] [S1-03]', () => {
    expect(toHex(writeConnect(3, connect({ keepalive_: 120 }), ROOM))).toBe(toHex(hex(`
      10 15             // CONNECT, 21 bytes follow
      00 06 4d51497364 70  // "MQIsdp"
      03                // level 3
      02                // clean session
      00 78             // keepalive 120 s
      00 07 6d657465722d37 // client id "meter-7"
    `)))
  })

  test('3.1.1 names itself MQTT, level 4, and puts the fields in their order [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.2-3] [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.3-4] [S2-05]', () => {
    const bytes = writeConnect(4, connect({
      willTopic_: utf8('w'), willPayload_: hex('00 ff'), willQos_: 1, willRetain_: true, username_: utf8('u'), password_: hex('80')
    }), ROOM)
    expect(toHex(bytes)).toBe(toHex(hex(`
      10 20             // CONNECT, 32 bytes follow
      00 04 4d515454 04 // "MQTT", level 4
      ee                // user name, password, will retain, will QoS 1, will, clean; bit 0 stays 0
      00 3c             // keepalive 60 s
      00 07 6d657465722d37
      00 01 77          // will topic "w"
      00 02 00ff        // will message
      00 01 75          // user name "u"
      00 01 80          // password
    `)))
  })

  test('5.0 has properties before the client id and before the will topic [MQTT-3.1.2-9] [MQTT5-3.1.2-1] [MQTT5-3.1.2-2] [MQTT5-3.1.2-3] [MQTT5-3.1.2-9] [MQTT5-3.1.3-1] [MQTT5-3.1.3-3] [S2-05]', () => {
    const bytes = writeConnect(5, connect({
      clientId_: EMPTY, properties_: section('Connect', { sessionExpiryInterval: 10, receiveMaximum: 20 }),
      willTopic_: utf8('w'), willProperties_: section('Will', { willDelayInterval: 30 }), willPayload_: utf8('!'), willQos_: 2, clean_: false
    }), ROOM)
    expect(toHex(bytes)).toBe(toHex(hex(`
      10 21
      00 04 4d515454 05 // "MQTT", version 5
      14                // will QoS 2, will
      00 3c
      08 11 0000000a 21 0014 // session expiry 10 s, receive maximum 20
      00 00             // empty client id
      05 18 0000001e    // will delay 30 s
      00 01 77  00 01 21
    `)))
  })

  test('the flags say which fields are there: no will, no will QoS and retain [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] [MQTT-3.1.2-18] [MQTT-3.1.2-20] [MQTT5-3.1.2-11] [MQTT5-3.1.2-13]', () => {
    const flags = (change: Partial<ConnectFields>) => writeConnect(4, connect({ clean_: false, willQos_: 2, willRetain_: true, ...change }), ROOM).charCodeAt(9)
    expect(flags({})).toBe(0)
    expect(flags({ clean_: true })).toBe(0x02)
    expect(flags({ willTopic_: utf8('w') })).toBe(0x34)
    expect(flags({ willTopic_: utf8('w'), willQos_: 0, willRetain_: false })).toBe(0x04)
    expect(flags({ username_: utf8('u') })).toBe(0x80)
    expect(flags({ username_: utf8('u'), password_: utf8('p') })).toBe(0xc0)
    expect(flags({ password_: utf8('p') })).toBe(0x40)
  })

  test('whatever the options, mqtt-packet reads back what was written, in 3.1, 3.1.1 and 5.0 [MQTT-3.1.2-19] [MQTT-3.1.2-21] [MQTT-3.1.3-11] [MQTT5-3.1.2-16] [MQTT5-3.1.2-17] [MQTT5-3.1.2-18] [MQTT5-3.1.2-19] [MQTT5-3.1.3-4] [MQTT5-3.1.3-11] [MQTT5-3.1.3-12] [S2-05]', () => {
    fc.assert(fc.property(
      fc.constantFrom(3, 4, 5), fc.boolean(), fc.integer({ min: 0, max: 65535 }), aText(), fc.option(fc.record({
        topic: aTopic(), payload: someBytes(), qos: fc.constantFrom(0, 1, 2), retain: fc.boolean(), properties: someProperties('Will', 'sent')
      }), { nil: undefined }),
      fc.option(aText().filter(s => s.length > 0), { nil: undefined }), fc.option(someBytes(), { nil: undefined }), someProperties('Connect', 'sent'),
      (version, clean, keepalive, clientId, will, username, password, properties) => {
        const v5 = version === 5
        const bytes = writeConnect(version, {
          clean_: clean, keepalive_: keepalive, clientId_: utf8(clientId),
          willPayload_: will?.payload ?? EMPTY, willQos_: will?.qos ?? 0, willRetain_: will?.retain ?? false,
          willProperties_: v5 ? section('Will', will?.properties) : EMPTY, properties_: v5 ? section('Connect', properties) : EMPTY,
          ...will && { willTopic_: utf8(will.topic) }, ...username !== undefined && { username_: utf8(username) },
          ...password !== undefined && { password_: password }
        }, ROOM)
        const [read] = peerReads(bytes, version)
        const expected: Record<string, unknown> = {
          cmd: 'connect', protocolId: version === 3 ? 'MQIsdp' : 'MQTT', protocolVersion: version, clean, keepalive, clientId
        }
        if (will) {
          expected['will'] = { topic: will.topic, payload: Buffer.from(will.payload, 'latin1'), qos: will.qos, retain: will.retain }
          if (v5 && toPeer(will.properties)) (expected['will'] as Record<string, unknown>)['properties'] = toPeer(will.properties)
        }
        if (username !== undefined) expected['username'] = username
        if (password !== undefined) expected['password'] = Buffer.from(password, 'latin1')
        if (v5 && toPeer(properties)) expected['properties'] = toPeer(properties)
        expect(read).toMatchObject(expected)
        for (const name of ['will', 'username', 'password', 'properties']) expect(name in read!).toBe(name in expected)
      }
    ))
  })
})

describe('PUBLISH', () => {
  test('QoS 0 carries no packet identifier, QoS 1 and 2 do; DUP and RETAIN are bits [MQTT-2.3.1-1] [MQTT-2.3.1-5] [MQTT-3.3.2-1] [MQTT-4.3.1-1] [MQTT5-2.2.1-2] [MQTT5-3.3.2-1]', () => {
    const topic = field(utf8('a/b'))
    expect(toHex(writePublish(0, topic, 0, EMPTY, utf8('hi'), ROOM))).toBe('30 07 00 03 61 2f 62 68 69')
    expect(toHex(writePublish(3, topic, 0x1234, EMPTY, utf8('hi'), ROOM))).toBe('33 09 00 03 61 2f 62 12 34 68 69')
    expect(toHex(writePublish(12, topic, 65535, NONE, EMPTY, ROOM))).toBe('3c 08 00 03 61 2f 62 ff ff 00')
    expect(toHex(writePublish(0, b2(0, 0), 0, section('Publish', { topicAlias: 5 }), utf8('x'), ROOM))).toBe('30 07 00 00 03 23 00 05 78')
  })

  test('the payload is any bytes, unchanged [S1-21]', () => {
    const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('') as Bytes
    const bytes = writePublish(0, field(utf8('t')), 0, EMPTY, all, ROOM)
    expect(bytes.endsWith(all)).toBe(true)
  })

  test.each([[127, 2], [128, 3], [16383, 3], [16384, 4], [2097151, 4], [2097152, 5]])('a body of %i bytes has a header of %i', (length, header) => {
    const payload = 'x'.repeat(length - 3) as Bytes
    const bytes = writePublish(0, field(utf8('t')), 0, EMPTY, payload, 1 << 23)
    expect(bytes.length).toBe(length + header)
    expect(peerReads(bytes, 4)[0]).toMatchObject({ topic: 't', length })
    // At the limit it is written, one byte below it is not.
    expect(writePublish(0, field(utf8('t')), 0, EMPTY, payload, length + header).length).toBe(length + header)
    expect(writePublish(0, field(utf8('t')), 0, EMPTY, payload, length + header - 1)).toBe(EMPTY)
  })

  test('mqtt-packet reads back what was written', () => {
    fc.assert(fc.property(
      fc.constantFrom(3, 4, 5), fc.constantFrom(0, 1, 2), fc.boolean(), fc.boolean(), aTopic(), fc.integer({ min: 1, max: 65535 }),
      someBytes(300), someProperties('Publish', 'sent'),
      (version, qos, again, retain, topic, packetId, payload, properties) => {
        const dup = again && qos > 0
        const v5 = version === 5
        const flags = (dup ? 8 : 0) + qos * 2 + (retain ? 1 : 0)
        const bytes = writePublish(flags, field(utf8(topic)), qos > 0 ? packetId : 0, v5 ? section('Publish', properties) : EMPTY, payload, ROOM)
        const [read] = peerReads(bytes, version)
        expect(read).toMatchObject({ cmd: 'publish', qos, dup, retain, topic, payload: Buffer.from(payload, 'latin1'), ...qos > 0 && { messageId: packetId } })
        expect((read as { properties?: unknown }).properties).toEqual(v5 ? toPeer(properties) : undefined)
      }
    ))
  })

  test('the head of a stream and the payload after it are the same packet', () => {
    for (const [flags, id, properties] of [[0, 0, EMPTY], [2, 7, EMPTY], [5, 9, section('Publish', { contentType: 'x' })]] as const) {
      const topic = field(utf8('a/b'))
      const payload = 'x'.repeat(5000) as Bytes
      const head = writePublishHead(flags, topic, id, properties, payload.length, 64)
      expect(cat(head, payload)).toBe(writePublish(flags, topic, id, properties, payload, ROOM))
      expect(writePublishHead(flags, topic, id, properties, payload.length, head.length)).toBe(head)
      expect(writePublishHead(flags, topic, id, properties, payload.length, head.length - 1)).toBe(EMPTY)
    }
    expect(writePublishHead(0, field(utf8('a')), 0, EMPTY, 268435455 - 3, 64).length).toBe(8)
    expect(writePublishHead(0, field(utf8('a')), 0, EMPTY, 268435455 - 2, 64)).toBe(EMPTY)
  })
})

describe('the acks', () => {
  const kinds = [['puback', FirstByte.Puback, 'Puback'], ['pubrec', FirstByte.Pubrec, 'Pubrec'], ['pubrel', FirstByte.Pubrel, 'Pubrel'], ['pubcomp', FirstByte.Pubcomp, 'Pubcomp']] as const

  test('take 4 bytes without a reason; PUBREL has flags 0010 [MQTT-2.2.2-1] [MQTT-3.6.1-1] [MQTT-2.3.1-6] [MQTT5-2.2.1-5]', () => {
    expect(kinds.map(([, first]) => toHex(writeAck(first, 0x0102, 0, EMPTY)))).toEqual(['40 02 01 02', '50 02 01 02', '62 02 01 02', '70 02 01 02'])
    // 3.1 sets DUP when it sends PUBREL again.
    expect(toHex(writeAck(FirstByte.Pubrel + 8, 1, 0, EMPTY))).toBe('6a 02 00 01')
  })

  test('under 5.0 leave out what is 0 or empty', () => {
    expect(toHex(writeAck(FirstByte.Puback, 1, 0, NONE))).toBe('40 02 00 01')
    expect(toHex(writeAck(FirstByte.Puback, 1, 0x97, EMPTY))).toBe('40 03 00 01 97')
    expect(toHex(writeAck(FirstByte.Pubrec, 1, 0x97, NONE))).toBe('50 03 00 01 97')
    expect(toHex(writeAck(FirstByte.Pubrel, 1, 0, section('Pubrel', { reasonString: 'x' })))).toBe('62 08 00 01 00 04 1f 00 01 78')
  })

  test('are what mqtt-packet reads', () => {
    fc.assert(fc.property(
      fc.constantFrom(...kinds), fc.integer({ min: 1, max: 65535 }), fc.boolean(), someProperties('Puback', 'sent'), fc.constantFrom(3, 4, 5),
      ([cmd, first, carrier], packetId, bad, properties, version) => {
        const v5 = version === 5
        const reason = !bad || !v5 ? 0 : carrier === 'Puback' || carrier === 'Pubrec' ? 0x97 : 0x92
        const [read] = peerReads(writeAck(first, packetId, reason, v5 ? section(carrier, properties) : EMPTY), version)
        expect(read).toMatchObject({ cmd, messageId: packetId, ...v5 && { reasonCode: reason } })
        expect((read as { properties?: unknown }).properties).toEqual(v5 ? toPeer(properties) : undefined)
      }
    ))
  })
})

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  const fields = cat(field(utf8('a/+')), b1(1), field(utf8('#')), b1(0))

  test('have flags 0010, an identifier and the filters with their options [MQTT-3.8.1-1] [MQTT-3.8.3-1] [MQTT-3.8.3-4] [MQTT-3.10.1-1] [MQTT-3.10.3-1] [MQTT5-3.8.1-1] [MQTT5-3.8.3-5] [MQTT5-3.10.1-1]', () => {
    expect(toHex(writeSubscribe(FirstByte.Subscribe, 10, EMPTY, fields, ROOM))).toBe('82 0c 00 0a 00 03 61 2f 2b 01 00 01 23 00')
    expect(toHex(writeSubscribe(FirstByte.Unsubscribe, 10, NONE, field(utf8('a/+')), ROOM))).toBe('a2 08 00 0a 00 00 03 61 2f 2b')
    // 3.1 sets DUP when it sends one again.
    expect(writeSubscribe(FirstByte.Subscribe + 8, 10, EMPTY, fields, ROOM).charCodeAt(0)).toBe(0x8a)
  })

  test('are not written above the limit', () => {
    expect(writeSubscribe(FirstByte.Subscribe, 10, EMPTY, fields, 14).length).toBe(14)
    expect(writeSubscribe(FirstByte.Subscribe, 10, EMPTY, fields, 13)).toBe(EMPTY)
  })

  test('are what mqtt-packet reads', () => {
    fc.assert(fc.property(
      fc.constantFrom(3, 4, 5), fc.integer({ min: 1, max: 65535 }),
      fc.array(fc.record({ topic: aText(12), qos: fc.constantFrom(0, 1, 2), nl: fc.boolean(), rap: fc.boolean(), rh: fc.constantFrom(0, 1, 2) }), { minLength: 1, maxLength: 5 }),
      someProperties('Subscribe', 'sent'), someProperties('Unsubscribe', 'sent'),
      (version, packetId, filters, properties, others) => {
        const v5 = version === 5
        const options = filters.map(f => v5 ? f.qos + (f.nl ? 4 : 0) + (f.rap ? 8 : 0) + f.rh * 16 : f.qos)
        const list = filters.map((f, i) => cat(field(utf8(f.topic)), b1(options[i]!))).join('') as Bytes
        const [read] = peerReads(writeSubscribe(FirstByte.Subscribe, packetId, v5 ? section('Subscribe', properties) : EMPTY, list, ROOM), version)
        const subscriptions = filters.map(f => v5 ? { ...f } : { topic: f.topic, qos: f.qos })
        expect(read).toMatchObject({ cmd: 'subscribe', messageId: packetId, subscriptions })
        expect((read as { properties?: unknown }).properties).toEqual(v5 ? toPeer(properties) : undefined)
        const names = filters.map(f => field(utf8(f.topic))).join('') as Bytes
        const [left] = peerReads(writeSubscribe(FirstByte.Unsubscribe, packetId, v5 ? section('Unsubscribe', others) : EMPTY, names, ROOM), version)
        expect(left).toMatchObject({ cmd: 'unsubscribe', messageId: packetId, unsubscriptions: filters.map(f => f.topic) })
        expect((left as { properties?: unknown }).properties).toEqual(v5 ? toPeer(others) : undefined)
      }
    ))
  })
})

describe('PINGREQ, DISCONNECT, AUTH', () => {
  test('PINGREQ and the DISCONNECT of 3.1 and 3.1.1 are two bytes [MQTT-3.14.1-1]', () => {
    expect(toHex(writePingreq())).toBe('c0 00')
    expect(toHex(writeDisconnect(3, 0, EMPTY))).toBe('e0 00')
    expect(toHex(writeDisconnect(4, 0x81, NONE))).toBe('e0 00')
    expect(peerReads(writePingreq(), 4)[0]).toMatchObject({ cmd: 'pingreq' })
    expect(peerReads(writeDisconnect(4, 0, EMPTY), 4)[0]).toMatchObject({ cmd: 'disconnect' })
  })

  test('DISCONNECT of 5.0 leaves out what is 0 or empty', () => {
    expect(toHex(writeDisconnect(5, 0, NONE))).toBe('e0 00')
    expect(toHex(writeDisconnect(5, 4, NONE))).toBe('e0 01 04')
    expect(toHex(writeDisconnect(5, 0, section('Disconnect', { sessionExpiryInterval: 1 })))).toBe('e0 07 00 05 11 00 00 00 01')
  })

  test('AUTH has its reason and properties, or neither; flags 0 [MQTT5-3.15.1-1]', () => {
    expect(toHex(writeAuth(0, NONE))).toBe('f0 00')
    expect(toHex(writeAuth(0x19, EMPTY))).toBe('f0 02 19 00')
    expect(toHex(writeAuth(0x18, section('Auth', { authenticationMethod: 'X', authenticationData: hex('00ff') })))).toBe(
      'f0 0b 18 09 15 00 01 58 16 00 02 00 ff'
    )
  })

  test('are what mqtt-packet reads', () => {
    fc.assert(fc.property(
      fc.constantFrom(0, 4, 0x81, 0x82), someProperties('Disconnect', 'sent'), fc.constantFrom(0x18, 0x19), someProperties('Auth', 'sent'),
      (reason, properties, step, auth) => {
        const [read] = peerReads(writeDisconnect(5, reason, section('Disconnect', properties)), 5)
        expect(read).toMatchObject({ cmd: 'disconnect', reasonCode: reason })
        expect((read as { properties?: unknown }).properties).toEqual(toPeer(properties))
        const [other] = peerReads(writeAuth(step, section('Auth', auth)), 5)
        expect(other).toMatchObject({ cmd: 'auth', reasonCode: step })
        expect((other as { properties?: unknown }).properties).toEqual(toPeer(auth))
      }
    ))
  })
})

describe('variable byte integers', () => {
  test.each([[0, '00'], [127, '7f'], [128, '80 01'], [16383, 'ff 7f'], [16384, '80 80 01'], [2097151, 'ff ff 7f'], [2097152, '80 80 80 01'], [268435455, 'ff ff ff 7f']])(
    '%i is %s', (n, bytes) => {
      expect(toHex(varint(n))).toBe(bytes)
      expect(varintSize(n)).toBe(varint(n).length)
    }
  )

  test('are read back, in as few bytes as possible [MQTT5-1.5.5-1]', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 268435455 }), someBytes(4), (n, after) => {
      const bytes = cat(varint(n), after)
      expect(readVarint(bytes, 0, bytes.length)).toBe(n)
      expect(readVarint(bytes, 0, varint(n).length - 1)).toBe(-1)
    }))
    for (const bad of ['80 00', '80 80 00', 'ff ff ff 00', 'ff ff ff ff 01', '80 80 80 80', 'ff']) {
      const bytes = hex(bad)
      expect(readVarint(bytes, 0, bytes.length)).toBe(-1)
    }
  })
})
