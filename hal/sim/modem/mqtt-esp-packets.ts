/** ESP-AT's PUBLISH (MQTTPUB in the command, MQTTPUBRAW with raw bytes), subscriptions, and what it receives. */
import type { Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import type { Message } from './mqtt-client.js'
import { esp, espArguments, numberOf, refuse, Refusal, State, stateOf, type Esp } from './mqtt-esp-state.js'
import { mqttQuirks } from './mqtt-options.js'

const TOPIC_MAX = 128
const TOPICS_MAX = 10
/** Bytes of MQTTPUBRAW: what the emulated module has memory for. */
const PAYLOAD_MAX = 16384
const ANSWER_MS = 10000

/** A PUBLISH came, and the broker was told so. No line says whether another piece follows. */
export function arrived(modem: Modem, message: Message): void {
  const { topic, payload } = message
  const size = mqttQuirks(modem).espSplit
  for (let at = 0; at === 0 || at < payload.length; at += size) {
    const piece = payload.substring(at, at + size)
    modem.data(`+MQTTSUBRECV:0,"${topic}",${piece.length},${piece}\r\n`)
  }
}

/** The session stands, and the topic and the QoS may be. */
function ready(modem: Modem, call: Call, topic: string, qos: number, retain = 0): Esp | undefined {
  const mqtt = esp(modem)
  if (call.number(0) !== 0) refuse(modem, call, Refusal.Link)
  else if (mqtt.state === State.None) refuse(modem, call, Refusal.NotConfigured)
  else if (mqtt.client?.up !== true) refuse(modem, call, Refusal.Disconnected)
  else if (topic === '') refuse(modem, call, Refusal.TopicNull)
  else if (topic.length > TOPIC_MAX) refuse(modem, call, Refusal.TopicLong)
  else if (!(qos >= 0 && qos <= 2)) refuse(modem, call, Refusal.Qos)
  else if (retain !== 0 && retain !== 1) refuse(modem, call, Refusal.Retain)
  else return mqtt
  return undefined
}

/** Calls `done` once: with the broker's answer, or with false. */
function expect(modem: Modem, mqtt: Esp, id: number, done: (good: boolean, codes?: readonly number[]) => void): void {
  const once = (good: boolean, codes?: readonly number[]): void => {
    mqtt.waiting.delete(id)
    done(good, codes)
  }
  mqtt.waiting.set(id, once)
  modem.after(ANSWER_MS, () => {
    if (mqtt.waiting.get(id) === once) once(false)
  })
}

function send(modem: Modem, call: Call, mqtt: Esp, message: Omit<Message, 'id' | 'dup'>, done: (good: boolean) => void): void {
  const client = mqtt.client!
  const id = message.qos === 0 ? 0 : client.nextId()
  const good = !modem.refuses(call.name) && client.publish({ ...message, id, dup: false })
  if (good && message.qos > 0) expect(modem, mqtt, id, done)
  else done(good)
}

function publish(modem: Modem, call: Call): void {
  const [, topic = '' as Bytes, data = '', qosText, retainText] = espArguments(call)
  const [qos, retain] = [numberOf(qosText, 0), numberOf(retainText, 0)]
  const mqtt = ready(modem, call, topic, qos, retain)
  // The message is a text to it, which ends at NUL.
  const payload = data.split('\0')[0] as Bytes
  if (mqtt === undefined) return
  send(modem, call, mqtt, { topic, payload, qos, retain: retain === 1 }, (good) => {
    if (good) call.ok()
    else refuse(modem, call, Refusal.Publish)
  })
}

function publishRaw(modem: Modem, call: Call): void {
  const [, topic = '' as Bytes, lengthText, qosText, retainText] = espArguments(call)
  const [length, qos, retain] = [numberOf(lengthText), numberOf(qosText, 0), numberOf(retainText, 0)]
  const mqtt = ready(modem, call, topic, qos, retain)
  if (mqtt === undefined) return
  if (!(length >= 1 && length <= PAYLOAD_MAX)) refuse(modem, call, Refusal.Length)
  else {
    const told = (good: boolean): void => call.final(`+MQTTPUB:${good ? 'OK' : 'FAIL'}`)
    call.prompt({ length, invitation: '\r\nOK\r\n\r\n>', done: (payload) => {
      if (mqtt.client?.up === true) send(modem, call, mqtt, { topic, payload, qos, retain: retain === 1 }, told)
      else told(false)
    } })
    if (modem.quirks.closedAtPrompt === 'error-at-once') mqtt.client!.whenClosed(() => told(false))
  }
}

function subscribe(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    const { topics } = esp(modem)
    for (const [topic, qos] of topics) call.info(`+MQTTSUB:0,${stateOf(esp(modem))},"${topic}",${qos}`)
    call.ok()
    return
  }
  const [, topic = '', qosText] = espArguments(call)
  const qos = numberOf(qosText, 0)
  const mqtt = ready(modem, call, topic, qos)
  if (mqtt === undefined) return
  if (mqtt.topics.has(topic)) {
    call.info('ALREADY SUBSCRIBE')
    call.ok()
  } else if (mqtt.topics.size >= TOPICS_MAX) refuse(modem, call, Refusal.Subscribe)
  else {
    const id = mqtt.client!.nextId()
    mqtt.client!.subscribe(id, [{ filter: topic, qos }])
    expect(modem, mqtt, id, (good, codes = []) => {
      if (good && codes.every((code) => code <= 2)) {
        mqtt.topics.set(topic, qos)
        call.ok()
      } else refuse(modem, call, Refusal.Subscribe)
    })
  }
}

function unsubscribe(modem: Modem, call: Call): void {
  const [, topic = ''] = espArguments(call)
  const mqtt = ready(modem, call, topic, 0)
  if (mqtt === undefined) return
  if (!mqtt.topics.has(topic)) {
    call.info('NO UNSUBSCRIBE')
    call.ok()
  } else {
    const id = mqtt.client!.nextId()
    mqtt.client!.unsubscribe(id, [topic])
    expect(modem, mqtt, id, (good) => {
      if (good) {
        mqtt.topics.delete(topic)
        call.ok()
      } else refuse(modem, call, Refusal.Unsubscribe)
    })
  }
}

export const espPacketTable: CommandTable = [
  { name: '+MQTTPUB', run: publish },
  { name: '+MQTTPUBRAW', run: publishRaw },
  { name: '+MQTTSUB', run: subscribe },
  { name: '+MQTTUNSUB', run: unsubscribe }
]
