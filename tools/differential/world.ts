/**
 * The world of a trace: the text that is read, the clock and the socket that it moves, and the lines that are told. Written in
 * the firmware dialect: see driver.ts.
 */
import { at, b1, cat, cut, EMPTY, type Bytes, type Code } from '../../firmware/bytes.js'
import type { Endpoint, Hal } from '../../firmware/types.js'
import type { Socket } from '../../hal/hal.js'
import { plainSystem, plainText } from './plain-port.js'

export type Each = (this: void, line: Bytes) => void

/** Bytes of a long value that are shown. */
const enum Most { Shown = 96 }

const DIGITS = '0123456789abcdef' as Bytes

export interface World {
  each: Each
  now: number
  /** What the clock shows at the start: traces let it wrap. */
  ticks: number
  status: number
  credit: number
  input: Bytes
  random: number
  woken: boolean
  open: boolean
  trace: Bytes
  from: number
}

function nothing(this: void, _line: Bytes): void {
  world.now = world.now + 0
}

export const world: World = { each: nothing, now: 0, ticks: 0, status: -60, credit: 0, input: EMPTY, random: 1, woken: false, open: false, trace: EMPTY, from: 0 }

/** Decimal digits: runtimes write whole numbers that came of a division differently. */
export function dec(n: number): Bytes {
  if (n < 0) return cat('-' as Bytes, dec(-n))
  let out = EMPTY
  let rest = n
  while (rest > 9) {
    const low = rest % 10
    out = cat(cut(DIGITS, low, low + 1), out)
    rest = (rest - low) / 10
  }
  return cat(cut(DIGITS, rest, rest + 1), out)
}

/** Bytes in hexadecimal; of many their number, a sum and the first few. */
export function hex(s: Bytes): Bytes {
  let out = EMPTY
  let head = EMPTY
  let most = s.length
  if (most > Most.Shown * 4) {
    let a = 1
    let b = 0
    for (let i = 0; i < s.length; i = i + 1) {
      a = (a + at(s, i)) % 65521
      b = (b + a) % 65521
    }
    head = cat(dec(s.length), ':' as Bytes, dec(b), ':' as Bytes)
    most = Most.Shown
  }
  for (let i = 0; i < most; i = i + 1) {
    const c = at(s, i)
    const low = c % 16
    const high = (c - low) / 16
    out = cat(out, cut(DIGITS, high, high + 1), cut(DIGITS, low, low + 1))
  }
  return cat(head, out)
}

export function tell(word: string, a: Bytes, b: Bytes): void {
  world.each(cat(dec(world.now), ' ' as Bytes, word as Bytes, ' ' as Bytes, a, ' ' as Bytes, b))
}

function value(c: number): number {
  return c < 58 ? c - 48 : c - 87
}

/** The next word of the line; EMPTY at its end. */
export function word(): Bytes {
  const s = world.trace
  let i = world.from
  while (i < s.length && at(s, i) === 32) i = i + 1
  const from = i
  while (i < s.length && at(s, i) > 32) i = i + 1
  world.from = i
  return cut(s, from, i)
}

export function number(): number {
  const s = word()
  let n = 0
  let i = s.length > 0 && at(s, 0) === 45 ? 1 : 0
  const below = i === 1
  while (i < s.length) {
    n = n * 10 + value(at(s, i))
    i = i + 1
  }
  return below ? -n : n
}

/** A word of hexadecimal as bytes; "-" is none, "*n" n bytes of x. */
export function bytes(): Bytes {
  const s = word()
  if (s.length > 0 && at(s, 0) === 42) {
    let n = 0
    for (let i = 1; i < s.length; i = i + 1) n = n * 10 + value(at(s, i))
    let out = EMPTY
    let block = 'xxxxxxxxxxxxxxxx' as Bytes
    while (n > 0) {
      if (n % 2 === 1) out = cat(out, cut(block, 0, block.length / 16))
      n = (n - n % 2) / 2
      block = cat(block, block)
    }
    return out
  }
  let out = EMPTY
  for (let i = 0; i + 1 < s.length; i = i + 2) out = cat(out, b1(value(at(s, i)) * 16 + value(at(s, i + 1))))
  return out
}

class TraceSocket implements Socket {
  status(): Code {
    return world.input.length > 0 && world.status < 0 ? 1 : world.status
  }

  read(max: number): Bytes {
    const some = cut(world.input, 0, max < world.input.length ? max : world.input.length)
    world.input = cut(world.input, some.length, world.input.length)
    return some
  }

  write(s: Bytes): Code {
    if (world.status < 0) return world.status
    const n = s.length < world.credit ? s.length : world.credit
    if (world.credit < 1000000) world.credit = world.credit - n
    if (n > 0) tell('out', hex(cut(s, 0, n)), EMPTY)
    return n
  }

  credit(): number {
    return world.status === 1 ? world.credit : 0
  }

  pending(): number {
    return world.input.length
  }

  unacked(): number {
    return -1
  }

  close(): void {
    if (world.open) tell('close', EMPTY, EMPTY)
    world.open = false
    world.status = -60
    world.input = EMPTY
  }
}

/** The clock is one of 32 bits that turns negative. */
function ticks(this: void): number {
  const left = 2147483647 - world.ticks
  return world.now <= left ? world.ticks + world.now : world.now - left - 1 - 2147483647 - 1
}

function since(this: void, t0: number): number {
  const t = ticks()
  if (t >= t0) return t - t0
  // The clock has wrapped between the two.
  return 2147483647 - t0 + (t + 2147483647) + 2
}

function random(this: void): number {
  world.random = (world.random * 75 + 74) % 65537
  return world.random % 32768
}

export const hal: Hal = {
  version: 1,
  socket: {
    open(this: void, endpoint: Endpoint): Socket {
      tell('open', endpoint.host as Bytes, dec(endpoint.port))
      world.open = true
      world.status = 0
      world.credit = 1000000
      world.input = EMPTY
      return new TraceSocket()
    }
  },
  timer: {
    ticks: ticks,
    since: since,
    onWake(this: void, _fn: (this: void) => void): number {
      return 1
    },
    wakeAfter(this: void, _handle: number, ms: number): void {
      if (ms === 0) world.woken = true
    }
  },
  system: plainSystem('d1f7', random, (reason) => { tell('restart', reason as Bytes, EMPTY) }),
  text: plainText
}
