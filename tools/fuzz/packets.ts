/** A server's packets, made of decisions: right ones mostly, with ids that the client waits for, and any of their bytes wrong. */
import mqtt, { type Packet } from 'mqtt-packet'
import type { Core } from '../../firmware/core.js'
import type { Bytes } from '../../firmware/types.js'
import type { Choices } from './choices.js'

function latin1(bytes: Uint8Array): Bytes {
  return Buffer.from(bytes).toString('latin1') as Bytes
}

/** An id: one in flight, one of a request, one of the receive set, or any. */
function anId(c: Choices, core: Core | undefined): number {
  const known: number[] = []
  for (let m = core?.outbox_.flight_.head_; m !== undefined; m = m.next_) known.push(m.packetId_)
  for (const q of core?.registry_.requests_ ?? []) known.push(q.packetId_)
  for (const id of core?.receiveSet_ ?? []) known.push(id)
  const n = c.byte()
  return n < 160 && known.length > 0 ? known[n % known.length]! : 1 + n % 90
}

function propertiesOf(c: Choices, cmd: string): Record<string, unknown> {
  const p: Record<string, unknown> = {}
  if (c.oneIn(3)) p.userProperties = { [c.pick(['', 'k', 'key'])]: c.pick(['', 'v', 'v'.repeat(60)]) }
  if (cmd !== 'publish' && c.oneIn(3)) p.reasonString = 'r'.repeat(c.int(40))
  if (cmd === 'publish') {
    if (c.oneIn(3)) p.topicAlias = 1 + c.int(3)
    if (c.oneIn(3)) p.correlationData = Buffer.alloc(c.int(60))
    if (c.oneIn(4)) p.subscriptionIdentifier = 1 + c.int(300)
    if (c.oneIn(4)) p.contentType = 'c'.repeat(c.int(20))
  }
  if (cmd === 'connack') {
    if (c.oneIn(3)) p.receiveMaximum = 1 + c.int(4)
    if (c.oneIn(4)) p.maximumPacketSize = 1 + c.int(400)
    if (c.oneIn(4)) p.topicAliasMaximum = c.int(4)
    if (c.oneIn(4)) p.maximumQoS = c.int(2)
    if (c.oneIn(5)) p.serverKeepAlive = c.int(100)
    if (c.oneIn(5)) p.retainAvailable = false
    if (c.oneIn(5)) p.wildcardSubscriptionAvailable = false
    if (c.oneIn(5)) p.assignedClientIdentifier = 'assigned'
  }
  return p
}

export function aConnack(c: Choices, version: number): Bytes {
  const returnCode = c.oneIn(8) ? c.int(6) : 0
  const reasonCode = returnCode === 0 ? 0 : c.pick([0x80, 0x87, 0x9c, 0x97])
  return written({ cmd: 'connack', returnCode, reasonCode, sessionPresent: c.oneIn(2), properties: version === 5 ? propertiesOf(c, 'connack') : undefined }, version)
}

function written(packet: object, version: number): Bytes {
  return latin1(mqtt.generate(packet as Packet, { protocolVersion: version }))
}

/** One packet. */
export function aPacket(c: Choices, core: Core | undefined, version: number): Bytes {
  const kind = c.int(12)
  const v5 = version === 5
  const make = (cmd: string, fields: object): Bytes => written({ cmd, ...fields, ...(v5 ? { properties: propertiesOf(c, cmd) } : {}) }, version)
  const reasonCode = c.oneIn(4) ? c.pick([0x10, 0x80, 0x87, 0x91, 0x92, 0x97]) : 0
  if (kind < 4) {
    const qos = c.int(3)
    return make('publish', { topic: c.pick(['t', 'a/b', '$s', 'x'.repeat(40)]), payload: Buffer.alloc(c.pick([0, 1, 30, 90, 500, 1500]), 112), qos, messageId: anId(c, core), retain: c.oneIn(4), dup: qos > 0 && c.oneIn(4) })
  }
  if (kind === 4) return make('puback', { messageId: anId(c, core), reasonCode })
  if (kind === 5) return make('pubrec', { messageId: anId(c, core), reasonCode })
  if (kind === 6) return make('pubcomp', { messageId: anId(c, core), reasonCode: reasonCode === 0 ? 0 : 0x92 })
  if (kind === 7) return make('pubrel', { messageId: anId(c, core), reasonCode: reasonCode === 0 ? 0 : 0x92 })
  if (kind === 8) return make('suback', { messageId: anId(c, core), granted: Array.from({ length: 1 + c.int(3) }, () => c.pick([0, 1, 2, 128])) })
  if (kind === 9) return make('unsuback', { messageId: anId(c, core), granted: [c.pick([0, 0x11, 0x80])] })
  if (kind === 10) return c.oneIn(2) ? written({ cmd: 'pingresp' }, version) : aConnack(c, version)
  return v5 ? make(c.oneIn(2) ? 'disconnect' : 'auth', { reasonCode: c.pick([0, 0x18, 0x8b, 0x8e, 0x9d]) }) : written({ cmd: 'pingresp' }, version)
}

/** Bytes changed as the decisions say, once in `often`. */
export function damaged(c: Choices, bytes: Bytes, often = 8): Bytes {
  if (!c.oneIn(often)) return bytes
  const at = c.int(Math.max(1, bytes.length))
  const head = bytes.slice(0, at)
  switch (c.int(4)) {
    case 0: return (head + String.fromCharCode(c.byte()) + bytes.slice(at + 1)) as Bytes
    case 1: return (head + latin1(c.take(1 + c.int(6))) + bytes.slice(at)) as Bytes
    case 2: return (head + bytes.slice(at + 1 + c.int(4))) as Bytes
    default: return head as Bytes
  }
}
