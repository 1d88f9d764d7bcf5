/** Fifty days of silence, which a module's 32-bit clock does not survive by itself. */
import { describe, expect, it } from 'vitest'
import { withModel, world } from './broker-support.js'

const DAYS_MS = 50 * 86400 * 1000
/** PINGREQ is due a margin of min(5 s, 10 %) before the keepalive of 120 s has passed since the last packet sent. */
const PING_MS = 115000

describe.each(['int32', 'uint32'] as const)('a clock that wraps as %s', (wrap) => {
  it.each([false, true])('[S0-03.7b] fifty days idle at keepalive 120: no drop, no missed ping, not one ping too many, waits: %j', (waits) => {
    const w = world({ keep: 10 }, { wrap, waits, traceLimit: 0, maxEvents: 100000000, maxSpins: 1000000 })
    let pings = 0
    w.broker.options.neverAck = (ack) => {
      if (ack.kind === 'pingresp') pings += 1
      return false
    }
    const h = withModel(w, { keepalive: 120 })
    h.up()
    const connectSentAt = 2 * w.sim.network.conditions().latencyMs
    h.run(DAYS_MS - w.sim.now)
    // The last one may be under way.
    expect(pings).toBe(Math.floor((DAYS_MS - 10 - connectSentAt) / PING_MS))
    expect(h.got.states()).toEqual(['opening', 'connecting', 'up'])
    expect([w.broker.connects.length, w.broker.oracle.keepaliveExpired.total, w.broker.oracle.ends.total]).toEqual([1, 0, 0])
    const ticks = h.device.hal.timer.ticks()
    expect(ticks).toBe(wrap === 'int32' ? DAYS_MS - 2 ** 32 : DAYS_MS % 2 ** 32)
    w.broker.check()
    h.check()
  })
})
