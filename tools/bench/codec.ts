/**
 * The codec against mqtt-packet, on what a Node program really does with each.
 *
 * Encoding starts from what a client holds (our cached topic field, the payload in each side's own currency) and ends in
 * bytes in a Buffer: mqtt-packet's `generate` gives one; ours go the way of the client and the host port, 16 packets a
 * slice: small ones joined, a large payload behind its head, copied into what the socket sends.
 *
 * Decoding ends with the topic as text and the payload of each packet, UTF-8 checked. `codec.decode.publish` starts from
 * what each codec takes, 16 whole packets a chunk: a byte string and a Buffer. `codec.decode.port` and
 * `codec.decode.bytes` (a byte a chunk) start from the Buffers of a socket on both sides, so that the host port's
 * conversion to a byte string counts against us; for large packets that conversion is most of the time. Both sides see the
 * same packets, up to 64 topics and payloads.
 *
 * Ours and the peer's take turns in short batches within one run; each figure is the median of its batches.
 */
import { generate, parser, type IPublishPacket } from 'mqtt-packet'
import { EMPTY, join, type Bytes } from '../../firmware/bytes.js'
import { newPacket, readPacket } from '../../firmware/codec/read.js'
import { feed, newScanner, scan, Scan } from '../../firmware/codec/scan.js'
import { field, writePublish, writePublishHead } from '../../firmware/codec/write.js'
import { Part } from '../../firmware/transmit.js'
import { text } from '../../hal/host/text.js'
import { rowOf, type Row } from './row.js'

/** What Node's Buffer has and its type declarations do not: conversions without the detour over `toString` and `write`. */
interface Latin1 {
  latin1Slice(start: number, end: number): string
  latin1Write(text: string, offset: number): number
}

/** Both return how many packets they handled. */
interface Duel {
  ours: () => number
  peer: () => number
}

const VERSION = 4
const LIMIT = 1 << 20
const SIZES = [32, 256, 4096]
const ROUNDS = 31
const BATCH_NS = 8e6
const BUFFER_BYTES = 65536 + 16 * 64
/** Packets of one slice: what the client joins into one write, and what one read brings. */
const SLICE_PACKETS = 16

/** ns for each packet over one batch. */
function batch(work: () => number): number {
  const start = process.hrtime.bigint()
  let packets = 0
  let elapsed = 0
  while (elapsed < BATCH_NS) {
    packets += work()
    elapsed = Number(process.hrtime.bigint() - start)
  }
  return elapsed / packets
}

function measure(name: string, atLeast: number, { ours, peer }: Duel): Row {
  for (let i = 0; i < 8; i++) {
    batch(ours)
    batch(peer)
  }
  const mine: number[] = []
  const theirs: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    mine.push(batch(ours))
    theirs.push(batch(peer))
  }
  return rowOf({ name, unit: 'ns/packet', peerName: 'mqtt-packet', better: 'less', atLeast }, mine, theirs)
}

/** Bytes that came out of either side; looked at in the end, so that no work can be left out as useless. */
let consumed = 0

/** Messages of `size` bytes, no two alike: 64 of them, and no more than one read of a socket brings. */
function messages(size: number): IPublishPacket[] {
  return Array.from({ length: Math.min(64, 65536 / size) }, (_, i) => ({
    cmd: 'publish', topic: `site/${i % 7}/meter/${1000 + i * 13}/value`, qos: 0, dup: false, retain: false,
    payload: Buffer.from(Array.from({ length: size }, (_, j) => (i * 31 + j * 7 + (j >> 3)) % 256))
  }))
}

function encode(size: number): Duel {
  const packets = messages(size)
  const fields = packets.map(packet => field(text.utf8(packet.topic)))
  const payloads = packets.map(packet => (packet.payload as Buffer).toString('latin1') as Bytes)
  const out = Buffer.alloc(BUFFER_BYTES) as Buffer & Latin1
  return {
    ours() {
      for (let i = 0; i < packets.length; i += SLICE_PACKETS) {
        if (size >= Part.Large) {
          let used = 0
          for (let k = i; k < i + SLICE_PACKETS; k++) {
            used += out.latin1Write(writePublishHead(0, fields[k]!, 0, EMPTY, size, LIMIT), used)
            used += out.latin1Write(payloads[k]!, used)
          }
          consumed += used
        } else {
          const parts: Bytes[] = []
          for (let k = i; k < i + SLICE_PACKETS; k++) parts.push(writePublish(0, fields[k]!, 0, EMPTY, payloads[k]!, LIMIT))
          consumed += out.latin1Write(join(parts), 0)
        }
      }
      return packets.length
    },
    peer() {
      for (const packet of packets) consumed += generate(packet, { protocolVersion: VERSION }).length
      return packets.length
    }
  }
}

/** What a socket read, as Bytes. For a single byte a native call costs more than it is worth. */
function toBytes(chunk: Buffer): Bytes {
  return (chunk.length === 1 ? String.fromCharCode(chunk[0]!) : (chunk as Buffer & Latin1).latin1Slice(0, chunk.length)) as Bytes
}

/** Decodes `chunks`, which hold `count` whole packets. `converted`: ours starts from byte strings, as a port gives them. */
function decode(chunks: Buffer[], count: number, converted: boolean): Duel {
  const given = converted ? chunks.map(toBytes) : chunks
  const scanner = newScanner()
  const packet = newPacket()
  const peer = parser({ protocolVersion: VERSION })
  let handled = 0
  peer.on('packet', p => {
    const { topic, payload } = p as IPublishPacket
    consumed += topic.length + payload.length
    handled++
  })
  const expect = (n: number): number => {
    if (n !== count) throw new Error(`decoded ${n} packets of ${count}`)
    return n
  }
  return {
    ours() {
      let n = 0
      for (const chunk of given) {
        feed(scanner, typeof chunk === 'string' ? chunk : toBytes(chunk))
        while (scan(scanner, LIMIT, 0, VERSION) === Scan.Packet) {
          if (readPacket(packet, scanner, VERSION, text) !== 0) throw new Error('a packet was refused')
          // Text of each topic, as the peer makes it.
          consumed += text.text(packet.topic_).length + packet.payload_.length
          n++
        }
      }
      return expect(n)
    },
    peer() {
      handled = 0
      for (const chunk of chunks) peer.parse(chunk)
      return expect(handled)
    }
  }
}

function pieces(all: Buffer, bytes: number): Buffer[] {
  const list: Buffer[] = []
  for (let i = 0; i < all.length; i += bytes) list.push(all.subarray(i, i + bytes))
  return list
}

/** The rows codec.encode.publish.*, codec.decode.publish.*, codec.decode.port.* and codec.decode.bytes.*. */
export function codecRows(): Row[] {
  const rows: Row[] = []
  for (const size of SIZES) {
    rows.push(measure(`codec.encode.publish.${size}`, 5, encode(size)))
    const packets = messages(size).map(packet => generate(packet, { protocolVersion: VERSION }))
    const slices = Array.from({ length: packets.length / SLICE_PACKETS }, (_, i) => Buffer.concat(packets.slice(i * SLICE_PACKETS, (i + 1) * SLICE_PACKETS)))
    rows.push(measure(`codec.decode.publish.${size}`, 8, decode(slices, packets.length, true)))
    rows.push(measure(`codec.decode.port.${size}`, 0, decode(slices, packets.length, false)))
    const few = packets.slice(0, 8)
    rows.push(measure(`codec.decode.bytes.${size}`, 10, decode(pieces(Buffer.concat(few), 1), few.length, false)))
  }
  if (consumed === 0) throw new Error('nothing was encoded or decoded')
  return rows
}
