/** The codec under the real interpreter: what it writes and what it says of what a server sends are what they are on Node. */
import fc from 'fast-check'
import { beforeAll, expect, test, vi } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { peerWrites } from '../codec/peer.js'
import { aTopic, someBytes, someProperties, toPeer, type Carrier } from '../codec/property-table.js'
import { hex } from '../codec/support.js'
import { report as samples } from '../build/samples/codec.js'
import { payloadOf, readAll, wrap, written } from './programs/codec.js'
import { runDevice, said } from './support/interpreter.js'

vi.setConfig({ testTimeout: 120_000 })

const SEED = 20240
let program = ''
beforeAll(async () => {
  program = (await keptBundle('espruino', { entry: 'test/espruino/programs/codec.ts', flags: flagsOf('full') })).code
})

/** Packets of each kind with properties, as mqtt-packet writes them. */
function peerPackets(): Bytes[] {
  const list: Bytes[] = []
  const of = (carrier: Carrier, make: (properties: object) => Parameters<typeof peerWrites>[0]) => {
    for (const one of fc.sample(someProperties(carrier, 'received'), { seed: SEED, numRuns: 12 })) {
      const properties = toPeer(one)
      list.push(wrap(5, peerWrites(make(properties === undefined ? {} : { properties }), 5)))
    }
  }
  of('Connack', (p) => ({ cmd: 'connack', sessionPresent: false, reasonCode: 0, ...p }))
  of('Puback', (p) => ({ cmd: 'puback', messageId: 0x1234, reasonCode: 16, ...p }))
  of('Pubrec', (p) => ({ cmd: 'pubrec', messageId: 1, reasonCode: 0x97, ...p }))
  of('Pubrel', (p) => ({ cmd: 'pubrel', messageId: 65535, reasonCode: 0, ...p }))
  of('Pubcomp', (p) => ({ cmd: 'pubcomp', messageId: 256, reasonCode: 0x92, ...p }))
  of('Suback', (p) => ({ cmd: 'suback', messageId: 9, granted: [0, 1, 2, 0x80], ...p }))
  of('Unsuback', (p) => ({ cmd: 'unsuback', messageId: 9, granted: [0, 0x11], ...p }))
  of('Disconnect', (p) => ({ cmd: 'disconnect', reasonCode: 0x8e, ...p }))
  of('Auth', (p) => ({ cmd: 'auth', reasonCode: 0x18, ...p }))
  const messages = fc.sample(fc.tuple(fc.constantFrom(3, 4, 5), fc.constantFrom(0, 1, 2), aTopic(), someBytes(300), someProperties('Publish', 'received')), { seed: SEED, numRuns: 40 })
  for (const [version, qos, topic, payload, properties] of messages) {
    list.push(wrap(version, peerWrites({
      cmd: 'publish', qos: qos as 0 | 1 | 2, dup: qos > 0, retain: qos === 1, topic, messageId: 700, payload: Buffer.from(payload, 'latin1'), ...version === 5 && { properties: toPeer(properties) }
    }, version)))
  }
  return list
}

/** Whole, several at once, and wrong. */
const BY_HAND: [number, string][] = [
  [4, '20 02 00 00  90 03 00 01 00  30 05 00 01 61 ff 00  32 06 00 01 61 00 09 21  34 05 00 01 61 01 00  40 02 00 05  50 02 ff ff  62 02 00 01  70 02 00 01  b0 02 00 07  d0 00'],
  [3, '20 02 01 00  90 05 00 01 00 01 02  d0 00'],
  [5, '20 03 01 00 00  e0 00'], [5, 'f0 00'],
  [4, '20 02 01 05'], [4, '20 02 02 00'], [4, '20 03 00 00 00'], [4, '10 00'], [4, '00 00'], [4, '48 54 54 50'], [4, 'd0 80 80 80 80 01'], [4, 'd0 01 00'],
  [4, '36 05 00 01 61 00 01'], [4, '32 05 00 01 61 00 00'], [4, '30 03 00 05 61'], [4, '30 03 00 01 23'], [4, '30 03 00 01 00'], [4, '30 04 00 02 c3 28'], [4, '30 05 00 03 ed a0 80'],
  [4, '30 06 00 04 f4 90 80 80'], [4, '30 06 00 04 f0 9f 98 80'], [4, '30 05 00 03 ef bb bf'], [4, '90 02 00 01'], [4, '90 03 00 01 03'], [4, '41 02 00 01'], [4, '40 02 00 00'], [4, 'e0 00'],
  [5, '20 04 00 00 01 21'], [5, '20 06 00 00 03 21 00 00'], [5, '20 09 00 00 06 21 00 05 21 00 05'], [5, '30 05 00 01 61 80 00'], [5, '30 08 00 00 04 23 00 01 78'], [5, '40 03 00 01 05']
]

test('every packet that a client sends is written as on Node: 3.1, 3.1.1, 5.0 and all properties', async () => {
  const expected: string[] = []
  written((one) => {
    expected.push(said(one))
  })
  expect(expected.length).toBeGreaterThan(150)
  const device = await runDevice({ program }, 'require("program").written(function(one) { say("packet", btoa(one)); }); say("done");', 60_000)
  expect(device.all('packet')).toEqual(expected)
})

test.each([[100000, 100000], [7, 1000], [1, 100]])('every packet that a server sends, right or wrong, is read as on Node, in chunks of %i bytes and with a limit of %i', async (step, limit) => {
  // A byte at a time is slow there; what matters is that every kind of packet is among them.
  const every = step === 1 ? 4 : 1
  const cases = [...peerPackets().filter((_, i) => i % every === 0), ...BY_HAND.map(([version, bytes]) => wrap(version, hex(bytes))), wrap(4, (hex('30 ac 27 00 01 61') + payloadOf(5033)) as Bytes)].join('') as Bytes
  const expected: Bytes[] = []
  readAll(cases, step, limit, (one) => {
    expected.push(one)
  })
  expect(expected.filter((one) => one.includes('verdict=0')).length).toBeGreaterThan(160 / every - 10)
  expect(expected.filter((one) => /failed|verdict=1/.test(one)).length).toBeGreaterThan(20)
  const device = await runDevice({ program, cases },
    `require("program").readAll(require("Storage").read("cases"), ${step}, ${limit}, function(one) { say("case", btoa(one)); }); say("done");`, 60_000)
  expect(device.all('case')).toEqual(expected.map(said))
})

test('packets of all sizes, in chunks of all sizes, come back whole', async () => {
  const { code } = await keptBundle('espruino', { entry: 'test/build/samples/codec.ts', flags: flagsOf('full') })
  const device = await runDevice({ program: code }, 'say("bytes", btoa(require("program").report())); say("done");', 60_000)
  expect(device.all('bytes')).toEqual([said(samples())])
})
