/** What the model broker's parts speak of: messages, subscriptions, what a test is told. */
import type { IPublishPacket, UserProperties } from 'mqtt-packet'
import type { Bytes } from '../../hal.js'

export type Qos = 0 | 1 | 2
export type Version = 3 | 4 | 5

/** The properties of a PUBLISH that travel with the message (5.0). */
export interface MessageProperties {
  payloadFormatIndicator?: boolean
  messageExpiryInterval?: number
  responseTopic?: string
  correlationData?: IPublishPacket['payload']
  userProperties?: UserProperties
  contentType?: string
}

/** An application message as the broker holds it. */
export interface Message {
  topic: string
  payload: Bytes
  qos: Qos
  retain: boolean
  properties: MessageProperties | undefined
  /** When the broker took it, ms of the simulation. */
  takenAt: number
  /** When it expires (5.0), ms of the simulation; Infinity for never. */
  expiresAt: number
  /** The client that published it, undefined for the broker's own. */
  from: string | undefined
}

export interface Subscription {
  filter: string
  qos: Qos
  noLocal: boolean
  retainAsPublished: boolean
  retainHandling: number
  /** Subscription Identifier (5.0), 0 for none. */
  identifier: number
}

/** A message on its way to one client. */
export interface Delivery {
  message: Message
  qos: Qos
  retain: boolean
  identifiers: number[]
}

/** A delivery of QoS 1 or 2 that was sent and is not finished; `awaits` is the packet that moves or ends it. */
export interface Outgoing {
  id: number
  delivery: Delivery
  awaits: 'puback' | 'pubrec' | 'pubcomp'
}

/** How a connection ended: by the client's DISCONNECT, FIN or RST; by silence; by a takeover; by a breach of the protocol; or by the broker's own will. */
export type EndKind = 'disconnect' | 'fin' | 'rst' | 'keepalive' | 'takeover' | 'violation' | 'refused' | 'kicked' | 'stopped'

/** An application message taken from a client: told once for each time the broker takes it. */
export interface Taken {
  t: number
  clientId: string
  topic: string
  payload: Bytes
  qos: Qos
  retain: boolean
  /** 0 for QoS 0. */
  packetId: number
  dup: boolean
}

/** An application message sent to a client, or fully acknowledged by it. */
export interface Sent {
  t: number
  clientId: string
  topic: string
  payload: Bytes
  qos: Qos
  packetId: number
  dup: boolean
}

/** A message for a client that will not reach it. */
export interface Dropped {
  t: number
  clientId: string
  topic: string
  payload: Bytes
  qos: Qos
  why: 'queue-full' | 'expired' | 'too-large' | 'offline' | 'backlog' | 'session-ended' | 'refused'
}

export interface Connected {
  t: number
  clientId: string
  version: Version
  clean: boolean
  /** As the CONNACK said it. */
  sessionPresent: boolean
  /** 0, or the code of the refusal. */
  code: number
}

/** A test's ears. All are called in the middle of the broker's work: look, do not call back into the client. */
export interface BrokerEvents {
  onTaken?: (taken: Taken) => void
  onSent?: (sent: Sent) => void
  /** PUBACK or PUBCOMP came for a message that was sent to the client. */
  onAcked?: (sent: Sent) => void
  onDropped?: (dropped: Dropped) => void
  onConnect?: (connected: Connected) => void
  onDisconnect?: (clientId: string, how: EndKind, t: number) => void
  onSubscribe?: (clientId: string, filter: string, code: number, t: number) => void
  onUnsubscribe?: (clientId: string, filter: string, t: number) => void
}
