import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, mute, outcomes, publishIds, reconnect, sentence } from './support.js'

const KEPT: WorldOptions = { clean: false, clientId: 'a' }

describe.each(BOTH_KINDS)('a session that the server lost, waits: %j', (waits) => {
  it.each([4, 5] as const)('QoS 1 and 2 are sent anew with DUP 0 and a new id, version %i', (protocolVersion) => {
    const h = simClient({ ...KEPT, protocolVersion, sim: { waits } })
    h.up()
    const unmute = mute(h, 'publish')
    const tokens = ([1, 2] as const).map((qos) => h.client.publish('t', h.bytes(`${qos}`), qos))
    h.run(50)
    unmute()
    const ids = publishIds(h.peer)
    h.broker.loseSessions()
    h.run(5000)
    expect(h.peer.all('publish').map((packet) => packet.dup)).toEqual([false, false])
    for (const id of publishIds(h.peer)) expect(ids).not.toContain(id)
    expect(outcomes(h, tokens)).toEqual(['delivered', 'delivered'])
    expect(h.client.stats()).toMatchObject({ sessionLost: 1, resent: 2 })
    h.check()
  })

  it('is told: session-lost with the number of unfinished messages', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    mute(h, 'publish')
    h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    h.broker.loseSessions()
    h.run(3000)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.SessionLost, value: 1 })
    expect(h.got.links.at(-1)).toMatchObject({ state: 'up', sessionPresent: false })
    expect(sentence(h.client)).toMatch(/no longer had our session; 1 unfinished/)
  })

  it.each([['PUBLISH', 'publish'], ['PUBREL', 'pubrel']] as const)('QoS 2 that waits for the answer to %s ends as unknown with onSessionLost: report', (_name, muted) => {
    const h = simClient({ ...KEPT, onSessionLost: 'report', sim: { waits } })
    h.up()
    const unmute = mute(h, muted)
    const token = h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    unmute()
    h.broker.loseSessions()
    h.run(5000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'unknown', reason: ErrorCode.SessionLost })
    expect(h.peer.heard()).toBe('connect')
    h.check()
  })

  it('QoS 2 in its PUBREL phase is published anew with onSessionLost: resend; the PUBREL is not', () => {
    const h = simClient({ ...KEPT, sim: { waits } })
    h.up()
    const unmute = mute(h, 'pubrel')
    const token = h.client.publish('t', h.bytes('x'), 2)
    h.run(100)
    unmute()
    h.broker.loseSessions()
    h.run(5000)
    expect(h.peer.heard()).toBe('connect publish pubrel')
    expect(outcomes(h, [token])).toEqual(['delivered'])
    expect(h.broker.messages).toHaveLength(2)
  })

  it('QoS 2 of which no byte went out is not unknown: it is sent', () => {
    const h = simClient({ ...KEPT, onSessionLost: 'report', sim: { waits } })
    h.up()
    h.broker.loseSessions()
    h.run(15)
    const token = h.client.publish('t', h.bytes('x'), 2)
    h.run(5000)
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })

  it('QoS 2 of which a part went out is unknown with onSessionLost: report', () => {
    const h = simClient({ ...KEPT, onSessionLost: 'report', sim: { waits }, keepalive: 600 })
    h.up()
    h.sim.network.last?.set({ sendBuffer: 100, serverWindow: 20 })
    h.sim.network.last?.stall(true)
    const token = h.client.publish('t', h.bytes('x'.repeat(300)), 2)
    h.run(50)
    h.broker.loseSessions()
    h.run(5000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'unknown', reason: ErrorCode.SessionLost })
  })

  it('keeps the order of what was in flight and what waited', () => {
    const h = simClient({ ...KEPT, limits: { inflight: 2 }, sim: { waits } })
    h.up()
    const unmute = mute(h, 'publish')
    const tokens = [0, 1, 2, 3].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(50)
    unmute()
    h.broker.loseSessions()
    h.run(5000)
    expect(h.broker.messages.map((message) => message.payload.toString())).toEqual(['0', '1', '2', '3'])
    expect(outcomes(h, tokens)).toEqual(tokens.map(() => 'delivered'))
    h.check()
  })
})

describe('a clean session', () => {
  it('sends what was unacknowledged anew with DUP 0 and a new id on the next connection, and no session counts as lost', () => {
    const h = simClient()
    h.up()
    const unmute = mute(h, 'publish')
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    unmute()
    const id = publishIds(h.peer)[0]!
    reconnect(h)
    h.run(100)
    expect(h.peer.all('publish')).toHaveLength(1)
    expect(h.peer.all('publish')[0]).toMatchObject({ dup: false })
    expect(publishIds(h.peer)[0]).not.toBe(id)
    expect(outcomes(h, [token])).toEqual(['delivered'])
    expect(h.client.stats().sessionLost).toBe(0)
    h.check()
  })

  it.each([4, 5] as const)('closes on Session Present 1, version %i', (protocolVersion) => {
    const h = simClient({ protocolVersion, clientId: 'a' })
    h.broker.on('connect', (_packet, peer) => {
      peer.connack({ sessionPresent: true })
      return true
    })
    h.client.connect()
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
    expect(h.client.stats()).toMatchObject({ connects: 0, failures: 1 })
  })

  it('under 5.0 sends Clean Start 1 and an expiry of 0 on every CONNECT', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    reconnect(h)
    for (const peer of h.broker.peers) {
      expect(peer.all('connect')[0]?.clean).toBe(true)
      expect(peer.all('connect')[0]?.properties?.sessionExpiryInterval ?? 0).toBe(0)
    }
  })
})

describe('a session kept', () => {
  it('[S2-19] under 5.0 asks for 86400 s when nothing is said, for what is said otherwise, on every CONNECT', () => {
    const h = simClient({ ...KEPT, protocolVersion: 5 })
    h.up()
    reconnect(h)
    expect(h.broker.peers.map((peer) => [peer.all('connect')[0]?.clean, peer.all('connect')[0]?.properties?.sessionExpiryInterval])).toEqual([[false, 86400], [false, 86400]])
    const other = simClient({ ...KEPT, protocolVersion: 5, properties: { sessionExpiryInterval: 77 } })
    other.up()
    expect(other.peer.all('connect')[0]?.properties?.sessionExpiryInterval).toBe(77)
  })

  it('[S2-19] takes the session expiry of the server, and shows it', () => {
    const h = simClient({ ...KEPT, protocolVersion: 5, broker: { properties: { sessionExpiryInterval: 5 } } })
    h.up()
    expect(h.client.server()?.sessionExpiryInterval).toBe(5)
  })

  it('that the server knows and this boot does not is accepted, named session-amnesia, and all filters are sent', () => {
    const before = simClient({ ...KEPT, protocolVersion: 4 })
    before.up()
    before.client.subscribe('t', 1)
    before.run(100)
    before.device.powerCut()
    before.sim.network.last?.rst()
    before.sim.run(50)
    const h = simClient({ ...KEPT, protocolVersion: 4, sim: before.sim, broker: before.broker })
    h.client.subscribe('t', 1)
    h.up()
    expect(h.client.explain().code).toBe(ErrorCode.SessionAmnesia)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'up', sessionPresent: true })
    expect(h.client.stats().sessionLost).toBe(0)
    h.run(100)
    expect(h.peer.all('subscribe')[0]?.subscriptions[0]?.topic).toBe('t')
  })

  it('[S2-25] brings what was published while the client was offline', () => {
    const h = simClient(KEPT)
    h.up()
    h.client.subscribe('t', 2)
    h.run(100)
    h.client.disconnect()
    h.run(100)
    expect(h.got.state).toBe('offline')
    for (const qos of [1, 2] as const) h.broker.publish('t', `${qos}`, { qos })
    h.client.connect()
    h.run(500)
    expect(h.got.payloads('t')).toEqual(['1', '2'])
    expect(h.got.links.at(-1)).toMatchObject({ state: 'up', sessionPresent: true })
  })

  it('keeps the queue over disconnect and connect, and loses nothing', () => {
    const h = simClient(KEPT)
    h.up()
    const unmute = mute(h, 'publish')
    const tokens = ([1, 2, 0] as const).map((qos) => h.client.publish('t', h.bytes(`${qos}`), qos))
    h.run(50)
    h.client.disconnect({ timeout: 100 })
    h.run(500)
    expect(h.got.state).toBe('offline')
    unmute()
    h.client.connect()
    h.run(500)
    expect(outcomes(h, tokens)).toEqual(['delivered', 'delivered', 'sent'])
    expect(h.broker.messages.map((message) => message.payload.toString()).sort()).toEqual(['1', '2'])
  })
})
