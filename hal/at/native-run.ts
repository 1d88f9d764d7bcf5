/**
 * What a module does for a connection, one thing after the other: the packets that the core wrote, as commands; their ends, as the packets that a
 * server would have answered. A thing's commands follow each other at once, and so do the open of TCP and MQTT's CONNECT: no other command may come
 * between `CONNECT OK` and MCONNECT.
 */
import { at, b1, cat, cut, EMPTY, find, u16At, type Bytes, type Code } from '../../firmware/bytes.js'
import { LinkCode } from '../hal.js'
import { start } from './command.js'
import { Trouble } from './ladder.js'
import { lookUp } from './native-family.js'
import { ack, bodyAt, connack, fieldAt, Packet, packetLength, pingresp, readConnect, suback } from './native-packets.js'
import { emit, endSession } from './native-receive.js'
import { At, Op, type Native, type Session } from './native-state.js'
import { holds } from './parameter.js'
import { Job } from './state.js'

const enum Char { Condition = 123 }

const enum Most {
  /** ms that a connection which the core closed may take for what it had taken. */
  LingerMs = 10000,
  /** Bytes that the core has not read: with more, no messages are fetched. */
  Acks = 64,
  /** ms that an answer from the network may take. */
  AnswerMs = 15000
}

const enum Suback { Refused = 128 }

/** Begins the next command of the thing under way. False: there is none. */
export function nextCommand(this: void, native: Native): boolean {
  const script = native.script_
  const modem = native.modem_
  while (native.at_ < script.length) {
    const newline = find(script, '\n' as Bytes, native.at_)
    const end = newline < 0 ? script.length : newline
    let line = cut(script, native.at_, end)
    native.at_ = end + 1
    while (line.length > 0 && at(line, 0) === Char.Condition) line = holds(modem, at(line, 1)) ? cut(line, 3, line.length) : EMPTY
    if (line.length > 0) {
      start(modem, Job.Plug, line)
      // What ends a prompt that was not seen.
      modem.asked_ = modem.data_.length
      return true
    }
  }
  return false
}

/** The bytes of the packet under way are done with. */
function consume(native: Native, session: Session): void {
  session.in_ = cut(session.in_, native.length_, session.in_.length)
  native.length_ = 0
  native.modem_.isChanged_ = true
}

/** A link that could not be made. What failed at once was answered, so the network is there; else the bearer is looked at before the next one. */
function failedLink(native: Native, code: Code): void {
  const modem = native.modem_
  if (modem.timer_.since(modem.stamp_) >= Most.AnswerMs) modem.check_ = code === LinkCode.DnsFailed ? Trouble.DnsFailed : Trouble.LinkFailed
  endSession(native, code)
}

/**
 * MQTT's CONNECT failed. A code that the module tells is the server's answer, and goes to the core as CONNACK. Where the module only says that it
 * failed, a CONNACK would be invented: TCP stood, so the server, or what is in its place, ended it. That is `Closed`, which the core calls
 * ClosedByServer, and its advice (credentials, client id, another port) fits. Silence is a time-out.
 */
function failedConnect(native: Native, session: Session, code: Code, isSilent: boolean): void {
  const e = native.modem_.note_
  const answer = isSilent ? 0 : lookUp(native.family_.connack, e, 0)
  if (answer > 0) {
    consume(native, session)
    session.at_ = At.Refused
    emit(native, connack(answer))
  } else if (isSilent) failedLink(native, code)
  else failedLink(native, lookUp(native.family_.codes, e, native.isCutOff_ || native.family_.open.length > 0 ? LinkCode.Closed : code === LinkCode.AtFailed ? LinkCode.TcpFailed : code))
}

/** Begins `op`. What the tables have no commands for has succeeded. */
function begin(native: Native, op: Op, script: Bytes): void {
  native.op_ = op
  native.script_ = script
  native.at_ = 0
  // Through the plug: its end may begin the next.
  if (!nextCommand(native)) native.modem_.plug_!.done_(native.modem_, 0)
}

function beginFilter(native: Native, session: Session, isSubscribe: boolean): void {
  const filter = fieldAt(session.in_, native.filterAt_)
  native.filterAt_ = native.filterAt_ + 2 + filter.length
  native.topic_ = filter
  native.payload_ = EMPTY
  if (isSubscribe) {
    native.qos_ = at(session.in_, native.filterAt_)
    native.filterAt_ = native.filterAt_ + 1
  }
  begin(native, isSubscribe ? Op.Subscribe : Op.Unsubscribe, isSubscribe ? native.family_.subscribe : native.family_.unsubscribe)
}

/** A filter was asked for, or given up; the next one follows. */
function filterDone(native: Native, session: Session, code: Code): void {
  const isSubscribe = native.op_ === Op.Subscribe
  if (code < 0) native.stats_.refused = native.stats_.refused + 1
  const granted = code < 0 ? Suback.Refused : native.can_.subackCode ? native.modem_.found_.r : native.qos_
  if (isSubscribe) native.codes_ = cat(native.codes_, b1(granted > 2 ? Suback.Refused : granted))
  native.op_ = Op.None
  if (native.filterAt_ < native.length_) {
    beginFilter(native, session, isSubscribe)
    return
  }
  consume(native, session)
  emit(native, isSubscribe ? suback(native.id_, native.codes_) : ack(0xb0, native.id_))
}

/** The packet at the start of what the core wrote. False: it needs no command. */
function takePacket(native: Native, session: Session): boolean {
  const bytes = session.in_
  const family = native.family_
  const first = at(bytes, 0)
  const type = (first - first % 16) / 16
  const body = bodyAt(bytes)
  const isUp = session.at_ === At.Up
  if (type === Packet.Connect && session.at_ === At.Open) {
    const tls = session.endpoint_.tls
    native.connect_ = readConnect(bytes)
    native.isCutOff_ = false
    native.modem_.tls_ = tls === undefined ? native.modem_.tls_ : tls
    if (tls !== undefined && native.tls_ !== tls) begin(native, Op.Secure, family.secure!)
    else begin(native, Op.Config, family.config)
  } else if (type === Packet.Publish && isUp) {
    const qos = (first % 8 - first % 2) / 2
    native.topic_ = fieldAt(bytes, body)
    const i = body + 2 + native.topic_.length
    native.qos_ = qos
    native.isRetained_ = first % 2 === 1
    native.id_ = qos > 0 ? u16At(bytes, i) : 0
    native.payload_ = cut(bytes, qos > 0 ? i + 2 : i, native.length_)
    begin(native, Op.Publish, native.options_.escape === true && family.publishEscaped !== undefined ? family.publishEscaped : family.publish)
  } else if ((type === Packet.Subscribe || type === Packet.Unsubscribe) && isUp) {
    native.id_ = u16At(bytes, body)
    native.filterAt_ = body + 2
    native.codes_ = EMPTY
    beginFilter(native, session, type === Packet.Subscribe)
  } else if (type === Packet.Pingreq && isUp) begin(native, Op.Ask, family.ask)
  else if (type === Packet.Disconnect && isUp) begin(native, Op.Leave, family.leave)
  else {
    // Acks of what the module has acknowledged, and what comes behind a refusal.
    consume(native, session)
    return false
  }
  return true
}

/** What is under way has ended: `isSilent` when an answer did not come in its time, though the module took the command. */
export function opDone(this: void, native: Native, result: Code, isLate: boolean): void {
  const op = native.op_
  const session = native.session_
  const family = native.family_
  const isSilent = isLate && native.modem_.isFinal_
  const code = isSilent ? LinkCode.TcpTimeout : result
  native.op_ = Op.None
  if (op === Op.Close) native.isMade_ = false
  if (session === undefined || session.at_ === At.Over) return
  if (op === Op.Secure) {
    if (code === 0) {
      native.tls_ = session.endpoint_.tls
      begin(native, Op.Config, family.config)
    } else endSession(native, isLate ? code : LinkCode.TlsFailed)
  } else if (op === Op.Config) {
    if (code === 0) {
      native.isMade_ = true
      begin(native, Op.Open, family.open)
    } else endSession(native, LinkCode.AtFailed)
  } else if (op === Op.Open) {
    if (code === 0) begin(native, Op.Connect, family.connect)
    else failedLink(native, isLate ? code : lookUp(family.codes, native.modem_.note_, code))
  } else if (op === Op.Connect) {
    if (code < 0) failedConnect(native, session, code, isLate)
    else {
      consume(native, session)
      session.at_ = At.Up
      native.slots_ = []
      emit(native, connack(0))
    }
  } else if (op === Op.Subscribe || op === Op.Unsubscribe) {
    native.op_ = op
    if (isLate) {
      native.op_ = Op.None
      endSession(native, code)
    } else filterDone(native, session, code)
  } else if (op === Op.Publish) {
    if (code < 0) {
      native.stats_.refused = native.stats_.refused + 1
      // An ack that comes after all must not answer the next message: the connection ends here. A message that is refused is answered as a
      // server does that does not take it: so the core finds the one that is refused each time, and gives it up.
      endSession(native, isLate ? code : LinkCode.Closed)
    } else {
      consume(native, session)
      if (native.qos_ === 1) emit(native, ack(0x40, native.id_))
    }
  } else if (op === Op.Ask) {
    consume(native, session)
    if (code < 0) endSession(native, isLate ? code : LinkCode.TcpFailed)
    else emit(native, pingresp())
  } else if (op === Op.Leave) {
    consume(native, session)
    session.at_ = At.Over
    session.code_ = LinkCode.Closed
    native.modem_.isChanged_ = true
  } else if (op === Op.Read && isLate) endSession(native, code)
}

/** Begins what the connection needs most: its end, what the module received, what the core wrote. False: nothing. */
export function nextThing(this: void, native: Native): boolean {
  const modem = native.modem_
  if (native.op_ !== Op.None) {
    // The module was called in between.
    if (nextCommand(native)) return true
    opDone(native, 0, false)
    if (modem.job_ !== Job.None) return true
  }
  if (native.session_ === undefined || native.session_.isLeaving_ && native.session_.at_ === At.Over && !native.isMade_) {
    native.session_ = native.next_
    native.next_ = undefined
  }
  const session = native.session_
  if (session === undefined || session.at_ === At.Over || session.at_ === At.Waiting) {
    if (native.isMade_) {
      begin(native, Op.Close, native.family_.close)
      return true
    }
    if (session === undefined || session.at_ === At.Over) return false
    if (session.isLeaving_) {
      session.at_ = At.Over
      return nextThing(native)
    }
    session.at_ = At.Open
    modem.isChanged_ = true
  }
  const read = native.family_.read
  if (read !== undefined && session.at_ === At.Up && !session.isLeaving_ && session.out_.length < Most.Acks) {
    for (let n = 0; n < native.slots_.length; n = n + 1) {
      if (native.slots_[n] === 1) {
        native.slot_ = n
        if (native.family_.readsAll) native.slots_ = []
        else native.slots_[n] = 0
        begin(native, Op.Read, read)
        return true
      }
    }
  }
  while (true) {
    native.length_ = packetLength(session.in_)
    const isOver = session.isLeaving_ && (native.length_ === 0 || session.at_ !== At.Up || modem.timer_.since(session.stamp_) >= Most.LingerMs)
    if (isOver) {
      session.at_ = At.Over
      return nextThing(native)
    }
    if (native.length_ === 0) return false
    if (takePacket(native, session)) return true
  }
}
