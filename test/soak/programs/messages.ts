/**
 * A million messages through one client, over a port that is memory: what is left of the heap is the client's. Half of
 * them go out (QoS 0, 1, 2 in turn), the server sends each of those back. Prints one JSON value.
 */
import mqttPacket from 'mqtt-packet'
import { create, type Client } from '../../../firmware/index.js'
import { text } from '../../../hal/host/text.js'
import type { Bytes, Hal, Socket } from '../../../hal/hal.js'

const MESSAGES = Number(process.argv[2])
const WARM_UP = Math.floor(MESSAGES / 10)

let now = 0
let toClient: string[] = []
let next = 1

function answer(packet: mqttPacket.Packet): void {
  const give = (p: mqttPacket.Packet): void => { toClient.push(mqttPacket.generate(p).toString('latin1')) }
  if (packet.cmd === 'connect') give({ cmd: 'connack', returnCode: 0, sessionPresent: false } as mqttPacket.Packet)
  else if (packet.cmd === 'subscribe') give({ cmd: 'suback', messageId: packet.messageId, granted: [2] } as mqttPacket.Packet)
  else if (packet.cmd === 'pingreq') give({ cmd: 'pingresp' })
  else if (packet.cmd === 'pubrel') give({ cmd: 'pubcomp', messageId: packet.messageId } as mqttPacket.Packet)
  else if (packet.cmd === 'pubrec') give({ cmd: 'pubrel', messageId: packet.messageId } as mqttPacket.Packet)
  else if (packet.cmd === 'publish') {
    if (packet.qos === 1) give({ cmd: 'puback', messageId: packet.messageId } as mqttPacket.Packet)
    if (packet.qos === 2) give({ cmd: 'pubrec', messageId: packet.messageId } as mqttPacket.Packet)
    next = next % 65535 + 1
    give({ cmd: 'publish', topic: packet.topic, payload: packet.payload, qos: packet.qos, messageId: next, dup: false, retain: false } as mqttPacket.Packet)
  }
}

const parser = mqttPacket.parser({ protocolVersion: 4 })
parser.on('packet', answer)

const socket: Socket = {
  status: () => 1,
  read: () => {
    const bytes = toClient.join('')
    toClient = []
    return bytes as Bytes
  },
  write: bytes => {
    parser.parse(Buffer.from(bytes, 'latin1'))
    return bytes.length
  },
  credit: () => 65536,
  pending: () => toClient.length,
  unacked: () => 0,
  close: () => {}
}

const hal: Hal = {
  version: 1,
  socket: { open: () => socket },
  timer: {
    ticks: () => now,
    since: t0 => now - t0,
    wait: ms => {
      now += ms
      return 0
    }
  },
  system: {
    id: () => 'soak', random: () => 1, wallClock: () => 0, resetReason: () => 'power-on', feedWatchdog: () => {}, restart: () => {},
    guard: (fn, a, b, c) => {
      const result = fn(a, b, c)
      return typeof result === 'number' ? result : 0
    }
  },
  text
}

let received = 0
let ended = 0
const client: Client = create(hal, {
  servers: [{ host: 'memory', port: 1883 }],
  onMessage: () => { received += 1 },
  onReceipt: (_token, outcome) => {
    if (outcome === 'sent' || outcome === 'delivered') ended += 1
  }
})
const heap = (): number => {
  globalThis.gc!()
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

client.subscribe('soak/#', 2)
client.connect()
client.yield(10)
let atWarmUp = 0
let accepted = 0
while (accepted < MESSAGES / 2) {
  const code = client.publish(`soak/${accepted % 7}`, text.utf8(`reading ${accepted}`), (accepted % 3) as 0 | 1 | 2)
  if (code > 0) accepted += 1
  else client.yield(1)
  if (accepted === WARM_UP / 2 && atWarmUp === 0) {
    client.yield(5)
    atWarmUp = heap()
  }
}
for (let i = 0; i < 1000 && (received < accepted || ended < accepted); i += 1) client.yield(1)
console.log(JSON.stringify({ accepted, received, ended, growthBytes: heap() - atWarmUp, stats: client.stats() }))
