/**
 * A broker over the virtual network, modelled on what brokers do: 3.1, 3.1.1 and 5.0. It is the oracle of the laboratory:
 * it knows what it took and what was acknowledged, and it writes down every breach of the specification by a client.
 *
 *     const broker = new ModelBroker(sim, { receiveMaximum: 10 })
 *     broker.restart({ keepSessions: false, downMs: 5000, how: 'rst' })
 *     broker.check()
 */
import type { Bytes } from '../../hal.js'
import type { SimConnection } from '../connection.js'
import type { Sim } from '../index.js'
import type { Listening } from '../network.js'
import { Core } from './core.js'
import { handleEarly, heard, HONEST } from './handling.js'
import { Link } from './link.js'
import { DEFAULT_BROKER, type ModelBrokerOptions } from './options.js'
import type { Connected, Message, MessageProperties, Outgoing, Qos, Subscription } from './types.js'
import { describeViolation } from './violations.js'

/** ms that a connection may stand without CONNECT. */
const CONNECT_WITHIN = 30000

/** How a server ends: in order, by reset, or without a sign (power cut: even its host is gone until it starts again). */
export type StopKind = 'fin' | 'rst' | 'silent'

export interface RestartOptions {
  /** False: sessions are forgotten, as after a kill. */
  keepSessions?: boolean
  /** False: retained messages are forgotten. They are kept when absent. */
  keepRetained?: boolean
  downMs?: number
  how?: StopKind
}

/** A session as it stands now. */
export interface SessionView {
  clientId: string
  online: boolean
  subscriptions: Subscription[]
  /** To the client, sent and not finished, in order. */
  outgoing: Outgoing[]
  /** To the client, never sent. */
  queued: number
  /** Ids of QoS 2 messages from the client that await PUBREL. */
  incoming: number[]
}

export class ModelBroker {
  /** May be changed while it runs. */
  readonly options: ModelBrokerOptions
  readonly core: Core
  private listening: Listening
  private running = true
  private down: SimConnection[] = []

  constructor(readonly sim: Sim, options: Partial<ModelBrokerOptions> = {}) {
    this.options = { ...DEFAULT_BROKER, dishonesty: HONEST, ...options }
    this.core = new Core(sim, this.options)
    this.listening = sim.network.listen(this.options.host, this.options.port, (connection) => this.accept(connection), this.options.listen)
  }

  /** What it knows for certain: taken, acked, dropped, connects, ends, violations. */
  get oracle(): Core['oracle'] {
    return this.core.oracle
  }

  /** The listener: its conditions, and what happens to new connections. */
  get listener(): Listening {
    return this.listening
  }

  /** CONNECTs answered, refusals included: the newest ones, with times. */
  get connects(): Connected[] {
    return this.core.oracle.connects.items
  }

  get isRunning(): boolean {
    return this.running
  }

  /** Throws when a client broke the specification. */
  check(): void {
    const { items, total } = this.core.oracle.violations
    if (total > 0) throw new Error(`clients broke the specification ${total} times: ${items.slice(0, 5).map(describeViolation).join('; ')}`)
  }

  /** The session of a client, undefined when there is none. */
  session(clientId: string): SessionView | undefined {
    const session = this.core.sessions.get(clientId)
    if (session === undefined) return undefined
    return {
      clientId,
      online: session.link !== undefined,
      subscriptions: [...session.subscriptions.values()],
      outgoing: [...session.outgoing.values()],
      queued: session.queue.length,
      incoming: [...session.incoming.keys()]
    }
  }

  /** The retained message of a topic. */
  retained(topic: string): Message | undefined {
    return this.core.retained.get(topic)
  }

  /** A message as from another client. */
  publish(topic: string, payload: Bytes, qos: Qos = 0, retain = false, properties?: MessageProperties): void {
    if (this.running) this.core.distribute(this.core.message(topic, payload, qos, retain, properties, undefined))
  }

  /** The connection of a client that stands, undefined when there is none. */
  link(clientId: string): Link | undefined {
    return this.core.sessions.get(clientId)?.link
  }

  /**
   * Ends a client's connection: by FIN, by RST, without a sign, or after DISCONNECT with a reason (5.0). False: it has none.
   */
  kick(clientId: string, how: StopKind | 'disconnect', reason = 0x98): boolean {
    const link = this.link(clientId)
    if (link === undefined) return false
    if (how === 'disconnect') link.refuse(reason, 'kicked')
    else if (how === 'silent') {
      link.connection.crash()
      link.ended('kicked')
    } else link.close('kicked', how === 'rst')
    return true
  }

  /** Refuses the next CONNECTs. @param code as 5.0 has it (3.1 and 3.1.1 get theirs), or a v3 code of 1 to 5. */
  refuseNext(code: number, count = 1, serverReference = ''): void {
    this.core.refusal = { code, left: count, serverReference }
  }

  /** Stops serving. `fin`: 5.0 clients are told 0x8B first, and new connects are refused; `silent`: new connects hang. */
  stop(how: StopKind): void {
    if (!this.running) return
    this.running = false
    this.listening.connect(how === 'silent' ? 'hang' : 'refuse')
    for (const link of [...this.core.links]) {
      if (how === 'fin') link.refuse(0x8b, 'stopped')
      else if (how === 'rst') link.close('stopped', true)
      else {
        link.connection.crash()
        this.down.push(link.connection)
        link.ended('stopped')
      }
    }
  }

  /** Serves again. */
  start(): void {
    if (this.running) return
    this.running = true
    this.listening.connect('accept')
    for (const connection of this.down) connection.forget()
    this.down = []
  }

  /** Stops and starts again after `downMs`, with what it remembers. */
  restart(options: RestartOptions = {}): void {
    const { keepSessions = true, keepRetained = true, downMs = 0, how = 'rst' } = options
    this.stop(how)
    if (!keepSessions) this.loseSessions()
    if (!keepRetained) this.core.retained.clear()
    this.sim.after(downMs, () => this.start())
  }

  /** Forgets the sessions of all clients that are offline. */
  loseSessions(): void {
    for (const session of [...this.core.sessions.values()]) {
      if (session.link !== undefined) continue
      this.core.cancelWill(session)
      this.core.endSession(session)
    }
  }

  /** Takes a connection: for a listener of another host. */
  accept(connection: SimConnection): void {
    const { core } = this
    const link = new Link(core, connection)
    core.links.add(link)
    link.onUp = () => handleEarly(core, link)
    connection.onData((bytes) => heard(core, link, bytes))
    connection.onEnd((how) => link.ended(how))
    connection.after(CONNECT_WITHIN, () => {
      if (link.connect === undefined) link.close('refused')
    })
  }
}
