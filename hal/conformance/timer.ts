/** The clock: stamps that mean nothing by themselves, and the milliseconds since one. */
import { check, collected, dial, fail, next, staged } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

/** Whole, and not NaN. */
function isWhole(n: number): boolean {
  return n === n - n % 1
}

function numbers(kit: Kit): Step {
  const stamp = kit.hal.timer.ticks()
  const ms = kit.hal.timer.since(stamp)
  return check(kit, ms >= 0 && ms <= kit.toleranceMs, 'since(ticks()) is ' + ms)
}

function whole(kit: Kit): Step {
  const ms = kit.hal.timer.since(kit.entered)
  if (!isWhole(ms)) return fail(kit, 'since gave ' + ms + ', which is not a whole number of milliseconds')
  kit.count = kit.count + 1
  return kit.count > 20 && ms > 100 ? Step.Done : Step.NotYet
}

/** The peer's clock is the measure: "a" and "b" leave it 400 ms apart. */
function rate(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 200;say a;wait 400;say b;drain')
  if (kit.stage === 1) {
    if (!collected(kit, 1)) return Step.NotYet
    kit.stamp = kit.hal.timer.ticks()
    return next(kit)
  }
  if (!collected(kit, 2)) return Step.NotYet
  const ms = kit.hal.timer.since(kit.stamp)
  return check(kit, ms >= 300 && ms <= 400 + kit.toleranceMs, 'what the peer sent 400 ms apart came ' + ms + ' ms apart by the port\'s clock')
}

function neverBack(kit: Kit): Step {
  for (let i = 0; i < 50; i = i + 1) {
    const ms = kit.hal.timer.since(kit.began)
    if (ms < kit.mark) return fail(kit, 'since fell from ' + kit.mark + ' to ' + ms)
    kit.mark = ms
  }
  return staged(kit) > 200 ? Step.Done : Step.NotYet
}

function agree(kit: Kit): Step {
  if (kit.stage === 0) {
    if (staged(kit) < 120) return Step.NotYet
    kit.stamp = kit.hal.timer.ticks()
    kit.mark = kit.hal.timer.since(kit.began)
    return next(kit)
  }
  const older = kit.hal.timer.since(kit.began)
  const newer = kit.hal.timer.since(kit.stamp)
  const apart = older - newer
  if (apart < kit.mark - 2 || apart > kit.mark + 2) return fail(kit, 'two stamps taken ' + kit.mark + ' ms apart are ' + apart + ' ms apart later')
  return staged(kit) > 200 ? Step.Done : Step.NotYet
}

/** Both clocks run at one rate; the second one wraps meanwhile. */
function wrap(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.other = kit.setup.wrapping!()
    kit.stamp = kit.other.timer.ticks()
    return next(kit)
  }
  const ms = kit.other.timer.since(kit.stamp)
  const expected = staged(kit)
  if (ms < expected - 5 || ms > expected + 5) return fail(kit, 'since is ' + ms + ' after ' + expected + ' ms')
  return expected > 500 ? Step.Done : Step.NotYet
}

/** A stamp from before the wrap and one from after. */
function wrapBetween(kit: Kit): Step {
  if (kit.stage === 0) {
    kit.other = kit.setup.wrapping!()
    kit.firstStamp = kit.other.timer.ticks()
    return next(kit)
  }
  if (kit.stage === 1) {
    if (staged(kit) < 300) return Step.NotYet
    kit.stamp = kit.other.timer.ticks()
    return next(kit)
  }
  const newer = kit.other.timer.since(kit.stamp)
  const older = kit.other.timer.since(kit.firstStamp)
  if (newer < 0 || newer > staged(kit) + 5) return fail(kit, 'a stamp taken after the wrap is ' + newer + ' ms old after ' + staged(kit) + ' ms')
  if (older < newer + 290 || older > newer + 300 + kit.toleranceMs) return fail(kit, 'a stamp taken before the wrap is ' + older + ' ms old, one taken 300 ms later ' + newer)
  return staged(kit) > 100 ? Step.Done : Step.NotYet
}

export const timerCases: Case[] = [
  { id: 'timer.since-now', needs: Need.Nothing, run: numbers },
  { id: 'timer.whole-milliseconds', needs: Need.Nothing, run: whole },
  { id: 'timer.rate', needs: Need.Nothing, run: rate },
  { id: 'timer.never-back', needs: Need.Nothing, run: neverBack },
  { id: 'timer.stamps-agree', needs: Need.Nothing, run: agree },
  { id: 'timer.wrap', needs: Need.Wrap, run: wrap },
  { id: 'timer.stamps-across-the-wrap', needs: Need.Wrap, run: wrapBetween }
]
