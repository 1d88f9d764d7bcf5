/**
 * The frame scanner: received chunks in, cut anywhere, whole packets out (MQTT 5.0 section 2.1).
 *
 * It is a cursor over the chunk that came last. A packet that lies whole in one chunk is delimited there and nothing is
 * copied. What a chunk holds of an unfinished packet waits in a list and is joined once when the rest has come: every
 * byte is copied at most three times whatever the sizes of the chunks, and what waits never exceeds the limit. Header
 * bytes are judged as they come, so that a peer that speaks another protocol is found out with its first byte.
 *
 * A PUBLISH larger than the limit is not collected. Its head (topic, packet identifier, properties) is, and then its
 * payload passes through as `StreamChunk`s, or is skipped.
 */
import { at, cat, cut, EMPTY, join, u16At } from '../bytes.js'
import type { Bytes } from '../bytes.js'

/** Bytes that pieces of a packet are joined up to before they become an entry of a list. */
const enum Size { Small = 32 }

/** What `scan` found. */
export const enum Scan {
  /** Nothing yet: `feed` the next chunk. */
  More = 0,
  /** A packet: `header_`, and its body in `buffer_` from `from_` up to `to_`. */
  Packet = 1,
  /** The head of a PUBLISH above the limit: see `skip_`, `topic_`, `packetId_`, `properties_`, `total_`, `size_`. */
  StreamStart = 2,
  /** A piece of its payload: `buffer_` from `from_` up to `to_`, which starts at `offset_` of the payload. */
  StreamChunk = 3,
  /** The PUBLISH is complete. */
  StreamEnd = 4,
  /** Another packet above the limit, of `size_` bytes. Final. */
  TooLarge = -1,
  /** Not a packet that a server of this version may send. Final. */
  Malformed = -2
}

/** What the next byte is. */
const enum Next {
  FirstByte = 0,
  Length = 1,
  Body = 2,
  TopicLength = 3,
  Topic = 4,
  PacketId = 5,
  PropertyLength = 6,
  Properties = 7,
  Start = 8,
  Payload = 9,
  Failed = 10
}

/** The state of one connection's scanner. */
export interface Scanner {
  /** First byte of the packet. */
  header_: number
  /** Bytes of the whole packet, header included, as announced. */
  size_: number
  /** What `from_` and `to_` are indices of; valid until the next `scan`. */
  buffer_: Bytes
  from_: number
  to_: number
  /** Streams: set by the caller after `StreamStart` to get no chunks; set by the scanner when it cannot or need not give them. */
  skip_: boolean
  /** Streams: topic or properties do not fit the limit (or this build does without them) and were passed over; `skip_` is set. */
  headSkipped_: boolean
  /** Streams: the topic name; EMPTY when the head was skipped. A part of the chunk: `keep` it if it must last. */
  topic_: Bytes
  /** Streams: 0 for QoS 0. */
  packetId_: number
  /** Streams under 5.0: the properties without their length; EMPTY when the head was skipped. */
  properties_: Bytes
  /** Streams: bytes of the payload. */
  total_: number
  offset_: number

  // The rest is the scanner's own.
  next_: number
  chunk_: Bytes
  cursor_: number
  /** A variable byte integer on its way, then what it is the length of; the result that a failed scanner repeats. */
  value_: number
  scale_: number
  /** Streams: bytes of the packet that have not been looked at. */
  left_: number
  /** The unfinished packet. `small_` grows to `Size.Small` bytes before it becomes a part: a byte at a time must not cost an entry each. */
  parts_: Bytes[]
  small_: Bytes
  held_: number
}

/** A scanner that has seen nothing. */
export function newScanner(): Scanner {
  return {
    header_: 0, size_: 0, buffer_: EMPTY, from_: 0, to_: 0,
    skip_: false, headSkipped_: false, topic_: EMPTY, packetId_: 0, properties_: EMPTY, total_: 0, offset_: 0,
    next_: Next.FirstByte, chunk_: EMPTY, cursor_: 0, value_: 0, scale_: 1, left_: 0,
    parts_: [], small_: EMPTY, held_: 0
  }
}

/** Forgets everything, for the next connection. */
export function resetScanner(s: Scanner): void {
  s.next_ = Next.FirstByte
  s.buffer_ = EMPTY
  if (FEATURE_STREAM || FEATURE_V5) {
    s.topic_ = EMPTY
    s.properties_ = EMPTY
  }
  s.chunk_ = EMPTY
  s.cursor_ = 0
  s.parts_ = []
  s.small_ = EMPTY
  s.held_ = 0
}

/** Gives the scanner what the socket read. Best after `scan` said `More`: what is unread by then is copied. */
export function feed(s: Scanner, chunk: Bytes): void {
  if (s.cursor_ < s.chunk_.length) {
    chunk = cat(cut(s.chunk_, s.cursor_, s.chunk_.length), chunk)
  }
  s.chunk_ = chunk
  s.cursor_ = 0
}

/** Ends a scan with nothing: lets go of the chunk, which is used up. */
function more(s: Scanner): number {
  s.chunk_ = EMPTY
  s.cursor_ = 0
  s.buffer_ = EMPTY
  return Scan.More
}

function fail(s: Scanner, result: number): number {
  resetScanner(s)
  s.next_ = Next.Failed
  s.value_ = result
  return result
}

/** The flag bits of the packets that a server sends, by packet type; x where it sends none. PUBLISH is judged apart. */
const FLAGS = 'xx0x0020x0x0x00x' as Bytes

/**
 * True for a first byte that a server may send (section 2.1.3). 3.1 lets PUBREL carry DUP. DISCONNECT passes under
 * every version: old servers that are asked for 3.1.1 send it all the same, and the client says so better than "malformed".
 */
function serverSends(header: number, version: number): boolean {
  const flags = header % 16
  // No QoS 3 [MQTT-3.3.1-4], no DUP with QoS 0 [MQTT-3.3.1-2].
  if (header >= 0x30 && header < 0x40) return flags % 8 < 6 && flags !== 8 && flags !== 9
  if (FEATURE_V31 && header === 0x6a) return version === 3
  if (FEATURE_V5 && header === 0xf0) return version === 5
  return at(FLAGS, (header - flags) / 16) === 48 + flags
}

/** Delimits the next `n` bytes in `buffer_`, or puts what there is of them aside and answers false. */
function take(s: Scanner, n: number): boolean {
  const chunk = s.chunk_
  const from = s.cursor_
  const missing = n - s.held_
  if (chunk.length - from < missing) {
    if (from < chunk.length) {
      const part = from === 0 ? chunk : cut(chunk, from, chunk.length)
      s.small_ = s.small_.length === 0 ? part : cat(s.small_, part)
      s.held_ = s.held_ + part.length
      if (s.small_.length >= Size.Small) {
        s.parts_.push(s.small_)
        s.small_ = EMPTY
      }
    }
    return false
  }
  const to = from + missing
  s.cursor_ = to
  if (s.held_ === 0) {
    s.buffer_ = chunk
    s.from_ = from
    s.to_ = to
    return true
  }
  const last = cut(chunk, from, to)
  if (s.parts_.length === 0) {
    s.buffer_ = cat(s.small_, last)
  } else {
    s.parts_.push(s.small_)
    s.parts_.push(last)
    s.buffer_ = join(s.parts_)
    s.parts_ = []
  }
  s.from_ = 0
  s.to_ = n
  s.small_ = EMPTY
  s.held_ = 0
  return true
}

/**
 * One more byte of the variable byte integer in `value_`: 1 when it is complete, 0 when it goes on, -1 when it is
 * malformed. 5.0 wants it as short as can be [MQTT-1.5.5-1]; the others don't say.
 */
function lengthByte(s: Scanner, byte: number, version: number): number {
  if (byte >= 128) {
    if (s.scale_ > 16384) return -1
    s.value_ = s.value_ + (byte - 128) * s.scale_
    s.scale_ = s.scale_ * 128
    return 0
  }
  if (FEATURE_V5 && byte === 0 && s.scale_ > 1 && version === 5) return -1
  s.value_ = s.value_ + byte * s.scale_
  return 1
}

/** Passes over what is left of the packet but `rest` bytes; false while there is more to come. */
function drop(s: Scanner, rest: number): boolean {
  let n = s.chunk_.length - s.cursor_
  if (n > s.left_ - rest) n = s.left_ - rest
  s.cursor_ = s.cursor_ + n
  s.left_ = s.left_ - n
  return s.left_ === rest
}

/** `take` for a part of a packet above the limit. */
function takePart(s: Scanner, n: number): boolean {
  if (!take(s, n)) return false
  s.left_ = s.left_ - n
  return true
}

/** The properties of a PUBLISH above the limit: 1 when the head is complete, 0 while it is not, -1 when it is malformed. */
function scanProperties(s: Scanner, limit: number, version: number): number {
  while (s.next_ === Next.PropertyLength) {
    if (s.left_ === 0) return -1
    if (!takePart(s, 1)) return 0
    const done = lengthByte(s, at(s.buffer_, s.from_), version)
    if (done < 0) return -1
    if (done > 0) {
      s.total_ = s.left_ - s.value_
      if (s.total_ < 0) return -1
      // Properties that don't fit pass with the payload; the topic alone says too little to go on.
      if (s.topic_.length + s.value_ > limit) s.headSkipped_ = true
      s.next_ = Next.Properties
    }
  }
  if (s.headSkipped_) {
    s.skip_ = true
    s.topic_ = EMPTY
    return 1
  }
  if (!takePart(s, s.value_)) return 0
  s.properties_ = cut(s.buffer_, s.from_, s.to_)
  return 1
}

/** A PUBLISH above the limit, from its topic length on. */
function scanStream(s: Scanner, limit: number, streamMax: number, version: number): number {
  const v5 = FEATURE_V5 && version === 5
  if (s.next_ === Next.TopicLength) {
    if (!takePart(s, 2)) return more(s)
    const n = u16At(s.buffer_, s.from_)
    // What stands behind the topic, for now.
    s.total_ = s.left_ - n
    if (s.total_ < (s.header_ % 8 < 2 ? 0 : 2) + (v5 ? 1 : 0)) return fail(s, Scan.Malformed)
    s.packetId_ = 0
    s.skip_ = true
    s.headSkipped_ = true
    if (FEATURE_STREAM || FEATURE_V5) {
      s.headSkipped_ = n > limit
      s.skip_ = s.headSkipped_ || !FEATURE_STREAM || s.size_ > streamMax
      s.topic_ = EMPTY
      s.properties_ = EMPTY
    }
    s.next_ = Next.Topic
  }
  if (s.next_ === Next.Topic) {
    if ((FEATURE_STREAM || FEATURE_V5) && !s.headSkipped_) {
      if (!takePart(s, s.left_ - s.total_)) return more(s)
      s.topic_ = cut(s.buffer_, s.from_, s.to_)
    } else if (!drop(s, s.total_)) return more(s)
    s.next_ = Next.PacketId
  }
  if (s.next_ === Next.PacketId) {
    if (s.header_ % 8 >= 2) {
      if (!takePart(s, 2)) return more(s)
      s.packetId_ = u16At(s.buffer_, s.from_)
    }
    s.total_ = s.left_
    s.value_ = 0
    s.scale_ = 1
    s.next_ = v5 ? Next.PropertyLength : Next.Start
  }
  if (s.next_ < Next.Payload) {
    if (FEATURE_V5 && s.next_ < Next.Start) {
      const done = scanProperties(s, limit, version)
      if (done <= 0) return done < 0 ? fail(s, Scan.Malformed) : more(s)
    }
    s.next_ = Next.Payload
    return Scan.StreamStart
  }
  if (FEATURE_STREAM && !s.skip_ && s.left_ > 0) {
    if (s.cursor_ === s.chunk_.length) return more(s)
    s.buffer_ = s.chunk_
    s.from_ = s.cursor_
    s.offset_ = s.total_ - s.left_
    drop(s, 0)
    s.to_ = s.cursor_
    return Scan.StreamChunk
  }
  if (!drop(s, 0)) return more(s)
  s.next_ = Next.FirstByte
  return Scan.StreamEnd
}

/**
 * Finds the next packet, or what there is to say about the one under way. Call it until it says `More`; a negative
 * result stays until `resetScanner`.
 *
 * `limit`: bytes of the largest packet given whole. `streamMax`: bytes of the largest PUBLISH packet whose payload is
 * given as a stream; larger ones are skipped. `version` is 3, 4 or 5. Both limits below 2^24.
 */
export function scan(s: Scanner, limit: number, streamMax: number, version: number): number {
  const chunk = s.chunk_
  if (s.next_ === Next.FirstByte) {
    if (s.cursor_ === chunk.length) return more(s)
    s.header_ = at(chunk, s.cursor_)
    if (!serverSends(s.header_, version)) return fail(s, Scan.Malformed)
    s.cursor_ = s.cursor_ + 1
    s.value_ = 0
    s.scale_ = 1
    s.size_ = 1
    s.next_ = Next.Length
  }
  while (s.next_ === Next.Length) {
    if (s.cursor_ === chunk.length) return more(s)
    const done = lengthByte(s, at(chunk, s.cursor_), version)
    if (done < 0) return fail(s, Scan.Malformed)
    s.cursor_ = s.cursor_ + 1
    s.size_ = s.size_ + 1
    if (done > 0) {
      s.size_ = s.size_ + s.value_
      s.next_ = Next.Body
      if (s.size_ > limit) {
        if (s.header_ < 0x30 || s.header_ >= 0x40) return fail(s, Scan.TooLarge)
        s.left_ = s.value_
        s.next_ = Next.TopicLength
      }
    }
  }
  if (s.next_ === Next.Body) {
    if (!take(s, s.value_)) return more(s)
    s.next_ = Next.FirstByte
    return Scan.Packet
  }
  if (s.next_ === Next.Failed) return s.value_
  return scanStream(s, limit, streamMax, version)
}
