/**
 * openLuat's own MQTT: settings (MCONFIG), link (MIPSTART, SSLMIPSTART, MIPCLOSE), session (MCONNECT, MDISCONNECT),
 * subscriptions (MSUB, MUNSUB). OK means that a command was taken; what became of it is told by a later line without any
 * number, so one of a kind can be under way. There is one connection.
 */
import type { Endpoint } from '../../hal.js'
import { several } from './cip.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { airPublishTable } from './mqtt-air7xx-publish.js'
import { airReceiveTable, arrived } from './mqtt-air7xx-receive.js'
import { air, airClient, isFlag, isQos, TEXT_MAX, type AirLimits } from './mqtt-air7xx-state.js'
import { MqttClient, type Will } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'
import { sslContext } from './sslcfg.js'

/** Bytes of a will's message, in every generation. */
const WILL_MAX = 1360
/** The link's number, in front of lines where links have numbers. */
const LINK = 7
/** The SSL context of MQTT. */
const SSL_CONTEXT = 88
const FAILED = 767
const INVALID = 765
const CONNACK_MS = 20000
const LONG_KEEPALIVE = 300

function front(modem: Modem): string {
  return several(modem) ? `${LINK},` : ''
}

function willOf(call: Call): Will | undefined {
  return call.count <= 3 ? undefined : { qos: call.number(3), retain: call.number(4) === 1, topic: call.text(5), message: call.text(6) }
}

function configure(modem: Modem, call: Call): void {
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const [clientId, user, password] = [call.text(0), call.text(1), call.text(2)]
  const will = willOf(call)
  const badWill = will !== undefined && !(call.count === 7 && isQos(will.qos) && isFlag(call.number(4)) && call.argument(5)?.quoted === true &&
    call.argument(6)?.quoted === true && will.topic !== '' && will.topic.length <= TEXT_MAX && will.message.length <= WILL_MAX)
  if ((call.count > 1 && !call.given(1)) || (call.count > 2 && !call.given(2))) call.cme(INVALID)
  else if (clientId === '' || [clientId, user, password].some((one) => one.length > TEXT_MAX) || badWill) call.error()
  else {
    // A password cannot go without a name, and empty ones do not go at all.
    const named = user !== '' || password !== ''
    air(modem).settings = { clientId, user: named ? user : undefined, password: password === '' ? undefined : password, will }
    call.ok()
  }
}

function refuse(modem: Modem): void {
  if (!several(modem)) modem.line(`STATE:${air(modem).contextLost ? 'PDP DEACT' : 'TCP CLOSED'}`)
  modem.line(`${front(modem)}CONNECT FAIL`)
}

function lost(modem: Modem): void {
  air(modem).subscribing.clear()
  modem.line(`${front(modem)}CLOSED`)
}

function open(modem: Modem, call: Call, secure: boolean, limits: AirLimits): void {
  if (call.form === 'test') {
    for (const host of ['"(0,255).(0,255).(0,255).(0,255)"', '"DOMAIN NAME"']) call.info(`${call.name}:${host},(1-65535)`)
    call.ok()
    return
  }
  const mqtt = air(modem)
  const host = call.text(0)
  const port = call.number(1)
  if (call.form !== 'set' || host === '' || host.length > TEXT_MAX || !(port >= 1 && port <= 65535)) call.error()
  else if (mqtt.client?.alive === true) call.okThen('ALREADY CONNECT')
  else if (!modem.online || mqtt.contextLost) {
    call.ok()
    modem.after(modem.random.int(200, 2000), () => refuse(modem))
  } else {
    call.ok()
    const tls = secure ? sslContext(modem, SSL_CONTEXT) : undefined
    mqtt.subscribing.clear()
    mqtt.client = start(modem, { host, port, ...tls === undefined ? {} : { tls: tls.tls } }, tls?.refused ?? 0, limits)
  }
}

function start(modem: Modem, endpoint: Endpoint, refused: number, limits: AirLimits): MqttClient {
  const mqtt = air(modem)
  return new MqttClient(modem, { number: LINK, endpoint, refused, windowMs: mqttQuirks(modem).connectWindowMs }, {
    opened: () => modem.line(`${front(modem)}CONNECT OK`),
    failed: () => refuse(modem),
    connack: (code) => {
      if (code === 0) modem.line('CONNACK OK')
      else if (mqttQuirks(modem).airConnackRefused === 'error') modem.line('ERROR')
    },
    suback: (id, codes) => {
      if (!mqtt.subscribing.delete(id)) return
      modem.line(codes.some((code) => code > 2) && mqttQuirks(modem).airSubackRefused === 'error' ? 'ERROR' : 'SUBACK')
    },
    unsuback: (id) => {
      if (mqtt.subscribing.delete(id)) modem.line('UNSUBACK')
    },
    acknowledged: (_id, what) => modem.line(what.toUpperCase()),
    message: (message) => arrived(modem, message, limits),
    ended: () => lost(modem)
  })
}

function connect(modem: Modem, call: Call): void {
  const { client, settings } = air(modem)
  const [clean, keepalive, mode] = [call.number(0), call.number(1), call.number(2, 0)]
  if (call.form !== 'set') {
    if (call.form === 'test') call.info('+MCONNECT:(0-1),(1-65535)')
    call.ok()
  } else if (!isFlag(clean) || !(keepalive >= 1 && keepalive <= 65535) || !isFlag(mode)) call.error()
  else if (keepalive > LONG_KEEPALIVE && mode === 0 && mqttQuirks(modem).airLongKeepalive === 'mode') call.error()
  else if (client?.state !== 'tcp' || settings === undefined) call.cme(FAILED)
  else {
    call.ok()
    client.connect({ ...settings, version: 4, clean: clean === 1, keepalive })
    modem.after(CONNACK_MS, () => {
      if (client.state === 'connecting') modem.line('ERROR')
    })
  }
}

function subscribe(modem: Modem, call: Call): void {
  const mqtt = air(modem)
  const topic = call.text(0)
  const qos = call.number(1)
  const ends = call.name === '+MUNSUB'
  if (call.form !== 'set') {
    if (call.form === 'test') call.info(ends ? '+MUNSUB:<topic>' : '+MSUB:<topic>,(0-2) ')
    call.ok()
  } else if (topic === '' || topic.length > TEXT_MAX || !(ends || isQos(qos)) || mqtt.client?.up !== true) call.error()
  else {
    const id = mqtt.client.nextId()
    if (ends ? mqtt.client.unsubscribe(id, [topic]) : mqtt.client.subscribe(id, [{ filter: topic, qos }])) {
      mqtt.subscribing.add(id)
      call.ok()
    } else call.error()
  }
}

function disconnect(modem: Modem, call: Call): void {
  const { client } = air(modem)
  if (call.form === 'test') call.ok()
  else if (client?.up === true) {
    client.disconnect(mqttQuirks(modem).airDisconnectSends)
    call.ok()
  } else call.cme(FAILED)
}

function close(modem: Modem, call: Call): void {
  const mqtt = air(modem)
  if (call.form === 'test') {
    call.ok()
    return
  }
  const stood = mqtt.client?.alive === true
  mqtt.client?.close()
  mqtt.client = undefined
  mqtt.settings = undefined
  if (stood) call.ok()
  else call.cme(FAILED)
}

export function airMqttTable(limits: AirLimits): CommandTable {
  return [
    { name: '+MCONFIG', run: configure },
    { name: '+MIPSTART', run: (modem, call) => open(modem, call, false, limits) },
    { name: '+SSLMIPSTART', run: (modem, call) => open(modem, call, true, limits) },
    { name: '+MCONNECT', run: connect },
    { name: '+MSUB', run: subscribe },
    { name: '+MUNSUB', run: subscribe },
    { name: '+MDISCONNECT', run: disconnect },
    { name: '+MIPCLOSE', run: close },
    { name: '+MQTTSTATU', run: (modem, call) => {
      const client = airClient(modem)
      if (call.form !== 'test') call.info(`+MQTTSTATU :${client?.up === true ? 1 : client?.alive === true && client.state !== 'opening' ? 2 : 0}`)
      call.ok()
    } },
    ...airPublishTable(limits),
    ...airReceiveTable
  ]
}
