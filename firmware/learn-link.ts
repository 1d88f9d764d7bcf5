/**
 * What the link tells the learned keepalive (learn.ts): how long it was idle before a packet, which pings were answered,
 * how it ended, and whether the next attempt worked at once.
 *
 * Idle means both ways. `gap_` is the idle time before the first packet of ours that nothing has answered: whether it was a
 * ping or a publish, if the link now dies in silence, it died of that gap or is dead for another reason. Which of
 * the two, the next attempt tells: when it succeeds at once, at the same server, with the bearer ready throughout and
 * about the same signal, the path was whole and had only forgotten us.
 */
import { cat, type Bytes, type Code } from './bytes.js'
import { ErrorCode } from './codes.js'
import type { Core } from './core.js'
import type { Keepalive } from './keepalive.js'
import { answered, begin, ended, failed, Learning, newLearn, type Learn } from './learn.js'
import { recall, remember } from './learn-store.js'
import { noteLearned } from './recorder.js'
import { currentServer } from './servers.js'
import { LinkCode, type Socket } from '../hal/hal.js'

/** How the last connection ended. */
const enum Doubt { None, Silent, Ended }

/** dB by which the signal may differ for the bearer to count as the same. */
const enum Same { Signal = 10 }

export interface LearnLink {
  learn_: Learn
  /** host:port of the server that `learn_` is about. */
  name_: Bytes
  /** ms without a byte either way before our first packet that nothing answered; 0 when all is answered. */
  gap_: number
  /** The same for the ping that is out. */
  tested_: number
  doubt_: Doubt
  /** Seconds of idleness that it is about. */
  level_: number
  /** dBm at the last ping, 0 where unknown. */
  signal_: number
}

function idleMs(k: Keepalive): number {
  return k.sinceSent_ < k.sinceReceived_ ? k.sinceSent_ : k.sinceReceived_
}

function signalOf(core: Core): number {
  const modem = core.hal_.modem
  return modem === undefined ? 0 : modem.signal()
}

/** Shows and keeps what was learned, where the keepalive in force leaves anything to learn. */
function save(core: Core, link: LearnLink): void {
  const l = link.learn_
  if (l.most_ <= Learning.Least) return
  core.stats_.pingInterval = l.interval_
  const storage = core.hal_.storage
  if (l.changed_ && storage !== undefined) remember(storage, link.name_, l)
  l.changed_ = false
}

/** Whether the connection that just opened shows that the last one's end was the path's idle limit. */
function isSamePath(core: Core, link: LearnLink): boolean {
  const s = core.settings_
  // A server that lost our session has restarted.
  if (core.hadSession_ && !s.clean_ && s.version_ > 3 && !core.sessionPresent_) return false
  const now = signalOf(core)
  const apart = now - link.signal_
  return now === 0 || link.signal_ === 0 || apart <= Same.Signal && -apart <= Same.Signal
}

/** CONNACK came, and the keepalive in force is known. */
export function startLearning(core: Core): void {
  const k = core.keepalive_
  const most = (k.interval_ - k.interval_ % 1000) / 1000
  core.stats_.pingInterval = most
  if (core.options_.learnKeepalive !== true) {
    core.learn_ = undefined
    return
  }
  const server = currentServer(core.servers_, core.options_.servers)
  const name = cat(core.hal_.text.utf8(server.host), core.hal_.text.utf8(`:${server.port}`))
  let link = core.learn_
  let fresh = false
  if (link === undefined || link.name_ !== name) {
    link = { learn_: newLearn(), name_: name, gap_: 0, tested_: 0, doubt_: Doubt.None, level_: 0, signal_: 0 }
    core.learn_ = link
    const storage = core.hal_.storage
    if (storage !== undefined) recall(storage, name, link.learn_)
    fresh = true
  }
  const doubt = link.doubt_
  link.doubt_ = Doubt.None
  link.gap_ = 0
  link.tested_ = 0
  begin(link.learn_, most, fresh, core.clock_.seconds_)
  if (doubt !== Doubt.None && isSamePath(core, link)) {
    if (doubt === Doubt.Silent) failed(link.learn_, link.level_)
    else ended(link.learn_, link.level_)
  }
  save(core, link)
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteLearned(core, link.learn_.interval_)
}

/** Whether a ping is due because the path may forget us: `Least` s at the least, and sooner than the keepalive asks. */
export function isIdlePingDue(core: Core): boolean {
  const link = core.learn_
  const k = core.keepalive_
  if (link === undefined || k.waiting_ >= 0 || k.interval_ === 0 || link.learn_.most_ <= Learning.Least) return false
  return idleMs(k) >= link.learn_.interval_ * 1000
}

/** ms until then; -1 where only the keepalive counts. */
export function nextIdlePing(core: Core): number {
  const link = core.learn_
  const k = core.keepalive_
  if (link === undefined || k.waiting_ >= 0 || k.interval_ === 0 || link.learn_.most_ <= Learning.Least) return -1
  const left = link.learn_.interval_ * 1000 - idleMs(k)
  return left > 0 ? left : 0
}

/** Bytes are about to be written, `later` ms after the last slice. */
export function noteSending(core: Core, socket: Socket, later: number): void {
  const link = core.learn_
  if (link === undefined) return
  const unacked = socket.unacked()
  const idle = idleMs(core.keepalive_) + later
  // Where the port proves that all before has arrived, only this gap is in question.
  if (unacked === 0 || unacked < 0 && idle > link.gap_ || link.gap_ === 0) link.gap_ = idle
}

/** Bytes came: what we sent over the last gap has arrived. */
export function noteReceived(core: Core): void {
  const link = core.learn_
  if (link !== undefined) link.gap_ = 0
}

/** PINGREQ goes out. What TCP still sends again has kept the path awake: then its answer shows nothing. */
export function notePing(core: Core, socket: Socket): void {
  const link = core.learn_
  if (link === undefined) return
  link.tested_ = socket.unacked() > 0 ? 0 : idleMs(core.keepalive_)
  link.signal_ = signalOf(core)
}

/** PINGRESP came. */
export function notePong(core: Core): void {
  const link = core.learn_
  if (link === undefined || link.tested_ === 0) return
  answered(link.learn_, link.tested_, core.clock_.seconds_)
  link.tested_ = 0
  save(core, link)
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteLearned(core, link.learn_.interval_)
}

/** The connection ended other than by our wish, or (`wasUp` false) an attempt failed: then more was wrong than one idle path. */
export function noteEnd(core: Core, code: Code, wasUp: boolean): void {
  const link = core.learn_
  if (link === undefined) return
  link.doubt_ = Doubt.None
  const network = core.hal_.network
  if (!wasUp || network !== undefined && network.ready() <= 0) return
  const k = core.keepalive_
  const socket = core.socket_
  const silent = code === ErrorCode.PingTimeout || code === ErrorCode.AckTimeout || code === ErrorCode.TxBlocked || code === LinkCode.TcpTimeout
  // An RST long after our last packet is no answer to it.
  const answer = code === LinkCode.Reset && (k.waiting_ >= 0 || k.sinceSent_ < k.timeout_)
  let ms = 0
  // What has arrived proves that the path was whole: then it is the server that does not answer.
  if (link.gap_ > 0 && (silent || answer) && socket !== undefined && socket.unacked() !== 0) {
    ms = link.gap_
    link.doubt_ = Doubt.Silent
  } else if (k.waiting_ < 0 && (code === LinkCode.Reset || code === ErrorCode.ClosedByServer)) {
    ms = idleMs(k)
    link.doubt_ = Doubt.Ended
  }
  link.level_ = (ms - ms % 1000) / 1000
}

/** The bearer was not ready: the end was its doing. */
export function noteNetworkDown(core: Core): void {
  const link = core.learn_
  if (link !== undefined) link.doubt_ = Doubt.None
}
