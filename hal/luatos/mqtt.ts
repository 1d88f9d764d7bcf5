/**
 * The drop-in face for LuatOS scripts: `mqtt.create(...)` with the calls and the events of the platform's own `mqtt` library, over
 * this client. The script gets one line more, `mqtt = require "yieldmq_mqtt"`. docs/lua.md.
 */
import { ErrorCode } from '../../firmware/codes.js'
import type { Options } from '../../firmware/types.js'
import type { Bytes, Hal, TlsOptions } from '../hal.js'
import { bytesOf, complain, limitsFor, isSet, pump, qosOf, type Create, type FaceClient, type Next } from '../lua/face.js'
import { wake } from './index.js'

declare const log: { warn(this: void, tag: string, what: string): void }
declare const next: Next
declare function type(this: void, value: unknown): string

export interface OsCertificates { server_cert?: string; client_cert?: string; client_key?: string; client_password?: string; verify?: number }
export interface OsExtras { ipv6?: boolean; rxSize?: number; conn_timeout?: number }

/** `cb(client, event, data, payload, metas)`. */
export type OsCallback = (this: void, client: OsClient, event: string, data?: unknown, payload?: unknown, metas?: unknown) => void

/** What `state()` says, as on the platform. */
const enum State { Disconnected, Connecting, Handshake, Ready }

export class OsClient {
  create_: Create | undefined
  hal_: Hal | undefined
  options_: Options | undefined
  client_: FaceClient | undefined
  callback_: OsCallback | undefined
  state_: State = State.Disconnected
  wasUp_ = false
  reconnects_ = false

  /** `auth(client_id, username, password, cleanSession)`. */
  auth(clientId: string, username?: string, password?: string, clean?: boolean): boolean {
    const options = this.options_ as Options
    options.clientId = clientId
    options.username = username === '' ? undefined : username
    options.password = password === '' ? undefined : password as Bytes
    options.clean = isSet(clean, true)
    return true
  }

  /** Seconds; 240 when it is never called. */
  keepalive(seconds?: number): void {
    (this.options_ as Options).keepalive = seconds === undefined ? 240 : seconds
  }

  on(callback: OsCallback): void {
    this.callback_ = callback
  }

  will(topic: string, payload?: unknown, qos?: number, retain?: number): boolean {
    (this.options_ as Options).will = { topic: topic, payload: bytesOf(payload), qos: qosOf(qos), retain: isSet(retain, false) }
    return true
  }

  /** Whether to come back after a loss by itself, and after how many ms first; later attempts take longer. */
  autoreconn(on: boolean, period?: number): void {
    this.reconnects_ = isSet(on, true);
    (this.options_ as Options).reconnectPeriod = period === undefined ? 3000 : period
  }

  /** Starts to connect: true, or false when an option is wrong, which the log says. */
  connect(): boolean {
    if (this.client_ !== undefined) {
      const code = this.client_.connect()
      wake()
      return code >= 0
    }
    const hal = this.hal_ as Hal
    const client = (this.create_ as Create)(hal, this.options_ as Options)
    this.client_ = client
    const code = client.connect()
    if (code < 0) {
      complain('connect', code, client.explain())
      this.client_ = undefined
      return false
    }
    pump(hal, client, () => this.client_ !== client)
    return true
  }

  disconnect(): boolean {
    const client = this.client_
    if (client === undefined) return false
    const code = client.disconnect()
    wake()
    return code >= 0
  }

  /** The message's number, which "sent" brings back; nil when it was refused, which the log says. */
  publish(topic: string, data: unknown, qos?: number, retain?: number): number | undefined {
    const client = this.client_
    if (client === undefined) return undefined
    const code = client.publish(topic, bytesOf(data), qosOf(qos), isSet(retain, false))
    wake()
    if (code > 0) return code
    complain('publish', code, client.explain())
    return undefined
  }

  /** A topic with its QoS, or a table of topics with theirs. The number of the last; nil when one was refused. */
  subscribe(topic: string | Record<string, number>, qos?: number): number | undefined {
    const client = this.client_
    if (client === undefined) return undefined
    let last: number | undefined
    if (type(topic) !== 'table') last = checked(client, 'subscribe', client.subscribe(topic as string, qosOf(qos)))
    else {
      let [filter, value] = next(topic as Record<string, number>, undefined)
      while (filter !== undefined) {
        last = checked(client, 'subscribe', client.subscribe(filter, qosOf(value)))
        const [following, other] = next(topic as Record<string, number>, last === undefined ? undefined : filter)
        filter = last === undefined ? undefined : following
        value = other
      }
    }
    wake()
    return last
  }

  /** A topic, a list of them, or topics as keys. There is no event for it: nothing is heard of them from here on. */
  unsubscribe(topic: string | Record<string, unknown>): number | undefined {
    const client = this.client_
    if (client === undefined) return undefined
    let last: number | undefined
    if (type(topic) !== 'table') last = checked(client, 'unsubscribe', client.unsubscribe(topic as string))
    else {
      let [key, value] = next(topic as Record<string, unknown>, undefined)
      while (key !== undefined) {
        last = checked(client, 'unsubscribe', client.unsubscribe(type(value) === 'string' ? value as string : key))
        const [following, other] = next(topic as Record<string, unknown>, key)
        key = following
        value = other
      }
    }
    wake()
    return last
  }

  ready(): boolean {
    return this.state_ === State.Ready
  }

  state(): number {
    return this.state_
  }

  /** Ends at once and frees all; the event "close" comes. */
  close(): void {
    const client = this.client_
    this.client_ = undefined
    this.state_ = State.Disconnected
    if (client !== undefined) client.destroy()
    tell(this, 'close')
    wake()
  }

  debug(): void {
    // The log says what matters in any case.
  }
}

function checked(this: void, client: FaceClient, call: string, code: number): number | undefined {
  if (code > 0) return code
  complain(call, code, client.explain())
  return undefined
}

function tell(this: void, one: OsClient, event: string, data?: unknown, payload?: unknown, metas?: unknown): void {
  if (one.callback_ !== undefined) one.callback_(one, event, data, payload, metas)
}

function onLink(this: void, one: OsClient, state: string, cause: number): void {
  one.state_ = state === 'up' ? State.Ready : state === 'connecting' ? State.Handshake : state === 'opening' ? State.Connecting : State.Disconnected
  if (state === 'up') {
    one.wasUp_ = true
    tell(one, 'conack')
    return
  }
  const wasUp = one.wasUp_
  if (state !== 'waiting' && (state !== 'offline' || !wasUp)) return
  one.wasUp_ = false
  if (wasUp) tell(one, 'disconnect', cause)
  else tell(one, 'error', cause === ErrorCode.ConnectRefused ? 'conack' : 'connect', cause)
  const client = one.client_
  // Nobody asked it to come back.
  if (state === 'waiting' && !one.reconnects_ && client !== undefined) client.abort()
}

/** The platform's word for a certificate that is not checked is `verify = 0`, or no certificate at all, which the log says. */
function tlsOf(this: void, ssl: boolean | OsCertificates | undefined): TlsOptions | undefined {
  if (ssl === undefined || ssl === false) return undefined
  const given: OsCertificates = ssl === true ? {} : ssl
  const ca = given.verify === 0 ? undefined : given.server_cert
  if (ca === undefined) log.warn('yieldmq', 'create: no server_cert, so the server is not verified: anyone can answer in its place')
  return { ca: ca as Bytes | undefined, insecureNoVerify: ca === undefined, cert: given.client_cert as Bytes | undefined, key: given.client_key as Bytes | undefined }
}

/** The platform's `mqtt.create`. */
export function createWith(this: void, create: Create, hal: Hal, host: string, port: number, ssl?: boolean | OsCertificates, extras?: OsExtras): OsClient {
  const one = new OsClient()
  one.create_ = create
  one.hal_ = hal
  one.options_ = {
    servers: [{ host: host, port: port, tls: tlsOf(ssl) }], keepalive: 240, reconnectPeriod: 3000,
    limits: limitsFor(extras === undefined ? undefined : extras.rxSize),
    connectTimeout: extras === undefined || extras.conn_timeout === undefined ? 30000 : extras.conn_timeout * 1000,
    onLink: (state, _isPresent, cause) => { onLink(one, state, cause) },
    onMessage: (topic, payload, packet) => {
      tell(one, 'recv', topic, payload, { message_id: packet.packetId, qos: packet.qos, retain: packet.retain ? 1 : 0, dup: packet.dup ? 1 : 0 })
    },
    onReceipt: (token, outcome, reason) => {
      if (outcome === 'sent' || outcome === 'delivered') tell(one, 'sent', token)
      else tell(one, 'error', outcome, reason)
    },
    onSubscribed: (_token, _filter, code) => { tell(one, 'suback', code >= 0, code) }
  }
  return one
}
