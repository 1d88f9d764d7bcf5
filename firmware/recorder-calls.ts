/**
 * The application's calls, as the flight recorder (recorder.ts) notes them: where they were made, lengths and numbers.
 */
import { b1, b2, cat, cut, type Bytes } from './bytes.js'
import { PacketType } from './codec/packets.js'
import { checkProperties, writeProperties } from './codec/properties.js'
import { varint } from './codec/varint.js'
import type { Core } from './core.js'
import { Call, Kind, note, placeOf, signed, type Recorder } from './recorder.js'
import type { DisconnectExtra, PublishExtra, SubscribeExtra } from './types.js'

/** Where a call came from; `Began` is added when its callback made no record before. */
const enum From { Outside, Message, Link, Receipt, Subscribed, Other, Turn, Began = 8 }

/** Topics that are told from each other. */
const enum Most { Topics = 16 }

/** Where a call comes from, of those in callbacks and in `run`. */
function origin(core: Core, r: Recorder): number {
  if (core.busy_ === 1) return From.Turn
  const o = core.options_
  let from = From.Other
  if (core.delivering_) from = From.Message
  else if (r.fn_ === o.onLink) from = From.Link
  else if (r.fn_ === o.onReceipt) from = From.Receipt
  else if (r.fn_ === o.onSubscribed) from = From.Subscribed
  return r.began_ ? from + From.Began : from
}

/** The application calls; before anything is done. */
export function noteCall(core: Core, call: Call, rest: Bytes): void {
  const r = core.recorder_
  if (r === undefined) return
  note(core, Kind.Call + call, cat(b1(core.busy_ === 0 ? From.Outside : origin(core, r)), rest))
}

function lengthOf(text: string | undefined): Bytes {
  return varint(typeof text === 'string' ? text.length : 0)
}

/** Bytes of a topic or filter; 0 for what is none. */
function topicLength(core: Core, topic: string): Bytes {
  return lengthOf(typeof topic === 'string' ? core.hal_.text.utf8(topic) : undefined)
}

/** Room for another topic: those that an alias stands for keep their numbers, the others get new ones. */
function forgetTopics(core: Core, r: Recorder): void {
  const topics: string[] = []
  const numbers: number[] = []
  if (FEATURE_V5 && core.aliases_.length < Most.Topics) {
    for (let i = 0; i < r.topics_.length; i = i + 1) {
      const bytes = core.hal_.text.utf8(r.topics_[i]!)
      for (const alias of core.aliases_) {
        if (cut(alias.field_, 2, alias.field_.length) === bytes) {
          topics.push(r.topics_[i]!)
          numbers.push(r.numbers_[i]!)
        }
      }
    }
  }
  r.topics_ = topics
  r.numbers_ = numbers
}

/** Aliases and keep-latest depend on which topic is which: its number from 1, in the order of appearance. */
export function topicNumber(core: Core, r: Recorder, topic: string): number {
  const known = r.topics_
  // Refused as too long: not held.
  if (typeof topic !== 'string' || topic.length > core.settings_.packetOut_) return 0
  for (let i = 0; i < known.length; i = i + 1) {
    if (known[i] === topic) return r.numbers_[i]!
  }
  if (known.length >= Most.Topics) forgetTopics(core, r)
  r.topicLast_ = r.topicLast_ % 65535 + 1
  r.topics_.push(topic)
  r.numbers_.push(r.topicLast_)
  return r.topicLast_
}

/** The numbers of `extra`. */
function extraNumbers(core: Core, extra: PublishExtra): Bytes {
  const p = extra.properties
  return cat(signed(extra.deadline === undefined ? 0 : extra.deadline), signed(extra.priority === undefined ? 0 : extra.priority),
    signed(p === undefined || p.messageExpiryInterval === undefined ? -2 : p.messageExpiryInterval),
    varint(FEATURE_V5 && p !== undefined && core.settings_.version_ === 5 && checkProperties(p, PacketType.Publish, core.hal_.text) === 0 ? writeProperties(p, PacketType.Publish, core.hal_.text).length : 0))
}

/** `publish`: QoS and RETAIN, lengths, and the numbers of `extra`. */
export function notePublish(core: Core, topic: string, payload: Bytes, qos: number | undefined, retain: boolean | undefined, extra: PublishExtra | undefined): void {
  const r = core.recorder_
  if (r === undefined) return
  // Most programs publish to one topic, or to a few in turn.
  if (topic !== r.topic_) {
    r.topicLength_ = topicLength(core, topic)
    r.topicNumber_ = varint(topicNumber(core, r, topic))
    r.topic_ = topic
  }
  let flags = qos === undefined ? 0 : qos === 0 || qos === 1 || qos === 2 ? qos * 2 : 6
  if (retain === true) flags = flags + 1
  if (extra !== undefined) flags = flags + (extra.keepLatest === true ? 24 : 8)
  const rest = cat(b2(core.busy_ === 0 ? From.Outside : origin(core, r), flags), r.topicLength_, lengthOf(payload), r.topicNumber_)
  note(core, Kind.Call + Call.Publish, extra === undefined ? rest : cat(rest, extraNumbers(core, extra)))
}

/** `subscribe` and `unsubscribe`: the filter's length, and its place. */
export function noteFilter(core: Core, call: Call, filter: string, rest: Bytes): void {
  noteCall(core, call, cat(topicLength(core, filter), varint(placeOf(core, filter)), rest))
}

/** `subscribe`: QoS and options, whether there is a handler, and the numbers of `extra`. */
export function noteSubscribe(core: Core, filter: string, qos: number, handled: boolean, extra: SubscribeExtra | undefined): void {
  let options = qos === 0 || qos === 1 || qos === 2 ? qos : 3
  let id = 0
  if (handled) options = options + 64
  if (extra !== undefined) {
    if (extra.noLocal === true) options = options + 4
    if (extra.retainAsPublished === true) options = options + 8
    if (extra.retainHandling === 1) options = options + 16
    if (extra.retainHandling === 2) options = options + 32
    if (extra.properties !== undefined && extra.properties.subscriptionIdentifier !== undefined) id = extra.properties.subscriptionIdentifier
  }
  noteFilter(core, Call.Subscribe, filter, cat(b1(options), varint(id > 0 ? id : 0)))
}

/** `publishStream`. */
export function noteStream(core: Core, topic: string, total: number, qos: number | undefined): void {
  noteCall(core, Call.Stream, cat(b1(qos === 1 || qos === 2 ? qos * 2 : 0), topicLength(core, topic), varint(total >= 0 ? total : 0)))
}

/** `disconnect`: whether the will is to be sent, and the time it may take. */
export function noteDisconnect(core: Core, extra: DisconnectExtra | undefined): void {
  const will = extra !== undefined && extra.will === true
  noteCall(core, Call.Disconnect, cat(b1(will ? 1 : 0), signed(extra === undefined || extra.timeout === undefined ? -1 : extra.timeout)))
}
