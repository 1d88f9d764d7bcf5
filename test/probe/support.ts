/** Probes for tests: short waits, and a password that must appear nowhere. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type net from 'node:net'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect } from 'vitest'
import { stepLine, summary } from '../../tools/probe/print.js'
import type { Report } from '../../tools/probe/report.js'
import { requestOf, type Given, type Request } from '../../tools/probe/request.js'
import { probe, type Hooks } from '../../tools/probe/run.js'

export const PASSWORD = 'correct-horse-7'

export function pem(name: string): string {
  return fileURLToPath(new URL(`./tls/${name}.pem`, import.meta.url))
}

export function request(url: string, given: Given = {}): Request {
  return requestOf(url, { count: '2', timeout: '5000', username: 'meter', password: PASSWORD, ...given })
}

/** Whatever the outcome: neither form of the report has the password or the user name, and its parts agree. */
export function checked(report: Report): Report {
  const printed = [JSON.stringify(report), ...report.steps.map(stepLine), summary(report)].join('\n')
  expect(printed).not.toContain(PASSWORD)
  expect(printed).not.toContain(encodeURIComponent(PASSWORD))
  expect(printed).not.toContain('meter')
  const failed = report.steps.filter(({ state }) => state === 'fail')
  expect(failed.map(({ cause }) => cause)).toEqual(report.verdict === 'ok' ? [] : [report.verdict])
  return report
}

export async function ask(url: string, given: Given = {}, hooks: Hooks = {}): Promise<Report> {
  return checked(await probe(request(url, given), hooks))
}

/** The step that failed, its cause and the exit status: what a script would look at. */
export function outcome(report: Report): string {
  const failed = report.steps.find(({ state }) => state === 'fail')
  return `${failed?.step ?? 'none'} ${report.verdict} ${report.exitStatus}`
}

export function evidence(report: Report, step: string): string {
  return report.steps.find((one) => one.step === step)?.evidence ?? ''
}

export interface TestServer {
  port: number
  stop: () => Promise<void>
}

/** A TLS server on a free loopback port that shows a certificate of ./tls and hands each connection to `accept`. */
export async function tlsServer(name: string, options: tls.TlsOptions = {}, accept: (socket: tls.TLSSocket) => void = () => {}): Promise<TestServer> {
  const sockets = new Set<net.Socket>()
  const server = tls.createServer({ cert: readFileSync(pem(name)), key: readFileSync(pem('key')), ...options }, (socket) => {
    // The probe may leave at any time.
    socket.on('error', () => undefined)
    accept(socket)
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    }
  }
}

/**
 * A port whose machine drops every connection attempt: a thread listens and then never runs again, so the kernel's queue
 * fills, and further SYNs go unanswered as behind a firewall.
 */
export async function droppingPort(): Promise<TestServer> {
  const worker = new Worker(`
    const net = require('node:net')
    const { parentPort } = require('node:worker_threads')
    const server = net.createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      const { port } = server.address()
      // A queue of 1 holds 2 in Linux; all are under way before this thread, which alone could accept them, stops for good.
      for (let i = 0; i < 6; i++) net.connect(port, '127.0.0.1').on('error', () => {})
      // They connect in the next tick. In the one after it the port is told, when the queue is full.
      process.nextTick(() => process.nextTick(() => {
        parentPort.postMessage(port)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      }))
    })`, { eval: true })
  const [port] = await once(worker, 'message') as [number]
  return {
    port,
    stop: async () => {
      await worker.terminate()
    }
  }
}
