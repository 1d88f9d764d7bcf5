/**
 * The drop-in face for LuaTask scripts: `mqtt.client(...)` with the calls of the platform's own `mqtt` library, over this client.
 * The script changes one line, `require "mqtt"` to `require "yieldmq_mqtt"`. What it gets on top: the client runs in a task of its
 * own and reconnects by itself, an ack belongs to its packet id, messages of QoS 1 and 2 are repeated, queues are bounded. docs/lua.md.
 */
import { ErrorCode } from '../../firmware/codes.js'
import type { Options, Outcome, Will } from '../../firmware/types.js'
import type { Bytes, Code, Hal, TlsOptions } from '../hal.js'
import { bytesOf, complain, limitsFor, isSet, pump, qosOf, type Create, type FaceClient, type Next } from '../lua/face.js'
import { wake } from './index.js'
import type { Several } from '../lua/lua.js'

declare const sys: { subscribe(this: void, id: string, fn: (this: void, value: unknown) => void): void; unsubscribe(this: void, id: string, fn: (this: void, value: unknown) => void): void }
declare const log: { warn(this: void, tag: string, what: string): void; info(this: void, tag: string, what: string, more?: unknown): void }
declare const next: Next
declare const $multi: (<T extends unknown[]>(...values: T) => Several<T>) & { readonly __tstlExtension: 'MultiFunction' }
declare function type(this: void, value: unknown): string

const enum Limit {
  /** ms that a call waits for its answer, as on the platform. */
  Answer = 60000,
  /** ms for a connect. */
  Connect = 120000,
  /** ms for the DISCONNECT to leave. */
  Leave = 3000,
  /** Events of the program that wait for `receive`. */
  Events = 32
}

export interface TaskWill { topic: string; payload?: unknown; qos?: number; retain?: number }
export interface TaskCertificates { caCert?: string; clientCert?: string; clientKey?: string; clientPassword?: string }
export interface TaskMessage { id: number; dup: boolean; qos: number; retain: boolean; topic: string; packetId: number | undefined; payload: string }

/** One result that a call waits for; 0 while there is none. */
interface Awaited { token: number; outcome: number }

const enum Answer { None, Good, Bad }

export class TaskClient {
  /** Filled in by `client`. */
  create_: Create | undefined
  hal_: Hal | undefined
  options_: Options | undefined
  client_: FaceClient | undefined
  /** What the link said last. */
  isUp_ = false
  isLost_ = false
  awaited_: Awaited[] = []
  events_: unknown[] = []
  listening_: string | undefined
  hear_: ((this: void, value: unknown) => void) | undefined

  /** `connect(host, port, transport, cert, timeout)`: true, or false and the server's return code. `timeout` in seconds. */
  connect(host: string, port: number, transport?: string, cert?: TaskCertificates, timeout?: number): Several<[boolean, Code?]> {
    if (this.isUp_) {
      log.info('yieldmq', 'connect: has connected')
      return $multi(false)
    }
    if (transport !== undefined && transport !== 'tcp' && transport !== 'tcp_ssl') {
      log.warn('yieldmq', 'connect: invalid transport')
      return $multi(false)
    }
    drop(this)
    const options = this.options_ as Options
    options.servers = [{ host: host, port: port, tls: tlsOf(transport === 'tcp_ssl' || cert !== undefined, cert) }]
    const hal = this.hal_ as Hal
    const client = (this.create_ as Create)(hal, options)
    this.client_ = client
    this.isLost_ = false
    const code = client.connect()
    if (code < 0) {
      complain('connect', code, client.explain())
      this.client_ = undefined
      return $multi(false, code)
    }
    pump(hal, client, () => this.client_ !== client)
    const began = hal.timer.ticks()
    const most = timeout === undefined ? Limit.Connect : timeout * 1000
    while (!this.isUp_ && !this.isLost_ && hal.timer.since(began) < most) hal.timer.wait!(most - hal.timer.since(began))
    if (this.isUp_) return $multi(true)
    const cause = client.explain()
    complain('connect', cause.code, cause)
    const reason = cause.reason
    drop(this)
    return $multi(false, reason)
  }

  /** `subscribe(topic, qos)`, or a table of topics with their QoS: true once the server granted all. */
  subscribe(topic: string | Record<string, number>, qos?: number): boolean {
    const client = this.client_
    if (client === undefined || !this.isUp_) return false
    const tokens: Code[] = []
    if (type(topic) === 'table') {
      let [filter, value] = next(topic as Record<string, number>, undefined)
      while (filter !== undefined) {
        tokens.push(subscribeOne(this, client, filter, value))
        const [following, other] = next(topic as Record<string, number>, filter)
        filter = following
        value = other
      }
    } else tokens.push(subscribeOne(this, client, topic as string, qos))
    return allGood(this, tokens)
  }

  /** A topic, a list of them, or topics as keys: true when all were known. */
  unsubscribe(topic: string | Record<string, unknown>): boolean {
    const client = this.client_
    if (client === undefined || !this.isUp_) return false
    if (type(topic) !== 'table') return unsubscribeOne(client, topic as string)
    let isGood = true
    let [key, value] = next(topic as Record<string, unknown>, undefined)
    while (key !== undefined) {
      isGood = unsubscribeOne(client, type(value) === 'string' ? value as string : key) && isGood
      const [following, other] = next(topic as Record<string, unknown>, key)
      key = following
      value = other
    }
    return isGood
  }

  /** `publish(topic, payload, qos, retain)`: true once it was sent (QoS 0) or the server has it. */
  publish(topic: string, payload: unknown, qos?: number, retain?: number): boolean {
    const client = this.client_
    if (client === undefined || !this.isUp_) return false
    const code = client.publish(topic, bytesOf(payload), qosOf(qos), isSet(retain, false))
    if (code < 0) complain('publish', code, client.explain())
    return allGood(this, [expectAnswer(this, code)])
  }

  /**
   * `receive(timeout, msg)`: true and a message; false and "timeout"; false, `msg` and its value when the program published `msg`
   * with `sys.publish`; false alone when the connection is gone. `timeout` in ms, for ever when 0 or absent.
   */
  receive(timeout?: number, msg?: string): Several<[boolean, unknown?, unknown?]> {
    const client = this.client_
    const hal = this.hal_ as Hal
    if (client === undefined || this.isLost_) return $multi(false)
    if (msg !== this.listening_) listen(this, msg)
    const began = hal.timer.ticks()
    while (!this.isLost_ && this.client_ === client) {
      const message = client.receive(0)
      if (message !== undefined) {
        const packet = message.packet
        const copy: TaskMessage = {
          id: 3, dup: packet.dup, qos: packet.qos, retain: packet.retain, topic: message.topic, packetId: packet.qos > 0 ? packet.packetId : undefined, payload: message.payload
        }
        return $multi(true, copy)
      }
      if (this.events_.length > 0) {
        const event = this.events_.shift() as { value_: unknown }
        return $multi(false, msg, event.value_)
      }
      const passed = hal.timer.since(began)
      if (timeout !== undefined && timeout > 0 && passed >= timeout) return $multi(false, 'timeout')
      hal.timer.wait!(timeout !== undefined && timeout > 0 ? timeout - passed : Limit.Answer)
    }
    return $multi(false)
  }

  disconnect(): void {
    const client = this.client_
    const hal = this.hal_ as Hal
    if (client === undefined) return
    client.disconnect()
    wake()
    const began = hal.timer.ticks()
    while (!this.isLost_ && hal.timer.since(began) < Limit.Leave) hal.timer.wait!(Limit.Leave - hal.timer.since(began))
    drop(this)
  }
}

/** The client before goes, with what it still had. */
function drop(this: void, one: TaskClient): void {
  const client = one.client_
  one.client_ = undefined
  one.isUp_ = false
  one.isLost_ = true
  one.awaited_ = []
  listen(one, undefined)
  if (client !== undefined) client.destroy()
  wake()
}

/** The program's own events reach `receive` by name. */
function listen(this: void, one: TaskClient, msg: string | undefined): void {
  if (one.listening_ !== undefined && one.hear_ !== undefined) sys.unsubscribe(one.listening_, one.hear_)
  one.events_ = []
  one.listening_ = msg
  if (msg === undefined) return
  one.hear_ = (value) => {
    if (one.events_.length >= Limit.Events) {
      log.warn('yieldmq', 'receive: more events than it takes; the oldest is dropped')
      one.events_.shift()
    }
    one.events_.push({ value_: value })
    wake()
  }
  sys.subscribe(msg, one.hear_)
}

/** Remembers to wait for the answer to a token; below 0 it was refused. */
function expectAnswer(this: void, one: TaskClient, token: Code): Code {
  if (token > 0) one.awaited_.push({ token: token, outcome: Answer.None })
  // The client's task sleeps.
  wake()
  return token
}

function subscribeOne(this: void, one: TaskClient, client: FaceClient, filter: string, qos: unknown): Code {
  const code = client.subscribe(filter, qosOf(qos))
  if (code < 0) complain('subscribe', code, client.explain())
  return expectAnswer(one, code)
}

/** The filter leaves at once: nothing is heard of it from here on. */
function unsubscribeOne(this: void, client: FaceClient, filter: string): boolean {
  const code = client.unsubscribe(filter)
  if (code < 0) complain('unsubscribe', code, client.explain())
  wake()
  return code >= 0
}

function answerOf(this: void, one: TaskClient, token: Code): Awaited | undefined {
  for (const each of one.awaited_) {
    if (each.token === token) return each
  }
  return undefined
}

/** An answer came; nobody may wait for it any more. */
function settle(this: void, one: TaskClient, token: Code, isGood: boolean): void {
  const awaited = answerOf(one, token)
  if (awaited === undefined) return
  awaited.outcome = isGood ? Answer.Good : Answer.Bad
  wake()
}

function isOneOf(this: void, tokens: Code[], token: number): boolean {
  for (const each of tokens) {
    if (each === token) return true
  }
  return false
}

/** Waits until all are answered, at most as long as the platform does. True when all are good. */
function allGood(this: void, one: TaskClient, tokens: Code[]): boolean {
  const hal = one.hal_ as Hal
  const client = one.client_
  const began = hal.timer.ticks()
  let isGood = true
  for (const token of tokens) {
    const awaited = answerOf(one, token)
    while (awaited !== undefined && awaited.outcome === Answer.None && one.client_ === client && hal.timer.since(began) < Limit.Answer) {
      hal.timer.wait!(Limit.Answer - hal.timer.since(began))
    }
    isGood = isGood && awaited !== undefined && awaited.outcome === Answer.Good
  }
  const rest: Awaited[] = []
  for (const each of one.awaited_) {
    if (!isOneOf(tokens, each.token)) rest.push(each)
  }
  one.awaited_ = rest
  return isGood
}

/** A certificate that is not checked is said in the log: the platform does the same without a word. */
function tlsOf(this: void, isTls: boolean, cert: TaskCertificates | undefined): TlsOptions | undefined {
  if (!isTls) return undefined
  const ca = cert === undefined ? undefined : cert.caCert
  if (ca === undefined) log.warn('yieldmq', 'connect: no caCert, so the server is not verified: anyone can answer in its place')
  return {
    ca: ca as Bytes | undefined, insecureNoVerify: ca === undefined,
    cert: cert === undefined ? undefined : cert.clientCert as Bytes | undefined, key: cert === undefined ? undefined : cert.clientKey as Bytes | undefined
  }
}

function willOf(this: void, will: TaskWill | undefined): Will | undefined {
  if (will === undefined) return undefined
  return { topic: will.topic, payload: bytesOf(will.payload), qos: qosOf(will.qos), retain: isSet(will.retain, false) }
}

/** "" is none, as on the platform. */
function orNone(this: void, text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** The platform's `mqtt.client`, over `create` of a profile with a receive cache. `keepAlive` in seconds. */
export function clientWith(
  this: void, create: Create, hal: Hal, clientId: string, keepAlive?: number, username?: string, password?: string, cleanSession?: number, will?: TaskWill, version?: string
): TaskClient {
  const one = new TaskClient()
  one.create_ = create
  one.hal_ = hal
  one.options_ = {
    servers: [], clientId: clientId, keepalive: keepAlive === undefined ? 300 : keepAlive, username: orNone(username), password: orNone(password) as Bytes | undefined,
    clean: isSet(cleanSession, true), will: willOf(will), protocolVersion: version === '3.1' ? 3 : 4, longClientId: true, cache: 'push-back', limits: limitsFor(undefined),
    onLink: (state, _isPresent, cause) => {
      one.isUp_ = state === 'up'
      // A drop is mended by the client; what the server refuses, and what the program ended, is not.
      if (state === 'offline' || cause === ErrorCode.ConnectRefused) one.isLost_ = true
      wake()
    },
    onReceipt: (token: number, outcome: Outcome) => { settle(one, token, outcome === 'sent' || outcome === 'delivered') },
    onSubscribed: (token, _filter, code) => { settle(one, token, code >= 0) }
  }
  return one
}
