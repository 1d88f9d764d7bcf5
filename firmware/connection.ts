/**
 * The link, from one state to the next: attempts, their failures, the end of a connection and what follows it.
 * docs/architecture.md has the diagram.
 */
import { EMPTY, type Code } from './bytes.js'
import { Ended, isSlowLane, nextDelay, nextNoise } from './backoff.js'
import { ErrorCode, Reason } from './codes.js'
import { writeDisconnect } from './codec/write.js'
import { because, enterPhase, Phase, type Core } from './core.js'
import { prepareConnect } from './handshake.js'
import { recordNow } from './journal.js'
import { judgeEnd, slowDown } from './judge.js'
import { noteEnd, noteNetworkDown } from './learn-link.js'
import { flushOut } from './outbound.js'
import { noteEvent, noteOut, Event } from './recorder.js'
import { currentServer, judgeReference, parseReference, rotate } from './servers.js'
import { endAll, endConnection } from './session.js'
import { lookAround } from './signals.js'
import { append } from './transmit.js'
import { LinkCode } from '../hal/hal.js'

const enum Stable {
  /** ms that a link must have been up to count as stable. */
  After = 60000,
  /** ms between looks at a bearer that is not ready. */
  NetworkPoll = 1000,
  /** ms without an ack after which a reset is the network's doing, not an answer of the server's. */
  Answer = 5000
}

/** Turns what a port said of its socket into the cause of the end. */
export function causeOfSocket(core: Core, status: Code): Code {
  if (FEATURE_RECORDER && core.recorder_ !== undefined) noteEvent(core, Event.Socket, status)
  const host = currentServer(core.servers_, core.options_.servers).host
  const code = status === LinkCode.Closed && core.phase_ >= Phase.Connecting ? ErrorCode.ClosedByServer : status
  return because(core, code, host, core.age_)
}

/** No connection and none to come: what is left stays for the next `connect` with clean off, else it is dropped. */
export function goOffline(core: Core, code: Code): void {
  if (core.settings_.clean_) endAll(core, 'dropped', code)
  if (FEATURE_JOURNAL) recordNow(core)
  enterPhase(core, Phase.Offline, code)
}

/** Waits for the next attempt, as long as protocol and courtesy ask. */
function scheduleAttempt(core: Core, code: Code, reason: number, ended: Ended): void {
  const s = core.settings_
  if (s.reconnectPeriod_ === 0) {
    goOffline(core, code)
    return
  }
  const noise = s.jitter_ ? nextNoise(core.backoff_, core.hal_.system.random(), core.hal_.timer.ticks(), core.hal_.system.id()) : -1
  const wasStable = ended === Ended.Stable
  const begun = core.referred_ || rotate(core.servers_, core.options_.servers, wasStable)
  const attempts = core.backoff_.attempts_
  core.wait_ = nextDelay(core.backoff_, s.reconnectPeriod_, s.reconnectPeriodMax_, s.reconnectSpread_, reason > 0 && isSlowLane(s.version_, reason), ended, noise)
  // Within one round over several servers the delay does not grow.
  if (!begun) core.backoff_.attempts_ = attempts
  // The first of a chain of references is followed at once; servers that refer to each other are not hammered.
  if (core.referred_ && (wasStable || attempts === 0)) core.wait_ = 0
  core.referred_ = false
  if (FEATURE_GOVERNOR) core.wait_ = slowDown(core, core.wait_, noise)
  enterPhase(core, Phase.Waiting, code)
}

/**
 * The server refused or sent us away (`code`). Where it refers to another server, and the user allows it, the next attempt
 * goes there; where it does and we do not follow, the cause says so. Returns the code to be told.
 */
function followReference(core: Core, code: Code, reason: number): Code {
  if (reason !== Reason.UseAnotherServer && reason !== Reason.ServerMoved) return code
  const p = core.packet_.properties_
  const text = p === undefined || p.serverReference === undefined ? '' : p.serverReference
  if (core.options_.followServerReference === true && text.length > 0) {
    const from = currentServer(core.servers_, core.options_.servers)
    const endpoint = parseReference(core.hal_.text.utf8(text), from)
    if (endpoint !== undefined) {
      core.servers_.reference_ = endpoint
      core.servers_.forGood_ = reason === Reason.ServerMoved
      core.servers_.misses_ = 0
      core.referred_ = true
      return code
    }
  }
  return because(core, ErrorCode.ServerMoved, text, 0, 0, reason)
}

/** The attempt failed, or the connection ended, other than by our wish. The cause is recorded already. */
export function fail(core: Core, found: Code): void {
  const seen = FEATURE_STATS ? lookAround(core, found) : found
  const reason = core.cause_.code === seen ? core.cause_.reason : 0
  const wasUp = core.phase_ >= Phase.Up
  const draining = core.phase_ === Phase.Draining
  let ended = core.stats_.connects > 0 ? Ended.Return : Ended.Attempt
  if (core.phase_ === Phase.Up) ended = core.age_ >= Stable.After && core.heard_ ? Ended.Stable : Ended.Link
  // A reset while an answer is due is the server's; later ones come from what stands in between and forgets links.
  const byServer = seen === ErrorCode.ClosedByServer || seen === ErrorCode.ServerDisconnected || seen === LinkCode.Reset && core.ackAge_ < Stable.Answer
  let code = seen
  if (FEATURE_V5 && core.settings_.version_ === 5) {
    judgeReference(core.servers_, wasUp)
    if (code === ErrorCode.ConnectRefused || code === ErrorCode.ServerDisconnected) code = followReference(core, code, reason)
  }
  if (FEATURE_GOVERNOR) code = judgeEnd(core, code, reason)
  if (wasUp) core.stats_.drops = core.stats_.drops + 1
  else core.stats_.failures = core.stats_.failures + 1
  if (FEATURE_LEARN) noteEnd(core, seen, wasUp)
  endConnection(core, wasUp && byServer)
  core.sessionPresent_ = false
  if (draining) goOffline(core, code)
  else scheduleAttempt(core, code, reason, ended)
}

/** Closes for a fault of the server's, saying why where the protocol allows it. */
export function closeWith(core: Core, code: Code): void {
  const socket = core.socket_
  const reason = core.cause_.code === code ? core.cause_.reason : 0
  if (socket !== undefined && core.phase_ >= Phase.Up && code !== ErrorCode.ServerDisconnected && core.streaming_ === undefined) {
    if (FEATURE_V5 && core.settings_.version_ === 5 && reason >= Reason.Unspecified && !core.drainSent_) {
      const packet = writeDisconnect(5, reason, EMPTY)
      append(core.tx_, packet)
      if (FEATURE_RECORDER && core.recorder_ !== undefined) noteOut(core, packet)
    }
    // The acks of this slice go too: the server need not repeat what they answer.
    flushOut(core, socket)
  }
  fail(core, code)
}

/** Starts an attempt: credentials, CONNECT packet, socket. */
export function startAttempt(core: Core): void {
  const network = core.hal_.network
  if (network !== undefined && network.ready() <= 0) {
    const told = core.phase_ === Phase.Waiting && core.cause_.code === ErrorCode.NetworkDown
    because(core, ErrorCode.NetworkDown, network.reason())
    if (FEATURE_LEARN) noteNetworkDown(core)
    core.wait_ = Stable.NetworkPoll
    if (!told) enterPhase(core, Phase.Waiting, ErrorCode.NetworkDown)
    return
  }
  const code = prepareConnect(core)
  if (core.asked_ !== 0) return
  if (code < 0) {
    core.stats_.failures = core.stats_.failures + 1
    scheduleAttempt(core, code, 0, Ended.Attempt)
    return
  }
  core.heard_ = false
  core.resumed_ = false
  core.epoch_ = core.epoch_ + 1
  core.socket_ = core.hal_.socket.open(currentServer(core.servers_, core.options_.servers))
  enterPhase(core, Phase.Opening, 0)
}
