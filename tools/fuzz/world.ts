/** A client in the simulator whose options, program and server follow from an input, and what must hold after every step. */
import { create, type Client } from '../../firmware/index.js'
import type { Bytes, Limits, Options, Outcome } from '../../firmware/types.js'
import { createSim, type Sim } from '../../hal/sim/index.js'
import { checkCore } from '../../test/support/invariants.js'
import { checkMarks, memoryContract, type Contract } from '../contract/contract.js'
import type { Choices } from './choices.js'

const NAMES = ['t', 'a/b', 'site/7/temperature', 'x'.repeat(200)] as const

/** Small, so that every bound is near. */
const SMALL: Limits = {
  packetIn: 64, packetOut: 300, streamMax: 2000, outboxCount: 3, outboxBytes: 400, inboxCount: 2, inboxBytes: 300, inflight: 2, subscriptions: 2, slicePackets: 2, sliceBytes: 100
}

export class World {
  readonly sim: Sim
  readonly options: Options
  readonly outcomes = new Map<number, Outcome>()
  readonly accepted = new Set<number>()
  client: Client
  /** Called in every callback of the client. */
  inside: () => void = () => {}
  private contract: Contract
  private readonly wrong: string[] = []
  private packets = 0
  private bytes = 0

  constructor(readonly choices: Choices, storage = false) {
    const c = choices
    const waits = c.oneIn(2)
    const piecesIn = c.pick([1460, 1, 7, 'random'] as const)
    const conditions = {
      latencyMs: 1, piecesIn, sendBuffer: c.pick([5840, 20, 300]), shortWriteChance: c.pick([0, 0.5]), knowsUnacked: c.oneIn(2)
    }
    this.sim = createSim({ seed: 1 + c.byte(), waits, wrap: 'int32', startTicks: c.pick([0, 2147483000, -2000]), traceLimit: 0, maxSpins: 30000, maxEvents: 300000, conditions, storage })
    const protocolVersion = c.pick([4, 5, 3] as const)
    const small = c.oneIn(2)
    const flags = c.byte()
    this.options = {
      servers: [{ host: 'broker', port: 1883 }], clientId: 'fuzz', jitter: false, protocolVersion, clean: flags % 2 === 0, keepalive: c.pick([60, 5, 0]),
      ...(small ? { limits: SMALL } : { limits: { packetIn: 1024 } }),
      cache: c.pick(['direct', 'overwrite-oldest', 'push-back'] as const), whenFull: c.pick(['refuse', 'drop-oldest', 'drop-newest', 'keep-latest'] as const),
      onSessionLost: flags % 4 < 2 ? 'resend' : 'report',
      ...(protocolVersion === 5 ? { topicAliasOut: c.pick([0, 2]), properties: { topicAliasMaximum: small ? 0 : 2 } } : {}),
      ...(storage ? { journal: true, learnKeepalive: flags % 8 < 4, recorder: flags % 16 < 8 ? 1024 : 0 } : {}),
      onReceipt: (token, outcome) => {
        if (this.outcomes.has(token)) this.wrong.push(`token ${token} has two receipts, ${this.outcomes.get(token)!} and ${outcome}`)
        this.outcomes.set(token, outcome)
        this.inside()
      },
      onMessage: () => this.inside(),
      onSubscribed: () => this.inside(),
      onLink: () => this.inside(),
      ...(flags % 32 < 16 ? { onStream: () => (flags % 64 < 32 ? 0 : -1) } : {})
    }
    this.contract = memoryContract(this.options, 'full')
    this.client = create(this.sim.device.hal, this.options)
    this.watch()
  }

  /** After each slice: its bounds. */
  private watch(): void {
    const { system } = this.sim.device.hal
    const feed = system.feedWatchdog
    const { slicePackets, sliceBytes } = { slicePackets: 256, sliceBytes: 65536, ...this.options.limits }
    system.feedWatchdog = () => {
      const stats = this.client.stats()
      if (stats.packetsIn - this.packets > slicePackets) this.wrong.push(`a slice handled ${stats.packetsIn - this.packets} packets, the limit is ${slicePackets}`)
      if (stats.bytesIn - this.bytes > sliceBytes) this.wrong.push(`a slice read ${stats.bytesIn - this.bytes} bytes, the limit is ${sliceBytes}`)
      this.packets = stats.packetsIn
      this.bytes = stats.bytesIn
      feed()
    }
  }

  /** The power comes back: a new client over the same store. What the old one promised is no longer checked. */
  reborn(): void {
    // A store that says anything is a journal of another program: its values are what that one held.
    const values = [...this.sim.device.storage.values].filter(([key]) => key.startsWith('yq')).map(([, value]) => value.length)
    const bytes = values.reduce((sum, length) => sum + length, 0)
    this.contract = memoryContract(this.options, 'full', { before: { outboxCount: values.length, outboxBytes: bytes, inflight: values.length } })
    this.client = create(this.sim.device.reboot(), this.options)
    this.outcomes.clear()
    this.accepted.clear()
    this.packets = 0
    this.bytes = 0
    this.watch()
  }

  /** Throws what is not as it must be. */
  check(): void {
    const { client, wrong } = this
    if (client.core_ !== undefined) wrong.push(...checkCore(client.core_))
    wrong.push(...checkMarks(client.stats(), this.contract))
    if (wrong.length > 0) throw new Error(wrong.join('; '))
    this.sim.check()
  }

  /** Virtual time passes, with the client running. */
  run(ms: number): void {
    if (this.sim.device.hal.timer.wait === undefined) {
      this.sim.run(ms)
      return
    }
    const end = this.sim.now + ms
    for (let i = 0; this.sim.now < end; i += 1) {
      if (i > 1000) throw new Error(`yield returned 1000 times without the time of ${ms} ms having passed`)
      const before = this.sim.now
      const code = this.client.yield(end - this.sim.now)
      if (code < 0 || this.sim.now === before) this.sim.advance(end - this.sim.now)
    }
  }

  topic(): string {
    return this.choices.pick(NAMES)
  }

  payload(): Bytes {
    return 'p'.repeat(this.choices.pick([0, 1, 20, 100, 250, 1200])) as Bytes
  }

  /** One thing that a program does. */
  act(): void {
    const { choices: c, client } = this
    const note = (token: number): void => {
      if (token > 0) this.accepted.add(token)
    }
    switch (c.int(12)) {
      case 0: case 1: case 2: note(client.publish(this.topic(), this.payload(), c.pick([0, 1, 2] as const), c.oneIn(8))); break
      case 3: note(client.publish(this.topic(), this.payload(), c.pick([0, 1, 2] as const), false, { deadline: 1 + c.int(20000), priority: c.int(5) - 2, keepLatest: c.oneIn(2) })); break
      case 4: {
        const size = 1 + c.byte()
        note(client.publishStream(this.topic(), c.int(3000), (_offset, max) => 's'.repeat(c.oneIn(20) ? 0 : Math.min(size, max)) as Bytes, c.pick([0, 1, 2] as const)))
        break
      }
      case 5: case 6: client.subscribe(c.pick(['t', 'a/+', '#', '$share/g/a/b']), c.pick([0, 1, 2] as const)); break
      case 7: client.unsubscribe(c.pick(['t', 'a/+', '#', '$share/g/a/b'])); break
      case 8: client.receive(c.pick([0, 0, 100])); break
      case 9: if (c.oneIn(4)) client.disconnect({ timeout: c.pick([0, 100, 5000]) }); else client.connect(); break
      case 10: if (c.oneIn(4)) client.abort(); else client.connect(); break
      default: client.publish(this.topic(), this.payload(), 1)
    }
  }

  /** The end of every input: a quiet hour, then `destroy`. Every accepted publish has its one receipt. */
  finish(): void {
    this.inside = () => {}
    this.run(3600)
    this.check()
    this.client.destroy()
    this.check()
    for (const token of this.accepted) if (!this.outcomes.has(token)) throw new Error(`token ${token} was accepted and has no receipt after destroy()`)
  }
}
