/**
 * What the end of a link means, and what follows: a second client with our id, a filter that the server does not bear, or a
 * drop like another. docs/governor.md has the story; governor.ts and quarantine.ts keep the record.
 */
import type { Code } from '../bytes.js'
import { ErrorCode } from '../codes.js'
import { conflictWait, dropsInHour, isLikely, noteDrop, noteLife, noteStart } from '../governor.js'
import { asideSeconds, blameFilters, nextLook, onlySuspect, watchFilters, wentAlone, type Suspects } from '../quarantine.js'
import { because, callUser, Phase, type Core, type Filter } from './core.js'
import { LinkCode } from '../../hal/hal.js'

const enum Most {
  /** Drops in an hour that are not worth a word. */
  Drops = 2,
  /** ms: a life this long lifts a conflict. */
  Life = 1200000,
  /** s: a reset this soon after SUBSCRIBE is its answer; later ones are the network's. */
  Answer = 5
}

/** Ends in a row that are put down to a filter that went alone, although they look like takeovers. */
const enum Excuses { Most = 2 }

/** The filters, as quarantine.ts takes them. */
function suspects(core: Core): Suspects<Filter> {
  return { entries_: core.filters_, dirty_: false, watched_: core.watched_ }
}

/** The bearer went away under this connection: its end is no sign of anything. */
export function watchBearer(core: Core): void {
  const network = core.hal_.network
  if (network !== undefined && network.ready() <= 0) core.governor_.bearer_ = true
}

/** CONNACK 0. */
export function judgeStart(core: Core): void {
  const g = core.governor_
  noteStart(g, core.seconds_)
  const drops = dropsInHour(g, core.seconds_)
  // The link works again; that it breaks so often is what is left to say.
  if (drops > Most.Drops && !g.conflict_ && !core.watched_) because(core, ErrorCode.DropRateHigh, '', drops, Most.Drops)
}

/** A filter without its answer; below `within` s since it was asked for. */
function isAsked(core: Core, within: number): boolean {
  for (const e of core.filters_) {
    if (e.id_ > 0 && core.seconds_ - e.since_! < within) return true
  }
  return false
}

/** Whether this end shows that another client has our id: a plain close that nothing explains, three of a kind. */
function isTakeover(core: Core, code: Code): boolean {
  const g = core.governor_
  if (core.age_ >= Most.Life) {
    g.conflict_ = false
    g.excuses_ = 0
  }
  g.closed_ = code === ErrorCode.ClosedByServer
  if (!g.closed_ || core.ping_ >= 0 || core.sentNow_ > 0 || g.bearer_ || isAsked(core, Most.Life)) return false
  const only = onlySuspect(suspects(core), core.seconds_)
  if (only !== undefined && wentAlone(only) && g.excuses_ < Excuses.Most) {
    g.excuses_ = g.excuses_ + 1
    return false
  }
  let isKnown = g.conflict_ || isLikely(g, core.seconds_)
  if (!isKnown && noteLife(g, core.seconds_, core.age_)) {
    isKnown = true
    // The two before it count now.
    core.stats_.takeovers = core.stats_.takeovers + 2
  }
  if (isKnown) {
    core.stats_.takeovers = core.stats_.takeovers + 1
    g.conflict_ = true
    g.seen_ = core.seconds_
  }
  return isKnown
}

/** A connection ended, or an attempt failed, other than by our wish. Returns the code to be told. */
export function judgeEnd(core: Core, code: Code, clientId: string): Code {
  const g = core.governor_
  if (core.phase_ === Phase.Connecting) g.last_ = core.seconds_
  if (core.phase_ !== Phase.Up) return code
  watchBearer(core)
  noteDrop(g, core.seconds_)
  if (isTakeover(core, code)) return because(core, ErrorCode.ClientIdConflict, clientId, core.stats_.takeovers)
  if (code === ErrorCode.ClosedByServer || code === LinkCode.Reset && isAsked(core, Most.Answer)) {
    const r = suspects(core)
    blameFilters(r, core.seconds_, core.age_)
    core.watched_ = r.watched_ === true
  }
  return code
}

/** ms until the next attempt, where backoff says `wait`. `noise` 0 to 499, below 0 without jitter. */
export function slowDown(core: Core, wait: number, noise: number): number {
  const g = core.governor_
  const least = g.conflict_ ? conflictWait(g, core.seconds_, noise * 2) : 0
  return least > wait ? least : wait
}

/** An open connection's share of a slice: filters that are proven guilty are told, those set aside long ago are tried. */
export function watchLink(core: Core): void {
  watchBearer(core)
  if (core.phase_ !== Phase.Up || !core.watched_) return
  const r = suspects(core)
  const proven = watchFilters(r, core.seconds_, core.age_)
  core.watched_ = r.watched_ === true
  if (r.dirty_) core.dirty_ = true
  const fn = core.options_.onSubscribed
  for (const e of proven) {
    core.stats_.quarantined = core.stats_.quarantined + 1
    core.governor_.excuses_ = 0
    because(core, ErrorCode.Quarantined, e.text_, 2, asideSeconds(e))
    if (fn !== undefined) callUser(core, fn, e.token_, e.text_, ErrorCode.Quarantined)
  }
}

/** ms until `watchLink` has something to do; -1 for never. */
export function nextWatch(core: Core): number {
  return core.phase_ === Phase.Up && core.watched_ ? nextLook(suspects(core), core.seconds_, core.age_) : -1
}
