/** The tools that cases are written with. */
import { EMPTY, cat, cut, find } from '../../firmware/bytes.js'
import { SocketStatus, type Bytes, type Code, type Endpoint, type Hal, type Socket } from '../hal.js'
import { followed, pattern, PATTERN_MAX } from './pattern.js'
import { Step, type Kit, type Setup } from './types.js'

const TOLERANCE_MS = 250
const LIMIT_MS = 20000
const HOLD_MS = 2000
const BULK_BYTES = 65536
/** Bytes of an answer of the peer, with room to spare. */
const ANSWER_MAX = 1000
/** Bytes that no port and no operating system may take on behalf of a peer that does not read. */
const ENDLESS = 67108864
/** Writes in one step, so that a port that takes little at a time gets to its events. */
export const WRITES_A_STEP = 256
/** Calls of the clock, while it stands, after which it counts as standing. */
const STILL_CALLS = 100000
/** Calls of the functions of a case's wake handles, in all and inside each other. */
const CALLS_MAX = 10000
const DEPTH_MAX = 10

/** The number, or `otherwise` where there is none. */
export function given(value: number | undefined, otherwise: number): number {
  return value === undefined ? otherwise : value
}

/** Calls `fn`; what the port threw meanwhile, "" where nothing. See `Setup.catching`. */
export function caught(setup: Setup, fn: (this: void) => void): string {
  const catching = setup.catching
  if (catching !== undefined) return catching(fn)
  fn()
  return ''
}

/** ms that the peer does not read; see `Setup.holdMs`. */
export function holdMs(kit: Kit): number {
  return given(kit.setup.holdMs, HOLD_MS)
}

/** The order of a peer that first does not read for a while, in which the connection can be filled. */
export function holdFirst(kit: Kit): string {
  return 'hold ' + holdMs(kit) + ';drain'
}

/** A kit for a case that begins at `now`. */
export function createKit(setup: Setup, label: number, now: number): Kit {
  const hal: Hal = setup.hal
  return {
    setup: setup, hal: hal, stage: 0, began: now, entered: now,
    limitMs: given(setup.limitMs, LIMIT_MS), toleranceMs: given(setup.toleranceMs, TOLERANCE_MS), bulkBytes: given(setup.bulkBytes, BULK_BYTES),
    socket: undefined as unknown as Socket, sockets: [], handles: [], out: EMPTY, got: EMPTY, label: label, dialling: false, doing: '', seen: '', other: hal, text: '',
    count: 0, total: 0, mark: 0, stamp: now, firstStamp: now, wakes: 0, depth: 0, code: 0, calls: 0, inside: 0
  }
}

/** The case begins now. */
export function begin(kit: Kit): void {
  const now = kit.hal.timer.ticks()
  kit.began = now
  kit.entered = now
  kit.stamp = now
  kit.firstStamp = now
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
  while (kit.seen.length === 0 && kit.got.length < length && take(kit, length - kit.got.length) > 0) kit.doing = ''
  if (kit.got.length >= length) return true
  const status = kit.socket.status()
  if (status < 0) fail(kit, 'the connection ended with ' + status + ' after ' + kit.got.length + ' of ' + length + ' bytes')
  kit.doing = 'byte ' + (kit.got.length + 1) + ' of ' + length
  return false
}

/** Reads the peer's answer, which ends in a full stop; true when it is whole, in `kit.got`. */
export function answered(kit: Kit): boolean {
  while (find(kit.got, ascii('.'), 0) < 0) {
    if (kit.got.length > ANSWER_MAX) {
      fail(kit, 'read gave ' + kit.got.length + ' bytes without a full stop, where the peer sent less than ' + ANSWER_MAX)
      return false
    }
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

/** Writes the pattern until `length` bytes were taken, in `kit.total`; true when they were. */
export function fed(kit: Kit, length: number): boolean {
  let taken: Code = 1
  for (let turn = 0; turn < WRITES_A_STEP && kit.total < length && taken > 0 && kit.seen.length === 0; turn = turn + 1) {
    let size = length - kit.total
    if (size > PATTERN_MAX) size = PATTERN_MAX
    taken = kit.socket.write(pattern(kit.total, size))
    if (taken < 0) fail(kit, 'write returned ' + taken + ' after ' + kit.total + ' of ' + length + ' bytes')
    else if (taken > size) fail(kit, 'write took ' + taken + ' bytes of ' + size)
    else kit.total = kit.total + taken
  }
  return kit.total >= length
}

/**
 * Writes as fast as the port allows to a peer that does not read; true when nothing was taken for `quietMs`, and no less than a wake may be late. Counts in
 * `kit.total`, and marks the last success in `kit.stamp`.
 */
export function filled(kit: Kit, quietMs: number): boolean {
  for (let turn = 0; turn < WRITES_A_STEP; turn = turn + 1) {
    const credit = kit.socket.credit()
    const taken = kit.socket.write(pattern(kit.total, PATTERN_MAX))
    if (taken < 0) {
      fail(kit, 'write returned ' + taken + ' after ' + kit.total + ' bytes that the peer does not read; 0 is right when there is no room')
      return false
    }
    if (taken === 0) {
      const quiet = kit.hal.timer.since(kit.stamp)
      if (credit >= 1 && quiet > 2000) fail(kit, 'credit is ' + credit + ' and write takes nothing')
      return quiet >= quietMs && quiet >= kit.toleranceMs
    }
    kit.stamp = kit.hal.timer.ticks()
    kit.total = kit.total + taken
    if (kit.total > ENDLESS) {
      fail(kit, 'write took ' + kit.total + ' bytes that nobody reads')
      return false
    }
  }
  return false
}

/** A new wake handle, freed after the case. Its function may be called too often, or from within, but not for ever. */
export function woken(kit: Kit, fn: (this: void) => void): number {
  const handle = kit.hal.timer.onWake!(() => {
    kit.calls = kit.calls + 1
    if (kit.calls > CALLS_MAX) {
      fail(kit, 'wakes were called ' + kit.calls + ' times; the case asked for fewer than ' + CALLS_MAX)
      return
    }
    if (kit.inside >= DEPTH_MAX) {
      fail(kit, 'a wake was called from within another one, ' + DEPTH_MAX + ' deep')
      return
    }
    kit.inside = kit.inside + 1
    const text = caught(kit.setup, fn)
    kit.inside = kit.inside - 1
    if (text.length > 0) fail(kit, 'the port threw in a wake: ' + text)
  })
  kit.handles.push(handle)
  return handle
}

/** A new wake handle that counts its calls in `kit.wakes`; freed after the case. */
export function counting(kit: Kit): number {
  return woken(kit, () => { kit.wakes = kit.wakes + 1 })
}

/** Passes `ms` without calling the port's waits. */
export function beBusy(kit: Kit, ms: number): void {
  const busy = kit.setup.busy
  if (busy !== undefined) {
    busy(ms)
    return
  }
  const from = kit.hal.timer.ticks()
  let highest = 0
  let calls = 0
  while (highest < ms && calls < STILL_CALLS) {
    const now = kit.hal.timer.since(from)
    calls = now > highest ? 0 : calls + 1
    if (now > highest) highest = now
  }
  if (highest < ms) fail(kit, 'the clock stood at ' + highest + ' ms for ' + STILL_CALLS + ' calls; ' + ms + ' ms were to pass')
}

/** An error of the runtime, in a language without `throw`: nothing is called as a function. */
export function throwing(): number {
  const nothing = undefined as unknown as { call: (this: void) => number }
  return nothing.call()
}

function closed(kit: Kit, socket: Socket): string {
  // A broken port gave no socket.
  return socket === undefined ? '' : caught(kit.setup, () => { socket.close() })
}

function freed(kit: Kit, handle: number): string {
  return caught(kit.setup, () => { kit.hal.timer.wakeAfter!(handle, -1) })
}

/** What is left of a case: its connections are closed, its handles freed. What the port threw meanwhile, or "". */
export function closeAll(kit: Kit): string {
  let thrown = ''
  for (const socket of kit.sockets) {
    const text = closed(kit, socket)
    if (text.length > 0) thrown = text
  }
  for (const handle of kit.handles) {
    const text = freed(kit, handle)
    if (text.length > 0) thrown = text
  }
  kit.sockets = []
  kit.handles = []
  return thrown
}
