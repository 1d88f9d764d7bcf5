/**
 * The registry of what the user wants to hear, restored after a reconnect, and the SUBSCRIBE and UNSUBSCRIBE requests
 * that are out. A filter is asked for again on every connection whose session does not have it yet.
 */
import type { Bytes } from './bytes.js'
import type { MessageHandler } from './types.js'

/** What comes next for a filter. */
export const enum Want {
  /** SUBSCRIBE is to be sent. */
  Subscribe,
  /** SUBACK is awaited. */
  Suback,
  /** Nothing: the session has it. */
  Nothing,
  /** The server refused it, or did not answer: next connection. */
  Later,
  /** UNSUBSCRIBE is to be sent. */
  Unsubscribe,
  /** UNSUBACK is awaited, then it is forgotten. */
  Unsuback,
  /** Nothing for now: the server closes over it. */
  Aside
}

export interface Subscription {
  token_: number
  /** The token of `unsubscribe`, 0 before it. */
  endToken_: number
  /** It was in a SUBSCRIBE: a session may have it. */
  asked_: boolean
  filter_: string
  /** The filter as it goes over the wire, without its length. */
  bytes_: Bytes
  /** The options byte of SUBSCRIBE (v3: the QoS). */
  options_: number
  handler_: MessageHandler | undefined
  want_: Want
  /** 5.0: 0 for none, and the property section with its length. */
  subscriptionId_: number
  properties_: Bytes
  /** What quarantine.ts knows of it: how much it is blamed; s of its SUBACK, -1 for none on this connection; s since when it is set aside, -1 while that is being proven; ms that the link must last without it; how often it was set aside. */
  blame_?: number
  acked_?: number
  aside_?: number
  needs_?: number
  turns_?: number
}

/** A SUBSCRIBE or UNSUBSCRIBE without its ack. */
export interface Request {
  packetId_: number
  /** The filters, in the order of the packet. An entry replaced meanwhile is no longer in the registry. */
  entries_: Subscription[]
  unsubscribe_: boolean
  /** ms since it was sent; -1 once its time-out was told. */
  age_: number
  /** s at which it was sent. */
  since_?: number
}

export interface Registry {
  entries_: Subscription[]
  requests_: Request[]
  /** Whether an entry may have something to send. */
  dirty_: boolean
  /** Some filter is blamed for a close or set aside; and one that is may be asked for now. */
  watched_?: boolean
  quiet_?: boolean
}

export function newRegistry(): Registry {
  return { entries_: [], requests_: [], dirty_: false }
}

export function findFilter(r: Registry, bytes: Bytes): Subscription | undefined {
  for (const e of r.entries_) {
    if (e.bytes_ === bytes && e.want_ !== Want.Unsubscribe && e.want_ !== Want.Unsuback) return e
  }
  return undefined
}

/** Filters that the user wants: those on their way out do not count. */
export function countWanted(r: Registry): number {
  let count = 0
  for (const e of r.entries_) {
    if (e.want_ !== Want.Unsubscribe && e.want_ !== Want.Unsuback) count = count + 1
  }
  return count
}

/**
 * The filter is wanted again: an UNSUBSCRIBE that did not go out need not go, and one that did must not go again after a
 * reconnect. Whether there was one.
 */
export function takeUnsubscribe(r: Registry, bytes: Bytes): boolean {
  const rest: Subscription[] = []
  for (const e of r.entries_) {
    if (e.bytes_ !== bytes || e.want_ !== Want.Unsubscribe && e.want_ !== Want.Unsuback) rest.push(e)
  }
  const found = rest.length < r.entries_.length
  r.entries_ = rest
  return found
}

/** Forgets an entry. */
export function forget(r: Registry, entry: Subscription): void {
  const rest: Subscription[] = []
  for (const e of r.entries_) {
    if (e !== entry) rest.push(e)
  }
  r.entries_ = rest
}

/** The entries with something to send that fit one packet with the first of them. At most `most`. */
export function nextBatch(r: Registry, most: number, limitBytes: number): Subscription[] {
  const batch: Subscription[] = []
  let first: Subscription | undefined = undefined
  let bytes = 0
  let blamed: Subscription | undefined = undefined
  for (const e of r.entries_) {
    if (e.want_ !== Want.Subscribe && e.want_ !== Want.Unsubscribe) continue
    if (FEATURE_GOVERNOR && e.want_ === Want.Subscribe && e.blame_ !== undefined && e.blame_ > 0) {
      if (blamed === undefined) blamed = e
      continue
    }
    if (first === undefined) {
      first = e
      bytes = e.properties_.length + 12
    } else if (e.want_ !== first.want_ || e.properties_ !== first.properties_) continue
    bytes = bytes + e.bytes_.length + 3
    if (batch.length > 0 && (batch.length >= most || bytes > limitBytes)) return batch
    batch.push(e)
  }
  if (FEATURE_GOVERNOR && first === undefined && blamed !== undefined) {
    // The suspects come last, alone, each when it is quiet.
    if (r.quiet_ === true) batch.push(blamed)
  } else if (first === undefined) r.dirty_ = false
  return batch
}

/** The connection ended: requests die with it. `kept`: the session may go on, so what it has need not be asked again. */
export function dropRequests(r: Registry): void {
  for (const e of r.entries_) {
    if (e.want_ === Want.Suback || e.want_ === Want.Later) e.want_ = Want.Subscribe
    else if (e.want_ === Want.Unsuback) e.want_ = Want.Unsubscribe
  }
  r.requests_ = []
  r.dirty_ = true
}

/** All filters are asked for again. `lost`: the server has no session of ours, so those to be removed are gone already. */
export function restoreAll(r: Registry, lost: boolean): void {
  const rest: Subscription[] = []
  for (const e of r.entries_) {
    if (e.want_ !== Want.Unsubscribe) {
      if (!FEATURE_GOVERNOR || e.want_ !== Want.Aside) e.want_ = Want.Subscribe
    } else if (lost) continue
    rest.push(e)
  }
  r.entries_ = rest
  r.dirty_ = true
}

/** Takes the request with this id out; undefined when there is none. */
export function takeRequest(r: Registry, packetId: number, unsubscribe: boolean): Request | undefined {
  let found: Request | undefined = undefined
  const rest: Request[] = []
  for (const q of r.requests_) {
    if (q.packetId_ === packetId && q.unsubscribe_ === unsubscribe) found = q
    else rest.push(q)
  }
  if (found !== undefined) r.requests_ = rest
  return found
}
