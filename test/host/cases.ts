/**
 * What both kinds of the host port must do, as one list. Each case uses nothing but the HAL and the peer.
 */
import assert from 'node:assert/strict'
import { LinkCode, SocketStatus, type Socket } from '../../hal/hal.js'
import { ended, exactly, expectPattern, fails, hex, opened, patternBytes, raw, sendPattern } from './case-steps.js'
import { pause, until, type Case } from './drive.js'
import { MACHINE_CASES } from './machine-cases.js'

export const CASES: Case[] = [
  {
    title: 'bytes come back as they were sent, all 256 values of them',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'echo')
      const all = patternBytes(0, 1_000)
      assert.equal(socket.write(all), all.length)
      assert.equal(yield* exactly(socket, all.length), all)
      assert.equal(socket.unacked(), -1)
      socket.close()
    }
  },
  {
    title: 'a chunk can be read in parts, and is then gone',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'echo')
      socket.write(raw('abcdefghij'))
      yield* until('ten bytes', () => socket.pending() === 10)
      assert.equal(socket.read(0), '')
      assert.equal(socket.read(3), 'abc')
      assert.equal(socket.pending(), 7)
      assert.equal(socket.read(4), 'defg')
      assert.equal(socket.read(100), 'hij')
      assert.equal(socket.read(100), '')
      assert.equal(socket.pending(), 0)
      socket.close()
    }
  },
  {
    title: 'data followed by FIN is read whole before the socket says that it is closed',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'send 5000 fin')
      // More than enough for the FIN to be here too.
      yield* pause(hal, 50)
      assert.equal(socket.status(), SocketStatus.Open)
      yield* expectPattern(socket, 5_000, 999)
      assert.equal(yield* ended(socket), LinkCode.Closed)
      socket.close()
    }
  },
  {
    title: 'a FIN with nothing before it closes the socket',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'fin')
      assert.equal(yield* ended(socket), LinkCode.Closed)
      socket.close()
    }
  },
  {
    title: 'an RST is told apart from a FIN',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'rst')
      assert.equal(yield* ended(socket), LinkCode.Reset)
      assert.equal(socket.credit(), 0)
      socket.close()
    }
  },
  {
    title: 'what was received before an RST is still read',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'send 5000 rst')
      yield* pause(hal, 50)
      assert.equal(socket.status(), SocketStatus.Open)
      yield* expectPattern(socket, 5_000, 999)
      // libuv takes a hang-up that it finds together with the last bytes for an end, and hides the reset.
      const status = yield* ended(socket)
      assert.ok(status === LinkCode.Reset || status === LinkCode.Closed, String(status))
      socket.close()
    }
  },
  {
    title: 'a port that nobody listens on is refused',
    *run(hal, peer) {
      assert.equal(yield* fails(hal, { host: peer.host, port: peer.refusedPort }), LinkCode.TcpRefused)
    }
  },
  {
    title: 'a name that does not exist fails as DNS',
    *run(hal) {
      assert.equal(yield* fails(hal, { host: 'no-such-host.invalid', port: 1883 }, 15_000), LinkCode.DnsFailed)
    }
  },
  {
    title: 'a port number out of range fails without an exception',
    *run(hal, peer) {
      assert.equal(yield* fails(hal, { host: peer.host, port: 70_000 }), LinkCode.TcpFailed)
    }
  },
  {
    title: 'a WebSocket endpoint is unsupported, and said so',
    *run(hal, peer) {
      assert.equal(yield* fails(hal, { host: peer.host, port: peer.port, path: '/mqtt' }), LinkCode.Unsupported)
    }
  },
  {
    title: 'pieces of one byte arrive in order',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'pieces 3000')
      yield* expectPattern(socket, 3_000, 7)
      assert.equal(yield* ended(socket), LinkCode.Closed)
      socket.close()
    }
  },
  {
    title: 'a long transfer in is intact, and a reader that does not read holds a bounded amount',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, `send ${peer.bulk} fin`)
      yield* until('the first 100000 bytes', () => socket.pending() >= 100_000)
      // Reading has stopped when nothing more came for a while.
      let seen = 0
      while (socket.pending() > seen) {
        seen = socket.pending()
        yield* pause(hal, 100)
      }
      assert.ok(seen < 600_000, `${seen} bytes are pending, none of them asked for`)
      yield* expectPattern(socket, peer.bulk, 100_000)
      assert.equal(yield* ended(socket), LinkCode.Closed)
      socket.close()
    }
  },
  {
    title: 'a long transfer out to a slow peer is intact, and write takes no more than the credit',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, `sink ${peer.bulk} 200`)
      const waits = yield* sendPattern(socket, peer.bulk)
      assert.ok(waits > 0, 'the credit was never used up, so nothing was shown')
      const digest = yield* exactly(socket, 64)
      assert.match(digest, /^[0-9a-f]{64}$/)
      assert.equal(digest, hex(hal.crypto!.hash('sha256', patternBytes(0, peer.bulk))))
      socket.close()
    }
  },
  {
    title: 'several connections at once keep their bytes apart',
    *run(hal, peer) {
      const sockets: Socket[] = []
      for (let i = 0; i < 5; i++) sockets.push(yield* opened(hal, peer, 'echo'))
      for (const [i, socket] of sockets.entries()) socket.write(raw(String(i).repeat(1_000 + i)))
      for (const [i, socket] of sockets.entries()) {
        assert.equal(yield* exactly(socket, 1_000 + i), String(i).repeat(1_000 + i))
        socket.close()
      }
    }
  },
  {
    title: 'closing while it opens ends it at once and for good',
    *run(hal, peer) {
      const socket = hal.socket.open({ host: peer.host, port: peer.port })
      socket.close()
      assert.equal(socket.status(), LinkCode.Closed)
      yield* pause(hal, 50)
      assert.equal(socket.status(), LinkCode.Closed)
      assert.equal(socket.credit(), 0)
      socket.close()
    }
  },
  {
    title: 'after close nothing is read or written, and closing again changes nothing',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'echo')
      socket.write(raw('late'))
      yield* until('the echo', () => socket.pending() === 4)
      socket.close()
      socket.close()
      assert.equal(socket.status(), LinkCode.Closed)
      assert.equal(socket.read(10), '')
      assert.equal(socket.pending(), 0)
      assert.equal(socket.credit(), 0)
      assert.equal(socket.write(raw('x')), LinkCode.Closed)
    }
  },
  {
    title: 'what write took before close reaches the peer, also when received bytes were left unread',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'record')
      yield* sendPattern(socket, 50_000)
      socket.close()
      const asked = yield* opened(hal, peer, 'last')
      assert.equal(yield* exactly(asked, 64), hex(hal.crypto!.hash('sha256', patternBytes(0, 50_000))))
      asked.close()
    }
  },
  {
    title: 'TLS with the right CA carries bytes',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'echo', { ca: raw(peer.ca) })
      const all = patternBytes(0, 40_000)
      assert.equal(socket.write(all), all.length)
      assert.equal(yield* exactly(socket, all.length), all)
      socket.close()
    }
  },
  {
    title: 'TLS carries a long transfer and its FIN, read whole first',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'send 1000000 fin', { ca: raw(peer.ca) })
      yield* pause(hal, 50)
      yield* expectPattern(socket, 1_000_000, 50_000)
      assert.equal(yield* ended(socket), LinkCode.Closed)
      socket.close()
    }
  },
  {
    title: 'TLS without the CA fails as the certificate',
    *run(hal, peer) {
      assert.equal(yield* fails(hal, { host: peer.host, port: peer.tlsPort, tls: {} }), LinkCode.TlsCertificate)
    }
  },
  {
    title: 'TLS with a name that the certificate does not hold fails as the certificate',
    *run(hal, peer) {
      const tls = { ca: raw(peer.ca), servername: 'broker.example' }
      assert.equal(yield* fails(hal, { host: peer.host, port: peer.tlsPort, tls }), LinkCode.TlsCertificate)
    }
  },
  {
    title: 'TLS accepts any certificate only where that is written out',
    *run(hal, peer) {
      const socket = yield* opened(hal, peer, 'echo', { insecureNoVerify: true })
      socket.write(raw('hello'))
      assert.equal(yield* exactly(socket, 5), 'hello')
      socket.close()
    }
  },
  {
    title: 'TLS to a port that does not speak it fails as TLS',
    *run(hal, peer) {
      const endpoint = { host: peer.host, port: peer.port, tls: {} }
      const socket = hal.socket.open(endpoint)
      // The plain server takes the ClientHello for the start of a line and stays silent; it is not open.
      yield* pause(hal, 50)
      assert.equal(socket.status(), SocketStatus.Opening)
      socket.close()
      assert.equal(yield* fails(hal, { host: peer.host, port: peer.refusedPort, tls: {} }), LinkCode.TcpRefused)
      assert.equal(yield* fails(hal, { host: peer.host, port: peer.tlsPort, tls: { ca: raw('no PEM'), key: raw('none') } }), LinkCode.TlsFailed)
    }
  },
  ...MACHINE_CASES
]
