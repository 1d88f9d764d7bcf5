/** openLuat's PUBLISH: MPUB with the message in the command, as text with escapes or as hex; MPUBEX with raw bytes. */
import type { Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { airClient, isQos, TEXT_MAX, type AirLimits } from './mqtt-air7xx-state.js'
import { mqttQuirks } from './mqtt-options.js'
import { numberSetting, numeric } from './rows.js'

/** ms without a byte after which a message of unstated length is sent. */
const GAP_MS = 5000
const ESCAPE = /\\([0-9A-Fa-f]{2})/g

/** `\22` is a quote: what must not stand in a command line is written as two hex digits behind a backslash. */
export function unescapeText(text: string): Bytes {
  return text.replace(ESCAPE, (_all, digits: string) => String.fromCharCode(parseInt(digits, 16))) as Bytes
}

/** Undefined where it is no hex. */
function fromHex(text: string): Bytes | undefined {
  if (!/^([0-9A-Fa-f]{2})*$/.test(text)) return undefined
  return text.replace(/../g, (digits) => String.fromCharCode(parseInt(digits, 16))) as Bytes
}

/** Topic, QoS, retain; and a session to publish in. */
function allowed(modem: Modem, call: Call): boolean {
  const client = airClient(modem)
  const topic = call.text(0)
  const qos = call.number(1)
  return topic !== '' && topic.length <= TEXT_MAX && isQos(qos) && (call.number(2) === 0 || call.number(2) === 1) &&
    client?.up === true && (qos === 0 || client.inFlight.size < mqttQuirks(modem).airInFlight)
}

function transmit(modem: Modem, call: Call, payload: Bytes, limits: AirLimits): void {
  const client = airClient(modem)
  const long = payload.length > limits.payload
  const qos = call.number(1)
  const good = client !== undefined && !(long && mqttQuirks(modem).airOverLimit === 'error') && !modem.refuses(call.name) && client.publish({
    topic: call.text(0), payload: payload.substring(0, limits.payload) as Bytes, qos, retain: call.number(2) === 1, dup: false, id: qos === 0 ? 0 : client.nextId()
  })
  if (good) call.ok()
  else call.error()
}

function publish(modem: Modem, call: Call, limits: AirLimits): void {
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const message = call.argument(3)
  if (call.count !== 4 || message?.quoted !== true || !allowed(modem, call)) {
    call.error()
    return
  }
  const payload = numberSetting(modem, '+MQTTMODE', 0) === 1 ? fromHex(message.text) : unescapeText(message.text)
  if (payload === undefined) call.error()
  else transmit(modem, call, payload, limits)
}

function publishRaw(modem: Modem, call: Call, limits: AirLimits): void {
  if (call.form !== 'set') {
    if (call.form === 'test') call.info('+MPUBEX:<topic>,(0-2),(0-1),<len>')
    call.ok()
    return
  }
  const stated = call.given(3)
  const length = call.number(3, -1)
  if ((stated && !(length >= 1 && length <= limits.payload)) || !allowed(modem, call)) {
    call.error()
    return
  }
  const done = (bytes: Bytes): void => {
    if (bytes === '') call.error()
    else transmit(modem, call, bytes, limits)
  }
  call.prompt({ length, limit: limits.payload, done, ...stated ? {} : { timeoutMs: GAP_MS, aborted: done } })
  if (modem.quirks.closedAtPrompt === 'error-at-once') airClient(modem)!.whenClosed(() => call.error())
}

export function airPublishTable(limits: AirLimits): CommandTable {
  return [
    { name: '+MPUB', run: (modem, call) => publish(modem, call, limits) },
    { name: '+MPUBEX', run: (modem, call) => publishRaw(modem, call, limits) },
    numeric('+MQTTMODE', 0)
  ]
}
