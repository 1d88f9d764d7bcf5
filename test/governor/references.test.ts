import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { ScriptedBroker } from '../support/broker.js'

describe('a Server Reference for good (0x9D)', () => {
  it('to a server that is dead is left after five attempts in a row, and the list is tried again', () => {
    const h = simClient({ protocolVersion: 5, followServerReference: true })
    let refer = true
    h.broker.on('connect', (_packet, peer) => {
      if (!refer) return false
      peer.connack({ code: 0x9d, properties: { serverReference: 'dead:1884' } })
      peer.close()
      refer = false
      return true
    })
    h.sim.network.name('dead', 'ok')
    h.client.connect()
    h.run(120000)
    expect(h.sim.network.attempts.map((one) => one.host)).toEqual(['broker', 'dead', 'dead', 'dead', 'dead', 'dead', 'broker'])
    expect(h.got.state).toBe('up')
  })

  it('to a server that connects now and then is kept', () => {
    const h = simClient({ protocolVersion: 5, followServerReference: true })
    const other = new ScriptedBroker()
    const listening = other.listen(h.sim, 'other', 1884)
    h.broker.on('connect', (_packet, peer) => {
      peer.connack({ code: 0x9d, properties: { serverReference: 'other:1884' } })
      peer.close()
      return true
    })
    h.client.connect()
    for (let i = 0; i < 4; i += 1) {
      h.until(() => h.got.state === 'up', 200000, 'the link')
      const attempts = h.sim.network.attempts.length
      listening.connect('refuse')
      other.peer.rst()
      h.until(() => h.sim.network.attempts.length >= attempts + 4, 400000, 'four attempts')
      listening.connect('accept')
    }
    h.run(200000)
    expect(h.sim.network.attempts.filter((one) => one.host === 'broker')).toHaveLength(1)
  })
})

describe('the last packet id', () => {
  it('that is taken is named, and what waits goes out when one is free', () => {
    const h = simClient({ clean: false, clientId: 'a', limits: { inflight: 65535, outboxCount: 65535 }, sim: { traceLimit: 0 } })
    h.up()
    const core = h.client.core_!
    // All ids but one belong to publishes that were given up in this session.
    for (let id = 1; id < 65536; id += 1) core.retired_.push(id)
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.NoPacketId, value: 65535 })
    expect(h.got.receipt(token)).toBeUndefined()
    core.retired_ = []
    h.run(200000)
    expect(h.got.receipt(token)?.outcome).toBe('delivered')
  })
})
