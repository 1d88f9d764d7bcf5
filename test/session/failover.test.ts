import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { parseReference } from '../../firmware/servers.js'
import { simClient, type SimClient } from '../support/harness.js'
import { ScriptedBroker } from '../support/broker.js'
import { BOTH_KINDS } from './support.js'
import type { Bytes } from '../../firmware/types.js'

function hosts(h: SimClient): string[] {
  return h.sim.network.attempts.map((attempt) => attempt.host)
}

const THREE = ['a', 'b', 'c'].map((host) => ({ host, port: 1883 }))

describe.each(BOTH_KINDS)('several servers, waits: %j', (waits) => {
  it('are tried in turn; the delay does not grow within a round', () => {
    const h = simClient({ sim: { waits }, broker: false, servers: THREE })
    h.client.connect()
    h.run(20000)
    expect(hosts(h).slice(0, 9)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
    const times = h.sim.network.attempts.map((attempt) => attempt.t)
    expect(times.slice(1).map((t, i) => t - times[i]!).slice(0, 6)).toEqual([1000, 1000, 1000, 2000, 2000, 2000])
  })

  it('the first that answers is taken', () => {
    const h = simClient({ sim: { waits }, broker: false, servers: THREE })
    const broker = new ScriptedBroker()
    broker.listen(h.sim, 'c')
    h.up()
    expect(hosts(h)).toEqual(['a', 'b', 'c'])
    expect(broker.peers).toHaveLength(1)
  })

  it('a stable link that ended is tried again at the same server first, an unstable one at the next', () => {
    const h = simClient({ sim: { waits }, broker: false, servers: THREE, keepalive: 30 })
    const brokers = ['a', 'b'].map((host) => {
      const broker = new ScriptedBroker()
      broker.listen(h.sim, host)
      return broker
    })
    h.up()
    h.run(100000)
    brokers[0]!.closeAll()
    h.run(5000)
    expect(hosts(h)).toEqual(['a', 'a'])
    brokers[0]!.closeAll()
    h.run(5000)
    expect(hosts(h)).toEqual(['a', 'a', 'b'])
    expect(h.got.state).toBe('up')
  })
})

describe('a Server Reference', () => {
  function world(followServerReference: boolean, reason: number, reference: string, how: 'connack' | 'disconnect' = 'connack') {
    const h = simClient({ protocolVersion: 5, broker: false, servers: [{ host: 'home', port: 1883 }], followServerReference, username: 'u', password: 'p' as Bytes, keepalive: 30 })
    const home = new ScriptedBroker()
    const other = new ScriptedBroker()
    home.listen(h.sim, 'home')
    other.listen(h.sim, 'other', 1884)
    home.on('connect', (_packet, peer) => {
      if (how === 'connack') peer.connack({ code: reason, properties: { serverReference: reference } })
      else {
        home.welcome(peer)
        peer.disconnect(reason, { serverReference: reference })
      }
      peer.close()
      return true
    })
    return { h, home, other }
  }

  it.each([['connack', 0x9c], ['connack', 0x9d], ['disconnect', 0x9c], ['disconnect', 0x9d]] as const)('in %s with 0x%s is followed at once when that is allowed, credentials and all', (how, reason) => {
    const { h, other } = world(true, reason, 'other:1884', how)
    h.client.connect()
    h.run(500)
    expect(h.got.state).toBe('up')
    expect(hosts(h)).toEqual(['home', 'other'])
    expect(other.peer.all('connect')[0]).toMatchObject({ username: 'u' })
  })

  it('is not followed when it is not allowed, and the cause says where the server sends us', () => {
    const { h, other } = world(false, 0x9c, 'other:1884')
    h.client.connect()
    h.run(10000)
    expect(other.peers).toHaveLength(0)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.ServerMoved, reason: 0x9c, detail: 'other:1884' })
  })

  it.each([[0x9c, 'home'], [0x9d, 'other']])('with 0x%s, once that link has ended, goes to %s', (reason, next) => {
    const { h, other } = world(true, reason, 'other:1884')
    h.client.connect()
    h.run(100000)
    expect(h.got.state).toBe('up')
    other.closeAll()
    h.run(1500)
    expect(hosts(h)[2]).toBe(next)
  })

  it.each([[0x9c, 'home'], [0x9d, 'other']])('with 0x%s, once that server did not answer, goes to %s', (reason, next) => {
    const { h } = world(true, reason, 'nowhere other')
    h.client.connect()
    h.run(5000)
    expect(hosts(h).slice(0, 3)).toEqual(['home', 'nowhere', next === 'other' ? 'nowhere' : 'home'])
  })

  it('that goes round in a circle is not followed without end: the backoff holds', () => {
    const { h } = world(true, 0x9c, 'home:1883')
    h.client.connect()
    h.run(600000)
    expect(hosts(h).length).toBeLessThan(25)
  })

  it('that nobody can read is not followed', () => {
    const { h } = world(true, 0x9c, 'other:99999')
    h.client.connect()
    h.run(5000)
    expect(new Set(hosts(h))).toEqual(new Set(['home']))
  })

  it.each([
    ['host', 'host', 1883], ['host:1884', 'host', 1884], ['[2001:db8::1]:1885', '2001:db8::1', 1885], ['[::1]', '::1', 1883], ['first:1 second:2', 'first', 1]
  ])('%s is %s, port %i', (text, host, port) => {
    expect(parseReference(text as Bytes, { host: 'from', port: 1883 })).toMatchObject({ host, port })
  })

  it.each(['', ':1883', 'host:0', 'host:65536', 'host:x', '[]:1'])('%j is none', (text) => {
    expect(parseReference(text as Bytes, { host: 'from', port: 1883 })).toBeUndefined()
  })

  it('takes the TLS checks of the server that sent us there along, and not its name', () => {
    const tls = { ca: 'CA' as Bytes, insecureNoVerify: false, servername: 'from.example', alpn: 'mqtt' }
    expect(parseReference('other' as Bytes, { host: 'from', port: 8883, tls })).toEqual({
      host: 'other', port: 8883, tls: { ca: 'CA', cert: undefined, key: undefined, alpn: 'mqtt', insecureNoVerify: false }
    })
    expect(parseReference('other' as Bytes, { host: 'from', port: 1883 })?.tls).toBeUndefined()
  })
})
