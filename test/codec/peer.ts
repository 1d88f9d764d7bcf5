/** mqtt-packet, the oracle: what it reads in our bytes, and the bytes it writes. */
import { generate, parser, type Packet } from 'mqtt-packet'
import { fromBuffer, toBuffer, type Bytes } from './support.js'

/** Our bytes through mqtt-packet's parser; throws what it complains of. */
export function peerReads(bytes: Bytes, version: number): Packet[] {
  const packets: Packet[] = []
  const peer = parser({ protocolVersion: version })
  peer.on('packet', p => packets.push(p))
  peer.on('error', (error: Error) => {
    throw error
  })
  const left = peer.parse(toBuffer(bytes))
  if (left !== 0) throw new Error(`${left} bytes are left over`)
  return packets
}

/** A packet as mqtt-packet writes it. */
export function peerWrites(packet: object, version: number): Bytes {
  return fromBuffer(generate(packet as Packet, { protocolVersion: version }))
}
