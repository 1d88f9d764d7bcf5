import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { run } from '../../firmware/index.js'
import { simClient, type SimClient } from '../support/harness.js'
import { BOTH_KINDS, outcomes, timesOf } from './support.js'

describe('yield on a port that can wait', () => {
  const waiting = (options: object = {}): SimClient => simClient({ sim: { waits: true }, ...options })

  it('[S1-13] returns when its time is over, to the millisecond, also when nothing happens', () => {
    const h = waiting()
    h.up()
    for (const ms of [1, 7, 200, 1000, 60000]) {
      const begin = h.sim.now
      expect(h.client.yield(ms)).toBe(0)
      expect(h.sim.now - begin).toBe(ms)
    }
  })

  it('takes a time that is longer than the clock is exact for the longest that it is', () => {
    const h = waiting({ keepalive: 0 })
    h.up()
    const begin = h.sim.now
    expect(h.client.yield(2 ** 31)).toBe(0)
    expect(h.sim.now - begin).toBe(2 ** 30 - 1)
  })

  it('[S1-12] returns the number of packets it handled', () => {
    const h = waiting()
    h.up()
    for (let i = 0; i < 5; i++) h.peer.publish({ topic: 't', payload: `${i}` })
    expect(h.client.yield(100)).toBe(5)
    expect(h.client.yield(100)).toBe(0)
  })

  it('[S1-16] handles several packets of one chunk in one slice, up to limits.slicePackets, and the rest in the next', () => {
    const h = waiting({ limits: { slicePackets: 2 } })
    h.up()
    h.peer.raw(Buffer.concat([1, 2, 3, 4, 5].map((n) => Buffer.from([0x30, 4, 0, 1, 0x74, 0x30 + n]))))
    h.sim.advance(50)
    const perSlice = [0, 0, 0, 0].map(() => h.client.yield(0))
    expect(perSlice).toEqual([2, 2, 1, 0])
    expect(h.got.payloads('t')).toEqual(['1', '2', '3', '4', '5'])
  })

  it('[S1-16] reads no more than limits.sliceBytes in one slice', () => {
    const h = waiting({ limits: { sliceBytes: 20 } })
    h.up()
    for (let i = 0; i < 10; i++) h.peer.raw('30 08 00 01 74 41 41 41 41 41')
    h.sim.advance(50)
    const perSlice = Array.from({ length: 6 }, () => h.client.yield(0))
    expect(perSlice).toEqual([2, 2, 2, 2, 2, 0])
  })

  it('[S1-14] [S1-15] drives ping, acks, retries and reads by itself, in steps of any length', () => {
    for (const step of [10, 200, 5000]) {
      const h = waiting({ keepalive: 10 })
      h.client.connect()
      let token = 0
      while (h.sim.now < 120000) {
        if (h.sim.now > 60000 && token === 0) {
          token = h.client.publish('t', h.bytes('x'), 2)
          h.peer.close()
        }
        h.client.yield(step)
      }
      expect(h.got.state).toBe('up')
      expect(outcomes(h, [token])).toEqual(['delivered'])
      h.check()
    }
  })

  it('does not spin: an idle hour costs as many waits as there are pings and answers', () => {
    const h = waiting({ keepalive: 60 })
    h.up()
    const wakes = h.device.timer.wakes
    h.client.yield(3600000)
    expect(h.device.timer.wakes - wakes).toBeLessThan(3 * 70)
  })

  it('[S4-04] is woken at once by what arrives: receive() returns with it', () => {
    const h = waiting({ cache: 'overwrite-oldest' })
    h.up()
    h.sim.after(5000, () => h.peer.publish({ topic: 't', payload: 'x' }))
    const begin = h.sim.now
    const message = h.client.receive(120000)
    expect(message).toMatchObject({ topic: 't', payload: 'x' })
    expect(h.sim.now - begin).toBe(5010)
    expect(h.client.receive(1000)).toBeUndefined()
    expect(h.sim.now - begin).toBe(6010)
  })

  it('returns stopped when the program is asked to end', () => {
    const h = waiting()
    h.up()
    h.sim.after(500, () => h.device.timer.stop())
    const begin = h.sim.now
    expect(h.client.yield(60000)).toBe(ErrorCode.Stopped)
    expect(h.sim.now - begin).toBe(500)
  })

  it('is not-started before connect and after disconnect', () => {
    const h = waiting()
    expect(h.client.yield(100)).toBe(ErrorCode.NotStarted)
    h.up()
    h.client.disconnect()
    h.client.yield(100)
    expect(h.client.yield(100)).toBe(ErrorCode.NotStarted)
  })
})

describe('yield on a port that cannot wait', () => {
  it('[S1-13] returns after one slice, without any time passing', () => {
    const h = simClient()
    h.up()
    h.peer.publish({ topic: 't' })
    h.sim.advance(50)
    const begin = h.sim.now
    expect(h.client.yield(60000)).toBe(1)
    expect(h.client.yield(60000)).toBe(0)
    expect(h.sim.now).toBe(begin)
  })

  it('[S1-17] is not needed: packets, pings and receipts come by events alone', () => {
    const h = simClient({ keepalive: 10 })
    h.up()
    h.client.subscribe('t', 1)
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(100000)
    expect(outcomes(h, [token])).toEqual(['delivered'])
    expect(h.got.payloads('t')).toEqual(['x'])
    expect(h.got.state).toBe('up')
    h.check()
  })

  it('does not wake the program without need: an idle hour costs a few wakes for each ping', () => {
    const h = simClient({ keepalive: 60 })
    h.up()
    const wakes = h.device.timer.wakes
    h.run(3600000)
    expect(h.device.timer.wakes - wakes).toBeLessThan(5 * 70)
  })

  it('receive() returns at once', () => {
    const h = simClient({ cache: 'overwrite-oldest' })
    h.up()
    h.peer.publish({ topic: 't', payload: 'x' })
    expect(h.client.receive(10000)).toBeUndefined()
    h.run(50)
    expect(h.client.receive(10000)?.payload).toBe('x')
  })
})

describe('a wake that brings no work, on a port of events', () => {
  /** What the client asked of its socket while `fn` ran, counted. */
  const watched = (options: object = {}) => {
    const h = simClient(options)
    const counts = { read: 0, credit: -1 }
    const open = h.device.hal.socket.open
    h.device.hal.socket.open = (endpoint) => {
      const socket = open(endpoint)
      const read = socket.read.bind(socket)
      const credit = socket.credit.bind(socket)
      socket.read = (max) => {
        counts.read += 1
        return read(max)
      }
      socket.credit = () => (counts.credit < 0 ? credit() : counts.credit)
      return socket
    }
    h.up()
    h.run(2500)
    return { h, counts }
  }

  it('costs a look: the socket is not read again until a second has passed', () => {
    const { h, counts } = watched()
    h.client.yield(0)
    const reads = counts.read
    for (let i = 0; i < 9; i++) {
      h.sim.advance(100)
      expect(h.client.yield(0)).toBe(0)
    }
    expect(counts.read).toBe(reads)
    h.sim.advance(100)
    h.client.yield(0)
    expect(counts.read).toBe(reads + 1)
    h.check()
  })

  it.each([7, 300, 999, 1001])('leaves every time as it is: a program that yields every %j ms pings and measures as one that does not', (step) => {
    const times = (polls: boolean): unknown => {
      const h = simClient({ keepalive: 5 })
      h.up()
      const from = h.sim.now
      while (h.sim.now < from + 60000) {
        h.run(step)
        if (polls && h.sim.now < from + 40000) h.client.yield(0)
      }
      h.check()
      return timesOf(h.peer, 'pingreq')
    }
    expect((times(true) as number[]).length).toBeGreaterThan(10)
    expect(times(true)).toEqual(times(false))
  })

  it('does not hold up a request that waits for room in the socket', () => {
    const { h, counts } = watched()
    counts.credit = 0
    h.client.subscribe('t', 1)
    h.run(100)
    expect(h.peer.all('subscribe')).toHaveLength(0)
    h.client.yield(0)
    counts.credit = 1000
    h.client.yield(0)
    h.run(100)
    expect(h.peer.all('subscribe')).toHaveLength(1)
  })

  it('still sees that the bearer was away: the close that follows is no sign of a second client', () => {
    const looks = { count: 0 }
    const h = simClient({ sim: { bearer: true } })
    const network = h.device.hal.network!
    const ready = network.ready
    network.ready = () => {
      looks.count += 1
      return ready()
    }
    h.up()
    h.run(2500)
    h.client.yield(0)
    const before = looks.count
    h.sim.advance(100)
    h.client.yield(0)
    expect(looks.count).toBe(before + 1)
  })
})

describe('both kinds of port', () => {
  it('[S1-17] see the same packets at the same times for the same program', () => {
    const trace = (waits: boolean): unknown => {
      const h = simClient({ sim: { waits, id: 'same' }, keepalive: 10, protocolVersion: 5 })
      h.up()
      h.client.subscribe('t/#', 2)
      h.run(1000)
      for (let i = 0; i < 10; i++) {
        h.client.publish(`t/${i}`, h.bytes(`${i}`), (i % 3) as 0 | 1 | 2)
        h.run(1700)
        if (i === 5) h.peer.rst()
      }
      h.run(30000)
      return h.broker.peers.map((peer) => peer.packets.map((received) => [received.t, received.packet.cmd, received.packet.messageId]))
    }
    expect(trace(true)).toEqual(trace(false))
  })

  it.each(BOTH_KINDS)('run(): the function comes every period, the link lives in between, waits: %j', (waits) => {
    const h = simClient({ sim: { waits }, keepalive: 5 })
    const at: number[] = []
    h.client.connect()
    const result = run(h.client, 1000, () => {
      at.push(h.sim.now)
      if (at.length > 1) h.client.publish('t', h.bytes(`${at.length}`), 1)
      if (at.length === 20) h.client.disconnect()
    })
    h.run(25000)
    expect(result).toBe(0)
    expect(at).toHaveLength(20)
    expect(at.slice(1).map((t, i) => t - at[i]!).every((ms) => ms >= 1000 && ms <= 1002)).toBe(true)
    expect(h.got.state).toBe('offline')
    expect(h.broker.messages.length).toBeGreaterThanOrEqual(18)
    h.check()
  })
})

describe('idle()', () => {
  it('is the time until a slice is needed: the next ping, an ack deadline, now when there is work', () => {
    const h = simClient({ sim: { waits: true }, keepalive: 100 })
    expect(h.client.idle()).toBeGreaterThan(1000000)
    h.up()
    h.client.yield(0)
    expect(h.client.idle()).toBe(95000 - 20)
    h.sim.advance(5000)
    expect(h.client.idle()).toBe(90000 - 20)
    h.client.publish('t', h.bytes('x'), 1)
    expect(h.client.idle()).toBe(0)
    h.client.yield(0)
    expect(h.client.idle()).toBeLessThanOrEqual(60000)
    h.client.yield(100)
    h.peer.publish({ topic: 't' })
    h.sim.advance(50)
    expect(h.client.idle()).toBe(0)
  })

  it('lets a device sleep as long as it says, and nothing is late', () => {
    const h = simClient({ sim: { waits: true }, keepalive: 100 })
    h.up()
    h.client.yield(0)
    for (let i = 0; i < 60; i++) {
      h.sim.advance(h.client.idle())
      h.client.yield(0)
    }
    expect(h.got.state).toBe('up')
    const pings = timesOf(h.peer, 'pingreq')
    expect(pings.length).toBeGreaterThan(20)
    h.check()
  })
})

describe('a slice', () => {
  it.each(BOTH_KINDS)('feeds the watchdog, waits: %j', (waits) => {
    const h = simClient({ sim: { waits }, keepalive: 10 })
    h.up()
    h.run(60000)
    expect(h.device.system.longestUnfed).toBeLessThanOrEqual(10000)
  })

  it('is measured: the longest one is in the stats', () => {
    const h = simClient({ onMessage: () => h.sim.busy(250) })
    h.up()
    h.peer.publish({ topic: 't' })
    h.run(1000)
    expect(h.client.stats().longestSlice).toBe(250)
    h.check()
  })

  it('that comes late, because the program slept, closes nothing: what arrived meanwhile counts', () => {
    const h = simClient({ sim: { waits: true }, keepalive: 60, broker: { enforceKeepalive: false } })
    h.up()
    h.client.yield(54000)
    h.client.yield(2000)
    expect(h.client.stats().pings).toBe(1)
    h.sim.advance(600000)
    h.client.yield(100)
    expect(h.got.state).toBe('up')
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.client.yield(0)
    h.sim.advance(600000)
    h.client.yield(100)
    expect(outcomes(h, [token])).toEqual(['delivered'])
    expect(h.client.stats().drops).toBe(0)
  })

  const LONGEST = 1073741823

  describe.each(BOTH_KINDS)('of a client that is offline for good, on a port with waits: %s', (waits) => {
    it.each(['abort', 'disconnect'] as const)('%s leaves no appointment: a device that sleeps as long as idle() says does not spin, also when it publishes', (how) => {
      const h = simClient({ sim: { waits }, clean: false, clientId: 'dev', keepalive: 100 })
      h.up()
      h.client[how]()
      h.run(6000)
      expect(h.got.state).toBe('offline')
      expect(h.client.idle()).toBe(LONGEST)
      expect(h.client.publish('t', h.bytes('x'), 1)).toBeGreaterThan(0)
      expect(h.client.subscribe('f', 1)).toBeGreaterThan(0)
      expect(h.client.yield(0)).toBe(ErrorCode.NotStarted)
      expect(h.client.idle()).toBe(LONGEST)
      // Past the ping that was due when the link was up.
      h.run(200000)
      expect(h.client.idle()).toBe(LONGEST)
      h.client.connect()
      h.until(() => h.client.stats().delivered === 1, 1000, 'what was queued to be delivered')
    })

    it('before the first connect what is queued needs no slice; what has a deadline is told in time', () => {
      const h = simClient({ sim: { waits } })
      h.client.publish('t', h.bytes('x'), 1)
      expect(h.client.yield(0)).toBe(ErrorCode.NotStarted)
      expect(h.client.idle()).toBe(LONGEST)
      const token = h.client.publish('t', h.bytes('x'), 1, false, { deadline: 3000 })
      for (let i = 0; i < 10 && h.client.idle() < LONGEST; i++) {
        h.sim.advance(h.client.idle())
        h.client.yield(0)
      }
      expect(h.sim.now).toBe(3000)
      expect(outcomes(h, [token])).toEqual(['expired'])
      expect(h.client.yield(0)).toBe(ErrorCode.NotStarted)
    })

    it('a destroyed client needs no slice', () => {
      const h = simClient({ sim: { waits }, keepalive: 100 })
      h.up()
      h.client.publish('t', h.bytes('x'), 1)
      h.client.destroy()
      h.run(200000)
      expect(h.client.idle()).toBe(LONGEST)
    })
  })
})
