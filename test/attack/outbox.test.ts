/** The outbox at its edges: deadlines, bytes, poison. */
import { describe, expect, it } from 'vitest'
import { simClient } from '../support/harness.js'
import { mute, outcomes } from '../session/support.js'

describe('a deadline', () => {
  it('holds for a message that took the place of an older one of its topic', () => {
    const h = simClient()
    h.client.publish('t', h.bytes('old'), 0, false, { keepLatest: true })
    const token = h.client.publish('t', h.bytes('new'), 0, false, { keepLatest: true, deadline: 1000 })
    h.client.connect()
    h.sim.network.partition('both')
    h.run(60000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'expired' })
  })

  it('holds for a message of which the link that ended took nothing', () => {
    const h = simClient({ sim: { conditions: { sendBuffer: 100, serverWindow: 10 } }, keepalive: 60, limits: { packetOut: 4000 } })
    h.up()
    h.run(1000)
    h.sim.network.last?.stall(true)
    h.client.publish('t', h.bytes('x'.repeat(300)), 1)
    h.run(100)
    const first = h.client.core_!.tx_.bytes_
    expect(first).toBeGreaterThan(0)
    h.client.core_!.socket_!.credit = () => 5000
    const token = h.client.publish('t', h.bytes('late'), 1, false, { deadline: 5000 })
    h.run(4000)
    h.sim.network.partition('both')
    h.run(600000)
    expect(h.client.stats().drops).toBe(1)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'expired' })
  })
})

describe('the counters', () => {
  it('are 0 again when all is delivered, with onSessionLost: report too', () => {
    const h = simClient({ onSessionLost: 'report', clean: false, clientId: 'c' })
    h.up()
    for (let i = 0; i < 10; i++) h.client.publish('t', h.bytes('payload'), 2)
    h.run(5000)
    expect(h.client.stats()).toMatchObject({ delivered: 10, outboxCount: 0, outboxBytes: 0, inflight: 0 })
  })

  it('do not go below 0 when a server answers PUBREC 0x91 to what was not sent on this connection', () => {
    const h = simClient({ protocolVersion: 5, clean: false, clientId: 'c', broker: { properties: { receiveMaximum: 2 } }, sim: { conditions: { sendBuffer: 300, serverWindow: 10 } } })
    h.up()
    const free = mute(h, 'publish')
    h.sim.network.last?.stall(true)
    h.client.publish('a', h.bytes('x'.repeat(100)), 2)
    h.client.publish('a', h.bytes('x'.repeat(900)), 2)
    h.run(1000)
    const ids = []
    for (let m = h.client.core_!.outbox_.flight_.head_; m !== undefined; m = m.next_) ids.push(m.packetId_)
    expect(ids).toHaveLength(2)
    h.sim.network.last?.stall(false)
    h.broker.options.properties = { receiveMaximum: 1 }
    h.peer.rst()
    h.until(() => h.broker.peers.length === 2 && h.got.state === 'up', 60000, 'up')
    h.peer.pubrec(ids[1]!, 0x91)
    h.run(30)
    expect(h.client.core_!.sentNow_).toBe(1)
    free()
  })
})

describe('the suspicion of poison', () => {
  it('ends with the message it fell on, however that ends', () => {
    const h = simClient({ limits: { inflight: 4 }, clientId: 'c' })
    h.up()
    const close = h.broker.on('publish', (packet, peer) => {
      if (packet.topic !== 'poison') return true
      peer.close()
      return true
    })
    const poison = h.client.publish('poison', h.bytes('x'), 1)
    h.until(() => h.client.core_!.alone_, 600000, 'the suspicion')
    h.client.disconnect({ timeout: 0 })
    h.run(200000)
    expect(outcomes(h, [poison])).toEqual(['dropped'])
    close()
    mute(h, 'publish')
    h.up()
    for (let i = 0; i < 4; i++) h.client.publish('fine', h.bytes('x'), 1)
    h.run(1000)
    expect(h.client.core_!.outbox_.flightCount_).toBe(4)
    expect(h.peer.all('publish')).toHaveLength(4)
  })
})

describe('the receipts of what is dropped', () => {
  it.each([true, false])('come at once when disconnect() is called between two attempts, waits: %j', (waits) => {
    const h = simClient({ sim: { waits }, broker: false, reconnectPeriod: 30000 })
    h.client.connect()
    h.run(1000)
    expect(h.got.state).toBe('waiting')
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(1000)
    h.client.disconnect()
    h.run(100)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'dropped' })
  })
})

describe('a deadline that passed while the client was offline', () => {
  it('holds over a sleep between two lives', () => {
    const h = simClient({ sim: { waits: true }, clean: false, clientId: 'c' })
    h.up()
    h.client.disconnect()
    const token = h.client.publish('t', h.bytes('stale'), 1, false, { deadline: 10000 })
    h.sim.advance(3600000)
    h.up()
    h.run(1000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'expired' })
    expect(h.broker.messages).toHaveLength(0)
  })

  it('is told by yield() also while there is no link to be', () => {
    const h = simClient({ sim: { waits: true }, clean: false, clientId: 'c' })
    h.up()
    h.client.disconnect()
    const token = h.client.publish('t', h.bytes('stale'), 1, false, { deadline: 1000 })
    h.run(5000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'expired' })
  })
})
