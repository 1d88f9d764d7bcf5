/**
 * What a client remembers of its own past links, so that it neither feeds a duel over its id nor hides that it drops too
 * often: lives that ended as a takeover ends them, connections of the last hour, drops of the last hour. Everything is
 * bounded. docs/protocol.md, "Takeover", has the decision; docs/governor.md what it looks like from outside.
 */
const enum Bound {
  /** Lives remembered, and connections. The second is the promise too: no more in any hour of a conflict. */
  Lives = 6,
  /** s: three lives within this time count. */
  Within = 900,
  /** ms: lives shorter than this are alike. */
  Short = 10000,
  /** s: how far apart connections are in a conflict, and how much of that is chance. */
  Apart = 600,
  Hour = 3600
}

/** Drops are counted in this many periods of so many s. */
const enum Drops { Periods = 6, Period = 600 }

export interface Governor {
  /** Lives that ended as a takeover ends them: s at their end, ms that they lasted; the newest last. */
  ends_: number[]
  lives_: number[]
  /** s of the last connections that may have been takeovers of ours: those after a close by the server, and those in a conflict. */
  starts_: number[]
  /** The server closed the last connection. */
  closed_: boolean
  /** s of the last CONNECT. */
  last_: number
  /** Another client has our id: connections come slowly. */
  conflict_: boolean
  /** s of the last sign of it, and of the last time that the server said so; -1 for never. */
  seen_: number
  told_: number
  /** ms that the next attempt waits at least. */
  wait_: number
  /** The bearer was away during this connection. */
  bearer_: boolean
  /** Ends that were put down to a filter although they look like a takeover. */
  excuses_: number
  /** Drops in each of the last six periods of ten minutes, in turn, and the number of the present one. */
  drops_: number[]
  period_: number
}

export function newGovernor(): Governor {
  return {
    ends_: [], lives_: [], starts_: [], closed_: false, last_: 0, conflict_: false, seen_: -1, told_: -1, wait_: 0, bearer_: false, excuses_: 0,
    drops_: [0, 0, 0, 0, 0, 0], period_: 0
  }
}

/** The newest numbers of a list, `Bound.Lives` at most. */
function keepNewest(list: number[], n: number): number[] {
  const rest: number[] = []
  for (let i = list.length < Bound.Lives ? 0 : 1; i < list.length; i = i + 1) rest.push(list[i]!)
  rest.push(n)
  return rest
}

/** A connection begins at second `now`. */
export function noteStart(g: Governor, now: number): void {
  if (g.closed_ || g.conflict_ || g.starts_.length === 0) g.starts_ = keepNewest(g.starts_, now)
  g.closed_ = false
  g.last_ = now
  g.bearer_ = false
}

/** Whether three lives are alike: each short, or each within 30 % of the others. ms, below 2^27. */
export function areAlike(a: number, b: number, c: number): boolean {
  let least = a < b ? a : b
  let most = a < b ? b : a
  if (c < least) least = c
  if (c > most) most = c
  return most < Bound.Short || most * 10 <= least * 13
}

/** A life of `life` ms that ended at second `now` as a takeover ends it. Whether it is the third of its kind within 15 minutes. */
export function noteLife(g: Governor, now: number, life: number): boolean {
  // Longer lives are alike to none within the time.
  const ms = life > Bound.Within * 1000 ? Bound.Within * 1000 : life
  let alike = false
  for (let i = 0; i < g.ends_.length; i = i + 1) {
    if (now - g.ends_[i]! + g.lives_[i]! / 1000 > Bound.Within) continue
    for (let j = i + 1; j < g.ends_.length; j = j + 1) alike = alike || areAlike(ms, g.lives_[i]!, g.lives_[j]!)
  }
  g.ends_ = keepNewest(g.ends_, now)
  g.lives_ = keepNewest(g.lives_, ms)
  return alike
}

/** The server said at second `now` that another client took our session. Whether that is certain: the second time within 15 minutes. */
export function noteTold(g: Governor, now: number): boolean {
  const certain = g.told_ >= 0 && now - g.told_ <= Bound.Within
  g.told_ = now
  return certain
}

/** Whether one more sign suffices: a conflict that was lifted is not an hour old, or the connections of the last hour are as many as may be. */
export function isLikely(g: Governor, now: number): boolean {
  return g.seen_ >= 0 && now - g.seen_ < Bound.Hour || g.starts_.length >= Bound.Lives && now - g.starts_[0]! < Bound.Hour
}

/**
 * ms from second `now` to the next attempt in a conflict, below 1 for at once: 10 minutes after the last CONNECT, give or take half
 * (`noise` 0 to 999, below 0 for none), and never the seventh connection in an hour.
 */
export function conflictWait(g: Governor, now: number, noise: number): number {
  const chance = noise * 3
  let wait = Bound.Apart - (now - g.last_)
  if (noise >= 0) wait = wait - Bound.Apart / 2 + (chance - chance % 5) / 5
  if (g.starts_.length >= Bound.Lives) {
    // One more, since seconds are rounded down.
    const left = Bound.Hour - (now - g.starts_[0]!) + 1
    if (left > wait) wait = left
  }
  return wait * 1000
}

/** Moves the count of drops to second `now`. */
function turnPeriods(g: Governor, now: number): void {
  const period = (now - now % Drops.Period) / Drops.Period
  let steps = period - g.period_
  if (steps > Drops.Periods) steps = Drops.Periods
  for (let i = 0; i < steps; i = i + 1) g.drops_[(period - i) % Drops.Periods] = 0
  g.period_ = period
}

/** A connection dropped at second `now`. */
export function noteDrop(g: Governor, now: number): void {
  turnPeriods(g, now)
  const i = g.period_ % Drops.Periods
  g.drops_[i] = g.drops_[i]! + 1
}

/** Drops in the last 50 to 60 minutes. */
export function dropsInHour(g: Governor, now: number): number {
  turnPeriods(g, now)
  let count = 0
  for (const n of g.drops_) count = count + n
  return count
}
