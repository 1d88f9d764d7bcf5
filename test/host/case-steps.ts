/**
 * What the cases are made of: opening, reading, writing and ending, as generators that say what they wait for.
 */
import assert from 'node:assert/strict'
import { SocketStatus, type Bytes, type Endpoint, type Hal, type Socket } from '../../hal/hal.js'
import { until, type Wait } from './drive.js'
import { patternByte, type Peer } from './peer.js'

export const raw = (text: string): Bytes => text as Bytes

export function* opened(hal: Hal, peer: Peer, command: string, tls?: Endpoint['tls']): Generator<Wait, Socket> {
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

export function* exactly(socket: Socket, count: number): Generator<Wait, string> {
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
export function* expectPattern(socket: Socket, count: number, max: number): Generator<Wait, void> {
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

export function patternBytes(from: number, to: number): Bytes {
  const codes: string[] = []
  for (let i = from; i < to; i++) codes.push(String.fromCharCode(patternByte(i)))
  return raw(codes.join(''))
}

/** Writes `count` bytes of the pattern as the credit allows; how often it had to wait for credit. */
export function* sendPattern(socket: Socket, count: number): Generator<Wait, number> {
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
    // More may have come free since: then it may take more, but never less.
    assert.ok(taken >= Math.min(credit, part.length) && taken <= part.length, `write takes what credit() promised: ${taken} of ${part.length}, credit ${credit}`)
    sent += taken
  }
  return waits
}

export function* ended(socket: Socket): Generator<Wait, number> {
  yield* until('the end', () => socket.status() < 0)
  return socket.status()
}

export function* fails(hal: Hal, endpoint: Endpoint, limitMs?: number): Generator<Wait, number> {
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

export function hex(bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('hex')
}
