import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { create, recording, type Bytes } from '../../firmware/index.js'
import { alterHeader, checksum, decodeText, FormatError, readRecording } from '../../tools/replay/format.js'
import { divergenceLines } from '../../tools/replay/print.js'
import { replayAll } from '../../tools/replay/segments.js'
import { simClient } from '../support/harness.js'
import { record, SCENARIOS } from './scenarios.js'

describe('a recording made in the simulator runs through the same core without divergence', () => {
  it.each(SCENARIOS)('$name', (scenario) => {
    const { bytes } = record(scenario)
    const file = readRecording(bytes)
    const segments = replayAll(file, 1000)
    for (const one of segments) {
      expect(one.reason).toBeUndefined()
      expect(one.divergence === undefined ? [] : divergenceLines(one.divergence)).toEqual([])
      expect(one.compared).toBeGreaterThan(4)
    }
  })
})

describe('a changed core', () => {
  it('diverges at the first record that it would do otherwise: a shorter keepalive pings too early', () => {
    const { bytes } = record(SCENARIOS.find((one) => one.name === 'pings for an hour')!)
    const changed = readRecording(alterHeader(bytes, 'keepalive', 40))
    // Due 55 s after the last packet under 60 s, 36 s after it under 40 s.
    const [one] = replayAll(changed, 0)
    expect(one?.divergence?.expected).toMatchObject({ kind: 'out', type: 12 })
    expect(one?.divergence?.before.at(-1)).toMatchObject({ kind: 'link', phase: 4 })
    const ping = one!.divergence!.expected!.t
    expect(one?.divergence?.actual).toMatchObject({ kind: 'out', type: 12, t: ping - 19_000 })
  })

  it('diverges where a smaller outbox refuses what was accepted', () => {
    const { bytes } = record(SCENARIOS.find((one) => one.name === 'a queue that refuses')!)
    const [one] = replayAll(readRecording(alterHeader(bytes, 'outboxCount', 2)), 0)
    expect(one?.divergence?.actual).toMatchObject({ kind: 'event', event: 1 })
    expect(one?.divergence?.before.filter((e) => e.kind === 'call')).toHaveLength(3)
  })
})

describe('the ring', () => {
  it('never passes its bytes, and what is left of a long life still runs from its first checkpoint', () => {
    for (const size of [1024, 4096]) {
      const { bytes, h } = record({ name: 'long', play: (sim) => {
        sim.up()
        for (let i = 0; i < 1500; i += 1) {
          sim.client.publish('a/b', sim.bytes('x'), (i % 3) as 0)
          sim.run(700)
        }
      } }, { recorder: size })
      expect(bytes.length).toBeLessThanOrEqual(size + 128)
      expect(bytes.length).toBeGreaterThan(size / 2)
      const [one] = replayAll(readRecording(bytes), 1000)
      expect(one).toMatchObject({ reason: undefined, divergence: undefined })
      expect(one!.compared).toBeGreaterThan(30)
      h.check()
    }
  })

  it('holds no payload, topic, user name or password', () => {
    const secret = 'WGhlbGxv'
    const { bytes } = record({ name: 'secrets', options: { username: `u${secret}`, password: `p${secret}` as Bytes, clientId: `c${secret}` }, play: (h) => {
      h.up()
      h.client.subscribe(`f/${secret}`, 1)
      h.client.publish(`t/${secret}`, h.bytes(secret), 1)
      h.run(500)
      h.broker.publish(`f/${secret}`, secret, { qos: 1 })
      h.run(500)
    } })
    expect(bytes.includes(secret)).toBe(false)
  })

  it('survives a reset with its reason, is written at a lost link and at most 144 times a day', () => {
    const first = record({ name: 'before', play: (h) => { h.up(); h.run(1000); h.peer.close(); h.run(5000) } })
    expect(first.h.device.storage.values.has('yieldmq.rec')).toBe(true)
    first.h.device.powerCut('watchdog')
    const again = simClient({ sim: first.h.sim, recorder: 4096, broker: false })
    // The same flash in a new life.
    first.h.device.storage.values.forEach((value, key) => again.device.storage.values.set(key, value))
    again.device.system.resetReason = 'watchdog'
    const client = create(again.device.hal, { servers: [{ host: 'broker', port: 1883 }], recorder: 4096 })
    const file = readRecording(Buffer.from(recording(client), 'latin1'))
    expect(file.entries.filter((e) => e.kind === 'boot')).toMatchObject([{ reason: 'power-on', kept: 0 }, { reason: 'watchdog', kept: 1 }])
    expect(file.entries.some((e) => e.kind === 'link' && e.cause < 0)).toBe(true)

    const day = record({ name: 'a bad day', play: (h) => {
      h.up()
      for (let i = 0; i < 288; i += 1) {
        h.run(299_000)
        h.peer.close()
        h.run(1000)
      }
    } })
    expect(day.h.device.storage.writes).toBeGreaterThan(100)
    expect(day.h.device.storage.writes).toBeLessThanOrEqual(145)
  })
})

describe('a damaged file', () => {
  const { bytes } = record(SCENARIOS[0]!)

  it('gives an error that names the byte, never anything else', () => {
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, sealed) => {
      const copy = Buffer.from(bytes)
      copy[at] = copy[at]! ^ change
      // With a checksum that is right again the reader has to find it out by itself.
      if (sealed) checksum(copy.subarray(0, -4)).copy(copy, copy.length - 4)
      try {
        readRecording(copy)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as Error).message).toMatch(/at byte \d+/)
      }
    }), { numRuns: 2000, seed: 5 })
    for (let length = 0; length < bytes.length; length += 1) expect(() => readRecording(bytes.subarray(0, length))).toThrow(FormatError)
  })

  it('is read from hex and base64 as from bytes', () => {
    for (const form of ['hex', 'base64'] as const) expect(decodeText(Buffer.from(`${bytes.toString(form)}\n`)).equals(bytes)).toBe(true)
    expect(() => decodeText(Buffer.from('no recording!'))).toThrow(FormatError)
  })
})
