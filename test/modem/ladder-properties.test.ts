import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { climbed, hold, parkedFor, Rung, stable, trouble, Trouble } from '../../hal/at/ladder.js'
import { MINUTE, rig, type Rig } from './ladder-rig.js'

const isAccount = (what: number) => what === Trouble.SimProblem || what === Trouble.AccountProblem
/** Of a modem that does not answer as it should: what SIM and account do not explain. */
const isDeaf = (what: number) => what === Trouble.Desync || what === Trouble.Silent

type Event = { trouble: Trouble } | { isOk: boolean } | { pass: number } | { up: number } | { isHeld: boolean }

const ms = fc.oneof(fc.constantFrom(0, 1, 1000, 59999, MINUTE, 90000, 2 * MINUTE, 4 * MINUTE, 10 * MINUTE, 60 * MINUTE), fc.nat(2 * MINUTE))
const upMs = fc.oneof(fc.constantFrom(0, 1000, MINUTE, 10 * MINUTE), fc.nat(12 * MINUTE))

const anEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ trouble: fc.integer({ min: 0, max: Trouble.Silent }) }) },
  { weight: 5, arbitrary: fc.record({ isOk: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ pass: ms }) },
  { weight: 1, arbitrary: fc.record({ up: upMs }) },
  { weight: 1, arbitrary: fc.record({ isHeld: fc.boolean() }) }
)
const events = fc.array(anEvent, { maxLength: 400 })
const absences = fc.subarray([Rung.SocketLayer, Rung.PdpContext, Rung.Radio, Rung.SoftReset, Rung.ResetPin, Rung.PowerKey])

interface Climb { rung: number; at: number }

/** Lets `all` happen, hands each climb to `onClimb`, and gives the climbs. */
function play(r: Rig, all: Event[], onClimb: (rung: number, last: Trouble, isBarred: boolean, isHeld: boolean) => void = () => {}): Climb[] {
  const climbs: Climb[] = []
  let last = Trouble.None as Trouble
  let isBarred = false
  let holds = 0
  let heldAt = 0
  for (const event of all) {
    let rung = -1
    if ('trouble' in event) {
      last = event.trouble
      isBarred ||= isAccount(last)
      rung = trouble(r.ladder, last)
    } else if ('isOk' in event) rung = climbed(r.ladder, event.isOk)
    else if ('pass' in event) r.pass(event.pass)
    else if ('up' in event) {
      r.up(event.up)
      if (event.up >= MINUTE) isBarred = false
    } else {
      if (event.isHeld && holds === 0) heldAt = r.now()
      holds = Math.max(0, holds + (event.isHeld ? 1 : -1))
      hold(r.ladder, event.isHeld)
    }
    // Each slice says so; `up` has its own.
    stable(r.ladder, false)
    if (holds > 0 && r.now() - heldAt >= 10 * MINUTE) holds = 0
    if (rung < 0) continue
    climbs.push({ rung, at: r.now() })
    onClimb(rung, last, isBarred, holds > 0)
  }
  return climbs
}

/** The most climbs that lie within `span` ms. */
function most(climbs: Climb[], span: number): number {
  let count = 0
  for (let from = 0, to = 0; to < climbs.length; to += 1) {
    while (climbs[to]!.at - climbs[from]!.at >= span) from += 1
    count = Math.max(count, to - from + 1)
  }
  return count
}

const resets = (climbs: Climb[]) => climbs.filter(({ rung }) => rung >= Rung.SoftReset)

describe('whatever happens, the ladder', () => {
  it('climbs no rung that is absent, none above the radio for SIM or account, and no reset during a write', () => {
    fc.assert(fc.property(events, absences, (all, absent) => {
      const r = rig(absent)
      play(r, all, (rung, last, isBarred, isHeld) => {
        expect(absent).not.toContain(rung)
        expect(rung).toBe(r.ladder.rung_)
        if (isAccount(last)) expect(rung).toBeLessThanOrEqual(Rung.Radio)
        if (isBarred && !isDeaf(r.ladder.lastWhy_)) expect(rung).toBeLessThanOrEqual(Rung.Radio)
        if (isHeld) expect(rung).toBeLessThan(Rung.SoftReset)
      })
      for (const used of r.ladder.used_) expect(used).toBeGreaterThanOrEqual(0)
    }), { numRuns: 3000 })
  })

  it('climbs 14 times at most in 60 s, and 26 resets in 60 minutes', () => {
    fc.assert(fc.property(events, (all) => {
      const climbs = play(rig(), all)
      expect(most(climbs, MINUTE)).toBeLessThanOrEqual(14)
      expect(most(resets(climbs), 60 * MINUTE)).toBeLessThanOrEqual(26)
    }), { numRuns: 3000 })
  })

  it('climbs 8 resets at most in 60 minutes, if the link is never open for ten', () => {
    fc.assert(fc.property(events, (all) => {
      const climbs = play(rig(), all.filter((event) => !('up' in event) || event.up < 10 * MINUTE))
      expect(most(resets(climbs), 60 * MINUTE)).toBeLessThanOrEqual(8)
    }), { numRuns: 3000 })
  })

  it('comes to a rest within 14 climbs when nothing helps, and parks the modem but for links', () => {
    fc.assert(fc.property(events, absences, fc.integer({ min: 0, max: Trouble.Silent }), fc.boolean(), (all, absent, what, isOk) => {
      const r = rig(absent)
      play(r, all)
      // What is being climbed comes to its end first, and writes end.
      climbed(r.ladder, true)
      r.ladder.holds_ = 0
      expect(r.order(what, isOk).length).toBeLessThanOrEqual(14)
      expect(r.ladder.restMs_).toBeGreaterThan(0)
      expect(r.ladder.restMs_).toBeLessThanOrEqual(60 * MINUTE)
      if (r.ladder.restWhy_ > Trouble.DnsFailed) expect(parkedFor(r.ladder)).toBeGreaterThan(0)
    }), { numRuns: 3000 })
  })

  it('tries again after every rest, for ever', () => {
    fc.assert(fc.property(events, absences, fc.integer({ min: 0, max: Trouble.Silent }), (all, absent, what) => {
      const r = rig(absent)
      play(r, all)
      climbed(r.ladder, true)
      r.ladder.holds_ = 0
      r.order(what, false)
      for (let i = 0; i < 3; i += 1) {
        r.pass(60 * MINUTE)
        expect(r.order(what, false).length).toBeGreaterThan(0)
      }
    }), { numRuns: 1000 })
  })
})

describe('those bounds', () => {
  it('of resets are reached by a modem that fails at the worst moments, and not passed', () => {
    const climbs: Climb[] = []
    const r = rig()
    const deaf = (): void => {
      for (const rung of r.order(Trouble.Desync, true)) climbs.push({ rung, at: r.now() })
    }
    // A season: three resets, one more after each rest, then ten minutes of link.
    for (const rests of [2, 2, 2, 2, 3]) {
      deaf()
      for (let i = 0; i < rests; i += 1) {
        r.pass(MINUTE * 2 ** i)
        deaf()
      }
      r.up(10 * MINUTE)
    }
    expect(most(climbs, 60 * MINUTE)).toBe(26)
  })

  it('are 8 in the first hour of a modem that stays dead, and one in each later hour', () => {
    const r = rig()
    const climbs: Climb[] = []
    for (let s = 0; s < 12 * 3600; s += 10) {
      const rung = trouble(r.ladder, Trouble.NotRegistered)
      if (rung >= 0) climbs.push({ rung, at: r.now() })
      climbed(r.ladder, true)
      r.pass(10000)
    }
    const inHour = (hour: number) => resets(climbs).filter(({ at }) => at >= hour * 60 * MINUTE && at < (hour + 1) * 60 * MINUTE).length
    expect(inHour(0)).toBe(8)
    expect([4, 5, 6, 7, 8, 9, 10, 11].map(inHour).every((n) => n <= 1)).toBe(true)
  })
})
