/** Random programs on random links: the books of the outbox balance at every step, and every promise of receipts holds at the end. */
import { describe, expect, it } from 'vitest'
import type { Core } from '../../firmware/core.js'
import type { Chain, Outgoing } from '../../firmware/outbox.js'
import { sizeOf } from '../../firmware/outbox.js'
import { Random } from '../../hal/sim/index.js'
import { simClient } from '../support/harness.js'
import type { Cache, OnSessionLost, Qos, WhenFull } from '../../firmware/types.js'

const FROM = Number(process.env.ATTACK_FROM ?? 1)
const SEEDS = Number(process.env.ATTACK_SEEDS ?? 60)

function list(chain: Chain): Outgoing[] {
  const all: Outgoing[] = []
  let last: Outgoing | undefined
  for (let m = chain.head_; m !== undefined; m = m.next_) {
    all.push(m)
    last = m
    if (all.length > 10000) throw new Error('a chain goes round')
  }
  if (chain.tail_ !== last) throw new Error('the tail of a chain is not its last')
  return all
}

/** Throws when the counters do not say what the chains hold. */
function audit(core: Core): void {
  const box = core.outbox_
  const queue = list(box.queue_)
  const flight = list(box.flight_)
  const leaving = list(box.leaving_)
  const all = [...queue, ...flight, ...leaving]
  const books = {
    count: box.count_, bytes: box.bytes_, flight: box.flightCount_, owed: box.owed_, tx: core.tx_.bytes_,
    sentNow: core.socket_ !== undefined && core.phase_ >= 4 ? core.sentNow_ : 0
  }
  const real = {
    count: all.length, bytes: all.reduce((n, m) => n + sizeOf(m), 0), flight: flight.length, owed: list(box.receipts_).length,
    tx: core.tx_.parts_.reduce((n, p) => n + p.length, 0),
    sentNow: core.socket_ !== undefined && core.phase_ >= 4 ? flight.filter((m) => m.epoch_ === core.epoch_).length : 0
  }
  expect(books).toEqual(real)
  const ids = [...flight.map((m) => m.packetId_), ...core.registry_.requests_.map((q) => q.packetId_), ...core.retired_]
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.includes(0)).toBe(false)
  for (const m of queue) {
    if (m.expirySeconds_ < 0 || m.epoch_ > 0) continue
    const left = (m.expirySeconds_ - core.clock_.seconds_) * 1000 + m.expiryMillis_ - core.clock_.millis_
    if (box.soonest_ < 0 || box.soonest_ > left) throw new Error(`a deadline in ${left} ms, and the next look is in ${box.soonest_} ms`)
  }
}

function play(seed: number): void {
  const r = new Random(seed)
  const pick = <T>(items: readonly T[]): T => items[r.int(0, items.length - 1)] as T
  const clean = r.chance(0.4)
  const waits = r.chance(0.5)
  const protocolVersion = pick([3, 4, 5] as const)
  const onSessionLost = pick<OnSessionLost>(['resend', 'report'])
  const whenFull = pick<WhenFull>(['refuse', 'drop-oldest', 'drop-newest', 'keep-latest'])
  const cache = pick<Cache>(['direct', 'overwrite-oldest', 'push-back'])
  const small = r.chance(0.4)
  const h = simClient({
    sim: {
      seed, waits, maxSpins: 20000, wrap: pick(['int32', 'uint32', 'none'] as const), startTicks: pick([0, 2147483000, -2000, 4294967000]) ,
      conditions: {
        latencyMs: pick([1, 20, 300]), piecesIn: pick([1, 7, 1460, 'random'] as const), piecesOut: pick([1, 7, 1460, 'random'] as const),
        sendBuffer: pick([20, 100, 1000, 5840]), writeMax: pick([0, 0, 5, 64]), writeGapMs: pick([1, 20]), shortWriteChance: pick([0, 0.3]),
        knowsUnacked: r.chance(0.5)
      }
    },
    clientId: 'attacker', protocolVersion, clean, onSessionLost, whenFull, cache, keepalive: pick([5, 60]),
    ...(protocolVersion === 5 ? { topicAliasOut: pick([0, 2]), properties: { topicAliasMaximum: 2 } } : {}),
    broker: { enforceKeepalive: false, ...(protocolVersion === 5 ? { properties: { receiveMaximum: pick([1, 3, 65535]), topicAliasMaximum: 2 } } : {}) },
    limits: small ? { outboxCount: pick([1, 4]), outboxBytes: 3000, inboxCount: 1, inboxBytes: 1024, inflight: 1, subscriptions: 1, slicePackets: 1, sliceBytes: 16, packetOut: 2500 } : { inflight: pick([1, 3, 20]), packetOut: 2500, slicePackets: pick([1, 16]) },
    onReceipt: (token) => { if (r.chance(0.05)) sent.push(h.client.publish(`again/${token}`, h.bytes('again'), pick([0, 1, 2] as const))) },
    onLink: () => { if (r.chance(0.1)) h.client.subscribe('x/+', 1) },
    onSubscribed: () => { if (r.chance(0.2)) h.client.unsubscribe('x/+') }
  })
  const sent: number[] = []
  let n = 0
  h.client.connect()
  const core = h.client.core_!
  const steps = 120
  for (let i = 0; i < steps; i++) {
    const what = r.int(0, 19)
    if (what < 8) {
      n += 1
      const extra = r.chance(0.3) ? { ...(r.chance(0.5) ? { deadline: r.int(1, 20000) } : {}), ...(r.chance(0.3) ? { priority: r.int(-2, 2) } : {}), ...(r.chance(0.3) ? { keepLatest: true } : {}) } : undefined
      sent.push(h.client.publish(`t/${r.int(0, 3)}`, h.bytes(`${n} ${'x'.repeat(pick([0, 10, 500, 1500]))}`), pick([0, 1, 2] as Qos[]), r.chance(0.1), extra))
    } else if (what === 8) sent.push(h.client.publishStream('s', r.int(0, 4000), (_o, max) => h.bytes('s'.repeat(r.int(1, max))), pick([0, 1, 2] as Qos[])))
    else if (what === 9) h.client.subscribe(pick(['x/+', 'y']), pick([0, 1, 2] as Qos[]))
    else if (what === 10) h.client.unsubscribe(pick(['x/+', 'y']))
    else if (what === 11) h.broker.publish(pick(['x/1', 'y']), 'in'.repeat(pick([1, 100, 400])), { qos: pick([0, 1, 2] as Qos[]) })
    else if (what === 12 && h.broker.peers.length > 0) pick([() => h.peer.close(), () => h.peer.rst()])()
    else if (what === 13 && h.broker.peers.length > 0) h.sim.network.last?.stall(r.chance(0.5))
    else if (what === 14) h.sim.network.partition(pick(['none', 'none', 'out', 'in', 'both'] as const))
    else if (what === 15 && r.chance(0.2)) h.broker.loseSessions()
    else if (what === 16 && r.chance(0.3)) { h.client.disconnect({ timeout: pick([0, 100, 5000]) }); h.client.connect() }
    else if (what === 17 && r.chance(0.3)) { h.client.abort(); h.client.connect() }
    else if (what === 18) h.client.receive(0)
    audit(core)
    const total = pick([0, 1, 10, 100, 1000, 20000, 70000])
    for (let k = 0; k < 5; k++) {
      h.run(Math.ceil(total / 5))
      audit(core)
      h.client.receive(0)
    }
  }
  h.sim.network.partition('none')
  for (let i = 0; i < 1500; i++) {
    h.client.connect()
    h.sim.network.last?.stall(false)
    h.run(1000)
    h.client.receive(0)
    audit(core)
  }
  const open = sent.filter((token) => token > 0 && h.got.receipt(token) === undefined)
  expect(open).toEqual([])
  expect(h.client.stats()).toMatchObject({ outboxCount: 0, outboxBytes: 0, inflight: 0 })
  expect(core.sentNow_).toBe(0)
  expect(core.behind_).toEqual([])
  h.check()
}

describe('a random program on a random link', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => FROM + i))('balances its books and tells every receipt once, seed %i', (seed) => {
    play(seed)
  })
})
