/**
 * Runs one trace: what the application calls, what the server's bytes are and when, told to a client on a clock that only the
 * trace moves. Written in the firmware dialect, so that the same text runs on Node, on Espruino and in Lua; what it tells
 * must be the same everywhere, line by line. docs/recorder.md has the lines of a trace.
 *
 * Texts are bytes here on every runtime: what a port makes of text is the port's matter.
 */
import { at, cat, cut, EMPTY, type Bytes, type Code } from '../../firmware/bytes.js'
import { create, type Client } from '../../firmware/client.js'
import { bytes, dec, hal, hex, number, tell, word, world, type Each } from './world.js'
import type { Limits, Options, Properties, PublishExtra, Qos } from '../../firmware/types.js'

/** Slices that one event may ask for. */
const enum Most { Slices = 300 }

/** The option lines at the head of a trace; false at the first line that is none. */
function option(o: Options, limits: Limits, p: Properties, kind: Bytes): boolean {
  if (kind === 'number') {
    const name = word()
    const into = o as unknown as Record<string, number>
    into[name] = number()
  } else if (kind === 'limit') {
    const name = word()
    const into = limits as unknown as Record<string, number>
    into[name] = number()
    o.limits = limits
  } else if (kind === 'flag') {
    const name = word()
    const into = o as unknown as Record<string, boolean>
    into[name] = number() === 1
  } else if (kind === 'text') {
    const name = word()
    const into = o as unknown as Record<string, string>
    into[name] = bytes()
  } else if (kind === 'property') {
    const name = word()
    const into = p as unknown as Record<string, number>
    into[name] = number()
    o.properties = p
  } else if (kind === 'will') {
    const topic = bytes()
    const payload = bytes()
    const qos = number()
    o.will = { topic: topic, payload: payload, qos: qos as Qos, retain: number() === 1 }
  } else if (kind === 'server') {
    o.servers.push({ host: bytes(), port: number() })
  } else if (kind === 'stream') {
    o.onStream = (topic, chunk, offset, total) => {
      tell('piece', cat(topic as Bytes, ' ' as Bytes, dec(offset), ' ' as Bytes, dec(total)), hex(chunk))
      return 0
    }
  } else if (kind === 'ticks') world.ticks = number()
  else return false
  return true
}

/** Slices until there is nothing to do at this instant. False: the client is offline and needs none. */
function settle(client: Client): boolean {
  let slices = 0
  while (slices < Most.Slices && (world.woken || client.idle() === 0)) {
    world.woken = false
    const code = client.yield(0)
    slices = slices + 1
    if (code < 0) return false
  }
  if (slices === Most.Slices) tell('restless', dec(slices), EMPTY)
  return true
}

/** Time passes, with every appointment of the client's on the way. */
function pass(client: Client, ms: number): void {
  let more = settle(client)
  const end = world.now + ms
  let turns = 0
  while (more && world.now < end && turns < 100000) {
    const idle = client.idle()
    const left = end - world.now
    world.now = world.now + (idle < left ? idle : left)
    if (idle <= left) world.woken = true
    more = settle(client)
    turns = turns + 1
  }
  world.now = end
}

function properties(): Properties | undefined {
  const p: Properties = {}
  let some = false
  let name = word()
  while (name.length > 0) {
    some = true
    if (name === 'type') p.contentType = bytes()
    else if (name === 'user') p.userProperties = [bytes(), bytes()]
    else if (name === 'data') p.correlationData = bytes()
    else if (name === 'reply') p.responseTopic = bytes()
    else {
      const into = p as unknown as Record<string, number>
      into[name] = number()
    }
    name = word()
  }
  return some ? p : undefined
}

function publish(client: Client, extended: boolean): Code {
  const topic = bytes()
  const payload = bytes()
  const qos = number() as Qos
  const retain = number() === 1
  if (!extended) return client.publish(topic, payload, qos, retain)
  const extra: PublishExtra = {}
  const deadline = number()
  if (deadline > 0) extra.deadline = deadline
  const priority = number()
  if (priority !== 0) extra.priority = priority
  extra.keepLatest = number() === 1
  const p = properties()
  if (p !== undefined) extra.properties = p
  return client.publish(topic, payload, qos, retain, extra)
}

function call(client: Client, what: Bytes): boolean {
  let code = 0
  if (what === 'connect') code = client.connect()
  else if (what === 'publish') code = publish(client, false)
  else if (what === 'publish+') code = publish(client, true)
  else if (what === 'send') {
    const topic = bytes()
    const total = number()
    const piece = 'pieces of a large message, again and again; ' as Bytes
    code = client.publishStream(topic, total, (_offset, max) => cut(piece, 0, max < piece.length ? max : piece.length), number() as Qos)
  } else if (what === 'subscribe') {
    const filter = bytes()
    const qos = number() as Qos
    const handled = number() === 1
    code = client.subscribe(filter, qos, handled ? (topic, payload, packet) => {
      tell('handler', cat(hex(topic as Bytes), ' ' as Bytes, hex(payload)), dec(packet.packetId))
    } : undefined)
  } else if (what === 'unsubscribe') code = client.unsubscribe(bytes())
  else if (what === 'disconnect') code = client.disconnect()
  else if (what === 'abort') code = client.abort()
  else if (what === 'destroy') code = client.destroy()
  else if (what === 'receive') {
    const m = client.receive(0)
    if (m !== undefined) tell('received', cat(hex(m.topic as Bytes), ' ' as Bytes, hex(m.payload)), dec(m.packet.packetId))
  } else return false
  tell('call', what, dec(code))
  return true
}

/** A line that is neither an option nor a call. */
function event(client: Client, kind: Bytes): void {
  if (kind === '@') pass(client, number())
  else if (kind === 'in') {
    const s = bytes()
    if (world.open && world.status === 1) world.input = cat(world.input, s)
    world.woken = true
  } else if (kind === 'status') {
    const status = number()
    if (world.open && world.status >= 0) world.status = status
    world.woken = true
  } else if (kind === 'credit') {
    world.credit = number()
    world.woken = true
  } else if (!call(client, kind)) tell('unknown', kind, EMPTY)
}

function count(name: string, n: number): void {
  tell(name, dec(n), EMPTY)
}

/** Runs a trace; `each` is told every line of the log. */
export function run(this: void, trace: Bytes, each: Each): void {
  world.each = each
  world.now = 0
  world.ticks = 0
  world.status = -60
  world.credit = 0
  world.input = EMPTY
  world.random = 1
  world.woken = false
  world.open = false
  world.trace = trace
  world.from = 0
  const options: Options = {
    servers: [{ host: 'broker', port: 1883 }],
    onMessage: (topic, payload, packet) => {
      tell('message', cat(hex(topic as Bytes), ' ' as Bytes, hex(payload)), cat(dec(packet.qos), packet.retain ? ' r ' as Bytes : ' ' as Bytes, packet.dup ? 'd ' as Bytes : EMPTY, dec(packet.packetId)))
    },
    onReceipt: (token, outcome, reason) => {
      tell('receipt', cat(dec(token), ' ' as Bytes, outcome as unknown as Bytes), dec(reason))
    },
    onSubscribed: (token, filter, code) => {
      tell('subscribed', cat(dec(token), ' ' as Bytes, hex(filter as Bytes)), dec(code))
    },
    onLink: (state, present, cause) => {
      tell('link', cat(state as unknown as Bytes, present ? ' present' as Bytes : EMPTY), dec(cause))
    }
  }
  const limits: Limits = {}
  const given: Properties = {}
  let client: Client | undefined = undefined
  while (world.from < trace.length) {
    const kind = word()
    if (kind.length > 0 && at(kind, 0) !== 35) {
      if (client !== undefined) event(client, kind)
      else if (!option(options, limits, given, kind)) {
        client = create(hal, options)
        event(client, kind)
      }
    }
    // To the end of the line.
    while (world.from < trace.length && at(trace, world.from) !== 10) world.from = world.from + 1
    world.from = world.from + 1
  }
  if (client === undefined) return
  settle(client)
  const cause = client.explain()
  tell('cause', cat(dec(cause.code), ' ' as Bytes, dec(cause.reason), ' ' as Bytes, dec(cause.value)), cat(dec(cause.limit), ' ' as Bytes, hex(cause.detail as Bytes)))
  const s = client.stats()
  count('packets-in', s.packetsIn)
  count('packets-out', s.packetsOut)
  count('bytes-in', s.bytesIn)
  count('bytes-out', s.bytesOut)
  count('delivered', s.delivered)
  count('sent', s.sent)
  count('received', s.received)
  count('resent', s.resent)
  count('pings', s.pings)
  count('drops', s.drops)
  client.destroy()
}
