/**
 * Filters for which the server closes the link. Some servers do not refuse a forbidden SUBSCRIBE, they close; asked again on
 * every connection, one such filter would keep the device from ever working. The suspects of a close go one at a time on
 * the next connection, and one that was twice the only suspect is left out: if that connection lasts, it was the one. Or it
 * was unlucky twice: so it is tried again after a minute, then after ten, and only then every hour. docs/protocol.md, "Takeover"; docs/governor.md has the story with its times.
 */
import { Want, type Registry } from './subscriptions.js'

const enum Span {
  /** s: a SUBACK this fresh does not clear its filter, and the next suspect is not asked yet. Whole seconds are rounded down: 2 to 3. */
  Fresh = 2,
  /** ms that the link must last without a filter that had been acked when the server closed: a takeover looks the same. */
  Proof = 1200000,
  /** ms by which a link without the filter outlives those with it: the time to an end scatters. */
  Margin = 5000,
  /** s until a filter set aside is tried again: the first time, the second, and from then on. */
  First = 60,
  Second = 600,
  Hour = 3600
}

/** How much is held against a filter. */
export const enum Blame {
  Nothing = 0,
  /** It was one of several suspects: it goes alone. */
  Suspect = 1,
  /** It was the only one. */
  Only = 2,
  /** It was so twice: it is left out. */
  Twice = 3
}

/** What is known of a filter here: see `Subscription`. */
export interface Suspect {
  want_: Want
  blame_?: number
  acked_?: number
  aside_?: number
  needs_?: number
  turns_?: number
}

/** The filters of a client: a registry, or what stands for one. */
export interface Suspects<T extends Suspect> {
  entries_: T[]
  dirty_: boolean
  watched_?: boolean
}

export function blameOf(e: Suspect): number {
  return e.blame_ === undefined ? Blame.Nothing : e.blame_
}

/** s that a filter which was set aside stays out. */
export function asideSeconds(e: Suspect): number {
  return e.turns_ === undefined || e.turns_ < 2 ? Span.First : e.turns_ === 2 ? Span.Second : Span.Hour
}

/** Nothing is held against it any more. */
function clear(e: Suspect): void {
  e.blame_ = Blame.Nothing
  e.aside_ = undefined
  e.turns_ = undefined
}

export function isFresh(e: Suspect, now: number): boolean {
  return e.acked_ !== undefined && e.acked_ >= 0 && now - e.acked_ <= Span.Fresh
}

/** A suspect of a close at second `now`: without SUBACK, or acked just before. */
function isSuspect(e: Suspect, now: number): boolean {
  return e.want_ === Want.Suback || (e.want_ === Want.Nothing || e.want_ === Want.Later) && isFresh(e, now)
}

/** The only suspect of a close; undefined when there is none or more than one. */
export function onlySuspect<T extends Suspect>(r: Suspects<T>, now: number): T | undefined {
  let found: T | undefined = undefined
  for (const e of r.entries_) {
    if (!isSuspect(e, now)) continue
    if (found !== undefined) return undefined
    found = e
  }
  return found
}

/** The filter went out alone: if it is the only suspect, the close is most likely about it. */
export function wentAlone(e: Suspect): boolean {
  return blameOf(e) >= Blame.Suspect
}

/** The server closed at second `now`, after a life of `life` ms, and it is not for anything else that is known. */
export function blameFilters<T extends Suspect>(r: Suspects<T>, now: number, life: number): void {
  const only = onlySuspect(r, now)
  let suspects = 0
  for (const e of r.entries_) {
    if (isSuspect(e, now)) suspects = suspects + 1
  }
  for (const e of r.entries_) {
    const fresh = e.want_ !== Want.Suback
    if (e.want_ === Want.Aside) {
      // Without it the link did not last either, and it is not for another filter.
      if (suspects === 0 && e.aside_ === -1 && life <= e.needs_!) {
        e.want_ = Want.Subscribe
        clear(e)
      }
    } else if (e === only) {
      const needs = fresh ? Span.Proof : life + Span.Margin
      // The life in which one that was set aside is tried again says nothing: the link stood long before.
      if (blameOf(e) < Blame.Only || e.aside_ === undefined && needs > e.needs_!) e.needs_ = needs
      e.blame_ = blameOf(e) >= Blame.Only ? Blame.Twice : Blame.Only
      if (e.blame_ === Blame.Twice) {
        e.want_ = Want.Aside
        e.aside_ = -1
      }
      r.watched_ = true
    } else if (isSuspect(e, now)) {
      if (blameOf(e) === Blame.Nothing) e.blame_ = Blame.Suspect
      r.watched_ = true
    } else if (e.want_ === Want.Nothing) clear(e)
    e.acked_ = -1
  }
}

/** Second `now` of an open connection that stands for `age` ms. Returns the filters that are set aside now. */
export function watchFilters<T extends Suspect>(r: Suspects<T>, now: number, age: number): T[] {
  const proven: T[] = []
  let watched = false
  for (const e of r.entries_) {
    if (e.want_ === Want.Aside) {
      if (e.aside_ === -1) {
        if (age > e.needs_!) {
          e.aside_ = now
          e.turns_ = e.turns_ === undefined ? 1 : e.turns_ + 1
          proven.push(e)
        }
      } else if (now - e.aside_! >= asideSeconds(e)) {
        e.want_ = Want.Subscribe
        e.blame_ = Blame.Only
        r.dirty_ = true
      }
    } else if (blameOf(e) > Blame.Nothing && e.acked_ !== undefined && e.acked_ >= 0 && !isFresh(e, now)) clear(e)
    watched = watched || blameOf(e) > Blame.Nothing
  }
  r.watched_ = watched
  return proven
}

/** ms from second `now` to the next look at the filters, on a connection that stands for `age` ms; -1 for none. */
export function nextLook<T extends Suspect>(r: Suspects<T>, now: number, age: number): number {
  let due = -1
  for (const e of r.entries_) {
    let ms = -1
    if (e.want_ === Want.Aside) ms = e.aside_ === -1 ? e.needs_! + 1 - age : (asideSeconds(e) - (now - e.aside_!)) * 1000
    else if (blameOf(e) > Blame.Nothing && e.want_ !== Want.Suback) ms = 1000
    if (ms >= 0 && (due < 0 || ms < due)) due = ms
  }
  return due
}

/** Whether the next suspect may be asked for at second `now`: nothing is unanswered, and the last SUBACK is not fresh. */
export function isQuiet(r: Registry, now: number): boolean {
  for (const q of r.requests_) {
    if (q.age_ >= 0) return false
  }
  for (const e of r.entries_) {
    if (isFresh(e, now)) return false
  }
  return true
}
