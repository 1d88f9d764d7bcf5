import { describe, expect, it } from 'vitest'
import { answered, begin, ended, failed, newLearn, type Learn } from '../../firmware/learn.js'

const DAY = 86400

/** A search under a keepalive that allows `most` seconds. */
function search(most = 3595): Learn {
  const l = newLearn()
  begin(l, most, true, 0)
  return l
}

/** Pings answered at the time in use, until it changes or `count` came. */
function answer(l: Learn, count: number, now = 0): void {
  for (let i = 0; i < count; i++) answered(l, l.interval_ * 1000, now)
}

/** Proves the present time. */
function prove(l: Learn): void {
  answer(l, 3)
}

describe('the search for the longest idle time', () => {
  it('starts at 30 s', () => {
    expect(search().interval_).toBe(30)
  })

  it('grows by a quarter after three answered pings, and not before', () => {
    const l = search()
    answer(l, 2)
    expect(l.interval_).toBe(30)
    answer(l, 1)
    expect(l.interval_).toBe(37)
    prove(l)
    expect(l.interval_).toBe(46)
  })

  it('takes a ping that followed less idleness for no proof', () => {
    const l = search()
    for (let i = 0; i < 10; i++) answered(l, 27_000, 0)
    expect(l).toMatchObject({ interval_: 30, good_: 0, hits_: 0 })
  })

  it('falls to 0.8 of what worked at the first failure, and calls the time too long at the second', () => {
    const l = search()
    prove(l)
    prove(l)
    prove(l)
    expect(l).toMatchObject({ good_: 46, interval_: 57, bad_: 0 })
    failed(l, 57)
    expect(l).toMatchObject({ interval_: 36, good_: 46, bad_: 0 })
    prove(l)
    expect(l.interval_).toBe(45)
    prove(l)
    expect(l.interval_).toBe(46)
    prove(l)
    expect(l.interval_).toBe(57)
    failed(l, 57)
    expect(l).toMatchObject({ interval_: 36, good_: 46, bad_: 57 })
  })

  it('forgets a single failure when the same time works after all', () => {
    const l = search()
    prove(l)
    prove(l)
    failed(l, 46)
    while (l.interval_ < 46) prove(l)
    prove(l)
    expect(l).toMatchObject({ good_: 46, bad_: 0, failed_: 0 })
    failed(l, 57)
    expect(l.bad_).toBe(0)
  })

  it('halves the gap until it is under a tenth, and runs at 0.9 of what worked', () => {
    for (const limit of [45, 60, 100, 240, 777, 1800, 3000]) {
      const l = search()
      let steps = 0
      while (!l.resting_ && steps < 300) {
        if (l.interval_ < limit) prove(l)
        else failed(l, l.interval_)
        steps += 1
      }
      expect(l.good_).toBeLessThan(limit)
      expect(l.bad_).toBeGreaterThanOrEqual(limit)
      expect((l.bad_ - l.good_) / l.good_).toBeLessThan(0.1)
      expect(l.interval_).toBe(Math.max(30, Math.floor(l.good_ * 9 / 10)))
    }
  })

  it('never asks for more than the keepalive allows, and stays there where the path bears it', () => {
    const l = search(115)
    for (let i = 0; i < 30; i++) {
      prove(l)
      expect(l.interval_).toBeLessThanOrEqual(115)
    }
    expect(l).toMatchObject({ interval_: 115, good_: 115, bad_: 0 })
  })

  it('tries again after 1, 2, 4, 7, 7 days, and goes back at one failure', () => {
    const l = search()
    while (!l.resting_) {
      if (l.interval_ < 100) prove(l)
      else failed(l, l.interval_)
    }
    const { bad_, interval_ } = l
    let now = 0
    for (const days of [1, 2, 4, 7, 7]) {
      now = l.since_ + days * DAY
      answer(l, 1, now - 1)
      expect(l).toMatchObject({ resting_: true, interval_ })
      answer(l, 1, now)
      expect(l).toMatchObject({ resting_: false, interval_: bad_ })
      failed(l, bad_)
      expect(l.interval_).toBe(Math.floor(l.good_ * 4 / 5))
      for (let i = 0; i < 3; i++) answered(l, l.interval_ * 1000, now)
      expect(l).toMatchObject({ resting_: true, interval_, bad_, since_: now })
    }
  })

  it('goes on growing when the trial works, and is eager again', () => {
    const l = search()
    while (!l.resting_) {
      if (l.interval_ < 100) prove(l)
      else failed(l, l.interval_)
    }
    l.days_ = 7
    const before = l.bad_
    answer(l, 1, 8 * DAY)
    prove(l)
    expect(l).toMatchObject({ good_: before, bad_: 0, days_: 1 })
    expect(l.interval_).toBe(Math.floor(before * 5 / 4))
  })

  it('starts anew when even 0.8 of what worked fails', () => {
    const l = search()
    while (!l.resting_) {
      if (l.interval_ < 1000) prove(l)
      else failed(l, l.interval_)
    }
    const { good_ } = l
    failed(l, l.interval_)
    expect(l).toMatchObject({ interval_: Math.floor(good_ * 4 / 5), good_ })
    failed(l, l.interval_)
    expect(l).toMatchObject({ interval_: 30, good_: 0 })
  })

  it('does not blame the path at its least, whatever happens', () => {
    const l = search()
    for (let i = 0; i < 10; i++) {
      failed(l, 30)
      ended(l, 30)
    }
    expect(l).toMatchObject({ interval_: 30, bad_: 0, failed_: 0, ended_: 0 })
  })
})

describe('an idle link that the other side ends', () => {
  it('is the server\'s doing when it happens at different times', () => {
    const l = search()
    while (l.interval_ < 500) prove(l)
    const interval = l.interval_
    for (const seconds of [300, 100, 450, 50, 333]) ended(l, seconds)
    expect(l).toMatchObject({ interval_: interval, bad_: 0, failed_: 0 })
  })

  it('is the path\'s when it happens twice in a row after the same time', () => {
    const l = search()
    while (l.interval_ < 500) prove(l)
    ended(l, 300)
    ended(l, 301)
    expect(l).toMatchObject({ interval_: 30, bad_: 301, good_: 0 })
  })

  it('is forgotten when the link bore more in between', () => {
    const l = search()
    while (l.interval_ < 500) prove(l)
    const interval = l.interval_
    ended(l, 300)
    answer(l, 1)
    ended(l, 300)
    expect(l).toMatchObject({ interval_: interval, bad_: 0 })
  })
})
