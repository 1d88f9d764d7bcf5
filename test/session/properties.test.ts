/**
 * Any sequence of the user's calls and the network's faults, from a seed: what must hold all the time, and what must hold
 * once the link works again.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import type { Bytes, Qos } from '../../firmware/types.js'

type Step =
  | { do: 'publish'; qos: Qos; size: number; topic: number; deadline: number }
  | { do: 'stream'; qos: Qos; size: number }
  | { do: 'subscribe' | 'unsubscribe'; filter: number; qos: Qos }
  | { do: 'incoming'; qos: Qos; size: number }
  | { do: 'run'; ms: number }
  | { do: 'connect' | 'disconnect' | 'abort' | 'fin' | 'rst' | 'forget' | 'heal' }
  | { do: 'halfOpen'; direction: 'out' | 'in' | 'both' }
  | { do: 'stall'; on: boolean }
  | { do: 'network'; latencyMs: number; pieces: number; shortWriteChance: number; sendBuffer: number; bandwidth: number }

const qos = fc.constantFrom<Qos>(0, 1, 2)
const size = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 80 }) }, { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) })
const large = fc.integer({ min: 0, max: 4000 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('publish' as const), qos, size, topic: fc.nat(3), deadline: fc.constantFrom(0, 0, 0, 2000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stream' as const), qos, size: large }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('subscribe' as const, 'unsubscribe' as const), filter: fc.nat(5), qos }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('incoming' as const), qos, size: fc.oneof({ weight: 5, arbitrary: size }, { weight: 1, arbitrary: large }) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('run' as const), ms: fc.oneof(fc.nat(60), fc.nat(2000), fc.nat(90000)) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('connect' as const, 'disconnect' as const, 'abort' as const, 'fin' as const, 'rst' as const, 'forget' as const, 'heal' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('halfOpen' as const), direction: fc.constantFrom('out' as const, 'in' as const, 'both' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stall' as const), on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('network' as const), latencyMs: fc.constantFrom(0, 1, 10, 300), pieces: fc.constantFrom(1, 7, 536, 1460),
      shortWriteChance: fc.constantFrom(0, 0.3, 1), sendBuffer: fc.constantFrom(50, 536, 5840), bandwidth: fc.constantFrom(0, 2000)
    })
  }
)

const world = fc.record({
  seed: fc.nat(1000000), waits: fc.boolean(), protocolVersion: fc.constantFrom<(3 | 4 | 5)[]>(3, 4, 5), jitter: fc.boolean(),
  whenFull: fc.constantFrom('refuse' as const, 'drop-oldest' as const, 'drop-newest' as const, 'keep-latest' as const),
  inflight: fc.constantFrom(1, 3, 20), outboxCount: fc.constantFrom(2, 8, 256), slicePackets: fc.constantFrom(1, 3, 64),
  sliceBytes: fc.constantFrom(16, 200, 65536), receiveMaximum: fc.constantFrom(1, 2, 100), steps: fc.array(step, { minLength: 5, maxLength: 60 })
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

class Run {
  readonly h: SimClient
  /** What was accepted, by token. */
  readonly accepted = new Map<number, { qos: Qos; text: string }>()
  /** What the server published to the fixed subscription. */
  readonly incoming: { qos: Qos; text: string }[] = []
  readonly streamed: string[] = []
  private partial = ''
  private counter = 0

  constructor(private readonly w: World, options: WorldOptions) {
    this.h = simClient({
      sim: { seed: w.seed, waits: w.waits, traceLimit: 0 }, broker: { enforceKeepalive: false, properties: w.protocolVersion === 5 ? { receiveMaximum: w.receiveMaximum, topicAliasMaximum: 3 } : {} },
      protocolVersion: w.protocolVersion, clientId: 'a', jitter: w.jitter, keepalive: 20, whenFull: w.whenFull, reconnectPeriodMax: 10000,
      limits: { inflight: w.inflight, outboxCount: w.outboxCount, outboxBytes: 8192, slicePackets: w.slicePackets, sliceBytes: w.sliceBytes },
      ...(w.protocolVersion === 5 ? { topicAliasOut: 2 } : {}),
      onStream: (_topic, chunk, offset, total) => {
        if (offset === 0) this.partial = ''
        expect(this.partial.length).toBe(offset)
        this.partial += chunk
        if (this.partial.length === total) this.streamed.push(this.partial)
        return 0
      },
      ...options
    })
    let before = 0
    const { feedWatchdog } = this.h.device.hal.system
    this.h.device.hal.system.feedWatchdog = () => {
      const { packetsIn } = this.h.client.stats()
      if (packetsIn - before > w.slicePackets) throw new Error(`a slice handled ${packetsIn - before} packets, its bound is ${w.slicePackets}`)
      before = packetsIn
      feedWatchdog()
    }
  }

  /** Brings the link up and the fixed subscription into the session. */
  begin(): void {
    this.h.client.subscribe('fixed/#', 2)
    this.h.up()
    this.h.until(() => this.h.got.granted.length > 0, 60000, 'SUBACK of the fixed subscription')
  }

  text(n: number): string {
    this.counter += 1
    return `${this.counter}:`.padEnd(n, 'x')
  }

  step(s: Step): void {
    const { h } = this
    const { client } = h
    const connection = h.sim.network.last
    if (s.do === 'publish') {
      const text = this.text(s.size)
      const token = client.publish(`out/${s.topic}`, text as Bytes, s.qos, false, s.deadline > 0 ? { deadline: s.deadline } : undefined)
      if (token > 0) this.accepted.set(token, { qos: s.qos, text })
      else expect([ErrorCode.QueueFull, ErrorCode.QueueBytes, ErrorCode.Disconnecting]).toContain(token)
    } else if (s.do === 'stream') {
      const text = this.text(s.size)
      const token = client.publishStream('out/stream', text.length, (offset, max) => text.slice(offset, offset + max) as Bytes, s.qos)
      if (token > 0) this.accepted.set(token, { qos: s.qos, text })
      else expect([ErrorCode.QueueFull, ErrorCode.QueueBytes, ErrorCode.Disconnecting]).toContain(token)
    } else if (s.do === 'subscribe') client.subscribe(`filter/${s.filter}`, s.qos)
    else if (s.do === 'unsubscribe') client.unsubscribe(`filter/${s.filter}`)
    else if (s.do === 'incoming') {
      const text = this.text(s.size)
      this.incoming.push({ qos: s.qos, text })
      h.broker.publish('fixed/x', text, { qos: s.qos })
    } else if (s.do === 'run') h.run(s.ms)
    else if (s.do === 'connect') client.connect()
    else if (s.do === 'disconnect') client.disconnect()
    else if (s.do === 'abort') client.abort()
    else if (s.do === 'fin') h.peer.close()
    else if (s.do === 'rst') h.peer.rst()
    else if (s.do === 'forget') connection?.forget()
    else if (s.do === 'halfOpen') connection?.halfOpen(s.direction)
    else if (s.do === 'stall') connection?.stall(s.on)
    else if (s.do === 'network') h.sim.network.set({ latencyMs: s.latencyMs, piecesIn: s.pieces, piecesOut: s.pieces, shortWriteChance: s.shortWriteChance, sendBuffer: s.sendBuffer, bandwidth: s.bandwidth })
    else this.heal()
    this.bounds()
  }

  heal(): void {
    this.h.sim.network.set({ latencyMs: 10, piecesIn: 1460, piecesOut: 1460, shortWriteChance: 0, sendBuffer: 5840, bandwidth: 0 })
    this.h.sim.network.last?.stall(false)
  }

  /** What holds at every moment. */
  bounds(): void {
    const core = this.h.client.core_!
    const { w } = this
    const box = core.outbox_
    // A write that took less than was promised may leave one message over the bounds.
    expect(box.count_).toBeLessThanOrEqual(w.outboxCount + 1)
    expect(box.bytes_).toBeLessThanOrEqual(8192 + 1024)
    expect(box.owed_).toBeLessThanOrEqual(w.outboxCount + 1)
    expect(core.receiveSet_.length).toBeLessThanOrEqual(64)
    const ids: number[] = core.registry_.requests_.map((request) => request.packetId_)
    let flight = 0
    for (let m = box.flight_.head_; m !== undefined; m = m.next_) {
      ids.push(m.packetId_)
      flight += 1
    }
    expect(flight).toBe(box.flightCount_)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => id > 0)).toBe(true)
    expect(core.scanner_.held_).toBeLessThanOrEqual(1024)
  }

  /** The link works again, and there is time for everything. */
  settle(): void {
    this.heal()
    this.h.run(5100)
    if (this.h.got.state === 'offline') this.h.client.connect()
    this.h.until(() => this.h.got.state === 'up' && this.h.client.stats().outboxCount === 0, 2000000, 'an empty outbox')
    this.h.run(200000)
    this.bounds()
  }

  /** Every accepted publish has its one receipt, and no callback or packet was wrong. */
  receipts(): void {
    const { h } = this
    h.sim.check()
    expect(h.broker.violations).toEqual([])
    h.got.checkReceipts()
    expect(new Set(h.got.receipts.map((receipt) => receipt.token))).toEqual(new Set(this.accepted.keys()))
    expect(h.got.receipts).toHaveLength(this.accepted.size)
    expect(h.client.stats()).toMatchObject({ outboxCount: 0, outboxBytes: 0, inflight: 0 })
  }
}

function count(list: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of list) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

const runs = { numRuns: 150, seed: 20240613 }

describe('any calls and any faults', () => {
  it('with a session that lasts: one receipt each, QoS 1 at least once, QoS 2 exactly once, both ways, within all bounds', () => {
    fc.assert(fc.property(world, (w) => {
      const r = new Run(w, { clean: false })
      r.begin()
      for (const s of w.steps) r.step(s)
      r.settle()
      r.receipts()
      const arrived = count(r.h.broker.messages.map((message) => message.payload.toString('latin1')))
      for (const [token, { qos: level, text }] of r.accepted) {
        const { outcome, reason } = r.h.got.receipt(token)!
        const times = arrived.get(text) ?? 0
        if (level === 2) expect(times).toBeLessThanOrEqual(1)
        if (outcome === 'delivered') {
          expect(level).toBeGreaterThan(0)
          expect(times).toBeGreaterThanOrEqual(1)
        } else if (outcome === 'rejected') expect([ErrorCode.Poison, ErrorCode.NoAck]).toContain(reason)
        else if (outcome === 'sent') expect(level).toBe(0)
        else {
          expect(['dropped', 'expired']).toContain(outcome)
          expect(times).toBe(0)
        }
      }
      const heard = count([...r.h.got.payloads('fixed/x'), ...r.streamed])
      for (const { qos: level, text } of r.incoming) {
        const times = heard.get(text) ?? 0
        if (level === 2) expect(times, `QoS 2 ${text.slice(0, 10)}`).toBe(1)
        if (level === 1) expect(times, `QoS 1 ${text.slice(0, 10)}`).toBeGreaterThanOrEqual(1)
      }
      const wanted = r.h.client.core_!.registry_.entries_.map((entry) => entry.filter_).sort()
      expect([...r.h.broker.sessions.get('a')!.subscriptions.keys()].sort()).toEqual(wanted)
    }), runs)
  }, 120000)

  it('with clean sessions: one receipt each, nothing delivered that did not arrive, the subscriptions restored', () => {
    fc.assert(fc.property(world, (w) => {
      const r = new Run(w, { clean: true })
      r.begin()
      for (const s of w.steps) r.step(s)
      r.settle()
      r.receipts()
      const arrived = count(r.h.broker.messages.map((message) => message.payload.toString('latin1')))
      for (const [token, { text }] of r.accepted) {
        if (r.h.got.receipt(token)!.outcome === 'delivered') expect(arrived.get(text) ?? 0).toBeGreaterThanOrEqual(1)
      }
      const wanted = r.h.client.core_!.registry_.entries_.map((entry) => entry.filter_).sort()
      expect([...r.h.broker.sessions.get('a')!.subscriptions.keys()].sort()).toEqual(wanted)
    }), runs)
  }, 120000)

  it('with a server that loses sessions: one receipt each, and QoS 2 at most once when unknown is reported', () => {
    fc.assert(fc.property(world, fc.array(fc.nat(59), { maxLength: 3 }), (w, losses) => {
      const r = new Run(w, { clean: false, onSessionLost: 'report' })
      r.begin()
      w.steps.forEach((s, i) => {
        if (losses.includes(i)) r.h.broker.loseSessions()
        r.step(s)
      })
      r.settle()
      r.receipts()
      const arrived = count(r.h.broker.messages.map((message) => message.payload.toString('latin1')))
      for (const { qos: level, text } of r.accepted.values()) {
        // 3.1 does not say that the session is lost.
        if (level === 2 && w.protocolVersion > 3) expect(arrived.get(text) ?? 0).toBeLessThanOrEqual(1)
      }
    }), runs)
  }, 120000)
})
