import { describe, expect, it } from 'vitest'
import { simClient } from './harness.js'

describe.each([true, false])('the harness, waits: %j', (waits) => {
  it.each([3, 4, 5] as const)('connects, subscribes and brings QoS 0, 1 and 2 both ways in version %i', (protocolVersion) => {
    const h = simClient({ sim: { waits }, protocolVersion, clientId: 'a' })
    h.up()
    h.client.subscribe('t/+', 2)
    h.run(100)
    const tokens = ([0, 1, 2] as const).map((qos) => h.client.publish(`t/${qos}`, h.bytes('hello'), qos))
    h.run(500)
    expect(tokens.map((token) => h.got.receipt(token)?.outcome)).toEqual(['sent', 'delivered', 'delivered'])
    expect(h.got.messages.map((message) => [message.topic, message.qos])).toEqual([['t/0', 0], ['t/1', 1], ['t/2', 2]])
    expect(h.broker.messages).toHaveLength(3)
    h.client.disconnect()
    h.run(100)
    expect(h.peer.disconnected).toBe(true)
    h.check()
  })

  it('keeps a link alive for a day across the wrap of the clock', () => {
    const h = simClient({ sim: { waits, startTicks: 2147483647 - 3600000 }, keepalive: 120 })
    h.up()
    h.run(24 * 3600 * 1000)
    expect(h.broker.peers).toHaveLength(1)
    expect(h.got.state).toBe('up')
    h.check()
  })

  it('reconnects after the server closed, restores its subscription and sends what waited', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.client.subscribe('t', 1)
    h.run(100)
    h.peer.close()
    h.run(15)
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(70000)
    expect(h.broker.peers).toHaveLength(2)
    expect(h.got.receipt(token)?.outcome).toBe('delivered')
    expect(h.got.payloads('t')).toEqual(['x'])
    h.check()
  })
})

describe('the harness', () => {
  it('gives two clients one world and one broker', () => {
    const a = simClient({ clientId: 'a' })
    const b = simClient({ clientId: 'b', sim: a.sim, broker: a.broker })
    a.up()
    b.up()
    b.client.subscribe('t', 0)
    b.run(100)
    a.client.publish('t', a.bytes('x'))
    a.run(100)
    expect(b.got.payloads('t')).toEqual(['x'])
    a.check()
  })

  it('names what did not come', () => {
    const h = simClient({ broker: false })
    expect(() => h.up()).toThrow(/waited 60000 ms of virtual time for the link to be up.*link: (waiting|opening)/)
  })
})
