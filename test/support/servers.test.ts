import net from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { startAedes } from './aedes.js'
import { observe } from './clients.js'
import { finAfter, http, resets, sends, sendsThenFin, silent, stopsReading, trickles, type TestServer } from './servers.js'
import { until, within } from './until.js'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const fn of cleanups.splice(0).reverse()) await fn()
})

/** Connects, says hello, and tells how it went. */
async function visit(server: TestServer): Promise<{ socket: net.Socket; text: () => string; pieces: Buffer[]; error: () => string; ended: Promise<unknown> }> {
  cleanups.push(server.stop)
  const socket = net.connect(server.port, '127.0.0.1')
  const pieces: Buffer[] = []
  let error = ''
  socket.on('data', (data) => pieces.push(data))
  socket.on('error', (problem: NodeJS.ErrnoException) => {
    error = problem.code ?? ''
  })
  const ended = once(socket, 'close').catch(() => undefined)
  socket.on('connect', () => socket.write('hello'))
  return { socket, pieces, text: () => Buffer.concat(pieces).toString('latin1'), error: () => error, ended }
}

describe('servers that misbehave', () => {
  it('speak HTTP', async () => {
    const visitor = await visit(await http())
    await within(visitor.ended, 5000, 'the HTTP server to close')
    expect(visitor.text()).toMatch(/^HTTP\/1\.1 400 /)
  })

  it.each(['at-once', 'after-data'] as const)('reset %s', async (when) => {
    const visitor = await visit(await resets(when))
    await within(visitor.ended, 5000, 'the reset')
    expect(visitor.error()).toBe('ECONNRESET')
  })

  it('never answer', async () => {
    const server = await silent()
    const visitor = await visit(server)
    await until(() => server.received === 5, 5000, 'the five bytes', () => `${server.received} came`)
    expect([visitor.text(), visitor.socket.readyState]).toEqual(['', 'open'])
    visitor.socket.destroy()
  })

  it('send something and FIN, or something and nothing more', async () => {
    const ends = await visit(await sendsThenFin(Buffer.from('bye')))
    await within(ends.ended, 5000, 'FIN')
    expect(ends.text()).toBe('bye')
    const stays = await visit(await sends(Buffer.from('hi')))
    await until(() => stays.text() === 'hi', 5000, 'the two bytes')
    expect(stays.socket.readyState).toBe('open')
    stays.socket.destroy()
  })

  it('FIN after a number of bytes', async () => {
    const server = await finAfter(5)
    const visitor = await visit(server)
    await within(visitor.ended, 5000, 'FIN')
    expect(server.received).toBe(5)
  })

  it('stop reading', async () => {
    const server = await stopsReading(Buffer.from('go'))
    const visitor = await visit(server)
    await until(() => visitor.text() === 'go', 5000, 'the greeting')
    let full = false
    for (let i = 0; i < 2000 && !full; i++) full = !visitor.socket.write(Buffer.alloc(65536)) && visitor.socket.writableLength > 8 * 1024 * 1024
    expect(full).toBe(true)
    expect(server.received).toBeLessThan(65536 * 4)
    visitor.socket.destroy()
  })

  it('send a few bytes at a time', async () => {
    const visitor = await visit(await trickles(Buffer.from('abcdefghij'), 1))
    await until(() => visitor.text() === 'abcdefghij', 5000, 'ten bytes')
    visitor.socket.destroy()
  })
})

describe('the embedded broker', () => {
  it('runs on a port of its own and brings a message', async () => {
    const { port, stop } = await startAedes()
    cleanups.push(stop)
    const observer = await observe(port, { protocolVersion: 4 })
    await observer.subscribe('a')
    await observer.publish('a', 'b', { qos: 1 })
    expect((await observer.message('a')).payload).toBe('b')
    await observer.end()
  })
})

describe('bounded waiting', () => {
  it('names what did not come, the limit, and how far it got', async () => {
    await expect(until(() => false, 20, 'rain', () => 'sunny so far')).rejects.toThrow('waited 20 ms for rain, and it did not come; sunny so far')
    await expect(within(new Promise(() => undefined), 20, 'snow')).rejects.toThrow('waited 20 ms for snow')
    expect(await within(Promise.resolve(3), 20, 'three')).toBe(3)
  })
})
