/** Opening a connection: at once, always a Socket, and what went wrong is told by the layer that knows. */
import { EMPTY } from '../../firmware/bytes.js'
import { LinkCode, SocketStatus, type Code } from '../hal.js'
import { ascii, check, collected, dial, endpoint, fail, next, open, pushed, shown, staged, waitFor } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

const REOPENS = 50

/** A status that the contract knows. */
export function isStatus(status: Code): boolean {
  return status === SocketStatus.Opening || status === SocketStatus.Open || (status <= LinkCode.Closed && status >= -89)
}

function openAtOnce(kit: Kit): Step {
  const endpoint = kit.setup.silent === undefined ? kit.setup.peer : kit.setup.silent
  open(kit, endpoint)
  const ms = staged(kit)
  return check(kit, ms <= kit.toleranceMs, 'open took ' + ms + ' ms')
}

function alwaysSocket(kit: Kit): Step {
  if (kit.stage === 0) {
    // One at a time, for ports with a single socket.
    const host = kit.count === 1 ? '' : kit.setup.peer.host
    const port = kit.count === 0 ? 0 : kit.count === 2 ? 65536 : kit.setup.peer.port
    const socket = open(kit, endpoint(host, port))
    if (socket === undefined) return fail(kit, 'open gave nothing for the address "' + host + '", port ' + port)
    const status = socket.status()
    if (!isStatus(status)) return fail(kit, 'the status for the address "' + host + '", port ' + port + ' is ' + status)
    socket.write(ascii('x'))
    socket.read(1)
    kit.total = socket.credit() + socket.pending() + socket.unacked()
    if (!isStatus(socket.status())) return fail(kit, 'the status became ' + socket.status())
    return next(kit)
  }
  const status = kit.socket.status()
  // An empty host may mean this machine to the system's resolver.
  if (status === SocketStatus.Open && kit.count !== 1) return fail(kit, 'a port that does not exist was opened')
  if (status === SocketStatus.Opening && staged(kit) < 3000) return waitFor(kit, 'a bad address to be refused')
  kit.socket.close()
  if (kit.count === 2) return Step.Done
  kit.count = kit.count + 1
  kit.stage = 0
  return Step.NotYet
}

function quietWhileOpening(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.silent === undefined ? kit.setup.peer : kit.setup.silent)
    return next(kit)
  }
  const socket = kit.socket
  if (socket.status() !== SocketStatus.Opening) return Step.Done
  const taken = socket.write(ascii('hello'))
  if (socket.status() !== SocketStatus.Opening) return Step.Done
  if (taken !== 0) return fail(kit, 'write returned ' + taken + ' while the connection was opening; 0 is right')
  if (socket.credit() !== 0) return fail(kit, 'credit is ' + socket.credit() + ' while the connection is opening')
  if (socket.pending() !== 0) return fail(kit, 'pending is ' + socket.pending() + ' while the connection is opening')
  if (socket.read(10) !== EMPTY) return fail(kit, 'read gave bytes while the connection was opening')
  if (socket.unacked() > 0) return fail(kit, 'unacked is ' + socket.unacked() + ' while the connection is opening')
  if (kit.setup.silent !== undefined && staged(kit) > 200) return Step.Done
  return waitFor(kit, 'the connection to open')
}

function opens(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.peer)
    return next(kit)
  }
  const status = kit.socket.status()
  if (status < 0) return fail(kit, 'the connection to the peer ended with ' + status)
  if (status === SocketStatus.Opening) return waitFor(kit, 'the status to become Open')
  return check(kit, status === SocketStatus.Open && kit.socket.credit() > 0, 'status ' + status + ', credit ' + kit.socket.credit())
}

/** The stage in which a connection must fail, with one of two codes. */
function failsWith(kit: Kit, first: Code, second: Code): Step {
  const status = kit.socket.status()
  if (status === SocketStatus.Opening) return waitFor(kit, 'the failure to show in status()')
  return check(kit, status === first || status === second, 'the status is ' + status + '; ' + first + (first === second ? '' : ' or ' + second) + ' is right')
}

/** How a refused connect ends on this platform. */
function refusal(kit: Kit): Code {
  return kit.setup.tellsRefusal === false ? LinkCode.TcpFailed : LinkCode.TcpRefused
}

function refused(kit: Kit): Step {
  if (kit.stage > 0) return failsWith(kit, refusal(kit), refusal(kit))
  open(kit, kit.setup.refused!)
  return next(kit)
}

function unknownName(kit: Kit): Step {
  const code = kit.setup.tellsName === false ? LinkCode.TcpFailed : LinkCode.DnsFailed
  if (kit.stage > 0) return failsWith(kit, code, code)
  const host = kit.setup.missingHost
  open(kit, endpoint(host === undefined ? 'no-such-name.invalid' : host, kit.setup.peer.port))
  return next(kit)
}

function noAnswer(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.silent!)
    return next(kit)
  }
  const status = kit.socket.status()
  if (status === SocketStatus.Opening) return staged(kit) > 1500 ? Step.Done : Step.NotYet
  return check(kit, status === LinkCode.TcpTimeout, 'the status is ' + status + '; Opening, or later -64 (TcpTimeout), is right')
}

function failureStays(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.refused!)
    return next(kit)
  }
  const status = kit.socket.status()
  if (kit.stage === 1) {
    if (status >= 0) return waitFor(kit, 'the failure to show in status()')
    kit.code = status
    return next(kit)
  }
  if (kit.stage === 2) {
    if (status !== kit.code) return fail(kit, 'the status was ' + kit.code + ' and became ' + status)
    if (staged(kit) < 50) return Step.NotYet
    kit.socket.close()
    return next(kit)
  }
  return check(kit, status === kit.code, 'the status was ' + kit.code + ' and became ' + status + ' with close()')
}

function webSocket(kit: Kit): Step {
  if (kit.stage > 0) return failsWith(kit, LinkCode.Unsupported, LinkCode.UpgradeFailed)
  const peer = kit.setup.peer
  open(kit, { host: peer.host, port: peer.port, path: '/mqtt' })
  return next(kit)
}

function secured(kit: Kit): Step {
  if (kit.stage > 0) return failsWith(kit, LinkCode.Unsupported, LinkCode.TlsFailed)
  const peer = kit.setup.peer
  open(kit, { host: peer.host, port: peer.port, tls: {} })
  return next(kit)
}

function closeWhileOpening(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.silent === undefined ? kit.setup.peer : kit.setup.silent)
    kit.socket.close()
    const status = kit.socket.status()
    return status < 0 && isStatus(status) ? next(kit) : fail(kit, 'the status is ' + status + ' after close()')
  }
  const status = kit.sockets[0]!.status()
  if (status >= 0) return fail(kit, 'the status became ' + status + ' after close()')
  // The way is free for another.
  if (kit.stage === 1) return staged(kit) < 100 ? Step.NotYet : dial(kit, 'say hello.')
  return collected(kit, 6) ? Step.Done : Step.NotYet
}

function reopens(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'say hi.;drain')
  if (!collected(kit, 3)) return waitFor(kit, 'the peer on connection ' + (kit.count + 1))
  kit.socket.close()
  kit.sockets = []
  kit.got = EMPTY
  kit.count = kit.count + 1
  kit.stage = kit.count === REOPENS ? 2 : 0
  return kit.stage === 2 ? Step.Done : Step.NotYet
}

function reopensFailed(kit: Kit): Step {
  if (kit.stage === 0) {
    open(kit, kit.setup.refused!)
    kit.stage = 1
    return Step.NotYet
  }
  if (kit.stage === 1) {
    const status = kit.socket.status()
    if (status >= 0) return waitFor(kit, 'connect ' + (kit.count + 1) + ' to be refused')
    if (status !== refusal(kit)) return fail(kit, 'connect ' + (kit.count + 1) + ' ended with ' + status)
    kit.socket.close()
    kit.sockets = []
    kit.count = kit.count + 1
    kit.stage = kit.count === REOPENS ? 2 : 0
    return Step.NotYet
  }
  return kit.stage === 2 ? dial(kit, 'drain') : Step.Done
}

function twoAtOnce(kit: Kit): Step {
  if (kit.stage === 0) return dial(kit, 'echo')
  if (kit.stage === 1) return dial(kit, 'echo')
  const first = kit.sockets[0]!
  const second = kit.sockets[1]!
  if (kit.stage === 2) {
    if (first.write(ascii('one')) !== 3 || second.write(ascii('two!')) !== 4) return fail(kit, 'a connection did not take its few bytes')
    return next(kit)
  }
  if (first.pending() < 3 || second.pending() < 4) return waitFor(kit, 'both echoes')
  const one = first.read(10)
  const two = second.read(10)
  return check(kit, one === ascii('one') && two === ascii('two!'), 'the first connection gave "' + shown(one) + '", the second "' + shown(two) + '"')
}

function noneFree(kit: Kit): Step {
  const limit = kit.setup.sockets!
  if (kit.stage === 0) {
    for (let i = 0; i < limit; i = i + 1) open(kit, kit.setup.peer)
    return next(kit)
  }
  if (kit.stage === 1) {
    for (const socket of kit.sockets) {
      const status = socket.status()
      if (status < 0) return fail(kit, 'one of ' + limit + ' connections ended with ' + status)
      if (status === SocketStatus.Opening) return waitFor(kit, limit + ' connections to open')
    }
    open(kit, kit.setup.peer)
    return next(kit)
  }
  if (kit.stage === 2) {
    const status = kit.socket.status()
    if (status === SocketStatus.Opening) return waitFor(kit, 'one connection too many to be refused')
    if (status !== LinkCode.NoSocket) return fail(kit, 'connection ' + (limit + 1) + ' of ' + limit + ' has status ' + status + '; -69 (NoSocket) is right')
    if (kit.sockets[0]!.status() !== SocketStatus.Open) return fail(kit, 'one connection too many ended another one')
    kit.sockets[0]!.close()
    return next(kit)
  }
  if (kit.stage === 3) return staged(kit) < 500 ? Step.NotYet : dial(kit, 'say free.')
  return collected(kit, 5) ? Step.Done : Step.NotYet
}

function knownStatus(kit: Kit): Step {
  if (kit.stage > 0) {
    const status = kit.socket.status()
    if (!isStatus(status)) return fail(kit, 'the status is ' + status + '; 0, 1 and -60 to -89 are right')
  }
  if (kit.stage === 0) {
    open(kit, kit.setup.peer)
    kit.label = kit.label + 1
    kit.out = ascii('#' + kit.label + ' say hello;fin\n')
    return next(kit)
  }
  if (kit.stage === 1) {
    if (kit.socket.status() === SocketStatus.Opening || !pushed(kit)) return waitFor(kit, 'the connection to open')
    return next(kit)
  }
  if (kit.stage === 2) {
    if (kit.socket.status() === SocketStatus.Open) {
      kit.socket.read(2)
      return waitFor(kit, 'the peer to close')
    }
    kit.socket.close()
    return next(kit)
  }
  return staged(kit) > 50 ? Step.Done : Step.NotYet
}

export const openCases: Case[] = [
  { id: 'socket.open-at-once', needs: Need.Nothing, run: openAtOnce },
  { id: 'socket.always-a-socket', needs: Need.Nothing, run: alwaysSocket },
  { id: 'socket.quiet-while-opening', needs: Need.Nothing, run: quietWhileOpening },
  { id: 'socket.opens', needs: Need.Nothing, run: opens },
  { id: 'socket.refused', needs: Need.Refused, run: refused },
  { id: 'socket.unknown-name', needs: Need.Nothing, run: unknownName },
  { id: 'socket.no-answer', needs: Need.Silent, run: noAnswer },
  { id: 'socket.failure-stays', needs: Need.Refused, run: failureStays },
  { id: 'socket.websocket', needs: Need.Nothing, run: webSocket },
  { id: 'socket.tls', needs: Need.Nothing, run: secured },
  { id: 'socket.known-status', needs: Need.Nothing, run: knownStatus },
  { id: 'socket.close-while-opening', needs: Need.Nothing, run: closeWhileOpening },
  { id: 'socket.reopen', needs: Need.Nothing, run: reopens },
  { id: 'socket.reopen-failed', needs: Need.Refused, run: reopensFailed },
  { id: 'socket.two-at-once', needs: Need.TwoSockets, run: twoAtOnce },
  { id: 'socket.none-free', needs: Need.SocketLimit, run: noneFree }
]
