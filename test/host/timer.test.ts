import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { LinkCode, SocketStatus, type Bytes, type Hal, type Socket } from '../../hal/hal.js'
import { createHostHal } from '../../hal/host/index.js'

const closers: (() => void)[] = []
afterEach(() => { for (const close of closers.splice(0)) close() })

/** Resolves when `fn` was called; the suite's own time limit is the bound. */
function woken(hal: Hal, ms?: number): { handle: number; called: Promise<void>; calls: () => number } {
  let calls = 0
  let resolve: () => void
  const called = new Promise<void>(done => { resolve = done })
  const handle = hal.timer.onWake!(() => {
    calls += 1
    resolve()
  })
  if (ms !== undefined) hal.timer.wakeAfter!(handle, ms)
  return { handle, called, calls: () => calls }
}

async function server(accept: (socket: net.Socket) => void): Promise<number> {
  const listener = net.createServer(socket => {
    socket.on('error', () => {})
    accept(socket)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  closers.push(() => listener.close())
  return (listener.address() as net.AddressInfo).port
}

async function open(hal: Hal, port: number): Promise<Socket> {
  const socket = hal.socket.open({ host: '127.0.0.1', port })
  closers.push(() => socket.close())
  while (socket.status() === SocketStatus.Opening) {
    const wake = woken(hal)
    await wake.called
    hal.timer.wakeAfter!(wake.handle, -1)
  }
  return socket
}

describe('waking', () => {
  test('wakeAfter wakes once, not before its time', async () => {
    const hal = createHostHal()
    const t0 = hal.timer.ticks()
    const wake = woken(hal, 30)
    await wake.called
    expect(hal.timer.since(t0)).toBeGreaterThanOrEqual(30)
    await woken(hal, 60).called
    expect(wake.calls()).toBe(1)
  })

  test('a later wakeAfter replaces an earlier one, in both directions', async () => {
    const hal = createHostHal()
    const t0 = hal.timer.ticks()
    const sooner = woken(hal, 10_000)
    hal.timer.wakeAfter!(sooner.handle, 20)
    await sooner.called
    expect(hal.timer.since(t0)).toBeLessThan(5_000)

    const t1 = hal.timer.ticks()
    const later = woken(hal, 10)
    hal.timer.wakeAfter!(later.handle, 80)
    await later.called
    expect(hal.timer.since(t1)).toBeGreaterThanOrEqual(80)
    expect(later.calls()).toBe(1)
  })

  test('a freed handle is not called any more, also when it was due in this very turn', async () => {
    const hal = createHostHal()
    let freed = 0
    const first = hal.timer.onWake!(() => {
      hal.timer.wakeAfter!(second, -1)
    })
    const second = hal.timer.onWake!(() => { freed += 1 })
    hal.timer.wakeAfter!(first, 0)
    hal.timer.wakeAfter!(second, 0)
    await woken(hal, 20).called
    expect(freed).toBe(0)
    hal.timer.wakeAfter!(second, 0)
    await woken(hal, 20).called
    expect(freed).toBe(0)
  })

  test('a wake function may set its own next wake', async () => {
    const hal = createHostHal()
    let calls = 0
    await new Promise<void>(resolve => {
      const handle = hal.timer.onWake!(() => {
        calls += 1
        if (calls === 5) resolve()
        else hal.timer.wakeAfter!(handle, calls % 2)
      })
      hal.timer.wakeAfter!(handle, 0)
    })
    expect(calls).toBe(5)
  })

  test('what several sockets receive in one turn of the loop wakes a program once', async () => {
    const peers: net.Socket[] = []
    const port = await server(socket => peers.push(socket))
    const hal = createHostHal()
    const sockets: Socket[] = []
    for (let i = 0; i < 8; i++) sockets.push(await open(hal, port))
    while (peers.length < 8) await woken(hal, 1).called
    await woken(hal, 20).called

    const program = woken(hal)
    for (const peer of peers) peer.write('x')
    // Keeps the loop busy, so that all eight bytes are in the kernel when it polls next.
    const t0 = hal.timer.ticks()
    while (hal.timer.since(t0) < 20) { /* the kernel works meanwhile */ }
    await program.called
    expect(sockets.map(socket => socket.pending())).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
    await woken(hal, 20).called
    expect(program.calls()).toBe(1)
  })

  test('credit that comes back wakes a program that had used it up', async () => {
    let peer: net.Socket | undefined
    const port = await server(socket => {
      peer = socket
      socket.pause()
    })
    const hal = createHostHal({ creditLimit: 10_000 })
    const socket = await open(hal, port)
    const block = 'x'.repeat(10_000) as Bytes
    let taken = 0
    let quiet = 0
    // Until the kernel takes nothing more.
    while (quiet < 3) {
      const n = socket.write(block)
      expect(n).toBeLessThanOrEqual(10_000)
      taken += n
      quiet = n > 0 ? 0 : quiet + 1
      await woken(hal, 30).called
    }
    expect(socket.write(block)).toBe(0)
    expect(taken).toBeGreaterThan(10_000)

    const program = woken(hal)
    let received = 0
    peer!.on('data', (chunk: Buffer) => { received += chunk.length })
    peer!.resume()
    await program.called
    while (received < taken) await woken(hal, 5).called
    expect(socket.credit()).toBe(10_000)
  })

  test('a write that the kernel takes at once wakes nobody', async () => {
    const port = await server(socket => socket.resume())
    const hal = createHostHal()
    const socket = await open(hal, port)
    await woken(hal, 20).called
    const program = woken(hal)
    for (let i = 0; i < 10; i++) {
      expect(socket.credit()).toBe(65_536 - 5 * i)
      socket.write('hello' as Bytes)
    }
    await woken(hal, 20).called
    expect(program.calls()).toBe(0)
    expect(socket.credit()).toBe(65_536)
  })

  test('a peer that never answers our close is cut after the linger time', async () => {
    let peer: net.Socket | undefined
    const listener = net.createServer({ allowHalfOpen: true }, socket => {
      socket.on('error', () => {})
      peer = socket.resume()
    })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    closers.push(() => listener.close())
    const hal = createHostHal({ lingerMs: 50 })
    const socket = await open(hal, (listener.address() as net.AddressInfo).port)
    socket.write('bye' as Bytes)
    const t0 = hal.timer.ticks()
    socket.close()
    expect(socket.status()).toBe(LinkCode.Closed)
    await once(peer!, 'end')
    // Half-open as it is, this end stays writable; only a write shows that the other is gone.
    const reset = once(peer!, 'error')
    const prod = setInterval(() => peer!.write('x'), 10)
    closers.push(() => clearInterval(prod))
    expect(String((await reset)[0])).toMatch(/ECONNRESET|EPIPE/)
    expect(hal.timer.since(t0)).toBeGreaterThanOrEqual(40)
  })
})
