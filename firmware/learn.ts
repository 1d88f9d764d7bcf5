/**
 * The search for the longest time that a path keeps an idle link (docs/keepalive.md, docs/protocol.md decision 3). It
 * knows seconds that worked and seconds that did not, and nothing of sockets: learn-link.ts tells it what happened.
 *
 * Three pings answered after P seconds of idleness, and P grows by a quarter; a failure, and it falls to 0.8 of what
 * worked; two failures, and the time counts as too long. Then the gap is halved until it is under a tenth, and the link
 * runs at 0.9 of what worked. A day later it asks once whether the path has become better, then ever more rarely.
 */

export const enum Learning {
  /** s: what a new path starts at, and the least that is ever used. */
  Least = 30,
  /** Answered pings that prove a time. */
  Proof = 3,
  /** s, and days: when to try again what was too long, the first time and at the rarest. */
  Day = 86400,
  Rarest = 7
}

/** Times in seconds. */
export interface Learn {
  /** In use now: a ping after so long without a byte either way. */
  interval_: number
  /** The longest that the keepalive in force allows; below `Least` nothing is learned. */
  most_: number
  /** The longest that was proven, and the shortest that failed twice; 0 for none. */
  good_: number
  bad_: number
  /** Failed once, 0 for none; and the longest that was proven since. */
  failed_: number
  floor_: number
  /** The link ended by itself after so long without a byte, once; 0 for none. */
  ended_: number
  /** Pings answered in a row at `interval_`. */
  hits_: number
  /** Found: running at 0.9 of `good_` since the second `since_` of the clock, for so many days. */
  resting_: boolean
  since_: number
  days_: number
  /** What is remembered has changed. */
  changed_: boolean
}

export function newLearn(): Learn {
  return {
    interval_: Learning.Least, most_: 0, good_: 0, bad_: 0, failed_: 0, floor_: 0, ended_: 0, hits_: 0,
    resting_: false, since_: 0, days_: 1, changed_: false
  }
}

function part(n: number, of: number, parts: number): number {
  return Math.floor(n * of / parts)
}

/** `seconds` reaches `level`, but for what timers and the radio blur. */
function reaches(seconds: number, level: number): boolean {
  return seconds >= level - 2 - part(level, 1, 50)
}

/** The gap between what worked and what did not is under a tenth: closer is not worth the drops. */
function isFound(l: Learn): boolean {
  return l.bad_ > 0 && (l.bad_ - l.good_) * 10 < l.good_
}

function use(l: Learn, seconds: number): void {
  l.hits_ = 0
  l.interval_ = seconds > l.most_ ? l.most_ : seconds
  if (l.interval_ < Learning.Least) l.interval_ = Learning.Least
}

function rest(l: Learn, now: number): void {
  l.resting_ = true
  l.since_ = now
  use(l, part(l.good_, 9, 10))
}

/** Where to go from a time that worked. */
function goOn(l: Learn, now: number): void {
  const quarter = part(l.interval_ < l.good_ ? l.interval_ : l.good_, 5, 4)
  if (l.good_ >= l.most_) use(l, l.most_)
  else if (isFound(l)) rest(l, now)
  else if (l.interval_ < l.good_) use(l, quarter < l.good_ ? quarter : l.good_)
  else {
    const middle = part(l.good_ + l.bad_, 1, 2)
    use(l, l.bad_ > 0 && middle < quarter ? middle : quarter)
  }
}

/** A connection opened whose keepalive allows `most` seconds between pings. `fresh`: the record is new, filled in from what is remembered. */
export function begin(l: Learn, most: number, fresh: boolean, now: number): void {
  if (!fresh && most === l.most_) return
  l.most_ = most
  l.resting_ = false
  if (l.good_ > 0) {
    // What is proven can be used at once; the search goes on from there.
    use(l, l.good_)
    if (isFound(l) && l.good_ < most) rest(l, now)
  } else use(l, l.interval_)
}

/** The time in use is proven. */
function prove(l: Learn, now: number): void {
  const p = l.interval_
  l.hits_ = 0
  if (l.failed_ > 0) {
    if (p > l.floor_) l.floor_ = p
    if (p >= l.failed_) l.failed_ = 0
  }
  if (l.resting_) return
  if (p > l.good_) {
    l.good_ = p
    l.changed_ = true
  }
  if (l.bad_ > 0 && l.bad_ <= p) {
    // It was not the path, or the path has become better.
    l.bad_ = 0
    l.days_ = 1
  }
  goOn(l, now)
}

/** A ping sent after `idleMs` without a byte either way was answered on the same connection. `now`: the clock's second. */
export function answered(l: Learn, idleMs: number, now: number): void {
  const p = l.interval_
  if (l.ended_ > 0 && idleMs >= l.ended_ * 1000) l.ended_ = 0
  // Where the keepalive itself asks for the ping, the way of the last answer is missing in the time.
  if (idleMs < p * 1000 - p * 62) return
  if (l.resting_ && l.bad_ > 0 && now - l.since_ >= l.days_ * Learning.Day) {
    l.resting_ = false
    l.days_ = l.days_ < 4 ? l.days_ * 2 : Learning.Rarest
    l.changed_ = true
    use(l, l.bad_)
    return
  }
  l.hits_ = l.hits_ + 1
  if (l.hits_ >= Learning.Proof) prove(l, now)
}

/** The link died over what was sent after `seconds` without a byte, and the next attempt worked at once. */
export function failed(l: Learn, seconds: number): void {
  const p = l.interval_
  const level = seconds > p && part(seconds, 15, 16) <= p || seconds < p && reaches(seconds, p) ? p : seconds
  // At the least there is nothing to learn: such a link dies of something else.
  if (level <= Learning.Least) return
  l.resting_ = false
  // What is known to be too long was only tried again.
  if (l.bad_ === 0 || !reaches(level, l.bad_)) {
    if (l.failed_ === 0) {
      l.failed_ = level
      l.floor_ = 0
    } else {
      if (reaches(level, l.failed_)) {
        l.bad_ = level
        l.failed_ = 0
      } else {
        // Whatever fails below it makes it fail too.
        l.bad_ = l.failed_
        l.failed_ = level
      }
      if (l.good_ >= l.bad_) l.good_ = l.floor_ < l.bad_ ? l.floor_ : 0
      l.floor_ = 0
      l.days_ = 1
      l.changed_ = true
    }
  }
  const safe = part(l.good_, 4, 5)
  use(l, safe < level ? safe : part(level, 4, 5))
}

/**
 * The other side ended the link, by FIN or RST, after `seconds` without a byte and with nothing of ours unanswered, and
 * the next attempt worked at once. A server that restarts does that once; a path or proxy that cuts idle links does it
 * again after the same time.
 */
export function ended(l: Learn, seconds: number): void {
  if (seconds <= Learning.Least) return
  const again = l.ended_ > 0 && reaches(seconds, l.ended_) && reaches(l.ended_, seconds)
  if (again || l.bad_ > 0 && reaches(seconds, l.bad_)) {
    l.ended_ = 0
    if (l.bad_ === 0 || !reaches(seconds, l.bad_)) l.failed_ = seconds
    failed(l, seconds)
  } else l.ended_ = seconds
}
