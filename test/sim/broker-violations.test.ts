/** Every breach of the specification that the model broker can see, each shown by a hand-made wrong sequence. */
import { describe, expect, it } from 'vitest'
import { STATEMENTS, type ModelBrokerOptions, type ViolationKind } from '../../hal/sim/broker/index.js'
import { bytes, fromHex, RawClient, violations, world, type World } from './broker-support.js'

interface Case {
  kind: ViolationKind
  version?: 3 | 4 | 5
  broker?: Partial<ModelBrokerOptions>
  /** The statement, where it is not the kind's own. */
  statement?: string
  wrong: (client: RawClient, w: World) => unknown
}

const KEPT = { clean: false, properties: { sessionExpiryInterval: 3600 } }

const CASES: Case[] = [
  { kind: 'beforeConnect', wrong: (c) => c.send({ cmd: 'pingreq' }) },
  { kind: 'secondConnect', wrong: (c) => c.connect().connect() },
  { kind: 'badConnect', statement: '3.1.2-1', wrong: (c) => c.raw(fromHex('10 10 00 06 4d 51 49 73 64 70 04 02 00 00 00 02 61 62')) },
  { kind: 'badConnect', statement: '3.1.3-7', wrong: (c) => c.raw(fromHex('10 0c 00 04 4d 51 54 54 04 00 00 00 00 00')) },
  { kind: 'badConnect', statement: '3.1.2-22', wrong: (c) => c.raw(fromHex('10 10 00 04 4d 51 54 54 04 42 00 00 00 01 61 00 01 62')) },
  { kind: 'serverPacket', wrong: (c) => c.connect().send({ cmd: 'pingresp' }) },
  { kind: 'malformed', wrong: (c) => c.connect().raw(fromHex('36 05 00 01 74 00 01')) },
  { kind: 'malformed', wrong: (c) => c.connect().raw(fromHex('c0 01 00')) },
  { kind: 'malformed', wrong: (c) => c.connect().raw(fromHex('c0 80 00')) },
  { kind: 'malformed', wrong: (c) => c.connect().raw(fromHex('30 ff ff ff ff 01')) },
  { kind: 'malformed', wrong: (c) => c.connect().raw(fromHex('60 02 00 01')) },
  { kind: 'badText', statement: '1.5.4-1', wrong: (c) => c.connect().raw(fromHex('30 05 00 03 ed a0 80')) },
  { kind: 'badText', statement: '1.5.4-2', wrong: (c) => c.connect().raw(fromHex('30 04 00 02 74 00')) },
  { kind: 'idZero', wrong: (c) => c.connect().raw(fromHex('32 05 00 01 74 00 00')) },
  { kind: 'idZero', wrong: (c) => c.connect().raw(fromHex('82 06 00 00 00 01 74 00')) },
  { kind: 'idInUse', broker: { neverAck: () => true }, wrong: (c) => c.connect().publish('t', 'a', 1, 5).publish('t', 'b', 1, 5) },
  { kind: 'idInUse', broker: { neverAck: () => true }, wrong: (c) => c.connect().publish('t', 'a', 1, 5).subscribe(5, 't') },
  { kind: 'idInUse', version: 5, wrong: (c) => c.connect(KEPT).publish('t', 'a', 2, 5).again().connect(KEPT).publish('t', 'b', 2, 5) },
  { kind: 'dupOnQos0', wrong: (c) => c.connect().publish('t', 'a', 0, 0, { dup: true }) },
  { kind: 'dupInFreshSession', wrong: (c) => c.connect().publish('t', 'a', 1, 5, { dup: true }) },
  { kind: 'missingDup', wrong: (c) => c.connect({ clean: false }).publish('t', 'a', 2, 5).again().connect({ clean: false }).publish('t', 'a', 2, 5) },
  { kind: 'resentOnLiveLink', broker: { neverAck: () => true }, wrong: (c) => c.connect().publish('t', 'a', 1, 5).publish('t', 'a', 1, 5, { dup: true }) },
  { kind: 'publishAfterPubrec', wrong: (c) => c.connect().publish('t', 'a', 2, 5).publish('t', 'a', 2, 5, { dup: true }) },
  { kind: 'publishAfterPubrec', wrong: (c) => c.connect({ clean: false }).publish('t', 'a', 2, 5).ack('pubrel', 5).again().connect({ clean: false }).publish('t', 'a', 2, 5, { dup: true }) },
  { kind: 'pubrelWithoutPubrec', wrong: (c) => c.connect().ack('pubrel', 5) },
  { kind: 'pubrelWithoutPubrec', broker: { neverAck: (ack) => ack.kind === 'pubrec' }, wrong: (c) => c.connect().publish('t', 'a', 2, 5).ack('pubrel', 5) },
  { kind: 'pubrelTwice', wrong: (c) => c.connect().publish('t', 'a', 2, 5).ack('pubrel', 5).ack('pubrel', 5) },
  { kind: 'resentOutOfOrder', broker: { neverAck: () => true }, wrong: (c) => {
    c.connect({ clean: false }).publish('t', 'a', 1, 5).publish('t', 'b', 1, 6)
    c.again().connect({ clean: false }).publish('t', 'b', 1, 6, { dup: true }).publish('t', 'a', 1, 5, { dup: true })
  } },
  { kind: 'badTopic', wrong: (c) => c.connect().publish('t/+', 'a', 0) },
  { kind: 'receiveMaximum', version: 5, broker: { receiveMaximum: 2, neverAck: () => true }, wrong: (c) => c.connect().publish('t', 'a', 1, 1).publish('t', 'b', 2, 2).publish('t', 'c', 1, 3) },
  { kind: 'aliasRange', version: 5, broker: { topicAliasMaximum: 3 }, wrong: (c) => c.connect().publish('t', 'a', 0, 0, { properties: { topicAlias: 4 } }) },
  { kind: 'aliasRange', statement: '3.3.2-8', version: 5, wrong: (c) => c.connect().raw(fromHex('30 07 00 01 74 03 23 00 00')) },
  { kind: 'aliasUndefined', version: 5, wrong: (c) => c.connect().publish('t', 'a', 0, 0, { properties: { topicAlias: 1 } }).again().connect().publish('', 'b', 0, 0, { properties: { topicAlias: 1 } }) },
  { kind: 'packetTooLarge', version: 5, broker: { maximumPacketSize: 50 }, wrong: (c) => c.connect().publish('t', 'x'.repeat(60), 0) },
  { kind: 'retainNotAvailable', version: 5, broker: { retainAvailable: false }, wrong: (c) => c.connect().publish('t', 'a', 0, 0, { retain: true }) },
  { kind: 'qosNotSupported', version: 5, broker: { maximumQoS: 1 }, wrong: (c) => c.connect().publish('t', 'a', 2, 1) },
  { kind: 'identifierInPublish', version: 5, wrong: (c) => c.connect().publish('t', 'a', 0, 0, { properties: { subscriptionIdentifier: 1 } }) },
  { kind: 'afterDisconnect', wrong: (c) => c.connect().send({ cmd: 'disconnect' }).send({ cmd: 'pingreq' }) },
  { kind: 'afterDisconnect', wrong: (c) => c.connect().raw(fromHex('e0 00 c0 00')) },
  { kind: 'badFilter', statement: '4.7.1-1', wrong: (c) => c.connect().subscribe(1, 'a/#/b') },
  { kind: 'badFilter', statement: '4.7.1-2', wrong: (c) => c.connect().subscribe(1, 'a+') },
  { kind: 'badFilter', statement: '4.7.3-1', wrong: (c) => c.connect().raw(fromHex('82 05 00 01 00 00 00')) },
  { kind: 'badFilter', statement: '4.8.2-1', version: 5, wrong: (c) => c.connect().subscribe(1, '$share/g/') },
  { kind: 'badFilter', statement: '4.8.2-2', version: 5, wrong: (c) => c.connect().subscribe(1, '$share/+/t') },
  { kind: 'noFilter', wrong: (c) => c.connect().raw(fromHex('82 02 00 01')) },
  { kind: 'noLocalShared', version: 5, wrong: (c) => c.connect().subscribe(1, { topic: '$share/g/t', qos: 1, nl: true }) },
  { kind: 'ackForUnknown', wrong: (c) => c.connect().ack('puback', 9) },
  { kind: 'ackForUnknown', wrong: (c, w) => {
    c.connect({ clean: false }).subscribe(1, 't')
    for (let i = 0; i < 3; i++) w.broker.publish('t', bytes(`${i}`), 1)
    w.broker.options.maxInflight = 1
    c.pass(100).again().connect({ clean: false }).ack('puback', 3)
  } },
  { kind: 'secondAck', wrong: (c, w) => {
    c.connect().subscribe(1, 't')
    w.broker.publish('t', bytes('x'), 1)
    c.pass(100).ack('puback', 1).ack('puback', 1)
  } },
  { kind: 'wrongAck', wrong: (c, w) => {
    c.connect().subscribe(1, 't')
    w.broker.publish('t', bytes('x'), 2)
    c.pass(100).ack('puback', 1)
  } },
  ...(['puback', 'pubrec'] as const).map((ack): Case => ({ kind: ack === 'puback' ? 'pubackOrder' : 'pubrecOrder', wrong: (c, w) => {
    c.connect().subscribe(1, 't')
    for (let i = 0; i < 2; i++) w.broker.publish('t', bytes(`${i}`), ack === 'puback' ? 1 : 2)
    c.pass(100).ack(ack, 2)
  } })),
  { kind: 'pubrelOrder', wrong: (c) => c.connect().publish('t', 'a', 2, 1).publish('t', 'b', 2, 2).ack('pubrel', 2) },
  { kind: 'expiryRaised', version: 5, wrong: (c) => c.connect().send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 10 } }) },
  { kind: 'unexpectedAuth', version: 5, wrong: (c) => c.connect().raw(fromHex('f0 02 18 00')) }
]

/** What the specification answers with the end of the connection; the rest is only written down. */
const GOES_ON = new Set<ViolationKind>(['idInUse', 'dupOnQos0', 'dupInFreshSession', 'missingDup', 'resentOnLiveLink', 'publishAfterPubrec', 'pubrelWithoutPubrec', 'pubrelTwice', 'resentOutOfOrder',
  'ackForUnknown', 'secondAck', 'wrongAck', 'pubackOrder', 'pubrecOrder', 'pubrelOrder'])

describe('the model broker sees', () => {
  it.each(CASES.map((one, i) => ({ ...one, name: `${one.kind}, case ${i}` })))('$name', ({ kind, version = 4, broker = {}, statement, wrong }) => {
    const w = world(broker)
    const client = new RawClient(w, version)
    wrong(client, w)
    w.sim.run(100)
    expect(violations(w.broker)).toEqual([`${kind} ${statement ?? STATEMENTS[kind][version === 5 ? 1 : 0]}`])
    expect(w.broker.oracle.violations.items[0]!.text).not.toBe('')
    expect(() => w.broker.check()).toThrow(kind)
    if (kind !== 'afterDisconnect' && kind !== 'expiryRaised') expect(client.status === 1).toBe(GOES_ON.has(kind))
  })

  it('every kind that it names, in these cases', () => {
    expect(new Set(CASES.map((one) => one.kind))).toEqual(new Set(Object.keys(STATEMENTS)))
  })
})

describe('the model broker sees nothing wrong in', () => {
  it('a resend of everything in flight after a reconnect, in order, with DUP', () => {
    const w = world({ neverAck: (ack) => ack.kind !== 'connack' && ack.packetId > 1 })
    const client = new RawClient(w, 4).connect({ clean: false }).publish('t', 'a', 2, 1).publish('t', 'b', 1, 2).publish('t', 'c', 2, 3)
    client.again().connect({ clean: false }).ack('pubrel', 1).publish('t', 'b', 1, 2, { dup: true }).publish('t', 'c', 2, 3, { dup: true })
    expect(violations(w.broker)).toEqual([])
  })

  it('a PUBREL again on the next connection, an id that is free again, and a message that the broker never heard with DUP', () => {
    const w = world()
    const client = new RawClient(w, 4).connect({ clean: false }).publish('t', 'a', 2, 1).ack('pubrel', 1)
    client.again().connect({ clean: false }).ack('pubrel', 1).publish('t', 'new', 2, 1).publish('t', 'unheard', 2, 9, { dup: true })
    expect(violations(w.broker)).toEqual([])
  })

  it('an ack that follows a slow answer, and QoS 2 both ways in any interleaving that keeps each order', () => {
    const w = world({ ackDelayMs: (ack) => ack.packetId * 300 })
    const client = new RawClient(w, 5).connect().subscribe(1, 't').pass(1000)
    for (let i = 0; i < 3; i++) w.broker.publish('t', bytes(`${i}`), i === 1 ? 1 : 2)
    client.pass(100).publish('u', 'x', 2, 2).ack('pubrec', 1).ack('puback', 2).ack('pubrec', 3).ack('pubcomp', 3).pass(2000).ack('pubrel', 2).ack('pubcomp', 1).pass(2000)
    expect(client.heard()).toContain('pubcomp:2')
    expect(violations(w.broker)).toEqual([])
  })
})
