/**
 * ESP-AT's own MQTT: settings (MQTTUSERCFG, MQTTCONNCFG and the long texts), the session (MQTTCONN, MQTTCLEAN). One
 * client. Its commands run until the broker has answered, and lines that come meanwhile are answered with busy.
 */
import { LinkCode } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { MqttClient } from './mqtt-client.js'
import { arrived, espPacketTable } from './mqtt-esp-packets.js'
import { clean, esp, espArguments, KEEPALIVE, numberOf, refuse, Refusal, State, stateOf, type Esp } from './mqtt-esp-state.js'
import { mqttQuirks } from './mqtt-options.js'
import { tlsOptions, type TlsResult } from './tls.js'

/** Behind the numbers of TCP links. */
const LINK = 5
const CLIENT_ID_MAX = 256
const NAME_MAX = 64
const LONG_MAX = 1024
const WILL_MAX = 128
const HOST_MAX = 128
const KEEPALIVE_MAX = 7200
const PROTOCOLS_MAX = 5
/** ms that MQTTCONN may take where the command does not say. */
const CONNECT_MS = 20000
const PROMPT = '\r\nOK\r\n\r\n>'
/** Schemes above are WebSocket, which this emulator has not. */
const LAST_TLS = 5

function configured(modem: Modem, call: Call): Esp | undefined {
  const mqtt = esp(modem)
  if (call.form !== 'set') refuse(modem, call, Refusal.Count)
  else if (call.number(0) !== 0) refuse(modem, call, Refusal.Link)
  else if (mqtt.state === State.None) refuse(modem, call, Refusal.NotConfigured)
  else return mqtt
  return undefined
}

function configureUser(modem: Modem, call: Call): void {
  const mqtt = esp(modem)
  const [link, scheme, clientId = '', user = '', password = ''] = espArguments(call)
  const kind = numberOf(scheme)
  if (call.form !== 'set' || espArguments(call).length !== 8) refuse(modem, call, Refusal.Count)
  else if (link !== '0') refuse(modem, call, Refusal.Link)
  else if (mqtt.state >= State.Disconnected) refuse(modem, call, Refusal.WrongState)
  else if (!(kind >= 1 && kind <= LAST_TLS)) refuse(modem, call, Refusal.Scheme)
  else if (clientId.length > CLIENT_ID_MAX) refuse(modem, call, Refusal.ClientIdLong)
  else if (user.length > NAME_MAX) refuse(modem, call, Refusal.UserLong)
  else if (password.length > NAME_MAX) refuse(modem, call, Refusal.PasswordLong)
  else {
    Object.assign(mqtt, { state: State.Configured, scheme: kind, clientId, user, password })
    call.ok()
  }
}

function longText(modem: Modem, call: Call, part: 'clientId' | 'user' | 'password'): void {
  const mqtt = configured(modem, call)
  const length = call.number(1)
  if (mqtt === undefined) return
  if (!(length >= 1 && length <= LONG_MAX)) refuse(modem, call, Refusal.Length)
  else {
    call.prompt({ length, invitation: PROMPT, done: (bytes) => {
      mqtt[part] = bytes
      call.ok()
    } })
  }
}

function configureConnection(modem: Modem, call: Call): void {
  const mqtt = configured(modem, call)
  if (mqtt === undefined) return
  const [, seconds, disabled, topic = '', message = '', qosText, retainText] = espArguments(call)
  const [keepalive, keeps, qos, retain] = [numberOf(seconds, 0), numberOf(disabled, 0), numberOf(qosText, 0), numberOf(retainText, 0)]
  if (mqtt.state >= State.Disconnected) refuse(modem, call, Refusal.WrongState)
  else if (!(keepalive <= KEEPALIVE_MAX)) refuse(modem, call, Refusal.Keepalive)
  else if (keeps !== 0 && keeps !== 1) refuse(modem, call, Refusal.Clean)
  else if (topic.length > WILL_MAX) refuse(modem, call, Refusal.WillTopic)
  else if (message.length > WILL_MAX) refuse(modem, call, Refusal.WillMessage)
  else if (!(qos <= 2)) refuse(modem, call, Refusal.WillQos)
  else if (retain !== 0 && retain !== 1) refuse(modem, call, Refusal.WillRetain)
  else {
    Object.assign(mqtt, { state: State.ConnectionSet, keepalive: keepalive === 0 ? KEEPALIVE : keepalive, clean: keeps === 0 })
    mqtt.will = topic === '' ? undefined : { topic, message, qos, retain: retain === 1 }
    call.ok()
  }
}

function protocols(modem: Modem, call: Call): void {
  const mqtt = configured(modem, call)
  if (mqtt === undefined) return
  const [, count, ...names] = espArguments(call)
  if (numberOf(count) !== names.length || names.length > PROTOCOLS_MAX) refuse(modem, call, Refusal.Count)
  else {
    mqtt.alpn = names.join(',')
    call.ok()
  }
}

/** Schemes: 2 nothing is checked, 3 the server is, 4 we identify ourselves, 5 both. */
function secure(modem: Modem, mqtt: Esp): TlsResult | undefined {
  if (mqtt.scheme === 1) return undefined
  const made = tlsOptions(modem, {
    level: mqtt.scheme === 3 ? 1 : mqtt.scheme === 5 ? 2 : 0, ca: 'mqtt_ca.0', cert: 'mqtt_cert.0', key: 'mqtt_key.0', servername: mqtt.sni, alpn: mqtt.alpn
  })
  if (mqtt.scheme !== 4) return made
  const [cert, key] = [modem.files.get('mqtt_cert.0'), modem.files.get('mqtt_key.0')]
  return cert === undefined || key === undefined ? { tls: made.tls, refused: LinkCode.TlsFailed } : { tls: { ...made.tls, cert, key }, refused: 0 }
}

/** The context took the link with it, or the peer did: a `reconnect` starts again by itself. */
function lost(modem: Modem, mqtt: Esp): void {
  const stood = mqtt.state === State.Connected
  mqtt.state = State.Disconnected
  const waiting = [...mqtt.waiting.values()]
  mqtt.waiting.clear()
  for (const done of waiting) done(false)
  if (stood) modem.line('+MQTTDISCONNECTED:0')
  if (mqtt.reconnect) modem.after(mqttQuirks(modem).espReconnectMs, () => again(modem, mqtt))
}

function again(modem: Modem, mqtt: Esp): void {
  if (esp(modem) !== mqtt || mqtt.client?.alive === true) return
  open(modem, mqtt, (good) => {
    if (!good) lost(modem, mqtt)
    else if (mqttQuirks(modem).espResubscribes) for (const [filter, qos] of mqtt.topics) mqtt.client!.subscribe(mqtt.client!.nextId(), [{ filter, qos }])
    else mqtt.topics.clear()
  }, CONNECT_MS)
}

/** @param done once: the session stands, or the link is gone. `false` where the TCP link did not come up. */
function open(modem: Modem, mqtt: Esp, done: (good: boolean, opened: boolean) => void, ms: number): void {
  let settled = false
  const settle = (good: boolean, opened: boolean): void => {
    if (settled) return
    settled = true
    if (good) {
      mqtt.state = State.Connected
      modem.line(`+MQTTCONNECTED:0,${describe(mqtt)}`)
    } else client.close()
    done(good, opened)
  }
  const tls = secure(modem, mqtt)
  const refused = modem.online ? tls?.refused ?? 0 : LinkCode.TcpFailed
  const client = new MqttClient(modem, { number: LINK, endpoint: { host: mqtt.host, port: mqtt.port, ...tls === undefined ? {} : { tls: tls.tls } }, refused }, {
    opened: () => {
      const named = mqtt.user !== '' || mqtt.password !== ''
      client.connect({ version: 4, clientId: mqtt.clientId, user: named ? mqtt.user : undefined, password: mqtt.password === '' ? undefined : mqtt.password, keepalive: mqtt.keepalive, clean: mqtt.clean, will: mqtt.will })
    },
    failed: () => settle(false, false),
    connack: (code) => settle(code === 0, true),
    suback: (id, codes) => mqtt.waiting.get(id)?.(true, codes),
    unsuback: (id) => mqtt.waiting.get(id)?.(true),
    acknowledged: (id, what) => {
      if (what !== 'pubrec') mqtt.waiting.get(id)?.(true)
    },
    message: (message) => arrived(modem, message),
    ended: () => {
      if (settled) lost(modem, mqtt)
      else settle(false, true)
    }
  })
  mqtt.client = client
  modem.after(ms, () => settle(false, client.state !== 'opening'))
}

function describe(mqtt: Esp): string {
  return `${mqtt.scheme},"${mqtt.host}","${mqtt.port || ''}","",${mqtt.reconnect ? 1 : 0}`
}

function connect(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    call.info(`+MQTTCONN:0,${stateOf(esp(modem))},${describe(esp(modem))}`)
    call.ok()
    return
  }
  const mqtt = configured(modem, call)
  if (mqtt === undefined) return
  const [host, port, reconnect, ms] = [call.text(1), call.number(2), call.number(3), call.number(4, CONNECT_MS)]
  if (mqtt.state === State.Connected) refuse(modem, call, Refusal.AlreadyConnected)
  // A connection that ended is to be cleaned first.
  else if (mqtt.state === State.Disconnected) refuse(modem, call, Refusal.WrongState)
  else if (host === '' || host.length > HOST_MAX) refuse(modem, call, Refusal.HostLong)
  else if (!(port >= 1 && port <= 65535)) refuse(modem, call, Refusal.Port)
  else if (reconnect !== 0 && reconnect !== 1) refuse(modem, call, Refusal.Reconnect)
  else {
    Object.assign(mqtt, { host, port, reconnect: reconnect === 1, state: State.Disconnected })
    watchContext(modem)
    open(modem, mqtt, (good, opened) => {
      if (good) call.ok()
      else {
        if (opened) modem.line('+MQTTDISCONNECTED:0')
        refuse(modem, call, Refusal.Start)
        lost(modem, mqtt)
      }
    }, ms > 0 ? ms : CONNECT_MS)
  }
}

/** Once a life: the context closes links without a word to them. */
function watchContext(modem: Modem): void {
  modem.slot('mqtt watch', () => {
    modem.watch((event) => {
      const mqtt = esp(modem)
      if (event !== 'pdp-lost' || mqtt.client?.alive !== true) return
      mqtt.client.close()
      // One that is coming up ends with its time.
      if (mqtt.state === State.Connected) lost(modem, mqtt)
    })
    return true
  })
}

export const espMqttTable: CommandTable = [
  { name: '+MQTTUSERCFG', run: configureUser },
  { name: '+MQTTLONGCLIENTID', run: (modem, call) => longText(modem, call, 'clientId') },
  { name: '+MQTTLONGUSERNAME', run: (modem, call) => longText(modem, call, 'user') },
  { name: '+MQTTLONGPASSWORD', run: (modem, call) => longText(modem, call, 'password') },
  { name: '+MQTTCONNCFG', run: configureConnection },
  { name: '+MQTTALPN', run: protocols },
  { name: '+MQTTSNI', run: (modem, call) => {
    const mqtt = configured(modem, call)
    if (mqtt === undefined) return
    mqtt.sni = call.text(1)
    call.ok()
  } },
  { name: '+MQTTCONN', run: connect },
  { name: '+MQTTCLEAN', run: (modem, call) => {
    const { client, state, waiting } = esp(modem)
    if (call.form !== 'set' || call.number(0) !== 0) refuse(modem, call, Refusal.Link)
    else if (state === State.None) refuse(modem, call, Refusal.AlreadyClean)
    else {
      waiting.clear()
      client?.disconnect()
      client?.close()
      clean(modem)
      call.ok()
    }
  } },
  ...espPacketTable
]
