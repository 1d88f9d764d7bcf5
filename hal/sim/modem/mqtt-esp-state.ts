/** What ESP-AT's MQTT remembers of its one client until it reboots, how it refuses, and how its strings are written. */
import type { Bytes } from '../../hal.js'
import type { Call } from './commands.js'
import type { Modem } from './modem.js'
import type { MqttClient, Will } from './mqtt-client.js'
import { numberSetting } from './rows.js'

/** As AT+MQTTCONN? tells it, but for 4: the session stands, and 5 and 6 say whether a topic is subscribed. */
export const enum State { None = 0, Configured = 1, ConnectionSet = 2, Disconnected = 3, Connected = 4, NoTopic = 5, Topics = 6 }

/** The numbers behind `ERR CODE:`. */
export const enum Refusal {
  NotConfigured = 0x6001, WrongState = 0x6002, AlreadyClean = 0x6003, AlreadyConnected = 0x6004, Count = 0x6008, Start = 0x600b, Publish = 0x600c,
  Subscribe = 0x600d, Unsubscribe = 0x600e, Link = 0x6011, Scheme = 0x6013, ClientIdLong = 0x6016, UserLong = 0x6019, PasswordLong = 0x601c,
  Keepalive = 0x602d, Clean = 0x602f, WillTopic = 0x6032, WillMessage = 0x6035, WillQos = 0x6037, WillRetain = 0x6039, HostLong = 0x603c,
  Port = 0x603e, Reconnect = 0x6040, TopicNull = 0x6042, TopicLong = 0x6043, Qos = 0x6048, Retain = 0x604a, Length = 0x604c, Disconnected = 0x6051
}

export interface Esp {
  state: State
  scheme: number
  clientId: string
  user: string
  password: string
  keepalive: number
  clean: boolean
  will: Will | undefined
  alpn: string
  sni: string
  host: string
  port: number
  reconnect: boolean
  client: MqttClient | undefined
  readonly topics: Map<string, number>
  /** Commands that await the broker, by packet id. */
  readonly waiting: Map<number, (good: boolean, codes?: readonly number[]) => void>
}

/** Seconds, where the host says 0. */
export const KEEPALIVE = 120

function fresh(): Esp {
  return {
    state: State.None, scheme: 0, clientId: '', user: '', password: '', keepalive: KEEPALIVE, clean: true, will: undefined, alpn: '', sni: '',
    host: '', port: 0, reconnect: false, client: undefined, topics: new Map(), waiting: new Map()
  }
}

interface Holder {
  esp: Esp
}

function holder(modem: Modem): Holder {
  return modem.slot('mqtt', () => ({ esp: fresh() }))
}

export function esp(modem: Modem): Esp {
  return holder(modem).esp
}

/** As AT+MQTTCLEAN leaves it. */
export function clean(modem: Modem): void {
  holder(modem).esp = fresh()
}

export function stateOf(mqtt: Esp): State {
  if (mqtt.state !== State.Connected) return mqtt.state
  return mqtt.topics.size > 0 ? State.Topics : State.NoTopic
}

/** ERROR, with the number before it where AT+SYSLOG=1. */
export function refuse(modem: Modem, call: Call, code: Refusal): void {
  if (numberSetting(modem, '+SYSLOG', 0) === 1) call.info(`ERR CODE:0x${code.toString(16).padStart(8, '0')}`)
  call.error()
}

/** Arguments of a set command. Inside quotes a backslash makes the next character an ordinary one: `\"`, `\,`, `\\`. */
export function espArguments(call: Call): Bytes[] {
  const found: string[] = []
  let one = ''
  let quoted = false
  for (let i = 0; i < call.tail.length; i++) {
    const c = call.tail[i]!
    if (c === '\\' && i + 1 < call.tail.length) {
      i += 1
      one += call.tail[i]!
    } else if (c === '"') quoted = !quoted
    else if (c === ',' && !quoted) {
      found.push(one)
      one = ''
    } else one += c
  }
  return [...found, one] as Bytes[]
}

/** A whole number, NaN where it is none. */
export function numberOf(text: string | undefined, absent = NaN): number {
  if (text === undefined || text === '') return absent
  return /^\d+$/.test(text) ? Number(text) : NaN
}
