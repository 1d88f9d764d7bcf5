/**
 * Where a module's own MQTT is described in two ways, or not at all. Given as `quirks: { mqtt: { ... } }`. The default is
 * what a manual says or its example shows; no alternative, and few of the defaults, have been seen on a wire by us.
 */
import type { Modem } from './modem.js'

export interface MqttQuirks {
  /** ms from an open link to CONNECT, after which it is closed; 0 for never. openLuat's and Quectel's guides say that servers do this after some seconds. */
  connectWindowMs: number

  // openLuat
  /** AT+MQTTMSGSET after a boot. One guide says 0; the manual's example caches before any MSGSET. */
  airMsgset: 0 | 1
  /** What AT+MQTTMODE=1 does to a received payload: nothing; `+MSUB: "t",3 byte,313233`; `+MSUB: "t",3,"313233"`. The manual speaks of sending alone. */
  airHexReceive: 'raw' | 'hex' | 'hex-quoted'
  /** The slot of a cached message: the lowest free one, or the next in a circle. */
  airSlots: 'lowest' | 'circle'
  /** AT+MQTTMSGGET prints the slots in their order, or the messages in theirs. */
  airGetOrder: 'slot' | 'age'
  /** A payload above the limit, sent or received: refused (lost), or cut. */
  airOverLimit: 'error' | 'truncate'
  /** A refused CONNACK: ERROR as the manual says, or nothing but the CLOSED that follows. */
  airConnackRefused: 'error' | 'closed'
  /** A refused subscription: like one that was granted, or ERROR. */
  airSubackRefused: 'suback' | 'error'
  /** AT+MDISCONNECT sends DISCONNECT, or only forgets the session. */
  airDisconnectSends: boolean
  /** Keepalives above 300 s: taken, or refused unless MCONNECT's third argument is 1. */
  airLongKeepalive: 'taken' | 'mode'
  /** PUBLISHes of QoS 1 and 2 under way; one more is refused. A guide says to wait for PUBACK. */
  airInFlight: number

  // Quectel
  /** `+QMTSTAT` for a link that the context took with it; 0 for no line. */
  qmtPdpStat: 0 | 1 | 7
  /** A sixth buffered message: lost, or it takes the place of the oldest. */
  qmtFull: 'newest-lost' | 'oldest-lost'
  /** A PUBLISH that is not acknowledged goes again on the same link, as the note says and MQTT 3.1.1 does not allow. */
  qmtResends: boolean

  // SIMCom
  /** A second CMQTTSTART: ERROR alone, or `+CMQTTSTART: 23` and ERROR. Firmware has both. */
  cmqttStartTwice: 'error' | '23'
  /** A refused subscription: `+CMQTTSUB: 0,0` as if granted, or error 1. */
  cmqttSubackRefused: 'ok' | 'failed'
  /** A failure of CMQTTCONNECT that comes from the network: its line behind OK, or before ERROR, or behind it. The manual has all three. */
  cmqttConnectError: 'ok-then-result' | 'result-then-error' | 'error-then-result'
  /** MQTT version until AT+CMQTTCFG="version": the A76XX manual says 3. */
  cmqttVersion: 3 | 4
  /** What CMQTTCFG="checkUTF8" looks at: topics, or payloads as well. The manual says `the string`. */
  cmqttChecks: 'topics' | 'all'

  // ESP-AT
  /** Bytes of a payload in one +MQTTSUBRECV; each piece has a line of its own, with its own length. */
  espSplit: number
  /** After its own reconnect it subscribes again. */
  espResubscribes: boolean
  /** ms until it reconnects by itself. */
  espReconnectMs: number
}

const DEFAULTS: Readonly<MqttQuirks> = {
  connectWindowMs: 0,
  airMsgset: 1,
  airHexReceive: 'raw',
  airSlots: 'lowest',
  airGetOrder: 'slot',
  airOverLimit: 'error',
  airConnackRefused: 'error',
  airSubackRefused: 'suback',
  airDisconnectSends: true,
  airLongKeepalive: 'taken',
  airInFlight: 1,
  qmtPdpStat: 7,
  qmtFull: 'newest-lost',
  qmtResends: true,
  cmqttStartTwice: 'error',
  cmqttSubackRefused: 'ok',
  cmqttConnectError: 'ok-then-result',
  cmqttVersion: 3,
  cmqttChecks: 'topics',
  espSplit: 1024,
  espResubscribes: false,
  espReconnectMs: 10000
}

/** As they are now: a test may change them while the module runs. */
export function mqttQuirks(modem: Modem): Readonly<MqttQuirks> {
  return { ...DEFAULTS, ...modem.quirks.mqtt }
}
