import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { BOTH_KINDS, mute, outcomes } from './support.js'

describe.each(BOTH_KINDS)('receipts, waits: %j', (waits) => {
  it.each([3, 4, 5] as const)('[S2-08] sent at the hand-over for QoS 0, delivered at PUBACK and at PUBCOMP, version %i', (protocolVersion) => {
    const h = simClient({ protocolVersion, sim: { waits } })
    h.up()
    const unpuback = mute(h, 'publish')
    const qos0 = h.client.publish('t', h.bytes('0'), 0)
    const qos1 = h.client.publish('t', h.bytes('1'), 1)
    const qos2 = h.client.publish('t', h.bytes('2'), 2)
    h.run(1000)
    expect(outcomes(h, [qos0, qos1, qos2])).toEqual(['sent', undefined, undefined])
    unpuback()
    const unpubrel = mute(h, 'pubrel')
    h.peer.puback(h.peer.all('publish')[1]!.messageId!)
    h.peer.pubrec(h.peer.all('publish')[2]!.messageId!)
    h.run(1000)
    expect(outcomes(h, [qos0, qos1, qos2])).toEqual(['sent', 'delivered', undefined])
    unpubrel()
    h.peer.pubcomp(h.peer.all('publish')[2]!.messageId!)
    h.run(1000)
    expect(outcomes(h, [qos0, qos1, qos2])).toEqual(['sent', 'delivered', 'delivered'])
    expect(h.got.receipts).toHaveLength(3)
    expect(h.client.stats()).toMatchObject({ accepted: 3, sent: 1, delivered: 2, outboxCount: 0, outboxBytes: 0, inflight: 0 })
  })

  it('[S2-08] of QoS 0 come at once when the socket took it, without anything else to wake the client', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    const begin = h.sim.now
    const token = h.client.publish('t', h.bytes('x'))
    expect(h.client.idle()).toBe(0)
    h.run(1000)
    expect(h.got.receipt(token)).toMatchObject({ t: begin, outcome: 'sent' })
  })

  it('[S2-08] come with the delay of the ack', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.broker.on('publish', (packet, peer) => {
      peer.wire.after(7000, () => peer.puback(packet.messageId!))
      return true
    })
    const begin = h.sim.now
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(10000)
    expect(h.got.receipt(token)!.t - begin).toBe(7020)
  })

  it('expired: a message that waited longer than its deadline, once', () => {
    const h = simClient({ sim: { waits }, broker: false, reconnectPeriodMax: 1000 })
    h.client.connect()
    h.run(1000)
    const begin = h.sim.now
    const token = h.client.publish('t', h.bytes('x'), 1, false, { deadline: 5000 })
    h.run(60000)
    expect(h.got.receipts).toMatchObject([{ token, outcome: 'expired', reason: ErrorCode.Expired }])
    expect(h.got.receipts[0]!.t - begin).toBe(5000)
    expect(h.client.stats()).toMatchObject({ expired: 1, outboxCount: 0, outboxBytes: 0 })
  })

  it('a deadline ends with the first byte: what was sent is not expired', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    mute(h, 'publish')
    const token = h.client.publish('t', h.bytes('x'), 1, false, { deadline: 1000 })
    h.run(30000)
    expect(h.got.receipt(token)).toBeUndefined()
    h.peer.puback(h.peer.all('publish')[0]!.messageId!)
    h.run(100)
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })

  it('dropped: all that is left at disconnect with clean on, with the reason', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    mute(h, 'publish')
    const tokens = [1, 1, 2].map((qos) => h.client.publish('t', h.bytes('x'), qos as 1 | 2))
    h.client.disconnect({ timeout: 0 })
    h.run(100)
    expect(h.got.receipts).toMatchObject(tokens.map((token) => ({ token, outcome: 'dropped', reason: ErrorCode.Disconnected })))
  })

  it('dropped: all that is left at abort with clean on, and at destroy always', () => {
    const h = simClient({ sim: { waits }, clean: false, clientId: 'a' })
    h.up()
    mute(h, 'publish')
    const first = h.client.publish('t', h.bytes('x'), 1)
    h.run(50)
    h.client.abort()
    expect(h.got.receipts).toEqual([])
    const second = h.client.publish('t', h.bytes('y'), 1)
    h.client.destroy()
    expect(h.got.receipts).toMatchObject([first, second].map((token) => ({ token, outcome: 'dropped', reason: ErrorCode.Destroyed })))
    const clean = simClient({ sim: { waits } })
    clean.up()
    mute(clean, 'publish')
    const token = clean.client.publish('t', clean.bytes('x'), 1)
    clean.run(50)
    clean.client.abort()
    expect(clean.got.receipts).toMatchObject([{ token, outcome: 'dropped', reason: ErrorCode.Aborted }])
  })

  it('come although nobody asked for a token yet: tokens rise from 1 and none is used twice', () => {
    const h = simClient({ sim: { waits } })
    const tokens = [0, 1, 2].map((qos) => h.client.publish('t', h.bytes('x'), qos as 0 | 1 | 2))
    tokens.push(h.client.subscribe('t', 0))
    expect(tokens).toEqual([1, 2, 3, 4])
    h.up()
    h.run(500)
    expect(outcomes(h, tokens.slice(0, 3))).toEqual(['sent', 'delivered', 'delivered'])
  })
})

describe('a receipt', () => {
  it('for a message too large for a server met later is rejected with server-packet-limit', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumPacketSize: 60 } } })
    const tokens = [h.client.publish('t', h.bytes('x'.repeat(100)), 1), h.client.publish('t', h.bytes('x'.repeat(100)), 0), h.client.publish('t', h.bytes('y'), 1)]
    h.up()
    h.run(500)
    expect(h.got.receipt(tokens[0]!)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.ServerPacketLimit })
    expect(h.got.receipt(tokens[1]!)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.ServerPacketLimit })
    expect(outcomes(h, tokens)).toEqual(['rejected', 'rejected', 'delivered'])
  })

  it('may be answered with a new publish, again and again, without starving the link', () => {
    let left = 200
    const h = simClient({
      keepalive: 10,
      onReceipt: () => {
        left -= 1
        if (left > 0) h.client.publish('t', h.bytes('x'), (left % 3) as 0 | 1 | 2)
      }
    })
    h.up()
    h.client.publish('t', h.bytes('x'), 1)
    h.run(30000)
    expect(left).toBe(0)
    expect(h.broker.messages).toHaveLength(200)
    expect(h.got.state).toBe('up')
    h.check()
  })
})
