import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type WorldOptions } from '../support/harness.js'
import { BOTH_KINDS, mute, outcomes, publishIds, reconnect } from './support.js'
import type { Bytes } from '../../firmware/types.js'

/** A body of `n` bytes that shows where each piece belongs. */
function body(n: number): Bytes {
  let text = ''
  for (let i = 0; text.length < n; i++) text += `${i},`
  return text.slice(0, n) as Bytes
}

/** A client that sends `total` bytes in pieces, and what it was asked for. */
function sending(total: number, options: WorldOptions = {}) {
  const asked: [number, number][] = []
  const whole = body(total)
  const h = simClient(options)
  const read = (offset: number, max: number): Bytes => {
    asked.push([offset, max])
    return whole.slice(offset, offset + Math.min(max, 700)) as Bytes
  }
  return { h, asked, whole, read }
}

describe.each(BOTH_KINDS)('large messages out, waits: %j', (waits) => {
  it.each([0, 1, 2] as const)('[S1-20] of QoS %i leave in pieces, as the socket has room, and end in one receipt', (qos) => {
    const { h, asked, whole, read } = sending(20000, { sim: { waits, traceLimit: 0, conditions: { sendBuffer: 1500 } } })
    h.up()
    const token = h.client.publishStream('big', 20000, read, qos)
    const after = h.client.publish('small', h.bytes('after'), qos)
    h.run(20000)
    expect(h.broker.messages.map((message) => [message.topic, message.payload.toString()])).toEqual([['big', whole], ['small', 'after']])
    expect(outcomes(h, [token, after])).toEqual(qos === 0 ? ['sent', 'sent'] : ['delivered', 'delivered'])
    expect(Math.max(...asked.map(([, max]) => max))).toBeLessThanOrEqual(1024)
    let at = 0
    for (const [offset] of asked) {
      expect(offset).toBe(at)
      at = Math.min(offset + 700, offset + asked.find(([from]) => from === offset)![1])
    }
    h.check()
  })

  it('keep acks and pings behind them until they are out, and nothing in between', () => {
    const { h, whole, read } = sending(50000, { sim: { waits, traceLimit: 0, conditions: { bandwidth: 1000 } }, keepalive: 10, broker: { enforceKeepalive: false } })
    h.up()
    h.client.subscribe('in', 1)
    h.run(500)
    h.client.publishStream('big', 50000, read, 1)
    h.run(2000)
    h.broker.publish('in', 'x', { qos: 1 })
    h.run(100000)
    expect(h.broker.messages[0]?.payload.toString()).toBe(whole)
    expect(h.peer.all('puback')).toHaveLength(1)
    expect(h.client.stats().drops).toBe(0)
    h.check()
  })

  it('begin anew from 0 with DUP when the link ends after all was out, without DUP when it ended before', () => {
    for (const cut of [1000, 60000]) {
      const { h, asked, whole, read } = sending(5000, { sim: { waits, traceLimit: 0, conditions: { bandwidth: 2000, sendBuffer: 1000 } }, clean: false, clientId: 'a', ackTimeout: 600000 })
      h.up()
      const unmute = mute(h, 'publish')
      const token = h.client.publishStream('big', 5000, read, 1)
      h.run(cut)
      unmute()
      const before = asked.length
      reconnect(h)
      h.run(20000)
      expect(asked[before]?.[0]).toBe(0)
      expect(h.peer.all('publish').map((packet) => packet.dup)).toEqual([cut === 60000])
      expect(h.broker.messages.map((message) => message.payload.toString())).toEqual([whole])
      expect(outcomes(h, [token])).toEqual(['delivered'])
      if (cut === 60000) expect(publishIds(h.broker.peers[0]!)).toEqual(publishIds(h.peer))
      h.check()
    }
  })
})

describe('a large message out', () => {
  it.each(['out', 'in', 'both'] as const)('on a link that dies in direction %s is no reason not to notice, before 1.5 x keepalive', (direction) => {
    const { h, read } = sending(200000, { sim: { conditions: { bandwidth: 1000, sendBuffer: 2000 } }, keepalive: 60, broker: { enforceKeepalive: false } })
    h.up()
    h.client.publishStream('big', 200000, read, 1)
    h.run(90000)
    expect(h.got.state).toBe('up')
    const begin = h.sim.now
    h.sim.network.last?.halfOpen(direction)
    h.until(() => h.got.state !== 'up', 90000, 'the end of the link')
    expect(h.sim.now - begin).toBeLessThan(90000)
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.TxBlocked, limit: 20000 })
  })

  it.each([
    ['nothing', () => '' as Bytes], ['more than asked for', (_offset: number, max: number) => 'x'.repeat(max + 1) as Bytes],
    ['an exception', () => { throw new Error('card removed') }]
  ])('whose function gives %s is rejected as stream-failed; the link begins anew and the rest goes on', (_what, read) => {
    const h = simClient()
    h.up()
    const token = h.client.publishStream('big', 5000, read as () => Bytes, 1)
    const after = h.client.publish('small', h.bytes('x'), 1)
    h.run(30000)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.StreamFailed })
    expect(outcomes(h, [after])).toEqual(['delivered'])
    expect(h.broker.messages.map((message) => message.topic)).toEqual(['small'])
    expect(h.got.state).toBe('up')
  })

  it.each([-1, 1.5, 268435456, Number.NaN])('of %f bytes is refused', (total) => {
    const h = simClient()
    h.up()
    expect(h.client.publishStream('big', total, () => 'x' as Bytes)).toBe(ErrorCode.MessageTooLarge)
    h.run(100)
    expect(h.peer.heard()).toBe('connect')
  })

  it('of 0 bytes is an empty message', () => {
    const h = simClient()
    h.up()
    const token = h.client.publishStream('big', 0, () => 'x' as Bytes, 1)
    h.run(100)
    expect(h.broker.messages[0]?.payload).toHaveLength(0)
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })

  it('above the server\'s Maximum Packet Size is refused with the numbers', () => {
    const h = simClient({ protocolVersion: 5, broker: { properties: { maximumPacketSize: 3000 } } })
    h.up()
    expect(h.client.publishStream('big', 3000, () => 'x' as Bytes, 1)).toBe(ErrorCode.ServerPacketLimit)
    expect(h.client.explain()).toMatchObject({ limit: 3000 })
    const ok = h.client.publishStream('big', 2900, (_offset, max) => 'x'.repeat(max) as Bytes, 1)
    h.run(500)
    expect(outcomes(h, [ok])).toEqual(['delivered'])
  })
})
