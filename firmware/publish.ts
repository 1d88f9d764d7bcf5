/**
 * What the user publishes, checked before anything is sent or changed: what is wrong is a code, with its numbers in the
 * cause. (MQTT 5.0 section 3.3)
 */
import { EMPTY, b1, cut, keep, type Bytes, type Code } from './bytes.js'
import { accept, admit, roomFor } from './admission.js'
import { ErrorCode } from './codes.js'
import { PacketType } from './codec/packets.js'
import { checkProperties, writeProperties } from './codec/properties.js'
import { varintSize } from './codec/varint.js'
import { field, writePublish } from './codec/write.js'
import { because, mayUse, nextToken, Phase, type Core } from './core.js'
import { defaults } from './defaults.js'
import { noteSending } from './learn-link.js'
import { refusesPublish } from './offload.js'
import { end, newOutgoing, pushBack, type Outgoing } from './outbox.js'
import { noteBlocked, noteOut, noteTaken } from './recorder.js'
import { textField } from './settings.js'
import { checkTopic } from './topic.js'
import { appendRest, Part } from './transmit.js'
import type { Properties, PublishExtra } from './types.js'

/** Under 5.0: no properties. */
const NO_PROPERTIES = b1(0)

const enum Most { Deadline = 1073741824, Stream = 268435455 }

/** The wire form of a topic, length first; EMPTY when it is not one, with the cause. The last few are remembered. */
function fieldOfTopic(core: Core, topic: string): Bytes {
  const texts = core.topicTexts_
  for (let i = 0; i < texts.length; i = i + 1) {
    if (texts[i] === topic && topic !== '') return core.topicFields_[i]
  }
  const bytes = textField(core.hal_.text, topic, core.cause_, ErrorCode.BadTopic, 'topic')
  if (bytes === undefined) return EMPTY
  if (checkTopic(bytes) < 0) {
    because(core, ErrorCode.BadTopic, topic, bytes.length, 65535)
    return EMPTY
  }
  const made = field(bytes)
  // One that cannot be sent is not remembered.
  if (made.length >= core.settings_.packetOut_) return made
  core.topicTurn_ = (core.topicTurn_ + 1) % texts.length
  texts[core.topicTurn_] = topic
  core.topicFields_[core.topicTurn_] = made
  return made
}

/** Properties for the wire, without the section's length; EMPTY is none. Below 0 in `core.cause_.code` when wrong. */
function bodyOf(core: Core, p: Properties, type: number): Bytes {
  const section = writeProperties(p, type, core.hal_.text)
  // The length field takes one byte for up to 127 bytes that follow, and so on.
  let size = 1
  while (size < 4 && varintSize(section.length - size) !== size) size = size + 1
  return keep(cut(section, size, section.length))
}

/** Takes what a publish brings beyond topic and payload into the message. 0, or what is wrong. */
function applyExtra(core: Core, m: Outgoing, extra: PublishExtra): Code {
  if (extra.deadline !== undefined || extra.priority !== undefined || extra.keepLatest !== undefined) {
    if (!FEATURE_POLICIES) return because(core, ErrorCode.FeatureMissing, 'extra')
    const d = extra.deadline
    if (d !== undefined) {
      if (!(d >= 1 && d <= Most.Deadline)) return because(core, ErrorCode.BadTime, 'deadline', d, Most.Deadline)
      const millis = core.clock_.millis_ + core.hal_.timer.since(core.clock_.stamp_) + (d - d % 1)
      m.expiryMillis_ = millis % 1000
      m.expirySeconds_ = core.clock_.seconds_ + (millis - m.expiryMillis_) / 1000
    }
    const priority = extra.priority
    if (priority !== undefined) {
      if (!(priority >= -128 && priority <= 127)) return because(core, ErrorCode.BadOption, 'priority', priority, 127)
      m.priority_ = priority
    }
  }
  const p = extra.properties
  if (p === undefined) return 0
  if (!FEATURE_V5 || core.settings_.version_ !== 5) return because(core, ErrorCode.V5Only, 'properties', core.settings_.version_, 5)
  const code = checkProperties(p, PacketType.Publish, core.hal_.text)
  if (code < 0) return because(core, code, 'properties')
  if (p.topicAlias !== undefined) return because(core, ErrorCode.BadProperty, 'topicAlias', p.topicAlias)
  if (p.subscriptionIdentifier !== undefined) return because(core, ErrorCode.BadProperty, 'subscriptionIdentifier', p.subscriptionIdentifier)
  if (p.messageExpiryInterval !== undefined) {
    m.messageExpiry_ = p.messageExpiryInterval
    const millis = core.clock_.millis_ + core.hal_.timer.since(core.clock_.stamp_)
    m.bornSeconds_ = core.clock_.seconds_ + (millis - millis % 1000) / 1000
  }
  m.properties_ = bodyOf(core, {
    payloadFormatIndicator: p.payloadFormatIndicator, contentType: p.contentType, responseTopic: p.responseTopic,
    correlationData: p.correlationData, userProperties: p.userProperties
  }, PacketType.Publish)
  return 0
}

/** Whether the socket may get a QoS 0 message at once: nothing before it, nothing to wait for. */
function isWayFree(core: Core): boolean {
  return core.phase_ === Phase.Up && core.busy_ === 0 && core.tx_.bytes_ === 0 && core.outbox_.queue_.head_ === undefined &&
    !core.restoring_ && !core.resending_ && !core.alone_ && core.streaming_ === undefined && !core.registry_.dirty_
}

/** A message of which the socket took less than its credit promised: the rest leaves as that of a queued one would. */
function leaveLater(core: Core, topic: Bytes, payload: Bytes, flags: number, packet: Bytes, taken: number): Code {
  const m = newOutgoing(0, topic, keep(payload), flags)
  m.epoch_ = core.epoch_
  m.from_ = core.tx_.appended_
  appendRest(core.tx_, packet, taken)
  m.end_ = core.tx_.appended_
  pushBack(core.outbox_.leaving_, m)
  return admit(core, m)
}

/** The fast path: encoded and written inside `publish`. Its token, 0 when it must be queued after all. */
function publishNow(core: Core, topic: Bytes, payload: Bytes, flags: number): Code {
  const socket = core.socket_
  const box = core.outbox_
  if (socket === undefined || box.owed_ >= core.settings_.outboxCount_) return 0
  // The socket may take a part of it, and then it counts.
  if (box.count_ > 0 && roomFor(core, topic.length + payload.length) < 0) return 0
  const properties = core.settings_.version_ === 5 ? NO_PROPERTIES : EMPTY
  const packet = writePublish(flags, topic, 0, properties, payload, core.server_.packetMax_)
  if (packet.length === 0 || packet.length > socket.credit()) {
    if (FEATURE_RECORDER && core.recorder_ !== undefined && packet.length > 0) noteBlocked(core)
    return 0
  }
  if (FEATURE_LEARN) noteSending(core, socket, core.hal_.timer.since(core.clock_.stamp_))
  const taken = socket.write(packet)
  if (taken <= 0) return 0
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteOut(core, packet)
  core.keepalive_.sinceSent_ = core.hal_.timer.since(core.clock_.stamp_) * -1
  const stats = core.stats_
  stats.packetsOut = stats.packetsOut + 1
  stats.bytesOut = (stats.bytesOut + taken) % 1073741824
  if (taken < packet.length) {
    const token = leaveLater(core, topic, payload, flags, packet, taken)
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteTaken(core, taken)
    return token
  }
  if (!box.wanted_) {
    stats.accepted = stats.accepted + 1
    stats.sent = stats.sent + 1
    return nextToken(core)
  }
  const m = newOutgoing(0, EMPTY, EMPTY, flags)
  const token = admit(core, m)
  end(box, m, 'sent', 0)
  // The receipt is told in a slice.
  core.more_ = true
  return token
}

/** What this server or this profile does not take; 0 when it does. */
function refusedPublish(core: Core, qos: number, retain: boolean): Code {
  if (qos !== 0 && qos !== 1 && qos !== 2) return because(core, ErrorCode.BadQos, 'qos', qos, 2)
  if (qos > defaults.maxQos) return because(core, ErrorCode.QosUnsupported, 'profile', qos, defaults.maxQos)
  if (core.phase_ < Phase.Up) return 0
  if (qos > core.server_.maxQos_) return because(core, ErrorCode.QosUnsupported, 'server', qos, core.server_.maxQos_)
  if (retain && !core.server_.retain_) return because(core, ErrorCode.RetainUnavailable, 'server')
  return 0
}

/** The packet's size, as far as it does not depend on the connection, against the limits. 0, or PacketTooLarge, ServerPacketLimit. */
function checkSize(core: Core, m: Outgoing, qos: number): Code {
  const s = core.settings_
  let body = m.field_.length + (m.total_ > 0 ? 0 : m.payload_.length) + (qos > 0 ? 2 : 0)
  if (s.version_ === 5) body = body + m.properties_.length + varintSize(m.properties_.length) + (m.messageExpiry_ === -2 ? 0 : 5)
  const bytes = 1 + varintSize(body) + body
  if (bytes > s.packetOut_) return because(core, ErrorCode.PacketTooLarge, 'limits.packetOut', bytes, s.packetOut_)
  const all = m.total_ > 0 ? bytes + m.total_ + 3 : bytes
  if (core.phase_ >= Phase.Up && all > core.server_.packetMax_) return because(core, ErrorCode.ServerPacketLimit, 'server', all, core.server_.packetMax_)
  return 0
}

/** See `Client.publish`. */
export function publish(core: Core, topic: string, payload: Bytes, qos: number | undefined, retain: boolean | undefined, extra: PublishExtra | undefined): Code {
  let code = mayUse(core)
  if (FEATURE_OFFLOAD && code === 0) code = refusesPublish(core.hal_, core.cause_, topic, payload, -1, qos, retain)
  if (code < 0) return code
  const q = qos === undefined ? 0 : qos
  const refused = refusedPublish(core, q, retain === true)
  if (refused < 0) return refused
  if (typeof payload !== 'string') return because(core, ErrorCode.BadPayload, 'payload')
  const topicField = fieldOfTopic(core, topic)
  if (topicField.length === 0) return core.cause_.code
  const flags = retain === true ? q * 2 + 1 : q * 2
  if (q === 0 && extra === undefined && payload.length < Part.Large && topicField.length + payload.length <= core.settings_.direct_ && isWayFree(core) && core.options_.topicAliasOut === undefined) {
    const token = publishNow(core, topicField, payload, flags)
    if (token > 0) return token
  }
  if (extra === undefined && (core.options_.whenFull === undefined || core.options_.whenFull === 'refuse')) {
    // Refused before anything is copied: a program that publishes in a tight loop meets this most.
    const full = roomFor(core, topicField.length + payload.length)
    if (full < 0 && topicField.length + payload.length <= core.settings_.direct_) return full
  }
  const m = newOutgoing(0, topicField, core.delivering_ ? keep(payload) : payload, flags)
  if (extra !== undefined) {
    const wrong = applyExtra(core, m, extra)
    if (wrong < 0) return wrong
  }
  const large = checkSize(core, m, q)
  if (large < 0) return large
  return accept(core, m, extra !== undefined && extra.keepLatest === true)
}

/** See `Client.publishStream`. */
export function publishStream(core: Core, topic: string, total: number, read: (this: void, offset: number, max: number) => Bytes, qos: number | undefined): Code {
  if (!FEATURE_STREAM) return because(core, ErrorCode.FeatureMissing, 'publishStream')
  let code = mayUse(core)
  if (FEATURE_OFFLOAD && code === 0) code = refusesPublish(core.hal_, core.cause_, topic, EMPTY, total, qos, false)
  if (code < 0) return code
  const q = qos === undefined ? 0 : qos
  const refused = refusedPublish(core, q, false)
  if (refused < 0) return refused
  if (typeof total !== 'number' || !(total >= 0 && total <= Most.Stream) || total % 1 !== 0) return because(core, ErrorCode.MessageTooLarge, 'total', typeof total === 'number' ? total : 0, Most.Stream)
  const topicField = fieldOfTopic(core, topic)
  if (topicField.length === 0) return core.cause_.code
  const m = newOutgoing(0, topicField, EMPTY, q * 2)
  if (total > 0) {
    m.total_ = total
    m.read_ = read
  }
  const large = checkSize(core, m, q)
  if (large < 0) return large
  return accept(core, m, false)
}
