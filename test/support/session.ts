/** What the test broker remembers of a client between connections, and which messages go to whom. */
import type { IPublishPacket, ISubscription, QoS } from 'mqtt-packet'

/** A message on its way, as the server holds it. */
export interface Stored {
  topic: string
  payload: Buffer
  qos: QoS
  retain: boolean
  properties: IPublishPacket['properties']
}

export interface Subscription extends ISubscription {
  subscriptionIdentifier: number | undefined
}

/** A message sent to the client and not finished: `puback`, `pubrec` or `pubcomp` is what ends or moves it. */
export interface Outgoing {
  messageId: number
  message: Stored
  awaits: 'puback' | 'pubrec' | 'pubcomp'
}

export interface Session {
  clientId: string
  subscriptions: Map<string, Subscription>
  queue: Stored[]
  outgoing: Outgoing[]
  /** QoS 2 ids received and not released. */
  incoming: Set<number>
  lastId: number
  /** Seconds that the session outlives its connection; Infinity for ever. */
  expiry: number
}

export function newSession(clientId: string, expiry: number): Session {
  return { clientId, subscriptions: new Map(), queue: [], outgoing: [], incoming: new Set(), lastId: 0, expiry }
}

/** The next id not in use, 1 to 65535. */
export function nextId(session: Session): number {
  for (let i = 0; i < 65535; i++) {
    session.lastId = (session.lastId % 65535) + 1
    if (!session.outgoing.some((outgoing) => outgoing.messageId === session.lastId)) return session.lastId
  }
  throw new Error('all 65535 packet ids of the broker are in flight')
}

/** Section 4.7 of the specification; `$share/group/filter` matches as `filter`. */
export function matches(filter: string, topic: string): boolean {
  const shared = filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter
  const want = shared.split('/')
  const have = topic.split('/')
  if (topic.startsWith('$') && (want[0] === '#' || want[0] === '+')) return false
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '#') return true
    if (i >= have.length) return false
    if (want[i] !== '+' && want[i] !== have[i]) return false
  }
  return want.length === have.length
}
