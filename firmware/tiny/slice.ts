/** One slice: read what the socket has, handle each whole packet, look at what is due, write what the socket will take. Nothing in it waits. */
import { b2, cat, EMPTY, type Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { because, callUser, endpoint, enterPhase, Limit, Phase, State, Time, type Core } from './core.js'
import { request } from './filters.js'
import { end, endAll, flush, pump } from './publish.js'
import { receive } from './receive.js'
import { check, prepareConnect } from './settings.js'
import { LinkCode } from '../../hal/hal.js'

const enum Ms {
  /** A link that held so long was a good one. */
  Stable = 60000,
  /** Over which those that lost a good link come back. */
  Spread = 5000,
  /** After a refusal that somebody has to mend. */
  SlowLane = 10000,
  /** Between two looks at a network that is not there. */
  Network = 1000
}

/** The connection ends; what was sent and not answered is sent again on the next. */
function closeLink(core: Core): void {
  const socket = core.socket_
  core.socket_ = undefined
  if (socket !== undefined) socket.close()
  // The server may have begun a session that we did not hear of.
  if (core.phase_ === Phase.Connecting) core.unsure_ = true
  core.tx_ = EMPTY
  core.rx_ = EMPTY
  core.skip_ = 0
  core.room_ = 0
  core.inflight_ = 0
  core.pinging_ = 0
  core.leaving_ = undefined
  core.rest_ = 0
  let m = core.queue_.next_
  while (m !== undefined) {
    m.out_ = 0
    m = m.next_
  }
  for (const f of core.filters_) {
    if (f.state_ === State.Asked || f.state_ === State.EndAsked) f.state_ = f.state_ - 1
  }
}

/** Tells the receipts of those that left at once. */
function tellLeft(core: Core): void {
  const told = core.told_
  if (told === undefined || told.length === 0) return
  core.told_ = []
  for (const token of told) callUser(core, core.options_.onReceipt!, token, 'sent', 0)
}

/** Not connected, and not trying. A session that ends with the connection takes its messages along. */
function goOffline(core: Core, code: Code): void {
  closeLink(core)
  tellLeft(core)
  enterPhase(core, Phase.Offline, code)
  if (core.options_.clean !== false) endAll(core, code)
}

/** An attempt or a connection ended for `code`: the next comes after 1, 2, 4 ... 60 s, spread, and later where somebody has to mend something. */
function fail(core: Core, code: Code): void {
  const wasUp = core.phase_ >= Phase.Up
  const isLeaving = core.phase_ === Phase.Draining
  const slow = code === ErrorCode.ConnectRefused && core.cause_.reason !== 3
  const limits = core.limits_
  const first = limits[Limit.Reconnect]!
  let wait = first
  if (wasUp) {
    core.stats_.drops = core.stats_.drops + 1
    if (core.age_ >= Ms.Stable) core.attempts_ = 0
    // One for which the server ends the link again and again keeps all others waiting.
    const m = core.queue_.next_
    if (m !== undefined && m.out_ * m.dup_ > 0 && (code === ErrorCode.ClosedByServer || code === LinkCode.Reset || code === ErrorCode.AckTimeout)) {
      m.tries_ = m.tries_ + (code === ErrorCode.AckTimeout ? 2 : 1)
      if (m.tries_ > 3) end(core, m, 'rejected', because(core, code === ErrorCode.AckTimeout ? ErrorCode.NoAck : ErrorCode.Poison, '', m.tries_, 3))
    }
  } else core.stats_.failures = core.stats_.failures + 1
  closeLink(core)
  if (first === 0 || isLeaving) {
    goOffline(core, code)
    return
  }
  for (let i = 0; i < core.attempts_ && wait < limits[Limit.ReconnectMax]!; i = i + 1) wait = wait * 2
  if (wait > limits[Limit.ReconnectMax]!) wait = limits[Limit.ReconnectMax]!
  const isSpread = core.options_.jitter !== false
  const least = isSpread ? Ms.SlowLane * 2 : Ms.SlowLane
  if (slow && wait < least) wait = least
  if (isSpread) {
    if (wasUp && core.attempts_ === 0) wait = wait + Ms.Spread
    // The half of it, and of the other half a part.
    wait = wait * (core.hal_.system.random() / 65536 + 0.5)
  }
  core.attempts_ = core.attempts_ + 1
  core.wait_ = wait - wait % 1
  enterPhase(core, Phase.Waiting, code)
}

/** Opens the socket, when there is a network. */
function startAttempt(core: Core): void {
  const network = core.hal_.network
  if (network !== undefined && network.ready() <= 0) {
    const wasTold = core.cause_.code === ErrorCode.NetworkDown
    core.wait_ = Ms.Network
    core.age_ = 0
    because(core, ErrorCode.NetworkDown, network.reason())
    if (!wasTold || core.phase_ !== Phase.Waiting) enterPhase(core, Phase.Waiting, ErrorCode.NetworkDown)
    return
  }
  const code = prepareConnect(core)
  if (core.asked_ < 0) return
  if (code < 0) fail(core, code)
  else {
    core.socket_ = core.hal_.socket.open(endpoint(core))
    enterPhase(core, Phase.Opening, 0)
  }
}

/** What an open or opening socket has for us and takes from us. Below 0 the link must end. */
function turn(core: Core): Code {
  let status = core.socket_!.status()
  let code = 0
  if (core.phase_ === Phase.Opening && status > 0) {
    const age = core.age_
    core.tx_ = core.connectPacket_
    enterPhase(core, Phase.Connecting, 0)
    core.age_ = age
    if (core.asked_ < 0) return 0
    code = flush(core)
  }
  if (core.phase_ > Phase.Opening && code >= 0) {
    code = receive(core)
    if (code < 0 || core.asked_ < 0) return code
    // More than it had before may have come; then its end is seen by the next slice.
    if (!core.more_) status = core.socket_!.status()
  }
  if (status < 0 && !core.more_) code = status
  const limits = core.limits_
  const isUp = core.phase_ >= Phase.Up
  if (isUp && code >= 0) {
    if (core.open_ > 0) code = request(core)
    if (core.period_ > 0 && core.pinging_ === 0 && core.ping_ >= core.period_) {
      core.pinging_ = 1
      core.ping_ = 0
      core.tx_ = cat(core.tx_, b2(192, 0))
    }
  }
  if (code >= 0) code = isUp ? pump(core) : flush(core)
  if (code < 0) return because(core, code === LinkCode.Closed && core.phase_ >= Phase.Connecting ? ErrorCode.ClosedByServer : code, endpoint(core).host, core.age_)
  if (!isUp) return core.age_ < limits[Limit.Connect]! ? 0 : because(core, ErrorCode.ConnectTimeout, core.phase_ === Phase.Opening ? 'tcp' : 'connack', core.age_, limits[Limit.Connect])
  if (core.pinging_ > 0 && core.ping_ >= core.patience_) return because(core, ErrorCode.PingTimeout, '', core.ping_, core.patience_)
  if (core.owed_ >= limits[Limit.Ack]!) return because(core, core.open_ > 0 ? ErrorCode.RequestTimeout : ErrorCode.AckTimeout, '', core.owed_, limits[Limit.Ack])
  if (core.phase_ === Phase.Draining && (core.count_ === 0 && core.tx_.length === 0 && core.socket_!.credit() > 1 || core.age_ >= core.wait_)) {
    if (core.tx_.length === 0) core.socket_!.write(b2(224, 0))
    goOffline(core, because(core, ErrorCode.Disconnected))
  }
  return 0
}

/** What a callback asked for is done once nothing of ours is under way: first the end, then the new beginning. The callbacks of that may ask again. */
export function settle(core: Core): void {
  while ((core.asked_ < 0 || core.again_) && core.busy_ === 0) {
    const code = core.asked_
    core.asked_ = 0
    core.busy_ = 1
    if (code < 0) {
      if (core.phase_ !== Phase.Offline) goOffline(core, because(core, code))
      if (code === ErrorCode.Destroyed) {
        endAll(core, code)
        core.filters_ = []
        core.heard_ = EMPTY
        core.again_ = false
        if (core.handle_ > 0) core.hal_.timer.wakeAfter!(core.handle_, -1)
        core.handle_ = 0
      }
    } else {
      core.again_ = false
      if (check(core) === 0) startAttempt(core)
      core.more_ = true
    }
    core.busy_ = 0
  }
}

/** One slice. */
export function slice(core: Core): void {
  let passed = core.since_(core.stamp_)
  core.stamp_ = core.ticks_()
  if (!(passed >= 0 && passed < Time.Most)) passed = 0
  core.busy_ = core.busy_ + 1
  core.more_ = false
  core.age_ = core.age_ + passed < Time.Most ? core.age_ + passed : Time.Most
  core.ping_ = core.ping_ + passed
  core.owed_ = core.inflight_ + core.open_ > 0 ? core.owed_ + passed : 0
  if (core.phase_ === Phase.Waiting) {
    if (core.age_ >= core.wait_) startAttempt(core)
  } else if (core.phase_ > Phase.Waiting && core.asked_ === 0) {
    const code = turn(core)
    if (code < 0) fail(core, code)
  }
  tellLeft(core)
  core.hal_.system.feedWatchdog()
  core.busy_ = core.busy_ - 1
  settle(core)
  let due: number = Time.Most
  const phase = core.phase_
  const limits = core.limits_
  if (phase === Phase.Waiting || phase === Phase.Draining) due = core.wait_ - core.age_
  else if (phase > Phase.Waiting && phase < Phase.Up) due = limits[Limit.Connect]! - core.age_
  if (phase >= Phase.Up) {
    const ping = (core.pinging_ > 0 ? core.patience_ : core.period_) - core.ping_
    const owed = limits[Limit.Ack]! - core.owed_
    if (core.period_ > 0 && ping < due) due = ping
    if (core.inflight_ + core.open_ > 0) {
      if (owed < due) due = owed
    } else if (phase === Phase.Up && core.count_ === 0 && core.tx_.length === 0) core.room_ = core.roomy_
    // So that those that leave at once do not go past the last id.
    if (core.token_ > 60000) core.token_ = 0
  }
  core.due_ = core.more_ || due < 0 ? 0 : due
}
