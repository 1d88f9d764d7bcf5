/** Closing: at once, for good, as often as it is called, and the peer and the next connection notice. */
import { EMPTY } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus } from '../hal.js'
import { ascii, check, collected, dial, fail, follow, next, pushed, shown, staged, take, waitFor, woken } from './kit.js'
import { pattern } from './pattern.js'
import { Need, Step, type Case, type Kit } from './types.js'

function twice(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  kit.socket.close()
  const status = kit.socket.status()
  if (status >= 0) return fail(kit, 'the status is ' + status + ' after close()')
  kit.socket.close()
  kit.socket.close()
  return check(kit, kit.socket.status() === status, 'the status was ' + status + ' and became ' + kit.socket.status() + ' with the second close()')
}

function status(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  if (kit.stage === 1) {
    kit.socket.close()
    if (kit.socket.status() !== LinkCode.Closed) return fail(kit, 'the status is ' + kit.socket.status() + ' after close(); -60 (Closed) is right')
    return next(kit)
  }
  if (kit.socket.status() !== LinkCode.Closed) return fail(kit, 'the status became ' + kit.socket.status() + ' some time after close()')
  return staged(kit) > 300 ? Step.Done : Step.NotYet
}

function causeStays(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 50;rst')
  const code = kit.socket.status()
  if (kit.stage === 1) {
    if (code >= 0) return waitFor(kit, 'RST to show in status()')
    kit.code = code
    kit.socket.close()
    return next(kit)
  }
  if (code !== kit.code) return fail(kit, 'the status was ' + kit.code + ' and became ' + code + ' after close()')
  return staged(kit) > 100 ? Step.Done : Step.NotYet
}

/** Stages 0 and 1: 300 bytes came, and nobody read them before the close. */
function closedUnread(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'send 300;drain')
  if (kit.socket.pending() < 300) return waitFor(kit, '300 bytes to arrive')
  kit.count = kit.label
  kit.socket.close()
  return next(kit)
}

function silent(kit: Kit): Step {
  if (kit.stage < 2) return closedUnread(kit)
  if (kit.socket.read(100) !== EMPTY) return fail(kit, 'read gave bytes after close()')
  if (kit.socket.pending() !== 0) return fail(kit, 'pending is ' + kit.socket.pending() + ' after close()')
  return staged(kit) > 50 ? Step.Done : Step.NotYet
}

/** Asks the peer how connection `label` ended, and expects the beginning `how` or `other` of its answer. */
function peerSays(kit: Kit, how: string, other: string): Step {
  while (take(kit, 1) > 0) {
    if (kit.got === ascii(how) || kit.got === ascii(other)) return Step.Done
    if (kit.got.length > 5) return fail(kit, 'the peer says "' + shown(kit.got) + '"; "' + how + '" is right')
  }
  if (kit.socket.status() < 0 && kit.socket.pending() === 0) return fail(kit, 'the peer says "' + shown(kit.got) + '"')
  return waitFor(kit, 'what the peer has to say')
}

/** From stage 2: what the peer, asked on the next connection, says of how the one ended that was closed, `kit.count`. */
function told(kit: Kit): Step {
  if (kit.stage === 2) return staged(kit) < kit.toleranceMs ? Step.NotYet : dial(kit, 'ask ' + kit.count)
  return peerSays(kit, 'fin', 'rst')
}

function toldAtOnce(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  if (kit.stage > 1) return told(kit)
  kit.count = kit.label
  kit.socket.close()
  return next(kit)
}

function toldUnread(kit: Kit): Step {
  return kit.stage < 2 ? closedUnread(kit) : told(kit)
}

/** The peer closed its half and still listens: our close ends the other. */
function toldHalfClosed(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'fin;drain')
  if (kit.stage > 1) return told(kit)
  if (kit.socket.status() >= 0) return waitFor(kit, 'FIN to show in status()')
  kit.count = kit.label
  kit.socket.close()
  return next(kit)
}

function unreadThenNext(kit: Kit): Step {
  if (kit.stage < 2) return closedUnread(kit)
  if (kit.stage === 2) return staged(kit) < 100 ? Step.NotYet : dial(kit, 'say 2nd.;drain')
  if (!collected(kit, 4)) return Step.NotYet
  return check(kit, kit.got === ascii('2nd.'), 'the next connection gave "' + shown(kit.got) + '"')
}

function others(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'drain')
  if (kit.stage === 1) return dial(kit, 'echo')
  if (kit.stage === 2) {
    kit.sockets[0]!.close()
    kit.out = pattern(0, 100)
    return next(kit)
  }
  if (kit.stage === 3) return staged(kit) > 100 && pushed(kit) ? next(kit) : Step.NotYet
  if (kit.socket.status() !== SocketStatus.Open) return fail(kit, 'the other connection has status ' + kit.socket.status())
  follow(kit, 100)
  return kit.count >= 100 ? Step.Done : waitFor(kit, 'the echo on the other connection')
}

/** Closed from inside a function that the port called: the port goes on with what it was doing. */
function inWake(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'wait 50;send 100;drain')
  if (kit.stage === 1) {
    const socket = kit.socket
    woken(kit, () => {
      if (socket.status() === SocketStatus.Open && socket.pending() === 0) return
      socket.close()
      kit.wakes = kit.wakes + 1
    })
    return next(kit)
  }
  if (kit.stage === 2) {
    if (kit.wakes === 0) return waitFor(kit, 'the wake in which the connection is closed')
    if (kit.socket.status() >= 0) return fail(kit, 'the status is ' + kit.socket.status() + ' after close() in a wake')
    return staged(kit) < 150 ? Step.NotYet : next(kit)
  }
  if (kit.stage === 3) return dial(kit, 'say on.;drain')
  return collected(kit, 3) ? Step.Done : Step.NotYet
}

export const closeCases: Case[] = [
  { id: 'close.twice', needs: Need.Nothing, run: twice },
  { id: 'close.status', needs: Need.Nothing, run: status },
  { id: 'close.keeps-the-cause', needs: Need.Nothing, run: causeStays },
  { id: 'close.silences', needs: Need.Nothing, run: silent },
  { id: 'close.tells-the-peer', needs: Need.Nothing, run: toldAtOnce },
  { id: 'close.tells-the-peer-unread', needs: Need.Nothing, run: toldUnread },
  { id: 'close.half-closed', needs: Need.Nothing, run: toldHalfClosed },
  { id: 'close.next-connection-clean', needs: Need.Nothing, run: unreadThenNext },
  { id: 'close.leaves-others', needs: Need.TwoSockets, run: others },
  { id: 'close.in-a-wake', needs: Need.Wake, run: inWake }
]
