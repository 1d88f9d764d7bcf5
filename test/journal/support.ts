/**
 * A device with a journal that loses its power again and again, a broker that keeps its session, and what the program on
 * the device believes: which publishes were accepted, what it was told, what it was handed.
 */
import { create, type Client } from '../../firmware/index.js'
import type { Bytes, Code, Options, Outcome } from '../../firmware/types.js'
import { createSim, type Sim, type SimDevice, type SimOptions } from '../../hal/sim/index.js'
import { ScriptedBroker } from '../support/broker.js'

export interface Handed {
  topic: string
  payload: string
  repeated: boolean
  life: number
}

export interface Receipt {
  token: number
  outcome: Outcome
  reason: Code
  life: number
}

export class World {
  readonly sim: Sim
  readonly device: SimDevice
  readonly broker = new ScriptedBroker()
  client!: Client
  /** What survives on the program's side: notes that a test keeps outside the device. */
  readonly receipts: Receipt[] = []
  readonly handed: Handed[] = []
  state = 'offline'

  constructor(readonly options: Partial<Options> = {}, sim: SimOptions = {}) {
    this.sim = createSim({ waits: true, traceLimit: 0, ...sim })
    this.device = this.sim.device
    this.broker.listen(this.sim)
    this.start()
  }

  get life(): number {
    return this.device.boots
  }

  /** A new program on the device as it is. */
  private start(): void {
    const { life } = this
    this.state = 'offline'
    this.client = create(this.device.hal, {
      servers: [{ host: 'broker', port: 1883 }], clientId: 'dev', clean: false, jitter: false, journal: true,
      onReceipt: (token, outcome, reason) => this.receipts.push({ token, outcome, reason, life }),
      onMessage: (topic, payload, packet) => this.handed.push({ topic, payload, repeated: packet.repeated === true, life }),
      onLink: (state) => { this.state = state },
      ...this.options
    })
  }

  /** Power comes back; false when it went again while the program started. */
  reboot(): boolean {
    this.device.reboot()
    return this.device.run(() => this.start())
  }

  /** Publishes; 0 when the power went before `publish` returned. */
  publish(topic: string, payload: string, qos: 0 | 1 | 2 = 1, retain?: boolean, extra?: Parameters<Client['publish']>[4]): number {
    let token = 0
    this.device.run(() => { token = this.client.publish(topic, payload as Bytes, qos, retain, extra) })
    return token
  }

  /** Lets virtual time pass with the client running; ends early when the power goes. */
  run(ms: number): boolean {
    const end = this.sim.now + ms
    return this.device.run(() => {
      while (this.sim.now < end) {
        const before = this.sim.now
        const code = this.client.yield(end - this.sim.now)
        if (code < 0 || this.sim.now === before) this.sim.advance(end - this.sim.now)
      }
    })
  }

  /** `connect()` and up. False when the power went. */
  up(): boolean {
    let code = 0
    if (!this.device.run(() => { code = this.client.connect() })) return false
    if (code < 0) throw new Error(`connect() returned ${code}: ${JSON.stringify(this.client.explain())}`)
    const limit = this.sim.now + 60000
    while (this.state !== 'up') {
      if (this.sim.now > limit) throw new Error(`the link did not come up: ${this.state}, ${JSON.stringify(this.client.explain())}`)
      if (!this.run(5)) return false
    }
    return true
  }

  /** A clean end of a test: nothing was said twice that must not be, nobody broke a rule. */
  check(): void {
    if (this.broker.violations.length > 0) throw new Error(`the client broke the protocol: ${this.broker.violations.join('; ')}`)
    this.sim.check()
  }

  /** The outcomes told for a token, over all lives. */
  told(token: number): Outcome[] {
    return this.receipts.filter((r) => r.token === token).map((r) => r.outcome)
  }

  /** The texts that the broker took on a topic. */
  taken(topic: string): string[] {
    return this.broker.messages.filter((m) => m.topic === topic).map((m) => m.payload.toString('latin1'))
  }
}
