/** The socket of hal/espruino over a net that the test moves by hand: what it does with each event and each failure. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LinkCode, SocketStatus, type Bytes, type Endpoint, type Hal, type Socket } from '../../hal/hal.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { EspruinoStub, type PortProgram } from '../../tools/hal-check/espruino-stub.js'

/** A socket of the interpreter's: `fire` is what its idle loop does. */
class HandNet {
  sckt: number | undefined = 5
  clsNow = false
  written = ''
  ended = 0
  failsToWrite = false
  private readonly handlers = new Map<string, (this: HandNet, value: unknown) => void>()
  constructor(readonly options: unknown) {}
  on(event: string, handler: (this: HandNet, value: unknown) => void): void {
    this.handlers.set(event, handler)
  }

  write(bytes: string): boolean {
    if (this.failsToWrite) throw new Error('This socket is closed')
    this.written += bytes
    return false
  }

  end(): void {
    this.ended += 1
    if (this.failsToWrite) throw new Error('Not connected to the internet')
  }

  fire(event: string, value: unknown): void {
    this.handlers.get(event)?.call(this, value)
  }

  connected(): void {
    this.fire('drain', this)
  }
}

const world = { nets: [] as HandNet[], thrown: '', kind: '' }
const connector = (kind: string): unknown => ({
  connect(options: unknown) {
    if (world.thrown !== '') throw new Error(world.thrown)
    world.kind = kind
    world.nets.push(new HandNet(options))
    return world.nets.at(-1)
  }
})
const modules = { net: connector('net'), tls: connector('tls') }
const HERE: Endpoint = { host: 'here', port: 1883 }
const text = (value: string): Bytes => value as Bytes

let full: PortProgram
let tiny: PortProgram
let hal: Hal

beforeAll(async () => {
  full = await new EspruinoStub({ modules }).boot()
  tiny = await new EspruinoStub({ modules, flags: flagsOf('tiny') }).boot()
})

beforeEach(() => {
  Object.assign(world, { nets: [], thrown: '', kind: '' })
  hal = tiny.espruino()
})

function opened(endpoint = HERE): { socket: Socket; net: HandNet } {
  const socket = hal.socket.open(endpoint)
  const net = world.nets.at(-1)!
  net.connected()
  return { socket, net }
}

/** The status of a connection on which the interpreter reports `code` and then closes. */
function statusAfter(code: number, isOpen: boolean): number {
  const socket = hal.socket.open(HERE)
  const net = world.nets.at(-1)!
  if (isOpen) net.connected()
  net.fire('error', { code, message: '' })
  net.fire('close', true)
  return socket.status()
}

describe('opening', () => {
  it('is over with the first drain, which the interpreter sends when it has connected', () => {
    const socket = hal.socket.open(HERE)
    expect([socket.status(), socket.credit(), socket.write(text('x'))]).toEqual([SocketStatus.Opening, 0, 0])
    world.nets[0]!.connected()
    expect([socket.status(), socket.credit()]).toEqual([SocketStatus.Open, 1072])
  })

  it('tells a name that does not resolve, a refusal and a missing network apart where connect throws', () => {
    const status = (thrown: string): number => {
      world.thrown = thrown
      return hal.socket.open(HERE).status()
    }
    expect(status('Unable to locate host')).toBe(LinkCode.DnsFailed)
    expect(status('Unable to create socket')).toBe(LinkCode.TcpRefused)
    expect(status('Not connected to the internet')).toBe(LinkCode.TcpFailed)
  })

  it('wakes the program after a connect that threw, and not from within open', async () => {
    let wakes = 0
    world.thrown = 'Unable to create socket'
    const own = (await new EspruinoStub({ modules }).boot()).espruino()
    own.timer.onWake!(() => { wakes += 1 })
    own.socket.open(HERE)
    expect(wakes).toBe(0)
    await expect.poll(() => wakes).toBe(1)
  })

  it('maps each code of the interpreter to the layer that failed', () => {
    const open = [-2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14].map((code) => statusAfter(code, true))
    expect(open).toEqual([-65, -64, -65, -65, -62, -69, -60, -61, -65, -65, -65, -66, -66])
    expect(statusAfter(-9, false)).toBe(LinkCode.TcpRefused)
    expect(statusAfter(-6, false)).toBe(LinkCode.DnsFailed)
  })

  it('refuses a path and, in a build without TLS, TLS, before anything is sent', () => {
    expect(hal.socket.open({ ...HERE, path: '/mqtt' }).status()).toBe(LinkCode.Unsupported)
    expect(hal.socket.open({ ...HERE, tls: { insecureNoVerify: true } }).status()).toBe(LinkCode.Unsupported)
    expect(world.nets).toEqual([])
  })
})

describe('TLS', () => {
  const tls = { insecureNoVerify: true, cert: text('cert'), key: text('key') }
  beforeEach(() => { hal = full.espruino() })

  it('is refused unless the program accepts that nobody checks the server', () => {
    expect(hal.socket.open({ ...HERE, tls: {} }).status()).toBe(LinkCode.Unsupported)
    expect(hal.socket.open({ ...HERE, tls: { ca: text('ca') } }).status()).toBe(LinkCode.Unsupported)
    expect(hal.socket.open({ ...HERE, tls: { ...tls, servername: 'other' } }).status()).toBe(LinkCode.Unsupported)
    expect(hal.socket.open({ ...HERE, tls: { ...tls, alpn: 'mqtt' } }).status()).toBe(LinkCode.Unsupported)
    expect(world.nets).toEqual([])
  })

  it('hands certificate and key on', () => {
    opened({ ...HERE, tls })
    expect(world.kind).toBe('tls')
    expect(world.nets[0]!.options).toEqual({ host: 'here', port: 1883, cert: 'cert', key: 'key' })
  })

  it('is what failed when the connection ends before anything passed, and not after that', () => {
    const first = opened({ ...HERE, tls })
    first.net.fire('close', false)
    expect(first.socket.status()).toBe(LinkCode.TlsFailed)
    const second = opened({ ...HERE, tls })
    second.socket.write(text('hello'))
    second.net.fire('drain', second.net)
    second.net.fire('close', false)
    expect(second.socket.status()).toBe(LinkCode.Closed)
  })

  it('is what failed where the module is missing or does not take the certificate', () => {
    world.thrown = 'Module "tls" not found'
    expect(hal.socket.open({ ...HERE, tls }).status()).toBe(LinkCode.TlsFailed)
    world.thrown = 'HTTPS init failed! mbedtls_x509_crt_parse of \'cert\': Invalid format'
    expect(hal.socket.open({ ...HERE, tls }).status()).toBe(LinkCode.TlsFailed)
  })
})

describe('writing', () => {
  it('takes what it has credit for, and has credit again with the drain', () => {
    const { socket, net } = opened()
    expect(socket.write(text('a'.repeat(1000)))).toBe(1000)
    expect(socket.credit()).toBe(72)
    expect(socket.write(text('b'.repeat(100)))).toBe(72)
    expect([socket.credit(), socket.write(text('c'))]).toEqual([0, 0])
    expect(net.written).toBe('a'.repeat(1000) + 'b'.repeat(72))
    net.fire('drain', net)
    expect(socket.credit()).toBe(1072)
  })

  it('has a code for a socket that the interpreter has closed already', () => {
    const { socket, net } = opened()
    net.failsToWrite = true
    expect(socket.write(text('x'))).toBe(LinkCode.Closed)
    expect(socket.status()).toBe(LinkCode.Closed)
    expect(() => socket.close()).not.toThrow()
  })
})

describe('reading', () => {
  it('keeps the status open until every byte was read', () => {
    const { socket, net } = opened()
    net.fire('data', 'abc')
    net.fire('close', false)
    expect([socket.status(), socket.pending(), socket.read(2), socket.status(), socket.read(2), socket.status()]).toEqual([1, 3, 'ab', 1, 'c', LinkCode.Closed])
  })

  it('stops the interpreter at 2048 unread bytes and lets it go on below', () => {
    const { socket, net } = opened()
    for (let i = 0; i < 3; i++) net.fire('data', 'x'.repeat(536))
    expect(net.sckt).toBe(5)
    net.fire('data', 'x'.repeat(536))
    expect([socket.pending(), net.sckt]).toEqual([2144, -5])
    socket.read(50)
    expect(net.sckt).toBe(-5)
    socket.read(50)
    expect(net.sckt).toBe(5)
  })

  it('lets the interpreter send while it is stopped, up to 4096 unread bytes', () => {
    const { socket, net } = opened()
    while (socket.pending() < 4096) {
      if (net.sckt! < 0) expect(socket.write(text('p'))).toBe(1)
      expect(net.sckt).toBe(5)
      net.fire('data', 'x'.repeat(536))
    }
    expect(net.sckt).toBe(-5)
    expect([socket.credit(), socket.write(text('p')), net.sckt]).toEqual([0, 0, -5])
  })

  it('takes nothing more from a socket that was closed here', () => {
    const { socket, net } = opened()
    net.fire('data', 'x'.repeat(3000))
    expect(net.sckt).toBe(-5)
    socket.close()
    expect([net.sckt, net.ended]).toEqual([5, 1])
    net.fire('data', 'late')
    net.fire('drain', net)
    net.fire('close', false)
    expect([socket.pending(), socket.read(10), socket.status()]).toEqual([0, '', LinkCode.Closed])
  })
})

describe('closing', () => {
  it('happens once, and keeps the cause of an earlier end', () => {
    const { socket, net } = opened()
    net.fire('error', { code: -9 })
    socket.close()
    socket.close()
    expect([socket.status(), net.ended]).toEqual([LinkCode.Reset, 1])
  })

  it('cuts a socket off that cannot send its rest within 2 s', async () => {
    const { socket, net } = opened()
    socket.write(text('rest'))
    socket.close()
    expect(net.clsNow).toBe(false)
    await expect.poll(() => net.clsNow, { timeout: 3000 }).toBe(true)
  })
})
