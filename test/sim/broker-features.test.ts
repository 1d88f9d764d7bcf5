/** The model broker's features one by one, against bytes that mqtt-packet made. */
import type { ISubscription } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { LinkCode } from '../../hal/hal.js'
import { bytes, RawClient, violations, world } from './broker-support.js'

/** What came: "topic payload q1 retain". */
function came(client: RawClient): string[] {
  return client.pass(100).all('publish').map((packet) => `${packet.topic} ${packet.payload.toString()} q${packet.qos}${packet.retain ? ' retain' : ''}`)
}

function reasons(client: RawClient): unknown[] {
  return client.all('disconnect').map((packet) => packet.reasonCode)
}

const KEPT = { clean: false, properties: { sessionExpiryInterval: 3600 } }

describe('the model broker', () => {
  it('gives each message of a shared subscription to one member in turn, to those that are online, and no retained one', () => {
    const w = world()
    w.broker.publish('t/r', bytes('kept'), 0, true)
    const [a, b] = ['a', 'b'].map((id) => new RawClient(w, 5, id).connect(KEPT).subscribe(1, '$share/g/t/+')) as [RawClient, RawClient]
    const alone = new RawClient(w, 5, 'other').connect().subscribe(1, '$share/h/t/+')
    for (const n of [1, 2, 3, 4]) w.broker.publish('t/x', bytes(`${n}`))
    expect([came(a), came(b)]).toEqual([['t/x 1 q0', 't/x 3 q0'], ['t/x 2 q0', 't/x 4 q0']])
    expect(came(alone)).toHaveLength(4)
    a.again()
    w.broker.publish('t/x', bytes('5'), 1)
    w.broker.publish('t/x', bytes('6'), 1)
    expect(came(b).slice(2)).toEqual(['t/x 5 q1', 't/x 6 q1'])
    expect(w.broker.session('a')?.queued).toBe(0)
  })

  it('sends one message where filters overlap, with the highest QoS and all identifiers, or a copy for each, as told', () => {
    for (const overlapping of ['merged', 'copies'] as const) {
      const w = world({ overlapping })
      const client = new RawClient(w, 5).connect()
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't/#', qos: 1 }], properties: { subscriptionIdentifier: 7 } })
      client.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 't/a', qos: 2 }], properties: { subscriptionIdentifier: 9 } })
      w.broker.publish('t/a', bytes('x'), 2)
      client.pass(100)
      const heard = client.all('publish').map((packet) => [packet.qos, packet.properties?.subscriptionIdentifier])
      expect(heard).toEqual(overlapping === 'merged' ? [[2, [9, 7]]] : [[2, 9], [1, 7]])
    }
  })

  it('uses topic aliases towards a client that allows them, as many as it allows, anew on each connection', () => {
    const w = world({ aliasesOut: true })
    const client = new RawClient(w, 5).connect({ properties: { topicAliasMaximum: 1 } }).subscribe(1, '#')
    const round = (): unknown[] => {
      for (const topic of ['one', 'two', 'one']) w.broker.publish(topic, bytes('x'))
      return client.pass(100).all('publish').map((packet) => [packet.topic, packet.properties?.topicAlias])
    }
    expect(round()).toEqual([['one', 1], ['two', undefined], ['', 1]])
    client.again().connect({ properties: { topicAliasMaximum: 1 } }).subscribe(1, '#')
    expect(round()[0]).toEqual(['one', 1])
    const none = new RawClient(w, 5, 'none').connect().subscribe(1, '#')
    w.broker.publish('one', bytes('x'))
    w.broker.publish('one', bytes('y'))
    expect(came(none)).toEqual(['one x q0', 'one y q0'])
  })

  it('lets a message expire while it waits or is retained, and sends what is left of its time', () => {
    const w = world()
    const client = new RawClient(w, 5).connect(KEPT).subscribe(1, 't').again()
    w.broker.publish('t', bytes('short'), 1, false, { messageExpiryInterval: 10 })
    w.broker.publish('t', bytes('long'), 1, false, { messageExpiryInterval: 100 })
    w.broker.publish('kept', bytes('r'), 0, true, { messageExpiryInterval: 60 })
    client.pass(20000).connect(KEPT)
    expect(client.all('publish').map((packet) => [packet.payload.toString(), packet.properties?.messageExpiryInterval])).toEqual([['long', 80]])
    expect(w.broker.oracle.dropped.items.map((dropped) => [dropped.payload, dropped.why])).toEqual([['short', 'expired']])
    client.subscribe(2, 'kept')
    expect(came(client)).toContain('kept r q0 retain')
    client.pass(40000).subscribe(3, 'kept')
    expect(came(client).filter((one) => one.startsWith('kept'))).toHaveLength(1)
  })

  it('sends retained messages at every SUBSCRIBE, only at a new one, or never, by Retain Handling', () => {
    for (const [rh, first, second] of [[0, 1, 2], [1, 1, 1], [2, 0, 0]] as const) {
      const w = world()
      w.broker.publish('t', bytes('r'), 1, true)
      const filter: ISubscription = { topic: 't', qos: 0, nl: false, rap: false, rh }
      const client = new RawClient(w, 5).connect().subscribe(1, filter)
      expect(came(client)).toHaveLength(first)
      client.subscribe(2, filter)
      expect(came(client)).toHaveLength(second)
    }
  })

  it('keeps RETAIN on what it passes on with Retain As Published, and clears it without; an empty one ends the retained message', () => {
    const w = world()
    const client = new RawClient(w, 5).connect().subscribe(1, { topic: 'a', qos: 0, rap: true, nl: false, rh: 0 }, { topic: 'b', qos: 0, rap: false, nl: false, rh: 0 })
    for (const topic of ['a', 'b']) w.broker.publish(topic, bytes('x'), 0, true)
    w.broker.publish('a', bytes('y'))
    expect(came(client)).toEqual(['a x q0 retain', 'b x q0', 'a y q0'])
    w.broker.publish('a', bytes(''), 0, true)
    expect([w.broker.retained('a'), w.broker.retained('b')?.payload]).toEqual([undefined, 'x'])
  })

  it('sends a will after its delay, at the end of the session if that comes first, and not when the client is back in time', () => {
    const will = { topic: 'will', payload: Buffer.from('gone'), qos: 0 as const, retain: false, properties: { willDelayInterval: 20 } }
    const wills = (sessionExpiryInterval: number, backAfterMs: number): number[] => {
      const w = world()
      const watcher = new RawClient(w, 5, 'watcher').connect().subscribe(1, 'will')
      const client = new RawClient(w, 5).connect({ clean: false, properties: { sessionExpiryInterval }, will }).again()
      const counts = [5000, 10000, 10000].map((ms) => {
        watcher.pass(ms)
        if (backAfterMs === ms) client.again().connect({ clean: false, properties: { sessionExpiryInterval } })
        return watcher.all('publish').length
      })
      return counts
    }
    expect(wills(3600, 0)).toEqual([0, 0, 1])
    expect(wills(3600, 5000)).toEqual([0, 0, 0])
    expect(wills(10, 0)).toEqual([0, 1, 1])
    expect(wills(0, 0)).toEqual([1, 1, 1])
  })

  it('sends nothing larger than the client allows, and goes on with the next message', () => {
    const w = world()
    const client = new RawClient(w, 5).connect({ properties: { maximumPacketSize: 60 } }).subscribe(1, 't')
    for (const payload of ['x'.repeat(80), 'fits']) w.broker.publish('t', bytes(payload), 1)
    expect(came(client)).toEqual(['t fits q1'])
    expect(w.broker.oracle.dropped.items.map((dropped) => [dropped.payload.length, dropped.why])).toEqual([[80, 'too-large']])
  })

  it('holds at most maxInflight, maxQueued and maxBacklog for one client, and drops the newest', () => {
    const w = world({ maxInflight: 2, maxQueued: 3 }, { conditions: { receiveBuffer: 100 } })
    const client = new RawClient(w, 4).connect().subscribe(1, '#')
    for (let i = 1; i <= 7; i++) w.broker.publish('t', bytes(`${i}`), 1)
    expect(came(client)).toEqual(['t 1 q1', 't 2 q1'])
    expect(w.broker.session('raw')).toMatchObject({ queued: 3 })
    expect(w.broker.oracle.dropped.items.map((dropped) => [dropped.payload, dropped.why])).toEqual([['6', 'queue-full'], ['7', 'queue-full']])
    for (const id of [1, 2]) client.ack('puback', id)
    expect(came(client)).toEqual(['t 1 q1', 't 2 q1', 't 3 q1', 't 4 q1'])
    w.broker.options.maxBacklog = 500
    for (let i = 0; i < 10; i++) w.broker.publish('q0', bytes('z'.repeat(100)), 0)
    expect(w.broker.oracle.dropped.items.filter((dropped) => dropped.why === 'backlog')).toHaveLength(5)
  })

  it('closes over a poisoned message each time and does not take it', () => {
    const w = world({ poison: (message) => message.payload === 'poison' })
    const client = new RawClient(w, 5).connect()
    for (let i = 0; i < 2; i++) {
      client.publish('t', 'poison', 1, 5)
      expect(client.status).toBe(LinkCode.Closed)
      client.again().connect()
    }
    client.publish('t', 'good', 1, 5)
    expect(client.status).toBe(1)
    expect(w.broker.oracle.taken.items.map((taken) => taken.payload)).toEqual(['good'])
    w.broker.check()
  })

  it('announces its limits in CONNACK of 5.0 and enforces each, and says nothing of those that are as the specification takes them', () => {
    const limits = { receiveMaximum: 3, maximumQoS: 1, retainAvailable: false, topicAliasMaximum: 2, maximumPacketSize: 100, serverKeepAlive: 30 } as const
    const w = world(limits, { sockets: 10 })
    const client = new RawClient(w, 5).connect({ keepalive: 600 })
    expect(client.connack.properties).toEqual(limits)
    const ends = [
      client.publish('t', 'a', 2, 1),
      new RawClient(w, 5, 'b').connect().publish('t', 'a', 0, 0, { retain: true }),
      new RawClient(w, 5, 'c').connect().publish('t', 'x'.repeat(100), 0),
      new RawClient(w, 5, 'd').connect().publish('t', 'a', 0, 0, { properties: { topicAlias: 3 } }),
      new RawClient(w, 5, 'e').connect({ keepalive: 600 }).pass(46000)
    ]
    expect(ends.map(reasons)).toEqual([[0x9b], [0x9a], [0x95], [0x94], [0x8d]])
    expect(violations(w.broker)).toHaveLength(4)
    expect(new RawClient(w, 5, 'f').connect().subscribe(1, { topic: 't', qos: 2 }).all('suback')[0]?.granted).toEqual([1])
    const plain = new RawClient(world({ topicAliasMaximum: 0 }), 5).connect({ keepalive: 600 })
    expect(plain.connack.properties).toBeUndefined()
  })

  it('keeps a session no longer than sessionExpiryMaximum, says so, and takes a shorter time from DISCONNECT', () => {
    const w = world({ sessionExpiryMaximum: 50 })
    const client = new RawClient(w, 5).connect(KEPT)
    expect(client.connack.properties).toMatchObject({ sessionExpiryInterval: 50 })
    const present = (ms: number): boolean => {
      w.broker.kick('raw', 'fin')
      return client.pass(ms).again().connect(KEPT).connack.sessionPresent
    }
    expect([present(45000), present(52000)]).toEqual([true, false])
    client.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 10 } })
    expect(present(12000)).toBe(false)
    const within = new RawClient(w, 5, 'within').connect({ clean: false, properties: { sessionExpiryInterval: 20 } })
    expect(within.connack.properties?.sessionExpiryInterval).toBeUndefined()
  })
})
