/** Every packet of a connection, in order, to the part that knows it; and the mischief of the dishonest broker in between. */
import type { IDisconnectPacket, Packet } from 'mqtt-packet'
import type { Bytes } from '../../hal.js'
import { connect } from './connecting.js'
import type { Core } from './core.js'
import type { Link } from './link.js'
import { answered, published, released } from './publishing.js'
import type { Session } from './session.js'
import { subscribed, unsubscribed } from './subscribing.js'
import { encode, toPayload, type Decoded } from './wire.js'

/** Bytes of the packet that the dishonest broker calls oversize. */
const OVERSIZE = 100000

/** Bytes came. */
export function heard(core: Core, link: Link, bytes: Bytes): void {
  if (link.disconnected) {
    link.checks.violation('afterDisconnect', `${bytes.length} bytes after DISCONNECT`)
    return
  }
  if (link.closed) return
  link.decoder.push(bytes)
  for (let decoded = link.decoder.next(); decoded !== undefined; decoded = link.decoder.next()) {
    if (link.closed) {
      if (link.disconnected) link.checks.violation('afterDisconnect', `${decoded.raw.length} bytes after DISCONNECT`)
      return
    }
    packetCame(core, link, decoded)
    if (decoded.packet === undefined) return
  }
  if (link.disconnected && !link.decoder.clean) link.checks.violation('afterDisconnect', 'a part of a packet after DISCONNECT')
}

/** What came between CONNECT and CONNACK, now that the client is in. */
export function handleEarly(core: Core, link: Link): void {
  for (let decoded = link.early.shift(); decoded !== undefined && !link.closed; decoded = link.early.shift()) packetCame(core, link, decoded)
}

function packetCame(core: Core, link: Link, decoded: Decoded): void {
  const { packet, raw } = decoded
  if (packet === undefined) {
    link.checks.violation('malformed', `bytes that are not MQTT: ${decoded.fault}`)
    link.refuse(0x81, 'violation')
    return
  }
  link.lastHeard = core.now
  if (link.connect === undefined) {
    if (packet.cmd === 'connect') {
      connect(core, link, packet, decoded)
      return
    }
    link.checks.violation('beforeConnect', `${packet.cmd} before CONNECT`)
    link.close('violation')
    return
  }
  if (packet.cmd === 'connect') {
    link.checks.violation('secondConnect', 'CONNECT twice on one connection')
    link.refuse(0x82, 'violation')
    return
  }
  if (!link.up) {
    link.early.push(decoded)
    return
  }
  if (raw.length > core.options.maximumPacketSize) {
    if (link.version === 5) link.checks.violation('packetTooLarge', `a ${packet.cmd} of ${raw.length} bytes, ${core.options.maximumPacketSize} are allowed`)
    link.refuse(0x95, 'violation')
    return
  }
  handle(core, link, packet, decoded)
  if (core.options.dishonesty !== HONEST) mischief(core, link)
}

/** The usual case costs one comparison. */
export const HONEST = {}

function handle(core: Core, link: Link, packet: Packet, decoded: Decoded): void {
  const session = link.session as Session
  switch (packet.cmd) {
    case 'publish': return published(core, link, session, packet, decoded)
    case 'puback':
    case 'pubrec':
    case 'pubcomp': return answered(core, link, session, packet)
    case 'pubrel': return released(core, link, session, packet)
    case 'subscribe': return subscribed(core, link, session, packet, decoded)
    case 'unsubscribe': return unsubscribed(core, link, session, packet, decoded)
    case 'pingreq':
      if (!core.lies.tells('deafToPing')) link.acknowledge({ cmd: 'pingresp' }, undefined)
      return
    case 'disconnect': return disconnected(core, link, session, packet)
    case 'auth':
      link.checks.violation('unexpectedAuth', 'AUTH without an authentication method in CONNECT')
      link.refuse(0x82, 'violation')
      return
    default:
      link.checks.violation('serverPacket', `${packet.cmd} from a client`)
      link.refuse(0x82, 'violation')
  }
}

/** DISCONNECT: the will goes, unless 5.0's reason 0x04 asks for it, and the session's expiry may change. */
function disconnected(core: Core, link: Link, session: Session, packet: IDisconnectPacket): void {
  const expiry = packet.properties?.sessionExpiryInterval
  if (expiry !== undefined) {
    if (expiry > 0 && (link.connect?.properties?.sessionExpiryInterval ?? 0) === 0) {
      link.checks.violation('expiryRaised', `a session expiry of ${expiry} s in DISCONNECT after 0 in CONNECT`)
    } else session.expirySeconds = Math.min(expiry === 0xffffffff ? Infinity : expiry, core.options.sessionExpiryMaximum)
  }
  if (packet.reasonCode !== 4) link.will = undefined
  link.disconnected = true
  link.ended('disconnect')
  // The client closes; one that does not is closed, and until then what it still says is heard.
  link.connection.after(5000, () => link.connection.close())
}

/** What no request of the client brought about. */
function mischief(core: Core, link: Link): void {
  const { lies } = core
  if (link.closed || !link.up) return
  const payload = toPayload('lie' as Bytes)
  if (lies.tells('unsubscribedTopic')) link.send({ cmd: 'publish', topic: `nobody/asked/${lies.count}`, payload, qos: 0, dup: false, retain: false })
  // The same bytes in every version: topic "t", id 0, and a payload of one 0 byte or no properties.
  if (lies.tells('idZero')) link.raw('\x32\x06\x00\x01t\x00\x00\x00' as Bytes)
  if (lies.tells('unknownAck')) link.send({ cmd: lies.random.chance(0.5) ? 'puback' : 'pubrel', messageId: lies.random.int(1, 65535), reasonCode: 0 })
  if (lies.tells('garbage')) {
    let bytes = ''
    for (let i = lies.random.int(1, 40); i > 0; i--) bytes += String.fromCharCode(lies.random.int(0, 255))
    link.raw(bytes as Bytes)
  }
  if (lies.tells('oversize')) {
    const big = 'x'.repeat(OVERSIZE) as Bytes
    link.raw(encode({ cmd: 'publish', topic: 'big', payload: toPayload(big), qos: 0, dup: false, retain: false }, link.version))
  }
  if (lies.tells('close')) link.close('kicked', lies.random.chance(0.5))
}
