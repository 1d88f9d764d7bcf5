import { describe, expect, it } from 'vitest'
import { LinkCode, type Socket } from '../../hal/hal.js'
import { createSim } from '../../hal/sim/index.js'
import { HOST, bytes, connected } from './connected.js'

function readAll(socket: Socket): string[] {
  const pieces: string[] = []
  for (let piece = socket.read(100000); piece.length > 0; piece = socket.read(100000)) pieces.push(piece)
  return pieces
}

describe('opening', () => {
  it('takes one round trip, and a write before it is open takes nothing', () => {
    const sim = createSim({ conditions: { latencyMs: 25 } })
    sim.network.listen('broker', 1883, () => undefined)
    const socket = sim.hal.socket.open(HOST)
    expect([socket.status(), socket.credit(), socket.write(bytes('x'))]).toEqual([0, 0, 0])
    sim.run(49)
    expect(socket.status()).toBe(0)
    sim.run(1)
    expect(socket.status()).toBe(1)
  })

  it('reports an unknown name, a refused port and a name that never answers apart', () => {
    const sim = createSim()
    sim.network.listen('broker', 1883, () => undefined)
    sim.network.name('slow', 'hang')
    const unknown = sim.hal.socket.open({ host: 'nowhere', port: 1883 })
    const refused = sim.hal.socket.open({ host: 'broker', port: 1884 })
    const hanging = sim.hal.socket.open({ host: 'slow', port: 1883 })
    sim.run(60000)
    expect([unknown.status(), refused.status(), hanging.status()]).toEqual([LinkCode.DnsFailed, LinkCode.TcpRefused, 0])
  })

  it('delays a name as told', () => {
    const sim = createSim({ conditions: { latencyMs: 10 } })
    sim.network.listen('broker', 1883, () => undefined)
    sim.network.name('broker', 'ok', 3000)
    const socket = sim.hal.socket.open(HOST)
    sim.run(3019)
    expect(socket.status()).toBe(0)
    sim.run(1)
    expect(socket.status()).toBe(1)
  })

  it('hangs as told, until TCP gives up where it does', () => {
    const sim = createSim({ conditions: { giveUpMs: 75000 } })
    const listening = sim.network.listen('broker', 1883, () => expect.unreachable('no SYN arrives'))
    listening.connect('hang')
    const socket = sim.hal.socket.open(HOST)
    sim.run(74999)
    expect(socket.status()).toBe(0)
    sim.run(1)
    expect(socket.status()).toBe(LinkCode.TcpTimeout)
  })

  it('can be told to refuse later, and stops listening when closed', () => {
    const sim = createSim()
    const listening = sim.network.listen('broker', 1883, () => undefined)
    listening.connect('refuse')
    const first = sim.hal.socket.open(HOST)
    listening.connect('accept')
    listening.close()
    const second = sim.hal.socket.open(HOST)
    sim.settle()
    expect([first.status(), second.status()]).toEqual([LinkCode.TcpRefused, LinkCode.TcpRefused])
  })

  it('fails TLS by handshake or by certificate, and opens where the server speaks it', () => {
    const sim = createSim()
    sim.network.listen('plain', 8883, () => undefined)
    sim.network.listen('good', 8883, () => undefined, { tls: 'ok' })
    sim.network.listen('bad', 8883, () => undefined, { tls: 'untrusted' })
    const sockets = ['plain', 'good', 'bad'].map((host) => sim.hal.socket.open({ host, port: 8883, tls: {} }))
    sim.settle()
    expect(sockets.map((socket) => socket.status())).toEqual([LinkCode.TlsFailed, 1, LinkCode.TlsCertificate])
  })

  it('has as many sockets as told, and a closed one is free again', () => {
    const sim = createSim({ sockets: 1 })
    sim.network.listen('broker', 1883, () => undefined)
    const first = sim.hal.socket.open(HOST)
    expect(sim.hal.socket.open(HOST).status()).toBe(LinkCode.NoSocket)
    first.close()
    expect(sim.hal.socket.open(HOST).status()).toBe(0)
    expect(sim.device.openSockets).toBe(1)
  })

  it('may be closed while opening: the server sees a connection that ends', () => {
    const sim = createSim()
    let ended = ''
    sim.network.listen('broker', 1883, (connection) => connection.onEnd((how) => {
      ended = how
    }))
    const socket = sim.hal.socket.open(HOST)
    sim.run(15)
    socket.close()
    expect(socket.status()).toBe(LinkCode.Closed)
    sim.settle()
    expect(ended).toBe('rst')
  })

  it('delivers what a server says at once, after the socket opened', () => {
    const sim = createSim()
    sim.network.listen('broker', 1883, (connection) => {
      connection.send(bytes('hello'))
      connection.close()
    })
    const socket = sim.hal.socket.open(HOST)
    sim.settle()
    expect(socket.status()).toBe(1)
    expect(readAll(socket)).toEqual(['hello'])
    expect(socket.status()).toBe(LinkCode.Closed)
  })
})

describe('bytes', () => {
  it('reach the server and the device unchanged, every byte value', () => {
    const { sim, socket, server, heard } = connected()
    const all = bytes(String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)))
    expect(socket.write(all)).toBe(256)
    server.send(all)
    sim.settle()
    expect(heard.join('')).toBe(all)
    expect(readAll(socket).join('')).toBe(all)
    expect(server.received).toBe(256)
  })

  it.each([[1, Array(6).fill(1)], [4, [4, 2]], [[1, 2], [1, 2, 1, 2]], [268, [6]]] as const)('arrive in pieces of %j bytes', (pieces, sizes) => {
    const { sim, socket, server, heard } = connected({ conditions: { piecesIn: pieces as number, piecesOut: pieces as number } })
    socket.write(bytes('abcdef'))
    server.send(bytes('abcdef'))
    sim.settle()
    expect(heard.map((piece) => piece.length)).toEqual(sizes)
    expect(readAll(socket).map((piece) => piece.length)).toEqual(sizes)
  })

  it('arrive in pieces of 268 and 536 bytes, one piece a read, as modules deliver them', () => {
    for (const size of [268, 536]) {
      const { sim, socket, server } = connected({ conditions: { piecesIn: size } })
      server.send(bytes('z'.repeat(1200)))
      sim.settle()
      const sizes = readAll(socket).map((piece) => piece.length)
      expect(sizes.slice(0, -1).every((n) => n === size)).toBe(true)
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(1200)
    }
  })

  it('come with the gap between pieces that was asked for', () => {
    const { sim, socket, server } = connected({ conditions: { piecesIn: 1, pieceGapMs: 100, latencyMs: 10 } })
    server.send(bytes('abc'))
    const at = sim.now
    sim.until(() => socket.pending() === 3, 1000, 'three pieces')
    expect(sim.now - at).toBe(210)
  })

  it('take the time that the bandwidth asks for', () => {
    const { sim, socket, server } = connected({ conditions: { bandwidth: 1000, latencyMs: 10 } })
    server.send(bytes('x'.repeat(2000)))
    const at = sim.now
    sim.until(() => socket.pending() === 2000, 10000, '2000 bytes')
    expect(sim.now - at).toBe(2010)
  })

  it('keep their order under jitter', () => {
    const { sim, socket, server } = connected({ seed: 3, conditions: { jitterMs: 200, piecesIn: 1 } })
    server.send(bytes('the quick brown fox'))
    sim.settle()
    expect(readAll(socket).join('')).toBe('the quick brown fox')
  })

  it('read gives at most what was asked for and leaves the rest', () => {
    const { sim, socket, server } = connected()
    server.send(bytes('abcdef'))
    sim.settle()
    expect(socket.read(2)).toBe('ab')
    expect(socket.pending()).toBe(4)
    expect(socket.read(0)).toBe('')
    expect(socket.read(100)).toBe('cdef')
  })

  it('a device that does not read stops the server at its receive buffer, and loses nothing', () => {
    const { sim, socket, server } = connected({ conditions: { receiveBuffer: 100 } })
    const text = Array.from({ length: 500 }, (_, i) => String.fromCharCode(33 + (i % 90))).join('')
    server.send(bytes(text))
    sim.settle()
    expect(socket.pending()).toBe(100)
    expect(server.backlog).toBe(400)
    let got = ''
    for (let i = 0; i < 10; i++) {
      got += readAll(socket).join('')
      sim.settle()
    }
    expect(got).toBe(text)
  })

  it('100,000 one-byte pieces pass in linear time', () => {
    const { sim, socket, server } = connected({ conditions: { piecesIn: 1, receiveBuffer: 200000 }, traceLimit: 0 })
    server.send(bytes('x'.repeat(100000)))
    sim.settle()
    expect(socket.pending()).toBe(100000)
  })
})

describe('credit', () => {
  it('falls by what was written and comes back when the server acknowledged', () => {
    const { sim, socket } = connected({ conditions: { sendBuffer: 100, latencyMs: 10 } })
    expect(socket.credit()).toBe(100)
    expect(socket.write(bytes('x'.repeat(250)))).toBe(100)
    expect([socket.credit(), socket.unacked(), socket.write(bytes('y'))]).toEqual([0, 100, 0])
    sim.run(19)
    expect(socket.credit()).toBe(0)
    sim.run(1)
    expect([socket.credit(), socket.unacked()]).toEqual([100, 0])
  })

  it('wakes the program when it was short of it, and only then', () => {
    const { sim, socket } = connected({ conditions: { sendBuffer: 100 } })
    sim.hal.timer.onWake!(() => undefined)
    const before = sim.device.timer.wakes
    socket.write(bytes('short'))
    sim.settle()
    expect(sim.device.timer.wakes).toBe(before)
    socket.write(bytes('x'.repeat(101)))
    sim.settle()
    expect(sim.device.timer.wakes).toBe(before + 1)
  })

  it('is limited to a block at a time where the modem is', () => {
    const { sim, socket, heard } = connected({ conditions: { writeMax: 10, writeGapMs: 50 } })
    expect([socket.credit(), socket.write(bytes('x'.repeat(15))), socket.credit()]).toEqual([10, 10, 0])
    sim.run(50)
    expect([socket.credit(), socket.write(bytes('yyyyy'))]).toEqual([10, 5])
    sim.settle()
    expect(heard.join('')).toBe('x'.repeat(10) + 'yyyyy')
  })

  it('short writes take a part, never more than credit, and the program is woken for the rest', () => {
    const { sim, socket, heard } = connected({ seed: 5, conditions: { shortWriteChance: 1 } })
    const text = 'abcdefghijklmnopqrstuvwxyz'.repeat(20)
    let rest = text
    let writes = 0
    sim.hal.timer.onWake!(() => {
      const count = socket.write(bytes(rest))
      expect(count).toBeGreaterThanOrEqual(0)
      rest = rest.substring(count)
      writes += 1
    })
    rest = rest.substring(socket.write(bytes(rest)))
    sim.settle()
    expect(heard.join('')).toBe(text)
    expect(writes).toBeGreaterThan(2)
  })

  it('answers unacked with -1 where the port cannot know', () => {
    const { socket } = connected({ conditions: { knowsUnacked: false } })
    socket.write(bytes('x'))
    expect(socket.unacked()).toBe(-1)
  })

  it('reports text given in place of bytes', () => {
    const { sim, socket } = connected()
    socket.write(bytes('\u4e2d'))
    expect(sim.device.violations[0]).toContain('character 0 is 20013')
  })
})
