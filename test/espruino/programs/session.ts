/**
 * A whole session over memory: a port of a few lines, a server of a few lines, a clock that the program moves. The same
 * text runs on Node with the sources and on Espruino with a profile's bundle; `each` is told every byte that the client
 * writes and every call that it makes.
 */
import { at, b1, b2, b4, cat, cut, EMPTY, u16, type Bytes, type Code } from '../../../firmware/bytes.js'
import type { Client } from '../../../firmware/client.js'
import type { Options } from '../../../firmware/types.js'
import type { Endpoint, Hal, Socket } from '../../../hal/hal.js'
import { plainSystem, plainText } from '../../../tools/differential/plain-port.js'

type Each = (this: void, said: Bytes) => void
type Create = (this: void, hal: Hal, options: Options) => Client

/** What a profile has. */
export const enum Level { Tiny = 0, Standard = 1, Full = 2 }

/** Bytes that the socket takes before it has sent them; 5 ms later they are gone. */
const enum Port { Credit = 64, DrainMs = 5, MostWakes = 2000 }

interface World {
  each: Each
  now: number
  version: number
  toClient: Bytes
  /** What the server holds of a packet that came in part. */
  part: Bytes
  taken: number
  drainAt: number
  wakeAt: number
  onWake: (this: void) => void
  isOpen: boolean
  answers: boolean
}

function nothing(this: void): void {
  world.now = world.now + 0
}

const world: World = {
  each: nothing, now: 1000, version: 4, toClient: EMPTY, part: EMPTY, taken: 0, drainAt: -1, wakeAt: -1, onWake: nothing, isOpen: false, answers: true
}

function note(word: string, n: number): void {
  world.each((word + ' ' + n) as Bytes)
}

/** The server says something. */
function fromServer(bytes: Bytes): void {
  world.toClient = cat(world.toClient, bytes)
  if (bytes.length > 0) world.wakeAt = world.now
}

/** SUBACK, UNSUBACK: packet identifier, the properties of 5.0, and a code for each filter; `options` bytes follow a filter. */
function grant(first: number, packet: Bytes, code: number, options: number): Bytes {
  let from = world.version === 5 ? 5 + at(packet, 4) : 4
  let codes = EMPTY
  while (from < packet.length) {
    codes = cat(codes, b1(code))
    from = from + 2 + at(packet, from) * 256 + at(packet, from + 1) + options
  }
  if (options === 0 && world.version < 5) codes = EMPTY
  const body = cat(cut(packet, 2, 4), world.version === 5 ? b1(0) : EMPTY, codes)
  return cat(b2(first, body.length), body)
}

function acknowledge(first: number, packet: Bytes, from: number): Bytes {
  return cat(b2(first, 2), cut(packet, from, from + 2))
}

/** What the server answers to one packet. */
function answer(packet: Bytes): Bytes {
  const five = world.version === 5
  const first = at(packet, 0)
  const type = (first - first % 16) / 16
  if (type === 1) return five ? cat(b4(0x20, 9, 0, 0), b4(6, 0x21, 0, 3), b2(0x22, 0), b1(2)) : b4(0x20, 2, 0, 0)
  if (type === 8) return grant(0x90, packet, 0, 1)
  if (type === 10) return grant(0xb0, packet, 0, 0)
  if (type === 12) return b2(0xd0, 0)
  if (type === 3 && first % 8 >= 4) return acknowledge(0x50, packet, 4 + at(packet, 3))
  if (type === 3 && first % 8 >= 2) return acknowledge(0x40, packet, 4 + at(packet, 3))
  if (type === 5) return acknowledge(0x62, packet, 2)
  if (type === 6) return acknowledge(0x70, packet, 2)
  return EMPTY
}

/** All packets here are shorter than 130 bytes. */
function serve(bytes: Bytes): void {
  let have = cat(world.part, bytes)
  while (have.length > 1 && have.length >= at(have, 1) + 2) {
    const size = at(have, 1) + 2
    if (world.answers) fromServer(answer(cut(have, 0, size)))
    have = cut(have, size, have.length)
  }
  world.part = have
}

class MemorySocket implements Socket {
  status(): Code {
    return world.isOpen ? 1 : -60
  }

  read(max: number): Bytes {
    const some = cut(world.toClient, 0, max)
    world.toClient = cut(world.toClient, some.length, world.toClient.length)
    return some
  }

  write(bytes: Bytes): Code {
    const room = Port.Credit - world.taken
    const some = cut(bytes, 0, room)
    world.each(cat('write ' as Bytes, some))
    world.taken = world.taken + some.length
    world.drainAt = world.now + Port.DrainMs
    serve(some)
    return some.length
  }

  credit(): number {
    return Port.Credit - world.taken
  }

  pending(): number {
    return world.toClient.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    note('close', world.now)
    world.isOpen = false
  }
}

/** A port that cannot wait, as Espruino's: the client says when it wants to be called. */
const hal: Hal = {
  version: 1,
  socket: {
    open(this: void, endpoint: Endpoint): Socket {
      note('open ' + endpoint.host, world.now)
      world.isOpen = true
      world.toClient = EMPTY
      world.part = EMPTY
      world.taken = 0
      return new MemorySocket()
    }
  },
  timer: {
    ticks(this: void): number {
      return world.now
    },
    since(this: void, t0: number): number {
      return world.now - t0
    },
    onWake(this: void, fn: (this: void) => void): number {
      world.onWake = fn
      return 1
    },
    wakeAfter(this: void, handle: number, ms: number): void {
      world.wakeAt = handle !== 1 || ms < 0 || ms >= 1073741824 ? -1 : world.now + ms
    }
  },
  system: plainSystem('a1b2c3', () => 1234, (reason) => { note(reason, 0) }),
  text: plainText
}

/** The world goes on for `ms`: what is due is called, in order. */
function run(ms: number): void {
  const end = world.now + ms
  for (let wakes = 0; wakes < Port.MostWakes; wakes = wakes + 1) {
    const drains = world.drainAt >= 0 && (world.wakeAt < 0 || world.drainAt <= world.wakeAt)
    const next = drains ? world.drainAt : world.wakeAt
    if (next < 0 || next > end) {
      world.now = end
      return
    }
    if (next > world.now) world.now = next
    if (drains) {
      world.drainAt = -1
      world.taken = 0
    } else {
      world.wakeAt = -1
    }
    world.onWake()
  }
  note('it does not rest', world.now)
}

/** A PUBLISH from the server. */
function message(first: number, topic: Bytes, packetId: number, payload: Bytes): Bytes {
  const body = cat(u16(topic.length), topic, packetId > 0 ? u16(packetId) : EMPTY, world.version === 5 ? b1(0) : EMPTY, payload)
  return cat(b2(first, body.length), body)
}

/** Connects, subscribes, publishes, receives, pings, loses the link, comes back, leaves. */
export function session(create: Create, level: Level, version: 3 | 4 | 5, each: Each): void {
  world.each = each
  world.now = 1000
  world.version = version
  world.toClient = EMPTY
  world.wakeAt = -1
  world.drainAt = -1
  world.isOpen = false
  world.answers = true
  const options: Options = {
    servers: [{ host: 'broker', port: 1883 }], keepalive: 60, protocolVersion: version, username: 'ann', password: b2(0, 200),
    will: { topic: 'gone', payload: b2(0, 255), qos: 1, retain: true },
    onMessage: (topic, payload, packet) => {
      each(cat('message ' as Bytes, topic as Bytes, ' ' as Bytes, payload))
      note('packet id', packet.packetId + packet.qos * 100000 + (packet.dup ? 1000000 : 0) + (packet.retain ? 2000000 : 0))
    },
    onReceipt: (token, outcome, reason) => {
      note('receipt ' + outcome + ' ' + token, reason)
    },
    onSubscribed: (token, filter, code) => {
      note('subscribed ' + filter + ' ' + token, code)
    },
    onLink: (state, present, cause) => {
      note('link ' + state + (present ? ' present' : ''), cause)
    }
  }
  if (version === 5) options.properties = { userProperties: ['k', 'v'], receiveMaximum: 7 }
  const client = create(hal, options)
  note('connect', client.connect())
  note('publish early', client.publish('early', b1(1), 1))
  run(500)
  note('subscribe', client.subscribe('in/#', 1))
  note('subscribe', client.subscribe('own/+', 0, (topic, payload) => {
    each(cat('own ' as Bytes, topic as Bytes, payload))
    note('publish inside', client.publish('echo', payload))
  }))
  note('bad filter', client.subscribe('in/#/x', 1))
  note('bad topic', client.publish('a/+', EMPTY))
  run(100)
  note('publish 0', client.publish('t/0', b4(1, 0, 255, 128)))
  note('publish 0', client.publish('t/0', EMPTY, 0, true))
  for (let i = 0; i < 6; i = i + 1) note('publish 1', client.publish('t/1', cat(b2(i, 200), 'some more of it, so that it does not fit at once' as Bytes), 1))
  if (level >= Level.Standard) note('publish 2', client.publish('t/2', b2(255, 0), 2, true))
  run(2000)
  fromServer(cat(message(0x30, 'in/a' as Bytes, 0, b2(0, 255)), message(0x3b, 'in/b' as Bytes, 77, EMPTY)))
  run(100)
  if (level >= Level.Standard) {
    fromServer(cat(message(0x34, 'in/c' as Bytes, 78, b1(128)), message(0x3c, 'in/c' as Bytes, 78, b1(128))))
    run(100)
  }
  const whole = message(0x31, 'own/x' as Bytes, 0, 'in three pieces' as Bytes)
  fromServer(cut(whole, 0, 1))
  run(10)
  fromServer(cut(whole, 1, 9))
  run(10)
  fromServer(cat(cut(whole, 9, whole.length), message(0x30, 'in/d' as Bytes, 0, EMPTY)))
  run(100)
  note('unsubscribe', client.unsubscribe('own/+'))
  run(150000)
  // The link is lost while one publish is not acknowledged.
  world.answers = false
  note('publish 1', client.publish('t/1', b1(9), 1))
  run(10)
  world.isOpen = false
  world.answers = true
  world.wakeAt = world.now
  run(20000)
  // What no server may send.
  fromServer(b4(0x36, 0, 0, 0))
  run(20000)
  // PINGRESP does not come.
  world.answers = false
  run(120000)
  world.answers = true
  run(90000)
  if (version === 5) {
    fromServer(b4(0xe0, 2, 0x8b, 0))
    run(90000)
  }
  note('idle', client.idle() > 0 ? 1 : 0)
  note('disconnect', client.disconnect())
  run(10000)
  const stats = client.stats()
  note('connects', stats.connects)
  note('delivered', stats.delivered)
  note('received', stats.received)
  note('pings', stats.pings)
  note('packets in', stats.packetsIn)
  note('packets out', stats.packetsOut)
  note('bytes out', stats.bytesOut)
  note('destroy', client.destroy())
  note('after', client.publish('t', EMPTY))
}
