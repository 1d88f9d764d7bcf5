import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import type { Bytes } from '../../firmware/types.js'

describe('enhanced authentication', () => {
  const method = 'SCRAM'
  it('runs in rounds through the callback; nothing but AUTH is sent before CONNACK', () => {
    const asked: [string, string][] = []
    const h = simClient({
      protocolVersion: 5, properties: { authenticationMethod: method },
      authenticate: (name, data) => {
        asked.push([name, data])
        return `c${asked.length}` as Bytes
      }
    })
    h.broker.on('connect', (packet, peer) => {
      expect(packet.properties).toMatchObject({ authenticationMethod: method, authenticationData: Buffer.from('c1') })
      peer.auth(0x18, { authenticationMethod: method, authenticationData: Buffer.from('s1') })
      return true
    })
    h.broker.on('auth', (packet, peer) => {
      expect(packet).toMatchObject({ reasonCode: 0x18, properties: { authenticationMethod: method } })
      if (peer.all('auth').length === 1) peer.auth(0x18, { authenticationMethod: method, authenticationData: Buffer.from('s2') })
      else h.broker.welcome(peer, { properties: { authenticationMethod: method } })
      return true
    })
    h.client.publish('t', h.bytes('x'), 1)
    h.up()
    h.run(100)
    expect(asked).toEqual([[method, ''], [method, 's1'], [method, 's2']])
    expect(h.peer.heard()).toBe('connect auth auth publish')
    expect(h.peer.all('auth').map((packet) => packet.properties?.authenticationData?.toString())).toEqual(['c2', 'c3'])
    h.check()
  })

  it('that the callback gives up ends the attempt as auth-failed, without hurry', () => {
    const h = simClient({ protocolVersion: 5, properties: { authenticationMethod: method }, authenticate: (_name, data) => (data === '' ? 'c' as Bytes : undefined) })
    h.broker.on('connect', (_packet, peer) => {
      peer.auth(0x18, { authenticationMethod: method, authenticationData: Buffer.from('wrong') })
      return true
    })
    h.client.connect()
    h.run(100)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.AuthFailed })
    h.run(9000)
    expect(h.broker.peers).toHaveLength(1)
  })

  it('with another method in AUTH or CONNACK is a protocol error', () => {
    for (const where of ['auth', 'connack']) {
      const h = simClient({ protocolVersion: 5, properties: { authenticationMethod: method }, authenticate: () => 'c' as Bytes })
      h.broker.on('connect', (_packet, peer) => {
        if (where === 'auth') peer.auth(0x18, { authenticationMethod: 'other' })
        else peer.connack({ properties: { authenticationMethod: 'other' } })
        return true
      })
      h.client.connect()
      h.run(100)
      expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
    }
  })

  it('AUTH that was not begun by us is a protocol error', () => {
    const h = simClient({ protocolVersion: 5 })
    h.up()
    h.peer.auth(0x18, { authenticationMethod: method })
    h.run(50)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'waiting', cause: ErrorCode.ProtocolError })
  })
})
