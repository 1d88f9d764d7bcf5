/** Subscriptions that change while they are under way. */
import { describe, expect, it } from 'vitest'
import { simClient, type SimClient } from '../support/harness.js'
import { allOf, mute } from '../session/support.js'

describe('the answer to subscribe()', () => {
  it('carries the token of subscribe(), also when unsubscribe() came before SUBACK', () => {
    const h = simClient()
    h.up()
    const token = h.client.subscribe('a', 1)
    h.run(1)
    const other = h.client.unsubscribe('a')
    h.run(1000)
    expect(h.got.granted.filter((g) => g.token === other)).toEqual([])
    expect(h.got.granted.filter((g) => g.token === token)).toHaveLength(1)
  })

  it('comes for the successor alone when a filter was asked for again before it was sent', () => {
    const h = simClient()
    h.client.subscribe('a', 0)
    const token = h.client.subscribe('a', 1)
    h.up()
    h.run(1000)
    expect(h.got.granted.map((g) => g.token)).toEqual([token])
  })
})

describe('unsubscribe() in onSubscribed', () => {
  it('holds for a filter of the same batch: it does not stay subscribed', () => {
    const h = simClient({
      protocolVersion: 5, broker: { properties: { wildcardSubscriptionAvailable: false } as never },
      onSubscribed: (_token, filter) => {
        if (filter === 'a/#') h.client.unsubscribe('b')
      }
    })
    h.client.subscribe('a/#', 0)
    h.client.subscribe('b', 0)
    h.up()
    h.run(2000)
    expect(h.got.granted[0]).toMatchObject({ filter: 'a/#' })
    const subscribed = allOf(h, 'subscribe').some((packet) => packet.subscriptions.some((s) => s.topic === 'b'))
    const unsubscribed = allOf(h, 'unsubscribe').some((packet) => packet.unsubscriptions.includes('b'))
    expect(subscribed && !unsubscribed).toBe(false)
  })
})

describe('a handler', () => {
  it('that subscribes does not bring the message under way to the new handler', () => {
    const h = simClient()
    const heard: string[] = []
    h.up()
    h.client.subscribe('a', 0, () => {
      h.client.subscribe('+', 0, (topic) => { heard.push(topic) })
    })
    h.run(1000)
    h.peer.publish({ topic: 'a', payload: 'x' })
    h.run(10)
    expect(heard).toEqual([])
  })
})

describe('room in the registry', () => {
  it('is free with unsubscribe(): a program at its limit can change its filter', () => {
    const h = simClient({ limits: { subscriptions: 1 } })
    h.up()
    h.client.subscribe('a', 0)
    h.run(1000)
    h.client.unsubscribe('a')
    expect(h.client.subscribe('b', 0)).toBeGreaterThan(0)
  })

  it('is not used up by changing one filter again and again while offline', () => {
    const h = simClient({ clean: false, clientId: 'c' })
    h.up()
    h.client.subscribe('a', 0)
    h.run(1000)
    h.client.disconnect()
    h.run(2000)
    for (let i = 0; i < 100; i++) {
      expect(h.client.unsubscribe('a')).toBeGreaterThan(0)
      expect(h.client.subscribe('a', 0)).toBeGreaterThan(0)
    }
    expect(h.client.core_!.registry_.entries_.length).toBeLessThan(4)
  })
})

describe('requests without an answer', () => {
  it('are bounded for a program that asks again after every time-out, for a day', () => {
    const h: SimClient = simClient({
      onSubscribed: (_token, filter, code) => {
        if (code < 0) h.client.subscribe(filter, 1)
      }
    })
    mute(h, 'subscribe')
    h.up()
    h.client.subscribe('a', 1)
    h.run(86400000)
    expect(h.got.granted.length).toBeGreaterThan(10)
    expect(h.client.core_!.registry_.requests_.length).toBeLessThan(200)
  })
})
