/** What the user publishes: checked before anything is sent or changed, then sent at once or queued (section 3.3). */
import { b2, b3, cat, cut, EMPTY, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { checkTopic } from '../topic.js'
import { refusesPublish } from '../offload.js'
import { because, callUser, Limit, mark, nextId, nextToken, nudge, Phase, tooMuch, type Core, type Outgoing } from './core.js'
import { enqueue, insert, newMessage, roomFor, topicOf } from './outbox.js'
import { accept, applyExtra } from './policies.js'
import { ack, append, bytesOf, flush, hasRoom, head, noteLeaving, prefixed } from './wire.js'
import type { PublishExtra } from '../types.js'

/** Closes as the oldest unanswered message after which it goes alone; once more, and it is given up. */
export const enum Tries { Alone = 3 }

/** Bytes. */
const enum Most { Stream = 268435455 }

/** Whether a call may be made at all: 0, or what is wrong with port or options, Destroyed, Disconnecting. */
export function mayUse(core: Core): Code {
  return core.wrong_ === 0 && core.phase_ === Phase.Draining ? because(core, ErrorCode.Disconnecting) : core.wrong_
}

/** 0 for a QoS that this build has, else BadQos, QosUnsupported. */
export function checkQos(core: Core, qos: number, name: string): Code {
  if (qos !== 0 && qos !== 1 && qos !== 2) return because(core, ErrorCode.BadQos, name, qos, 2)
  return !FEATURE_QOS2 && qos === 2 ? because(core, ErrorCode.QosUnsupported, name, 2, 1) : 0
}

/** The topic with its length prefix, the last one remembered; EMPTY when it is not one, with the cause. */
function fieldOfTopic(core: Core, topic: string): Bytes {
  if (topic === core.topic_) return core.field_
  const name = bytesOf(core, topic, ErrorCode.BadTopic, 'topic', false)
  if (name === undefined) return EMPTY
  if (checkTopic(name) === 0) return prefixed(name)
  because(core, ErrorCode.BadTopic, topic, name.length, 65535)
  return EMPTY
}

/** See `Client.publishStream`. */
export function publishStream(core: Core, topic: string, total: number, read: (this: void, offset: number, max: number) => Bytes, qos?: number): Code {
  if (!FEATURE_STREAM) return because(core, ErrorCode.FeatureMissing, 'publishStream')
  const q = qos === undefined ? 0 : qos
  let code = mayUse(core)
  if (FEATURE_OFFLOAD && code === 0) code = refusesPublish(core.hal_, core.cause_, topic, EMPTY, total, qos, false)
  if (code === 0) code = checkQos(core, q, 'qos')
  if (code < 0) return code
  if (typeof total !== 'number' || !(total >= 0 && total <= Most.Stream) || total % 1 !== 0) return because(core, ErrorCode.MessageTooLarge, 'total', typeof total === 'number' ? total : 0, Most.Stream)
  const field = fieldOfTopic(core, topic)
  if (field.length === 0) return core.cause_.code
  code = tooMuch(core, ErrorCode.PacketTooLarge, 'limits.packetOut', field.length + 7, Limit.PacketOut)
  if (code < 0) return code
  const m = newMessage(nextToken(core), field, EMPTY, q * 2)
  if (total > 0) {
    m.total_ = total
    m.read_ = read
  }
  code = FEATURE_POLICIES ? accept(core, m, false) : roomFor(core, field.length)
  if (code < 0) return code
  if (!FEATURE_POLICIES) enqueue(core, m)
  core.stats_.accepted = core.stats_.accepted + 1
  nudge(core)
  return m.token_
}

/** The PUBLISH of `m`, or its head where its payload comes in pieces. */
function sendPublish(core: Core, m: Outgoing): void {
  const id = m.id_ > 0 ? u16(m.id_) : EMPTY
  const start = core.tx_.length
  const pieces = FEATURE_STREAM && m.total_! > 0 ? m.total_! : 0
  append(core, cat(head(0x30 + m.flags_ + m.dup_, m.field_.length + id.length + m.payload_.length + pieces), m.field_, id, m.payload_))
  noteLeaving(core, m, start)
  if (pieces > 0) {
    core.streaming_ = m
    core.streamed_ = 0
    m.end_ = m.end_ + pieces
  }
}

/** Asks the user's function for the next piece of the message being sent, inside the port's guard. */
function pull(this: void, core: Core, offset: number, max: number): void {
  const m = core.streaming_
  if (m !== undefined && m.read_ !== undefined) core.pulled_ = m.read_(offset, max)
}

/** Pieces of the message being sent, while there is room. Below 0: its function gave nothing, and the connection cannot go on. */
function pumpStream(core: Core, m: Outgoing): Code {
  const total = m.total_!
  for (let pieces = core.limits_[Limit.SlicePackets]!; core.streamed_ < total && pieces > 0; pieces = pieces - 1) {
    const socket = core.socket_
    let max = socket === undefined ? 0 : socket.credit()
    if (max > core.limits_[Limit.SliceBytes]!) max = core.limits_[Limit.SliceBytes]!
    max = max - core.tx_.length
    if (max > core.limits_[Limit.PacketOut]!) max = core.limits_[Limit.PacketOut]!
    if (max > total - core.streamed_) max = total - core.streamed_
    if (max <= 0) return 0
    core.pulled_ = undefined
    callUser(core, pull, core, core.streamed_, max)
    const piece = core.pulled_
    if (typeof piece !== 'string' || piece.length === 0 || piece.length > max) return because(core, ErrorCode.StreamFailed, topicOf(core, m), core.streamed_, total)
    core.streamed_ = core.streamed_ + piece.length
    core.tx_ = cat(core.tx_, piece as Bytes)
  }
  if (core.streamed_ < total) core.more_ = true
  else {
    core.streaming_ = undefined
    core.tx_ = cat(core.tx_, core.behind_)
    core.behind_ = EMPTY
  }
  return 0
}

/** Messages, in order: first those of an earlier connection of the session, then what is queued, while the windows are open. Below 0: close. */
export function pump(core: Core): Code {
  if (FEATURE_STREAM && core.streaming_ !== undefined) {
    const code = pumpStream(core, core.streaming_)
    if (code < 0) return code
  }
  let packets = core.limits_[Limit.SlicePackets]!
  let m: Outgoing | undefined = core.queue_.next_
  const isAlone = m !== undefined && m.tries_ >= Tries.Alone
  const window = isAlone ? 1 : core.limits_[Limit.Inflight]!
  while (m !== undefined && hasRoom(core) && (!FEATURE_STREAM || core.streaming_ === undefined)) {
    if (m.epoch_ !== core.epoch_ && (m.id_ > 0 || !core.restoring_)) {
      if (packets === 0) {
        core.more_ = true
        return 0
      }
      packets = packets - 1
      if (FEATURE_QOS2 && m.released_ === true) {
        m.epoch_ = core.epoch_
        append(core, ack(0x62, m.id_))
      } else {
        if (core.sentNow_ >= window && (isAlone || m.flags_ > 1)) return 0
        if (m.flags_ > 1 && m.id_ === 0) m.id_ = nextId(core)
        else if (FEATURE_STATS && m.id_ > 0) core.stats_.resent = core.stats_.resent + 1
        sendPublish(core, m)
      }
      if (m.id_ > 0) {
        if (core.sentNow_ === 0) core.ack_ = 0
        core.sentNow_ = core.sentNow_ + 1
        if (FEATURE_STATS) mark(core, 'inflightMost', core.sentNow_)
      }
    }
    m = m.next_
  }
  // A message in pieces has begun: the first piece follows at once, when there is room for it.
  if (FEATURE_STREAM && core.streaming_ !== undefined && core.streamed_ === 0 && hasRoom(core)) core.more_ = true
  return 0
}

/** `publish` of what the quick way does not take: checked whole, and queued where it may not leave at once. */
function publishChecked(core: Core, topic: string, payload: Bytes, qos?: number, retain?: boolean, extra?: PublishExtra): Code {
  const q = qos === undefined ? 0 : qos
  let code = mayUse(core)
  if (code === 0) code = checkQos(core, q, 'qos')
  if (code < 0) return code
  if (typeof payload !== 'string') return because(core, ErrorCode.BadPayload, 'payload')
  const field = fieldOfTopic(core, topic)
  if (field.length === 0) return core.cause_.code
  const flags = retain === true ? q * 2 + 1 : q * 2
  const bytes = field.length + payload.length
  const length = q > 0 ? bytes + 2 : bytes
  code = tooMuch(core, ErrorCode.PacketTooLarge, 'limits.packetOut', head(0x30 + flags, length).length + length, Limit.PacketOut)
  if (code < 0) return code
  core.topic_ = topic
  core.field_ = field
  core.fieldBytes_ = field.length
  const m = newMessage(nextToken(core), field, payload, flags)
  if (extra !== undefined) code = FEATURE_POLICIES ? applyExtra(core, m, extra) : because(core, ErrorCode.FeatureMissing, 'extra')
  if (code === 0) code = FEATURE_POLICIES ? accept(core, m, extra !== undefined && extra.keepLatest === true) : roomFor(core, bytes)
  if (code < 0) return code
  if (!FEATURE_POLICIES) enqueue(core, m)
  core.stats_.accepted = core.stats_.accepted + 1
  // Nothing is before it: it need not wait for a slice.
  const ready = core.ready_
  core.ready_ = 0
  core.free_ = false
  if (ready > 0 && q === 0) {
    pump(core)
    flush(core)
    if (core.count_ === 0) core.ready_ = ready
  }
  nudge(core)
  return m.token_
}

/** A message of which the socket took `taken` bytes: the rest leaves as that of a queued one would. */
function leaveRest(core: Core, packet: Bytes, taken: number, payload: Bytes): Code {
  const m = newMessage(core.token_, core.field_, payload, 0)
  core.ready_ = 0
  core.free_ = false
  core.tx_ = cut(packet, taken, packet.length)
  core.stall_ = core.hal_.timer.since(core.stamp_) * -1
  insert(core, m, core.tail_)
  noteLeaving(core, m, -taken)
  nudge(core)
  return m.token_
}

/**
 * See `Client.publish`. The quick way, for a message of QoS 0 on a link with nothing before it: one look at what a slice found out
 * (`ready_`), one packet, one write.
 */
export function publish(core: Core, topic: string, payload: Bytes, qos?: number, retain?: boolean, extra?: PublishExtra): Code {
  if (FEATURE_OFFLOAD && core.wrong_ === 0) {
    const code = refusesPublish(core.hal_, core.cause_, topic, payload, -1, qos, retain)
    if (code < 0) return code
  }
  if (topic === core.topic_ && (qos === undefined || qos === 0) && retain !== true && extra === undefined && typeof payload === 'string') {
    // One look at a length costs an interpreter as much as a call.
    const n = core.fieldBytes_ + payload.length
    if (n <= core.ready_) {
      const taken = core.socket_!.write(n < 128 ? cat(b2(0x30, n), core.field_, payload) : cat(b3(0x30, n % 128 + 128, (n - n % 128) / 128), core.field_, payload))
      if (taken > 0) {
        core.quick_ = core.quick_ + 1
        if (FEATURE_STATS) core.quickBytes_ = core.quickBytes_ + taken
        core.token_ = core.token_ + 1
        if (taken > n + 2 || taken === n + 2 && n < 128) return core.token_
        return leaveRest(core, cat(head(0x30, n), core.field_, payload), taken, payload)
      }
    }
  }
  return publishChecked(core, topic, payload, qos, retain, extra)
}
