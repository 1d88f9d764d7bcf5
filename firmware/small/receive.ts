/**
 * From the socket's chunks, cut anywhere, to packets (section 2.2). What is unread of a chunk is joined to the next one, never
 * more than `packetIn` bytes. A PUBLISH above that is passed over as it comes, in constant memory, and acknowledged.
 */
import { at, cat, cut, u16At, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { checkTopic } from '../topic.js'
import { Asked, because, broken, callUser, endpoint, Limit, mark, Phase, tooMuch, version, type Core } from './core.js'
import { isFull } from '../inbox.js'
import { acknowledge, addToReceiveSet, describe, handlePacket, hearQuickly, judgeReceiveSet, malformed } from './inbound.js'

/** Bytes that may wait in the transmit buffer before we stop reading. */
const enum Most {
  Backlog = 4096,
  /** Acks that may wait beyond the cache's count for the application. */
  Acks = 256
}

/** The flag bits of the packets that a server sends, by packet type; x where it sends none. PUBLISH is judged apart. */
const FLAGS = 'xx0x0020x0x0x00x' as Bytes

/** True for a first byte that a server may send: no QoS 3, no DUP with QoS 0. */
function serverSends(first: number, old: boolean): boolean {
  const flags = first % 16
  if (first >= 0x30 && first < 0x40) return flags % 8 < 6 && flags !== 8 && flags !== 9
  // 3.1 lets PUBREL carry DUP.
  if (FEATURE_V31 && old && first === 0x6a) return true
  return at(FLAGS, (first - flags) / 16) === 48 + flags
}

/** A PUBLISH above the limit begins: it is offered in pieces, or passed over. Below 0: close. */
function startStream(core: Core, first: number, topic: Bytes, id: number, size: number): Code {
  const isOffered = core.options_.onStream !== undefined && size <= core.limits_[Limit.StreamMax]!
  core.streamTopic_ = ''
  if (isOffered) {
    if (topic.length === 0 || checkTopic(topic) < 0) return malformed(core, first)
    core.streamTopic_ = core.hal_.text.text(topic)
  } else core.stats_.oversize = core.stats_.oversize + 1
  if (FEATURE_QOS2 && first % 8 > 3) {
    const isNew = judgeReceiveSet(core, id)
    // Neither a repeat nor what overflows the set is offered; the latter is not answered either.
    if (isNew !== 1) core.streamTopic_ = ''
    if (isNew > 1) core.skipId_ = 0
  }
  if (core.streamTopic_.length > 0) {
    describe(core, first % 16, id)
    core.stats_.received = core.stats_.received + 1
  }
  return 0
}

/** Calls `onStream` with a piece, inside the port's guard. */
function offer(this: void, core: Core, chunk: Bytes, offset: number): Code {
  const fn = core.options_.onStream
  return fn === undefined ? 0 : fn(core.streamTopic_, chunk, offset, core.streamTotal_, core.info_)
}

/** What is left of a PUBLISH above the limit: its pieces are offered, and at its end it is acknowledged. 1 at the end, 0 when more must come. */
function skip(core: Core): Code {
  const from = core.cursor_
  const n = core.rx_.length - from
  const most = n < core.skip_ ? n : core.skip_
  core.cursor_ = from + most
  core.skip_ = core.skip_ - most
  if (FEATURE_STREAM && core.streamTopic_.length > 0 && most > 0) {
    const piece = cut(core.rx_, from, core.cursor_)
    // One that answers below 0 wants no more of it.
    if (callUser(core, offer, core, piece, core.streamTotal_ - core.skip_ - most) < 0) core.streamTopic_ = ''
  }
  if (core.skip_ > 0) return 0
  core.heard_ = true
  const qos = core.skipping_ - 1
  core.skipping_ = 0
  if (core.skipId_ > 0) {
    // Only now is it received: one that breaks off may come again.
    if (FEATURE_QOS2 && qos > 1) addToReceiveSet(core, core.skipId_)
    acknowledge(core, qos, core.skipId_)
  }
  return 1
}

/** Handles the next packet of what was received: 1, or 0 when more must come, or below 0 the code to close with. */
function scan(core: Core): Code {
  if (core.skipping_ > 0) return skip(core)
  const b = core.rx_
  const from = core.cursor_
  if (from === b.length) return 0
  const first = at(b, from)
  if (!serverSends(first, version(core) === 3)) return core.phase_ < Phase.Up ? because(core, ErrorCode.NotMqtt, endpoint(core).host, first) : malformed(core, first)
  let i = from + 1
  let length = 0
  let scale = 1
  let byte = 128
  while (byte > 127) {
    if (i === b.length) return 0
    byte = at(b, i)
    if (byte > 127 && scale > 16384) return malformed(core, first)
    length = length + byte % 128 * scale
    scale = scale * 128
    i = i + 1
  }
  const to = i + length
  const code = tooMuch(core, ErrorCode.InboundTooLarge, '', to - from, Limit.PacketIn)
  if (code < 0) {
    if (first < 0x30 || first > 0x3f || core.phase_ < Phase.Up) return code
    // Its head must fit: the topic's length, the topic, and the packet id.
    if (b.length - from < core.limits_[Limit.PacketIn]!) return 0
    const topicEnd = i + 2 + u16At(b, i)
    const payload = first % 8 > 1 ? topicEnd + 2 : topicEnd
    if (payload > to) return malformed(core, first)
    core.skipId_ = 0
    if (first % 8 > 1) {
      if (payload > b.length) return code
      core.skipId_ = u16At(b, topicEnd)
      if (core.skipId_ === 0 || !FEATURE_QOS2 && first % 8 > 3) return broken(core, 3)
    }
    core.skipping_ = first % 8 > 3 ? 3 : first % 8 > 1 ? 2 : 1
    core.skip_ = to - from
    if (FEATURE_STREAM) {
      const wrong = payload > b.length ? 0 : startStream(core, first, cut(b, i + 2, topicEnd), core.skipId_, to - from)
      if (wrong < 0) return wrong
      if (payload <= b.length) core.cursor_ = payload
      core.skip_ = to - core.cursor_
      core.streamTotal_ = core.skip_
    } else core.stats_.oversize = core.stats_.oversize + 1
    return skip(core)
  }
  if (to > b.length) return 0
  core.cursor_ = to
  const handled = handlePacket(core, first, b, i, to)
  return handled < 0 ? handled : 1
}

/** Whether the application's cache has no room for the largest packet: then we do not read on, once the session is open. */
export function mustHold(core: Core): boolean {
  if (!FEATURE_CACHE || core.options_.cache !== 'push-back' || core.phase_ < Phase.Up) return false
  const count = core.limits_[Limit.InboxCount]!
  return core.inbox_.withheld_.length >= count + Most.Acks || isFull(core.inbox_, core.limits_[Limit.PacketIn]!, count, core.limits_[Limit.InboxBytes]!)
}

/** Whether what is read now can be held and answered: the application's cache, the way out, acks that wait. */
export function mayRead(core: Core): boolean {
  return core.tx_.length <= Most.Backlog && (!FEATURE_STREAM || core.behind_.length < Most.Backlog) && !mustHold(core)
}

/** Reads and handles, within the slice's bounds. Returns the packets handled, or below 0 why the link must end. */
export function receive(core: Core): Code {
  let packets = 0
  let bytes = core.limits_[Limit.SliceBytes]!
  core.paused_ = false
  while (core.asked_ === Asked.Nothing && core.phase_ >= Phase.Connecting && core.socket_ !== undefined) {
    if (packets === core.limits_[Limit.SlicePackets] || bytes <= 0) {
      core.more_ = true
      return packets
    }
    if (!mayRead(core)) {
      core.paused_ = true
      return packets
    }
    if (core.skipping_ === 0 && core.phase_ >= Phase.Up) {
      packets = packets + hearQuickly(core, core.limits_[Limit.SlicePackets]! - packets)
      if (core.asked_ !== Asked.Nothing || packets === core.limits_[Limit.SlicePackets]) continue
    }
    const found = scan(core)
    if (found < 0) return found
    if (found > 0) packets = packets + 1
    else {
      if (FEATURE_STATS) mark(core, 'scannerBytesMost', core.rx_.length - core.cursor_)
      const chunk = core.socket_.read(bytes)
      if (chunk.length === 0) return packets
      bytes = bytes - chunk.length
      if (FEATURE_STATS) core.stats_.bytesIn = (core.stats_.bytesIn + chunk.length) % 1073741824
      core.received_ = 0
      core.ping_ = -1
      if (FEATURE_CACHE) core.held_ = 0
      core.rx_ = cat(cut(core.rx_, core.cursor_, core.rx_.length), chunk)
      core.cursor_ = 0
    }
  }
  return packets
}
