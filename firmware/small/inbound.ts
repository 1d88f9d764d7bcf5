/**
 * What arrives: the packets of the chunk, their judgement, messages to the application, acks (sections 2 and 3). Functions
 * return 0, or the code with which the link must be closed; the cause is recorded.
 */
import { at, cut, EMPTY, plain, u16At, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { checkTopic, matches } from '../topic.js'
import { isFull, put, take } from '../inbox.js'
import { Asked, because, broken, callUser, endpoint, enterPhase, Limit, mark, Phase, version, type Core, type Outgoing } from './core.js'
import { answer, restoreAll } from './filters.js'
import { end } from './outbox.js'
import { judgeStart } from './judge.js'
import { ack, append } from './wire.js'
import type { MessageHandler } from '../types.js'

export function malformed(core: Core, value: number): Code {
  return because(core, ErrorCode.Malformed, '', value)
}

/** Receive set of QoS 2, and messages that may wait for it. */
const enum Most { ReceiveSet = 64 }

/** The flags of a PUBLISH and its id, for the application. */
export function describe(core: Core, flags: number, id: number): void {
  const info = core.info_
  info.qos = flags % 8 > 3 ? 2 : flags % 8 > 1 ? 1 : 0
  info.retain = flags % 2 === 1
  info.dup = flags > 7
  info.packetId = id
}

/** Who hears a topic: the handlers whose filter matches, or `onMessage` when there is none. Kept, since the next message most often has the same. */
function tune(core: Core, topic: Bytes): void {
  const hearers: MessageHandler[] = []
  for (const e of core.filters_) {
    if (e.handler_ !== undefined && matches(e.bytes_, topic)) hearers.push(e.handler_)
  }
  const fn = core.options_.onMessage
  if (hearers.length === 0 && fn !== undefined) hearers.push(fn)
  core.heardTopic_ = topic
  core.heardText_ = core.hal_.text.text(topic)
  core.hearers_ = hearers
}

/** Hands a message to those it is for. A handler that subscribes does not bring this message to the new one. */
function deliver(core: Core, topic: Bytes, payload: Bytes): void {
  if (topic !== core.heardTopic_) tune(core, topic)
  const text = core.heardText_
  for (const fn of core.hearers_) callUser(core, fn, text, payload, core.info_)
}

/**
 * The quick way, for what most messages are: QoS 0, short, whole, of the topic heard last, straight to a handler. Hands over at most `most` of them
 * and returns how many.
 */
export function hearQuickly(core: Core, most: number): number {
  const b = core.rx_
  const end = b.length
  const packetIn = core.limits_[Limit.PacketIn]!
  let from = core.cursor_
  let count = 0
  while (count < most && end - from > 3 && at(b, from) === 0x30) {
    const n = at(b, from + 1)
    const to = from + 2 + n
    const payload = from + 4 + u16At(b, from + 2)
    if (n > 127 || n + 2 > packetIn || to > end || payload > to || payload < from + 5 || cut(b, from + 4, payload) !== core.heardTopic_) break
    core.cursor_ = to
    count = count + 1
    describe(core, 0, 0)
    deliver(core, core.heardTopic_, cut(b, payload, to))
    if (core.asked_ !== Asked.Nothing) break
    from = to
  }
  if (count > 0) {
    core.heard_ = true
    core.stats_.received = core.stats_.received + count
    if (FEATURE_STATS) core.stats_.packetsIn = core.stats_.packetsIn + count
  }
  return count
}

/** More than half of the receive cache is in use: acks wait under push-back. */
function isHalfFull(core: Core): boolean {
  const inbox = core.inbox_
  return inbox.count_ * 2 > core.limits_[Limit.InboxCount]! || inbox.bytes_ * 2 > core.limits_[Limit.InboxBytes]!
}

/** PUBACK or PUBREC, in the order in which the messages came. */
export function acknowledge(core: Core, qos: number, id: number): void {
  const first = qos > 1 ? 0x50 : 0x40
  if (FEATURE_CACHE && core.options_.cache === 'push-back' && (core.inbox_.withheld_.length > 0 || isHalfFull(core))) core.inbox_.withheld_.push(ack(first, id))
  else append(core, ack(first, id))
}

/** Acks that were withheld go once the cache is half empty. */
export function releaseAcks(core: Core): void {
  if (isHalfFull(core)) return
  for (const packet of core.inbox_.withheld_) append(core, packet)
  core.inbox_.withheld_ = []
}

/** Into the cache, making room as its policy says; under push-back reading stopped in time. */
function cache(core: Core, topic: Bytes, payload: Bytes): void {
  const inbox = core.inbox_
  const info = core.info_
  const bytes = topic.length + payload.length
  const count = core.limits_[Limit.InboxCount]!
  const most = core.limits_[Limit.InboxBytes]!
  if (core.options_.cache !== 'push-back') {
    while (inbox.count_ > 0 && isFull(inbox, bytes, count, most)) {
      take(inbox)
      core.stats_.inboxDropped = core.stats_.inboxDropped + 1
    }
    if (isFull(inbox, bytes, count, most)) {
      core.stats_.inboxDropped = core.stats_.inboxDropped + 1
      because(core, ErrorCode.InboxFull, '', inbox.count_, count)
      return
    }
  }
  put(inbox, topic, payload, info.qos, info.retain, info.dup, info.packetId, undefined, bytes)
  if (FEATURE_STATS) {
    mark(core, 'inboxCountMost', inbox.count_)
    mark(core, 'inboxBytesMost', inbox.bytes_)
  }
}

function isInReceiveSet(core: Core, id: number): boolean {
  for (const x of core.receiveSet_) {
    if (x === id) return true
  }
  return false
}

/** QoS 2, first half: 1 when the id is new and has room, 0 for a repeat, 2 when the set is full: neither delivered nor answered. */
export function judgeReceiveSet(core: Core, id: number): number {
  if (isInReceiveSet(core, id)) {
    core.stats_.repeats = core.stats_.repeats + 1
    return 0
  }
  if (core.receiveSet_.length < Most.ReceiveSet) return 1
  because(core, ErrorCode.ReceiveSetFull, '', core.receiveSet_.length, Most.ReceiveSet)
  if (core.overflow_ < 0) core.overflow_ = 0
  return 2
}

export function addToReceiveSet(core: Core, id: number): void {
  if (isInReceiveSet(core, id)) return
  core.receiveSet_.push(id)
  if (FEATURE_STATS) mark(core, 'receiveSetMost', core.receiveSet_.length)
}

/** PUBREL (section 3.6): the id leaves the receive set and is answered in any case. */
function handlePubrel(core: Core, id: number): Code {
  const rest: number[] = []
  for (const x of core.receiveSet_) {
    if (x !== id) rest.push(x)
  }
  core.receiveSet_ = rest
  append(core, ack(0x70, id))
  return 0
}

/** PUBLISH (section 3.3), from index `i` up to `to`. */
function handlePublish(core: Core, flags: number, b: Bytes, i: number, to: number): Code {
  const isAcked = flags % 8 > 1
  const start = i + 2
  const from = start > to ? start : start + u16At(b, i)
  const payload = isAcked ? from + 2 : from
  if (payload > to) return malformed(core, flags)
  const topic = cut(b, start, from)
  if (!plain(topic) && checkTopic(topic) < 0 || from === start) return malformed(core, flags)
  const id = isAcked ? u16At(b, from) : 0
  const qos = flags % 8 > 3 ? 2 : isAcked ? 1 : 0
  if (isAcked && id === 0 || !FEATURE_QOS2 && qos > 1) return broken(core, 3)
  if (FEATURE_QOS2 && qos > 1) {
    const isNew = judgeReceiveSet(core, id)
    if (isNew > 1) return 0
    if (isNew === 0) {
      acknowledge(core, qos, id)
      return 0
    }
    addToReceiveSet(core, id)
  }
  describe(core, flags, id)
  core.stats_.received = core.stats_.received + 1
  if (FEATURE_CACHE && core.options_.cache !== undefined && core.options_.cache !== 'direct') cache(core, topic, cut(b, payload, to))
  else deliver(core, topic, cut(b, payload, to))
  if (isAcked) acknowledge(core, qos, id)
  return 0
}

/** The server's session is not ours: what was in flight starts anew, or ends, as `onSessionLost` says. */
function loseSession(core: Core): void {
  let m: Outgoing | undefined = core.queue_.next_
  while (m !== undefined) {
    const next: Outgoing | undefined = m.next_
    if (FEATURE_QOS2 && m.id_ > 0 && m.flags_ > 3 && core.options_.onSessionLost === 'report') end(core, m, 'unknown', ErrorCode.SessionLost)
    else {
      if (FEATURE_STATS && m.id_ > 0) core.stats_.resent = core.stats_.resent + 1
      m.id_ = 0
      m.dup_ = 0
      m.epoch_ = 0
      if (FEATURE_QOS2) m.released_ = false
    }
    m = next
  }
  if (FEATURE_QOS2) core.receiveSet_ = []
}

/** CONNACK (section 3.2): the session is open, new or resumed. 3.1 does not say which: it is taken for resumed when clean is off. */
function handleConnack(core: Core, flag: number, code: number): Code {
  const isClean = core.options_.clean !== false
  const isOld = version(core) === 3
  if (flag > 1 && !isOld) return malformed(core, flag)
  const isPresent = flag === 1 && !isOld
  if (code > 5 || isPresent && (isClean || code > 0)) return broken(core, 2)
  if (code > 0) return because(core, ErrorCode.ConnectRefused, endpoint(core).host, version(core), 0, code)
  core.stats_.connects = core.stats_.connects + 1
  core.sessionPresent_ = isPresent
  core.received_ = 0
  if (core.limits_[Limit.Keepalive] === 0) because(core, ErrorCode.KeepaliveOff)
  if (isPresent || isOld && !isClean) {
    if (isPresent && !core.hadSession_) because(core, ErrorCode.SessionAmnesia)
    if (isOld || !core.hadSession_ || core.unsure_) restoreAll(core, false)
  } else {
    if (core.hadSession_ && !isClean) {
      if (FEATURE_STATS) core.stats_.sessionLost = core.stats_.sessionLost + 1
      because(core, ErrorCode.SessionLost, '', core.count_)
    }
    loseSession(core)
    restoreAll(core, true)
  }
  core.hadSession_ = !isClean
  core.unsure_ = false
  core.restoring_ = core.filters_.length > 0
  core.connectPacket_ = EMPTY
  if (FEATURE_GOVERNOR) judgeStart(core)
  enterPhase(core, Phase.Up, 0)
  return 0
}

/** PUBACK, PUBREC, PUBCOMP (sections 3.4, 3.5, 3.7): of a live message, or of none. */
function handleAck(core: Core, type: number, id: number): Code {
  let m: Outgoing | undefined = core.queue_.next_
  while (m !== undefined && m.id_ !== id) m = m.next_
  if (m === undefined) {
    for (const e of core.filters_) {
      if (e.id_ === id) return broken(core, type)
    }
    if (FEATURE_STATS) core.stats_.strayAcks = core.stats_.strayAcks + 1
    if (FEATURE_QOS2 && type === 5) append(core, ack(0x62, id))
    return 0
  }
  // Not all of it is out: the server cannot have it.
  if (FEATURE_STREAM && core.streaming_ === m) return broken(core, type)
  core.ack_ = 0
  if (FEATURE_QOS2 && type === 5 && m.flags_ > 3) {
    m.released_ = true
    if (core.options_.onSessionLost === 'report') {
      core.bytes_ = core.bytes_ - m.payload_.length
      m.payload_ = EMPTY
    }
    if (m.epoch_ !== core.epoch_) core.sentNow_ = core.sentNow_ + 1
    m.epoch_ = core.epoch_
    append(core, ack(0x62, id))
    return 0
  }
  if (type === 4 ? m.flags_ > 3 : type !== 7 || m.released_ !== true) return broken(core, type)
  end(core, m, 'delivered', 0)
  return 0
}

/** SUBACK and UNSUBACK. */
function handleSuback(core: Core, type: number, id: number, b: Bytes, i: number, to: number): Code {
  const isEnd = type === 11
  const code = isEnd || i === to ? 0 : at(b, i)
  if (code > 2 && code !== 0x80) return broken(core, type)
  const found = answer(core, id, isEnd, code)
  if (FEATURE_STATS && found === 0) core.stats_.strayAcks = core.stats_.strayAcks + 1
  return found < 0 || found > 0 && (isEnd ? 0 : 1) !== to - i ? broken(core, type) : 0
}

/** One packet: its body stands in `b` from `i` up to `to`. */
export function handlePacket(core: Core, first: number, b: Bytes, i: number, to: number): Code {
  const flags = first % 16
  const type = (first - flags) / 16
  const length = to - i
  if (FEATURE_STATS) core.stats_.packetsIn = core.stats_.packetsIn + 1
  if (type === 14) return because(core, ErrorCode.ClosedByServer)
  if (core.phase_ < Phase.Up) {
    if (type !== 2) return broken(core, type)
    return length === 2 ? handleConnack(core, at(b, i), at(b, i + 1)) : malformed(core, first)
  }
  core.heard_ = true
  if (type === 3) return handlePublish(core, flags, b, i, to)
  if (type === 13) return length === 0 ? 0 : malformed(core, first)
  if (type === 2 || type === 15) return broken(core, type)
  if (length < 2 || u16At(b, i) === 0) return malformed(core, first)
  const id = u16At(b, i)
  if (type > 7) return handleSuback(core, type, id, b, i + 2, to)
  if (length > 2) return malformed(core, first)
  if (FEATURE_QOS2 && type === 6) return handlePubrel(core, id)
  return FEATURE_QOS2 || type === 4 ? handleAck(core, type, id) : broken(core, type)
}
