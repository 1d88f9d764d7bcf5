/**
 * The receive cache: what `receive` hands out, bounded in count and bytes. It overwrites its oldest message, or it is
 * never given more than it can hold (push back), as chosen.
 */
import { keep, type Bytes } from './bytes.js'
import type { Properties, Qos } from './types.js'

export interface Cached {
  topic_: Bytes
  payload_: Bytes
  qos_: Qos
  retain_: boolean
  dup_: boolean
  packetId_: number
  properties_: Properties | undefined
  /** Perhaps handed over before a power cut. */
  repeated_?: boolean
  /** What it counts against `inboxBytes`. */
  bytes_: number
  next_: Cached | undefined
}

/** An ack withheld until the application has taken messages: packets of four bytes, in arrival order. */
export interface Inbox {
  head_: Cached | undefined
  tail_: Cached | undefined
  count_: number
  bytes_: number
  withheld_: Bytes[]
}

export function newInbox(): Inbox {
  return { head_: undefined, tail_: undefined, count_: 0, bytes_: 0, withheld_: [] }
}

/** Whether a message of `bytes` would pass a bound. */
export function isFull(inbox: Inbox, bytes: number, maxCount: number, maxBytes: number): boolean {
  return inbox.count_ >= maxCount || inbox.bytes_ + bytes > maxBytes
}

export function put(inbox: Inbox, topic: Bytes, payload: Bytes, qos: Qos, retain: boolean, dup: boolean, packetId: number, properties: Properties | undefined, bytes: number): void {
  const m: Cached = { topic_: keep(topic), payload_: keep(payload), qos_: qos, retain_: retain, dup_: dup, packetId_: packetId, properties_: properties, bytes_: bytes, next_: undefined }
  if (inbox.tail_ === undefined) inbox.head_ = m
  else inbox.tail_.next_ = m
  inbox.tail_ = m
  inbox.count_ = inbox.count_ + 1
  inbox.bytes_ = inbox.bytes_ + bytes
}

export function take(inbox: Inbox): Cached | undefined {
  const m = inbox.head_
  if (m === undefined) return undefined
  inbox.head_ = m.next_
  if (m.next_ === undefined) inbox.tail_ = undefined
  inbox.count_ = inbox.count_ - 1
  inbox.bytes_ = inbox.bytes_ - m.bytes_
  return m
}
