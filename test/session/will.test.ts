import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, reconnect } from './support.js'
import type { Bytes, Will } from '../../firmware/types.js'

const will: Will = { topic: 'state/a', payload: 'gone' as Bytes, qos: 1, retain: true }

/** A client with a will, and what the broker published of it. */
function mortal(options: WorldOptions = {}): { h: SimClient; wills: () => string[] } {
  const h = simClient({ clientId: 'a', will, ...options })
  h.up()
  return { h, wills: () => (h.broker.retained.has('state/a') ? [h.broker.retained.get('state/a')!.payload.toString()] : []) }
}

describe('the will', () => {
  it.each([3, 4, 5] as const)('[S0-12] is complete in CONNECT: topic, payload, QoS, retain, on every connection, version %i', (protocolVersion) => {
    const { h } = mortal({ protocolVersion })
    reconnect(h)
    for (const peer of h.broker.peers) {
      expect(peer.all('connect')[0]?.will).toMatchObject({ topic: 'state/a', payload: Buffer.from('gone'), qos: 1, retain: true })
    }
  })

  it('[S0-12] has all its properties under 5.0', () => {
    const properties = { willDelayInterval: 30, payloadFormatIndicator: 1, messageExpiryInterval: 60, contentType: 'text/plain', responseTopic: 'r', correlationData: 'c' as Bytes, userProperties: ['a', 'b'] }
    const { h } = mortal({ protocolVersion: 5, will: { ...will, properties } })
    expect(h.peer.all('connect')[0]?.will?.properties).toMatchObject({
      willDelayInterval: 30, payloadFormatIndicator: true, messageExpiryInterval: 60, contentType: 'text/plain', responseTopic: 'r', correlationData: Buffer.from('c'), userProperties: { a: 'b' }
    })
  })

  it.each(BOTH_KINDS)('[S0-12] [S2-26] is discarded by disconnect(), waits: %j', (waits) => {
    const { h, wills } = mortal({ sim: { waits } })
    h.client.disconnect()
    h.run(1000)
    expect(h.peer.disconnected).toBe(true)
    expect(wills()).toEqual([])
  })

  it.each(BOTH_KINDS)('[S0-12] [S4-02] is published by the server after abort(), which sends no DISCONNECT, waits: %j', (waits) => {
    const { h, wills } = mortal({ sim: { waits } })
    h.client.abort()
    h.run(1000)
    expect(h.peer.disconnected).toBe(false)
    expect(wills()).toEqual(['gone'])
  })

  it('[S0-12] [S4-02] [S2-15] is published after 1.5 x keepalive of silence, so a shorter keepalive brings it sooner', () => {
    for (const keepalive of [10, 60]) {
      const { h, wills } = mortal({ keepalive })
      h.run(1)
      const heard = h.peer.lastHeard
      h.device.powerCut()
      h.sim.advance(heard + keepalive * 1500 - h.sim.now - 1)
      expect(wills()).toEqual([])
      h.sim.advance(1)
      expect(wills()).toEqual(['gone'])
    }
  })

  it('[S4-01] [S4-02] comes with the takeover by the same id with clean on, before the new life says online; with clean off it does not come', () => {
    for (const clean of [true, false]) {
      const { h } = mortal({ clean, keepalive: 600 })
      const order: string[] = []
      const watcher = simClient({ sim: h.sim, broker: h.broker, clientId: 'watcher', onMessage: (_topic, payload) => order.push(payload) })
      watcher.up()
      watcher.client.subscribe('state/a', 1)
      watcher.run(100)
      h.device.powerCut()
      const again = simClient({ sim: h.sim, broker: h.broker, clientId: 'a', will, clean, keepalive: 600 })
      again.client.publish('state/a', again.bytes('online'), 1, true)
      again.up()
      again.run(1000)
      expect(order).toEqual(clean ? ['gone', 'online'] : ['online'])
    }
  })

  it('is sent on request under 5.0 by disconnect({ will: true }), reason 0x04', () => {
    const { h, wills } = mortal({ protocolVersion: 5 })
    expect(h.client.disconnect({ will: true })).toBe(0)
    h.run(100)
    expect(h.peer.all('disconnect')[0]?.reasonCode).toBe(4)
    expect(wills()).toEqual(['gone'])
  })

  it.each([3, 4] as const)('cannot be asked for like that in version %i: refused by name, and the link stays', (protocolVersion) => {
    const { h } = mortal({ protocolVersion })
    expect(h.client.disconnect({ will: true })).toBe(ErrorCode.WillNeedsV5)
    h.run(100)
    expect(h.got.state).toBe('up')
    expect(h.peer.heard()).toBe('connect')
  })
})
