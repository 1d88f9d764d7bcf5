/**
 * Makes traces: a client and a simple server in the simulator, calls and faults from a seed; what the port gave the client,
 * and when, becomes the trace. Any trace is valid: runtimes are compared with each other, not with the simulator.
 */
import mqtt, { type Packet } from 'mqtt-packet'
import { create, type Client } from '../../firmware/index.js'
import type { Options } from '../../firmware/types.js'
import { createSim, Random, type Sim, type SimConnection } from '../../hal/sim/index.js'
import type { Bytes } from '../../hal/hal.js'
import { tracePort, type TracePort } from './port.js'

interface Line { t: number; text: string }

const hex = (text: string): string => (text === '' ? '-' : Buffer.from(text, 'latin1').toString('hex'))
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** How a server behaves. */
export interface Manner {
  /** Chances out of 1000 that an answer is left out, late, or that the connection ends instead. */
  silent: number
  late: number
  cut: number
  /** Out of 1000: bytes that are not MQTT, or packets out of place. */
  wrong: number
  /** Hears nothing but CONNECT. */
  deaf: boolean
  version: 3 | 4 | 5
  present: boolean
}

/** Answers as a broker does, most of the time. */
function serve(connection: SimConnection, random: Random, manner: Manner): (packet: Packet) => void {
  const settings = { protocolVersion: manner.version }
  const parser = mqtt.parser(settings)
  const send = (packet: Packet): void => {
    if (random.chance(manner.silent / 1000)) return
    if (random.chance(manner.cut / 1000)) {
      if (random.chance(0.5)) connection.rst()
      else connection.close()
      return
    }
    const wrong = random.chance(manner.wrong / 1000)
    const bytes = wrong ? Buffer.from([random.int(0, 255), random.int(0, 3), random.int(0, 255), random.int(0, 255)]) : mqtt.generate(packet, settings)
    connection.after(random.chance(manner.late / 1000) ? random.int(100, 30000) : random.int(0, 20), () => connection.send(bytes.toString('latin1') as Bytes))
  }
  let id = 0
  parser.on('packet', (packet) => {
    if (manner.deaf && packet.cmd !== 'connect') return
    if (packet.cmd === 'connect') {
      const properties = manner.version === 5 && random.chance(0.5) ? { topicAliasMaximum: 4, receiveMaximum: random.int(1, 20), serverKeepAlive: random.int(10, 100) } : undefined
      send({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: manner.present && packet.clean === false && connection.id > 1, ...(properties === undefined ? {} : { properties }) } as Packet)
    } else if (packet.cmd === 'subscribe') {
      send({ cmd: 'suback', messageId: packet.messageId, granted: packet.subscriptions.map((one) => (random.chance(0.1) ? 128 : one.qos)) } as Packet)
    } else if (packet.cmd === 'unsubscribe') send({ cmd: 'unsuback', messageId: packet.messageId, granted: packet.unsubscriptions.map(() => 0) } as Packet)
    else if (packet.cmd === 'publish' && packet.qos === 1) send({ cmd: 'puback', messageId: packet.messageId } as Packet)
    else if (packet.cmd === 'publish' && packet.qos === 2) send({ cmd: 'pubrec', messageId: packet.messageId } as Packet)
    else if (packet.cmd === 'pubrec') send({ cmd: 'pubrel', messageId: packet.messageId } as Packet)
    else if (packet.cmd === 'pubrel') send({ cmd: 'pubcomp', messageId: packet.messageId } as Packet)
    else if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' })
  })
  parser.on('error', () => connection.close())
  connection.onData((bytes) => { parser.parse(Buffer.from(bytes, 'latin1')) })
  return (packet) => {
    if (packet.cmd === 'publish' && packet.qos > 0) packet.messageId = id = (id % 65535) + 1
    send(packet)
  }
}

/** A trace under way: the simulated device, and the lines that it made. */
export class Maker {
  readonly sim: Sim
  readonly client: Client
  readonly lines: Line[] = []
  private readonly head: string[] = []
  private say: ((packet: Packet) => void) | undefined
  private connection: SimConnection | undefined
  private readonly port: TracePort

  constructor(seed: number, options: Partial<Options>, head: string[], manner: Partial<Manner> = {}, pieces: number | number[] | 'random' = 1460) {
    const version = options.protocolVersion ?? 4
    this.sim = createSim({ seed, conditions: { piecesIn: pieces as never } })
    const random = new Random(seed + 77)
    this.sim.network.listen('broker', 1883, (connection) => {
      this.connection = connection
      this.say = serve(connection, random, { silent: 0, late: 0, cut: 0, wrong: 0, deaf: false, present: true, ...manner, version })
    })
    const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')
    this.port = tracePort(this.sim.device.hal)
    this.client = create({ ...this.port.hal, text: { utf8: (s) => utf8(s) as Bytes, text } }, { servers: [{ host: 'broker', port: 1883 }], jitter: false, ...options })
    this.head = ['flag jitter 0', ...(version === 4 ? [] : [`number protocolVersion ${version}`]), ...head]
  }

  /** A call of the application's: the line, and the call itself. */
  call(line: string, fn: (client: Client) => void): this {
    this.lines.push({ t: this.sim.now, text: line })
    fn(this.client)
    return this
  }

  connect(): this {
    return this.call('connect', (c) => c.connect())
  }

  publish(topic: string, payload: string, qos: 0 | 1 | 2 = 0, retain = false): this {
    return this.call(`publish ${hex(utf8(topic))} ${hex(payload)} ${qos} ${retain ? 1 : 0}`, (c) => c.publish(topic, payload as Bytes, qos, retain))
  }

  subscribe(filter: string, qos: 0 | 1 | 2 = 1, handled = false): this {
    return this.call(`subscribe ${hex(utf8(filter))} ${qos} ${handled ? 1 : 0}`, (c) => c.subscribe(filter, qos, handled ? () => undefined : undefined))
  }

  unsubscribe(filter: string): this {
    return this.call(`unsubscribe ${hex(utf8(filter))}`, (c) => c.unsubscribe(filter))
  }

  run(ms: number): this {
    this.sim.run(ms)
    return this
  }

  /** From now on the device's socket has room for so many bytes; 1000000 or more is never used up. A new connection has that. */
  credit(bytes: number): this {
    return this.call(`credit ${bytes}`, () => { this.port.credit(bytes) })
  }

  /** The server publishes. */
  server(topic: string, payload: string, qos: 0 | 1 | 2 = 0, more: object = {}): this {
    this.say?.({ cmd: 'publish', topic, payload: Buffer.from(payload, 'latin1'), qos, retain: false, dup: false, ...more } as Packet)
    return this
  }

  /** The server sends these bytes. */
  bytes(text: string): this {
    this.connection?.send(Buffer.from(text.replace(/ /g, ''), 'hex').toString('latin1') as Bytes)
    return this
  }

  /** The server ends the connection. */
  drop(reset = false): this {
    if (reset) this.connection?.rst()
    else this.connection?.close()
    return this
  }

  /** The trace, with what the port gave. */
  trace(comment: string): string {
    const port: Line[] = []
    for (const e of this.sim.trace.entries) {
      if (e.dir === 'in') port.push({ t: e.t, text: `in ${hex(e.bytes)}` })
      else if (e.note === 'open') port.push({ t: e.t, text: 'status 1' })
      else if (e.note === 'FIN arrived') port.push({ t: e.t, text: 'status -60' })
      else if (e.note === 'RST arrived') port.push({ t: e.t, text: 'status -61' })
      else if (e.dir === 'event' && /refused/i.test(e.note)) port.push({ t: e.t, text: 'status -63' })
    }
    const all = [...this.lines.map((one) => ({ ...one, call: 1 })), ...port.map((one) => ({ ...one, call: 0 }))].sort((a, b) => a.t - b.t || a.call - b.call)
    const out = [`# ${comment}`, ...this.head]
    let now = 0
    for (const one of all) {
      if (one.t > now) out.push(`@ ${one.t - now}`)
      now = one.t
      out.push(one.text)
    }
    if (this.sim.now > now) out.push(`@ ${this.sim.now - now}`)
    return out.join('\n') + '\n'
  }
}

const TOPICS = ['a', 'a/b', 'sensors/room 1/temperature', '\u6e29\u5ea6/\u5ba4\u5185', 'x'.repeat(120)]
const FILTERS = ['#', 'a/+', 'sensors/#', '\u6e29\u5ea6/#', '$share/g/a', '+/b']

/** A random trace. The same seed gives the same trace on every machine. */
export function randomTrace(seed: number): string {
  return randomMaker(seed).trace(`seed ${seed}`)
}

/** What made it: client and server in the simulator, at the end of the trace. */
export function randomMaker(seed: number): Maker {
  const random = new Random(seed)
  const pick = <T>(list: T[]): T => list[random.int(0, list.length - 1)]!
  const version = pick<3 | 4 | 5>([3, 4, 4, 5, 5])
  const clean = random.chance(0.5)
  const keepalive = pick([0, 10, 30, 120])
  const head = [`number keepalive ${keepalive}`, `flag clean ${clean ? 1 : 0}`, `text clientId ${hex('dev')}`, `ticks ${pick([0, 0, 2147480000, -20000])}`]
  const options: Partial<Options> = { protocolVersion: version, clean, keepalive, clientId: 'dev' }
  const whenFull = pick(['refuse', 'drop-oldest', 'drop-newest', 'keep-latest'] as const)
  if (random.chance(0.4)) {
    head.push(`limit outboxCount 4`, `text whenFull ${hex(whenFull)}`)
    options.limits = { outboxCount: 4 }
    options.whenFull = whenFull
  }
  if (version === 5 && random.chance(0.4)) {
    head.push('number topicAliasOut 3')
    options.topicAliasOut = 3
  }
  const faulty = random.chance(0.5)
  const manner = faulty ? { silent: random.int(0, 60), late: random.int(0, 100), cut: random.int(0, 40), wrong: random.int(0, 15), present: random.chance(0.7) } : {}
  const maker = new Maker(seed, options, head, manner, pick<number | 'random'>([1, 7, 'random', 1460]))
  // A socket that has little room at times, or all the time.
  const tight = random.chance(0.4) ? random.int(1, 30) : 0
  maker.connect()
  const steps = random.int(10, 60)
  for (let i = 0; i < steps; i += 1) {
    const what = random.int(0, 99)
    if (what < 45) maker.publish(pick(TOPICS), 'p'.repeat(random.int(0, 60)), pick([0, 1, 2] as const), random.chance(0.2))
    else if (what < 55) maker.subscribe(pick(FILTERS), pick([0, 1, 2] as const), random.chance(0.5))
    else if (what < 60) maker.unsubscribe(pick(FILTERS))
    else if (what < 82) maker.server(pick(TOPICS), 's'.repeat(random.int(0, 80)), pick([0, 1, 2] as const))
    else if (what < 86) maker.drop(random.chance(0.5))
    else if (what < 88) maker.call('disconnect', (c) => c.disconnect())
    else if (what < 90) maker.call('abort', (c) => c.abort())
    else if (what < 94) maker.connect()
    if (tight > 0 && random.chance(0.5)) maker.credit(pick([0, 1, tight, tight * 10, 1_000_000]))
    if (random.chance(0.6)) maker.run(pick([1, 20, 100, 1000, 30000]))
  }
  if (tight > 0) maker.credit(pick([tight, 1_000_000]))
  return maker.run(random.int(0, 100000))
}
