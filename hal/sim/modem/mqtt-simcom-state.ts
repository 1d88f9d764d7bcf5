/** What SIMCom's MQTT remembers of its service and its two clients until it reboots, and the numbers of its errors. */
import type { Bytes } from '../../hal.js'
import type { Call } from './commands.js'
import type { Modem } from './modem.js'
import type { Filter, MqttClient } from './mqtt-client.js'

export const enum Err {
  Ok = 0, Failed = 1, BadUtf8 = 2, Connect = 3, NoConnection = 11, Invalid = 12, Busy = 14, Sending = 16, Timeout = 17, NoTopic = 18,
  Used = 19, NotAcquired = 20, NotReleased = 21, Length = 22, Opened = 23, Dns = 25, ClosedByServer = 26, Handshake = 32, NoCertificate = 33
}

/** CONNACK's 1 to 5 are 27 to 31. */
export const REFUSED = 26

/** Why a connection was lost. */
export const enum Cause { Peer = 1, Reset = 2, Network = 3 }

/** What waits for the broker: SUBSCRIBE, UNSUBSCRIBE or PUBLISH, one at a time. */
export interface Pending {
  readonly id: number
  readonly done: (err: Err) => void
}

export interface Cmqtt {
  readonly number: number
  acquired: boolean
  clientId: string
  secure: boolean
  /** -1: not chosen, and the client's own number is taken. */
  context: number
  version: number
  checks: boolean
  willTopic: string
  willMessage: string
  willQos: number
  topic: string
  payload: Bytes
  readonly filters: Filter[]
  readonly leaving: string[]
  /** As CMQTTCONNECT had it. */
  asked: string
  client: MqttClient | undefined
  pending: Pending | undefined
}

export interface Service {
  started: boolean
  clients: Cmqtt[]
}

function make(number: number): Cmqtt {
  return {
    number, acquired: false, clientId: '', secure: false, context: -1, version: 0, checks: true, willTopic: '', willMessage: '', willQos: 0,
    topic: '', payload: '' as Bytes, filters: [], leaving: [], asked: '', client: undefined, pending: undefined
  }
}

export function service(modem: Modem): Service {
  return modem.slot('cmqtt', () => {
    const made: Service = { started: false, clients: [make(0), make(1)] }
    modem.watch((event) => {
      if (event !== 'pdp-lost' || !made.started) return
      for (const { client, number } of made.clients) {
        if (client?.up === true) modem.line(`+CMQTTCONNLOST: ${number},${Cause.Network}`)
        client?.close()
      }
      Object.assign(made, { started: false, clients: [make(0), make(1)] })
      modem.line('+CMQTTNONET')
    })
    return made
  })
}

/** The client is as before it was acquired. */
export function release(modem: Modem, number: number): void {
  service(modem).clients[number] = make(number)
}

/** The line that says why, and ERROR. */
export function fail(call: Call, number: number, err: Err): void {
  call.info(`${call.name}: ${number},${err}`)
  call.error()
}

/** The client that a command names, where it is there and acquired; otherwise the command has its answer. */
export function acquired(modem: Modem, call: Call): Cmqtt | undefined {
  const number = call.number(0)
  const found = service(modem).clients[number]
  if (call.form !== 'set') call.ok()
  else if (!service(modem).started || found === undefined) call.error()
  else if (!found.acquired) fail(call, number, Err.NotAcquired)
  else return found
  return undefined
}

/** Asks for `length` bytes; undefined is returned by `take` where they are good. */
export function ask(call: Call, number: number, length: number, most: number, take: (bytes: Bytes) => Err | undefined): void {
  if (!(length >= 1 && length <= most)) fail(call, number, Err.Length)
  else {
    call.prompt({ length, invitation: '\r\n>', done: (bytes) => {
      const err = take(bytes)
      if (err === undefined) call.ok()
      else if (err !== Err.Ok) fail(call, number, err)
    } })
  }
}

/** Well-formed UTF-8: what CMQTTCFG="checkUTF8" asks for. */
export function isUtf8(bytes: string): boolean {
  try {
    decodeURIComponent(bytes.replace(/[^]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`))
    return true
  } catch {
    return false
  }
}
