/**
 * What the conformance kit is made of: cases that any port must pass, and what it must be told about a port to run them.
 *
 * The kit is written in the firmware dialect, so that the same cases run on Node, on a board and in a module, against a
 * peer program on a PC (tools/hal-check). Titles and reasons stand in catalogue.ts, which a device does not carry.
 */
import type { Bytes, Endpoint, Hal, Socket } from '../hal.js'

/** What one step of a case says. */
export const enum Step { Failed = -1, NotYet = 0, Done = 1, NotApplicable = 2 }

/** What a case cannot do without. Where the port or its set-up lacks it, the case is not applicable. */
export const enum Need {
  Nothing,
  /** `timer.wait`. */
  Wait,
  /** `timer.wait`, and `setup.refused`. */
  WaitRefused,
  /** `timer.onWake` and `wakeAfter`. */
  Wake,
  Storage,
  Crypto,
  Network,
  Modem,
  /** `setup.refused`. */
  Refused,
  /** `setup.silent`. */
  Silent,
  /** Two sockets at a time. */
  TwoSockets,
  /** `setup.sockets` is known, and small enough to use them all. */
  SocketLimit,
  /** `setup.restarted`. */
  Restart,
  /** `setup.restarted`, and a storage. */
  StorageRestart,
  /** `setup.wrapping`. */
  Wrap,
  /** `setup.memory`. */
  Memory,
  /** `setup.sampleText` and `setup.loneSurrogate`: the runtime's texts are not bytes. */
  Utf16,
  /** `setup.flushes` is not false. */
  Flush,
  /** `setup.tellsReset` is not false. */
  Reset
}

export interface Case {
  /** "part.word". */
  id: string
  needs: Need
  /** One step; called when something happened and every few milliseconds, until it says something other than NotYet. */
  run: (this: void, kit: Kit) => Step
}

/** What the kit must know of the port it checks. Whatever is absent makes cases not applicable, never passed. */
export interface Setup {
  hal: Hal
  /** Where the peer program listens. */
  peer: Endpoint
  /** Nothing listens there: a connect is refused. */
  refused?: Endpoint
  /** A connect there is never answered. */
  silent?: Endpoint
  /** A name that does not resolve; "no-such-name.invalid" when absent. */
  missingHost?: string
  /** Sockets that the port can have at a time; 2 or more, and then not known exactly, when absent. */
  sockets?: number
  /** ms that a wait, a wake or a tick may be late; 250 when absent. */
  toleranceMs?: number
  /**
   * ms that one case may take; 20000 when absent. A clock may be wrong: half as many steps in which nothing changes, and
   * ten times as many in all, end a case too.
   */
  limitMs?: number
  /**
   * Calls `fn` and gives what it threw, as a text above "", or "". What a port throws then fails its case, and the run
   * goes on; where it is absent, as on a runtime that cannot wait inside such a call (Lua 5.1), it ends the run.
   */
  catching?: (this: void, fn: (this: void) => void) => string
  /** Bytes of a large transfer; 65536 when absent. */
  bulkBytes?: number
  /** The largest number that `pending()` may reach while nobody reads; 524288 when absent. */
  receiveLimit?: number
  /** False: the port cannot send what `write` took once `close` was called. */
  flushes?: boolean
  /** False: the platform tells a reset by the peer as an orderly end. */
  tellsReset?: boolean
  /** False: the platform does not say that a connect was refused: it ends with TcpFailed. */
  tellsRefusal?: boolean
  /** False: the platform does not say that a name was not found: it ends with TcpFailed. */
  tellsName?: boolean
  /** ms that the peer does not read while a case fills the connection and waits for credit; 2000 when absent. */
  holdMs?: number
  /** The same device's port once more, as after a restart: same id, same storage. */
  restarted?: (this: void) => Hal
  /** A port whose ticks wrap 200 ms after it was made; only its timer is used. */
  wrapping?: (this: void) => Hal
  /** Bytes of memory in use, after whatever collects garbage. */
  memory?: (this: void) => number
  /** Is busy for `ms` without calling the port; a loop around `since` when absent. */
  busy?: (this: void, ms: number) => void
  /** A text beyond ASCII in the runtime's own form, and its UTF-8 bytes. */
  sampleText?: string
  sampleBytes?: Bytes
  /** A text with half a surrogate pair. */
  loneSurrogate?: string
}

/** What a case works with; made anew for each. */
export interface Kit {
  setup: Setup
  hal: Hal
  /** Cases are written in stages, from 0. */
  stage: number
  /** `ticks()` when the case, and when its stage, began. */
  began: number
  entered: number
  limitMs: number
  toleranceMs: number
  bulkBytes: number
  /** The connection opened last. */
  socket: Socket
  /** All of the case's connections, closed after it. */
  sockets: Socket[]
  /** All of the case's wake handles, freed after it. */
  handles: number[]
  /** What is still to be written on `socket`. */
  out: Bytes
  /** What was read and not checked. */
  got: Bytes
  /** The number of the last connection that was given an order; see `dial`. */
  label: number
  dialling: boolean
  /** What the case waits for, for the failure's text. */
  doing: string
  /** What was seen instead of what is right; not empty when the case failed. */
  seen: string
  /** Another instance of the port, where a case makes one. */
  other: Hal
  /** The case's own text and numbers. */
  text: string
  count: number
  total: number
  mark: number
  stamp: number
  firstStamp: number
  wakes: number
  depth: number
  code: number
  /** Calls of the functions of wake handles, and how many are under way. */
  calls: number
  inside: number
}

/** How a case ended: `seen` says what was wrong, "" where nothing was. */
export type Report = (this: void, id: string, outcome: Step, seen: string, ms: number) => void
