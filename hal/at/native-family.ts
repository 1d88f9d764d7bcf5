/**
 * What a family's MQTT inside the module is to hal/at: a table, as family.ts is for TCP. Texts are steps in its language, a line each.
 * `{x}` before a step may stand there more than once: all must hold. Its parameters are `parameterOf` in native-parameter.ts.
 */
import type { Bytes } from '../../firmware/bytes.js'
import type { Capabilities } from '../hal.js'
import { Event } from './family.js'

/** Lines of native MQTT: what stands in `rows` and `heads` for `Event.Native` and above. */
export const enum NativeEvent {
  /** The module's connection has ended, nobody says why. */
  Ended = Event.Native,
  /** As `Ended`, and %e says why: `ended` of the table. */
  EndedWhy = 33,
  /** Slot %n holds a message that was not fetched. */
  Notice = 34,
  /** A message to topic %t: %l counted bytes follow. */
  Message = 35,
  /** A message in parts: %l bytes of topic and %r of payload in all; a part of its topic, of its payload, %l bytes; its end. */
  Begin = 36,
  TopicPart = 37,
  PayloadPart = 38,
  End = 39
}

export interface NativeFamily {
  /** "air780". */
  name: string
  capabilities: Capabilities
  /** With what the options `cache` and `escape` make of it. */
  cached?: Capabilities
  escaped?: Capabilities
  /** The module can check a server's certificate. Where it cannot, only `insecureNoVerify` will do. */
  verifies: boolean
  /** Certificates and what goes with them: once after each start of the module, and when they change. Absent: no TLS. */
  secure?: Bytes
  /** Before each open: nothing of it outlives a restart, and some of it not even a connection. */
  config: Bytes
  /** TCP, and MQTT's CONNECT: one reserved sequence. "" where `connect` does both. */
  open: Bytes
  connect: Bytes
  publish: Bytes
  /** The payload stands in the command, with escapes. */
  publishEscaped?: Bytes
  /** Its %r is the granted QoS where `subackCode` is. */
  subscribe: Bytes
  unsubscribe: Bytes
  /** Succeeds while the module's connection stands. */
  ask: Bytes
  /** DISCONNECT; then the end of the connection, whatever is left of it. */
  leave: Bytes
  close: Bytes
  /** Fetches one slot, or with `readsAll` all of them. Absent: the module hands messages on at once. */
  read?: Bytes
  readsAll: boolean
  /** A pattern and an Event, by turns. */
  rows: (string | number)[]
  heads: (string | number)[]
  /** What %e of a failed `connect` says: a number and its CONNACK code, by turns. */
  connack: number[]
  /** What %e of a failed `open` or `connect` says, and of `EndedWhy`: a number and its LinkCode, by turns. */
  codes: number[]
  ended: number[]
}

/** `e` in a table of pairs, `otherwise` when it is not there. */
export function lookUp(this: void, table: number[], e: number, otherwise: number): number {
  for (let i = 0; i < table.length; i = i + 2) {
    if (table[i] === e) return table[i + 1]!
  }
  return otherwise
}
