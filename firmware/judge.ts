/**
 * What the end of a link means, and what follows: a second client with our id, a filter that the server does not bear, or a
 * drop like another. Joins the record of governor.ts and the registry of quarantine.ts with the state of the client.
 */
import type { Code } from './bytes.js'
import { ErrorCode, Reason } from './codes.js'
import { because, Phase, type Core } from './core.js'
import { conflictWait, dropsInHour, isLikely, noteDrop, noteLife, noteStart, noteTold, type Governor } from './governor.js'
import { clientIdOf } from './handshake.js'
import { tellSubscribed } from './outbound.js'
import { asideSeconds, blameFilters, nextLook, onlySuspect, watchFilters, wentAlone } from './quarantine.js'
import { noteAside } from './recorder.js'
import { LinkCode } from '../hal/hal.js'

/** Drops in an hour that are not worth a word: the antenna that fell off makes three, a device that sits well fewer. */
const enum Usual { Drops = 2 }

const enum Most {
  /** Ends in a row that are put down to a filter that went alone, although they look like takeovers. */
  Excuses = 2,
  /** ms: a life this long lifts a conflict. */
  Life = 1200000,
  /** s: a reset this soon after SUBSCRIBE is its answer; later ones are the network's. */
  Answer = 5
}

/** The bearer went away under this connection: its end is no sign of anything. */
export function watchBearer(core: Core): void {
  const network = core.hal_.network
  if (network !== undefined && core.governor_ !== undefined && network.ready() <= 0) core.governor_.bearer_ = true
}

/** CONNACK 0. */
export function judgeStart(core: Core): void {
  const g = core.governor_
  if (g === undefined) return
  const now = core.clock_.seconds_
  noteStart(g, now)
  const drops = dropsInHour(g, now)
  // The link works again; that it breaks so often is what is left to say.
  if (drops > Usual.Drops && !g.conflict_ && core.registry_.watched_ !== true) because(core, ErrorCode.DropRateHigh, '', drops, Usual.Drops)
}

/** Whether a DISCONNECT with this reason may be about a SUBSCRIBE. */
function blamesUs(reason: number): boolean {
  return reason <= Reason.ImplementationError || reason === Reason.NotAuthorized || reason === Reason.TopicFilterInvalid || reason === Reason.SharedNotSupported ||
    reason === Reason.SubscriptionIdsNotSupported || reason === Reason.WildcardNotSupported
}

/** Whether the end may be about a filter: the server's doing, for a reason that fits or for none. */
function mayBeFilter(core: Core, code: Code, reason: number): boolean {
  if (code === ErrorCode.ServerDisconnected) return blamesUs(reason)
  if (code === ErrorCode.ClosedByServer) return true
  if (code !== LinkCode.Reset) return false
  for (const q of core.registry_.requests_) {
    if (q.since_ !== undefined && core.clock_.seconds_ - q.since_ < Most.Answer) return true
  }
  return false
}

/** A plain close that nothing explains: no request or publish unanswered, no ping, and the bearer was there. */
function isUnexplained(core: Core, g: Governor, code: Code): boolean {
  if (code !== ErrorCode.ClosedByServer || core.keepalive_.waiting_ >= 0 || core.registry_.requests_.length > 0 || core.sentNow_ > 0 || g.bearer_) return false
  const only = onlySuspect(core.registry_, core.clock_.seconds_)
  if (only === undefined || !wentAlone(only) || g.excuses_ >= Most.Excuses) return true
  g.excuses_ = g.excuses_ + 1
  return false
}

/** Whether this end shows that another client has our id. 0 no; 1 a sign, and we wait a little; 2 yes. */
function judgeTakeover(core: Core, g: Governor, code: Code, reason: number): number {
  const now = core.clock_.seconds_
  const told = code === ErrorCode.ServerDisconnected && reason === Reason.SessionTakenOver
  if (core.age_ >= Most.Life) {
    g.conflict_ = false
    g.excuses_ = 0
  }
  g.closed_ = told || code === ErrorCode.ClosedByServer
  if (!told && !isUnexplained(core, g, code)) return 0
  const stats = core.stats_
  let known = g.conflict_ || isLikely(g, now)
  if (told) known = noteTold(g, now) || known
  else if (!known && noteLife(g, now, core.age_)) {
    known = true
    // The two before it count now.
    stats.takeovers = stats.takeovers + 2
  }
  if (told || known) stats.takeovers = stats.takeovers + 1
  if (!known) return told ? 1 : 0
  g.conflict_ = true
  g.seen_ = now
  return 2
}

/**
 * A connection ended, or an attempt failed, other than by our wish; asked before anything of it is forgotten. Returns the
 * code to be told, which is `code` unless more is known.
 */
export function judgeEnd(core: Core, code: Code, reason: number): Code {
  const g = core.governor_
  if (g === undefined) return code
  const now = core.clock_.seconds_
  g.wait_ = 0
  if (core.phase_ === Phase.Connecting) g.last_ = now
  if (core.phase_ !== Phase.Up) return code
  watchBearer(core)
  noteDrop(g, now)
  const takeover = judgeTakeover(core, g, code, reason)
  if (takeover === 2) return because(core, ErrorCode.ClientIdConflict, clientIdOf(core), core.stats_.takeovers, 0, reason)
  if (takeover === 1) g.wait_ = 1
  else if (mayBeFilter(core, code, reason)) blameFilters(core.registry_, now, core.age_)
  return code
}

/** ms until the next attempt, where backoff says `wait`. `noise` 0 to 999, below 0 without jitter. */
export function slowDown(core: Core, wait: number, noise: number): number {
  const g = core.governor_
  if (g === undefined) return wait
  let least = 0
  if (g.conflict_) least = conflictWait(g, core.clock_.seconds_, noise)
  // The server said once that another client took our session: 30 to 90 s.
  const told = noise < 0 ? 60000 : 30000 + noise * 60
  if (g.wait_ > 0 && least < told) least = told
  return least > wait ? least : wait
}

/** An open connection's share of a slice: filters that are proven guilty are told, those set aside long ago are tried. */
export function watchLink(core: Core): void {
  watchBearer(core)
  const r = core.registry_
  if (core.phase_ !== Phase.Up || r.watched_ !== true) return
  for (const e of watchFilters(r, core.clock_.seconds_, core.age_)) {
    core.stats_.quarantined = core.stats_.quarantined + 1
    const g = core.governor_
    if (g !== undefined) g.excuses_ = 0
    if (FEATURE_RECORDER && core.recorder_ !== undefined) noteAside(core, e)
    because(core, ErrorCode.Quarantined, e.filter_, 2, asideSeconds(e))
    tellSubscribed(core, e, ErrorCode.Quarantined)
  }
}

/** ms until `watchLink` has something to do; -1 for never. */
export function nextWatch(core: Core): number {
  const r = core.registry_
  return core.phase_ === Phase.Up && r.watched_ === true ? nextLook(r, core.clock_.seconds_, core.age_) : -1
}
