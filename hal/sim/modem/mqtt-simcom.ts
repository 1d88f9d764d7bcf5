/**
 * SIMCom's own MQTT (SIM7600, A7670): the service (CMQTTSTART, CMQTTSTOP), clients (CMQTTACCQ, CMQTTREL), settings, and
 * the session (CMQTTCONNECT, CMQTTDISC). A success is OK and later a line with an error number of 0.
 */
import { LinkCode } from '../../hal.js'
import { csslContext } from './cch.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { MqttClient, type End } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'
import { arrived, cmqttPacketTable } from './mqtt-simcom-packets.js'
import { acquired, ask, Cause, Err, fail, isUtf8, REFUSED, release, service, type Cmqtt } from './mqtt-simcom-state.js'

/** What `modem.dropLink` asks for: behind the numbers of TCP and TLS links. */
const LINK = 20
const SERVICE_MS = [100, 600] as const
const CLOSE_MS = [20, 150] as const
const CONNACK_MS = 30000
const CLIENT_ID_MAX = 128
const TEXT_MAX = 256
const TOPIC_MAX = 1024
const WILL_MAX = 10240
const KEEPALIVE_MAX = 64800
const CONTEXTS = 10
const PLAIN_PORT = '1883'

function start(modem: Modem, call: Call): void {
  const mqtt = service(modem)
  if (call.form === 'test' || call.form === 'get') call.ok()
  else if (mqtt.started) {
    if (mqttQuirks(modem).cmqttStartTwice === '23') call.info(`+CMQTTSTART: ${Err.Opened}`)
    call.error()
  } else {
    call.ok()
    modem.after(modem.random.int(SERVICE_MS[0], SERVICE_MS[1]), () => {
      mqtt.started = modem.online
      modem.line(`+CMQTTSTART: ${mqtt.started ? Err.Ok : 7}`)
    })
  }
}

function stop(modem: Modem, call: Call): void {
  const mqtt = service(modem)
  if (call.form === 'test' || call.form === 'get') call.ok()
  else if (!mqtt.started) call.error()
  else if (mqtt.clients.some((one) => one.acquired)) {
    call.info(`+CMQTTSTOP: ${Err.NotReleased}`)
    call.error()
  } else {
    mqtt.started = false
    call.ok()
    modem.later(modem.random.int(SERVICE_MS[0], SERVICE_MS[1]), `+CMQTTSTOP: ${Err.Ok}`)
  }
}

function acquire(modem: Modem, call: Call): void {
  const mqtt = service(modem)
  if (call.form === 'test') {
    call.info('+CMQTTACCQ: (0-1),(1-128)[,(0-1)]')
    call.ok()
    return
  }
  const one = mqtt.clients[call.number(0)]
  const kind = call.number(2, 0)
  if (!mqtt.started) call.error()
  else if (call.form === 'get') {
    for (const { number, clientId, secure } of mqtt.clients) call.info(`+CMQTTACCQ: ${number},"${clientId}",${secure ? 1 : 0}`)
    call.ok()
  } else if (one === undefined) call.error()
  else if (one.acquired) fail(call, one.number, Err.Used)
  else if (call.text(1) === '' || call.text(1).length > CLIENT_ID_MAX || (kind !== 0 && kind !== 1)) fail(call, one.number, Err.Invalid)
  else {
    Object.assign(one, { acquired: true, clientId: call.text(1), secure: kind === 1, version: mqttQuirks(modem).cmqttVersion })
    call.ok()
  }
}

function configure(modem: Modem, call: Call): void {
  const one = service(modem).clients[call.number(1)]
  const value = call.number(2)
  const name = call.text(0).toLowerCase()
  if (call.form !== 'set') call.ok()
  else if (one?.acquired !== true) call.error()
  else if (name === 'version' && (value === 3 || value === 4)) {
    one.version = value
    call.ok()
  } else if (name === 'checkutf8' && (value === 0 || value === 1)) {
    one.checks = value === 1
    call.ok()
  } else if (name === 'optimeout' && value >= 20 && value <= 120) call.ok()
  else call.error()
}

function will(modem: Modem, call: Call): void {
  const one = acquired(modem, call)
  if (one === undefined) return
  const isTopic = call.name === '+CMQTTWILLTOPIC'
  const qos = call.number(2, 0)
  if (!isTopic && !(qos >= 0 && qos <= 2)) fail(call, one.number, Err.Invalid)
  else {
    ask(call, one.number, call.number(1), isTopic ? TOPIC_MAX : WILL_MAX, (bytes) => {
      if (one.checks && isTopic && !isUtf8(bytes)) return Err.BadUtf8
      Object.assign(one, isTopic ? { willTopic: bytes } : { willMessage: bytes, willQos: qos })
      return undefined
    })
  }
}

function connectError(code: number, refused: number): Err {
  if (code === LinkCode.DnsFailed) return Err.Dns
  if (refused < 0) return Err.NoCertificate
  return code === LinkCode.TlsFailed || code === LinkCode.TlsCertificate ? Err.Handshake : Err.Connect
}

function ended(modem: Modem, one: Cmqtt, wasUp: boolean, why: End): void {
  one.pending = undefined
  if (wasUp) modem.line(`+CMQTTCONNLOST: ${one.number},${why === 'reset' ? Cause.Reset : Cause.Peer}`)
  else modem.line(`+CMQTTCONNECT: ${one.number},${Err.ClosedByServer}`)
}

function connect(modem: Modem, call: Call): void {
  if (call.form === 'get') for (const { client, number, asked } of service(modem).clients) call.info(`+CMQTTCONNECT: ${number}${client?.up === true ? `,${asked}` : ''}`)
  const one = acquired(modem, call)
  if (one === undefined) return
  const server = /^tcp:\/\/([^:]+)(?::(\d+))?$/.exec(call.text(1))
  const [keepalive, clean] = [call.number(2), call.number(3, 0)]
  const port = Number(server?.[2] ?? PLAIN_PORT)
  if (server === null || !(keepalive >= 1 && keepalive <= KEEPALIVE_MAX) || (clean !== 0 && clean !== 1) || !(port >= 1 && port <= 65535) || call.text(4).length > TEXT_MAX || call.text(5).length > TEXT_MAX) fail(call, one.number, Err.Invalid)
  else if (one.client?.alive === true) fail(call, one.number, Err.Busy)
  else {
    one.asked = call.tail.substring(call.tail.indexOf(',') + 1)
    open(modem, call, one, server[1]!, port)
  }
}

function open(modem: Modem, call: Call, one: Cmqtt, host: string, port: number): void {
  const { cmqttConnectError } = mqttQuirks(modem)
  const result = (err: number): string => `+CMQTTCONNECT: ${one.number},${err}`
  const tls = one.secure ? csslContext(modem, one.context < 0 ? one.number : one.context, host) : undefined
  const options = {
    version: one.version, clientId: one.clientId, keepalive: call.number(2), clean: call.number(3, 0) === 1,
    user: call.given(4) ? call.text(4) : undefined, password: call.given(5) ? call.text(5) : undefined,
    will: one.willTopic === '' ? undefined : { topic: one.willTopic, message: one.willMessage, qos: one.willQos, retain: false }
  }
  if (cmqttConnectError === 'ok-then-result') call.ok()
  let wasUp = false
  const client = new MqttClient(modem, { number: LINK + one.number, endpoint: { host, port, ...tls === undefined ? {} : { tls: tls.tls } }, refused: tls?.refused ?? 0 }, {
    opened: () => {
      call.ok()
      client.connect(options)
      modem.after(CONNACK_MS, () => {
        if (client.state !== 'connecting') return
        client.close()
        modem.line(result(Err.Timeout))
      })
    },
    failed: (code) => {
      one.context = -1
      const line = result(connectError(code, tls?.refused ?? 0))
      if (cmqttConnectError === 'result-then-error') call.info(line)
      call.error()
      if (cmqttConnectError !== 'result-then-error') modem.line(line)
    },
    connack: (code) => {
      wasUp = code === 0
      modem.line(result(code === 0 ? Err.Ok : REFUSED + code))
      if (wasUp) return
      one.context = -1
      client.close()
    },
    suback: (id, codes) => {
      const refused = codes.some((code) => code > 2) && mqttQuirks(modem).cmqttSubackRefused === 'failed'
      if (one.pending?.id === id) one.pending.done(refused ? Err.Failed : Err.Ok)
    },
    unsuback: (id) => {
      if (one.pending?.id === id) one.pending.done(Err.Ok)
    },
    acknowledged: (id, what) => {
      if (what !== 'pubrec' && one.pending?.id === id) one.pending.done(Err.Ok)
    },
    message: (message) => arrived(modem, one, message),
    ended: (why) => ended(modem, one, wasUp, why)
  })
  one.client = client
}

function disconnect(modem: Modem, call: Call): void {
  if (call.form === 'get') for (const { client, number } of service(modem).clients) call.info(`+CMQTTDISC: ${number},${client?.up === true ? 0 : 1}`)
  const one = acquired(modem, call)
  if (one === undefined) return
  if (one.client?.up !== true) {
    fail(call, one.number, Err.NoConnection)
    return
  }
  const { client } = one
  call.ok()
  client.disconnect()
  one.pending = undefined
  one.context = -1
  modem.after(modem.random.int(CLOSE_MS[0], CLOSE_MS[1]), () => {
    client.close()
    modem.line(`+CMQTTDISC: ${one.number},${Err.Ok}`)
  })
}

export const cmqttTable: CommandTable = [
  { name: '+CMQTTSTART', run: start },
  { name: '+CMQTTSTOP', run: stop },
  { name: '+CMQTTACCQ', run: acquire },
  { name: '+CMQTTREL', run: (modem, call) => {
    const one = acquired(modem, call)
    if (one === undefined) return
    if (one.client?.alive === true) fail(call, one.number, Err.Busy)
    else {
      release(modem, one.number)
      call.ok()
    }
  } },
  { name: '+CMQTTSSLCFG', run: (modem, call) => {
    const one = service(modem).clients[call.number(0)]
    const context = call.number(1)
    if (call.form !== 'set') call.ok()
    else if (!service(modem).started || one === undefined || !(context >= 0 && context < CONTEXTS)) call.error()
    else {
      one.context = context
      call.ok()
    }
  } },
  { name: '+CMQTTCFG', run: configure },
  { name: '+CMQTTWILLTOPIC', run: will },
  { name: '+CMQTTWILLMSG', run: will },
  { name: '+CMQTTCONNECT', run: connect },
  { name: '+CMQTTDISC', run: disconnect },
  ...cmqttPacketTable
]
