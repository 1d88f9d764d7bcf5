/** What the server sends: whole packets are handled where they lie, a message that is too large is passed over. */
import { at, b4, cat, cut, EMPTY, u16At, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { because, callUser, endpoint, enterPhase, isTopic, Limit, Phase, State, type Core } from './core.js'
import { answered, forget, matches } from './filters.js'
import { acknowledged } from './publish.js'
import type { Qos } from '../types.js'

const enum Most {
  /** Bytes read in one slice. */
  Slice = 1072,
  /** Bytes of acks that may wait for the socket before reading waits too. */
  Acks = 1024,
  CodeV4 = 5
}

/** Who hears a topic, kept for the next message of the same. False when no server may send it. */
function tune(core: Core, topic: Bytes): boolean {
  if (!isTopic(topic)) return false
  core.heard_ = topic
  core.heardText_ = core.hal_.text.text(topic)
  core.hearers_ = []
  for (const f of core.filters_) {
    if (f.handler_ !== undefined && matches(f.field_, topic)) core.hearers_.push(f.handler_)
  }
  const fn = core.options_.onMessage
  if (core.hearers_.length === 0 && fn !== undefined) core.hearers_.push(fn)
  return true
}

/** CONNACK (section 3.2): the session's beginning, or why there is none. */
function greeted(core: Core, flags: number, reason: number): Code {
  const isClean = core.options_.clean !== false
  if (flags > 1 || reason > Most.CodeV4 || flags === 1 && (isClean || reason > 0)) return ErrorCode.ProtocolError
  if (reason > 0) {
    because(core, ErrorCode.ConnectRefused, endpoint(core).host, 4)
    core.cause_.reason = reason
    return ErrorCode.ConnectRefused
  }
  core.stats_.connects = core.stats_.connects + 1
  if (flags === 0 || core.unsure_) forget(core, flags === 0)
  if (flags === 0) {
    let m = core.queue_.next_
    if (core.session_) because(core, ErrorCode.SessionLost, '', core.count_)
    while (m !== undefined) {
      m.dup_ = 0
      m = m.next_
    }
  }
  core.session_ = flags === 1
  core.unsure_ = false
  core.ping_ = 0
  core.owed_ = 0
  enterPhase(core, Phase.Up, 0)
  // From now on there is one to be lost.
  core.session_ = !isClean
  return 0
}

/** Any packet but PUBLISH and CONNACK. */
function answer(core: Core, first: number, bytes: Bytes, i: number, length: number): Code {
  if (first === 208 && length === 0) return 0
  const id = length > 1 ? u16At(bytes, i) : 0
  if (first === 64 && length === 2) acknowledged(core, id)
  else if (first === 144 && length === 3) answered(core, id, State.Asked, at(bytes, i + 2))
  else if (first === 176 && length === 2) answered(core, id, State.EndAsked, 0)
  else return ErrorCode.ProtocolError
  return 0
}

/** PUBACK for a message of QoS 1, whose packet id it is. */
function acknowledge(core: Core, id: number): void {
  if (id > 0) core.tx_ = cat(core.tx_, b4(64, 2, (id - id % 256) / 256, id % 256))
}

/** Handles what is whole of `rx_`. Below 0 the link must end. */
function handle(core: Core): Code {
  const bytes = core.rx_
  const end = bytes.length
  const packetIn = core.limits_[Limit.PacketIn]!
  let from = 0
  let code = 0
  while (code === 0 && core.asked_ === 0 && from < end) {
    const first = at(bytes, from)
    let i = from + 1
    let length = 0
    let unit = 1
    let byte = 128
    while (byte > 127 && i < end && unit < 268435456) {
      byte = at(bytes, i)
      length = length + byte % 128 * unit
      unit = unit * 128
      i = i + 1
    }
    const last = i + length
    const isGreeting = core.phase_ === Phase.Connecting
    if (isGreeting && first !== 32) return because(core, ErrorCode.NotMqtt, endpoint(core).host, first)
    if (byte > 127) {
      if (unit < 268435456) break
      code = ErrorCode.ProtocolError
    } else if (isGreeting) {
      // What is too long is not waited for: it would be kept.
      if (length !== 2) code = ErrorCode.ProtocolError
      else if (last > end) break
      else code = greeted(core, at(bytes, i), at(bytes, i + 1))
    } else if (first > 47 && first < 64) {
      const qos = (first % 8 - first % 2) / 2
      const size = last - from
      // Of one that is too large only the packet id is wanted.
      if (last > end && (size <= packetIn || end - from < packetIn)) break
      const topicEnd = length > 1 ? i + 2 + u16At(bytes, i) : last + 1
      const start = topicEnd + 2 * qos
      const id = qos > 0 && start <= end ? u16At(bytes, topicEnd) : 0
      if (start > last || start > end || qos > 1 || id < qos) code = ErrorCode.ProtocolError
      else {
        const topic = cut(bytes, i + 2, topicEnd)
        if (size > packetIn) {
          core.stats_.oversize = core.stats_.oversize + 1
          because(core, ErrorCode.InboundTooLarge, '', size, packetIn)
        } else if (topic !== core.heard_ && !tune(core, topic)) code = ErrorCode.ProtocolError
        else {
          const info = core.info_
          info.qos = qos as Qos
          info.retain = first % 2 > 0
          info.dup = first > 55
          info.packetId = id
          core.stats_.received = core.stats_.received + 1
          const payload = cut(bytes, start, last)
          for (const fn of core.hearers_) callUser(core, fn, core.heardText_, payload, info)
        }
        if (last <= end) acknowledge(core, id)
        else {
          core.skip_ = last - end
          core.skipId_ = id
        }
      }
    } else if (length > 3) code = ErrorCode.ProtocolError
    else if (last > end) break
    else code = answer(core, first, bytes, i, length)
    if (code === ErrorCode.ProtocolError) because(core, code, '', (first - first % 16) / 16)
    from = last
  }
  core.rx_ = from < end ? cut(bytes, from, end) : EMPTY
  return code
}

/** Reads and handles what has come, some at a time. Below 0 the link must end. */
export function receive(core: Core): Code {
  let most: number = Most.Slice
  while (core.tx_.length - core.rest_ < Most.Acks) {
    const bytes = core.socket_!.read(most)
    const n = bytes.length
    if (n === 0) return 0
    most = most - n
    if (core.pinging_ === 2) core.pinging_ = 0
    if (core.skip_ > n) core.skip_ = core.skip_ - n
    else {
      core.rx_ = cat(core.rx_, core.skip_ > 0 ? cut(bytes, core.skip_, n) : bytes)
      if (core.skip_ > 0) acknowledge(core, core.skipId_)
      core.skip_ = 0
      const code = handle(core)
      if (code < 0) return code
    }
    if (most === 0 || core.asked_ < 0) {
      core.more_ = true
      return 0
    }
  }
  return 0
}
