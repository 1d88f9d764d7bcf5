/** What the drop-in faces share: a task of its own for the client, so that it keeps its rhythm whatever the program does. */
import type { Cause, Limits, Message, Options, Qos } from '../../firmware/types.js'
import type { Bytes, Code, Hal } from '../hal.js'
import type { LuaCall } from './lua.js'

declare const sys: { taskInit(this: void, fn: (this: void) => void): unknown }
declare const log: { warn(this: void, tag: string, what: string): void }
declare const pcall: LuaCall
declare function require(this: void, name: string): unknown
declare function tostring(this: void, value: unknown): string
declare function type(this: void, value: unknown): string

/** The client of any profile that has a receive cache. */
export interface FaceClient {
  connect(): Code
  publish(topic: string, payload: Bytes, qos?: Qos, retain?: boolean): Code
  subscribe(filter: string, qos: Qos): Code
  unsubscribe(filter: string): Code
  yield(timeoutMs: number): Code
  receive(timeoutMs: number): Message | undefined
  idle(): number
  disconnect(): Code
  abort(): Code
  destroy(): Code
  explain(): Cause
}

export type Create = (this: void, hal: Hal, options: Options) => FaceClient

/** Next of a table: `const [key, value] = next(table, key)`. */
export type Next = <V>(this: void, table: Record<string, V>, key: string | undefined) => [string | undefined, V] & { readonly __tstlMultiReturn: unknown }

const enum Limit {
  /** ms between two slices: other tasks want to run. */
  Pause = 5,
  /** ms, the longest sleep of the client's task. */
  Sleep = 60000,
  /** Bytes of a packet. */
  Packet = 8192
}

/** The platforms' clients take messages of any length, LuatOS's up to its buffer; these faces up to 8192 bytes when nothing is said. */
export function limitsFor(this: void, bytes: number | undefined): Limits {
  const most = bytes === undefined ? Limit.Packet : bytes
  return { packetIn: most, packetOut: most, outboxBytes: most * 4, inboxBytes: most * 2 }
}

/** Runs the client's slices until `isOver`. */
export function pump(this: void, hal: Hal, client: FaceClient, isOver: (this: void) => boolean): void {
  sys.taskInit(() => {
    while (!isOver()) {
      client.yield(0)
      const idle = client.idle()
      hal.timer.wait!(idle < Limit.Pause ? Limit.Pause : idle > Limit.Sleep ? Limit.Sleep : idle)
    }
  })
}

/** Says in the log what was refused, by which code, and with the sentence to it where the project has `yieldmq_explain`. */
export function complain(this: void, call: string, code: Code, cause: Cause): void {
  const [known, texts] = pcall(require as never, 'yieldmq_explain')
  const sentence = known ? (texts as { explain(this: void, cause: Cause): string }).explain(cause) : cause.detail
  log.warn('yieldmq', call + ': ' + tostring(code) + ' ' + sentence)
}

/** A platform's 0, 1, nil, true, false as a boolean. */
export function isSet(this: void, value: unknown, absent: boolean): boolean {
  if (value === undefined) return absent
  return value !== 0 && value !== false
}

/** A platform's QoS: what is none of them becomes 0, as it does there. */
export function qosOf(this: void, value: unknown): Qos {
  return value === 1 ? 1 : value === 2 ? 2 : 0
}

/** Texts and numbers are payloads; anything else is written as Lua writes it. */
export function bytesOf(this: void, value: unknown): Bytes {
  if (value === undefined) return '' as Bytes
  return (type(value) === 'string' ? value : tostring(value)) as Bytes
}
