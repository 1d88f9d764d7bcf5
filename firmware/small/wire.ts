/** Packets as bytes, and the transmit buffer: the packets of one slice leave in one write. */
import { b1, b2, b4, cat, cut, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { validUtf8 } from '../utf8.js'
import { because, Limit, mark, type Core, type Outgoing } from './core.js'
import { settleLeaving } from './outbox.js'

/** The fixed header (MQTT 3.1.1 section 2.2): the first byte and the number of bytes that follow. */
export function head(first: number, length: number): Bytes {
  if (length < 128) return b2(first, length)
  let bytes = b1(first)
  let rest = length
  while (rest > 127) {
    bytes = cat(bytes, b1(rest % 128 + 128))
    rest = (rest - rest % 128) / 128
  }
  return cat(bytes, b1(rest))
}

/** A length of two bytes, then the bytes (section 1.5.3). */
export function prefixed(bytes: Bytes): Bytes {
  return cat(u16(bytes.length), bytes)
}

/** A text as UTF-8, or bytes where `binary`, of at most 65535; undefined with the cause when it is none. */
export function bytesOf(core: Core, value: unknown, code: Code, name: string, binary: boolean): Bytes | undefined {
  let wrong = binary ? ErrorCode.BadPayload : code
  let length = 0
  if (typeof value === 'string') {
    const bytes = binary ? value as Bytes : core.hal_.text.utf8(value)
    length = bytes.length
    wrong = code
    if (length < 65536) {
      if (binary || validUtf8(bytes)) return bytes
      wrong = ErrorCode.BadUtf8
    }
  }
  because(core, wrong, name, length, 65535)
  return undefined
}

/** Whether one more packet may go into this slice's write: bounded by the socket, and by `sliceBytes` whatever it says. */
export function hasRoom(core: Core): boolean {
  const waiting = core.tx_.length
  return core.socket_ !== undefined && waiting < core.limits_[Limit.SliceBytes]! && core.socket_.credit() > waiting
}

/** Puts a whole packet on its way. */
export function append(core: Core, packet: Bytes): void {
  if (FEATURE_STATS) core.stats_.packetsOut = core.stats_.packetsOut + 1
  // Behind a message in pieces everything waits for its end.
  if (FEATURE_STREAM && core.streaming_ !== undefined) {
    core.behind_ = cat(core.behind_, packet)
    return
  }
  if (core.tx_.length === 0) core.stall_ = 0
  core.tx_ = cat(core.tx_, packet)
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP (sections 3.4 to 3.7). */
export function ack(first: number, id: number): Bytes {
  return b4(first, 2, (id - id % 256) / 256, id % 256)
}

/** Notes that `m` is the last thing in the transmit buffer, and begins at `start` of it: below 0 where a part of it is gone. */
export function noteLeaving(core: Core, m: Outgoing, start: number): void {
  m.epoch_ = core.epoch_
  if (FEATURE_POLICIES) {
    m.start_ = start
    if (start < 0) m.begun_ = true
  }
  m.end_ = core.tx_.length
  core.leaving_ = core.leaving_ + 1
}

/** Gives the socket what waits, in one write. Below 0: the socket's code. */
export function flush(core: Core): Code {
  const socket = core.socket_
  if (socket === undefined || core.tx_.length === 0) return 0
  if (FEATURE_STATS) mark(core, 'transmitBytesMost', core.tx_.length)
  const n = socket.write(core.tx_)
  if (n <= 0) return n
  if (FEATURE_STATS) core.stats_.bytesOut = (core.stats_.bytesOut + n) % 1073741824
  core.tx_ = cut(core.tx_, n, core.tx_.length)
  // Time before this moment is not its.
  core.sent_ = core.hal_.timer.since(core.stamp_) * -1
  core.stall_ = core.sent_
  if (core.leaving_ > 0) settleLeaving(core, n)
  return 0
}
