/**
 * A small, honest, scripted MQTT server for tests, on mqtt-packet: versions 3.1, 3.1.1 and 5.0, over the simulator or
 * over real sockets. By itself it does what a broker does; a test takes over packet by packet with `on`.
 */
import net from 'node:net'
import type { IConnackPacket, IConnectPacket, IPublishPacket, Packet, PacketCmd } from 'mqtt-packet'
import type { Listening, ListenOptions, Sim } from '../../hal/sim/index.js'
import { checkIds } from './checks.js'
import { Peer } from './peer.js'
import { Router } from './router.js'
import { newSession, type Session, type Stored } from './session.js'
import { nodeWire, simWire, toBuffer, type Wire } from './wire.js'

export { Peer, type Received } from './peer.js'
export { toBuffer, toBytes } from './wire.js'

export interface BrokerOptions {
  /** The highest QoS granted; 2 when absent. */
  maximumQoS?: 0 | 1 | 2
  /** Return or reason code for a CONNECT, 0 to accept. */
  authorize?: (connect: IConnectPacket) => number
  /** 5.0: properties of every CONNACK. */
  properties?: NonNullable<IConnackPacket['properties']>
  /** False: a silent client is kept for ever; otherwise it is closed after 1.5 x keepalive. */
  enforceKeepalive?: boolean
}

type Handler = (packet: Packet, peer: Peer) => boolean | void

export class ScriptedBroker {
  /** Every connection, in order. */
  readonly peers: Peer[] = []
  /** Every application message that was published to the broker, in order (QoS 2 once). */
  readonly messages: Stored[] = []
  private readonly router = new Router()
  private readonly handlers = new Map<PacketCmd, Handler[]>()
  private readonly wills = new Map<Peer, Stored & { delay: number }>()
  private assigned = 0

  constructor(readonly options: BrokerOptions = {}) {}

  /** Listens in the simulator. */
  listen(sim: Sim, host = 'broker', port = 1883, listen: ListenOptions = {}): Listening {
    return sim.network.listen(host, port, (connection) => this.accept(simWire(sim, connection)), listen)
  }

  /** Listens on a free loopback port. `stop` closes every connection. */
  async serve(): Promise<{ port: number; stop: () => Promise<void> }> {
    const since = performance.now()
    const sockets = new Set<net.Socket>()
    const server = net.createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      this.accept(nodeWire(socket, since))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address() as net.AddressInfo
    const stop = (): Promise<void> => new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
    return { port: address.port, stop }
  }

  get sessions(): Map<string, Session> {
    return this.router.sessions
  }

  get retained(): Map<string, Stored> {
    return this.router.retained
  }

  /** The newest connection. */
  get peer(): Peer {
    const peer = this.peers[this.peers.length - 1]
    if (peer === undefined) throw new Error('no client has connected to the test broker yet')
    return peer
  }

  /** All packets of all connections, in order of connection. */
  get packets(): Packet[] {
    return this.peers.flatMap((peer) => peer.packets.map((received) => received.packet))
  }

  /** What clients did against the specification. */
  get violations(): string[] {
    return this.peers.flatMap((peer) => peer.violations.map((what) => `connection ${peer.id}: ${what}`))
  }

  /** `fn` sees every packet of a kind before the broker does; true means that the broker leaves it alone. Returns what takes it away again. */
  on<C extends PacketCmd>(cmd: C, fn: (packet: Extract<Packet, { cmd: C }>, peer: Peer) => boolean | void): () => void {
    const list = this.handlers.get(cmd) ?? []
    this.handlers.set(cmd, list)
    list.push(fn as Handler)
    return () => {
      const index = list.indexOf(fn as Handler)
      if (index >= 0) list.splice(index, 1)
    }
  }

  /** The client of this id whose connection stands. */
  client(clientId: string): Peer | undefined {
    return this.router.online.get(clientId)
  }

  /** Publishes a message as if a client had. */
  publish(topic: string, payload: string | Buffer = '', fields: Partial<Stored> = {}): void {
    const body = typeof payload === 'string' ? toBuffer(payload) : payload
    this.router.route({ topic, payload: body, qos: 0, retain: false, properties: undefined, ...fields }, undefined)
  }

  /** Forgets every session, as a broker without persistence does when it restarts. Connections are closed. */
  loseSessions(): void {
    this.closeAll()
    this.sessions.clear()
  }

  closeAll(): void {
    for (const peer of this.peers) peer.close()
  }

  /** Takes a connection. */
  accept(wire: Wire): Peer {
    const peer: Peer = new Peer(this.peers.length + 1, wire, (packet) => this.handle(packet, peer), () => this.ended(peer))
    this.peers.push(peer)
    return peer
  }

  private handle(packet: Packet, peer: Peer): void {
    if (packet.cmd === 'connect') {
      if (peer.connect !== undefined) return this.breach(peer, 'a second CONNECT on one connection (3.1.0-2)')
      peer.connect = packet
    } else if (peer.connect === undefined) return this.breach(peer, `${packet.cmd} before CONNECT (3.1.0-1)`)
    else if (!peer.accepted && packet.cmd !== 'auth' && packet.cmd !== 'disconnect') peer.violations.push(`${packet.cmd} before CONNACK`)
    checkIds(packet, peer, this.options.properties?.receiveMaximum)
    for (const fn of [...(this.handlers.get(packet.cmd) ?? [])]) if (fn(packet, peer) === true) return
    if (peer.closed) return
    if (packet.cmd === 'connect') this.welcome(peer)
    else if (packet.cmd === 'pingreq') peer.pingresp()
    else if (packet.cmd === 'disconnect') {
      peer.disconnected = true
      if (packet.reasonCode !== 4) this.wills.delete(peer)
      const expiry = packet.properties?.sessionExpiryInterval
      if (expiry !== undefined && peer.session !== undefined) peer.session.expiry = expiry
      peer.close()
    } else if (peer.session !== undefined) this.inSession(packet, peer, peer.session)
  }

  private inSession(packet: Packet, peer: Peer, session: Session): void {
    if (packet.cmd === 'publish') this.published(packet, peer, session)
    else if (packet.cmd === 'pubrel') {
      const known = session.incoming.delete(packet.messageId ?? 0)
      peer.pubcomp(packet.messageId ?? 0, known ? 0 : 0x92)
    } else if (packet.cmd === 'subscribe') this.router.subscribe(packet, peer, session, this.options.maximumQoS ?? 2)
    else if (packet.cmd === 'unsubscribe') {
      const codes = packet.unsubscriptions.map((filter) => (session.subscriptions.delete(filter) ? 0 : 0x11))
      peer.unsuback(packet.messageId ?? 0, codes)
    } else if (packet.cmd === 'puback' || packet.cmd === 'pubrec' || packet.cmd === 'pubcomp') {
      const outgoing = session.outgoing.find((candidate) => candidate.messageId === packet.messageId)
      if (outgoing === undefined || outgoing.awaits !== packet.cmd) {
        peer.violations.push(`${packet.cmd} ${packet.messageId}, where ${outgoing === undefined ? 'nothing is in flight' : `${outgoing.awaits} is awaited`}`)
        return
      }
      if (packet.cmd === 'pubrec' && (packet.reasonCode ?? 0) < 0x80) {
        outgoing.awaits = 'pubcomp'
        peer.pubrel(outgoing.messageId)
        return
      }
      session.outgoing.splice(session.outgoing.indexOf(outgoing), 1)
      this.router.flush(session)
    }
  }

  /** What the broker does with a CONNECT by itself; `fields` change its CONNACK. For `on('connect', ...)`. */
  welcome(peer: Peer, fields: Partial<IConnackPacket> = {}): void {
    const packet = peer.connect
    if (packet === undefined) throw new Error(`connection ${peer.id} has not sent CONNECT`)
    const code = this.options.authorize?.(packet) ?? 0
    if (code !== 0) {
      peer.connack({ code })
      peer.close()
      return
    }
    const properties = { ...this.options.properties, ...fields.properties }
    let clientId = packet.clientId
    if (clientId === '') {
      if (peer.version < 5 && packet.clean !== true) {
        peer.connack({ code: 2 })
        peer.close()
        return
      }
      this.assigned += 1
      clientId = `assigned-${this.assigned}`
      properties.assignedClientIdentifier = clientId
    }
    const other = this.router.online.get(clientId)
    if (other !== undefined) {
      // As mosquitto does: with clean off the session goes on and the will is not sent.
      if (packet.clean !== true) this.wills.delete(other)
      if (other.version === 5) other.disconnect(0x8e)
      other.close()
    }
    const kept = packet.clean === true ? undefined : this.sessions.get(clientId)
    const v5Expiry = packet.properties?.sessionExpiryInterval ?? 0
    const expiry = peer.version === 5 ? (v5Expiry === 0xffffffff ? Infinity : v5Expiry) : packet.clean === true ? 0 : Infinity
    const session = kept ?? newSession(clientId, expiry)
    session.expiry = expiry
    this.sessions.set(clientId, session)
    this.router.online.set(clientId, peer)
    peer.session = session
    if (packet.will !== undefined) {
      const { topic, payload, qos, retain } = packet.will
      const { willDelayInterval, ...rest } = packet.will.properties ?? {}
      this.wills.set(peer, {
        topic, payload: Buffer.from(payload), qos: qos ?? 0, retain: retain ?? false,
        properties: Object.keys(rest).length > 0 ? rest : undefined, delay: willDelayInterval ?? 0
      })
    }
    const withProperties = peer.version === 5 && Object.keys(properties).length > 0 ? { properties } : {}
    peer.connack({ sessionPresent: kept !== undefined && peer.version > 3, ...fields, ...withProperties })
    this.watch(peer, properties.serverKeepAlive ?? packet.keepalive ?? 0)
    this.router.resume(session, peer)
  }

  private published(packet: IPublishPacket, peer: Peer, session: Session): void {
    const id = packet.messageId ?? 0
    let topic = packet.topic
    const alias = packet.properties?.topicAlias
    if (alias !== undefined) {
      if (alias === 0 || alias > (this.options.properties?.topicAliasMaximum ?? 0)) return this.breach(peer, `topic alias ${alias} over the maximum (3.3.2-9)`)
      if (topic === '') topic = peer.aliases.get(alias) ?? ''
      else peer.aliases.set(alias, topic)
    }
    if (topic === '' || /[+#]/.test(topic)) return this.breach(peer, `a PUBLISH to ${JSON.stringify(topic)}`)
    const { topicAlias: _alias, subscriptionIdentifier: _id, ...properties } = packet.properties ?? {}
    const message: Stored = {
      topic, payload: Buffer.from(packet.payload), qos: packet.qos, retain: packet.retain,
      properties: Object.keys(properties).length > 0 ? properties : undefined
    }
    const repeated = packet.qos === 2 && session.incoming.has(id)
    if (!repeated) {
      if (packet.qos === 2) session.incoming.add(id)
      this.messages.push(message)
    }
    if (packet.qos === 1) peer.puback(id)
    if (packet.qos === 2) peer.pubrec(id)
    if (!repeated) this.router.route(message, session.clientId)
  }

  private ended(peer: Peer): void {
    const session = peer.session
    if (session === undefined) return
    if (this.router.online.get(session.clientId) === peer) this.router.online.delete(session.clientId)
    const will = this.wills.get(peer)
    this.wills.delete(peer)
    const gone = (): boolean => !this.router.online.has(session.clientId)
    if (will !== undefined) {
      const { delay, ...message } = will
      const wait = Math.min(delay, session.expiry)
      if (wait > 0) peer.wire.after(wait * 1000, () => {
        if (gone()) this.router.route(message, undefined)
      })
      else this.router.route(message, undefined)
    }
    const forget = (): void => {
      if (gone() && this.sessions.get(session.clientId) === session) this.sessions.delete(session.clientId)
    }
    if (session.expiry === 0) forget()
    else if (session.expiry !== Infinity) peer.wire.after(session.expiry * 1000, forget)
  }

  private watch(peer: Peer, keepalive: number): void {
    if (keepalive === 0 || this.options.enforceKeepalive === false) return
    const limit = keepalive * 1500
    const look = (): void => {
      if (peer.closed) return
      const silent = peer.wire.now() - peer.lastHeard
      if (silent >= limit) {
        peer.violations.push(`silent for ${silent} ms under a keepalive of ${keepalive} s (3.1.2-24)`)
        peer.close()
      } else peer.wire.after(limit - silent, look)
    }
    peer.wire.after(limit, look)
  }

  /** What the specification answers with a close. */
  private breach(peer: Peer, what: string): void {
    peer.violations.push(what)
    if (peer.version === 5 && peer.session !== undefined) peer.disconnect(0x82)
    peer.close()
  }
}
