/** What Quectel's MQTT receives: told whole, or kept in five slots a client and fetched with AT+QMTRECV. */
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import type { Message } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'
import { clients, setting, SLOTS, type Qmt } from './mqtt-quectel-state.js'

/** Bytes of a payload; what is longer is lost. Unverified. */
const PAYLOAD_MAX = 4096

/** The payload stands in quotes, and nothing in it is escaped: without its length it cannot be told where it ends. */
function written(qmt: Qmt, message: Message): string {
  const { id, topic, payload } = message
  const length = setting(qmt, 'recv/mode', 1) === 1 ? `${payload.length},` : ''
  return `\r\n+QMTRECV: ${qmt.number},${id},"${topic}",${length}"${payload}"\r\n`
}

/** A PUBLISH came, and the broker was told so. */
export function arrived(modem: Modem, qmt: Qmt, message: Message): void {
  if (message.payload.length > PAYLOAD_MAX) return
  if (setting(qmt, 'recv/mode') === 0) {
    modem.data(written(qmt, message))
    return
  }
  const { slots } = qmt
  let at = slots.indexOf(undefined)
  if (at < 0) {
    if (mqttQuirks(modem).qmtFull === 'newest-lost') return
    at = slots.reduce((oldest, one, i) => one!.age < slots[oldest]!.age ? i : oldest, 0)
  }
  slots[at] = { message, age: qmt.received++ }
  modem.line(`+QMTRECV: ${qmt.number},${at}`)
}

function fetch(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    for (const { client, slots, number } of clients(modem)) {
      if (client?.alive === true) call.info(`+QMTRECV: ${number},${slots.map((one) => one === undefined ? 0 : 1).join(',')}`)
    }
  }
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const qmt = clients(modem)[call.number(0)]
  const which = call.number(1, -1)
  if (qmt === undefined || !(which >= -1 && which < SLOTS)) {
    call.error()
    return
  }
  qmt.slots.forEach((one, i) => {
    if (one === undefined || (which >= 0 && which !== i)) return
    qmt.slots[i] = undefined
    call.data(written(qmt, one.message))
  })
  call.ok()
}

export const qmtReceiveTable: CommandTable = [{ name: '+QMTRECV', run: fetch }]
