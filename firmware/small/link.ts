/** The link, from one state to the next: attempts, their failures, the end of a connection and what follows it. */
import { at, EMPTY, type Bytes, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { Want } from '../subscriptions.js'
import { because, endpoint, enterPhase, Limit, Phase, type Core, type Outgoing } from './core.js'
import { end, endAll, topicOf } from './outbox.js'
import { Tries } from './publish.js'
import { judgeEnd, slowDown } from './judge.js'
import { clientIdOf, prepareConnect } from './settings.js'
import { lookAround } from './signals.js'
import { LinkCode } from '../../hal/hal.js'

const enum Time {
  /** ms that a link must have been up to count as stable. */
  Stable = 60000,
  /** ms between looks at a bearer that is not ready. */
  NetworkPoll = 1000,
  /** ms without an ack after which a reset is the network's doing, not an answer of the server's. */
  Answer = 5000,
  /** ms: the least delay after a refusal that needs a human. */
  Slow = 10000
}

/** The oldest unanswered publish is blamed for the end of the connection: too often, and it is given up. */
function blame(core: Core, by: number, code: Code): void {
  const m = core.queue_.next_
  if (m === undefined || m.id_ === 0 || m.epoch_ !== core.epoch_) return
  m.tries_ = m.tries_ + by
  if (m.tries_ <= Tries.Alone) return
  because(core, code, topicOf(core, m), m.tries_, Tries.Alone)
  end(core, m, 'rejected', code)
}

/** The connection is over: its socket and its buffers. */
export function closeLink(core: Core): void {
  const socket = core.socket_
  core.socket_ = undefined
  if (socket !== undefined) socket.close()
  if (core.phase_ === Phase.Connecting) core.unsure_ = true
  core.tx_ = EMPTY
  core.rx_ = EMPTY
  core.cursor_ = 0
  core.skipping_ = 0
  if (FEATURE_STREAM) {
    core.streaming_ = undefined
    core.behind_ = EMPTY
  }
  if (FEATURE_CACHE) {
    core.inbox_.withheld_ = []
    core.held_ = 0
  }
  if (FEATURE_QOS2) core.overflow_ = -1
  core.leaving_ = 0
  core.sentNow_ = 0
  core.ping_ = -1
  core.drainSent_ = false
  core.paused_ = false
  core.more_ = false
  // Nothing that comes is of this connection any more.
  core.epoch_ = core.epoch_ + 1
  let m: Outgoing | undefined = core.queue_.next_
  while (m !== undefined) {
    m.end_ = 0
    m = m.next_
  }
  for (const e of core.filters_) {
    e.id_ = 0
    if (e.want_ === Want.Unsuback) e.want_ = Want.Unsubscribe
    else if (e.want_ === Want.Suback || e.want_ === Want.Later) e.want_ = Want.Subscribe
  }
  core.dirty_ = true
}

/** No connection and none to come: what is left stays for the next `connect` with clean off, else it is dropped. */
export function goOffline(core: Core, code: Code): void {
  if (core.options_.clean !== false) endAll(core, code)
  enterPhase(core, Phase.Offline, code)
}

/** A number from 0 to 499. Clones share a random seed and the moment of their start, and only the id tells them apart. */
function nextNoise(core: Core): number {
  const id = core.hal_.system.id()
  let h = core.noise_
  for (let i = 0; i < id.length; i = i + 1) h = (h * 75 + at(id as Bytes, i) + 74) % 65537
  core.noise_ = (h * 75 + 74 + core.hal_.system.random()) % 65537
  return core.noise_ % 500
}

/**
 * Waits for the next attempt: 1, 2, 4 ... s with full jitter. A link that ends, ends for a whole fleet at once when it is the
 * server that goes: its first attempt is spread over `reconnectSpread`, and later ones come that long after. (docs/protocol.md, 27, 28)
 */
function scheduleAttempt(core: Core, code: Code, isSlow: boolean): void {
  const period = core.limits_[Limit.Reconnect]!
  if (period === 0) {
    goOffline(core, code)
    return
  }
  const spread = core.limits_[Limit.Spread]!
  const most = core.limits_[Limit.ReconnectMax]!
  const isJitter = core.options_.jitter !== false
  const wasUp = core.phase_ === Phase.Up
  const isStable = wasUp && core.heard_ && core.age_ >= Time.Stable
  if (isStable) core.attempts_ = isJitter ? -1 : 0
  let span = period
  for (let i = core.attempts_; i > 0 && span < most; i = i - 1) span = span * 2
  if (span > most) span = most
  // Within one round over several servers the delay does not grow.
  if (FEATURE_FAILOVER && !isStable) core.server_ = (core.server_ + 1) % core.options_.servers.length
  if (!FEATURE_FAILOVER || isStable || core.server_ === 0) core.attempts_ = core.attempts_ + 1
  if (isJitter && wasUp && span < spread) span = spread
  if (isSlow && span < Time.Slow) span = Time.Slow
  let noise = -1
  if (isJitter) {
    noise = nextNoise(core)
    span = (span * noise - span * noise % 500) / 500
    if (!wasUp && core.stats_.connects > 0) span = span + spread
    if (isSlow) span = (span < Time.Slow ? Time.Slow : span) + noise * 10
  }
  core.wait_ = FEATURE_GOVERNOR ? slowDown(core, span, noise) : span
  enterPhase(core, Phase.Waiting, code)
}

/** The attempt failed, or the connection ended, other than by our wish. The cause is recorded already. */
export function fail(core: Core, found: Code): void {
  let code = FEATURE_STATS ? lookAround(core, found) : found
  const isDraining = core.phase_ === Phase.Draining
  if (core.phase_ >= Phase.Up) {
    core.stats_.drops = core.stats_.drops + 1
    if (code === ErrorCode.ClosedByServer || code === LinkCode.Reset && core.ack_ < Time.Answer) blame(core, 1, ErrorCode.Poison)
    else if (code === ErrorCode.AckTimeout) blame(core, 2, ErrorCode.NoAck)
  } else core.stats_.failures = core.stats_.failures + 1
  // A server that is busy (3) may be asked soon; what else it says needs a human.
  const isSlow = code === ErrorCode.ConnectRefused && core.cause_.reason !== 3
  if (FEATURE_GOVERNOR) code = judgeEnd(core, code, clientIdOf(core))
  closeLink(core)
  core.sessionPresent_ = false
  if (isDraining) goOffline(core, code)
  else scheduleAttempt(core, code, isSlow)
}

/** Starts an attempt: bearer, credentials, CONNECT packet, socket. */
export function startAttempt(core: Core): void {
  const network = core.hal_.network
  if (network !== undefined && network.ready() <= 0) {
    const isTold = core.cause_.code === ErrorCode.NetworkDown
    because(core, ErrorCode.NetworkDown, network.reason())
    core.wait_ = Time.NetworkPoll
    if (!isTold) enterPhase(core, Phase.Waiting, ErrorCode.NetworkDown)
    return
  }
  const code = prepareConnect(core)
  if (core.asked_ !== 0) return
  if (code < 0) {
    fail(core, code)
    return
  }
  core.heard_ = false
  core.socket_ = core.hal_.socket.open(endpoint(core))
  enterPhase(core, Phase.Opening, 0)
}
