/**
 * The quick way of a received message in the cores of tiny and standard: what is known of the topic heard last holds for it alone, and no
 * longer than its filters do.
 */
import { describe, expect, it } from 'vitest'
import { create as createStandard } from '../../firmware/small/client.js'
import { create as createTiny } from '../../firmware/tiny/client.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import type { create } from '../../firmware/index.js'

const CORES = { tiny: createTiny, standard: createStandard } as unknown as Record<string, typeof create>

describe.each(Object.keys(CORES))('%s', (name) => {
  const client = (options: WorldOptions = {}): SimClient => {
    const h = simClient({ create: CORES[name]!, ...options })
    h.up()
    return h
  }

  it('hands each message to the handlers of its own topic, however they follow each other', () => {
    const h = client()
    const heard: string[] = []
    h.client.subscribe('a', 0, (topic, payload) => { heard.push(`a ${topic} ${payload}`) })
    h.client.subscribe('b/+', 0, (topic, payload) => { heard.push(`b ${topic} ${payload}`) })
    h.client.subscribe('c', 0)
    h.run(100)
    for (const topic of ['a', 'a', 'b/1', 'a', 'b/2', 'b/2', 'c', 'c', 'b/1']) h.broker.publish(topic, 'x')
    h.run(100)
    expect(heard).toEqual(['a a x', 'a a x', 'b b/1 x', 'a a x', 'b b/2 x', 'b b/2 x', 'b b/1 x'])
    expect(h.got.messages.map((message) => message.topic)).toEqual(['c', 'c'])
    h.check()
  })

  it('tells what a message is that follows one of the same topic: QoS, retained, repeated, long', () => {
    const h = client({ clean: false, clientId: 'a' })
    const seen: unknown[] = []
    h.client.subscribe('t', 1, (_topic, payload, packet) => { seen.push([payload.length, packet.qos, packet.retain, packet.packetId > 0]) })
    h.run(100)
    for (const [size, qos] of [[1, 0], [2, 1], [3, 0], [0, 0], [200, 0], [4, 0], [5, 1]] as const) h.broker.publish('t', 'x'.repeat(size), { qos })
    h.run(100)
    expect(seen).toEqual([[1, 0, false, false], [2, 1, false, true], [3, 0, false, false], [0, 0, false, false], [200, 0, false, false], [4, 0, false, false], [5, 1, false, true]])
    expect(h.peer.all('puback')).toHaveLength(2)
    h.check()
  })

  it('brings a message to no handler that was made or ended since, and the next one to it', () => {
    const h = client()
    const heard: string[] = []
    h.client.subscribe('t', 0, () => {
      heard.push('first')
      if (heard.length === 2) h.client.subscribe('+', 0, () => { heard.push('second') })
    })
    h.run(100)
    for (let i = 0; i < 3; i += 1) h.broker.publish('t', `${i}`)
    h.run(100)
    expect(heard).toEqual(['first', 'first', 'first', 'second'])
    h.client.unsubscribe('t')
    h.run(100)
    heard.length = 0
    h.broker.publish('t', 'x')
    h.run(100)
    expect(heard).toEqual(['second'])
    h.check()
  })

  it('hands over nothing of a burst after abort, and skips what is above packetIn in the midst of it', () => {
    const h = client({ limits: { packetIn: 64 } })
    let heard = ''
    h.client.subscribe('t', 0, (_topic, payload) => {
      heard += payload
      if (payload === '4') h.client.abort()
    })
    h.run(100)
    for (const payload of ['1', '2', 'x'.repeat(100), '3', '4', '5']) h.broker.publish('t', payload)
    h.run(100)
    expect(heard).toBe('1234')
    expect(h.client.stats().oversize).toBe(1)
  })
})

it('standard counts the packets of a burst in each slice', () => {
  const h = simClient({ create: CORES.standard!, limits: { slicePackets: 3 }, sim: { waits: true } })
  h.up()
  h.client.subscribe('t', 0)
  h.run(100)
  for (let i = 0; i < 10; i += 1) h.broker.publish('t', `${i}`)
  h.sim.advance(100)
  // One slice each, since the time is over at once.
  expect([0, 0, 0, 0, 0].map(() => h.client.yield(0))).toEqual([3, 3, 3, 1, 0])
  expect(h.got.messages).toHaveLength(10)
})
