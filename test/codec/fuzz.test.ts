import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { readPacket, newPacket } from '../../firmware/codec/read.js'
import { type Scanner } from '../../firmware/codec/scan.js'
import { peerWrites } from './peer.js'
import { aTopic, someBytes, someProperties, toPeer } from './property-table.js'
import { cutAt, decode, text, utf8, type Bytes } from './support.js'

// Every byte that firmware looks at, and every piece that it cuts, must be there. On Lua a byte that is not there is nil.
vi.mock('../../firmware/bytes.js', async original => {
  const real = await original<typeof import('../../firmware/bytes.js')>()
  return {
    ...real,
    at(s: Bytes, i: number) {
      if (!Number.isInteger(i) || i < 0 || i >= s.length) throw new Error(`byte ${i} of ${s.length}`)
      return real.at(s, i)
    },
    cut(s: Bytes, from: number, to: number) {
      if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > s.length) throw new Error(`bytes ${from} to ${to} of ${s.length}`)
      return real.cut(s, from, to)
    },
    find(s: Bytes, part: Bytes, from: number) {
      if (!Number.isInteger(from) || from < 0 || from > s.length) throw new Error(`a search from ${from} of ${s.length}`)
      return real.find(s, part, from)
    }
  }
})

/** Any packet that a server may send, in bytes. */
function serverPacket(version: number): fc.Arbitrary<Bytes> {
  const v5 = version === 5
  const id = fc.integer({ min: 1, max: 65535 })
  const make = (packet: object, properties: Parameters<typeof toPeer>[0]) => peerWrites({ ...packet, ...v5 && { properties: toPeer(properties) } }, version)
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(0, 1, 2), aTopic(), someBytes(200), id, someProperties('Publish', 'received')).map(([qos, topic, payload, messageId, p]) =>
      make({ cmd: 'publish', qos, topic, payload: Buffer.from(payload, 'latin1'), messageId }, p)) },
    fc.tuple(fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), id, someProperties('Puback', 'received')).map(([cmd, messageId, p]) => make({ cmd, messageId, reasonCode: 0 }, p)),
    fc.tuple(id, fc.array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 9 }), someProperties('Suback', 'received')).map(([messageId, granted, p]) => make({ cmd: 'suback', messageId, granted }, p)),
    fc.tuple(id, someProperties('Unsuback', 'received')).map(([messageId, p]) => make({ cmd: 'unsuback', messageId, ...v5 && { granted: [0] } }, p)),
    someProperties('Connack', 'received').map(p => make({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false }, p)),
    fc.constant(peerWrites({ cmd: 'pingresp' }, version)),
    ...v5 ? [
      someProperties('Disconnect', 'received').map(p => make({ cmd: 'disconnect', reasonCode: 0x8e }, p)),
      someProperties('Auth', 'received').map(p => make({ cmd: 'auth', reasonCode: 0x18 }, p))
    ] : []
  )
}

type Mutation = { kind: 'flip' | 'set' | 'insert' | 'remove' | 'repeat'; at: number; value: number; length: number }

const aMutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'insert', 'remove', 'repeat'), at: fc.nat({ max: 2000 }),
  value: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), length: fc.integer({ min: 1, max: 8 })
})

function mutate(stream: Bytes, mutations: Mutation[]): Bytes {
  let s: string = stream
  for (const { kind, at, value, length } of mutations) {
    const i = at % (s.length + 1)
    const before = s.slice(0, i)
    if (kind === 'insert') s = before + String.fromCharCode(value).repeat(length) + s.slice(i)
    else if (kind === 'remove') s = before + s.slice(i + length)
    else if (kind === 'repeat') s = s.slice(0, i + length) + s.slice(i)
    else if (i < s.length) s = before + String.fromCharCode(kind === 'set' ? value : s.charCodeAt(i) ^ (1 << (value % 8))) + s.slice(i + 1)
  }
  return s as Bytes
}

/** What must hold after every scan: what is delimited is there, and what waits is below the limit. */
function watcher(limit: number): (s: Scanner) => void {
  return s => {
    if (s.from_ < 0 || s.from_ > s.to_ || (s.buffer_ !== '' && s.to_ > s.buffer_.length)) throw new Error(`from ${s.from_} to ${s.to_} of ${s.buffer_.length}`)
    const waiting = s.parts_.reduce((n, part) => n + part.length, 0) + s.small_.length
    if (waiting !== s.held_ || waiting > limit) throw new Error(`${waiting} bytes wait, ${s.held_} are counted, the limit is ${limit}`)
    if (s.topic_.length + s.properties_.length > limit) throw new Error(`a head of ${s.topic_.length} and ${s.properties_.length} bytes, the limit is ${limit}`)
  }
}

describe.each([3, 4, 5])('version %i', version => {
  const streams = fc.array(serverPacket(version), { minLength: 1, maxLength: 6 }).map(list => list.join('') as Bytes)
  const settings = fc.record({ limit: fc.constantFrom(16, 64, 256, 1 << 20), streamMax: fc.constantFrom(0, 100, 1 << 22) })

  test('a mutated stream never throws, reads past its end or holds more than the limit, however it is cut', () => {
    let refused = 0
    let taken = 0
    fc.assert(fc.property(streams, fc.array(aMutation, { minLength: 1, maxLength: 6 }), fc.array(fc.nat({ max: 3000 }), { maxLength: 12 }), settings, (stream, mutations, cuts, { limit, streamMax }) => {
      const bytes = mutate(stream, mutations)
      const at = cuts.filter(i => i < bytes.length).sort((a, b) => a - b)
      const whole = decode([bytes], { version, limit, streamMax, watch: watcher(limit) })
      for (const event of whole) {
        if ('failed' in event || event.reason > 0) refused++
        else taken++
      }
      const last = whole[whole.length - 1]
      // A stream cut off in the middle shows how far it came, which depends on nothing else.
      expect(decode(cutAt(bytes, at), { version, limit, streamMax, watch: watcher(limit) })).toEqual(whole)
      if (last !== undefined && 'stream' in last) expect(last.payload.length).toBeLessThanOrEqual(last.total)
    }), { numRuns: 1500 })
    // The mutations hit, and leave something to read.
    expect(refused).toBeGreaterThan(100)
    expect(taken).toBeGreaterThan(100)
  })

  test('any bytes at all as the body of any packet: a reason, never an exception', () => {
    const p = newPacket()
    const firsts = [0x20, 0x30, 0x31, 0x32, 0x34, 0x3d, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, ...version === 5 ? [0xf0] : []]
    const seen = new Set<number>()
    fc.assert(fc.property(fc.constantFrom(...firsts), fc.oneof(someBytes(40), fc.array(fc.constantFrom(0, 1, 2, 3, 8, 0x1f, 0x23, 0x26, 0x61, 0x80), { maxLength: 20 }).map(a => String.fromCharCode(...a) as Bytes)), (header, body) => {
      // Bytes of the next packets stand around it, and must not be looked at.
      const buffer = (utf8('??') + body + utf8('????')) as Bytes
      const s = { header_: header, buffer_: buffer, from_: 2, to_: 2 + body.length } as Scanner
      const reason = readPacket(p, s, version, text)
      expect([0, 0x81, 0x82, 0x94]).toContain(reason)
      seen.add(reason)
      if (reason === 0 && p.type_ === 3) expect(p.topic_.length + p.payload_.length).toBeLessThanOrEqual(body.length)
      // The same without anything around: what follows a packet does not change it.
      expect(readPacket(newPacket(), { header_: header, buffer_: body, from_: 0, to_: body.length } as Scanner, version, text)).toBe(reason)
    }), { numRuns: 4000 })
    expect(seen.size).toBeGreaterThan(2)
  })
})
