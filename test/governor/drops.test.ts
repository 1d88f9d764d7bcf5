import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { dropsInHour, newGovernor, noteDrop } from '../../firmware/governor.js'
import { simClient } from '../support/harness.js'
import { reconnect, sentence } from '../session/support.js'

describe('drops', () => {
  it('[S0-03.6] of which there are more than two in an hour are told once the link works again, with their number', () => {
    const h = simClient()
    h.up()
    // Thirty in ten hours, as with an antenna that is loose.
    for (let i = 0; i < 30; i += 1) {
      h.run(1200000)
      reconnect(h)
      if (i < 2) expect(h.client.explain().code).not.toBe(ErrorCode.DropRateHigh)
      else {
        expect(h.client.explain()).toMatchObject({ code: ErrorCode.DropRateHigh, limit: 2 })
        expect(h.client.explain().value).toBeGreaterThanOrEqual(3)
      }
    }
    expect(sentence(h.client)).toContain('within an hour')
    expect(h.client.stats().drops).toBe(30)
  })

  it('[S0-03.6] of which there are two in an hour are as usual', () => {
    const h = simClient()
    h.up()
    for (let i = 0; i < 10; i += 1) {
      h.run(2000000)
      reconnect(h)
      expect(h.client.explain().code).not.toBe(ErrorCode.DropRateHigh)
    }
  })

  it('are counted in six numbers however many they are, and forgotten after an hour', () => {
    const g = newGovernor()
    for (let s = 0; s < 36000; s += 10) noteDrop(g, s)
    expect(g.drops_).toHaveLength(6)
    expect(dropsInHour(g, 36000 - 1)).toBe(360)
    expect(dropsInHour(g, 36000 + 1800)).toBe(180 - 60)
    expect(dropsInHour(g, 36000 + 3600)).toBe(0)
    expect(dropsInHour(g, 36000 + 1e7)).toBe(0)
  })
})

describe('handlers', () => {
  it('[S0-03.1] that throw, or come back into the client, cost no connection', () => {
    const h = simClient({
      onReceipt: () => { throw new Error('receipt') },
      onSubscribed: () => { throw new Error('subscribed') },
      onMessage: (topic, payload) => {
        if (topic === 'throw') throw new Error('message')
        expect(h.client.yield(10)).toBe(ErrorCode.Reentrant)
        expect(h.client.receive(10)).toBeUndefined()
        expect(h.client.connect()).toBe(0)
        h.client.publish('echo', payload, 1)
        h.client.subscribe(`more/${topic}`, 0)
        h.client.unsubscribe('more/in')
      }
    })
    h.up()
    h.client.subscribe('in', 1)
    h.client.subscribe('throw', 1)
    h.run(100)
    for (let i = 0; i < 50; i += 1) {
      h.broker.publish(i % 2 === 0 ? 'in' : 'throw', `${i}`, { qos: 1 })
      h.run(20)
    }
    h.run(300000)
    expect(h.got.links.filter((link) => link.state === 'up')).toHaveLength(1)
    expect(h.got.state).toBe('up')
    expect(h.client.stats()).toMatchObject({ drops: 0, delivered: 25, received: 50 })
    expect(h.client.stats().callbackErrors).toBeGreaterThan(50)
    expect(h.broker.violations).toEqual([])
  })
})
