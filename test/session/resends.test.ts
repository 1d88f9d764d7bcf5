import { describe, expect, it } from 'vitest'
import { simClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, hexDuring, mute, outcomes, publishedTexts, publishIds, reconnect, timesOf } from './support.js'

const KEPT: WorldOptions = { clean: false, clientId: 'a' }

describe.each(BOTH_KINDS)('resends when the session goes on, waits: %j', (waits) => {
  it.each([4, 5] as const)('QoS 1 and 2 go again with DUP, the same ids and in order, right after CONNACK, version %i', (protocolVersion) => {
    const h = simClient({ ...KEPT, protocolVersion, sim: { waits } })
    h.up()
    const unmute = mute(h, 'publish')
    const tokens = ([1, 2, 1, 2] as const).map((qos, i) => h.client.publish('t', h.bytes(`${i}`), qos))
    h.run(50)
    unmute()
    const first = h.peer
    reconnect(h)
    h.run(200)
    expect(h.peer.all('publish').map((packet) => [packet.messageId, packet.dup, packet.payload.toString()])).toEqual(
      publishIds(first).map((id, i) => [id, true, `${i}`]))
    expect(first.all('publish').every((packet) => !packet.dup)).toBe(true)
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
    expect(h.client.stats().resent).toBe(4)
    const connack = timesOf(h.peer, 'connect')[0]! + 10
    expect(timesOf(h.peer, 'publish')[0]).toBe(connack + 10)
    h.check()
  })

  it('what reached PUBREC goes on with PUBREL alone', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    const unmute = mute(h, 'pubrel')
    const token = h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    const id = publishIds(h.peer)[0]!
    unmute()
    reconnect(h)
    h.run(100)
    expect(h.peer.heard()).toBe('connect pubrel')
    expect(h.peer.all('pubrel')[0]).toMatchObject({ messageId: id, dup: false })
    expect(outcomes(h, [token])).toEqual(['delivered'])
    expect(h.broker.messages).toHaveLength(1)
    h.check()
  })

  it('DUP is not set on a PUBLISH that never left, and QoS 0 that waited goes out as new', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    h.peer.close()
    h.run(15)
    const tokens = ([0, 1, 2] as const).map((qos) => h.client.publish('t', h.bytes(`${qos}`), qos))
    h.run(5000)
    expect(h.peer.all('publish').map((packet) => packet.dup)).toEqual([false, false, false])
    expect(publishedTexts(h.peer)).toEqual(['0', '1', '2'])
    expect(outcomes(h, tokens)).toEqual(['sent', 'delivered', 'delivered'])
    expect(h.client.stats().resent).toBe(0)
    h.check()
  })

  it('a PUBLISH of which a part was taken goes again with DUP 0 and the same id', () => {
    const h = simClient({ ...KEPT, sim: { waits }, keepalive: 600 })
    h.up()
    h.sim.network.last?.set({ sendBuffer: 100, serverWindow: 20 })
    h.sim.network.last?.stall(true)
    const before = h.sim.trace.joined('out').length
    const token = h.client.publish('t', h.bytes('x'.repeat(300)), 1)
    h.run(50)
    const left = h.sim.trace.joined('out').slice(before)
    expect(left.length).toBeGreaterThan(5)
    expect(left.length).toBeLessThan(300)
    const id = left.charCodeAt(6) * 256 + left.charCodeAt(7)
    h.sim.network.last?.rst()
    h.run(5000)
    expect(h.peer.all('publish')).toMatchObject([{ messageId: id, dup: false }])
    expect(outcomes(h, [token])).toEqual(['delivered'])
    h.check()
  })

  it('a QoS 0 of which a part was taken goes again before what waits behind it', () => {
    const h = simClient({ ...KEPT, sim: { waits }, keepalive: 600 })
    h.up()
    h.sim.network.last?.set({ sendBuffer: 100, serverWindow: 20 })
    h.sim.network.last?.stall(true)
    const tokens = [h.client.publish('t', h.bytes(`a${'x'.repeat(300)}`)), h.client.publish('t', h.bytes('b')), h.client.publish('t', h.bytes('c'), 1)]
    h.run(50)
    expect(outcomes(h, tokens)).toEqual([undefined, undefined, undefined])
    h.sim.network.last?.rst()
    h.run(5000)
    expect(publishedTexts(h.peer).map((text) => text[0])).toEqual(['a', 'b', 'c'])
    expect(outcomes(h, tokens)).toEqual(['sent', 'sent', 'delivered'])
    h.check()
  })

  it('an ack that came before the end is not asked for again', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    const tokens = [1, 2, 3].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(100)
    reconnect(h)
    h.run(100)
    expect(h.peer.heard()).toBe('connect')
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
    expect(h.got.receipts).toHaveLength(3)
  })
})

describe('resends under 3.1', () => {
  it('go out with DUP and the original ids with clean off, although there is no Session Present', () => {
    const h = simClient({ ...KEPT, protocolVersion: 3 })
    h.up()
    const unmute = mute(h, 'publish')
    h.client.publish('t', h.bytes('1'), 1)
    h.client.publish('t', h.bytes('2'), 2)
    h.run(50)
    unmute()
    const ids = publishIds(h.peer)
    reconnect(h)
    h.run(100)
    expect(h.peer.all('publish').map((packet) => [packet.messageId, packet.dup])).toEqual(ids.map((id) => [id, true]))
    h.check()
  })

  it('send PUBREL without DUP, which is a hint there and a breach for servers that check flags as 3.1.1 does', () => {
    const h = simClient({ ...KEPT, protocolVersion: 3 })
    h.up()
    const unmute = mute(h, 'pubrel')
    const token = h.client.publish('t', h.bytes('2'), 2)
    h.run(50)
    const id = publishIds(h.peer)[0]!
    unmute()
    const said = hexDuring(h, () => {
      reconnect(h)
      h.run(50)
    })
    expect(said.endsWith(`62 02 ${(id >> 8).toString(16).padStart(2, '0')} ${(id & 255).toString(16).padStart(2, '0')}`)).toBe(true)
    expect(outcomes(h, [token])).toEqual(['delivered'])
    h.check()
  })
})

describe('the window', () => {
  it('is limits.inflight under 3.1.1, the PUBREL phase included', () => {
    const h = simClient({ limits: { inflight: 3 } })
    h.up()
    const unmute = mute(h, 'pubrel')
    for (let i = 0; i < 10; i++) h.client.publish('t', h.bytes(`${i}`), 2)
    h.run(100)
    expect(publishedTexts(h.peer)).toEqual(['0', '1', '2'])
    expect(h.peer.all('pubrel')).toHaveLength(3)
    expect(h.client.stats()).toMatchObject({ inflight: 3, outboxCount: 10 })
    unmute()
    h.peer.pubcomp(publishIds(h.peer)[1]!)
    h.run(50)
    expect(publishedTexts(h.peer)).toEqual(['0', '1', '2', '3'])
  })

  it('is 20 under 3.1.1 when nothing is said', () => {
    const h = simClient()
    h.up()
    mute(h, 'publish')
    for (let i = 0; i < 30; i++) h.client.publish('t', h.bytes(`${i}`), 1)
    h.run(100)
    expect(h.peer.all('publish')).toHaveLength(20)
  })

  it.each([[1, 1], [5, 5], [60000, 20]])('under 5.0 a Receive Maximum of %i lets %i be in flight', (receiveMaximum, most) => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { receiveMaximum } } })
    h.up()
    let unanswered: number[] = []
    h.broker.on('publish', (packet, peer) => {
      unanswered.push(packet.messageId!)
      expect(unanswered.length).toBeLessThanOrEqual(most)
      if (unanswered.length === most) {
        for (const id of unanswered) peer.puback(id)
        unanswered = []
      }
      return true
    })
    const tokens = Array.from({ length: 2 * most }, () => h.client.publish('t', h.bytes('x'), 1))
    h.run(2000)
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
    h.check()
  })

  it('does not hold QoS 0 back behind it once its turn comes, and keeps the order of what was published', () => {
    const h = simClient({ limits: { inflight: 2 } })
    h.up()
    const unmute = mute(h, 'publish')
    for (const qos of [1, 1, 1, 0, 1] as const) h.client.publish('t', h.bytes('x'), qos)
    h.run(100)
    expect(h.peer.all('publish').map((packet) => packet.qos)).toEqual([1, 1])
    unmute()
    for (const id of publishIds(h.peer)) h.peer.puback(id)
    h.run(100)
    expect(h.peer.all('publish').map((packet) => packet.qos)).toEqual([1, 1, 1, 0, 1])
  })

  it('that is smaller after a reconnect resends in order up to it; the rest keep id and DUP and go before new messages', () => {
    const h = simClient({ ...KEPT, protocolVersion: 5 })
    let receiveMaximum = 10
    h.broker.on('connect', (_packet, peer) => {
      h.broker.welcome(peer, { properties: { receiveMaximum } })
      return true
    })
    h.up()
    mute(h, 'publish')
    const tokens = [0, 1, 2, 3, 4].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(50)
    const ids = publishIds(h.peer)
    receiveMaximum = 2
    reconnect(h)
    tokens.push(h.client.publish('t', h.bytes('new'), 1))
    h.run(100)
    expect(publishIds(h.peer)).toEqual(ids.slice(0, 2))
    for (let i = 0; i < 6; i++) {
      h.peer.puback(publishIds(h.peer)[i]!)
      h.run(50)
    }
    expect(publishIds(h.peer).slice(0, 5)).toEqual(ids)
    expect(h.peer.all('publish').map((packet) => packet.dup)).toEqual([true, true, true, true, true, false])
    expect(publishedTexts(h.peer).at(-1)).toBe('new')
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
  })

  it('does not hold PUBREL back', () => {
    const h = simClient({ ...KEPT, protocolVersion: 5 })
    let receiveMaximum = 10
    h.broker.on('connect', (_packet, peer) => {
      h.broker.welcome(peer, { properties: { receiveMaximum } })
      return true
    })
    h.up()
    mute(h, 'pubrel')
    for (let i = 0; i < 4; i++) h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    receiveMaximum = 1
    reconnect(h)
    h.run(50)
    expect(h.peer.all('pubrel')).toHaveLength(4)
    expect(h.peer.all('publish')).toHaveLength(0)
  })
})
