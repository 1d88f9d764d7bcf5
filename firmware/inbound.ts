/**
 * What arrives while the link is up: messages to the application, whole or in pieces, and their acks (MQTT 5.0 sections
 * 3.3, 3.6 and 4.3). Acks of what we sent are in acks.ts.
 *
 * Functions return 0, or the code with which the link must be closed; the cause is recorded.
 */
import { EMPTY, cut, keep, u16At, type Bytes, type Code } from './bytes.js'
import { handleAck, handleSuback } from './acks.js'
import { ErrorCode, Reason } from './codes.js'
import { PacketType } from './codec/packets.js'
import { writeAck } from './codec/write.js'
import { because, broken, callUser, textOfTopic, type Core } from './core.js'
import { isFull, put, take } from './inbox.js'
import { type Journal, mustRecord } from './journal.js'
import { notePong } from './learn-link.js'
import { markInbox } from './marks.js'
import { send } from './outbound.js'
import { Want } from './subscriptions.js'
import { matches } from './topic.js'
import { readStreamHead, type Packet } from './codec/read.js'
import type { Scanner } from './codec/scan.js'
import type { Properties, Qos } from './types.js'

/** The receive set of QoS 2, and the announced Receive Maximum. */
const enum ReceiveSet { Most = 64 }

/** How many QoS 1 and 2 messages the server may have unanswered; what CONNECT announces under 5.0. */
export function receiveMaximum(core: Core): number {
  const p = core.options_.properties
  if (p === undefined || p.receiveMaximum === undefined || p.receiveMaximum > ReceiveSet.Most) return ReceiveSet.Most
  return p.receiveMaximum
}

function isInReceiveSet(core: Core, id: number): boolean {
  for (const x of core.receiveSet_) {
    if (x === id) return true
  }
  return false
}

function addToReceiveSet(core: Core, id: number): void {
  core.receiveSet_.push(id)
  if (FEATURE_JOURNAL) mustRecord(core)
  if (FEATURE_STATS && core.receiveSet_.length > core.stats_.receiveSetMost) core.stats_.receiveSetMost = core.receiveSet_.length
}

function removeFromReceiveSet(core: Core, id: number): boolean {
  const rest: number[] = []
  for (const x of core.receiveSet_) {
    if (x !== id) rest.push(x)
  }
  const found = rest.length < core.receiveSet_.length
  core.receiveSet_ = rest
  return found
}

/** Whether a subscription identifier is among those that came with the message. */
function hasId(p: Properties | undefined, id: number): boolean {
  if (p === undefined) return false
  if (p.subscriptionIdentifiers === undefined) return p.subscriptionIdentifier === id
  for (const x of p.subscriptionIdentifiers) {
    if (x === id) return true
  }
  return false
}

/** Hands a message to the handlers it is for; to `onMessage` when no handler is. */
export function deliver(core: Core, topic: Bytes, payload: Bytes): void {
  const info = core.info_
  const text = textOfTopic(core, topic)
  const byId = FEATURE_V5 && info.properties !== undefined && info.properties.subscriptionIdentifier !== undefined
  let handled = false
  core.delivering_ = true
  // A handler that subscribes does not bring this message to the new one.
  const entries = core.registry_.entries_
  const count = entries.length
  for (let i = 0; i < count; i = i + 1) {
    const e = entries[i]
    if (e.handler_ === undefined || e.want_ === Want.Unsubscribe || e.want_ === Want.Unsuback) continue
    if (byId ? hasId(info.properties, e.subscriptionId_) : matches(e.bytes_, topic)) {
      handled = true
      callUser(core, e.handler_, text, payload, info)
    }
  }
  const fn = core.options_.onMessage
  if (!handled && fn !== undefined) callUser(core, fn, text, payload, info)
  core.delivering_ = false
}

/** PUBACK or PUBREC; withheld while a push-back cache is more than half full, and behind those withheld. */
function acknowledge(core: Core, qos: number, id: number): void {
  const packet = writeAck(qos === 1 ? 0x40 : 0x50, id, 0, EMPTY)
  if (FEATURE_CACHE && core.options_.cache === 'push-back' &&
    (core.inbox_.withheld_.length > 0 || core.inbox_.count_ * 2 > core.settings_.inboxCount_ || core.inbox_.bytes_ * 2 > core.settings_.inboxBytes_)) core.inbox_.withheld_.push(packet)
  else send(core, packet)
}

/** Acks go out again once the cache is half empty, all of them, in order. */
export function releaseAcks(core: Core): void {
  const inbox = core.inbox_
  if (inbox.withheld_.length === 0 || inbox.count_ * 2 > core.settings_.inboxCount_ || inbox.bytes_ * 2 > core.settings_.inboxBytes_) return
  for (const packet of inbox.withheld_) send(core, packet)
  inbox.withheld_ = []
}

/** Bytes of the property section of the PUBLISH that was read last, its length included. */
function propertyBytes(s: Scanner, p: Packet): number {
  return s.to_ - s.from_ - 2 - u16At(s.buffer_, s.from_) - (p.qos_ > 0 ? 2 : 0) - p.payload_.length
}

/** The server sends it again, and we do not know of it: it may have been handed over before the power was cut. */
function isPerhapsRepeated(j: Journal, p: Packet): boolean {
  return j.fresh_ && p.dup_ && p.qos_ === 2
}

/** Into the cache, making room as its policy says. */
function cache(core: Core, p: Packet): void {
  const inbox = core.inbox_
  const s = core.settings_
  let bytes = p.topic_.length + p.payload_.length
  // As they came over the wire: what is left of the packet beside topic, packet id and payload.
  if (FEATURE_V5 && p.properties_ !== undefined) bytes = bytes + propertyBytes(core.scanner_, p)
  while (inbox.count_ > 0 && isFull(inbox, bytes, s.inboxCount_, s.inboxBytes_) && core.options_.cache !== 'push-back') {
    take(inbox)
    core.stats_.inboxDropped = core.stats_.inboxDropped + 1
  }
  // Under push-back reading stopped in time.
  if (isFull(inbox, bytes, s.inboxCount_, s.inboxBytes_) && core.options_.cache !== 'push-back') {
    core.stats_.inboxDropped = core.stats_.inboxDropped + 1
    because(core, ErrorCode.InboxFull, '', inbox.count_, s.inboxCount_)
    return
  }
  put(inbox, p.topic_, p.payload_, p.qos_ as Qos, p.retain_, p.dup_, p.packetId_, p.properties_, bytes)
  if (FEATURE_JOURNAL && core.journal_ !== undefined) inbox.tail_!.repeated_ = isPerhapsRepeated(core.journal_, p)
  if (FEATURE_STATS) markInbox(core)
}

/**
 * QoS 2, first half: whether the message is new. 1 new and there is room for its id, 0 a repeat, below 0 close; 2 the set
 * is full under v3: neither delivered nor answered.
 */
function judgeReceiveSet(core: Core, id: number): Code {
  if (isInReceiveSet(core, id)) {
    core.stats_.repeats = core.stats_.repeats + 1
    return 0
  }
  const most = receiveMaximum(core)
  if (core.receiveSet_.length >= most) {
    because(core, ErrorCode.ReceiveSetFull, '', core.receiveSet_.length, most, Reason.ReceiveMaximumExceeded)
    if (core.settings_.version_ === 5) return ErrorCode.ReceiveSetFull
    if (core.overflow_ < 0) core.overflow_ = 0
    return 2
  }
  return 1
}

/** A topic alias of the server's: the topic it stands for, or EMPTY when it is none of ours to know. */
function resolveAlias(core: Core, p: Packet): Bytes {
  const alias = p.properties_ === undefined || p.properties_.topicAlias === undefined ? 0 : p.properties_.topicAlias
  if (alias === 0) return p.topic_
  const most = core.options_.properties === undefined || core.options_.properties.topicAliasMaximum === undefined ? 0 : core.options_.properties.topicAliasMaximum
  if (alias > most) return EMPTY
  while (core.aliasesIn_.length < alias) core.aliasesIn_.push(EMPTY)
  if (p.topic_.length > 0) core.aliasesIn_[alias - 1] = keep(p.topic_)
  return core.aliasesIn_[alias - 1]
}

function describe(core: Core, p: Packet): void {
  const info = core.info_
  info.qos = p.qos_ as Qos
  info.retain = p.retain_
  info.dup = p.dup_
  info.packetId = p.packetId_
  info.properties = p.properties_
  if (FEATURE_JOURNAL && core.journal_ !== undefined) info.repeated = isPerhapsRepeated(core.journal_, p)
}

/** PUBLISH (section 3.3). */
function handlePublish(core: Core, p: Packet): Code {
  if (FEATURE_V5 && core.settings_.version_ === 5) {
    p.topic_ = resolveAlias(core, p)
    if (p.topic_.length === 0) return broken(core, Reason.TopicAliasInvalid, 'topicAlias')
  }
  let isNew = 1
  if (p.qos_ === 2) {
    if (!FEATURE_QOS2) return broken(core, Reason.QosNotSupported, 'QoS 2')
    isNew = judgeReceiveSet(core, p.packetId_)
    if (isNew < 0) return isNew
    if (isNew === 2) return 0
    if (isNew === 1) addToReceiveSet(core, p.packetId_)
  }
  if (isNew === 1) {
    core.stats_.received = core.stats_.received + 1
    if (FEATURE_CACHE && core.options_.cache !== undefined && core.options_.cache !== 'direct') cache(core, p)
    else {
      describe(core, p)
      // The callback may make us read on (never: it is refused), so id and QoS are taken before.
      const qos = p.qos_
      const id = p.packetId_
      deliver(core, p.topic_, p.payload_)
      // What the callback published was written down without this id.
      if (FEATURE_JOURNAL && qos === 2) mustRecord(core)
      if (qos > 0) acknowledge(core, qos, id)
      return 0
    }
  }
  if (p.qos_ > 0) acknowledge(core, p.qos_, p.packetId_)
  return 0
}

/** PUBREL (section 3.6): the id leaves the receive set and is answered in any case. */
function handlePubrel(core: Core, p: Packet): Code {
  const known = removeFromReceiveSet(core, p.packetId_)
  if (FEATURE_JOURNAL && known) mustRecord(core)
  send(core, writeAck(0x70, p.packetId_, known || core.settings_.version_ < 5 ? 0 : Reason.PacketIdNotFound, EMPTY))
  return 0
}

/** A packet after CONNACK, read into `core.packet_`. */
export function handlePacket(core: Core): Code {
  const p = core.packet_
  const type = p.type_
  core.heard_ = true
  if (type === PacketType.Publish) return handlePublish(core, p)
  if (type === PacketType.Puback || type === PacketType.Pubrec || type === PacketType.Pubcomp) return handleAck(core, p)
  if (type === PacketType.Pubrel) return FEATURE_QOS2 ? handlePubrel(core, p) : broken(core, Reason.ProtocolError, 'QoS 2')
  if (type === PacketType.Suback || type === PacketType.Unsuback) return handleSuback(core, p)
  if (type === PacketType.Pingresp) {
    if (FEATURE_LEARN) notePong(core)
    return 0
  }
  if (type === PacketType.Disconnect) {
    if (core.settings_.version_ < 5) return because(core, ErrorCode.ClosedByServer)
    return because(core, ErrorCode.ServerDisconnected, p.properties_ === undefined || p.properties_.reasonString === undefined ? '' : p.properties_.reasonString, 0, 0, p.reason_)
  }
  // A second CONNACK, or AUTH without an exchange.
  return broken(core, Reason.ProtocolError, type === PacketType.Connack ? 'CONNACK' : 'AUTH')
}

/** Calls `onStream` with a piece, inside the port's guard. */
function offer(this: void, core: Core, chunk: Bytes, s: Scanner): Code {
  const fn = core.options_.onStream
  if (fn === undefined) return 0
  return fn(core.streamTopic_, chunk, s.offset_, s.total_, core.info_)
}

/** Whether what began is to be offered: not too large, not a repeat. 1 offer, 0 skip, below 0 close. */
function judgeStream(core: Core, p: Packet, s: Scanner): Code {
  const set = core.settings_
  const fn = core.options_.onStream
  const most = fn === undefined || set.streamMax_ < set.packetIn_ ? set.packetIn_ : set.streamMax_
  if (FEATURE_V5 && set.version_ === 5) {
    // Larger than what we announced (section 3.1.2.11.4).
    if (s.size_ > most) return because(core, ErrorCode.InboundTooLarge, '', s.size_, most, Reason.PacketTooLarge)
    p.topic_ = resolveAlias(core, p)
    if (p.topic_.length === 0 && !s.headSkipped_) return broken(core, Reason.TopicAliasInvalid, 'topicAlias')
  }
  let answer = 1
  if (s.skip_ || fn === undefined || p.topic_.length === 0) {
    core.stats_.oversize = core.stats_.oversize + 1
    because(core, ErrorCode.InboundTooLarge, p.topic_.length > 0 ? textOfTopic(core, p.topic_) : '', s.size_, most)
    answer = 0
  }
  if (p.qos_ === 2) {
    if (!FEATURE_QOS2) return broken(core, Reason.QosNotSupported, 'QoS 2')
    const isNew = judgeReceiveSet(core, p.packetId_)
    if (isNew < 0) return isNew
    // Neither a repeat nor what overflows the set is offered; the latter is not answered either.
    if (isNew === 2) p.packetId_ = 0
    if (isNew !== 1) answer = 0
  }
  return answer
}

/** A PUBLISH above the read limit begins: offered in pieces, or skipped; acknowledged at its end in any case. */
export function startStream(core: Core, s: Scanner): Code {
  const p = core.packet_
  const reason = readStreamHead(p, s, core.hal_.text)
  if (reason > 0) return broken(core, reason, 'PUBLISH')
  const answer = judgeStream(core, p, s)
  if (answer < 0) return answer
  core.streamQos_ = p.qos_
  core.streamId_ = p.packetId_
  s.skip_ = answer === 0
  if (answer === 1) {
    core.streamTopic_ = textOfTopic(core, p.topic_)
    describe(core, p)
    core.stats_.received = core.stats_.received + 1
  }
  return 0
}

/** A piece of its payload. A callback that answers below 0 wants no more of it. */
export function streamPiece(core: Core, s: Scanner): void {
  if (!s.skip_ && callUser(core, offer, core, cut(s.buffer_, s.from_, s.to_), s) < 0) s.skip_ = true
}

/** Its end: acknowledged, whether it was offered or not. Only now is it received: one that breaks off may come again. */
export function endStream(core: Core): void {
  core.heard_ = true
  if (FEATURE_QOS2 && core.streamQos_ === 2 && core.streamId_ > 0 && !isInReceiveSet(core, core.streamId_)) addToReceiveSet(core, core.streamId_)
  if (core.streamQos_ > 0 && core.streamId_ > 0) acknowledge(core, core.streamQos_, core.streamId_)
}
