/** Bytes that look like the module's own lines, in pieces of every size, both ways: as raw TCP and as MQTT. */
import { describe, expect, it } from 'vitest'
import { SocketStatus } from '../../hal/hal.js'
import type { Pieces, SimConnection } from '../../hal/sim/index.js'
import { CORES, FAMILIES, MINUTE, modemRig, NASTY, SECOND, type Rig } from './rig.js'

const CHUNKS: Pieces[] = [1, 7, 64, 'random']
/** Single markers, each at the beginning, the end and alone. */
const MARKS = ['\r\nOK\r\n', '+MSUB: 0\r\n', '>', '> ', 'CLOSED\r\n', '\r\n0, CLOSED\r\n', '+CIPRXGET: 2,0,5,0\r\n', '+QIRD: 4\r\n', '+CIPRECVDATA:3,', '\0', '\x1a', '\x1b', '\r', '\n', 'ERROR', 'AT+CFUN=0\r\n']

interface Pipe { r: Rig; server: () => SimConnection; heard: () => string; send: (text: string) => void; read: (bytes: number) => string }

/** A raw link; `sizes` of the pieces in which the module's output arrives. */
function pipe(family: (typeof FAMILIES)[number], chunks: Pieces, waits = false): Pipe {
  const r = modemRig({ family, waits, modem: { faults: { chunks } } })
  let heard = ''
  r.sim.network.listen('raw', 7, (connection) => connection.onData((data) => { heard += data }))
  const socket = r.hal.socket.open({ host: 'raw', port: 7 })
  r.until(() => socket.status() === SocketStatus.Open, MINUTE, 'the link')
  return {
    r, heard: () => heard, server: () => r.sim.network.last!,
    send: (text) => {
      for (let sent = 0; sent < text.length;) {
        const n = socket.write(r.bytes(text.slice(sent)))
        sent += n
        if (n <= 0) r.run(20)
      }
    },
    read: (bytes) => {
      let got = ''
      r.until(() => {
        got += socket.read(500)
        return got.length >= bytes
      }, 5 * MINUTE, `${bytes} bytes`)
      r.run(SECOND)
      return got + socket.read(500)
    }
  }
}

describe.each(FAMILIES.map((family) => [family.name, family] as const))('%s', (_name, family) => {
  it.each(CHUNKS)('[S0-11] all 256 byte values and all that looks like an answer pass both ways, the module\'s output in pieces of %j', (chunks) => {
    const p = pipe(family, chunks)
    const text = NASTY + MARKS.join('') + NASTY.split('').reverse().join('')
    p.send(text)
    p.server().send(p.r.bytes(text))
    expect(p.read(text.length)).toBe(text)
    p.r.until(() => p.heard().length >= text.length, MINUTE, 'the server')
    expect(p.heard()).toBe(text)
    expect(p.r.inside.unknown_).toBe(0)
  })

  it('[S0-11] each mark alone, sent and received by itself', () => {
    const p = pipe(family, 3)
    let all = ''
    for (const mark of MARKS) {
      p.send(mark)
      p.server().send(p.r.bytes(mark))
      all += mark
      expect(p.read(mark.length)).toBe(mark)
      p.r.until(() => p.heard() === all, MINUTE, JSON.stringify(mark))
    }
  })

  it('[S0-11] stray lines between the module\'s lines change nothing', () => {
    const p = pipe(family, 'random')
    Object.assign(p.r.modem.faults, { unsolicited: 0.3, doubledLineEnd: 0.2, promptUrc: 0.2 })
    const text = NASTY.repeat(6)
    p.send(text)
    p.server().send(p.r.bytes(text))
    expect(p.read(text.length)).toBe(text)
    p.r.until(() => p.heard().length >= text.length, 3 * MINUTE, 'the server')
    expect(p.heard()).toBe(text)
  })
})

describe.each(FAMILIES.map((family) => [family.name, family] as const))('MQTT over %s', (name, family) => {
  it.each(Object.keys(CORES) as (keyof typeof CORES)[])('[S0-11] messages of QoS 0 and 1 arrive as they were sent, both ways, %s', (core) => {
    for (const chunks of [1, 'random'] as Pieces[]) {
      const r = modemRig({ family, modem: { faults: { chunks } } })
      const c = r.client({ limits: { packetIn: 1000 } }, core)
      c.up()
      c.client.subscribe('down', 1)
      r.run(2 * SECOND)
      for (const qos of [0, 1] as const) {
        c.client.publish('up', r.bytes(NASTY), qos)
        r.broker.publish('down', r.bytes(NASTY), qos)
      }
      r.run(20 * SECOND)
      expect(r.broker.oracle.taken.items.map((one) => one.payload), `${name} ${String(chunks)}`).toEqual([NASTY, NASTY])
      expect(c.got.payloads('down')).toEqual([NASTY, NASTY])
      expect(c.got.receipts.map((receipt) => receipt.outcome)).toEqual(['sent', 'delivered'])
      expect(c.got.links.map((link) => link.state).filter((state) => state === 'up')).toHaveLength(1)
      r.broker.check()
      r.sim.check()
    }
  })
})

it('[S0-11] block after block each way through one link, in the bounds of the buffers', () => {
  const p = pipe(FAMILIES[1]!, 'random')
  const block = NASTY.repeat(8)
  let got = ''
  for (let i = 0; i < 20; i++) {
    p.send(block)
    p.server().send(p.r.bytes(block))
    got += p.read(block.length)
    expect(p.r.inside.links_.every((link) => link.unread_.length <= 2048 && link.out_.length <= 1460)).toBe(true)
  }
  expect(got).toBe(block.repeat(20))
  p.r.run(10 * SECOND)
  expect(p.heard()).toBe(block.repeat(20))
})
