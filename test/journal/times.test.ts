import { describe, expect, it } from 'vitest'
import { World } from './support.js'

describe('deadlines over a reboot', () => {
  it('go on by the wall clock, the time without power included', () => {
    const w = new World({}, { wallClock: 1700000000 })
    const short = w.publish('t', 'short', 1, false, { deadline: 60000 })
    const long = w.publish('t', 'long', 1, false, { deadline: 120000 })
    w.device.powerCut()
    w.sim.advance(61000)
    w.reboot()
    w.run(10)
    expect([w.told(short), w.told(long)]).toEqual([['expired'], []])
    w.up()
    w.run(200)
    expect(w.told(long)).toEqual(['delivered'])
    expect(w.taken('t')).toEqual(['long'])
  })

  it('go on with what was left at the last write where nobody knows the time', () => {
    const w = new World()
    const token = w.publish('t', 'x', 1, false, { deadline: 60000 })
    w.run(1)
    w.sim.advance(50000)
    w.run(1)
    // This write takes the time along.
    w.publish('u', 'y', 1)
    w.device.powerCut()
    w.sim.advance(1000000)
    w.reboot()
    w.run(8000)
    expect(w.told(token)).toEqual([])
    w.run(3000)
    expect(w.told(token)).toEqual(['expired'])
  })

  it('count the time without power as soon as the clock is set', () => {
    const w = new World({}, { wallClock: 1700000000 })
    const token = w.publish('t', 'x', 1, false, { deadline: 60000 })
    w.device.powerCut()
    w.sim.advance(100000)
    w.device.system.wallClockAtStart = 0
    w.reboot()
    w.run(1000)
    expect(w.told(token)).toEqual([])
    w.device.system.wallClockAtStart = 1700000000
    w.run(1000)
    expect(w.told(token)).toEqual(['expired'])
  })

  it('5.0: the Message Expiry Interval is reduced by what was waited in both lives', () => {
    const w = new World({ protocolVersion: 5 }, { wallClock: 1700000000 })
    w.publish('t', 'x', 1, false, { properties: { messageExpiryInterval: 100, userProperties: ['a', 'b'], contentType: 'text' } })
    w.run(1)
    w.sim.advance(10000)
    w.device.powerCut()
    w.sim.advance(20000)
    w.reboot()
    w.up()
    w.run(200)
    const { properties } = w.broker.messages[0]!
    expect(properties).toMatchObject({ contentType: 'text', userProperties: { a: 'b' } })
    expect(properties!.messageExpiryInterval).toBeGreaterThanOrEqual(68)
    expect(properties!.messageExpiryInterval).toBeLessThanOrEqual(70)
  })
})
