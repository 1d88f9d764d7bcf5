import { afterEach, describe, expect, it } from 'vitest'
import type { Options, Qos } from '../../../firmware/types.js'
import type { HostClient } from '../../support/host-client.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'
import { until } from '../../support/until.js'

let broker: Mosquitto
const peers = new Peers(() => broker.port)
afterEach(async () => {
  await peers.end()
  await broker.remove()
})

/**
 * Publishes numbers on load/1 and load/2 in turn until it is told to end, ten at a time that have no receipt or have not
 * come out at the other end. That keeps what the broker holds within its own limit: mosquitto 2.0 with more than 20
 * messages for one client in its file forgets after a restart which of them had PUBREC, and publishes those again.
 */
class Load {
  readonly tokens: { token: number; topic: string; payload: string }[] = []
  private going = true

  private readonly arrived = new Set<string>()

  constructor(private readonly sender: HostClient) {}

  /** Called for every message that came out. */
  came(topic: string, payload: string): void {
    this.arrived.add(`${topic} ${payload}`)
    this.more()
  }

  /** Called for every receipt, and once to begin. */
  more(): void {
    while (this.going && this.tokens.length - Math.min(this.arrived.size, this.sender.got.receipts.length) < 10) {
      const qos: Qos = this.tokens.length % 2 === 0 ? 1 : 2
      const payload = String(this.tokens.length)
      const token = this.sender.client.publish(`load/${qos}`, this.sender.bytes(payload), qos)
      if (token <= 0) throw new Error(`publish number ${payload} returned ${token}`)
      this.tokens.push({ token, topic: `load/${qos}`, payload })
    }
  }

  end(): void {
    this.going = false
  }

  payloads(topic: string): string[] {
    return this.tokens.filter((sent) => sent.topic === topic).map((sent) => sent.payload)
  }
}

async function underLoad(options: Partial<Options>): Promise<{ load: Load; sender: HostClient; receiver: HostClient }> {
  const common: Partial<Options> = { clean: false, reconnectPeriodMax: 1000, limits: { inflight: 10 }, ...options }
  const sender: HostClient = peers.client({ ...common, clientId: 'sender', onReceipt: () => load.more() })
  const load = new Load(sender)
  const receiver = await peers.client({ ...common, clientId: 'receiver', onMessage: (topic, payload) => load.came(topic, payload) }).up()
  await receiver.subscribe('load/+', 2)
  await sender.up()
  load.more()
  return { load, sender, receiver }
}

/** More receipts than there were: the load runs. */
async function progress(sender: HostClient, by: number): Promise<void> {
  const before = sender.got.receipts.length
  await until(() => sender.got.receipts.length >= before + by, 15000, `${by} more receipts`, () => `${sender.got.receipts.length - before} came; links: ${sender.got.states().slice(-4).join(' ')}`)
}

describe.each([4, 5] as const)('mosquitto with persistence under load, protocol version %i', (protocolVersion) => {
  it('restarted five times by SIGTERM loses no accepted QoS 1 or 2 message and brings no QoS 2 message twice [S0-16] [S2-04] [S2-12] [S2-25]', async () => {
    broker = await startMosquitto({ persistence: true, maxQueued: 0 })
    const { load, sender, receiver } = await underLoad({ protocolVersion })
    for (let i = 0; i < 5; i++) {
      await progress(sender, 100)
      await broker.restart('SIGTERM')
    }
    await progress(sender, 100)
    load.end()
    await until(() => sender.got.receipts.length === load.tokens.length, 15000, 'the last receipts', () => `${sender.got.receipts.length} of ${load.tokens.length}`)
    expect(sender.got.receipts.filter((receipt) => receipt.outcome !== 'delivered')).toEqual([])
    expect(sender.client.stats()).toMatchObject({ connects: 6, sessionLost: 0 })
    for (const topic of ['load/1', 'load/2']) {
      const sent = load.payloads(topic)
      await until(() => new Set(receiver.got.payloads(topic)).size >= sent.length, 15000, `all ${sent.length} messages on ${topic}`, () => {
        const missing = sent.filter((payload) => !receiver.got.payloads(topic).includes(payload))
        return `missing: ${missing.slice(0, 20).join(' ')}`
      })
    }
    expect(receiver.got.payloads('load/2')).toHaveLength(load.payloads('load/2').length)
    expect(new Set(receiver.got.payloads('load/1')).size).toBe(load.payloads('load/1').length)
  }, 90000)

  it('killed by SIGKILL: every message without a final receipt is sent again, and the lost session is reported [S0-16]', async () => {
    broker = await startMosquitto({ persistence: true, maxQueued: 0 })
    const { load, sender } = await underLoad({ protocolVersion })
    await progress(sender, 100)
    await broker.kill()
    await sender.state('waiting')
    load.end()
    const open = sender.client.stats().inflight
    await broker.start()
    await until(() => sender.got.receipts.length === load.tokens.length, 15000, 'the last receipts', () => `${sender.got.receipts.length} of ${load.tokens.length}`)
    expect(sender.got.receipts.every((receipt) => receipt.outcome === 'delivered')).toBe(true)
    const stats = sender.client.stats()
    expect(stats.sessionLost).toBe(1)
    expect(stats.resent).toBe(open)
    expect(open).toBeGreaterThan(0)
    expect(sender.got.links.at(-1)?.sessionPresent).toBe(false)
  })
})
