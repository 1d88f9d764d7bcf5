/**
 * Acks that arrive: PUBACK, PUBREC, PUBCOMP end or move on the message they belong to, SUBACK and UNSUBACK the request
 * (MQTT 5.0 sections 3.4 to 3.7, 3.9, 3.11). Each belongs to its packet id; one of the wrong kind is a protocol error.
 */
import { EMPTY, at, type Code } from './bytes.js'
import { ErrorCode, Reason } from './codes.js'
import { PacketType } from './codec/packets.js'
import { writeAck } from './codec/write.js'
import { because, broken, forgetSuspect, topicOf, type Core } from './core.js'
import { mustRecord } from './journal.js'
import { end, popFront, pushFront, Step, Taken, unlink, type Outgoing } from './outbox.js'
import { send, tellSubscribed, tellUnsubscribed } from './outbound.js'
import { forget, takeRequest, Want } from './subscriptions.js'
import type { Packet } from './codec/read.js'

/** The message of ours with this id; undefined when there is none. */
function findInFlight(core: Core, id: number): Outgoing | undefined {
  let m = core.outbox_.flight_.head_
  while (m !== undefined && m.packetId_ !== id) m = m.next_
  return m
}

/** The last ack of a message: it ends, and its id is free. */
function finish(core: Core, m: Outgoing, code: Code, reason: number): void {
  const box = core.outbox_
  if (box.flight_.head_ === m) popFront(box.flight_)
  else unlink(box.flight_, m)
  box.flightCount_ = box.flightCount_ - 1
  if (m.epoch_ === core.epoch_) core.sentNow_ = core.sentNow_ - 1
  forgetSuspect(core, m)
  if (code < 0) because(core, code, topicOf(core, m), m.packetId_, 0, reason)
  end(box, m, code < 0 ? 'rejected' : 'delivered', reason)
}

function isRequest(core: Core, id: number): boolean {
  for (const q of core.registry_.requests_) {
    if (q.packetId_ === id) return true
  }
  return false
}

/** An ack for no publish of ours: stray, or of the wrong kind for a live request. */
function handleStray(core: Core, p: Packet): Code {
  if (isRequest(core, p.packetId_)) return broken(core, Reason.ProtocolError, 'ack')
  core.stats_.strayAcks = core.stats_.strayAcks + 1
  if (FEATURE_QOS2 && p.type_ === PacketType.Pubrec && p.reason_ < 0x80) send(core, writeAck(0x62, p.packetId_, core.settings_.version_ === 5 ? Reason.PacketIdNotFound : 0, EMPTY))
  return 0
}

/** PUBREC for a live id (section 3.5). */
function handlePubrec(core: Core, m: Outgoing, reason: number): Code {
  if (m.step_ === Step.Pubrec) {
    if (reason === Reason.PacketIdInUse) {
      if (m.taken_ !== Taken.Whole) {
        // The server holds this id from an earlier life: once more, under a new one.
        const box = core.outbox_
        unlink(box.flight_, m)
        box.flightCount_ = box.flightCount_ - 1
        if (m.epoch_ === core.epoch_) core.sentNow_ = core.sentNow_ - 1
        if (!m.renewed_) {
          m.renewed_ = true
          if (core.retired_.length < 64) core.retired_.push(m.packetId_)
          m.packetId_ = 0
          m.step_ = Step.Send
          pushFront(box.queue_, m)
        } else {
          forgetSuspect(core, m)
          end(box, m, 'rejected', reason)
        }
        return 0
      }
    } else if (reason >= 0x80) {
      finish(core, m, ErrorCode.PublishRefused, reason)
      return 0
    }
    m.step_ = Step.Pubcomp
    if (FEATURE_JOURNAL) mustRecord(core)
    if (core.options_.onSessionLost === 'report') {
      core.outbox_.bytes_ = core.outbox_.bytes_ - m.payload_.length
      m.payload_ = EMPTY
    }
  } else if (m.step_ !== Step.Pubcomp) return broken(core, Reason.ProtocolError, 'PUBREC')
  if (m.epoch_ !== core.epoch_) core.sentNow_ = core.sentNow_ + 1
  m.epoch_ = core.epoch_
  send(core, writeAck(0x62, m.packetId_, 0, EMPTY))
  return 0
}

/** PUBACK, PUBREC, PUBCOMP. */
export function handleAck(core: Core, p: Packet): Code {
  const m = findInFlight(core, p.packetId_)
  if (m === undefined) return handleStray(core, p)
  // Not all of it is out: the server cannot have it.
  if (FEATURE_STREAM && core.streaming_ === m) return broken(core, Reason.ProtocolError, 'ack')
  core.ackAge_ = 0
  if (p.type_ === PacketType.Puback) {
    if (m.step_ !== Step.Puback) return broken(core, Reason.ProtocolError, 'PUBACK')
    finish(core, m, p.reason_ >= 0x80 ? ErrorCode.PublishRefused : 0, p.reason_)
    return 0
  }
  if (!FEATURE_QOS2) return broken(core, Reason.ProtocolError, 'QoS 2')
  if (p.type_ === PacketType.Pubrec) return handlePubrec(core, m, p.reason_)
  if (m.step_ !== Step.Pubcomp) return broken(core, Reason.ProtocolError, 'PUBCOMP')
  finish(core, m, p.reason_ >= 0x80 && p.reason_ !== Reason.PacketIdNotFound ? ErrorCode.PublishRefused : 0, p.reason_)
  return 0
}

/** SUBACK (section 3.9) and UNSUBACK (section 3.11). */
export function handleSuback(core: Core, p: Packet): Code {
  const unsubscribe = p.type_ === PacketType.Unsuback
  const q = takeRequest(core.registry_, p.packetId_, unsubscribe)
  if (q === undefined) {
    if (isRequest(core, p.packetId_) || findInFlight(core, p.packetId_) !== undefined) return broken(core, Reason.ProtocolError, 'ack')
    core.stats_.strayAcks = core.stats_.strayAcks + 1
    return 0
  }
  if (!unsubscribe || core.settings_.version_ === 5) {
    if (p.codes_.length !== q.entries_.length) return broken(core, Reason.ProtocolError, 'codes')
  }
  const codes = p.codes_
  for (let i = 0; i < q.entries_.length; i = i + 1) {
    const e = q.entries_[i]
    const code = i < codes.length ? at(codes, i) : 0
    if (unsubscribe) {
      forget(core.registry_, e)
      if (code >= 0x80) {
        because(core, ErrorCode.UnsubscribeRefused, e.filter_, p.packetId_, 0, code)
        tellUnsubscribed(core, e, ErrorCode.UnsubscribeRefused)
      }
    } else {
      const late = q.age_ < 0
      if (FEATURE_GOVERNOR) e.acked_ = core.clock_.seconds_
      if (e.want_ === Want.Suback || e.want_ === Want.Later) e.want_ = code >= 0x80 ? Want.Later : Want.Nothing
      if (code >= 0x80) because(core, ErrorCode.SubscribeRefused, e.filter_, p.packetId_, 0, code)
      if (!late) tellSubscribed(core, e, code >= 0x80 ? ErrorCode.SubscribeRefused : code)
    }
  }
  return 0
}
