import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { hexDuring, reconnect } from './support.js'

describe('topic aliases out', () => {
  it('are defined once and then stand for the topic, as soon as the definition left whole', () => {
    const h = simClient({ protocolVersion: 5, topicAliasOut: 2, broker: { properties: { topicAliasMaximum: 10 } } })
    h.up()
    for (const topic of ['long/a', 'long/b', 'long/c', 'long/a', 'long/b', 'long/c']) {
      h.client.publish(topic, h.bytes('x'), 0)
      h.run(50)
    }
    expect(h.peer.all('publish').map((packet) => [packet.topic, packet.properties?.topicAlias])).toEqual([
      ['long/a', 1], ['long/b', 2], ['long/c', undefined], ['', 1], ['', 2], ['long/c', undefined]
    ])
    expect(h.broker.messages.map((message) => message.topic)).toEqual(['long/a', 'long/b', 'long/c', 'long/a', 'long/b', 'long/c'])
    h.check()
  })

  it('are not used before the PUBLISH that defines them left whole', () => {
    const h = simClient({ protocolVersion: 5, topicAliasOut: 2, keepalive: 600, broker: { properties: { topicAliasMaximum: 10 } } })
    h.up()
    h.sim.network.last?.set({ sendBuffer: 100, serverWindow: 10 })
    h.client.publish('long/a', h.bytes('x'.repeat(200)), 0)
    h.client.publish('long/a', h.bytes('y'), 0)
    h.client.publish('long/a', h.bytes('z'), 0)
    h.run(5000)
    expect(h.peer.all('publish').map((packet) => [packet.topic, packet.properties?.topicAlias, packet.payload.toString()[0]])[0]).toEqual(['long/a', 1, 'x'])
    expect(h.broker.messages.map((message) => message.topic)).toEqual(['long/a', 'long/a', 'long/a'])
    h.check()
  })

  it.each([[0, 5], [5, 0], [3, 1]])('never exceed the smaller of the server\'s %i and ours, %i', (topicAliasMaximum, topicAliasOut) => {
    const h = simClient({ protocolVersion: 5, topicAliasOut, broker: { properties: { topicAliasMaximum } } })
    h.up()
    for (let i = 0; i < 12; i++) {
      h.client.publish(`t/${i % 6}`, h.bytes('x'), 0)
      h.run(50)
    }
    const used = new Set(h.peer.all('publish').map((packet) => packet.properties?.topicAlias).filter((alias) => alias !== undefined))
    expect(used.size).toBe(Math.min(topicAliasMaximum, topicAliasOut))
    h.check()
  })

  it('end with the connection; a resend carries the full topic and no alias', () => {
    const h = simClient({ protocolVersion: 5, topicAliasOut: 2, clean: false, clientId: 'a', broker: { properties: { topicAliasMaximum: 10 } } })
    h.up()
    h.client.publish('long/a', h.bytes('0'), 1)
    h.run(100)
    const off = h.broker.on('publish', () => true)
    h.client.publish('long/a', h.bytes('1'), 1)
    h.run(50)
    expect(h.peer.all('publish').at(-1)).toMatchObject({ topic: '', properties: { topicAlias: 1 } })
    off()
    reconnect(h)
    h.run(100)
    expect(h.peer.all('publish')).toMatchObject([{ topic: 'long/a', dup: true }])
    expect(h.peer.all('publish')[0]?.properties?.topicAlias).toBeUndefined()
    h.client.publish('long/a', h.bytes('2'), 1)
    h.run(100)
    expect(h.peer.all('publish').at(-1)).toMatchObject({ topic: 'long/a', properties: { topicAlias: 1 } })
    h.check()
  })
})

describe('topic aliases in', () => {
  it('are announced as asked for, learned, replaced, and end with the connection', () => {
    const h = simClient({ protocolVersion: 5, properties: { topicAliasMaximum: 2 } })
    h.up()
    expect(h.peer.all('connect')[0]?.properties?.topicAliasMaximum).toBe(2)
    h.peer.publish({ topic: 'a', payload: '1', properties: { topicAlias: 1 } })
    h.peer.publish({ topic: '', payload: '2', properties: { topicAlias: 1 } })
    h.peer.publish({ topic: 'b', payload: '3', properties: { topicAlias: 1 } })
    h.peer.publish({ topic: '', payload: '4', properties: { topicAlias: 1 } })
    h.run(50)
    expect(h.got.messages.map((message) => `${message.topic}${message.payload}`)).toEqual(['a1', 'a2', 'b3', 'b4'])
    reconnect(h)
    h.peer.publish({ topic: '', payload: '5', properties: { topicAlias: 1 } })
    h.run(50)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
  })

  it.each([
    ['above the maximum', '30 08 00 01 61 03 23 00 03 78'], ['0', '30 08 00 01 61 03 23 00 00 78'], ['never defined', '30 07 00 00 03 23 00 02 78']
  ])('%s close the link with 0x94', (_what, bytes) => {
    const h = simClient({ protocolVersion: 5, properties: { topicAliasMaximum: 2 } })
    h.up()
    const said = hexDuring(h, () => {
      h.peer.raw(bytes)
      h.run(50)
    })
    expect(said).toBe('e0 01 94')
    expect(h.got.messages).toEqual([])
  })

  it('are a breach when none were announced', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.peer.publish({ topic: 'a', properties: { topicAlias: 1 } })
    h.run(50)
    expect(h.got.state).toBe('waiting')
  })
})
