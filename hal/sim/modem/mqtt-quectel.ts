/**
 * Quectel's own MQTT: settings (QMTCFG), link (QMTOPEN, QMTCLOSE), session (QMTCONN, QMTDISC). Six clients. Each command
 * is answered by OK and later by a line with its own name and a result. EC2x and BG9x share it.
 */
import { LinkCode } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { MqttClient, type End } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'
import { qmtPacketTable } from './mqtt-quectel-packets.js'
import { arrived, qmtReceiveTable } from './mqtt-quectel-receive.js'
import { CLIENTS, clients, setting, SETTINGS, type Qmt } from './mqtt-quectel-state.js'
import { qsslContext } from './qssl.js'

/** What `modem.dropLink` asks for: behind the numbers of TCP and TLS links. */
const LINK = 20
const HOST_MAX = 100
const WILL_MAX = 255
/** ms from QMTDISC or QMTCLOSE to its result. */
const CLOSE_MS = [20, 150] as const

/** The lowest and the highest number of each setting's arguments. */
const RANGES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'version': [[3, 4]],
  'pdpcid': [[1, 16]],
  'ssl': [[0, 1], [0, 5]],
  'keepalive': [[0, 3600]],
  'session': [[0, 1]],
  'timeout': [[1, 60], [0, 10], [0, 1]],
  'recv/mode': [[0, 1], [0, 1]]
}

const enum Opened { Failed = -1, Ok = 0, Occupied = 2, Context = 3, Dns = 4, Network = 5 }
const enum Status { Closed = 1, Ping = 2, Connack = 4, Leaving = 5 }

function configureWill(qmt: Qmt, call: Call): boolean {
  const flag = call.number(2)
  const [qos, topic, message] = [call.number(3), call.text(5), call.text(6)]
  if (flag === 0) qmt.will = undefined
  else if (flag === 1 && call.count === 7 && qos >= 0 && qos <= 2 && topic !== '' && topic.length <= WILL_MAX && message.length <= WILL_MAX) {
    qmt.will = { topic, message, qos, retain: call.number(4) === 1 }
  } else return false
  return true
}

function configure(modem: Modem, call: Call): void {
  const name = call.text(0).toLowerCase()
  const qmt = clients(modem)[call.number(1)]
  const ranges = RANGES[name]
  if (call.form !== 'set') call.ok()
  else if (qmt === undefined) call.error()
  else if (name === 'aliauth') call.ok()
  else if (name === 'will') {
    if (call.count === 2) {
      const { will } = qmt
      call.info(`+QMTCFG: "will",${will === undefined ? '0' : `1,${will.qos},${will.retain ? 1 : 0},"${will.topic}","${will.message}"`}`)
      call.ok()
    } else if (configureWill(qmt, call)) call.ok()
    else call.error()
  } else if (ranges === undefined) call.error()
  else if (call.count === 2) {
    call.info(`+QMTCFG: "${name}",${SETTINGS[name]!.map((_, i) => setting(qmt, name, i)).join(',')}`)
    call.ok()
  } else {
    const values = ranges.map(([low, high], i) => {
      const value = call.number(i + 2, setting(qmt, name, i))
      return value >= low && value <= high ? String(value) : ''
    })
    if (values.includes('') || call.count > ranges.length + 2) {
      call.error()
      return
    }
    qmt.settings.set(name, values)
    call.ok()
  }
}

function openError(code: number): Opened {
  if (code === LinkCode.DnsFailed) return Opened.Dns
  return code === LinkCode.TlsFailed || code === LinkCode.TlsCertificate ? Opened.Failed : Opened.Network
}

function ended(modem: Modem, qmt: Qmt, why: End): void {
  qmt.waiting.clear()
  modem.line(`+QMTSTAT: ${qmt.number},${qmt.leaving ? Status.Leaving : why === 'ping' ? Status.Ping : Status.Closed}`)
}

function open(modem: Modem, call: Call): void {
  if (call.form === 'get') for (const one of clients(modem)) if (one.client?.alive === true) call.info(`+QMTOPEN: ${one.number},"${one.host}",${one.port}`)
  if (call.form === 'test') call.info(`+QMTOPEN: (0-${CLIENTS - 1}),<host_name>,(0-65535)`)
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const qmt = clients(modem)[call.number(0)]
  const host = call.text(1)
  const port = call.number(2)
  if (qmt === undefined || host === '' || host.length > HOST_MAX || !(port >= 1 && port <= 65535)) {
    call.error()
    return
  }
  const result = (code: Opened): void => modem.line(`+QMTOPEN: ${qmt.number},${code}`)
  call.ok()
  if (qmt.client?.alive === true) result(Opened.Occupied)
  else if (!modem.online) modem.after(modem.random.int(100, 1000), () => result(Opened.Context))
  else {
    const tls = setting(qmt, 'ssl') === 1 ? qsslContext(modem, setting(qmt, 'ssl', 1), host) : undefined
    Object.assign(qmt, { host, port, leaving: false })
    qmt.waiting.clear()
    qmt.client = new MqttClient(modem, { number: LINK + qmt.number, endpoint: { host, port, ...tls === undefined ? {} : { tls: tls.tls } }, refused: tls?.refused ?? 0, windowMs: mqttQuirks(modem).connectWindowMs }, {
      opened: () => result(Opened.Ok),
      failed: (code) => result(openError(code)),
      connack: (code) => modem.line(`+QMTCONN: ${qmt.number},0,${code}`),
      suback: (id, codes) => qmt.waiting.get(`+QMTSUB ${id}`)?.done(`0,${codes.join(',')}`),
      unsuback: (id) => qmt.waiting.get(`+QMTUNS ${id}`)?.done('0'),
      acknowledged: (id, what) => {
        if (what !== 'pubrec') qmt.waiting.get(`+QMTPUB ${id}`)?.done('0')
      },
      message: (message) => arrived(modem, qmt, message),
      ended: (why) => ended(modem, qmt, why)
    })
  }
}

function connect(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    for (const { client, number } of clients(modem)) {
      if (client?.alive === true) call.info(`+QMTCONN: ${number},${client.up ? 3 : client.state === 'connecting' ? 2 : 1}`)
    }
  }
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const qmt = clients(modem)[call.number(0)]
  const client = qmt?.client
  if (qmt === undefined || client?.state !== 'tcp' || qmt.leaving || call.text(1) === '') {
    call.error()
    return
  }
  call.ok()
  client.connect({
    version: setting(qmt, 'version'), clientId: call.text(1), user: call.given(2) ? call.text(2) : undefined, password: call.given(3) ? call.text(3) : undefined,
    keepalive: setting(qmt, 'keepalive'), clean: setting(qmt, 'session') === 1, will: qmt.will
  })
  modem.after(setting(qmt, 'timeout') * 1000, () => {
    if (client.state !== 'connecting') return
    client.close()
    modem.line(`+QMTSTAT: ${qmt.number},${Status.Connack}`)
  })
}

function leave(modem: Modem, call: Call): void {
  const qmt = clients(modem)[call.number(0)]
  if (call.form !== 'set') call.ok()
  else if (qmt === undefined) call.error()
  else {
    const { client } = qmt
    const good = call.name === '+QMTDISC' ? client?.up === true : client?.alive === true
    call.ok()
    if (call.name === '+QMTDISC') {
      qmt.leaving = good || qmt.leaving
      client?.disconnect()
    } else client?.close()
    qmt.waiting.clear()
    modem.later(modem.random.int(CLOSE_MS[0], CLOSE_MS[1]), `${call.name}: ${qmt.number},${good ? 0 : -1}`)
  }
}

export const qmtTable: CommandTable = [
  { name: '+QMTCFG', run: configure },
  { name: '+QMTOPEN', run: open },
  { name: '+QMTCONN', run: connect },
  { name: '+QMTDISC', run: leave },
  { name: '+QMTCLOSE', run: leave },
  ...qmtPacketTable,
  ...qmtReceiveTable
]
