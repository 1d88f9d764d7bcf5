/** The options of a recording's header, as the client takes them; texts have the recorded lengths and nothing else. */
import type { Bytes, Limits, Options } from '../../firmware/index.js'
import type { Header } from './format.js'

export interface Callbacks {
  message: () => void
  link: () => void
  receipt: () => void
  subscribed: () => void
  other: () => number
}

const POLICIES = ['refuse', 'drop-oldest', 'drop-newest', 'keep-latest'] as const
const CACHES = ['direct', 'overwrite-oldest', 'push-back'] as const
const LIMITS: (keyof Limits)[] = ['packetIn', 'packetOut', 'streamMax', 'outboxCount', 'outboxBytes', 'inboxCount', 'inboxBytes', 'inflight', 'subscriptions', 'slicePackets', 'sliceBytes']

export function optionsOf(header: Header, call: Callbacks): Options {
  const h = header.options as Record<string, number>
  const has = (bit: number): boolean => (h.callbacks! & bit) > 0
  const text = (length: number): string => 'a'.repeat(length - 1)
  const options: Options = {
    servers: Array.from({ length: h.servers! }, (_one, i) => ({ host: `server${i + 1}`, port: 1883 })),
    protocolVersion: h.version as 3 | 4 | 5, clean: h.clean === 1, keepalive: h.keepalive!, connectTimeout: h.connectTimeout!, requestTimeout: h.requestTimeout!,
    ackTimeout: h.ackTimeout!, reconnectPeriod: h.reconnectPeriod!, reconnectPeriodMax: h.reconnectPeriodMax!, reconnectSpread: h.reconnectSpread!,
    jitter: h.jitter === 1, force: true, longClientId: true, clientId: text(h.clientId!), recorder: 4096,
    limits: Object.fromEntries(LIMITS.map((one) => [one, h[one]])) as Limits,
    whenFull: POLICIES[h.whenFull!] ?? 'refuse', cache: CACHES[h.cache!] ?? 'direct', onSessionLost: h.onSessionLost === 1 ? 'report' : 'resend',
    // Calls that were made for a message come from here: which handler it was makes no difference.
    onMessage: call.message
  }
  if (h.pingTimeout! > 0) options.pingTimeout = h.pingTimeout!
  if ((h.more! & 2) > 0) options.journal = true
  if ((h.more! & 4) > 0) options.learnKeepalive = true
  if (has(2)) options.onStream = call.other
  if (has(4)) options.onReceipt = call.receipt
  if (has(8)) options.onSubscribed = call.subscribed
  if (has(16)) options.onLink = call.link
  if (has(32)) options.credentials = call.other
  if (h.username! > 0) options.username = text(h.username!)
  if (h.password! > 0) options.password = text(h.password!) as Bytes
  if (h.willTopic! > 0) options.will = { topic: text(h.willTopic!), payload: 'x'.repeat(h.willPayload!) as Bytes, qos: h.willQos as 0 | 1 | 2, retain: h.willRetain === 1 }
  if (h.topicAliasOut! > 0) options.topicAliasOut = h.topicAliasOut!
  if (h.version === 5) {
    options.properties = {}
    if (h.receiveMaximum! > 0) options.properties.receiveMaximum = h.receiveMaximum
    if (h.topicAliasMaximum! > 0) options.properties.topicAliasMaximum = h.topicAliasMaximum
    if (h.sessionExpiry! > -2) options.properties.sessionExpiryInterval = h.sessionExpiry
  }
  return options
}
