/** Whole small programs, as users write them. */
import v8 from 'node:v8'
import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import { simClient } from '../support/harness.js'
import { BOTH_KINDS, publishedTexts } from './support.js'
import type { Bytes, Qos } from '../../firmware/types.js'

describe.each(BOTH_KINDS)('payloads, waits: %j', (waits) => {
  it.each([0, 1, 2] as const)('[S1-21] are bytes and nothing else: every value survives both ways with QoS %i', (qos) => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)) as Bytes
    const h = simClient({ sim: { waits } })
    h.up()
    h.client.subscribe('t', 2)
    h.run(100)
    h.client.publish('t', all, qos)
    h.client.publish('t', '' as Bytes, qos)
    h.run(500)
    expect(h.broker.messages.map((message) => message.payload.toString('latin1'))).toEqual([all, ''])
    expect(h.got.payloads('t')).toEqual([all, ''])
  })

  it('[S0-07] go out with QoS 0 and without RETAIN when nothing else is said', () => {
    const h = simClient({ sim: { waits } })
    h.up()
    h.client.publish('t', h.bytes('x'))
    h.run(100)
    expect(h.peer.all('publish')).toMatchObject([{ qos: 0, retain: false, dup: false }])
  })
})

describe('the loop of the LuatOS example', () => {
  it('[S4-04] waits for the network, connects, subscribes, answers what comes and says its status every 120 s, through a cut', () => {
    const h = simClient({ sim: { waits: true, bearer: true }, cache: 'overwrite-oldest', keepalive: 60 })
    h.device.setBearer(0, 'attaching')
    h.sim.after(30000, () => h.device.setBearer(1))
    h.client.subscribe('command', 1)
    h.client.connect()
    const commands = [200000, 400000, 700000]
    for (const at of commands) h.sim.after(at, () => h.broker.publish('command', `at ${at}`, { qos: 1 }))
    h.sim.after(500000, () => h.peer.rst())
    const end = 1000000
    while (h.sim.now < end) {
      const message = h.client.receive(120000)
      if (message !== undefined) h.client.publish('answer', h.bytes(`done ${message.payload}`), 1)
      else h.client.publish('status', h.bytes(`${Math.round(h.sim.now / 1000)}`), 1)
    }
    h.client.disconnect()
    const said = h.broker.peers.flatMap((peer) => publishedTexts(peer))
    expect(said.filter((text) => text.startsWith('done'))).toEqual(commands.map((at) => `done at ${at}`))
    expect(said.filter((text) => !text.startsWith('done')).length).toBeGreaterThanOrEqual(5)
    expect(h.broker.peers).toHaveLength(2)
    h.check()
  })
})

describe('1,000,000 messages', () => {
  it('leave the heap where it was', () => {
    v8.setFlagsFromString('--expose_gc')
    const gc = vm.runInNewContext('gc') as () => void
    const h = simClient({ broker: false, sim: { traceLimit: 0 }, limits: { outboxCount: 1000, inflight: 1000 }, keepalive: 0 })
    // A server as small as can be, so that the heap measured is the client's.
    let received = 0
    h.sim.network.listen('broker', 1883, (connection) => {
      let rest = ''
      connection.onData((bytes) => {
        rest += bytes
        let at = 0
        const answers: string[] = []
        while (at + 2 <= rest.length && at + 2 + rest.charCodeAt(at + 1) <= rest.length) {
          const header = rest.charCodeAt(at)
          if (header === 0x10) answers.push('\x20\x02\x00\x00')
          if (header === 0x32) answers.push(`\x40\x02${rest.slice(at + 5, at + 7)}`)
          if (header === 0x30 || header === 0x32) received += 1
          at += 2 + rest.charCodeAt(at + 1)
        }
        rest = rest.slice(at)
        if (answers.length > 0) connection.send(answers.join('') as Bytes)
      })
    })
    h.up()
    const burst = (): void => {
      for (let i = 0; i < 1000; i++) h.client.publish('t', 'x' as Bytes, (1 - i % 2) as Qos)
      h.run(500)
      h.got.receipts.length = 0
    }
    const heap = (): number => {
      gc()
      return process.memoryUsage().heapUsed
    }
    for (let i = 0; i < 100; i++) burst()
    const before = heap()
    for (let i = 0; i < 900; i++) burst()
    const after = heap()
    expect(received).toBe(1000000)
    expect(h.client.stats()).toMatchObject({ accepted: 1000000, sent: 500000, delivered: 500000, outboxCount: 0 })
    expect(after - before).toBeLessThan(1000000)
  }, 120000)
})
