/** The tools that cases are written with. */
import { EMPTY, cat, cut, find } from '../../firmware/bytes.js'
import { SocketStatus, type Bytes, type Code, type Endpoint, type Hal, type Socket } from '../hal.js'
import { followed, pattern, PATTERN_MAX } from './pattern.js'
import { Step, type Kit, type Setup } from './types.js'

const TOLERANCE_MS = 250
const LIMIT_MS = 20000
const BULK_BYTES = 65536

/** The number, or `otherwise` where there is none. */
export function given(value: number | undefined, otherwise: number): number {
  return value === undefined ? otherwise : value
}

export function createKit(setup: Setup, label: number): Kit {
  const hal: Hal = setup.hal
  const now = hal.timer.ticks()
  return {
    setup: setup, hal: hal, stage: 0, began: now, entered: now,
    limitMs: given(setup.limitMs, LIMIT_MS), toleranceMs: given(setup.toleranceMs, TOLERANCE_MS), bulkBytes: given(setup.bulkBytes, BULK_BYTES),
    socket: undefined as unknown as Socket, sockets: [], handles: [], out: EMPTY, got: EMPTY, label: label, dialling: false, doing: '', seen: '', other: hal, text: '',
    count: 0, total: 0, mark: 0, stamp: now, firstStamp: now, wakes: 0, depth: 0, code: 0
  }
}

/** Ends the case: what was seen instead of what is right. The first thing seen counts. */
export function fail(kit: Kit, seen: string): Step {
  if (kit.seen.length === 0) kit.seen = seen
  return Step.Failed
}

/** Goes to the next stage, at once. */
export function next(kit: Kit): Step {
  kit.stage = kit.stage + 1
  kit.entered = kit.hal.timer.ticks()
  kit.doing = ''
  return Step.NotYet
}

/** ms since this stage began. */
export function staged(kit: Kit): number {
  return kit.hal.timer.since(kit.entered)
}

/** Done when `right`, else failed with what was seen. */
export function check(kit: Kit, right: boolean, seen: string): Step {
  return right ? Step.Done : fail(kit, seen)
}

/** Remembers what is waited for, in case it never comes. */
export function waitFor(kit: Kit, what: string): Step {
  kit.doing = what
  return Step.NotYet
}

/** Opens a connection that is closed after the case. */
export function open(kit: Kit, endpoint: Endpoint): Socket {
  const socket = kit.hal.socket.open(endpoint)
  kit.socket = socket
  kit.sockets.push(socket)
  return socket
}

/** The peer's address with something changed. */
export function endpoint(host: string, port: number): Endpoint {
  return { host: host, port: port }
}

/** A text of ASCII as bytes: the same string. */
export function ascii(text: string): Bytes {
  return text as Bytes
}

/** Bytes in a message: what is not ASCII is the reader's matter. */
export function shown(bytes: Bytes): string {
  return bytes
}

/** Writes what is left of `kit.out`; true when all of it was taken. */
export function pushed(kit: Kit): boolean {
  if (kit.out.length === 0) return true
  const taken = kit.socket.write(kit.out)
  if (taken < 0) {
    fail(kit, 'write returned ' + taken + ' on an open connection')
    return false
  }
  if (taken > kit.out.length) {
    fail(kit, 'write took ' + taken + ' bytes of ' + kit.out.length)
    return false
  }
  if (taken > 0) kit.out = cut(kit.out, taken, kit.out.length)
  return kit.out.length === 0
}

/**
 * A stage of its own: opens a connection to the peer and gives it its order, a line of the little language that
 * tools/hal-check/script.ts explains. Goes to the next stage when the order has left.
 */
export function dial(kit: Kit, order: string): Step {
  if (!kit.dialling) {
    kit.dialling = true
    kit.label = kit.label + 1
    open(kit, kit.setup.peer)
    kit.out = ascii('#' + kit.label + ' ' + order + '\n')
  }
  const status = kit.socket.status()
  if (status < 0) return fail(kit, 'the connection to the peer ended with ' + status + ' while it was opened for "' + order + '"')
  if (status === SocketStatus.Opening) return waitFor(kit, 'the connection to the peer to open')
  if (!pushed(kit)) return waitFor(kit, 'the order "' + order + '" to be taken by write')
  kit.dialling = false
  return next(kit)
}

/** Reads what is there, at most `max` bytes, to the end of `kit.got`; the number of bytes read. */
export function take(kit: Kit, max: number): number {
  const bytes = kit.socket.read(max)
  if (bytes.length > max) fail(kit, 'read(' + max + ') gave ' + bytes.length + ' bytes')
  if (bytes.length > 0) kit.got = kit.got.length === 0 ? bytes : cat(kit.got, bytes)
  return bytes.length
}

/** Reads until `kit.got` has `length` bytes; true when it has. The connection must not end before. */
export function collected(kit: Kit, length: number): boolean {
  while (kit.got.length < length && take(kit, length - kit.got.length) > 0) kit.doing = ''
  if (kit.got.length >= length) return true
  const status = kit.socket.status()
  if (status < 0) fail(kit, 'the connection ended with ' + status + ' after ' + kit.got.length + ' of ' + length + ' bytes')
  kit.doing = 'byte ' + (kit.got.length + 1) + ' of ' + length
  return false
}

/** Reads the peer's answer, which ends in a full stop; true when it is whole, in `kit.got`. */
export function answered(kit: Kit): boolean {
  while (find(kit.got, ascii('.'), 0) < 0) {
    if (take(kit, 100) === 0) {
      const status = kit.socket.status()
      if (status < 0) fail(kit, 'the connection ended with ' + status + ' before the peer answered; it had said "' + shown(kit.got) + '"')
      kit.doing = 'the answer of the peer, which said "' + shown(kit.got) + '" so far'
      return false
    }
  }
  return true
}

/** Last stage: the peer says "ok." when it got what it should. */
export function confirmed(kit: Kit): Step {
  if (!answered(kit)) return Step.NotYet
  return check(kit, kit.got === ascii('ok.'), 'the peer got something else: "' + shown(kit.got) + '"')
}

/** Reads bytes of the pattern and checks them, at most `max` at a time; `kit.count` is how many are right so far. */
export function follow(kit: Kit, max: number): number {
  const bytes = kit.socket.read(max)
  if (bytes.length > max) fail(kit, 'read(' + max + ') gave ' + bytes.length + ' bytes')
  const right = followed(bytes, kit.count)
  kit.count = kit.count + right
  if (right < bytes.length) fail(kit, 'byte ' + kit.count + ' that came is not the one that was sent')
  return bytes.length
}

/** Writes the pattern until `kit.total` bytes were taken; true when they were. Never more than the port promised. */
export function fed(kit: Kit, length: number): boolean {
  let taken: Code = 1
  while (kit.total < length && taken > 0) {
    let size = length - kit.total
    if (size > PATTERN_MAX) size = PATTERN_MAX
    taken = kit.socket.write(pattern(kit.total, size))
    if (taken < 0) fail(kit, 'write returned ' + taken + ' after ' + kit.total + ' of ' + length + ' bytes')
    else if (taken > size) fail(kit, 'write took ' + taken + ' bytes of ' + size)
    else kit.total = kit.total + taken
  }
  return kit.total >= length
}

/** A new wake handle that counts its calls in `kit.wakes`; freed after the case. */
export function counting(kit: Kit): number {
  const handle = kit.hal.timer.onWake!(() => { kit.wakes = kit.wakes + 1 })
  kit.handles.push(handle)
  return handle
}

/** Passes `ms` without calling the port's waits. */
export function beBusy(kit: Kit, ms: number): void {
  const busy = kit.setup.busy
  if (busy !== undefined) {
    busy(ms)
    return
  }
  const from = kit.hal.timer.ticks()
  while (kit.hal.timer.since(from) < ms) kit.mark = kit.mark + 0
}

/** An error of the runtime, in a language without `throw`: nothing is called as a function. */
export function throwing(): number {
  const nothing = undefined as unknown as { call: (this: void) => number }
  return nothing.call()
}

/** What is left of a case: its connections are closed, its handles freed. */
export function closeAll(kit: Kit): void {
  for (const socket of kit.sockets) {
    // A broken port's.
    if (socket !== undefined) socket.close()
  }
  for (const handle of kit.handles) kit.hal.timer.wakeAfter!(handle, -1)
  kit.sockets = []
  kit.handles = []
}
