/** Writing: exact bytes, honest credit, and nothing taken that cannot be held. */
import { EMPTY, cat, cut } from '../../firmware/bytes.js'
import { SocketStatus } from '../hal.js'
import { WRITES_A_STEP, ascii, beBusy, check, confirmed, dial, fail, fed, filled, holdFirst, next, pushed, shown, staged, take, waitFor } from './kit.js'
import { PATTERN_MAX, allValues, pattern } from './pattern.js'
import { Need, Step, type Case, type Kit } from './types.js'

/** A write of more bytes than a port has room for. */
const LARGE = 16064
/** ms without room after which a connection counts as full. */
const FULL_MS = 300

function exact(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'check 5')
  if (kit.stage === 1) {
    const taken = kit.socket.write(pattern(0, 5))
    return taken === 5 ? next(kit) : fail(kit, 'write of 5 bytes on a fresh connection returned ' + taken)
  }
  return confirmed(kit)
}

function values(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'checkvalues')
  if (kit.stage === 1) {
    kit.out = allValues()
    return next(kit)
  }
  if (kit.stage === 2) return pushed(kit) ? next(kit) : waitFor(kit, '256 bytes to be taken')
  return confirmed(kit)
}

function onePieces(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'check 300')
  if (kit.stage === 1) {
    while (kit.total < 300) {
      const taken = kit.socket.write(pattern(kit.total, 1))
      if (taken < 0 || taken > 1) return fail(kit, 'write of 1 byte returned ' + taken)
      if (taken === 0) return waitFor(kit, 'byte ' + (kit.total + 1) + ' to be taken')
      kit.total = kit.total + 1
    }
    return next(kit)
  }
  return confirmed(kit)
}

function large(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'check ' + kit.bulkBytes)
  if (kit.stage === 1) return fed(kit, kit.bulkBytes) ? next(kit) : waitFor(kit, 'byte ' + (kit.total + 1) + ' of ' + kit.bulkBytes + ' to be taken')
  return confirmed(kit)
}

function empty(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'check 8')
  if (kit.stage === 1 || kit.stage === 3 || kit.stage === 5) {
    const taken = kit.socket.write(EMPTY)
    if (taken !== 0) return fail(kit, 'write of no bytes returned ' + taken)
    if (kit.socket.status() !== SocketStatus.Open) return fail(kit, 'the status is ' + kit.socket.status() + ' after a write of no bytes')
    return next(kit)
  }
  if (kit.stage === 2 || kit.stage === 4) {
    if (kit.socket.write(pattern(kit.stage === 2 ? 0 : 4, 4)) !== 4) return fail(kit, 'a write of 4 bytes after one of none was not taken')
    return next(kit)
  }
  return confirmed(kit)
}

function bounded(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'hold 60000')
  kit.limitMs = 60000
  if (!filled(kit, FULL_MS)) return waitFor(kit, 'write to take nothing, after ' + kit.total + ' bytes that the peer does not read')
  return Step.Done
}

function fullTakesZero(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'hold 60000')
  kit.limitMs = 60000
  if (kit.stage === 1) return filled(kit, FULL_MS) ? next(kit) : waitFor(kit, 'write to take nothing')
  const credit = kit.socket.credit()
  if (credit !== 0) return fail(kit, 'credit is ' + credit + ' while write takes nothing')
  const taken = kit.socket.write(pattern(kit.total, 10))
  if (taken !== 0) return fail(kit, 'write returned ' + taken + ' where credit is 0')
  if (kit.socket.status() !== SocketStatus.Open) return fail(kit, 'the status is ' + kit.socket.status() + ' when the connection is full')
  return staged(kit) > 200 ? Step.Done : Step.NotYet
}

function creditReturns(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, holdFirst(kit))
  kit.limitMs = 60000
  if (kit.stage === 1) return filled(kit, FULL_MS) ? next(kit) : waitFor(kit, 'write to take nothing')
  const credit = kit.socket.credit()
  if (credit === 0) return waitFor(kit, 'credit to come back after the peer began to read')
  const taken = kit.socket.write(pattern(kit.total, 100))
  return check(kit, taken > 0, 'credit is ' + credit + ' again, and write returned ' + taken)
}

/** Never more than credit, and exactly the first bytes: a write larger than the room, again and again. */
function prefix(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'check ' + 2 * kit.bulkBytes)
  if (kit.stage === 1) {
    const length = 2 * kit.bulkBytes
    for (let turn = 0; turn < WRITES_A_STEP && kit.total < length; turn = turn + 1) {
      if (kit.out.length < LARGE / 2) {
        while (kit.out.length < LARGE) kit.out = cat(kit.out, pattern(kit.total + kit.out.length, PATTERN_MAX))
        if (kit.out.length > length - kit.total) kit.out = cut(kit.out, 0, length - kit.total)
      }
      const taken = kit.socket.write(kit.out)
      if (taken < 0 || taken > kit.out.length) return fail(kit, 'write of ' + kit.out.length + ' bytes returned ' + taken)
      if (taken === 0) return waitFor(kit, 'room for byte ' + (kit.total + 1))
      kit.total = kit.total + taken
      kit.out = cut(kit.out, taken, kit.out.length)
    }
    return kit.total < length ? waitFor(kit, 'byte ' + (kit.total + 1) + ' of ' + length + ' to be taken') : next(kit)
  }
  return confirmed(kit)
}

/** Looked at with a pause before it, so that a port whose other thread makes room has none to make. */
function withinCredit(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'hold 60000')
  if (kit.stage === 1) return staged(kit) < 100 ? Step.NotYet : next(kit)
  const credit = kit.socket.credit()
  let bytes = pattern(0, PATTERN_MAX)
  while (bytes.length <= credit && bytes.length < 1048576) bytes = cat(bytes, bytes)
  if (bytes.length <= credit) return Step.NotApplicable
  const taken = kit.socket.write(bytes)
  return check(kit, taken <= credit, 'write of ' + bytes.length + ' bytes took ' + taken + ' where credit was ' + credit)
}

function takesPromised(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'check ' + kit.bulkBytes)
  if (kit.stage === 1) {
    for (let turn = 0; turn < WRITES_A_STEP && kit.total < kit.bulkBytes; turn = turn + 1) {
      let size = kit.socket.credit()
      if (size === 0) return waitFor(kit, 'room for byte ' + (kit.total + 1))
      if (size > PATTERN_MAX) size = PATTERN_MAX
      if (size > kit.bulkBytes - kit.total) size = kit.bulkBytes - kit.total
      const taken = kit.socket.write(pattern(kit.total, size))
      if (taken !== size) return fail(kit, 'credit promised room for ' + size + ' bytes and write took ' + taken)
      kit.total = kit.total + taken
    }
    return kit.total < kit.bulkBytes ? waitFor(kit, 'byte ' + (kit.total + 1) + ' of ' + kit.bulkBytes + ' to be taken') : next(kit)
  }
  return confirmed(kit)
}

/** At one instant nobody acknowledges: room and what is in it add up. Where another thread empties it, it may be more. */
function creditFalls(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'hold 60000')
  kit.limitMs = 60000
  if (kit.stage === 1) {
    if (!filled(kit, FULL_MS)) return waitFor(kit, 'credit to fall to 0; ' + kit.total + ' bytes are taken')
    return next(kit)
  }
  const credit = kit.socket.credit()
  return check(kit, credit === 0, 'credit is ' + credit + ' on a full connection')
}

function afterClose(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  kit.socket.close()
  const taken = kit.socket.write(ascii('late'))
  if (taken >= 0) return fail(kit, 'write returned ' + taken + ' after close(); a code below 0 is right')
  return check(kit, kit.socket.credit() === 0, 'credit is ' + kit.socket.credit() + ' after close()')
}

function afterPeerClosed(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'fin')
  const status = kit.socket.status()
  if (status >= 0) return waitFor(kit, 'the end to show in status()')
  const taken = kit.socket.write(ascii('late'))
  if (taken >= 0) return fail(kit, 'write returned ' + taken + ' after the peer had closed and the status was ' + status)
  return check(kit, kit.socket.credit() === 0, 'credit is ' + kit.socket.credit() + ' after the peer had closed')
}

/** Below the credit of any port: all of it is taken, and must leave although the program closes at once. */
function flushedByClose(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  if (kit.stage === 1) {
    kit.count = kit.label
    const taken = kit.socket.write(pattern(0, 200))
    kit.socket.close()
    return taken === 200 ? next(kit) : fail(kit, 'write of 200 bytes returned ' + taken)
  }
  if (kit.stage === 2) return staged(kit) < kit.toleranceMs ? Step.NotYet : dial(kit, 'ask ' + kit.count)
  if (take(kit, 100) < 1 && kit.got !== ascii('fin 200.')) {
    if (kit.socket.status() < 0 || staged(kit) > 5000) return fail(kit, 'the peer says "' + shown(kit.got) + '"; "fin 200." is right')
    return waitFor(kit, 'what the peer has to say')
  }
  return kit.got === ascii('fin 200.') ? Step.Done : Step.NotYet
}

function unackedHonest(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'echo')
  const unacked = kit.socket.unacked()
  if (kit.stage === 1) {
    kit.code = unacked
    if (unacked < -1) return fail(kit, 'unacked is ' + unacked)
    if (unacked > 0 && staged(kit) < 5000) return waitFor(kit, 'unacked to become 0 after the order arrived')
    if (unacked > 0) return fail(kit, 'unacked is ' + unacked + ' with nothing under way')
    if (kit.socket.write(pattern(0, 100)) !== 100) return fail(kit, 'a write of 100 bytes was not taken')
    const now = kit.socket.unacked()
    if (now === -1 && kit.code === -1) return next(kit)
    if (now < 0 || now > 100) return fail(kit, 'unacked is ' + now + ' with 100 bytes written, and was ' + kit.code)
    return next(kit)
  }
  if (kit.stage === 2) {
    take(kit, 100)
    return kit.got.length < 100 ? waitFor(kit, 'the echo') : next(kit)
  }
  // The echo proves that it arrived; the acknowledgement of TCP may be a little behind.
  if (kit.code === -1) return check(kit, unacked === -1, 'unacked was -1 (unknown) and became ' + unacked)
  if (unacked > 0 && staged(kit) < 2000) return waitFor(kit, 'unacked to become 0')
  return check(kit, unacked === 0, 'unacked is ' + unacked + ' although the echo is back')
}

function unackedStalled(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'hold 60000')
  if (kit.socket.unacked() < 0) return Step.NotApplicable
  kit.limitMs = 60000
  if (kit.stage === 1) return filled(kit, FULL_MS) ? next(kit) : waitFor(kit, 'write to take nothing')
  beBusy(kit, 1)
  const unacked = kit.socket.unacked()
  return check(kit, unacked > 0, 'unacked is ' + unacked + ' while the peer reads nothing and the connection is full')
}

export const writeCases: Case[] = [
  { id: 'write.exact', needs: Need.Nothing, run: exact },
  { id: 'write.all-values', needs: Need.Nothing, run: values },
  { id: 'write.one-byte-pieces', needs: Need.Nothing, run: onePieces },
  { id: 'write.large', needs: Need.Nothing, run: large },
  { id: 'write.nothing', needs: Need.Nothing, run: empty },
  { id: 'write.first-bytes', needs: Need.Nothing, run: prefix },
  { id: 'write.within-credit', needs: Need.Nothing, run: withinCredit },
  { id: 'write.takes-promised', needs: Need.Nothing, run: takesPromised },
  { id: 'write.bounded', needs: Need.Nothing, run: bounded },
  { id: 'write.full-takes-zero', needs: Need.Nothing, run: fullTakesZero },
  { id: 'write.credit-falls', needs: Need.Nothing, run: creditFalls },
  { id: 'write.credit-returns', needs: Need.Nothing, run: creditReturns },
  { id: 'write.after-close', needs: Need.Nothing, run: afterClose },
  { id: 'write.after-peer-closed', needs: Need.Nothing, run: afterPeerClosed },
  { id: 'write.flushed-by-close', needs: Need.Flush, run: flushedByClose },
  { id: 'write.unacked', needs: Need.Nothing, run: unackedHonest },
  { id: 'write.unacked-stalled', needs: Need.Nothing, run: unackedStalled }
]
