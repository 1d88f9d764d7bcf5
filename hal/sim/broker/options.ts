/** How the model broker behaves. Everything may be changed while it runs: `broker.options`. */
import type { IConnackPacket, IConnectPacket } from 'mqtt-packet'
import type { Bytes } from '../../hal.js'
import type { ListenOptions } from '../network.js'
import type { Dishonesty } from './lies.js'
import type { BrokerEvents, Message, Qos, Version } from './types.js'

/** `refuse`: answered with a code, or not at all where the version has none. `close`: the link is dropped, as several brokers do. A number is the code of the answer. */
export type Verdict = 'allow' | 'refuse' | 'close' | number

export interface Ack {
  clientId: string
  kind: 'puback' | 'pubrec' | 'pubcomp' | 'suback' | 'unsuback' | 'pingresp' | 'connack'
  packetId: number
  /** The PUBLISH that is answered, where one is. */
  message: Message | undefined
}

export interface ModelBrokerOptions extends BrokerEvents {
  /** Where it listens; "broker" and 1883 when absent. */
  host: string
  port: number
  listen: ListenOptions
  /** Versions it speaks; the others get CONNACK 1 or 0x84. */
  versions: readonly Version[]

  // Limits, announced in the CONNACK of 5.0 where they differ from what the specification takes as given.
  receiveMaximum: number
  maximumQoS: Qos
  retainAvailable: boolean
  topicAliasMaximum: number
  /** Bytes, Infinity for no limit. Enforced for every version. */
  maximumPacketSize: number
  /** Seconds, -1 to take the client's. */
  serverKeepAlive: number
  /** Seconds that a session may outlive its connection at most, whatever the client asks. */
  sessionExpiryMaximum: number
  /** More for the CONNACK of 5.0. */
  properties: NonNullable<IConnackPacket['properties']>

  /** Which packet id a message to a client gets: the next one in a circle, or the lowest that is free, as some brokers do. */
  packetIds: 'rising' | 'lowest'
  /** Messages in flight to one client at a time; 20 as mosquitto has it. The client's Receive Maximum holds as well. */
  maxInflight: number
  /** Messages that wait for one client; more are dropped, the newest first. */
  maxQueued: number
  /** Bytes sent to a connection and not taken by it above which messages of QoS 0 are dropped. */
  maxBacklog: number
  /** Several subscriptions of one client match: one message with the highest QoS and all identifiers, or a copy for each. */
  overlapping: 'merged' | 'copies'
  /** Uses topic aliases towards clients that allow them (5.0). */
  aliasesOut: boolean
  /** When a QoS 2 message is taken: brokers differ. */
  qos2At: 'publish' | 'pubrel'
  /** False: silence is never punished. */
  enforceKeepalive: boolean
  /** What the older connection of a client id hears: nothing but FIN as from mosquitto, or DISCONNECT 0x8E first (5.0). */
  takeover: 'fin' | 'reason'
  /** ms from CONNECT to CONNACK. */
  connackDelayMs: number
  /** ms that a PINGRESP, SUBACK or the like waits; order among them is kept. */
  ackDelayMs: (ack: Ack) => number
  /** True: this acknowledgement is never sent. */
  neverAck: (ack: Ack) => boolean

  /** Asked for each CONNECT with user name and password; a number above 0 refuses with that code. */
  login: (connect: IConnectPacket) => number
  /** Asked for each PUBLISH, before it is taken. */
  authorizePublish: (clientId: string, topic: string, payload: Bytes) => Verdict
  /** Asked for each filter of a SUBSCRIBE. */
  authorizeSubscribe: (clientId: string, filter: string) => Verdict
  /** True: the broker closes the link when it receives this PUBLISH, and does not take it. */
  poison: (message: Message) => boolean

  /** Probabilities of broken promises; none when absent. */
  dishonesty: Dishonesty
  /** Records kept in each of the oracle's lists, the newest ones. */
  keep: number
}

export const DEFAULT_BROKER: ModelBrokerOptions = {
  host: 'broker',
  port: 1883,
  listen: {},
  versions: [3, 4, 5],
  receiveMaximum: 65535,
  maximumQoS: 2,
  retainAvailable: true,
  topicAliasMaximum: 10,
  maximumPacketSize: Infinity,
  serverKeepAlive: -1,
  sessionExpiryMaximum: Infinity,
  properties: {},
  packetIds: 'rising',
  maxInflight: 20,
  maxQueued: 1000,
  maxBacklog: 1048576,
  overlapping: 'merged',
  aliasesOut: false,
  qos2At: 'publish',
  enforceKeepalive: true,
  takeover: 'fin',
  connackDelayMs: 0,
  ackDelayMs: () => 0,
  neverAck: () => false,
  login: () => 0,
  authorizePublish: () => 'allow',
  authorizeSubscribe: () => 'allow',
  poison: () => false,
  dishonesty: {},
  keep: 20000
}
