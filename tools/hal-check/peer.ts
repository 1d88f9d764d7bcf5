/** The peer on node:net, for ports with a real network; the port under test may be on a board. */
import net from 'node:net'
import { Worker } from 'node:worker_threads'
import type { Endpoint } from '../../hal/hal.js'
import { ScriptedPeer } from './script.js'

export interface Peer {
  peer: Endpoint
  /** Nothing listens there. */
  refused: Endpoint
  /** A connect there is never answered; absent where the system does not make that possible. */
  silent: Endpoint | undefined
  close(): Promise<void>
}

/** Listens on `host`, on `port` or on one that is free (0). */
export async function startPeer(host = '127.0.0.1', port = 0): Promise<Peer> {
  const scripted = new ScriptedPeer()
  const open = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket)
    const talk = scripted.connection({
      send: (bytes) => { if (socket.writable) socket.write(bytes, 'latin1') },
      fin: () => { if (socket.writable) socket.end() },
      rst: () => { socket.resetAndDestroy() },
      hold: (on) => { if (on) socket.pause(); else socket.resume() },
      after: (ms, fn) => { setTimeout(() => { if (!socket.destroyed) fn() }, ms).unref() }
    })
    socket.on('data', (chunk) => talk.data(chunk.toString('latin1')))
    socket.on('end', () => talk.end('fin'))
    socket.on('error', () => talk.end('rst'))
    socket.on('close', () => {
      talk.end('rst')
      open.delete(socket)
    })
  })
  await listening(server, host, port)
  const found = (server.address() as net.AddressInfo).port
  const silent = await startSilent(host)
  return {
    peer: { host, port: found },
    refused: { host, port: await closedPort(host) },
    silent: silent?.endpoint,
    async close() {
      for (const socket of open) socket.destroy()
      await Promise.all([new Promise((resolve) => { server.close(resolve) }), silent?.close()])
    }
  }
}

async function listening(server: net.Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

/** A port that was free a moment ago. */
async function closedPort(host: string): Promise<number> {
  const server = net.createServer()
  await listening(server, host, 0)
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** A server whose thread sleeps: once its queue is full, the kernel answers no connect. */
const SLEEPER = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: require('node:worker_threads').workerData, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

async function startSilent(host: string): Promise<{ endpoint: Endpoint; close: () => Promise<void> } | undefined> {
  const worker = new Worker(SLEEPER, { eval: true, workerData: host })
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const fillers: net.Socket[] = []
  const close = async (): Promise<void> => {
    for (const socket of fillers) socket.destroy()
    await worker.terminate()
  }
  // The queue takes a few: fill it until a connect hangs.
  for (let i = 0; i < 16; i++) {
    const socket = net.connect(port, host)
    socket.on('error', () => {})
    socket.unref()
    fillers.push(socket)
    const connected = await Promise.race([
      new Promise<boolean>((resolve) => { socket.once('connect', () => resolve(true)) }),
      new Promise<boolean>((resolve) => { setTimeout(() => resolve(false), 150) })
    ])
    if (!connected) return { endpoint: { host, port }, close }
  }
  await close()
  return undefined
}
