/** Messages on their way out: a bounded chain, in the order of the calls, what was sent and is unanswered first. */
import { at, b1, b2, b3, cat, cut, u16, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { refusesPublish } from '../offload.js'
import { because, callUser, fieldOf, Limit, nextToken, nudge, packetOf, Phase, refusal, tooMuch, type Core, type Outgoing } from './core.js'
import type { Outcome } from '../types.js'

/** The receipt of a message that is in the chain no more. */
export function tell(core: Core, m: Outgoing, outcome: Outcome, reason: Code): void {
  core.count_ = core.count_ - 1
  core.bytes_ = core.bytes_ - m.bytes_.length
  core.inflight_ = core.inflight_ - m.out_ * m.qos_
  core.stats_[outcome] = core.stats_[outcome] + 1
  const fn = core.options_.onReceipt
  if (fn !== undefined) callUser(core, fn, m.token_, outcome, reason)
}

/** The message leaves the chain, and its receipt is told. */
export function end(core: Core, m: Outgoing, outcome: Outcome, reason: Code): void {
  let before = core.queue_
  while (before.next_ !== m) before = before.next_!
  before.next_ = m.next_
  if (core.tail_ === m) core.tail_ = before
  tell(core, m, outcome, reason)
}

/** All that is queued is given up. What a receipt's function publishes is not. */
export function endAll(core: Core, reason: Code): void {
  let m = core.queue_.next_
  core.queue_.next_ = undefined
  core.tail_ = core.queue_
  while (m !== undefined) {
    tell(core, m, 'dropped', reason)
    m = m.next_
  }
}

/** PUBACK: the message was delivered. Of an id that is not known it is passed over. */
export function acknowledged(core: Core, id: number): void {
  let m = core.queue_.next_
  while (m !== undefined && !(m.token_ === id && m.out_ * m.qos_ > 0)) m = m.next_
  if (m !== undefined) {
    core.owed_ = 0
    end(core, m, 'delivered', 0)
  }
}

/** Gives the socket what waits for it. Below 0 a code of the port's. */
export function flush(core: Core): Code {
  const tx = core.tx_
  if (tx.length === 0) return 0
  core.room_ = 0
  const n = core.socket_!.write(tx)
  if (n > 0) {
    core.tx_ = cut(tx, n, tx.length)
    // A PINGREQ behind it waits with the peer's answer for no longer than the peer takes nothing.
    if (core.pinging_ === 1) {
      core.ping_ = 0
      if (n === tx.length) core.pinging_ = 2
    }
    const m = core.leaving_
    core.rest_ = n < core.rest_ ? core.rest_ - n : 0
    if (m !== undefined && core.rest_ === 0) {
      core.leaving_ = undefined
      m.dup_ = 8
      if (m.qos_ === 0) end(core, m, 'sent', 0)
    }
  }
  return n
}

/** Sends what the window and the socket allow. What the socket takes a part of waits in `tx_`, and all others behind it. */
export function pump(core: Core): Code {
  const code = flush(core)
  let m = core.queue_.next_
  while (code >= 0 && m !== undefined && core.tx_.length === 0 && core.open_ === 0) {
    const next = m.next_
    if (m.out_ === 0) {
      if (core.inflight_ + m.qos_ > core.limits_[Limit.Inflight]!) return 0
      const size = m.bytes_.length
      const n = core.socket_!.write(m.dup_ > 0 ? cat(b1(at(m.bytes_, 0) + 8), cut(m.bytes_, 1, size)) : m.bytes_)
      if (n <= 0) return n
      if (core.inflight_ === 0) core.owed_ = 0
      core.inflight_ = core.inflight_ + m.qos_
      m.out_ = 1
      if (n < size) {
        core.tx_ = cut(m.bytes_, n, size)
        core.leaving_ = m
        core.rest_ = size - n
      } else if (m.qos_ > 0) m.dup_ = 8
      else end(core, m, 'sent', 0)
    }
    m = next
  }
  return code
}

/** Checks a topic that is not that of the message before, and keeps it. */
function aim(core: Core, topic: string): Code {
  if (core.wrong_ < 0) return core.wrong_
  core.bad_ = false
  const field = fieldOf(core, topic, ErrorCode.BadTopic, topic, true)
  if (core.bad_) return core.cause_.code
  core.topic_ = topic
  core.field_ = field
  core.fieldBytes_ = field.length
  return 0
}

/** A message that `publish` takes into the chain; what is wrong with it is said before anything changes. */
function accept(core: Core, payload: Bytes, qos: number, isRetained: boolean): Code {
  if (core.wrong_ < 0 || core.phase_ === Phase.Draining || qos !== 0 && qos !== 1) return refusal(core, qos)
  if (typeof payload !== 'string') return because(core, ErrorCode.BadPayload, 'payload')
  const field = core.field_
  const limits = core.limits_
  if (core.count_ >= limits[Limit.OutboxCount]!) return tooMuch(core, ErrorCode.QueueFull, '', core.count_ + 1, Limit.OutboxCount)
  const token = qos > 0 ? nextToken(core) : core.token_ % 65535 + 1
  core.token_ = token
  const packet = packetOf(48 + 2 * qos + (isRetained ? 1 : 0), qos > 0 ? cat(field, u16(token), payload) : cat(field, payload))
  const size = packet.length
  if (core.bytes_ + size > limits[Limit.OutboxBytes]! || size > limits[Limit.PacketOut]!) {
    const code = tooMuch(core, ErrorCode.PacketTooLarge, core.topic_, size, Limit.PacketOut)
    return code < 0 ? code : tooMuch(core, ErrorCode.QueueBytes, '', core.bytes_ + size, Limit.OutboxBytes)
  }
  const m = { next_: undefined, token_: token, bytes_: packet, qos_: qos, out_: 0, dup_: 0, tries_: 0 }
  core.tail_.next_ = m
  core.tail_ = m
  core.count_ = core.count_ + 1
  core.bytes_ = core.bytes_ + size
  core.stats_.accepted = core.stats_.accepted + 1
  core.room_ = 0
  if (!core.more_) nudge(core)
  return token
}

/** The socket took `n` bytes of a QoS 0 message: what is left goes first, and its receipt is told by the next slice. */
function left(core: Core, packet: Bytes, n: number): Code {
  const size = packet.length
  core.token_ = core.token_ + 1
  core.quick_ = core.quick_ + 1
  if (core.told_ !== undefined) core.told_.push(core.token_)
  if (n < size || core.told_ !== undefined) nudge(core)
  // Acks that did not begin to leave may wait there.
  if (n < size) {
    core.tx_ = cat(cut(packet, n, size), core.tx_)
    core.rest_ = size - n
  } else if (core.told_!.length < core.limits_[Limit.OutboxCount]!) core.room_ = core.roomy_
  return core.token_
}

/** See `Client.publish`. A QoS 0 message leaves at once when nothing is in its way. */
export function publish(core: Core, topic: string, payload: Bytes, qos?: number, retain?: boolean): Code {
  if (FEATURE_OFFLOAD && core.wrong_ === 0) {
    const code = refusesPublish(core.hal_, core.cause_, topic, payload, -1, qos, retain)
    if (code < 0) return code
  }
  if (topic !== core.topic_) {
    const code = aim(core, topic)
    if (code < 0) return code
  }
  if (typeof payload === 'string' && (qos === undefined || qos === 0) && retain !== true) {
    // One look at a length costs an interpreter as much as a call.
    const length = core.fieldBytes_ + payload.length
    if (length < core.room_) {
      const n = core.socket_!.write(length < 128 ? cat(b2(48, length), core.field_, payload) : cat(b3(48, length % 128 + 128, (length - length % 128) / 128), core.field_, payload))
      if (core.told_ === undefined && (n > length + 2 || n === length + 2 && n < 130)) {
        core.quick_ = core.quick_ + 1
        core.token_ = core.token_ + 1
        return core.token_
      }
      const token = n > 0 ? left(core, packetOf(48, cat(core.field_, payload)), n) : n
      if (token > 0) return token
    }
  }
  return accept(core, payload, qos === undefined ? 0 : qos, retain === true)
}
