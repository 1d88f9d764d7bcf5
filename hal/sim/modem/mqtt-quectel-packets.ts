/**
 * Quectel's SUBSCRIBE, UNSUBSCRIBE and PUBLISH. The host numbers the packets. A PUBLISH that is not acknowledged within
 * QMTCFG="timeout" is sent again, which is told where that setting's third number is 1; at last its result is 2. SUBSCRIBE
 * and UNSUBSCRIBE wait as long and are not sent again.
 */
import type { Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { mqttQuirks } from './mqtt-options.js'
import { clients, setting, type Qmt, type Waiting } from './mqtt-quectel-state.js'

const TOPIC_MAX = 255
const PAYLOAD_MAX = 4096
const IN_FLIGHT = 5
/** Topics of one command. */
const TOPICS_MAX = 5
const ID_MAX = 65535
/** ms from the data to the result where no answer is awaited. */
const SENT_MS = [10, 60] as const

/** Its session stands. */
function session(modem: Modem, call: Call): Qmt | undefined {
  const qmt = clients(modem)[call.number(0)]
  return qmt?.client?.up === true ? qmt : undefined
}

function isId(id: number): boolean {
  return id >= 1 && id <= ID_MAX
}

/** Awaits the broker's answer to packet `id`. */
function expect(modem: Modem, qmt: Qmt, name: string, key: string, id: number, again?: () => void): void {
  const line = (result: string): void => modem.line(`${name}: ${qmt.number},${id},${result}`)
  const waiting: Waiting = {
    done: (result) => {
      qmt.waiting.delete(key)
      line(result)
    }
  }
  qmt.waiting.set(key, waiting)
  const [seconds, times, told] = [setting(qmt, 'timeout'), setting(qmt, 'timeout', 1), setting(qmt, 'timeout', 2) === 1]
  const look = (count: number): void => modem.after(seconds * 1000, () => {
    if (qmt.waiting.get(key) !== waiting) return
    if (count >= times) {
      qmt.client?.inFlight.delete(id)
      waiting.done('2')
    } else {
      again?.()
      if (again !== undefined && told) line(`1,${count}`)
      look(count + 1)
    }
  })
  look(1)
}

function subscribe(modem: Modem, call: Call): void {
  const ends = call.name === '+QMTUNS'
  const qmt = session(modem, call)
  const id = call.number(1)
  const step = ends ? 1 : 2
  const filters = Array.from({ length: Math.max(0, Math.ceil((call.count - 2) / step)) }, (_, i) => ({ filter: call.text(2 + i * step), qos: ends ? 0 : call.number(3 + i * step) }))
  const good = isId(id) && filters.length >= 1 && filters.length <= TOPICS_MAX && filters.every(({ filter, qos }) => filter !== '' && filter.length <= TOPIC_MAX && qos >= 0 && qos <= 2)
  if (call.form !== 'set') call.ok()
  else if (qmt === undefined || !good || qmt.waiting.has(`${call.name} ${id}`)) call.error()
  else {
    call.ok()
    const sent = ends ? qmt.client!.unsubscribe(id, filters.map((one) => one.filter)) : qmt.client!.subscribe(id, filters)
    if (sent) expect(modem, qmt, call.name, `${call.name} ${id}`, id)
    else modem.line(`${call.name}: ${qmt.number},${id},2`)
  }
}

function transmit(modem: Modem, call: Call, qmt: Qmt, payload: Bytes): void {
  const [id, qos] = [call.number(1), call.number(2)]
  const message = { topic: call.text(4), payload, qos, retain: call.number(3) === 1, dup: false, id }
  call.ok()
  const { client } = qmt
  if (modem.refuses(call.name) || client?.publish(message) !== true) modem.line(`${call.name}: ${qmt.number},${id},2`)
  else if (qos === 0) modem.later(modem.random.int(SENT_MS[0], SENT_MS[1]), `${call.name}: ${qmt.number},0,0`)
  else expect(modem, qmt, call.name, `+QMTPUB ${id}`, id, mqttQuirks(modem).qmtResends ? () => client.publishAgain(message) : undefined)
}

function publish(modem: Modem, call: Call): void {
  const qmt = session(modem, call)
  const [id, qos, retain, topic] = [call.number(1), call.number(2), call.number(3), call.text(4)]
  const length = call.given(5) ? call.number(5) : -1
  const stated = length >= 1 && length <= PAYLOAD_MAX
  const known = qos === 0 ? id === 0 : (qos === 1 || qos === 2) && isId(id)
  if (call.form !== 'set') call.ok()
  else if (qmt === undefined || !known || (retain !== 0 && retain !== 1) || topic === '' || topic.length > TOPIC_MAX) call.error()
  else if (!(stated || (length === -1 && call.name === '+QMTPUB'))) call.error()
  else if (qos > 0 && (qmt.client!.inFlight.size >= IN_FLIGHT || qmt.waiting.has(`+QMTPUB ${id}`))) call.error()
  else {
    call.prompt({ length, limit: PAYLOAD_MAX, escape: true, done: (bytes) => transmit(modem, call, qmt, bytes) })
    if (modem.quirks.closedAtPrompt === 'error-at-once') qmt.client!.whenClosed(() => call.error())
  }
}

export const qmtPacketTable: CommandTable = [
  { name: '+QMTSUB', run: subscribe },
  { name: '+QMTUNS', run: subscribe },
  { name: '+QMTPUB', run: publish },
  { name: '+QMTPUBEX', run: publish }
]
