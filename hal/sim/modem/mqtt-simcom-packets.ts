/**
 * SIMCom's PUBLISH in three commands (CMQTTTOPIC, CMQTTPAYLOAD, CMQTTPUB), SUBSCRIBE and UNSUBSCRIBE in one or two, and
 * what it receives: announced, then topic and payload as raw bytes in pieces, then an end.
 */
import type { Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import type { Message } from './mqtt-client.js'
import { mqttQuirks } from './mqtt-options.js'
import { acquired, ask, Err, fail, isUtf8, type Cmqtt } from './mqtt-simcom-state.js'

const TOPIC_MAX = 1024
const PAYLOAD_MAX = 10240
/** Bytes of a payload in one +CMQTTRXPAYLOAD. */
const PIECE = 1500
/** Topics that CMQTTSUBTOPIC and CMQTTUNSUBTOPIC collect. */
const TOPICS_MAX = 10
const ANSWER_MS = 60000
/** ms from CMQTTPUB to the result where no answer is awaited. */
const SENT_MS = [10, 60] as const

/** A PUBLISH came, and the broker was told so. */
export function arrived(modem: Modem, one: Cmqtt, message: Message): void {
  const { topic, payload } = message
  if (topic.length > TOPIC_MAX || payload.length > PAYLOAD_MAX) return
  const { number } = one
  modem.line(`+CMQTTRXSTART: ${number},${topic.length},${payload.length}`)
  modem.data(`\r\n+CMQTTRXTOPIC: ${number},${topic.length}\r\n${topic}\r\n`)
  for (let at = 0; at < payload.length; at += PIECE) {
    const piece = payload.substring(at, at + PIECE)
    modem.data(`\r\n+CMQTTRXPAYLOAD: ${number},${piece.length}\r\n${piece}\r\n`)
  }
  modem.line(`+CMQTTRXEND: ${number}`)
}

/** The client, where its session stands and nothing else is under way. */
function ready(modem: Modem, call: Call): Cmqtt | undefined {
  const one = acquired(modem, call)
  if (one === undefined) return undefined
  if (one.client?.up !== true) fail(call, one.number, Err.NoConnection)
  else if (one.pending !== undefined) fail(call, one.number, Err.Busy)
  else return one
  return undefined
}

/** The result's line, once; later than `ms` it is a timeout. */
function expect(modem: Modem, call: Call, one: Cmqtt, id: number, ms: number): void {
  const pending = {
    id,
    done: (err: Err): void => {
      if (one.pending !== pending) return
      one.pending = undefined
      modem.line(`${call.name}: ${one.number},${err}`)
    }
  }
  one.pending = pending
  modem.after(ms, () => pending.done(Err.Timeout))
}

function hold(modem: Modem, call: Call): void {
  const one = acquired(modem, call)
  if (one === undefined) return
  const isTopic = call.name === '+CMQTTTOPIC'
  ask(call, one.number, call.number(1), isTopic ? TOPIC_MAX : PAYLOAD_MAX, (bytes) => {
    if (one.checks && (isTopic || mqttQuirks(modem).cmqttChecks === 'all') && !isUtf8(bytes)) return Err.BadUtf8
    if (isTopic) one.topic = bytes
    else one.payload = bytes
    return undefined
  })
}

function publish(modem: Modem, call: Call): void {
  const one = ready(modem, call)
  if (one === undefined) return
  const [qos, seconds, retain, dup] = [call.number(1), call.number(2), call.number(3, 0), call.number(4, 0)]
  if (!(qos >= 0 && qos <= 2 && seconds >= 1 && seconds <= 180 && (retain === 0 || retain === 1) && (dup === 0 || dup === 1))) fail(call, one.number, Err.Invalid)
  else if (one.topic === '') fail(call, one.number, Err.NoTopic)
  else {
    const client = one.client!
    const id = qos === 0 ? 0 : client.nextId()
    const message = { topic: one.topic as Bytes, payload: one.payload, qos, retain: retain === 1, dup: false, id }
    one.topic = ''
    one.payload = '' as Bytes
    call.ok()
    if (modem.refuses(call.name) || !client.publish(message)) modem.line(`${call.name}: ${one.number},${Err.Sending}`)
    else {
      expect(modem, call, one, id, seconds * 1000)
      const { pending } = one
      if (qos === 0) modem.after(modem.random.int(SENT_MS[0], SENT_MS[1]), () => pending?.done(Err.Ok))
    }
  }
}

/** Collects a topic for the command that follows. */
function collect(modem: Modem, call: Call): void {
  const one = acquired(modem, call)
  if (one === undefined) return
  const ends = call.name === '+CMQTTUNSUBTOPIC'
  const qos = call.number(2, 0)
  if ((ends ? one.leaving : one.filters).length >= TOPICS_MAX || !(qos >= 0 && qos <= 2)) fail(call, one.number, Err.Invalid)
  else {
    ask(call, one.number, call.number(1), TOPIC_MAX, (bytes) => {
      if (one.checks && !isUtf8(bytes)) return Err.BadUtf8
      if (ends) one.leaving.push(bytes)
      else one.filters.push({ filter: bytes, qos })
      return undefined
    })
  }
}

function request(modem: Modem, call: Call, one: Cmqtt): void {
  const client = one.client!
  const id = client.nextId()
  const ends = call.name === '+CMQTTUNSUB'
  const sent = ends ? client.unsubscribe(id, one.leaving.splice(0)) : client.subscribe(id, one.filters.splice(0))
  call.ok()
  if (sent) expect(modem, call, one, id, ANSWER_MS)
  else modem.line(`${call.name}: ${one.number},${Err.Sending}`)
}

/** With a length: one topic, asked for. Without: those that were collected. `AT+CMQTTUNSUB=0,1` is the latter, with DUP. */
function subscribe(modem: Modem, call: Call): void {
  const one = ready(modem, call)
  if (one === undefined) return
  const ends = call.name === '+CMQTTUNSUB'
  const collected = ends ? one.leaving : one.filters
  const qos = ends ? 0 : call.number(2, 0)
  if (call.count >= 3 || call.number(1, 0) > 1) {
    if (!(qos >= 0 && qos <= 2)) fail(call, one.number, Err.Invalid)
    else {
      ask(call, one.number, call.number(1), TOPIC_MAX, (bytes) => {
        if (one.checks && !isUtf8(bytes)) return Err.BadUtf8
        if (one.client?.up !== true) return Err.NoConnection
        one.filters.length = 0
        one.leaving.length = 0
        if (ends) one.leaving.push(bytes)
        else one.filters.push({ filter: bytes, qos })
        request(modem, call, one)
        return Err.Ok
      })
    }
  } else if (collected.length === 0) fail(call, one.number, Err.NoTopic)
  else request(modem, call, one)
}

export const cmqttPacketTable: CommandTable = [
  { name: '+CMQTTTOPIC', run: hold },
  { name: '+CMQTTPAYLOAD', run: hold },
  { name: '+CMQTTPUB', run: publish },
  { name: '+CMQTTSUBTOPIC', run: collect },
  { name: '+CMQTTUNSUBTOPIC', run: collect },
  { name: '+CMQTTSUB', run: subscribe },
  { name: '+CMQTTUNSUB', run: subscribe }
]
