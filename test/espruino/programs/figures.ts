/** A client that is up over a port of next to nothing, so that what is measured is the client. */
import { at, b4, cat, cut, EMPTY, type Bytes, type Code } from '../../../firmware/bytes.js'
import type { Client } from '../../../firmware/client.js'
import type { Options } from '../../../firmware/types.js'
import type { Hal, Socket } from '../../../hal/hal.js'

interface State {
  now: number
  toClient: Bytes
  written: number
  messages: number
}

const state: State = { now: 0, toClient: EMPTY, written: 0, messages: 0 }

/** Bytes for the next slice. */
export function arrive(bytes: Bytes): void {
  state.toClient = bytes
}

/** The counts of the port and of the program. */
export function counts(): State {
  return state
}

class QuickSocket implements Socket {
  status(): Code {
    return 1
  }

  read(_max: number): Bytes {
    const bytes = state.toClient
    state.toClient = EMPTY
    return bytes
  }

  write(bytes: Bytes): Code {
    state.written = state.written + bytes.length
    // CONNECT and QoS 1 PUBLISH are answered; the packet identifier stands behind the topic.
    const first = at(bytes, 0)
    if (first === 0x10) state.toClient = b4(0x20, 2, 0, 0)
    if (first === 0x32) state.toClient = b4(0x40, 2, at(bytes, 4 + at(bytes, 3)), at(bytes, 5 + at(bytes, 3)))
    return bytes.length
  }

  credit(): number {
    return 1000
  }

  pending(): number {
    return state.toClient.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    state.toClient = EMPTY
  }
}

const hal: Hal = {
  version: 1,
  socket: { open: () => new QuickSocket() },
  timer: {
    ticks: () => state.now,
    since: (t0) => state.now - t0,
    onWake: () => 1,
    wakeAfter: () => {
      // The script calls the slices itself.
    }
  },
  system: {
    id: () => 'board7', random: () => 1, wallClock: () => 0, resetReason: () => 'power-on',
    feedWatchdog: () => {
      // There is none.
    },
    restart: () => {
      // Nothing here asks for it.
    },
    guard: (fn, a, b, c) => {
      const result = fn(a, b, c)
      return typeof result === 'number' ? (result as number) : 0
    }
  },
  text: { utf8: (text) => text as Bytes, text: (bytes) => bytes }
}

/** A new client, not connected; `recorder`: bytes of its flight recorder, 0 for none. */
export function make(create: (this: void, hal: Hal, options: Options) => Client, recorder: number): Client {
  return create(hal, {
    servers: [{ host: 'broker', port: 1883 }], keepalive: 0, recorder: recorder,
    onMessage: () => {
      state.messages = state.messages + 1
    }
  })
}

/** A message for the client, 32 bytes of payload. */
export function message(): Bytes {
  return cat(b4(0x30, 53, 0, 19), cut('plant/7/temperature' as Bytes, 0, 19), '0123456789abcdef0123456789abcdef' as Bytes)
}
