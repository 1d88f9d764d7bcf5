/**
 * What openLuat's MQTT receives: pushed with topic and length, or kept in four slots that are announced by number and
 * printed by MQTTMSGGET. A fifth message takes the place of the oldest, and nobody is told. A pushed topic has quotes, a
 * fetched one has none.
 */
import type { Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import type { AirLimits } from './mqtt-air7xx-state.js'
import type { Message } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'
import { keepSetting, numberSetting, toHex } from './rows.js'

const SLOTS = 4

interface Cached {
  readonly topic: Bytes
  readonly payload: Bytes
  readonly age: number
}

interface Cache {
  readonly slots: (Cached | undefined)[]
  count: number
}

function cache(modem: Modem): Cache {
  return modem.slot('mqtt cache', () => ({ slots: Array.from<Cached | undefined>({ length: SLOTS }), count: 0 }))
}

function cached(modem: Modem): boolean {
  return numberSetting(modem, '+MQTTMSGSET', mqttQuirks(modem).airMsgset) === 1
}

/** `"t",3 byte,abc` as one firmware or another writes it. */
function written(modem: Modem, topic: string, payload: Bytes): string {
  const form = numberSetting(modem, '+MQTTMODE', 0) === 1 ? mqttQuirks(modem).airHexReceive : 'raw'
  if (form === 'hex-quoted') return `\r\n+MSUB: ${topic},${payload.length},"${toHex(payload)}"\r\n`
  return `\r\n+MSUB: ${topic},${payload.length} byte,${form === 'raw' ? payload : toHex(payload)}\r\n`
}

/** A PUBLISH came, and the broker was told so. */
export function arrived(modem: Modem, message: Message, limits: AirLimits): void {
  const { airOverLimit, airSlots } = mqttQuirks(modem)
  if (message.payload.length > limits.payload && airOverLimit === 'error') return
  const payload = message.payload.substring(0, limits.payload) as Bytes
  if (!cached(modem)) {
    modem.data(written(modem, `"${message.topic}"`, payload))
    return
  }
  const { slots } = cache(modem)
  const age = cache(modem).count++
  let at = age % SLOTS
  if (airSlots === 'lowest') {
    at = slots.indexOf(undefined)
    if (at < 0) at = slots.reduce((oldest, one, i) => one!.age < slots[oldest]!.age ? i : oldest, 0)
  }
  slots[at] = { topic: message.topic, payload, age }
  modem.line(`+MSUB: ${at}`)
}

function fetch(modem: Modem, call: Call): void {
  const { slots } = cache(modem)
  if (call.form === 'get') slots.forEach((one, i) => call.info(`+MQTTMSGGET: ${i},${one === undefined ? 'INVALID' : 'VALID'}`))
  if (call.form === 'run') {
    const found = slots.filter((one) => one !== undefined)
    if (mqttQuirks(modem).airGetOrder === 'age') found.sort((a, b) => a.age - b.age)
    slots.fill(undefined)
    for (const one of found) call.data(written(modem, one.topic, one.payload))
  }
  call.ok()
}

function choose(modem: Modem, call: Call): void {
  const mode = call.number(0)
  if (call.form === 'set' && mode !== 0 && mode !== 1) {
    call.error()
    return
  }
  if (call.form === 'set') keepSetting(modem, '+MQTTMSGSET', String(mode))
  else call.info(call.form === 'test' ? '+MQTTMSGSET:(0-1)' : `+MQTTMSGSET:${cached(modem) ? 1 : 0}`)
  call.ok()
}

export const airReceiveTable: CommandTable = [
  { name: '+MQTTMSGSET', run: choose },
  { name: '+MQTTMSGGET', run: fetch }
]
