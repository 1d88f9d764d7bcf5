/** What the suites of the session share: times of packets, bytes on the wire, and short ways to say things. */
import type { Packet, PacketCmd } from 'mqtt-packet'
import { explain } from '../../firmware/explain.js'
import { hex } from '../../hal/sim/index.js'
import type { Client } from '../../firmware/index.js'
import type { SimClient } from '../support/harness.js'
import type { Peer } from '../support/broker.js'

/** Both kinds of port: `waits: true` and `waits: false`. */
export const BOTH_KINDS = [true, false]

/** The times at which packets of a kind reached the broker on one connection, in ms. */
export function timesOf(peer: Peer, cmd: PacketCmd): number[] {
  return peer.packets.filter((received) => received.packet.cmd === cmd).map((received) => received.t)
}

/** Every packet of a kind, of all connections, in order. */
export function allOf<C extends PacketCmd>(h: SimClient, cmd: C): Extract<Packet, { cmd: C }>[] {
  return h.broker.peers.flatMap((peer) => peer.all(cmd))
}

/** What the client put on the wire, as "10 0c 00 04"; of one connection (from 1) or of all. */
export function sentHex(h: SimClient, connection?: number): string {
  return hex(h.sim.trace.joined('out', connection))
}

/** What the client puts on the wire while `fn` runs. */
export function hexDuring(h: SimClient, fn: () => void): string {
  const before = h.sim.trace.joined('out').length
  fn()
  return hex(h.sim.trace.joined('out').slice(before))
}

/** The sentence of the client's last cause. */
export function sentence(client: Client): string {
  return explain(client.explain())
}

/** The outcome of each token, undefined for one without a receipt. */
export function outcomes(h: SimClient, tokens: number[]): (string | undefined)[] {
  return tokens.map((token) => h.got.receipt(token)?.outcome)
}

/** Keeps the broker from answering a kind of packet; the result takes that back. */
export function mute(h: SimClient, cmd: PacketCmd): () => void {
  return h.broker.on(cmd, () => true)
}

/** Resets the newest connection (three plain closes would be a sign of a second client), and runs until the next one is up. */
export function reconnect(h: SimClient, limitMs = 200000): void {
  const connections = h.broker.peers.length
  h.peer.rst()
  h.until(() => h.broker.peers.length > connections && h.got.state === 'up', limitMs, 'the link to be up again')
}

/** The QoS 1 and 2 packet ids of the PUBLISH packets of one connection. */
export function publishIds(peer: Peer): number[] {
  return peer.all('publish').map((packet) => packet.messageId ?? 0)
}

/** The text of each PUBLISH's payload on one connection. */
export function publishedTexts(peer: Peer): string[] {
  return peer.all('publish').map((packet) => packet.payload.toString())
}
