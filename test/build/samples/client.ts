/** The client against a server of a few lines, on a clock that only waiting moves: the same on every runtime. */
import { at, b1, b2, b4, cat, cut, EMPTY, join, keep, u16, type Bytes, type Code } from '../../../firmware/bytes.js'
import { create, type Client } from '../../../firmware/client.js'
import type { Endpoint, Hal, Socket } from '../../../hal/hal.js'
import { plainSystem, plainText } from '../../../tools/differential/plain-port.js'

interface World {
  now: number
  log: Bytes[]
  toClient: Bytes
  opened: number
  closed: boolean
}

const world: World = { now: 1000, log: [], toClient: EMPTY, opened: 0, closed: true }

function note(word: string, n: number): void {
  world.log.push((word + ' ' + n + '\n') as Bytes)
}

/** What the server says to one packet. */
function answer(packet: Bytes): Bytes {
  const type = (at(packet, 0) - at(packet, 0) % 16) / 16
  if (type === 1) return b4(0x20, 2, 0, 0)
  if (type === 8) return cat(b2(0x90, 3), cut(packet, 2, 4), b1(1))
  if (type === 12) return b2(0xd0, 0)
  if (type === 3 && at(packet, 0) >= 0x32) {
    const end = 4 + at(packet, 3)
    const ack = cat(b2(at(packet, 0) >= 0x34 ? 0x50 : 0x40, 2), cut(packet, end, end + 2))
    return cat(ack, b2(0x32, 12), u16(5), 'in/it' as Bytes, u16(700), b1(1), b1(200), b1(0))
  }
  if (type === 6) return cat(b2(0x70, 2), cut(packet, 2, 4))
  return EMPTY
}

function serve(bytes: Bytes): void {
  let from = 0
  while (from < bytes.length) {
    const size = at(bytes, from + 1) + 2
    world.toClient = cat(world.toClient, answer(cut(bytes, from, from + size)))
    from = from + size
  }
}

class FakeSocket implements Socket {
  status(): Code {
    return world.closed ? -60 : 1
  }

  read(max: number): Bytes {
    const some = cut(world.toClient, 0, max < world.toClient.length ? max : world.toClient.length)
    world.toClient = cut(world.toClient, some.length, world.toClient.length)
    return some
  }

  write(bytes: Bytes): Code {
    world.log.push(keep(bytes))
    serve(bytes)
    return bytes.length
  }

  credit(): number {
    return 500
  }

  pending(): number {
    return world.toClient.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    note('close', world.now)
    world.closed = true
  }
}

const hal: Hal = {
  version: 1,
  socket: {
    open(this: void, endpoint: Endpoint): Socket {
      note('open ' + endpoint.host, endpoint.port)
      world.opened = world.opened + 1
      world.closed = false
      world.toClient = EMPTY
      return new FakeSocket()
    }
  },
  timer: {
    ticks(this: void): number {
      return world.now
    },
    since(this: void, t0: number): number {
      return world.now - t0
    },
    wait(this: void, ms: number): Code {
      // Waiting ends early where there is something to read.
      world.now = world.now + (world.toClient.length > 0 ? 1 : ms)
      return 0
    }
  },
  system: plainSystem('a1b2c3', () => 1234, (reason) => { note(reason, 0) }),
  text: plainText
}

/** Connects, subscribes, publishes with every QoS, loses the link, comes back, pings, disconnects. */
export function report(): Bytes {
  world.now = 1000
  world.log = []
  world.opened = 0
  world.closed = true
  world.toClient = EMPTY
  const client: Client = create(hal, {
    servers: [{ host: 'broker', port: 1883 }], keepalive: 60, will: { topic: 'gone', payload: b2(0, 255), qos: 1 },
    onMessage: (topic, payload, packet) => {
      note('message ' + topic + ' ' + payload.length, at(payload, 1) + packet.qos * 1000)
    },
    onReceipt: (token, outcome, reason) => {
      note('receipt ' + outcome + ' ' + token, reason)
    },
    onLink: (state, _present, cause) => {
      note('link ' + state, cause)
    }
  })
  note('connect', client.connect())
  note('yield', client.yield(500))
  note('subscribe', client.subscribe('in/#', 1))
  note('bad filter', client.subscribe('in/#/x', 1))
  note('publish 0', client.publish('t/0', b4(1, 0, 255, 128)))
  note('publish 1', client.publish('t/1', b2(1, 2), 1))
  note('publish 2', client.publish('t/2', EMPTY, 2, true))
  note('yield', client.yield(2000))
  world.closed = true
  note('yield', client.yield(90000))
  note('publish 1', client.publish('t/1', b1(9), 1))
  note('yield', client.yield(200000))
  note('disconnect', client.disconnect())
  note('yield', client.yield(10000))
  note('opened', world.opened)
  const stats = client.stats()
  note('sent', stats.sent)
  note('delivered', stats.delivered)
  note('received', stats.received)
  note('pings', stats.pings)
  note('destroy', client.destroy())
  note('after', client.publish('t', EMPTY))
  return join(world.log)
}
