import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { BOTH_KINDS, hexDuring, mute, outcomes, timesOf } from './support.js'

describe.each(BOTH_KINDS)('disconnect(), waits: %j', (waits) => {
  it('[S2-26] sends DISCONNECT last, byte for byte, then closes, and does not come back', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    const said = hexDuring(h, () => {
      expect(h.client.disconnect()).toBe(0)
      h.run(50)
    })
    expect(said).toBe('e0 00')
    expect(h.got.links.at(-1)).toMatchObject({ state: 'offline', cause: ErrorCode.Disconnected })
    h.run(600000)
    expect(h.broker.peers).toHaveLength(1)
    expect(h.sim.network.last?.closedByClient).toBe(true)
    expect(h.client.stats().drops).toBe(0)
    h.check()
  })

  it('[S2-26] waits for the queue and what is in flight, then says goodbye', () => {
    const h = simClient({ sim: { waits }, limits: { inflight: 1 } })
    h.up()
    h.broker.on('publish', (packet, peer) => {
      if (packet.qos === 0) return false
      peer.wire.after(500, () => peer.puback(packet.messageId!))
      return true
    })
    const tokens = ([1, 1, 0, 1] as const).map((qos) => h.client.publish('t', h.bytes('x'), qos))
    h.client.disconnect()
    h.run(5000)
    expect(outcomes(h, tokens)).toEqual(['delivered', 'delivered', 'sent', 'delivered'])
    expect(h.peer.heard()).toBe('connect publish publish publish publish disconnect')
    expect(h.got.states().slice(-2)).toEqual(['draining', 'offline'])
    h.check()
  })

  it('waits 5 s at most, then drops what is left with disconnected when clean is on', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    mute(h, 'publish')
    h.run(60000)
    const token = h.client.publish('t', h.bytes('x'), 1)
    const begin = h.sim.now
    h.client.disconnect()
    h.run(10000)
    expect([5010, 5011]).toContain(timesOf(h.peer, 'disconnect')[0]! - begin)
    expect(h.got.receipt(token)).toMatchObject({ outcome: 'dropped', reason: ErrorCode.Disconnected })
  })

  it.each([0, 100, 20000])('waits %i ms where that is asked for, counted from the call', (timeout) => {
    const h = simClient({ sim: { waits }, ackTimeout: 100000 })
    h.up()
    mute(h, 'publish')
    h.client.publish('t', h.bytes('x'), 1)
    h.run(30000)
    const begin = h.sim.now
    h.client.disconnect({ timeout })
    h.run(30000)
    expect([timeout + 10, timeout + 11]).toContain(timesOf(h.peer, 'disconnect')[0]! - begin)
  })

  it('with clean off keeps what is left for the next connect', () => {
    const h = simClient({ sim: { waits }, clean: false, clientId: 'a' })
    h.up()
    const unmute = mute(h, 'publish')
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.client.disconnect({ timeout: 200 })
    h.run(500)
    expect(h.got.state).toBe('offline')
    expect(h.got.receipts).toEqual([])
    expect(h.client.stats().outboxCount).toBe(1)
    unmute()
    h.up()
    h.run(100)
    expect(h.peer.all('publish')).toMatchObject([{ dup: true }])
    expect(outcomes(h, [token])).toEqual(['delivered'])
    h.check()
  })

  it('while the link is opening ends the attempt, without a packet', () => {
    const h = simClient({ sim: { waits } })
    h.client.connect()
    expect(h.client.disconnect()).toBe(0)
    h.run(60000)
    expect(h.got.states()).toEqual(['opening', 'offline'])
    expect(h.broker.peers.flatMap((peer) => peer.packets)).toEqual([])
    expect(h.device.openSockets).toBe(0)
  })

  it('[S2-20] is idempotent, and so is connect', () => {
    const h = simClient({ sim: { waits } })
    expect(h.client.disconnect()).toBe(0)
    h.up()
    expect(h.client.connect()).toBe(0)
    expect(h.client.connect()).toBe(0)
    h.run(100)
    expect(h.broker.peers).toHaveLength(1)
    h.client.disconnect()
    h.run(100)
    expect(h.client.disconnect()).toBe(0)
    expect(h.got.states().filter((state) => state === 'offline')).toHaveLength(1)
    h.up()
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(100)
    expect(outcomes(h, [token])).toEqual(['delivered'])
    h.check()
  })

  it('under way lets nothing new in: publish, subscribe, unsubscribe and connect say so', () => {
    const h = simClient({
      sim: { waits },
      onLink: (state) => {
        if (state !== 'draining') return
        codes.push(h.client.publish('t', h.bytes('x'), 0), h.client.subscribe('t', 0), h.client.unsubscribe('t'), h.client.connect())
      }
    })
    const codes: number[] = []
    h.up()
    h.client.disconnect()
    h.run(100)
    expect(codes).toEqual([1, 2, 3, 4].map(() => ErrorCode.Disconnecting))
    expect(h.peer.heard()).toBe('connect disconnect')
  })

  it('ends although the server stops reading: DISCONNECT gets a second, and that is all', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.sim.network.last?.set({ sendBuffer: 0 })
    const begin = h.sim.now
    h.client.disconnect()
    h.run(10000)
    const end = h.got.links.find((link) => link.state === 'offline')!
    expect([1000, 1001]).toContain(end.t - begin)
  })

  it('ends although the link breaks meanwhile', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    mute(h, 'publish')
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.sim.after(1000, () => h.peer.rst())
    h.client.disconnect()
    h.run(60000)
    expect(h.got.state).toBe('offline')
    expect(outcomes(h, [token])).toEqual(['dropped'])
    expect(h.broker.peers).toHaveLength(1)
  })
})

describe('destroy()', () => {
  it('[S2-09] frees socket, timers and wakes, is idempotent, and later calls say destroyed', () => {
    const h = simClient()
    h.up()
    h.client.subscribe('t', 0)
    h.client.publish('t', h.bytes('x'), 1)
    expect(h.client.destroy()).toBe(0)
    expect(h.client.destroy()).toBe(0)
    expect(h.device.openSockets).toBe(0)
    const wakes = h.device.timer.wakes
    h.run(3600000)
    expect(h.device.timer.wakes).toBe(wakes)
    expect(h.broker.peers).toHaveLength(1)
    h.check()
  })

  it('in each state leaves no socket open', () => {
    for (const ms of [0, 10, 25, 35, 45, 5000]) {
      const h = simClient({ keepalive: 4 })
      h.client.connect()
      h.run(ms)
      h.client.destroy()
      h.run(60000)
      expect(h.device.openSockets).toBe(0)
      expect(h.broker.peers.length).toBeLessThanOrEqual(1)
    }
  })
})

describe('abort()', () => {
  it('closes without DISCONNECT and does not come back; connect() begins again', () => {
    const h = simClient()
    h.up()
    expect(h.client.abort()).toBe(0)
    h.run(60000)
    expect(h.peer.heard()).toBe('connect')
    expect(h.got.links.at(-1)).toMatchObject({ state: 'offline', cause: ErrorCode.Aborted })
    expect(h.broker.peers).toHaveLength(1)
    h.up()
    expect(h.broker.peers).toHaveLength(2)
  })
})
