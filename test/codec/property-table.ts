/**
 * The table of section 2.2.2.2 of MQTT 5.0, transcribed for the tests, with who may send each property in which packet,
 * values that fit, and how mqtt-packet writes them.
 */
import fc from 'fast-check'
import { utf8, type Bytes } from './support.js'
import type { Properties } from '../../firmware/types.js'

export type Kind = 'bit' | 'short' | 'short>0' | 'long' | 'long>0' | 'varint' | 'text' | 'topic' | 'data' | 'pairs'

/** Packets by the name of their `PacketType`. */
export type Carrier =
  | 'Connect' | 'Connack' | 'Publish' | 'Puback' | 'Pubrec' | 'Pubrel' | 'Pubcomp' | 'Subscribe' | 'Suback' | 'Unsubscribe' | 'Unsuback'
  | 'Disconnect' | 'Auth' | 'Will'

export const TYPE: Record<Carrier, number> = {
  Connect: 1, Connack: 2, Publish: 3, Puback: 4, Pubrec: 5, Pubrel: 6, Pubcomp: 7, Subscribe: 8, Suback: 9, Unsubscribe: 10, Unsuback: 11,
  Disconnect: 14, Auth: 15, Will: 16
}

/** What a client sends and what it receives. */
export const SENT: Carrier[] = ['Connect', 'Publish', 'Puback', 'Pubrec', 'Pubrel', 'Pubcomp', 'Subscribe', 'Unsubscribe', 'Disconnect', 'Auth', 'Will']
export const RECEIVED: Carrier[] = ['Connack', 'Publish', 'Puback', 'Pubrec', 'Pubrel', 'Pubcomp', 'Suback', 'Unsuback', 'Disconnect', 'Auth']

export interface PropertyRow {
  id: number
  name: keyof Properties
  kind: Kind
  sent: Carrier[]
  received: Carrier[]
}

const ACKS: Carrier[] = ['Puback', 'Pubrec', 'Pubrel', 'Pubcomp']
const row = (id: number, name: keyof Properties, kind: Kind, sent: Carrier[], received: Carrier[]): PropertyRow => ({ id, name, kind, sent, received })

export const PROPERTIES: PropertyRow[] = [
  row(0x01, 'payloadFormatIndicator', 'bit', ['Publish', 'Will'], ['Publish']),
  row(0x02, 'messageExpiryInterval', 'long', ['Publish', 'Will'], ['Publish']),
  row(0x03, 'contentType', 'text', ['Publish', 'Will'], ['Publish']),
  row(0x08, 'responseTopic', 'topic', ['Publish', 'Will'], ['Publish']),
  row(0x09, 'correlationData', 'data', ['Publish', 'Will'], ['Publish']),
  row(0x0b, 'subscriptionIdentifier', 'varint', ['Subscribe'], ['Publish']),
  row(0x11, 'sessionExpiryInterval', 'long', ['Connect', 'Disconnect'], ['Connack']),
  row(0x12, 'assignedClientIdentifier', 'text', [], ['Connack']),
  row(0x13, 'serverKeepAlive', 'short', [], ['Connack']),
  row(0x15, 'authenticationMethod', 'text', ['Connect', 'Auth'], ['Connack', 'Auth']),
  row(0x16, 'authenticationData', 'data', ['Connect', 'Auth'], ['Connack', 'Auth']),
  row(0x17, 'requestProblemInformation', 'bit', ['Connect'], []),
  row(0x18, 'willDelayInterval', 'long', ['Will'], []),
  row(0x19, 'requestResponseInformation', 'bit', ['Connect'], []),
  row(0x1a, 'responseInformation', 'text', [], ['Connack']),
  row(0x1c, 'serverReference', 'text', [], ['Connack', 'Disconnect']),
  row(0x1f, 'reasonString', 'text', [...ACKS, 'Disconnect', 'Auth'], ['Connack', ...ACKS, 'Suback', 'Unsuback', 'Disconnect', 'Auth']),
  row(0x21, 'receiveMaximum', 'short>0', ['Connect'], ['Connack']),
  row(0x22, 'topicAliasMaximum', 'short', ['Connect'], ['Connack']),
  row(0x23, 'topicAlias', 'short>0', ['Publish'], ['Publish']),
  row(0x24, 'maximumQoS', 'bit', [], ['Connack']),
  row(0x25, 'retainAvailable', 'bit', [], ['Connack']),
  row(0x26, 'userProperties', 'pairs', SENT, RECEIVED),
  row(0x27, 'maximumPacketSize', 'long>0', ['Connect'], ['Connack']),
  row(0x28, 'wildcardSubscriptionAvailable', 'bit', [], ['Connack']),
  row(0x29, 'subscriptionIdentifiersAvailable', 'bit', [], ['Connack']),
  row(0x2a, 'sharedSubscriptionAvailable', 'bit', [], ['Connack'])
]

/** Text that MQTT takes: any characters but U+0000 and lone surrogates. */
export const aText = (maxLength = 20) => fc.string({ unit: 'binary', maxLength }).map(s => s.replaceAll('\0', '\ufeff'))
export const aTopic = (maxLength = 20) => fc.string({ unit: 'binary', minLength: 1, maxLength }).map(s => s.replace(/[\0#+]/g, '/'))
export const someBytes = (maxLength = 40) => fc.uint8Array({ maxLength }).map(a => Buffer.from(a).toString('latin1') as Bytes)

/** Values of a kind, as `Properties` has them. */
export function aValue(kind: Kind): fc.Arbitrary<unknown> {
  if (kind === 'bit') return fc.integer({ min: 0, max: 1 })
  if (kind === 'short') return fc.integer({ min: 0, max: 65535 })
  if (kind === 'short>0') return fc.integer({ min: 1, max: 65535 })
  if (kind === 'long') return fc.oneof(fc.integer({ min: 0, max: 2147483647 }), fc.constantFrom(0, 255, 256, 65535, 65536, 2147483647, -1))
  if (kind === 'long>0') return fc.oneof(fc.integer({ min: 1, max: 2147483647 }), fc.constantFrom(1, 2147483647, -1))
  if (kind === 'varint') return fc.oneof(fc.constantFrom(1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455), fc.integer({ min: 1, max: 268435455 }))
  if (kind === 'text') return aText()
  if (kind === 'topic') return aTopic()
  if (kind === 'data') return someBytes()
  // mqtt-packet groups pairs by name, so the order across names is lost; it also loses empty values and the like of "__proto__".
  const name = aText(6).filter(n => !(n in Object.prototype) && !/^\d+$/.test(n))
  return fc.uniqueArray(fc.tuple(name, fc.array(aText(6).map(v => v === '' ? 'v' : v), { minLength: 1, maxLength: 3 })), { minLength: 1, maxLength: 3, selector: ([n]) => n })
    .map(groups => groups.flatMap(([n, values]) => values.flatMap(v => [n, v])))
}

/** Some of the properties that a packet may carry in one direction; undefined now and then. */
export function someProperties(carrier: Carrier, direction: 'sent' | 'received'): fc.Arbitrary<Properties | undefined> {
  const shape: Record<string, fc.Arbitrary<unknown>> = {}
  for (const { name, kind, [direction]: carriers } of PROPERTIES) if (carriers.includes(carrier)) shape[name] = aValue(kind)
  return fc.option(fc.record(shape, { requiredKeys: [] }), { nil: undefined, freq: 4 }) as fc.Arbitrary<Properties | undefined>
}

/** The same as mqtt-packet has them: true and false, Buffers, 0xFFFFFFFF, pairs grouped by name. Empty stays empty. */
export function toPeer(p: Properties | undefined): Record<string, unknown> | undefined {
  if (p === undefined || Object.keys(p).length === 0) return undefined
  const result: Record<string, unknown> = {}
  for (const { name, kind } of PROPERTIES) {
    const value = p[name]
    if (value === undefined) continue
    if (kind === 'bit') result[name] = name === 'maximumQoS' ? value : value === 1
    else if (kind === 'long' || kind === 'long>0') result[name] = value === -1 ? 0xffffffff : value
    else if (kind === 'data') result[name] = Buffer.from(value as Bytes, 'latin1')
    else if (kind === 'pairs') result[name] = grouped(value as string[])
    else result[name] = value
  }
  return result
}

function grouped(list: string[]): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {}
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!
    const before = result[name]
    result[name] = before === undefined ? list[i + 1]! : Array.isArray(before) ? [...before, list[i + 1]!] : [before, list[i + 1]!]
  }
  return result
}

/** One property on the wire, as the specification lays it out; `value` as in `Properties`. */
export function wire(row: PropertyRow, value: unknown): Buffer {
  const id = Buffer.from([row.id])
  const field = (bytes: Bytes) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), Buffer.from(bytes, 'latin1')])
  if (row.kind === 'bit') return Buffer.from([row.id, value as number])
  if (row.kind === 'short' || row.kind === 'short>0') return Buffer.from([row.id, (value as number) >> 8, (value as number) & 255])
  if (row.kind === 'long' || row.kind === 'long>0') {
    const four = Buffer.alloc(4)
    four.writeUInt32BE((value as number) >>> 0)
    return Buffer.concat([id, four])
  }
  if (row.kind === 'data') return Buffer.concat([id, field(value as Bytes)])
  if (row.kind === 'text' || row.kind === 'topic') return Buffer.concat([id, field(utf8(value as string))])
  if (row.kind === 'varint') {
    const bytes = [row.id]
    for (let n = value as number; ; n = Math.floor(n / 128)) {
      if (n < 128) return Buffer.from([...bytes, n])
      bytes.push((n % 128) + 128)
    }
  }
  const list = value as string[]
  return Buffer.concat(Array.from({ length: list.length / 2 }, (_, i) => Buffer.concat([id, field(utf8(list[2 * i]!)), field(utf8(list[2 * i + 1]!))])))
}
