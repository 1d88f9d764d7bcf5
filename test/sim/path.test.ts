/** What lies between the device and the server: loss, bandwidth, middleboxes, another address. */
import { describe, expect, it } from 'vitest'
import { LinkCode, type Socket } from '../../hal/hal.js'
import { createSim, type Conditions, type Sim, type SimConnection } from '../../hal/sim/index.js'
import { HOST, bytes } from './connected.js'

function connected(conditions: Partial<Conditions> = {}, seed = 1): { sim: Sim; socket: Socket; server: SimConnection; heard: { t: number; data: string }[]; ends: string[] } {
  const sim = createSim({ seed, conditions })
  const heard: { t: number; data: string }[] = []
  const ends: string[] = []
  sim.network.listen('broker', 1883, (connection) => {
    connection.onData((data) => heard.push({ t: sim.now, data }))
    connection.onEnd((how) => ends.push(how))
  })
  const socket = sim.hal.socket.open(HOST)
  sim.settle()
  return { sim, socket, server: sim.network.last!, heard, ends }
}

describe('loss', () => {
  it('is a stall: everything behind the lost piece waits in that direction, in order, and nothing is lost for good', () => {
    const c = connected({ lossOut: 0.3, rtoMs: 1000 })
    const start = c.sim.now
    for (let i = 0; i < 100; i++) {
      c.socket.write(bytes(`${String(i).padStart(3, '0')};`))
      c.sim.run(10)
    }
    c.sim.settle(10000000)
    expect(c.heard.map((piece) => piece.data).join('')).toBe(Array.from({ length: 100 }, (_, i) => `${String(i).padStart(3, '0')};`).join(''))
    const gaps = c.heard.map((piece, i) => piece.t - (c.heard[i - 1]?.t ?? start))
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(900)
    expect(c.socket.unacked()).toBe(0)
  })

  it('waits twice as long for each further loss of a piece, up to 60 s, and one direction does not stall the other', () => {
    const late: number[] = []
    for (let seed = 1; seed <= 300; seed++) {
      const c = connected({ lossOut: 0.5, rtoMs: 1000, latencyMs: 10 }, seed)
      const start = c.sim.now
      c.socket.write(bytes('x'))
      c.server.send(bytes('y'))
      c.sim.run(10)
      expect(c.socket.read(10)).toBe('y')
      c.sim.settle(10000000)
      late.push(c.heard[0]!.t - start - 10)
    }
    const steps = [...new Set(late)].sort((a, b) => a - b)
    expect(steps.slice(0, 5)).toEqual([0, 1000, 3000, 7000, 15000])
    expect(late.filter((ms) => ms === 0).length).toBeGreaterThan(110)
    expect(late.filter((ms) => ms === 0).length).toBeLessThan(190)
  })
})

describe('bandwidth', () => {
  it('may differ by direction', () => {
    const c = connected({ bandwidthOut: 100, bandwidthIn: 1000, latencyMs: 10, piecesIn: 1, piecesOut: 1 })
    const start = c.sim.now
    c.socket.write(bytes('x'.repeat(100)))
    c.server.send(bytes('y'.repeat(100)))
    c.sim.until(() => c.socket.pending() === 100, 5000, 'the bytes in')
    expect(c.sim.now - start).toBe(110)
    c.sim.until(() => c.server.received === 100, 5000, 'the bytes out')
    expect(c.sim.now - start).toBe(1010)
  })
})

describe('short reads', () => {
  it('give fewer bytes than there are, never none, and all of them in the end', () => {
    const c = connected({ shortReadChance: 0.95 })
    c.server.send(bytes('abcdefghij'.repeat(20)))
    c.sim.settle()
    const pieces: string[] = []
    while (c.socket.pending() > 0) pieces.push(c.socket.read(1000))
    expect(pieces.join('')).toBe('abcdefghij'.repeat(20))
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces).not.toContain('')
  })
})

describe('a middlebox that forgets silent flows', () => {
  it('lets a flow live that speaks in time, in either direction', () => {
    const c = connected()
    c.sim.network.idleCut(60000)
    for (let i = 0; i < 5; i++) {
      c.sim.run(59000)
      if (i % 2 === 0) c.socket.write(bytes('out'))
      else c.server.send(bytes('in'))
    }
    c.sim.settle()
    expect([c.heard.length, c.socket.read(100) + c.socket.read(100)]).toEqual([3, 'inin'])
  })

  it('swallows what comes after the silence, without a sign, for good', () => {
    const c = connected()
    c.sim.network.idleCut(60000, 'silent')
    c.sim.run(60000)
    c.socket.write(bytes('x'))
    c.sim.run(100)
    c.server.send(bytes('y'))
    c.sim.run(1000000)
    expect([c.heard, c.ends, c.socket.status(), c.socket.pending(), c.socket.unacked()]).toEqual([[], [], 1, 0, 1])
    const again = c.sim.hal.socket.open(HOST)
    c.sim.run(100)
    expect(again.status()).toBe(1)
  })

  it('resets whoever speaks after the silence, where it is of that kind', () => {
    const device = connected()
    device.sim.network.idleCut(60000, 'rst')
    device.sim.run(60000)
    device.socket.write(bytes('x'))
    device.sim.run(1000)
    expect([device.socket.status(), device.ends]).toEqual([LinkCode.Reset, []])
    const server = connected()
    server.sim.network.idleCut(60000, 'rst')
    server.sim.run(60000)
    server.server.send(bytes('x'))
    server.sim.run(1000)
    expect([server.socket.status(), server.ends]).toEqual([1, ['rst']])
  })
})

describe('another address', () => {
  it('kills every connection of the device without a sign, and new ones work', () => {
    const c = connected()
    c.sim.device.changeAddress()
    c.socket.write(bytes('x'))
    c.server.send(bytes('y'))
    c.sim.run(100000)
    expect([c.heard, c.ends, c.socket.status(), c.socket.pending()]).toEqual([[], [], 1, 0])
    const again = c.sim.hal.socket.open(HOST)
    c.sim.run(100)
    again.write(bytes('z'))
    c.sim.run(100)
    expect(c.heard.map((piece) => piece.data)).toEqual(['z'])
  })
})
