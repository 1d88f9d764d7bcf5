/**
 * The way out of messages and requests: resends first, then filters, then what is queued, as far as the socket has
 * credit and the windows are open. docs/protocol.md has the order and why.
 */
import { EMPTY, b1, b2, b3, cat, join, u32, type Bytes, type Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import { field, writeAck, writePublish, writePublishHead, writeSubscribe } from './codec/write.js'
import { varint } from './codec/varint.js'
import { because, callUser, forgetSuspect, topicOf, Phase, type Core } from './core.js'
import { nextPacketId } from './next-id.js'
import { defaults } from './defaults.js'
import { isHeldByJournal, mustRecord, recordBeforeSend } from './journal.js'
import { noteSending } from './learn-link.js'
import { markTransmit } from './marks.js'
import { end, popFront, pushBack, qosOf, Step, Taken, unlink, type Outgoing } from './outbox.js'
import { isQuiet } from './quarantine.js'
import { noteBlocked, noteOut, noteTaken } from './recorder.js'
import { nextBatch, Want, type Request, type Subscription } from './subscriptions.js'
import { isShared, hasWildcard } from './topic.js'
import { append, flush, isTaken, Part } from './transmit.js'
import type { Socket } from '../hal/hal.js'

/** Under 5.0: no properties. */
const NO_PROPERTIES = b1(0)

/** Requests without their ack: what is wanted beyond them waits. */
export const enum Most { Requests = 32 }

/** Puts a whole packet on its way; behind a message that is being sent in pieces it waits for its end. */
export function send(core: Core, packet: Bytes): void {
  // Nothing follows DISCONNECT [MQTT-3.14.4-2].
  if (core.drainSent_) return
  core.stats_.packetsOut = core.stats_.packetsOut + 1
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteOut(core, packet)
  if (FEATURE_STREAM && core.streaming_ !== undefined) core.behind_.push(packet)
  else append(core.tx_, packet)
}

/** The property section of a PUBLISH: what the user gave, what is left of the expiry, and an alias above 0. EMPTY when it has expired. */
function publishProperties(core: Core, m: Outgoing, alias: number): Bytes {
  if (m.properties_.length === 0 && m.messageExpiry_ === -2 && alias === 0) return NO_PROPERTIES
  let body = m.properties_
  if (m.messageExpiry_ !== -2) {
    let left = m.messageExpiry_
    if (left > 0) left = left - (core.clock_.seconds_ - m.bornSeconds_)
    if (left <= 0 && left !== -1) {
      if (m.epoch_ === 0) return EMPTY
      left = 1
    }
    body = cat(body, b1(0x02), u32(left))
  }
  if (alias > 0) body = cat(body, b3(0x23, (alias - alias % 256) / 256, alias % 256))
  return cat(varint(body.length), body)
}

/** Our alias for a topic: above 0 use it, below 0 define it, 0 none. */
function aliasFor(core: Core, field: Bytes): number {
  const wanted = core.options_.topicAliasOut
  if (wanted === undefined) return 0
  const list = core.aliases_
  for (let i = 0; i < list.length; i = i + 1) {
    if (list[i].field_ === field) return isTaken(core.tx_, list[i].end_) ? i + 1 : 0
  }
  if (list.length >= wanted || list.length >= core.server_.aliasMax_) return 0
  return -list.length - 1
}

/** Bytes of payload that follow the head on their own: a large one, which is not copied into a packet, or a stream. */
function payloadApart(m: Outgoing): number {
  if (FEATURE_STREAM && m.total_ > 0) return m.total_
  return m.payload_.length < Part.Large ? 0 : m.payload_.length
}

/**
 * The PUBLISH packet of `m`, or its head when the payload follows apart. EMPTY when it may not be sent: `reason_` then says
 * why (too large for this server, expired, QoS or RETAIN that it does not take).
 */
function encode(core: Core, m: Outgoing): Bytes {
  const server = core.server_
  const qos = qosOf(m)
  if (qos > server.maxQos_) m.reason_ = ErrorCode.QosUnsupported
  else if (m.flags_ % 2 === 1 && !server.retain_) m.reason_ = ErrorCode.RetainUnavailable
  else {
    const again = m.packetId_ > 0 && m.taken_ === Taken.Whole && core.resumed_
    const flags = again ? m.flags_ + 8 : m.flags_
    let properties = EMPTY
    let field = m.field_
    let alias = 0
    if (FEATURE_V5 && core.settings_.version_ === 5) {
      if (m.epoch_ === 0) alias = aliasFor(core, field)
      properties = publishProperties(core, m, alias < 0 ? -alias : alias)
      if (properties.length === 0) {
        m.reason_ = ErrorCode.Expired
        return EMPTY
      }
      if (alias > 0) field = b2(0, 0)
    }
    let limit = server.packetMax_
    if (limit > core.settings_.packetOut_ && m.total_ < 0) limit = core.settings_.packetOut_
    const apart = payloadApart(m)
    const packet = apart > 0 ? writePublishHead(flags, field, m.packetId_, properties, apart, limit - apart) : writePublish(flags, field, m.packetId_, properties, m.payload_, limit)
    if (packet.length > 0) {
      if (alias < 0) core.aliases_.push({ field_: m.field_, end_: (core.tx_.appended_ + packet.length + apart) % 1073741824 })
      return packet
    }
    m.reason_ = ErrorCode.ServerPacketLimit
    because(core, ErrorCode.ServerPacketLimit, topicOf(core, m), m.field_.length + m.payload_.length, limit)
  }
  return EMPTY
}

/** Sends the PUBLISH of `m`. False when it may not be sent; `reason_` says why, and the caller ends it. */
function sendPublish(core: Core, m: Outgoing): boolean {
  const packet = encode(core, m)
  if (packet.length === 0) return false
  m.from_ = core.tx_.appended_
  m.epoch_ = core.epoch_
  send(core, packet)
  if (m.payload_.length >= Part.Large) append(core.tx_, m.payload_)
  m.end_ = core.tx_.appended_
  if (FEATURE_STREAM && m.total_ > 0) {
    core.streaming_ = m
    core.streamed_ = 0
    m.end_ = (m.end_ + m.total_) % 1073741824
  }
  if (m.packetId_ > 0) {
    if (core.sentNow_ === 0) core.ackAge_ = 0
    core.sentNow_ = core.sentNow_ + 1
    m.step_ = m.flags_ < 4 ? Step.Puback : Step.Pubrec
    if (FEATURE_JOURNAL && m.noted_ !== m.packetId_) mustRecord(core)
  }
  return true
}

/** It could not be sent: its receipt says why. */
function giveUp(core: Core, m: Outgoing): void {
  m.packetId_ = 0
  forgetSuspect(core, m)
  end(core.outbox_, m, m.reason_ === ErrorCode.Expired ? 'expired' : 'rejected', m.reason_)
}

/** Asks the user's function for the next piece of the message being sent, inside the port's guard. */
function pull(this: void, core: Core, m: Outgoing, max: number): void {
  const read = m.read_
  core.pulled_ = EMPTY
  if (read !== undefined) core.pulled_ = read(core.streamed_, max)
}

/** Sends pieces while there is room. Below 0: the user's function gave nothing, and the connection cannot go on. */
function pumpStream(core: Core, socket: Socket): Code {
  const m = core.streaming_
  if (m === undefined) return 0
  let pieces = core.settings_.slicePackets_
  while (core.streamed_ < m.total_ && pieces > 0) {
    let max = socket.credit()
    if (max > core.settings_.sliceBytes_) max = core.settings_.sliceBytes_
    max = max - core.tx_.bytes_
    if (max > core.settings_.packetOut_) max = core.settings_.packetOut_
    if (max > m.total_ - core.streamed_) max = m.total_ - core.streamed_
    if (max <= 0) return 0
    callUser(core, pull, core, m, max)
    const piece = core.pulled_
    if (typeof piece !== 'string' || piece.length === 0 || piece.length > max) {
      m.reason_ = ErrorCode.StreamFailed
      return because(core, ErrorCode.StreamFailed, topicOf(core, m), core.streamed_, m.total_)
    }
    core.streamed_ = core.streamed_ + piece.length
    append(core.tx_, piece)
    pieces = pieces - 1
  }
  if (core.streamed_ < m.total_) {
    core.more_ = true
    return 0
  }
  core.streaming_ = undefined
  for (const packet of core.behind_) append(core.tx_, packet)
  core.behind_ = []
  return 0
}

/** Whether one more packet may wait for this slice's write: bounded by the socket, and by `sliceBytes` whatever it says. */
function hasRoom(core: Core, socket: Socket): boolean {
  return core.tx_.bytes_ < core.settings_.sliceBytes_ && socket.credit() > core.tx_.bytes_
}

/** How many QoS 1 and 2 messages may be unfinished now. */
function quota(core: Core): number {
  if (core.alone_) return 1
  return core.server_.receiveMaximum_ < core.settings_.inflight_ ? core.server_.receiveMaximum_ : core.settings_.inflight_
}

/** What was in flight on an earlier connection: PUBREL at once, PUBLISH as far as the window is open, in order. */
function resend(core: Core, socket: Socket): void {
  const box = core.outbox_
  let left = false
  let m = box.flight_.head_
  while (m !== undefined) {
    const next: Outgoing | undefined = m.next_
    if (m.epoch_ !== core.epoch_) {
      if (!hasRoom(core, socket)) return
      if (m.step_ === Step.Pubcomp) {
        if (core.sentNow_ === 0) core.ackAge_ = 0
        core.sentNow_ = core.sentNow_ + 1
        m.epoch_ = core.epoch_
        // DUP 0 under 3.1 too: there it is a hint, and servers that check the flags as 3.1.1 does would close.
        send(core, writeAck(0x62, m.packetId_, 0, EMPTY))
      } else if (core.sentNow_ < quota(core) && core.streaming_ === undefined) {
        if (sendPublish(core, m)) core.stats_.resent = core.stats_.resent + 1
        else {
          unlink(box.flight_, m)
          box.flightCount_ = box.flightCount_ - 1
          giveUp(core, m)
        }
      } else left = true
    }
    m = next
  }
  core.resending_ = left
}

/** Tells the user how a filter fared. */
export function tellSubscribed(core: Core, e: Subscription, code: Code): void {
  const fn = core.options_.onSubscribed
  if (fn !== undefined) callUser(core, fn, e.token_, e.filter_, code)
}

/** Tells the user that an UNSUBSCRIBE failed, with the token of `unsubscribe`. */
export function tellUnsubscribed(core: Core, e: Subscription, code: Code): void {
  const fn = core.options_.onSubscribed
  if (fn !== undefined) callUser(core, fn, e.endToken_, e.filter_, code)
}

/** What this server said it does not have; 0 when nothing is in the way. */
export function refusedFilter(core: Core, filter: Bytes, subscriptionId: number): Code {
  const server = core.server_
  if (!server.shared_ && isShared(filter)) return ErrorCode.SharedUnavailable
  if (!server.wildcard_ && hasWildcard(filter)) return ErrorCode.WildcardUnavailable
  if (!server.subscriptionIds_ && subscriptionId > 0) return ErrorCode.SubscriptionIdUnavailable
  return 0
}

/** SUBSCRIBE and UNSUBSCRIBE for what the registry wants, one packet for filters that go together. */
function sendRequests(core: Core, socket: Socket): void {
  const r = core.registry_
  let limit = core.server_.packetMax_
  if (limit > core.settings_.packetOut_) limit = core.settings_.packetOut_
  while (r.dirty_ && r.requests_.length < Most.Requests && hasRoom(core, socket)) {
    if (FEATURE_GOVERNOR && r.watched_ === true) r.quiet_ = isQuiet(r, core.clock_.seconds_)
    const batch = nextBatch(r, defaults.maxFilters, limit)
    if (batch.length === 0) return
    const unsubscribe = batch[0].want_ === Want.Unsubscribe
    const fields: Bytes[] = []
    const entries: Subscription[] = []
    const refused: Subscription[] = []
    const codes: number[] = []
    for (const e of batch) {
      const code = FEATURE_V5 && !unsubscribe ? refusedFilter(core, e.bytes_, e.subscriptionId_) : 0
      if (code < 0) {
        e.want_ = Want.Later
        refused.push(e)
        codes.push(code)
      } else {
        e.asked_ = true
        fields.push(unsubscribe ? field(e.bytes_) : cat(field(e.bytes_), b1(e.options_)))
        entries.push(e)
      }
    }
    const id = entries.length === 0 ? 0 : nextPacketId(core)
    if (entries.length > 0 && id === 0) return
    const properties = FEATURE_V5 && core.settings_.version_ === 5 ? unsubscribe ? NO_PROPERTIES : batch[0].properties_ : EMPTY
    const packet = writeSubscribe(unsubscribe ? 0xa2 : 0x82, id, properties, join(fields), limit)
    const q: Request = { packetId_: id, entries_: entries, unsubscribe_: unsubscribe, age_: 0 }
    if (FEATURE_GOVERNOR) q.since_ = core.clock_.seconds_
    for (const e of entries) {
      // One filter larger than this server takes was accepted under a wider limit.
      e.want_ = packet.length === 0 ? Want.Later : unsubscribe ? Want.Unsuback : Want.Suback
      if (packet.length === 0) {
        refused.push(e)
        codes.push(ErrorCode.ServerPacketLimit)
      }
    }
    if (id > 0 && packet.length > 0) {
      r.requests_.push(q)
      send(core, packet)
    }
    // Told last: their callbacks may change the registry.
    for (let i = 0; i < refused.length; i = i + 1) tellSubscribed(core, refused[i], codes[i])
  }
}

/** Whether a filter of the restoration still waits for its SUBACK or its deadline. */
function isRestoring(core: Core): boolean {
  if (core.registry_.dirty_) return true
  for (const q of core.registry_.requests_) {
    if (q.age_ >= 0) return true
  }
  return false
}

/** Queued messages, in order, while the windows are open. */
function sendQueue(core: Core, socket: Socket): void {
  const box = core.outbox_
  let packets = core.settings_.slicePackets_
  while (packets > 0 && core.streaming_ === undefined && hasRoom(core, socket)) {
    const m = box.queue_.head_
    if (m === undefined) return
    const qos = qosOf(m)
    if (core.alone_ && box.flightCount_ > 0) return
    if (qos > 0) {
      if (box.flightCount_ >= quota(core)) return
      if (m.packetId_ === 0) m.packetId_ = nextPacketId(core)
      if (m.packetId_ === 0) return
      // What left in a session that was lost has left all the same: it cannot give way any more.
      m.taken_ = m.epoch_ > 0 ? Taken.Part : Taken.Nothing
    }
    popFront(box.queue_)
    if (!sendPublish(core, m)) giveUp(core, m)
    else if (qos > 0) {
      pushBack(box.flight_, m)
      box.flightCount_ = box.flightCount_ + 1
      if (FEATURE_STATS && box.flightCount_ > core.stats_.inflightMost) core.stats_.inflightMost = box.flightCount_
    } else pushBack(box.leaving_, m)
    packets = packets - 1
  }
  if (packets === 0 && box.queue_.head_ !== undefined) core.more_ = true
}

/** QoS 0 messages that the socket took whole are sent. */
function settleLeaving(core: Core): void {
  const leaving = core.outbox_.leaving_
  let m = leaving.head_
  while (m !== undefined && isTaken(core.tx_, m.end_)) {
    popFront(leaving)
    end(core.outbox_, m, 'sent', 0)
    m = leaving.head_
  }
}

/** Gives the socket what waits, in one write. Below 0: the socket's code. */
export function flushOut(core: Core, socket: Socket): Code {
  if (core.tx_.bytes_ === 0 || FEATURE_JOURNAL && !recordBeforeSend(core)) return 0
  if (FEATURE_STATS) markTransmit(core)
  if (FEATURE_LEARN) noteSending(core, socket, 0)
  const n = flush(core.tx_, socket)
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteTaken(core, n)
  // Also when it failed: writes before the one that did took what they took.
  if (core.outbox_.leaving_.head_ !== undefined) settleLeaving(core)
  if (n <= 0) return n
  core.stats_.bytesOut = (core.stats_.bytesOut + n) % 1073741824
  core.keepalive_.sinceSent_ = 0
  return 0
}

/** One slice's share of sending. Below 0: the connection cannot go on. */
export function pump(core: Core, socket: Socket): Code {
  if (FEATURE_STREAM && core.streaming_ !== undefined) {
    const code = pumpStream(core, socket)
    if (code < 0) return code
  }
  if (core.phase_ >= Phase.Up && !core.drainSent_) {
    if (core.resending_) resend(core, socket)
    if (core.registry_.dirty_) sendRequests(core, socket)
    if (core.restoring_) core.restoring_ = isRestoring(core)
    // Behind what waits for the store a message could outlive its deadline.
    const held = FEATURE_JOURNAL && isHeldByJournal(core)
    if (!core.restoring_ && !core.resending_ && !held && core.outbox_.queue_.head_ !== undefined) sendQueue(core, socket)
  }
  const waiting = core.tx_.bytes_
  const code = flushOut(core, socket)
  // It was the slice that was full, not the socket.
  if (waiting >= core.settings_.sliceBytes_ && core.tx_.bytes_ < waiting) core.more_ = true
  if (FEATURE_RECORDER && core.recorder_ !== undefined && core.outbox_.queue_.head_ !== undefined && core.tx_.bytes_ === 0 && socket.credit() <= 0) noteBlocked(core)
  // A message in pieces has begun: the first piece follows at once, when there is room for it.
  if (FEATURE_STREAM && core.streaming_ !== undefined && core.streamed_ === 0 && hasRoom(core, socket)) core.more_ = true
  return code
}
