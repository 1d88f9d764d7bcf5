/** Reading: every byte once and in order, and none lost when the peer closes. */
import { EMPTY, b1, cat } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus } from '../hal.js'
import { allValues } from './pattern.js'
import { answered, ascii, check, collected, dial, fail, fed, follow, given, next, shown, staged, take, waitFor } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

const RECEIVE_LIMIT = 524288

/** Reads the pattern to its end. */
function followAll(kit: Kit, length: number): Step {
  while (kit.seen.length === 0 && kit.count < length && follow(kit, 1000) > 0) kit.doing = ''
  if (kit.count >= length) return Step.Done
  const status = kit.socket.status()
  if (status < 0) return fail(kit, 'the connection ended with ' + status + ' after ' + kit.count + ' of ' + length + ' bytes')
  return waitFor(kit, 'byte ' + (kit.count + 1) + ' of ' + length)
}

function nothing(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  for (let i = 0; i < 10; i = i + 1) {
    if (kit.socket.read(100) !== EMPTY) return fail(kit, 'read gave bytes that nobody sent')
  }
  if (kit.socket.pending() !== 0) return fail(kit, 'pending is ' + kit.socket.pending() + ' where nobody sent anything')
  if (kit.socket.status() !== SocketStatus.Open) return fail(kit, 'the status is ' + kit.socket.status() + ' on an idle connection')
  return staged(kit) > 200 ? Step.Done : Step.NotYet
}

function values(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'values;drain')
  if (!collected(kit, 256)) return Step.NotYet
  let at = 0
  const expected = allValues()
  while (at < 256 && kit.got.charCodeAt(at) === expected.charCodeAt(at)) at = at + 1
  return check(kit, at === 256, 'byte ' + at + ' came as ' + kit.got.charCodeAt(at))
}

function pieces(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 100 1 2;drain')
  return followAll(kit, 100)
}

function large(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send ' + kit.bulkBytes + ';drain')
  return followAll(kit, kit.bulkBytes)
}

function atMost(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 200;drain')
  if (kit.stage === 1) return kit.socket.pending() < 200 ? waitFor(kit, 'pending() to be 200, it is ' + kit.socket.pending()) : next(kit)
  // 1, 2, 3, ... bytes at a time; `follow` fails for more.
  if (kit.count < 200) {
    kit.mark = kit.mark + 1
    if (follow(kit, kit.mark) === 0) return fail(kit, 'read gave nothing although ' + (200 - kit.count) + ' bytes were pending')
    kit.stage = 2
    return kit.seen.length > 0 ? Step.Failed : Step.NotYet
  }
  return Step.Done
}

function zeroMax(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 10;drain')
  if (kit.stage === 1) {
    if (kit.socket.pending() < 10) return waitFor(kit, '10 bytes to arrive')
    if (kit.socket.read(0) !== EMPTY) return fail(kit, 'read(0) gave bytes')
    if (kit.socket.pending() !== 10) return fail(kit, 'pending is ' + kit.socket.pending() + ' after read(0) of 10 bytes')
    return next(kit)
  }
  return followAll(kit, 10)
}

function pendingTells(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 150;drain')
  if (kit.stage === 1) return kit.socket.pending() < 150 ? waitFor(kit, 'pending() to be 150, it is ' + kit.socket.pending()) : next(kit)
  const before = kit.socket.pending()
  const length = follow(kit, 40)
  const after = kit.socket.pending()
  if (after !== before - length) return fail(kit, 'pending was ' + before + ', read gave ' + length + ' bytes, and pending is ' + after)
  if (length === 0 && before > 0) return fail(kit, 'pending is ' + before + ' and read gives nothing')
  kit.stage = 2
  return kit.count >= 150 ? check(kit, after === 0, 'pending is ' + after + ' after the last byte') : Step.NotYet
}

function bothWays(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'echo')
  fed(kit, kit.bulkBytes)
  return followAll(kit, kit.bulkBytes)
}

function slowReader(kit: Kit): Step {
  const length = 20000
  if (kit.stage === 0) return dial(kit, 'send ' + length + ';drain')
  if (kit.stage === 1) return staged(kit) < 200 ? Step.NotYet : next(kit)
  follow(kit, 500)
  if (kit.count >= length) return Step.Done
  if (kit.socket.status() < 0) return fail(kit, 'the connection ended after ' + kit.count + ' of ' + length + ' bytes')
  return waitFor(kit, 'byte ' + (kit.count + 1) + ' of ' + length + ', read in 500 bytes a step')
}

/** What the port holds for a reader that sleeps is bounded: the rest waits at the peer. */
function heldBack(kit: Kit): Step {
  const limit = given(kit.setup.receiveLimit, RECEIVE_LIMIT)
  if (kit.stage === 0) return dial(kit, 'send ' + 3 * limit + ';drain')
  if (kit.stage === 1) {
    const pending = kit.socket.pending()
    if (pending > limit) return fail(kit, 'pending is ' + pending + ' while nobody reads; the limit is ' + limit)
    return staged(kit) < 1000 ? Step.NotYet : next(kit)
  }
  return followAll(kit, 3 * limit)
}

function finAfterData(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 2000;fin;drain')
  if (kit.stage === 1) {
    const status = kit.socket.status()
    if (status < 0) return fail(kit, 'the status is ' + status + ' with ' + (2000 - kit.count) + ' bytes unread')
    follow(kit, 100)
    return kit.count < 2000 ? waitFor(kit, 'byte ' + (kit.count + 1) + ' of 2000') : next(kit)
  }
  const status = kit.socket.status()
  if (status === SocketStatus.Open) return waitFor(kit, 'the end to show after the last byte')
  return check(kit, status === LinkCode.Closed, 'the status is ' + status + ' after FIN; -60 (Closed) is right')
}

function finLateReader(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 200;fin;drain')
  const status = kit.socket.status()
  if (kit.stage === 1) {
    if (status < 0) return fail(kit, 'the status is ' + status + ' with ' + (200 - kit.count) + ' bytes unread')
    return staged(kit) < 500 ? Step.NotYet : next(kit)
  }
  if (kit.count < 200) {
    if (status < 0) return fail(kit, 'the status is ' + status + ' with ' + (200 - kit.count) + ' bytes unread')
    if (follow(kit, 100) === 0) return waitFor(kit, 'byte ' + (kit.count + 1) + ' of 200')
    kit.stage = 2
    return Step.NotYet
  }
  return status < 0 ? Step.Done : waitFor(kit, 'the end to show after the last byte')
}

function finAlone(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'fin;drain')
  const status = kit.socket.status()
  if (kit.socket.read(10) !== EMPTY) return fail(kit, 'read gave bytes at the end of an empty connection')
  if (status === SocketStatus.Open) return waitFor(kit, 'FIN to show in status()')
  return check(kit, status === LinkCode.Closed, 'the status is ' + status + ' after FIN; -60 (Closed) is right')
}

/** "" from read is nothing now, and never an end. */
function quietIsNotEnd(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 700;say x.;drain')
  if (kit.got.length === 0 && kit.socket.read(0) !== EMPTY) return fail(kit, 'read(0) gave bytes')
  take(kit, 10)
  if (kit.got.length > 0) return Step.Done
  const status = kit.socket.status()
  if (status !== SocketStatus.Open) return fail(kit, 'the status became ' + status + ' while the peer was quiet')
  return waitFor(kit, 'the peer, which is quiet for 700 ms')
}

function reset(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 50;rst')
  const status = kit.socket.status()
  if (status === SocketStatus.Open) return waitFor(kit, 'RST to show in status()')
  return check(kit, status === LinkCode.Reset, 'the status is ' + status + ' after RST; -61 (Reset) is right')
}

function resetWhileWriting(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 50;rst')
  const status = kit.socket.status()
  if (status === SocketStatus.Open) {
    const taken = kit.socket.write(ascii('0123456789'))
    // Between the look and the write the end may have come.
    if (taken < 0 && kit.socket.status() >= 0) return fail(kit, 'write returned ' + taken + ' and the status is ' + kit.socket.status())
    return waitFor(kit, 'RST to show in status()')
  }
  const taken = kit.socket.write(ascii('x'))
  if (taken >= 0) return fail(kit, 'write returned ' + taken + ' after the connection was reset')
  return check(kit, status === LinkCode.Reset || status === LinkCode.Closed, 'the status is ' + status + ' after RST')
}

function textOfNumbers(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'echo')
  if (kit.stage === 1) {
    // What a line discipline or a text mode would change: CR, LF, NUL, Ctrl-Z, Ctrl-C, ESC, XON, XOFF, DEL, 0xFF.
    kit.out = cat(cat(b1(13), b1(10), b1(10), b1(13), b1(0), b1(26), b1(3), b1(27)), cat(b1(17), b1(19), b1(127), b1(255), b1(254), b1(0), b1(13), b1(0)))
    if (kit.socket.write(kit.out) !== 16) return fail(kit, 'a write of 16 bytes was not taken')
    return next(kit)
  }
  if (!collected(kit, 16)) return Step.NotYet
  return check(kit, kit.got === kit.out, 'control characters did not come back as they were sent')
}

function answersOrder(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'say first.;drain')
  return answered(kit) ? check(kit, kit.got === ascii('first.'), 'read gave "' + shown(kit.got) + '" where "first." was sent at once') : Step.NotYet
}

export const readCases: Case[] = [
  { id: 'read.nothing', needs: Need.Nothing, run: nothing },
  { id: 'read.first-bytes', needs: Need.Nothing, run: answersOrder },
  { id: 'read.all-values', needs: Need.Nothing, run: values },
  { id: 'read.control-characters', needs: Need.Nothing, run: textOfNumbers },
  { id: 'read.one-byte-pieces', needs: Need.Nothing, run: pieces },
  { id: 'read.large', needs: Need.Nothing, run: large },
  { id: 'read.at-most', needs: Need.Nothing, run: atMost },
  { id: 'read.zero', needs: Need.Nothing, run: zeroMax },
  { id: 'read.pending', needs: Need.Nothing, run: pendingTells },
  { id: 'read.both-ways', needs: Need.Nothing, run: bothWays },
  { id: 'read.slow-reader', needs: Need.Nothing, run: slowReader },
  { id: 'read.held-back', needs: Need.Nothing, run: heldBack },
  { id: 'read.fin-after-data', needs: Need.Nothing, run: finAfterData },
  { id: 'read.fin-late-reader', needs: Need.Nothing, run: finLateReader },
  { id: 'read.fin-alone', needs: Need.Nothing, run: finAlone },
  { id: 'read.quiet-is-not-the-end', needs: Need.Nothing, run: quietIsNotEnd },
  { id: 'read.reset', needs: Need.Reset, run: reset },
  { id: 'read.reset-while-writing', needs: Need.Nothing, run: resetWhileWriting }
]
