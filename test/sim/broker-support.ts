/** A client made of mqtt-packet and nothing else, and our client, both against the model broker. */
import mqtt, { type IConnackPacket, type IConnectPacket, type IPublishPacket, type ISubscription, type Packet, type PacketCmd } from 'mqtt-packet'
import type { Bytes, Socket } from '../../hal/hal.js'
import { ModelBroker, type ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import { createSim, fromArray, toArray, type Sim, type SimOptions } from '../../hal/sim/index.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'

export const bytes = (text: string): Bytes => text as Bytes

/** "82 09" as bytes. */
export function fromHex(hex: string): Bytes {
  return Buffer.from(hex.replace(/\s/g, ''), 'hex').toString('latin1') as Bytes
}

export interface World {
  sim: Sim
  broker: ModelBroker
  /** What its devices are like. */
  options: SimOptions
}

export function world(options: Partial<ModelBrokerOptions> = {}, sim: SimOptions = {}): World {
  const made = createSim(sim)
  return { sim: made, broker: new ModelBroker(made, options), options: sim }
}

/** Our client against a model broker, on a device of its own. */
export function withModel(world: World, options: WorldOptions = {}): SimClient {
  return simClient({ sim: world.sim, device: world.options, broker: false, clientId: 'a', ...options })
}

type Fields<T> = Partial<Omit<T, 'cmd'>>

export class RawClient {
  readonly received: Packet[] = []
  private socket: Socket
  private readonly settings: { protocolVersion: 3 | 4 | 5 }
  private readonly parser

  constructor(private readonly world: World, readonly version: 3 | 4 | 5 = 4, readonly id = 'raw') {
    this.settings = { protocolVersion: version }
    this.parser = mqtt.parser(this.settings)
    this.parser.on('packet', (packet) => this.received.push(packet))
    this.parser.on('error', (error: unknown) => {
      throw error
    })
    this.socket = this.open()
  }

  /** A new connection, by RST of the old one. */
  again(how: 'close' | 'vanish' = 'close'): this {
    if (how === 'close') this.socket.close()
    else this.world.sim.network.last?.halfOpen('both')
    this.world.sim.run(100)
    this.received.length = 0
    this.socket = this.open()
    return this
  }

  connect(fields: Fields<IConnectPacket> = {}): this {
    const { version } = this
    return this.send({ cmd: 'connect', protocolId: version === 3 ? 'MQIsdp' : 'MQTT', protocolVersion: version, clientId: this.id, clean: true, keepalive: 0, ...fields })
  }

  publish(topic: string, payload: string, qos: 0 | 1 | 2, messageId = 0, fields: Fields<IPublishPacket> = {}): this {
    return this.send({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, ...(qos > 0 ? { messageId } : {}), ...fields })
  }

  subscribe(messageId: number, ...filters: (string | ISubscription)[]): this {
    const subscriptions = filters.map((filter) => (typeof filter === 'string' ? { topic: filter, qos: 2 as const } : filter))
    return this.send({ cmd: 'subscribe', messageId, subscriptions })
  }

  ack(cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', messageId: number, reasonCode = 0): this {
    return this.send({ cmd, messageId, reasonCode })
  }

  send(packet: Packet): this {
    return this.raw(fromArray(mqtt.generate(packet, { protocolVersion: this.version })))
  }

  /** Any bytes; the answers are read after 100 ms. */
  raw(out: Bytes): this {
    this.socket.write(out)
    return this.pass(100)
  }

  pass(ms: number): this {
    this.world.sim.run(ms)
    for (let piece = this.socket.read(100000); piece.length > 0; piece = this.socket.read(100000)) this.parser.parse(Buffer.from(toArray(piece)))
    return this
  }

  /** 1 while the connection stands, else the code of its end. */
  get status(): number {
    return this.socket.status()
  }

  /** The received packets of one kind. */
  all<C extends PacketCmd>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.received.filter((packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd)
  }

  get connack(): IConnackPacket {
    return this.all('connack')[0]!
  }

  /** "connack puback:1 publish:2". */
  heard(): string {
    return this.received.map((packet) => (packet.messageId === undefined ? packet.cmd : `${packet.cmd}:${packet.messageId}`)).join(' ')
  }

  private open(): Socket {
    const socket = this.world.sim.hal.socket.open({ host: 'broker', port: 1883 })
    this.world.sim.run(100)
    return socket
  }
}

/** The kinds of the violations so far: "idZero 2.3.1-1". */
export function violations(broker: ModelBroker): string[] {
  return broker.oracle.violations.items.map((violation) => `${violation.kind} ${violation.statement}`)
}
