/** Any bytes through scanner and reader: the same however they are cut, nothing read beyond a packet, and mqtt-packet agrees. */
import mqtt, { type Packet as PeerPacket } from 'mqtt-packet'
import { newPacket, readPacket, readStreamHead, type Packet } from '../../../firmware/codec/read.js'
import { feed, newScanner, scan, Scan, type Scanner } from '../../../firmware/codec/scan.js'
import type { Bytes } from '../../../firmware/types.js'
import { simText } from '../../../hal/sim/text.js'
import { Choices } from '../choices.js'
import { aConnack, aPacket, damaged } from '../packets.js'

/** What was found, as one line for each thing. */
function linesOf(chunks: Bytes[], version: number, limit: number, streamMax: number): { lines: string[]; whole: { packet: Packet; bytes: Bytes }[] } {
  const s = newScanner()
  const p = newPacket()
  const lines: string[] = []
  const whole: { packet: Packet; bytes: Bytes }[] = []
  let piece = ''
  for (const chunk of chunks) {
    feed(s, chunk)
    for (let n = 0; ; n += 1) {
      if (n > 3000) throw new Error('the scanner goes on without end')
      const found = scan(s, limit, streamMax, version)
      if (s.held_ > limit) throw new Error(`${s.held_} bytes wait, the limit is ${limit}`)
      if (found === Scan.More) break
      if (found < 0) return { lines: [...lines, `failed ${found}`], whole }
      if (found === Scan.Packet) {
        const reason = readPacket(p, s, version, simText)
        lines.push(`packet ${reason} ${reason === 0 ? JSON.stringify(p) : ''}`)
        judgeAlone(s, p, reason, version)
        if (reason === 0) whole.push({ packet: structuredClone(p), bytes: framed(s) })
      } else if (found === Scan.StreamStart) {
        piece = ''
        lines.push(`stream ${readStreamHead(p, s, simText)} ${s.total_} ${s.skip_} ${p.topic_}`)
      } else if (found === Scan.StreamChunk) {
        if (s.offset_ !== piece.length) throw new Error(`a piece at ${s.offset_} after ${piece.length} bytes`)
        piece += s.buffer_.slice(s.from_, s.to_)
      } else lines.push(`end ${piece}`)
    }
  }
  return { lines, whole }
}

/** The packet as it stood on the wire. */
function framed(s: Scanner): Bytes {
  const body = s.buffer_.slice(s.from_, s.to_)
  let length = ''
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    length += String.fromCharCode(left >= 128 ? left % 128 + 128 : left)
    if (left < 128) break
  }
  return (String.fromCharCode(s.header_) + length + body) as Bytes
}

/** What stands around a packet does not change what it is. */
function judgeAlone(s: Scanner, p: Packet, reason: number, version: number): void {
  for (const around of ['', '\xff\xff\xff\xff', '\0\0\0\0']) {
    const body = s.buffer_.slice(s.from_, s.to_)
    const alone = newPacket()
    const seen = readPacket(alone, { ...s, buffer_: (around + body + around) as Bytes, from_: around.length, to_: around.length + body.length }, version, simText)
    if (seen !== reason) throw new Error(`reason ${reason}, and ${seen} with other bytes around it`)
    if (reason === 0 && p.type_ === 3 && (alone.topic_ !== p.topic_ || alone.payload_ !== p.payload_)) throw new Error('a PUBLISH reads differently with other bytes around it')
  }
}

/** mqtt-packet's opinion of a packet that we took; its complaints that are wrong by the specification are left out. */
function judgeByPeer(packet: Packet, bytes: Bytes, version: number): void {
  const read: PeerPacket[] = []
  const peer = mqtt.parser({ protocolVersion: version })
  let complaint = ''
  peer.on('packet', (one) => read.push(one))
  peer.on('error', (error: Error) => {
    complaint = error.message
  })
  const rest = peer.parse(Buffer.from(bytes, 'latin1'))
  if (complaint !== '') throw new Error(`we take what mqtt-packet refuses: ${complaint}, type ${packet.type_}, version ${version}`)
  const other = read[0]
  if (other === undefined || rest > 0) throw new Error(`mqtt-packet sees another end of a packet of type ${packet.type_}`)
  const differ = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs) throw new Error(`${what} of ${other.cmd}: ${String(ours)} for us, ${String(theirs)} for mqtt-packet`)
  }
  if (other.cmd === 'publish') {
    differ('topic', simText.text(packet.topic_), other.topic)
    differ('payload', packet.payload_, Buffer.from(other.payload).toString('latin1'))
    differ('qos', packet.qos_, other.qos)
    differ('retain', packet.retain_, other.retain)
    differ('dup', packet.dup_, other.dup)
    if (packet.qos_ > 0) differ('packet id', packet.packetId_, other.messageId)
  } else if (packet.type_ >= 4 && packet.type_ <= 11) differ('packet id', packet.packetId_, other.messageId)
  else if (other.cmd === 'connack' && version > 3) differ('session present', packet.sessionPresent_, other.sessionPresent)
}

export function run(input: Uint8Array): void {
  const c = new Choices(input)
  const version = c.pick([4, 5, 3])
  const limit = c.pick([1024, 16, 64])
  const streamMax = c.pick([4096, 0, 100])
  const size = c.pick([1, 2, 7, 33])
  let stream = ''
  while (!c.done && stream.length < 6000) stream += c.oneIn(6) ? Buffer.from(c.take(1 + c.int(30))).toString('latin1') : damaged(c, c.oneIn(8) ? aConnack(c, version) : aPacket(c, undefined, version))
  const one = linesOf([stream as Bytes], version, limit, streamMax)
  const pieces: Bytes[] = []
  for (let i = 0; i < stream.length; i += size) pieces.push(stream.slice(i, i + size) as Bytes)
  const many = linesOf(pieces, version, limit, streamMax)
  if (one.lines.join('\n') !== many.lines.join('\n')) throw new Error(`cut into ${size} it reads differently: ${one.lines.find((line, i) => line !== many.lines[i])} and ${many.lines.find((line, i) => line !== one.lines[i])}`)
  for (const { packet, bytes } of one.whole) judgeByPeer(packet, bytes, version)
}
