/** A client on the event-driven host port, for tests against real peers. */
import { create, type Client } from '../../firmware/index.js'
import type { Bytes, LinkState, Options } from '../../firmware/types.js'
import { createHostHal } from '../../hal/host/index.js'
import { Recording, type Granted, type Receipt } from './record.js'
import { until } from './until.js'

const STEP_MS = 10000

export class HostClient {
  readonly client: Client
  readonly got: Recording
  /** What callbacks threw. */
  readonly errors: unknown[] = []
  private readonly hal = createHostHal({ onCallbackError: (error) => this.errors.push(error) })

  constructor(port: number, options: Partial<Options> = {}) {
    const start = performance.now()
    this.got = new Recording(() => Math.round(performance.now() - start))
    this.client = create(this.hal, this.got.over({ servers: [{ host: '127.0.0.1', port }], reconnectPeriod: 200, reconnectSpread: 200, ...options }))
  }

  bytes(text: string): Bytes {
    return this.hal.text.utf8(text)
  }

  /** `connect()`, and waits for the link. */
  async up(): Promise<this> {
    const code = this.client.connect()
    if (code < 0) throw new Error(`connect() returned ${code}: ${JSON.stringify(this.client.explain())}`)
    await this.state('up')
    return this
  }

  async state(state: LinkState, ms = STEP_MS): Promise<void> {
    await until(() => this.got.state === state, ms, `the link to be ${state}`, () => this.where())
  }

  /** Waits for the receipt of a token, given as `publish` returned it. */
  async receipt(token: number, ms = STEP_MS): Promise<Receipt> {
    if (token <= 0) throw new Error(`publish() returned ${token}: ${JSON.stringify(this.client.explain())}`)
    return until(() => this.got.receipt(token), ms, `the receipt of token ${token}`, () => this.where())
  }

  /** Subscribes and waits for the answer. */
  async subscribe(filter: string, qos: 0 | 1 | 2, ms = STEP_MS): Promise<Granted> {
    const token = this.client.subscribe(filter, qos)
    if (token <= 0) throw new Error(`subscribe() returned ${token}: ${JSON.stringify(this.client.explain())}`)
    return until(() => this.got.granted.find((granted) => granted.token === token), ms, `SUBACK for ${filter}`, () => this.where())
  }

  /** Waits until `count` messages came on a topic. */
  async count(topic: string, count: number, ms = STEP_MS): Promise<void> {
    await until(() => this.got.payloads(topic).length >= count, ms, `${count} messages on ${topic}`, () => `${this.got.payloads(topic).length} came; ${this.where()}`)
  }

  /** Ends in order and waits for it. */
  async end(): Promise<void> {
    if (this.got.state === 'offline') return
    this.client.disconnect()
    await this.state('offline')
  }

  private where(): string {
    return `link: ${this.got.links.map((link) => link.state).slice(-6).join(' ')}, cause: ${JSON.stringify(this.client.explain())}`
  }
}
