import { describe, expect, it } from 'vitest'
import { LinkCode } from '../../hal/hal.js'
import { createSim } from '../../hal/sim/index.js'
import { HOST, bytes, connected } from './connected.js'

describe('the end of a connection', () => {
  it('by FIN shows only after every byte was read', () => {
    const { sim, socket, server } = connected()
    server.send(bytes('refused'))
    server.close()
    sim.settle()
    expect(socket.status()).toBe(1)
    expect(socket.read(3)).toBe('ref')
    expect(socket.status()).toBe(1)
    expect(socket.read(100)).toBe('used')
    expect(socket.status()).toBe(LinkCode.Closed)
  })

  it('by RST is told apart from FIN, after what had arrived was read', () => {
    const { sim, socket, server } = connected()
    server.send(bytes('x'))
    sim.settle()
    server.rst()
    sim.settle()
    expect([socket.status(), socket.write(bytes('y'))]).toEqual([1, LinkCode.Reset])
    socket.read(10)
    expect(socket.status()).toBe(LinkCode.Reset)
  })

  it('by the device reaches the server after the bytes that were written', () => {
    const { sim, socket, server, heard, ends } = connected()
    socket.write(bytes('bye'))
    socket.close()
    socket.close()
    expect(socket.status()).toBe(LinkCode.Closed)
    sim.settle()
    expect([heard.join(''), server.closedByClient, ends]).toEqual(['bye', true, ['fin']])
    server.send(bytes('late'))
    expect(server.discarded).toBe(4)
  })

  it('a server that closed answers later bytes with RST; one that only sent FIN still reads', () => {
    const half = connected()
    half.server.fin()
    half.socket.write(bytes('last words'))
    half.sim.settle()
    expect(half.heard).toEqual(['last words'])
    const whole = connected()
    whole.server.close()
    whole.socket.write(bytes('last words'))
    whole.sim.settle()
    expect(whole.heard).toEqual([])
    expect(whole.sim.trace.notes()).toContain('1 server RST')
  })

  it('a server that forgot the connection lets it look alive until the next bytes', () => {
    const { sim, socket, server } = connected()
    server.forget()
    sim.run(100000)
    expect(socket.status()).toBe(1)
    socket.write(bytes('hello?'))
    sim.settle()
    expect(socket.status()).toBe(LinkCode.Reset)
  })

  it('wakes the program when the last byte read uncovers the end', () => {
    const { sim, socket, server } = connected()
    const seen: number[] = []
    sim.hal.timer.onWake!(() => {
      socket.read(1)
      seen.push(socket.status())
    })
    server.send(bytes('ab'))
    server.close()
    sim.settle()
    expect(seen.at(-1)).toBe(LinkCode.Closed)
  })
})

describe('a server that stops reading', () => {
  it('fills its window, then the device runs out of credit, and nothing is lost when it reads again', () => {
    const { sim, socket, server, heard } = connected({ conditions: { serverWindow: 50, sendBuffer: 30 } })
    server.stall(true)
    let sent = ''
    for (let i = 0; i < 20; i++) {
      const part = String.fromCharCode(65 + i).repeat(10)
      sent += part.substring(0, socket.write(bytes(part)))
      sim.settle()
    }
    expect(heard).toEqual([])
    expect(sent.length).toBe(80)
    expect(socket.credit()).toBe(0)
    expect(socket.unacked()).toBe(30)
    server.stall(false)
    sim.settle()
    expect(heard.join('')).toBe(sent)
    expect(socket.unacked()).toBe(0)
  })

  it('reads slowly at the rate asked for', () => {
    const { sim, socket, server } = connected()
    server.slowRead(100)
    socket.write(bytes('x'.repeat(1000)))
    sim.run(5000)
    expect(server.received).toBeGreaterThan(400)
    expect(server.received).toBeLessThan(510)
    sim.run(6000)
    expect(server.received).toBe(1000)
  })
})

describe('a half-open link', () => {
  it('outwards: what the device sends vanishes, stays unacknowledged, and the server is still heard', () => {
    const { sim, socket, server, heard } = connected()
    server.halfOpen('out')
    socket.write(bytes('lost'))
    server.send(bytes('heard'))
    sim.run(100000)
    expect(heard).toEqual([])
    expect([socket.unacked(), socket.read(10), socket.status()]).toEqual([4, 'heard', 1])
  })

  it('inwards: the server hears, and neither its bytes nor its acknowledgements come back', () => {
    const { sim, socket, server, heard } = connected()
    server.halfOpen('in')
    socket.write(bytes('heard'))
    server.send(bytes('lost'))
    sim.run(100000)
    expect(heard).toEqual(['heard'])
    expect([socket.unacked(), socket.pending(), socket.status()]).toEqual([5, 0, 1])
  })

  it('both ways: FIN and RST vanish as well', () => {
    const { sim, socket, server, ends } = connected()
    server.halfOpen('both')
    server.rst()
    socket.close()
    sim.run(100000)
    expect(ends).toEqual([])
    expect(server.closedByClient).toBe(false)
  })

  it('ends with TcpTimeout where TCP gives up', () => {
    const { sim, socket, server } = connected({ conditions: { giveUpMs: 60000 } })
    server.halfOpen('both')
    socket.write(bytes('x'))
    sim.run(59999)
    expect(socket.status()).toBe(1)
    sim.run(1)
    expect(socket.status()).toBe(LinkCode.TcpTimeout)
  })
})

describe('a parted network', () => {
  it('holds bytes both ways and delivers them when it heals', () => {
    const { sim, socket, server, heard } = connected()
    sim.network.partition('both')
    socket.write(bytes('out'))
    server.send(bytes('in'))
    sim.run(10000)
    expect([heard.length, socket.pending(), socket.unacked()]).toEqual([0, 0, 3])
    sim.network.partition('none')
    sim.settle()
    expect([heard.join(''), socket.read(10), socket.unacked()]).toEqual(['out', 'in', 0])
  })

  it('in one direction holds only that one, and the acknowledgements that travel in it', () => {
    const { sim, socket, heard } = connected()
    sim.network.partition('in')
    socket.write(bytes('out'))
    sim.run(1000)
    expect([heard.join(''), socket.unacked()]).toEqual(['out', 3])
    sim.network.partition('none')
    sim.settle()
    expect(socket.unacked()).toBe(0)
  })

  it('loses an RST, so that the device finds out only by its own bytes', () => {
    const { sim, socket, server } = connected()
    sim.network.partition('both')
    server.rst()
    sim.run(1000)
    sim.network.partition('none')
    sim.run(10000)
    expect(socket.status()).toBe(1)
    socket.write(bytes('x'))
    sim.settle()
    expect(socket.status()).toBe(LinkCode.Reset)
  })

  it('lets a connect hang until it heals', () => {
    const sim = createSim()
    sim.network.listen('broker', 1883, () => undefined)
    sim.network.partition('out', 'broker')
    const socket = sim.hal.socket.open(HOST)
    sim.run(30000)
    expect(socket.status()).toBe(0)
    sim.network.partition('none', 'broker')
    sim.settle()
    expect(socket.status()).toBe(1)
  })
})
