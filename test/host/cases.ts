/**
 * What both kinds of the host port must do, as one list. Each case uses nothing but the HAL and the peer.
 */
import assert from 'node:assert/strict'
import { LinkCode, SocketStatus, type Bytes, type Endpoint, type Hal, type Socket } from '../../hal/hal.js'
import { ErrorCode } from '../../firmware/codes.js'
import { pause, until, type Case, type Wait } from './drive.js'
import { patternByte, type Peer } from './peer.js'

const raw = (text: string): Bytes => text as Bytes

function* opened(hal: Hal, peer: Peer, command: string, tls?: Endpoint['tls']): Generator<Wait, Socket> {
  const endpoint: Endpoint = { host: peer.host, port: tls === undefined ? peer.port : peer.tlsPort }
  if (tls !== undefined) endpoint.tls = tls
  const socket = hal.socket.open(endpoint)
  // On a port with threads the connection may be there already. The credit first, so that the status cannot lag behind.
  const credit = socket.credit()
  if (socket.status() === SocketStatus.Opening) assert.equal(credit, 0, 'no credit before the connection is there')
  yield* until('the connection', () => socket.status() !== SocketStatus.Opening)
  assert.equal(socket.status(), SocketStatus.Open)
  const line = raw(command + '\n')
  assert.equal(socket.write(line), line.length)
  return socket
}

function* exactly(socket: Socket, count: number): Generator<Wait, string> {
  let received = ''
  while (received.length < count) {
    yield* until(`${count - received.length} more bytes`, () => socket.pending() > 0 || socket.status() < 0)
    if (socket.status() < 0) break
    const bytes = socket.read(count - received.length)
    assert.ok(bytes.length > 0, 'pending() > 0, and read() gives nothing')
    received += bytes
  }
  return received
}

/** Reads `count` bytes of the pattern in steps of `max` and compares each. */
function* expectPattern(socket: Socket, count: number, max: number): Generator<Wait, void> {
  let index = 0
  while (index < count) {
    yield* until(`byte ${index}`, () => socket.pending() > 0 || socket.status() < 0)
    const bytes = socket.read(max)
    assert.ok(bytes.length > 0, `ended at byte ${index} of ${count} with ${socket.status()}`)
    assert.ok(bytes.length <= max, `read(${max}) gave ${bytes.length} bytes`)
    for (let i = 0; i < bytes.length; i++) {
      if (bytes.charCodeAt(i) !== patternByte(index + i)) assert.fail(`byte ${index + i} is ${bytes.charCodeAt(i)}`)
    }
    index += bytes.length
  }
}

function patternBytes(from: number, to: number): Bytes {
  const codes: string[] = []
  for (let i = from; i < to; i++) codes.push(String.fromCharCode(patternByte(i)))
  return raw(codes.join(''))
}

/** Writes `count` bytes of the pattern as the credit allows; how often it had to wait for credit. */
function* sendPattern(socket: Socket, count: number): Generator<Wait, number> {
  const block = patternBytes(0, 64_256) // a whole number of the pattern's periods
  let sent = 0
  let waits = 0
  while (sent < count) {
    const from = sent % block.length
    const credit = socket.credit()
    if (credit === 0) {
      waits += 1
      yield* until(`credit after ${sent} bytes`, () => socket.credit() > 0 || socket.status() < 0)
      assert.equal(socket.status(), SocketStatus.Open)
      continue
    }
    const part = raw(block.slice(from, from + count - sent))
    const taken = socket.write(part)
    assert.equal(taken, Math.min(credit, part.length), 'write takes what credit() promised, and no more')
    sent += taken
  }
  return waits
}

function* ended(socket: Socket): Generator<Wait, number> {
  yield* until('the end', () => socket.status() < 0)
  return socket.status()
}

function* fails(hal: Hal, endpoint: Endpoint, limitMs?: number): Generator<Wait, number> {
  const socket = hal.socket.open(endpoint)
  yield* until('the failure', () => socket.status() < 0, limitMs)
  assert.equal(socket.pending(), 0)
  assert.equal(socket.read(100), '')
  const status = socket.status()
  assert.equal(socket.write(raw('x')), status, 'write says why nothing can be written')
  socket.close()
  assert.equal(socket.status(), status, 'closing does not hide why it failed')
  return status
}

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
  {
    title: 'the clock counts milliseconds over its wrap at 2^31',
    *run(hal) {
      const t0 = hal.timer.ticks()
      assert.ok(t0 > 0 && t0 < 2 ** 31, `the case starts shortly before the wrap, not at ${t0}`)
      let last = 0
      while (last < 250) {
        yield* pause(hal, 10)
        const since = hal.timer.since(t0)
        assert.ok(since >= last + 10, `since went from ${last} to ${since} in 10 ms`)
        last = since
      }
      assert.ok(last < 5_000, `250 ms took ${last} ms`)
      assert.ok(hal.timer.ticks() < 0, 'the clock did not wrap, so nothing was shown')
    }
  },
  {
    title: 'guard gives the number of a callback, 0 for none, and a code for one that throws',
    *run(hal) {
      const guard = hal.system.guard
      assert.equal(guard((a, b, c) => (a as number) + (b as number) + (c as number), 1, 2, 4), 7)
      assert.equal(guard(() => 'text', 0, 0, 0), 0)
      assert.equal(guard(() => undefined, 0, 0, 0), 0)
      assert.equal(guard(() => { throw new Error('meant to be thrown') }, 0, 0, 0), ErrorCode.CallbackThrew)
      assert.equal(guard(async () => { throw new Error('meant to be rejected') }, 0, 0, 0), 0)
    }
  },
  {
    title: 'text becomes UTF-8 and comes back, a BOM included; a lone surrogate becomes ill-formed bytes',
    *run(hal) {
      const { utf8, text } = hal.text
      assert.equal(utf8(''), '')
      assert.equal(utf8('a/b+#'), 'a/b+#')
      assert.equal(utf8('\u00e9'), '\xc3\xa9')
      assert.equal(utf8('\ufeffx'), '\xef\xbb\xbfx')
      assert.equal(utf8('\u6e29\u5ea6'), '\xe6\xb8\xa9\xe5\xba\xa6')
      assert.equal(utf8('\ud83d\ude00'), '\xf0\x9f\x98\x80')
      for (const sample of ['', 'plain', '\u00e9', '\ufeffx', '\u6e29\u5ea6', '\ud83d\ude00', 'a\u0000b', '\uffff']) assert.equal(text(utf8(sample)), sample)
      assert.equal(utf8('a\ud800b'), 'a\xed\xa0\x80b')
      assert.equal(utf8('\udfff\u00e9'), '\xed\xbf\xbf\xc3\xa9')
    }
  },
  {
    title: 'hashes are the known ones, and an unknown name gives nothing',
    *run(hal) {
      const { hash, hmac } = hal.crypto!
      assert.equal(hex(hash('sha256', raw('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
      assert.equal(hex(hash('md5', raw('\xff'))), '00594fd4f42ba43fc1ca0427a0576295')
      // RFC 4231, test case 2.
      assert.equal(hex(hmac('sha256', raw('Jefe'), raw('what do ya want for nothing?'))), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
      assert.equal(hash('crc32', raw('abc')), '')
      assert.equal(hmac('crc32', raw('k'), raw('abc')), '')
    }
  },
  {
    title: 'the system has an id of letters and digits, chance in 0 to 32767, and the time of day',
    *run(hal) {
      const { system } = hal
      assert.match(system.id(), /^[A-Za-z0-9]{4,15}$/)
      assert.equal(system.id(), system.id())
      for (let i = 0; i < 1_000; i++) {
        const n = system.random()
        assert.ok(Number.isInteger(n) && n >= 0 && n <= 32767, String(n))
      }
      assert.ok(system.wallClock() > 1_700_000_000 && Number.isInteger(system.wallClock()))
      assert.equal(system.resetReason(), 'power-on')
      system.feedWatchdog()
    }
  }
]

function hex(bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('hex')
}
