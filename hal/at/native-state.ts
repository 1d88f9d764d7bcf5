/** MQTT inside a module: one flat record, its one connection, and what its parts know of each other. */
import type { Bytes, Code } from '../../firmware/bytes.js'
import type { Capabilities, Endpoint, OffloadStats, TlsOptions } from '../hal.js'
import type { NativeFamily } from './native-family.js'
import type { ConnectPacket } from './native-packets.js'
import type { AtOptions, Modem } from './state.js'

export interface NativeOptions extends AtOptions {
  /**
   * openLuat: the module keeps four messages until they are fetched, and writes over the oldest. False when absent: it hands each on at once. There the
   * topic stands in quotes and nothing is lost before it was sent to us; and a fetch brings all four at a time, so that fetching is no flow control either.
   */
  cache?: boolean
  /** openLuat: for firmware without AT+MPUBEX. Payloads stand in the command, with escapes, and cannot have the bytes 0, 8 and 26. */
  escape?: boolean
  /** openLuat: asks newer firmware for a keepalive above 300 s. */
  longKeepalive?: boolean
  /** Bytes received and not read by the client; 4608 when absent. What does not fit is dropped whole, and counted. */
  receiveMax?: number
}

/** What is under way. */
export const enum Op { None, Secure, Config, Open, Connect, Publish, Subscribe, Unsubscribe, Ask, Leave, Close, Read }

/** Where a connection stands. */
export const enum At {
  /** For the bearer, or for the end of the one before. */
  Waiting,
  /** For CONNECT, or for its answer. */
  Open,
  /** MQTT's connection stands. */
  Up,
  /** The server has refused it: its CONNACK is all that comes. */
  Refused,
  Over
}

/** A connection: its socket is the core's. */
export interface Session {
  endpoint_: Endpoint
  at_: At
  /** What the core wrote, a part of a packet or more; what it has not read. */
  in_: Bytes
  out_: Bytes
  /** With which it ends when all is read. */
  code_: Code
  /** The core closed it, since when: what was taken is still done. */
  isLeaving_: boolean
  stamp_: number
}

export interface Native {
  modem_: Modem
  family_: NativeFamily
  options_: NativeOptions
  can_: Capabilities
  stats_: OffloadStats
  /** Bytes that `write` may hold. */
  writeMax_: number
  session_: Session | undefined
  /** Comes after it. */
  next_: Session | undefined
  /** The module has, or may have, a connection. */
  isMade_: boolean
  /** Whose certificates the module has. */
  tls_: TlsOptions | undefined

  op_: Op
  script_: Bytes
  at_: number
  /** The packet under way: its bytes, and what the commands need of it. */
  length_: number
  connect_: ConnectPacket | undefined
  topic_: Bytes
  payload_: Bytes
  qos_: number
  isRetained_: boolean
  id_: number
  /** Where the next filter stands, and the codes of those before it. */
  filterAt_: number
  codes_: Bytes
  /** The module said that its connection ended, while it was made. */
  isCutOff_: boolean

  /** Slots that hold something, 1 or 0, and the one that is fetched. */
  slots_: number[]
  slot_: number
  /** The message that comes: what it still needs, its parts, and where its counted bytes go. */
  need_: number
  rawStamp_: number
  inTopic_: Bytes
  inPayload_: Bytes
  /** Bytes reserved for it in `out_`. */
  reserved_: number
  isTopic_: boolean
  isInParts_: boolean
  isDropped_: boolean
}
