/**
 * What a module received: cut into messages by the engine's counts, bounded here. A message is delivered to the core as one of QoS 0: the module has
 * acknowledged it already, so nothing that we do or leave undone would have it sent again. Where a server sends a message of QoS 1 twice, the core
 * sees it twice, as QoS 1 allows; one that is lost between module and core is lost, and counted in `stats`.
 */
import { cat, cut, EMPTY, type Bytes } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { Trouble } from './ladder.js'
import { lookUp, NativeEvent } from './native-family.js'
import { publishPacket } from './native-packets.js'
import { At, Op, type Native } from './native-state.js'

const enum Most {
  /** Bytes received and unread, where the options do not say: one message of 4100 and its topic. */
  Receive = 4608,
  /** Bytes that a PUBLISH has besides topic and payload. */
  Head = 7,
  /** ms of silence within a message: bytes of it were lost on the line, and what follows must not be taken for them. */
  SilenceMs = 1000,
  Never = 1073741824
}

/** Gives the core `packet`. */
export function emit(this: void, native: Native, packet: Bytes): void {
  const session = native.session_
  if (session === undefined || session.isLeaving_) return
  session.out_ = cat(session.out_, packet)
  native.modem_.isChanged_ = true
}

/** The connection is over: `code` says why, when all that came is read. */
export function endSession(this: void, native: Native, code: number): void {
  const session = native.session_
  if (session === undefined || session.at_ === At.Over) return
  session.at_ = At.Over
  session.code_ = code
  session.in_ = EMPTY
  native.modem_.isChanged_ = true
}

/** What was half there of a message is lost. */
export function forgetMessage(this: void, native: Native): void {
  if ((native.need_ > 0 || native.isInParts_) && !native.isDropped_) native.stats_.dropped = native.stats_.dropped + 1
  native.need_ = 0
  native.isInParts_ = false
  native.isDropped_ = false
  native.reserved_ = 0
  native.inTopic_ = EMPTY
  native.inPayload_ = EMPTY
}

/** A message of so many bytes begins: there is room for it, or it is dropped whole. */
function beginMessage(native: Native, topic: number, payload: number): void {
  const session = native.session_
  const most = native.options_.receiveMax === undefined ? Most.Receive : native.options_.receiveMax
  const size = topic + payload + Most.Head
  forgetMessage(native)
  const isFor = session !== undefined && session.at_ === At.Up && !session.isLeaving_
  native.isDropped_ = !isFor || size > most - session.out_.length
  if (size > most) native.stats_.tooLarge = native.stats_.tooLarge + 1
  else if (native.isDropped_) native.stats_.dropped = native.stats_.dropped + 1
  else native.reserved_ = size
}

function deliver(native: Native): void {
  const topic = native.inTopic_
  const payload = native.inPayload_
  if (native.reserved_ === 0 && !native.isDropped_) return
  const isWhole = topic.length + payload.length + Most.Head === native.reserved_
  if (!native.isDropped_ && isWhole) emit(native, publishPacket(topic, payload))
  else if (!native.isDropped_) native.stats_.dropped = native.stats_.dropped + 1
  native.isInParts_ = false
  native.isDropped_ = true
  forgetMessage(native)
}

/** `need` counted bytes follow. */
function expect(native: Native, need: number, isTopic: boolean): number {
  native.need_ = need
  native.rawStamp_ = native.modem_.timer_.ticks()
  native.isTopic_ = isTopic
  native.modem_.isPlugRaw_ = true
  return need
}

/** Slot `n` has a message. A second notice without a fetch in between: one was written over. */
function notice(native: Native, n: number): void {
  const slots = native.slots_
  if (n < 0 || n >= native.can_.rxSlots) return
  while (slots.length <= n) slots.push(0)
  if (slots[n] === 1) native.stats_.overruns = native.stats_.overruns + 1
  slots[n] = 1
}

/** A line with an event of ours. Gives the counted bytes that follow it. */
export function takeNativeLine(this: void, native: Native, event: number): number {
  const found = native.modem_.found_
  if (event === NativeEvent.Message) {
    beginMessage(native, found.t.length, found.l)
    if (!native.isDropped_) native.inTopic_ = found.t
    if (found.l === 0) deliver(native)
    return expect(native, found.l, false)
  }
  if (event === NativeEvent.Notice) notice(native, found.n)
  else if (event === NativeEvent.Begin) {
    beginMessage(native, found.l, found.r)
    native.isInParts_ = true
  } else if (event === NativeEvent.TopicPart || event === NativeEvent.PayloadPart) return expect(native, found.l, event === NativeEvent.TopicPart)
  else if (event === NativeEvent.End) deliver(native)
  else if (native.op_ === Op.Connect) native.isCutOff_ = true
  else if (native.session_ !== undefined && native.session_.at_ !== At.Waiting) {
    if (native.session_.at_ === At.Up && native.op_ !== Op.Leave) native.modem_.check_ = Trouble.LinkClosed
    endSession(native, event === NativeEvent.EndedWhy ? lookUp(native.family_.ended, found.e, LinkCode.Closed) : LinkCode.Closed)
  }
  return 0
}

/** Some of the counted bytes. */
export function takeNativeRaw(this: void, native: Native, bytes: Bytes): void {
  native.need_ = native.need_ - bytes.length
  native.rawStamp_ = native.modem_.timer_.ticks()
  // Not more than was announced, and nothing that was not.
  if (native.inTopic_.length + native.inPayload_.length + bytes.length + Most.Head <= native.reserved_) {
    if (native.isTopic_) native.inTopic_ = cat(native.inTopic_, bytes)
    else native.inPayload_ = cat(native.inPayload_, bytes)
  }
  if (native.need_ <= 0 && !native.isInParts_) deliver(native)
}

/** ms until a message that does not go on is given up; `isQuiet`: nothing came. */
export function dueOf(this: void, native: Native, isQuiet: boolean): number {
  const modem = native.modem_
  if (native.need_ <= 0) return Most.Never
  const left = Most.SilenceMs - modem.timer_.since(native.rawStamp_)
  if (left > 0 || !isQuiet) return left > 0 ? left : 0
  forgetMessage(native)
  modem.raw_ = 0
  return Most.Never
}

/** At most `max` bytes of what the core has not read. */
export function takeOut(this: void, native: Native, max: number): Bytes {
  const session = native.session_!
  const some = cut(session.out_, 0, max)
  session.out_ = cut(session.out_, some.length, session.out_.length)
  return some
}
