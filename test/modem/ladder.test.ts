import { describe, expect, it } from 'vitest'
import { budgetMs, climbed, climbLimit, hold, parkedFor, Rules, Rung, stable, trouble, Trouble } from '../../hal/at/ladder.js'
import { MINUTE, rig } from './ladder-rig.js'

const RUNGS = [0, 1, 2, 3, 4, 5, 6]

/** Each trouble, the rungs while their work fails, and while it succeeds and the trouble comes back. */
const ORDERS: [string, Trouble, number[], number[]][] = [
  ['a link that closed', Trouble.LinkClosed, [0, 0, 0, 1, 1], [0, 0, 0, 1, 1]],
  ['a link that cannot be opened', Trouble.LinkFailed, [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6], [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]],
  ['a name that is not found', Trouble.DnsFailed, [1, 1, 2, 2, 3, 3, 4, 5, 6], [1, 1, 2, 2, 3, 3, 4]],
  ['a lost PDP context', Trouble.PdpLost, [1, 1, 2, 2, 3, 3, 4, 5, 6], [1, 1, 2, 2, 3, 3, 4, 5, 6]],
  ['no address', Trouble.NoContext, [2, 2, 3, 3, 4, 5, 6], [2, 2, 3, 3, 4, 5, 6]],
  ['not attached', Trouble.NotAttached, [2, 2, 3, 3, 4, 5, 6], [2, 2, 3, 3, 4, 5, 6]],
  ['not registered', Trouble.NotRegistered, [3, 3, 4, 5, 6], [3, 3, 4, 5, 6]],
  ['a modem that restarted by itself', Trouble.Rebooted, [1, 1, 2, 2, 3, 3], [1, 1, 2, 2, 3, 3]],
  ['the SIM', Trouble.SimProblem, [3, 3], [3, 3]],
  ['the account', Trouble.AccountProblem, [3, 3], [3, 3]],
  ['answers out of step', Trouble.Desync, [4, 5, 6], [4, 5, 6]],
  ['silence', Trouble.Silent, [5, 6], [5, 6]]
]

describe('the ladder\'s table', () => {
  it('has a budget and a limit for each rung', () => {
    expect(RUNGS.map(budgetMs)).toEqual([75000, 159000, 216000, 165000, 90000, 90000, 90000])
    expect(RUNGS.map(climbLimit)).toEqual([3, 2, 2, 2, 1, 1, 1])
  })

  it('has an entry and an end for each trouble', () => {
    expect(ORDERS.map(([, what]) => what).sort((a, b) => a - b)).toEqual([...Array(Trouble.Silent + 1).keys()])
    expect([Rules.Entry.length, Rules.Top.length]).toEqual([Trouble.Silent + 1, Trouble.Silent + 1])
  })
})

describe('[S0-14] the order of rungs', () => {
  it.each(ORDERS)('%s, while the work fails', (_name, what, failing) => {
    expect(rig().order(what, false)).toEqual(failing)
  })

  it.each(ORDERS)('%s, while the work succeeds and does not help', (_name, what, _failing, useless) => {
    expect(rig().order(what, true)).toEqual(useless)
  })

  it.each(ORDERS)('%s, where no pin is wired and there is no PDP', (_name, what, failing, useless) => {
    const absent = [Rung.PdpContext, Rung.ResetPin, Rung.PowerKey]
    const left = (rungs: number[]) => rungs.filter((rung) => !absent.includes(rung))
    // What enters beyond what there is takes the strongest there is.
    expect(rig(absent).order(what, false)).toEqual(what === Trouble.Silent ? [4] : left(failing))
    expect(rig(absent).order(what, true)).toEqual(what === Trouble.Silent ? [4] : left(useless))
  })

  it('of a silent modem: the RESET pin, else the power key, else the command', () => {
    expect(rig().order(Trouble.Silent, false)).toEqual([5, 6])
    expect(rig([Rung.ResetPin]).order(Trouble.Silent, false)).toEqual([6])
    expect(rig([Rung.PowerKey]).order(Trouble.Silent, false)).toEqual([5])
    expect(rig([Rung.ResetPin, Rung.PowerKey]).order(Trouble.Silent, false)).toEqual([4])
    expect(rig([Rung.SoftReset, Rung.ResetPin, Rung.PowerKey]).order(Trouble.Silent, false)).toEqual([3, 3])
  })

  it('[S0-03.5] has different rungs for a closed link and a lost context', () => {
    expect(trouble(rig().ladder, Trouble.LinkClosed)).toBe(Rung.Reconnect)
    expect(trouble(rig().ladder, Trouble.PdpLost)).toBe(Rung.SocketLayer)
  })

  it('goes on where the trouble changes, not from the start', () => {
    const r = rig()
    expect(r.order(Trouble.LinkClosed, true)).toEqual([0, 0, 0, 1, 1])
    expect(r.order(Trouble.PdpLost, true)).toEqual([2, 2, 3, 3, 4, 5, 6])
  })
})

describe('while a rung is climbed', () => {
  it('what it brings about is no new trouble', () => {
    const { ladder } = rig()
    expect(trouble(ladder, Trouble.NotRegistered)).toBe(Rung.Radio)
    for (const what of [Trouble.LinkClosed, Trouble.PdpLost, Trouble.NoContext, Trouble.NotAttached, Trouble.NotRegistered, Trouble.Rebooted]) {
      expect(trouble(ladder, what)).toBe(-1)
    }
    expect(ladder.rung_).toBe(Rung.Radio)
    expect(ladder.why_).toBe(Trouble.NotRegistered)
  })

  it('a worse trouble takes its place', () => {
    const { ladder } = rig()
    expect(trouble(ladder, Trouble.LinkClosed)).toBe(Rung.Reconnect)
    expect(trouble(ladder, Trouble.PdpLost)).toBe(Rung.SocketLayer)
    expect(trouble(ladder, Trouble.Silent)).toBe(Rung.ResetPin)
    expect(climbed(ladder, false)).toBe(Rung.PowerKey)
  })

  it.each(RUNGS)('rung %i has its budget, and then the next trouble takes its place', (rung) => {
    const r = rig(RUNGS.filter((one) => one > 0 && one !== rung))
    const what = rung === 0 ? Trouble.LinkClosed : rung < 4 ? Trouble.PdpLost : Trouble.Silent
    // What enters at rung 1 and finds it absent takes the next.
    expect(trouble(r.ladder, what)).toBe(rung)
    r.pass(budgetMs(rung) - 1)
    expect(trouble(r.ladder, Trouble.LinkClosed)).toBe(-1)
    expect(r.ladder.rung_).toBe(rung)
    r.pass(1)
    expect(trouble(r.ladder, Trouble.LinkClosed)).toBe(Rung.Reconnect)
  })

  it('a minute of link ends it, if nobody else did', () => {
    const r = rig()
    expect(trouble(r.ladder, Trouble.NotRegistered)).toBe(Rung.Radio)
    r.up(MINUTE)
    expect(r.ladder.rung_).toBe(-1)
  })

  it('the end of what nobody climbs is nothing', () => {
    const { ladder } = rig()
    expect(climbed(ladder, false)).toBe(-1)
    expect(climbed(ladder, true)).toBe(-1)
    expect(ladder).toMatchObject({ last_: -1, isLastOk_: false, isChanged_: false, restMs_: 0 })
  })
})

describe('success', () => {
  it.each(RUNGS)('at rung %i ends the climb', (rung) => {
    const r = rig()
    let at = trouble(r.ladder, Trouble.LinkFailed)
    while (at < rung) at = climbed(r.ladder, false)
    expect(at).toBe(rung)
    expect(climbed(r.ladder, true)).toBe(-1)
    expect(r.ladder).toMatchObject({ rung_: -1, last_: rung, isLastOk_: true, restMs_: 0 })
    trouble(r.ladder, Trouble.Silent)
    expect(r.ladder.isLastOk_).toBe(rung >= Rung.PowerKey)
  })

  it.each(RUNGS)('at rung %i and nine minutes of link keep what was used up', (rung) => {
    const r = rig()
    let at = trouble(r.ladder, Trouble.LinkFailed)
    while (at < rung) at = climbed(r.ladder, false)
    climbed(r.ladder, true)
    r.up(10 * MINUTE - 1000)
    // The rung that helped may help again; those before it did not. A reset is used up in any case.
    expect(trouble(r.ladder, Trouble.LinkFailed)).toBe(rung < Rung.SoftReset ? rung : -1)
    // What entered at rung 0 has no stronger rung than the restart by command.
    if (rung >= Rung.SoftReset) expect(trouble(r.ladder, Trouble.PdpLost)).toBe(rung < Rung.PowerKey ? rung + 1 : -1)
  })

  it('and ten minutes of link make all rungs new, and rests short again', () => {
    const r = rig()
    expect(r.order(Trouble.PdpLost, false)).toEqual([1, 1, 2, 2, 3, 3, 4, 5, 6])
    for (let i = 0; i < 6; i += 1) {
      r.pass(parkedFor(r.ladder))
      r.order(Trouble.PdpLost, false)
    }
    expect(parkedFor(r.ladder)).toBe(60 * MINUTE)
    r.up(10 * MINUTE)
    expect(parkedFor(r.ladder)).toBe(0)
    expect(r.order(Trouble.PdpLost, false)).toEqual([1, 1, 2, 2, 3, 3, 4, 5, 6])
    expect(parkedFor(r.ladder)).toBe(MINUTE)
  })

  it('and ten minutes of link take back the one more try that a rest gave', () => {
    const r = rig()
    r.order(Trouble.Silent, false)
    r.pass(MINUTE)
    trouble(r.ladder, Trouble.LinkClosed)
    r.up(10 * MINUTE)
    expect(r.order(Trouble.LinkClosed, true)).toEqual([0, 0, 0, 1, 1])
  })

  it('and ten minutes in parts do not', () => {
    const r = rig()
    r.order(Trouble.PdpLost, false)
    for (let i = 0; i < 10; i += 1) r.up(5 * MINUTE)
    expect(r.order(Trouble.PdpLost, false)).toEqual([6])
  })

  it('any trouble begins the ten minutes anew', () => {
    const r = rig()
    r.order(Trouble.Silent, true)
    stable(r.ladder, true)
    r.pass(9 * MINUTE)
    stable(r.ladder, true)
    trouble(r.ladder, Trouble.LinkClosed)
    stable(r.ladder, true)
    r.pass(2 * MINUTE)
    stable(r.ladder, true)
    expect(trouble(r.ladder, Trouble.Silent)).toBe(Rung.PowerKey)
  })

  it('a link that closes every two minutes is opened again and again, and nothing else', () => {
    const r = rig()
    for (let i = 0; i < 100; i += 1) {
      expect(trouble(r.ladder, Trouble.LinkClosed)).toBe(Rung.Reconnect)
      expect(climbed(r.ladder, true)).toBe(-1)
      r.up(2 * MINUTE)
    }
    expect(r.ladder.climbs_).toEqual([100, 0, 0, 0, 0, 0, 0])
  })

  it('a modem that hangs every two minutes runs out of resets', () => {
    const r = rig()
    const rungs: number[] = []
    for (let i = 0; i < 4; i += 1) {
      rungs.push(trouble(r.ladder, Trouble.Silent))
      climbed(r.ladder, true)
      r.up(2 * MINUTE)
    }
    // Its third silence begins a rest of a minute, and the link was open for two.
    expect(rungs).toEqual([5, 6, -1, 6])
  })
})

describe('[S0-02.2] SIM and account', () => {
  it.each([Trouble.SimProblem, Trouble.AccountProblem])('trouble %i never leads to a reset, whatever comes with it', (what) => {
    const r = rig()
    r.order(what, false)
    for (let hour = 0; hour < 24; hour += 1) {
      for (const other of [Trouble.NotRegistered, Trouble.LinkFailed, Trouble.NoContext, Trouble.PdpLost, Trouble.NotAttached, Trouble.DnsFailed, what]) {
        r.order(other, hour % 2 > 0)
        r.pass(10 * MINUTE)
      }
    }
    expect(r.ladder.climbs_.slice(Rung.SoftReset)).toEqual([0, 0, 0])
    expect(r.ladder.climbs_[Rung.Radio]).toBeGreaterThan(24)
    expect(r.ladder.isChanged_).toBe(false)
  })

  it('are tried again after each rest, by the radio', () => {
    const r = rig()
    expect(r.order(Trouble.AccountProblem, false)).toEqual([3, 3])
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(parkedFor(r.ladder)).toBe(minutes * MINUTE)
      r.pass(minutes * MINUTE)
      expect(r.order(Trouble.AccountProblem, false)).toEqual([3])
    }
  })

  it('found while resets are climbed end the climb', () => {
    const { ladder } = rig()
    expect(trouble(ladder, Trouble.Desync)).toBe(Rung.SoftReset)
    expect(trouble(ladder, Trouble.AccountProblem)).toBe(-1)
    expect(climbed(ladder, false)).toBe(Rung.Radio)
  })

  it('save no modem that does not answer from its reset', () => {
    const r = rig()
    r.order(Trouble.AccountProblem, false)
    expect(r.order(Trouble.Silent, true)).toEqual([5, 6])
    r.pass(parkedFor(r.ladder))
    expect(r.order(Trouble.NotRegistered, true)).toEqual([3])
  })

  it('are forgotten after a minute of link', () => {
    const r = rig()
    r.order(Trouble.AccountProblem, false)
    r.up(MINUTE - 1000)
    expect(r.ladder.isBarred_).toBe(true)
    r.up(MINUTE)
    expect(r.order(Trouble.NotRegistered, false)).toEqual([3, 4, 5, 6])
  })
})

describe('a rest', () => {
  it('is 1, 2, 4 ... 60 minutes, and gives the strongest rung one more try', () => {
    const r = rig()
    expect(r.order(Trouble.Silent, false)).toEqual([5, 6])
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      expect(parkedFor(r.ladder)).toBe(minutes * MINUTE)
      r.pass(minutes * MINUTE - 1)
      expect(parkedFor(r.ladder)).toBe(1)
      expect(r.order(Trouble.Silent, false)).toEqual([])
      r.pass(1)
      expect(parkedFor(r.ladder)).toBe(0)
      r.pass(minutes)
      expect(parkedFor(r.ladder)).toBe(0)
      expect(r.order(Trouble.Silent, false)).toEqual([6])
    }
    expect(r.ladder.why_).toBe(Trouble.Silent)
  })

  it('for want of a server parks nobody: the core tries on, and one restart follows each rest', () => {
    const r = rig()
    expect(r.order(Trouble.LinkFailed, true)).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 3, 4])
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(parkedFor(r.ladder)).toBe(0)
      r.pass(minutes * MINUTE - 1)
      expect(trouble(r.ladder, Trouble.LinkFailed)).toBe(-1)
      r.pass(1)
      expect(r.order(Trouble.LinkFailed, true)).toEqual([4])
    }
  })

  it('after which the trouble is a milder one begins with what is left of its rungs', () => {
    const r = rig()
    r.order(Trouble.Silent, false)
    r.pass(MINUTE)
    expect(trouble(r.ladder, Trouble.PdpLost)).toBe(Rung.SocketLayer)
  })

  it('leaves its one more try for when nothing else is left, and not beyond that', () => {
    const r = rig()
    r.order(Trouble.Silent, false)
    r.pass(MINUTE)
    expect(r.order(Trouble.Desync, false)).toEqual([4, 6])
    expect(parkedFor(r.ladder)).toBe(2 * MINUTE)
    r.pass(2 * MINUTE)
    expect(r.order(Trouble.LinkClosed, true)).toEqual([0, 0, 0, 1, 1, 1])
  })

  it('for want of milder rungs ends when a stronger one is needed, and not the other way round', () => {
    const r = rig()
    r.order(Trouble.LinkFailed, true)
    expect(r.order(Trouble.Silent, false)).toEqual([5, 6])
    expect(r.order(Trouble.LinkFailed, false)).toEqual([])
    expect(r.order(Trouble.PdpLost, false)).toEqual([])
    expect(parkedFor(r.ladder)).toBe(2 * MINUTE)
  })

  it('may be ended when the modem is back by itself, and gives no try then', () => {
    const r = rig()
    r.order(Trouble.NotRegistered, false)
    r.ladder.restMs_ = 0
    expect(parkedFor(r.ladder)).toBe(0)
    expect(r.order(Trouble.NotRegistered, false)).toEqual([])
    expect(parkedFor(r.ladder)).toBe(2 * MINUTE)
  })
})

describe('a write', () => {
  it('puts resets off, and nothing else', () => {
    const { ladder } = rig()
    hold(ladder, true)
    expect(trouble(ladder, Trouble.LinkFailed)).toBe(Rung.Reconnect)
    for (const rung of [0, 0, 1, 1, 2, 2, 3, 3]) expect(climbed(ladder, false)).toBe(rung)
    expect(climbed(ladder, false)).toBe(-1)
    expect(trouble(ladder, Trouble.Silent)).toBe(-1)
    expect(ladder).toMatchObject({ rung_: -1, restMs_: 0, isChanged_: false })
    hold(ladder, false)
    expect(trouble(ladder, Trouble.LinkFailed)).toBe(Rung.SoftReset)
  })

  it('and another: both must end', () => {
    const { ladder } = rig()
    hold(ladder, true)
    hold(ladder, true)
    hold(ladder, false)
    expect(trouble(ladder, Trouble.Desync)).toBe(-1)
    hold(ladder, false)
    expect(trouble(ladder, Trouble.Desync)).toBe(Rung.SoftReset)
  })

  it('that ends nowhere holds for ten minutes', () => {
    const r = rig()
    hold(r.ladder, true)
    r.pass(10 * MINUTE - 1)
    stable(r.ladder, false)
    expect(trouble(r.ladder, Trouble.Silent)).toBe(-1)
    r.pass(1)
    stable(r.ladder, false)
    expect(trouble(r.ladder, Trouble.Silent)).toBe(Rung.ResetPin)
    // Its end, when it comes after all, is not taken for another's.
    hold(r.ladder, false)
    hold(r.ladder, true)
    expect(r.ladder.holds_).toBe(1)
  })

  it('that begins within another does not make the ten minutes longer', () => {
    const r = rig()
    hold(r.ladder, true)
    r.pass(9 * MINUTE)
    hold(r.ladder, true)
    r.pass(MINUTE)
    stable(r.ladder, false)
    expect(trouble(r.ladder, Trouble.Silent)).toBe(Rung.ResetPin)
  })
})
