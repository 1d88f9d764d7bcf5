/**
 * The public types. Option names and units are MQTT.js's where it has them; the rest are the specification's terms.
 */
import type { Bytes, Code, Endpoint } from '../hal/hal.js'
export type { Bytes, Code, Endpoint, Hal, TlsOptions } from '../hal/hal.js'

export type Qos = 0 | 1 | 2

/**
 * MQTT 5 properties (section 2.2.2), under MQTT.js's names. Text fields are text, binary fields are Bytes.
 * A wire uint32 is 0 to 2147483647, or -1 for 0xFFFFFFFF; other values saturate on read and are refused on write.
 */
export interface Properties {
  payloadFormatIndicator?: number
  messageExpiryInterval?: number
  contentType?: string
  responseTopic?: string
  correlationData?: Bytes
  subscriptionIdentifier?: number
  /** Received PUBLISH only: all subscription identifiers, in order, when there is more than one. */
  subscriptionIdentifiers?: number[]
  sessionExpiryInterval?: number
  assignedClientIdentifier?: string
  serverKeepAlive?: number
  authenticationMethod?: string
  authenticationData?: Bytes
  requestProblemInformation?: number
  willDelayInterval?: number
  requestResponseInformation?: number
  responseInformation?: string
  serverReference?: string
  reasonString?: string
  receiveMaximum?: number
  topicAliasMaximum?: number
  topicAlias?: number
  maximumQoS?: number
  retainAvailable?: number
  /** Name, value, name, value, ... in order; names may repeat. */
  userProperties?: string[]
  maximumPacketSize?: number
  wildcardSubscriptionAvailable?: number
  subscriptionIdentifiersAvailable?: number
  sharedSubscriptionAvailable?: number
}

/** The application message that the server publishes when we vanish. */
export interface Will {
  topic: string
  payload: Bytes
  qos?: Qos
  retain?: boolean
  /** 5.0: willDelayInterval, payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData, userProperties. */
  properties?: Properties
}

/** Every bound, in bytes or counts. Defaults: docs/limits.md. */
export interface Limits {
  /** Bytes of the largest packet taken whole; larger PUBLISH packets go to `onStream` or are skipped. */
  packetIn?: number
  /** Bytes of the largest packet sent. */
  packetOut?: number
  /** Bytes of the largest PUBLISH taken through `onStream`. */
  streamMax?: number
  /** Accepted publishes without a delivered receipt, all QoS. */
  outboxCount?: number
  /** Bytes of their topics and payloads. */
  outboxBytes?: number
  inboxCount?: number
  inboxBytes?: number
  /** Unfinished QoS 1 and 2 publishes at a time (v5: the smaller of this and the server's Receive Maximum). */
  inflight?: number
  /** Filters in the registry. */
  subscriptions?: number
  /** Packets handled in one slice. */
  slicePackets?: number
  /** Bytes read in one slice. */
  sliceBytes?: number
}

/** What `publish` does when the outbox is full. What was sent already is never dropped. */
export type WhenFull = 'refuse' | 'drop-oldest' | 'drop-newest' | 'keep-latest'
/** Where messages without a stream go: to the handlers, or into the cache that `receive` empties. */
export type Cache = 'direct' | 'overwrite-oldest' | 'push-back'
/** What becomes of a QoS 2 publish that was sent when the server lost the session. */
export type OnSessionLost = 'resend' | 'report'
/** How an accepted publish ended. */
export type Outcome = 'sent' | 'delivered' | 'expired' | 'dropped' | 'rejected' | 'unknown'
/** `offline` not started, `waiting` for the next attempt, `opening` the socket, `connecting` CONNECT sent, `up`, `draining` disconnect() under way. */
export type LinkState = 'offline' | 'waiting' | 'opening' | 'connecting' | 'up' | 'draining'

/** What came with a message. One record, reused: copy what you keep. */
export interface PacketInfo {
  qos: Qos
  retain: boolean
  dup: boolean
  /** 0 for QoS 0. */
  packetId: number
  /** With `journal`: the message was perhaps handed over before a power cut already. */
  repeated?: boolean
  /** 5.0 only. */
  properties?: Properties
}

/** What `receive` returns. One record, reused. */
export interface Message {
  topic: string
  payload: Bytes
  packet: PacketInfo
}

export type MessageHandler = (this: void, topic: string, payload: Bytes, packet: PacketInfo) => void

export interface PublishExtra {
  /** Milliseconds that the message may wait before its first byte is sent; then its receipt is `expired`. 1 to 2^30. */
  deadline?: number
  /** Higher goes first among messages never yet sent; 0 when absent. -128 to 127. */
  priority?: number
  /** Replaces an unsent message of the same topic, whose receipt becomes `dropped`. */
  keepLatest?: boolean
  /** 5.0. */
  properties?: Properties
}

export interface SubscribeExtra {
  /** 5.0: do not send us our own messages. */
  noLocal?: boolean
  /** 5.0. */
  retainAsPublished?: boolean
  /** 5.0: 0 retained messages at subscribe, 1 only when new, 2 never. */
  retainHandling?: 0 | 1 | 2
  /** 5.0: subscriptionIdentifier, userProperties. */
  properties?: Properties
}

export interface DisconnectExtra {
  /** 5.0: ask the server to publish the will (reason 0x04). */
  will?: boolean
  /** 5.0: sessionExpiryInterval, reasonString, userProperties. */
  properties?: Properties
  /** Milliseconds to wait for the queue and what is in flight; 5000 when absent. 0 to 2^30. */
  timeout?: number
}

/** The counters of a client: one live record, valid until `destroy`. All counts start at 0 with `create`. */
export interface Stats {
  /** Connections that reached CONNACK 0. */
  connects: number
  /** Attempts that did not. */
  failures: number
  /** Connections that ended other than by `disconnect`. */
  drops: number
  packetsIn: number
  packetsOut: number
  bytesIn: number
  bytesOut: number
  /** Publishes accepted. */
  accepted: number
  sent: number
  delivered: number
  expired: number
  dropped: number
  rejected: number
  unknown: number
  /** PUBLISH packets sent again. */
  resent: number
  /** Messages handed to the application, or into the cache. */
  received: number
  /** Received QoS 2 messages that were repeats and were not handed over again. */
  repeats: number
  /** Received messages lost to a full cache or overwritten in it. */
  inboxDropped: number
  /** Received messages larger than what may be taken, skipped. */
  oversize: number
  /** Acks for ids we do not know. */
  strayAcks: number
  /** Times the server had lost our session. */
  sessionLost: number
  /** Callbacks that threw. */
  callbackErrors: number
  pings: number
  /** Messages in the outbox, in flight included, and their bytes. */
  outboxCount: number
  outboxBytes: number
  inflight: number
  /** High-water marks since `create`: what the memory contract bounds. */
  outboxCountMost: number
  outboxBytesMost: number
  inflightMost: number
  inboxCountMost: number
  inboxBytesMost: number
  subscriptionsMost: number
  receiveSetMost: number
  /** Bytes that waited in the transmit buffer, and of packets that were received in part. */
  transmitBytesMost: number
  scannerBytesMost: number
  /** Connections that another client with our id seems to have taken. */
  takeovers: number
  /** Filters set aside because the server closes over them. */
  quarantined: number
  /** Calls of `hal.storage` that the journal made to write, and their bytes. */
  journalWrites: number
  journalBytes: number
  /** Messages that a journal gave back after a reset, and records that it found damaged. */
  journalRestored: number
  journalDamaged: number
  /** Seconds of the ping interval in use, learned or not. */
  pingInterval: number
  /** Starts of the device, this one included, counted in `hal.storage` with `journal`, `learnKeepalive` or `recorder`; else 0, and before `connect`. */
  boots: number
  /** The longest slice, in ms. */
  longestSlice: number
}

/** Why the client is in the state it is in, with the numbers that belong to the sentence. */
export interface Cause {
  /** Of `ErrorCode` or `LinkCode`; 0 when nothing went wrong. */
  code: Code
  /** The MQTT return or reason code, 0 where there is none. */
  reason: number
  /** The number that was seen, and the limit it met. */
  value: number
  limit: number
  /** A topic, an option's name, a host: what it is about. */
  detail: string
  /** dBm, with `hal.modem`: up to three samples from before the last end of a connection or attempt, a minute apart, the newest first. */
  signals?: number[]
}

export interface Options {
  /** Tried in turn; at least one. */
  servers: Endpoint[]
  /** Absent: "yieldmq-" and the device's id. "": the server assigns one (3.1.1 only with clean, never in 3.1). */
  clientId?: string
  protocolVersion?: 3 | 4 | 5
  /** Clean Session, in 5.0 Clean Start. True when absent. */
  clean?: boolean
  /** Seconds, 0 to 65535; 0 turns it off. */
  keepalive?: number
  /** ms; half the keepalive, 20000 at most, when absent. */
  pingTimeout?: number
  /** ms from opening the socket to CONNACK. */
  connectTimeout?: number
  /** ms for SUBACK and UNSUBACK. */
  requestTimeout?: number
  /** ms without progress of the unacknowledged publishes. */
  ackTimeout?: number
  /** ms, the first delay after a failed attempt; 0 turns reconnecting off. */
  reconnectPeriod?: number
  /** ms, the longest delay. */
  reconnectPeriodMax?: number
  /** ms over which the first attempt after a stable link is spread. */
  reconnectSpread?: number
  /** True when absent. */
  jitter?: boolean
  username?: string
  password?: Bytes
  will?: Will
  /** 5.0, of CONNECT. */
  properties?: Properties
  /** 5.0: follow a Server Reference (0x9C, 0x9D); the credentials go along. */
  followServerReference?: boolean
  /** 3.1: allow a client id of more than 23 characters. */
  longClientId?: boolean
  /** 5.0: how many topic aliases to use for publishing, at most what the server allows; 0 when absent. */
  topicAliasOut?: number
  /** A keepalive above 3600 s is refused as a likely mistake (milliseconds), unless this is true. */
  force?: boolean
  limits?: Limits
  whenFull?: WhenFull
  cache?: Cache
  onSessionLost?: OnSessionLost
  /**
   * Keep accepted QoS 1 and 2 messages, packet ids in flight and the QoS 2 receive set in `hal.storage`, so that they survive
   * a reset. A text is the beginning of the keys' names, 1 to 16 characters, "yq" with `true`: each client of a device needs
   * its own. False when absent.
   */
  journal?: boolean | string
  /** Learn how long this path keeps an idle link, and ping as rarely as that allows, at most every `keepalive`. False when absent. */
  learnKeepalive?: boolean
  /** Bytes of the flight recorder's ring, 1024 to 4096; 0, no recorder, when absent. */
  recorder?: number
  /** Asked before every CONNECT; may set username, password, clientId and will in `into`. Below 0: this attempt fails. */
  credentials?: (this: void, into: Options) => Code
  /** 5.0 enhanced authentication; undefined ends the attempt. The first call of a connection has no data. */
  authenticate?: (this: void, method: string, data: Bytes) => Bytes | undefined
  onMessage?: MessageHandler
  /** A message larger than `limits.packetIn`, in pieces. Below 0 stops the pieces; the message is still acknowledged. */
  onStream?: (this: void, topic: string, chunk: Bytes, offset: number, total: number, packet: PacketInfo) => Code
  onReceipt?: (this: void, token: number, outcome: Outcome, reason: Code) => void
  /** `code`: the granted QoS 0, 1, 2, or below 0. */
  onSubscribed?: (this: void, token: number, filter: string, code: Code) => void
  onLink?: (this: void, state: LinkState, sessionPresent: boolean, cause: Code) => void
}
