/** The client's use of packet ids, as far as one connection shows it (2.3.1, 3.1.2-24, 4.4, 4.9). */
import type { Packet } from 'mqtt-packet'
import type { Peer } from './peer.js'

/** Writes what is wrong with `packet` into `peer.violations`. */
export function checkIds(packet: Packet, peer: Peer, receiveMaximum: number | undefined): void {
  const id = packet.messageId ?? 0
  if (packet.cmd === 'publish') {
    if (packet.qos === 0) return
    if (id === 0) peer.violations.push('a PUBLISH with packet id 0 (2.3.1-1)')
    if (peer.unfinished.has(id)) peer.violations.push(`packet id ${id} published again on one connection before its ack (2.3.1-4)`)
    if (packet.dup && peer.version > 3 && peer.sent.some((sent) => sent.cmd === 'connack' && !sent.sessionPresent)) {
      peer.violations.push(`DUP on packet id ${id} although the session is new`)
    }
    peer.unfinished.set(id, packet.qos)
    if (peer.version === 5 && receiveMaximum !== undefined && peer.unfinished.size > receiveMaximum) {
      peer.violations.push(`${peer.unfinished.size} publishes in flight over the Receive Maximum of ${receiveMaximum} (3.3.4-9)`)
    }
  } else if (packet.cmd === 'subscribe' || packet.cmd === 'unsubscribe') {
    if (id === 0) peer.violations.push(`${packet.cmd} with packet id 0 (2.3.1-1)`)
    if (peer.unfinished.has(id)) peer.violations.push(`${packet.cmd} with packet id ${id}, which a PUBLISH in flight uses`)
  }
}
