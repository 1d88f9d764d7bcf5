/** The server as a scenario needs it, over the simulator's model broker. */
import type { Bytes, Qos } from '../../firmware/types.js'
import { everyLie, ModelBroker } from '../../hal/sim/broker/index.js'
import type { Listening, Sim } from '../../hal/sim/index.js'
import { deniedFilters, type Script } from './script.js'

export const CLIENT_ID = 'dev'
export const HOSTS = ['broker', 'broker2', 'broker3'] as const

/** A message that the server took. */
export interface Taken {
  t: number
  topic: string
  label: string
  payload: string
  qos: number
}

/** The device's session at the server. `key` is another object when it is another session. */
export interface SessionView {
  key: object
  filters: ReadonlyMap<string, number>
}

/** Probability of each lie at each opportunity, in the dishonest profile. */
const LIE_CHANCE = 0.004

export class Server {
  refuseConnect = 0
  refusePublish = 0
  flap = false
  muteAcks = false
  muteSubacks = false
  /** The topic over which the connection is closed, "" for none. */
  poison = ''
  private readonly broker: ModelBroker
  private readonly others: Listening[]
  private down = 0
  /** The connection that was accepted last, and that one when it was ended for another. */
  private owner: object | undefined
  private takenOver: object | undefined

  /** @param onAccepted gets each connection under the id that is accepted, and the one that was ended for it. */
  constructor(private readonly sim: Sim, script: Script, onTaken: (taken: Taken) => void, onAccepted: (connection: object, ended: object | undefined) => void) {
    const { sessionExpiry, forbidden: _forbidden, forbids, ...limits } = script.server
    const denied = deniedFilters(script)
    const v5 = script.client.protocolVersion === 5
    this.broker = new ModelBroker(sim, {
      ...limits, topicAliasMaximum: limits.topicAliasMaximum ?? 0, serverKeepAlive: v5 ? limits.serverKeepAlive ?? -1 : -1,
      ...(sessionExpiry === undefined ? {} : { sessionExpiryMaximum: sessionExpiry }),
      host: HOSTS[0], aliasesOut: v5, keep: 200,
      dishonesty: script.profile === 'dishonest' ? everyLie(LIE_CHANCE) : {},
      login: () => this.refuseConnect,
      authorizePublish: () => (this.refusePublish > 0 && v5 ? this.refusePublish : 'allow'),
      authorizeSubscribe: (_clientId, filter) => (denied.has(filter) ? forbids ?? 'refuse' : 'allow'),
      poison: ({ topic }) => topic === this.poison,
      neverAck: ({ kind }) => (kind === 'puback' || kind === 'pubrec' || kind === 'pubcomp' ? this.muteAcks : kind === 'suback' || kind === 'unsuback' ? this.muteSubacks : false),
      onTaken: ({ clientId, t, topic, payload, qos }) => {
        if (clientId === CLIENT_ID) onTaken({ t, topic, label: payload.slice(0, 6), payload, qos })
      },
      onDisconnect: (clientId, how) => { this.takenOver = clientId === CLIENT_ID && how === 'takeover' ? this.owner : undefined },
      onConnect: ({ code }) => {
        if (code === 0) {
          const before = this.takenOver
          this.takenOver = undefined
          this.owner = this.broker.link(CLIENT_ID)?.connection
          if (this.owner !== undefined) onAccepted(this.owner, before)
        }
        if (this.flap && code === 0) sim.after(1, () => this.broker.kick(CLIENT_ID, 'fin'))
      }
    })
    this.others = HOSTS.slice(1, script.program.servers).map((host) => sim.network.listen(host, 1883, (connection) => this.broker.accept(connection)))
  }

  get violations(): string[] {
    const { items } = this.broker.oracle.violations
    return items.length === 0 ? [] : items.map((one) => `${one.kind}${one.statement === '' ? '' : ` (${one.statement})`}: ${one.text}, at ${one.t} ms on connection ${one.connection}`)
  }

  session(): SessionView | undefined {
    const session = this.broker.core.sessions.get(CLIENT_ID)
    return session === undefined ? undefined : { key: session, filters: new Map([...session.subscriptions.values()].map(({ filter, qos }) => [filter, qos])) }
  }

  /** The device has a connection that the server believes in. */
  get online(): boolean {
    return this.broker.link(CLIENT_ID) !== undefined
  }

  get isUp(): boolean {
    return this.broker.isRunning
  }

  publish(topic: string, payload: Bytes, qos: Qos, retain: boolean): void {
    this.broker.publish(topic, payload, qos, retain)
  }

  connects(answer: 'accept' | 'refuse' | 'hang'): void {
    for (const one of [this.broker.listener, ...this.others]) one.connect(answer)
  }

  /** The device's connection is closed, as by a second client of the same id that leaves again. */
  kick(): void {
    this.broker.kick(CLIENT_ID, 'disconnect', 0x8e)
  }

  loseSession(): void {
    this.broker.kick(CLIENT_ID, 'fin')
    this.broker.loseSessions()
  }

  /** Down for `ms`; with `lose` its sessions are gone. */
  restart(ms: number, lose: boolean): void {
    this.down += 1
    const own = this.down
    this.broker.stop('rst')
    this.connects('refuse')
    if (lose) this.broker.loseSessions()
    this.sim.after(ms, () => {
      if (own === this.down) this.up()
    })
  }

  /** Faults end. */
  calm(): void {
    this.refuseConnect = 0
    this.refusePublish = 0
    this.flap = false
    this.muteAcks = false
    this.muteSubacks = false
    this.poison = ''
    this.broker.options.dishonesty = {}
    this.down += 1
    this.up()
  }

  private up(): void {
    this.broker.start()
    this.connects('accept')
  }
}
