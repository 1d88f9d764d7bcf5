/** What arrives, at the edges: caches, streams, windows, the end of the connection. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'

describe('a push-back cache', () => {
  it('never acknowledges a QoS 1 message that it did not keep, not even one whose topic was an alias', () => {
    const h = simClient({
      protocolVersion: 5, cache: 'push-back', limits: { packetIn: 1024, inboxBytes: 2048, inboxCount: 4 }, properties: { topicAliasMaximum: 2 }
    })
    h.up()
    const topic = 'a/'.repeat(200) + 'z'
    h.peer.publish({ topic, payload: '', qos: 0, properties: { topicAlias: 1 } })
    h.run(100)
    expect(h.client.receive(0)?.topic).toBe(topic)
    h.peer.publish({ topic: '', payload: 'x'.repeat(900), qos: 1, messageId: 7, properties: { topicAlias: 1 } })
    h.run(1000)
    const message = h.client.receive(0)
    h.run(1000)
    expect(h.peer.all('puback')).toHaveLength(message === undefined ? 0 : 1)
    expect(message?.payload.length).toBe(900)
  })

  it('holds a bounded number of acks back, whatever the server repeats', () => {
    const h = simClient({ cache: 'push-back', limits: { inboxCount: 4, inboxBytes: 8192 } })
    h.up()
    for (let i = 1; i <= 3; i++) h.peer.publish({ topic: 't', payload: 'x', qos: 2, messageId: i })
    h.run(100)
    for (let i = 0; i < 5000; i++) h.peer.publish({ topic: 't', payload: 'x', qos: 2, messageId: 1, dup: true })
    h.run(5000)
    expect(h.client.core_!.inbox_.withheld_.length).toBeLessThan(1100)
  })

  it('of one message hands all over, in order, once, over reconnects in the middle', () => {
    const h = simClient({ cache: 'push-back', limits: { inboxCount: 1, inboxBytes: 1024 }, clean: false, clientId: 'c' })
    h.up()
    h.client.subscribe('t', 2)
    h.run(100)
    const got: string[] = []
    for (let i = 0; i < 30; i++) h.broker.publish('t', `${i}`, { qos: 2 })
    for (let i = 0; i < 400 && got.length < 30; i++) {
      h.run(50)
      const m = h.client.receive(0)
      if (m !== undefined) got.push(m.payload)
      if (i % 7 === 3) h.peer.rst()
      if (i % 7 === 3) h.until(() => h.got.state === 'up', 100000, 'up')
    }
    expect(got).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`))
    expect(h.client.core_!.inbox_.count_).toBe(0)
    expect(h.client.core_!.inbox_.bytes_).toBe(0)
  })
})

describe('acks that wait behind a message sent in pieces', () => {
  it('are bounded: reading stops before they eat the memory', () => {
    const h = simClient({ sim: { conditions: { sendBuffer: 1000, serverWindow: 100 } }, keepalive: 600, ackTimeout: 600000 })
    h.up()
    h.client.publishStream('s', 100000, (_offset, max) => h.bytes('x'.repeat(max)), 1)
    h.run(100)
    h.sim.network.last?.stall(true)
    h.run(100)
    for (let i = 0; i < 20000; i++) h.peer.publish({ topic: 't', payload: 'x', qos: 1, messageId: (i % 65000) + 1 })
    h.run(10000)
    expect(h.client.core_!.behind_.length).toBeLessThan(1100)
  })
})

describe('the server says why and closes', () => {
  it('its DISCONNECT behind more packets than a slice takes is read, although writing fails already', () => {
    const h = simClient({ protocolVersion: 5, limits: { slicePackets: 2 } })
    h.up()
    for (let i = 1; i <= 6; i++) h.peer.publish({ topic: 't', payload: 'x', qos: 1, messageId: i })
    h.peer.disconnect(0x8b)
    h.peer.close()
    h.run(500)
    expect(h.got.links.find((link) => link.state === 'waiting')).toMatchObject({ cause: ErrorCode.ServerDisconnected })
    expect(h.client.stats().received).toBe(6)
  })
})

describe('a message in pieces of QoS 2', () => {
  it.each([3, 4, 5] as const)('that is cut anywhere comes whole once in the end, version %j', (protocolVersion) => {
    for (const cut of [5, 20, 1000, 2999, 3010]) {
      const wholes: string[] = []
      let now = ''
      const h = simClient({
        protocolVersion, clean: false, clientId: 'c', limits: { packetIn: 256, streamMax: 10000 },
        onStream: (_topic, chunk, offset, total) => {
          if (offset === 0) now = ''
          now += chunk
          if (now.length === total) wholes.push(now)
          return 0
        }
      })
      h.up()
      h.client.subscribe('t', 2)
      h.run(500)
      const link = h.sim.network.last
      let left = cut
      void link
      const wire = h.peer.wire
      const send = wire.send.bind(wire)
      wire.send = (bytes) => {
        const part = bytes.subarray(0, left)
        left -= part.length
        if (part.length > 0) send(part)
        if (left === 0) wire.close()
      }
      h.broker.publish('t', 'y'.repeat(3000), { qos: 2 })
      h.run(100000)
      expect(wholes.map((w) => w.length)).toEqual([3000])
      h.check()
    }
  })
})
