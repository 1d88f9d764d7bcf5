/** What an honest broker that keeps its session gets, whatever the link does: QoS 2 exactly once, QoS 1 at least once, in order. */
import { describe, expect, it } from 'vitest'
import { Random } from '../../hal/sim/index.js'
import { simClient } from '../support/harness.js'
import type { Qos } from '../../firmware/types.js'

const FROM = Number(process.env.ATTACK_FROM ?? 1)
const SEEDS = Number(process.env.ATTACK_SEEDS ?? 40)

function play(seed: number): void {
  const r = new Random(seed)
  const pick = <T>(items: readonly T[]): T => items[r.int(0, items.length - 1)] as T
  const protocolVersion = pick([4, 5] as const)
  const inbound: string[] = []
  const push = r.chance(0.5)
  const h = simClient({
    sim: {
      seed, waits: r.chance(0.5), maxSpins: 200000,
      conditions: {
        latencyMs: pick([1, 20, 150]), piecesIn: pick([1, 7, 1460, 'random'] as const), piecesOut: pick([1, 7, 1460, 'random'] as const),
        sendBuffer: pick([30, 100, 1000, 5840]), writeMax: pick([0, 0, 5, 64]), writeGapMs: pick([1, 20]), shortWriteChance: pick([0, 0.5]), knowsUnacked: r.chance(0.5)
      }
    },
    clientId: 'once', clean: false, protocolVersion, keepalive: 60, cache: push ? 'push-back' : 'direct',
    broker: { enforceKeepalive: false, ...(protocolVersion === 5 ? { properties: { receiveMaximum: pick([1, 2, 65535]) } } : {}) },
    limits: { inflight: pick([1, 3, 20]), packetOut: 2500, slicePackets: pick([1, 16]), inboxCount: pick([1, 4]), inboxBytes: 2048, packetIn: 1024, outboxCount: 500, outboxBytes: 500000 },
    onStream: (_t, chunk, offset, total) => {
      streamed = offset === 0 ? chunk : streamed + chunk
      if (streamed.length === total) inbound.push(streamed.slice(0, 4))
      return 0
    },
    ...(push ? {} : { onMessage: (_t: string, payload: string) => { inbound.push(payload.slice(0, 4)) } })
  })
  let streamed = ''
  let closes = 0
  const take = (): void => {
    for (let m = h.client.receive(0); push && m !== undefined; m = h.client.receive(0)) inbound.push(m.payload.slice(0, 4))
  }
  h.client.subscribe('in', 2)
  h.up()
  h.run(3000)
  const sent: { qos: number; text: string; token: number }[] = []
  const into: string[] = []
  const label = (n: number): string => String(n).padStart(4, '0')
  for (let i = 0; i < 100; i++) {
    const what = r.int(0, 9)
    const text = label(i)
    if (what < 5) {
      const qos = pick([0, 1, 2] as Qos[])
      sent.push({ qos, text, token: h.client.publish('out', h.bytes(text + 'x'.repeat(pick([0, 30, 1200]))), qos) })
    } else if (what === 5) {
      const body = text + 's'.repeat(pick([10, 3000]))
      const qos = pick([1, 2] as Qos[])
      sent.push({ qos, text, token: h.client.publishStream('out', body.length, (o, max) => h.bytes(body.slice(o, o + r.int(1, max))), qos) })
    } else if (what < 8) {
      into.push(text)
      h.broker.publish('in', text + 'y'.repeat(pick(push ? [0, 50, 900] : [0, 50, 900, 3000])), { qos: 2 })
    } else if (what === 8) {
      // The server closes at most twice: over a third time the oldest message would be under suspicion.
      const byServer = closes < 2 && r.chance(0.3)
      if (byServer) closes += 1
      if (byServer) pick([() => h.peer.close(), () => h.peer.rst()])()
      else pick([() => { h.client.abort(); h.client.connect() }, () => { h.client.disconnect({ timeout: pick([0, 50]) }); h.client.connect() }, () => h.sim.network.partition(pick(['in', 'out', 'both'] as const))])()
    }
    h.run(pick([0, 1, 5, 50, 500, 3000]))
    if (r.chance(0.3)) take()
    if (r.chance(0.2)) h.sim.network.partition('none')
  }
  h.sim.network.partition('none')
  for (let i = 0; i < 3000 && (h.got.state !== 'up' || h.client.stats().outboxCount > 0 || inbound.length < into.length); i++) {
    h.client.connect()
    h.run(500)
    take()
  }
  h.run(5000)
  take()
  for (const m of sent) if (m.token > 0 && h.got.receipt(m.token)?.outcome !== (m.qos === 0 ? 'sent' : 'delivered')) throw new Error(`${m.text} of QoS ${m.qos}, token ${m.token}: ${JSON.stringify(h.got.receipt(m.token))}, ${JSON.stringify(h.client.explain())}`)
  const came = h.broker.messages.map((message) => ({ qos: message.qos, text: message.payload.toString().slice(0, 4) }))
  const once = (qos: number): string[] => [...new Set(came.filter((m) => m.qos === qos).map((m) => m.text))]
  expect(came.filter((m) => m.qos === 2).map((m) => m.text)).toEqual(sent.filter((m) => m.token > 0 && m.qos === 2).map((m) => m.text))
  expect(once(1)).toEqual(sent.filter((m) => m.token > 0 && m.qos === 1).map((m) => m.text))
  expect(once(0).length).toBe(came.filter((m) => m.qos === 0).length)
  expect(inbound).toEqual(into)
  h.check()
}

describe('over a link that ends, parts and stutters', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => FROM + i))('[S2-08] QoS 2 comes exactly once both ways and in order, QoS 1 at least once and in order, QoS 0 at most once, seed %i', (seed) => {
    play(seed)
  })
})
