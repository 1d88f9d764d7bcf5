/** The server as a scenario needs it, over the test broker. */
import { ScriptedBroker } from '../../test/support/broker.js'
import { toBuffer, toBytes } from '../../test/support/wire.js'
import type { Bytes, Qos } from '../../firmware/types.js'
import type { Listening, Sim } from '../../hal/sim/index.js'
import type { Script } from './script.js'

export const CLIENT_ID = 'dev'
export const HOSTS = ['broker', 'broker2', 'broker3'] as const

/** A message that the server took. */
export interface Taken {
  t: number
  topic: string
  label: string
  qos: number
}

/** The device's session at the server. `key` is another object when it is another session. */
export interface SessionView {
  key: object
  filters: ReadonlyMap<string, number>
}

export class Server {
  refuseConnect = 0
  refusePublish = 0
  flap = false
  muteAcks = false
  muteSubacks = false
  private readonly broker: ScriptedBroker
  private listening: Listening[] = []
  private seen = 0
  private down = 0

  constructor(private readonly sim: Sim, private readonly script: Script, private readonly onTaken: (taken: Taken) => void) {
    const { receiveMaximum, topicAliasMaximum, maximumPacketSize, serverKeepAlive, maximumQoS } = script.server
    const properties = Object.fromEntries(Object.entries({ receiveMaximum, topicAliasMaximum, maximumPacketSize, serverKeepAlive, ...(maximumQoS === undefined ? {} : { maximumQoS }) }).filter(([, value]) => value !== undefined))
    this.broker = new ScriptedBroker({
      ...(maximumQoS === undefined ? {} : { maximumQoS }),
      authorize: () => this.refuseConnect,
      ...(script.client.protocolVersion === 5 ? { properties } : {})
    })
    this.broker.on('connect', (_packet, peer) => {
      if (!this.flap || this.refuseConnect > 0) return false
      this.broker.welcome(peer)
      peer.close()
      return true
    })
    this.broker.on('publish', (packet, peer) => {
      const alias = packet.properties?.topicAlias
      if (alias !== undefined && packet.topic !== '') peer.aliases.set(alias, packet.topic)
      if (this.muteAcks) return true
      if (this.refusePublish === 0 || packet.qos === 0 || peer.version !== 5 || packet.dup) return false
      const id = packet.messageId ?? 0
      if (packet.qos === 1) peer.puback(id, this.refusePublish)
      else peer.pubrec(id, this.refusePublish)
      return true
    })
    this.broker.on('pubrel', () => this.muteAcks)
    this.broker.on('subscribe', () => this.muteSubacks)
    this.broker.on('unsubscribe', () => this.muteSubacks)
    this.listen()
  }

  /** Tells what was taken since the last call. */
  poll(): void {
    const { messages } = this.broker
    while (this.seen < messages.length) {
      const message = messages[this.seen]!
      this.seen += 1
      this.onTaken({ t: this.sim.now, topic: message.topic, label: message.payload.toString('latin1', 0, 6), qos: message.qos })
    }
  }

  get violations(): string[] {
    return this.broker.violations.filter((what) => !what.startsWith('connection') || !what.includes('silent for'))
  }

  session(): SessionView | undefined {
    const session = this.broker.sessions.get(CLIENT_ID)
    return session === undefined ? undefined : { key: session, filters: new Map([...session.subscriptions].map(([filter, { qos }]) => [filter, qos])) }
  }

  /** The device has a connection that the server believes in. */
  get online(): boolean {
    return this.broker.client(CLIENT_ID) !== undefined
  }

  publish(topic: string, payload: Bytes, qos: Qos, retain: boolean): void {
    this.broker.publish(topic, toBuffer(payload), { qos, retain })
  }

  connects(answer: 'accept' | 'refuse' | 'hang'): void {
    for (const one of this.listening) one.connect(answer)
  }

  /** The device's connection is closed, as by a second client of the same id that leaves again. */
  kick(): void {
    const peer = this.broker.client(CLIENT_ID)
    if (peer === undefined) return
    if (peer.version === 5) peer.disconnect(0x8e)
    peer.close()
  }

  loseSession(): void {
    this.broker.client(CLIENT_ID)?.close()
    this.broker.sessions.delete(CLIENT_ID)
  }

  /** Down for `ms`; with `lose` its sessions are gone. */
  restart(ms: number, lose: boolean): void {
    for (const one of this.listening) one.close()
    this.listening = []
    if (lose) this.broker.loseSessions()
    else this.broker.closeAll()
    this.down += 1
    const own = this.down
    this.sim.after(ms, () => {
      if (own === this.down) this.listen()
    })
  }

  /** Faults end. */
  calm(): void {
    this.refuseConnect = 0
    this.refusePublish = 0
    this.flap = false
    this.muteAcks = false
    this.muteSubacks = false
    if (this.listening.length === 0) this.listen()
    this.connects('accept')
  }

  private listen(): void {
    if (this.listening.length > 0) return
    this.listening = HOSTS.slice(0, this.script.program.servers).map((host) => this.broker.listen(this.sim, host))
  }
}

export { toBytes }
