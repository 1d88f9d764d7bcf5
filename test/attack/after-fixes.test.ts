/** Answers and time-outs at the edges of what a program may do in a callback. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'

describe('a program that subscribes again in onSubscribed', () => {
  it('has one entry for the filter, and each message once', () => {
    const heard: string[] = []
    const h: SimClient = simClient({
      onSubscribed: (_token, filter, code) => {
        if (code < 0) h.client.subscribe(filter, 1, (_t, payload) => { heard.push(payload) })
      }
    })
    h.client.subscribe('a', 0)
    h.client.subscribe('a', 1, (_t, payload) => { heard.push(payload) })
    h.up()
    h.run(1000)
    h.broker.publish('a', 'x')
    h.run(1000)
    expect(h.client.core_!.registry_.entries_).toHaveLength(1)
    expect(heard).toEqual(['x'])
  })
})

describe('a filter whose properties do not fit the server\'s Maximum Packet Size', () => {
  it('is told as too large, and not as granted', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumPacketSize: 60 } } })
    h.client.subscribe('a', 1, undefined, { properties: { userProperties: ['n', 'v'.repeat(100)] } })
    h.up()
    h.run(1000)
    expect(h.peer.all('subscribe')).toHaveLength(0)
    expect(h.got.granted).toMatchObject([{ filter: 'a', code: ErrorCode.ServerPacketLimit }])
  })
})

describe('the time-out of acks', () => {
  it('holds on a link that is busy all the time', () => {
    const h = simClient({
      sim: { conditions: { bandwidth: 1000, sendBuffer: 500 } }, keepalive: 600, limits: { inflight: 2, slicePackets: 4 },
      broker: { enforceKeepalive: false }
    })
    h.up()
    h.broker.on('publish', (packet) => packet.qos === 1)
    h.client.publish('lost', h.bytes('x'), 1)
    for (let i = 0; i < 3000 && h.client.stats().drops === 0; i++) {
      while (h.client.stats().outboxCount < 20) h.client.publish('busy', h.bytes('y'.repeat(300)))
      h.run(100)
    }
    expect(h.got.links.findLast((link) => link.state === 'waiting')).toMatchObject({ cause: ErrorCode.AckTimeout })
    expect(h.sim.now).toBeLessThan(120000)
  })
})
