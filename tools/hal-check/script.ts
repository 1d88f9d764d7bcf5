/**
 * The peer's side of the conformance kit, whatever it runs on: node:net for real ports, the virtual network for hal/sim.
 *
 * A connection begins with one line, `#LABEL ORDER;ORDER;...`, and the peer carries out the orders one after the other:
 *
 *     echo             sends back whatever comes, until the end
 *     send N [K [G]]   sends N bytes of the pattern, in pieces of K bytes, G ms apart
 *     values           sends the bytes 0 to 255
 *     check N          reads N bytes and says "ok." when they follow the pattern, "bad at I." when not
 *     checkvalues      the same for the bytes 0 to 255
 *     say TEXT         sends the text
 *     hold T           does not read for T ms
 *     wait T           waits T ms, reading
 *     fin, rst         closes its half; resets
 *     drain            reads until the end
 *     ask LABEL        says how the last connection with that label stands: "open N.", "fin N.", "rst N.", N bytes after its line
 */
import type { Bytes } from '../../hal/hal.js'

/** One connection as the script sees it. */
export interface Line {
  send(bytes: Bytes): void
  fin(): void
  rst(): void
  /** Stops or goes on reading. */
  hold(on: boolean): void
  after(ms: number, fn: () => void): void
}

interface Ended { how: 'open' | 'fin' | 'rst'; bytes: number }

const PERIOD = 251
const LINE_MAX = 200
/** Connections remembered for `ask`. */
const REMEMBERED = 1000
const ALL_VALUES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
const BLOCK = ALL_VALUES.slice(0, PERIOD).repeat(300)

/** Bytes `from` up to and without `to` of the pattern that hal/conformance/pattern.ts describes. */
function pattern(from: number, to: number): Bytes {
  const parts: string[] = []
  for (let at = from; at < to; at += 65536) {
    const start = at % PERIOD
    parts.push(BLOCK.slice(start, start + Math.min(65536, to - at)))
  }
  return parts.join('') as Bytes
}

/** The peer: remembers how its connections ended. */
export class ScriptedPeer {
  private readonly known = new Map<string, Ended>()

  /** A new connection; the transport calls `data` and `end` of what it gets. */
  connection(line: Line): { data: (bytes: string) => void; end: (how: 'fin' | 'rst') => void } {
    return new Talk(line, this.known)
  }
}

class Talk {
  private readonly state: Ended = { how: 'open', bytes: 0 }
  private input = ''
  private orders: string[] | undefined
  /** What the order under way expects, and how much of it came. */
  private expected: string | undefined
  private checked = 0
  private busy = false
  private over = false

  constructor(private readonly line: Line, private readonly known: Map<string, Ended>) {}

  data(bytes: string): void {
    if (this.orders !== undefined) this.state.bytes += bytes.length
    this.input += bytes
    this.work()
  }

  end(how: 'fin' | 'rst'): void {
    if (this.state.how === 'open') this.state.how = how
    // Everything that was asked for is answered first; what is left is our half.
    if (how === 'rst') this.over = true
    else if (!this.busy) this.finish()
  }

  private finish(): void {
    if (this.over) return
    this.over = true
    this.line.fin()
  }

  private work(): void {
    while (!this.busy && !this.over) {
      if (this.orders === undefined) {
        if (!this.begin()) return
        continue
      }
      const order = this.orders[0]
      if (order === undefined) {
        if (this.state.how !== 'open') this.finish()
        return
      }
      if (!this.carryOut(order)) return
      this.orders.shift()
    }
  }

  /** The line with the orders. Whoever sends something else speaks another protocol (TLS, WebSocket) and is hung up on. */
  private begin(): boolean {
    const end = this.input.indexOf('\n')
    if (end < 0) {
      if (this.input.length > LINE_MAX || (this.input.length > 0 && !this.input.startsWith('#'))) this.finish()
      return false
    }
    const match = /^#(\d+) (.*)$/.exec(this.input.slice(0, end))
    if (match === null) {
      this.finish()
      return false
    }
    this.input = this.input.slice(end + 1)
    this.state.bytes = this.input.length
    this.known.delete(match[1]!)
    this.known.set(match[1]!, this.state)
    if (this.known.size > REMEMBERED) this.known.delete(this.known.keys().next().value!)
    this.orders = match[2]!.split(';')
    return true
  }

  /** False while the order has to wait for more bytes. */
  private carryOut(order: string): boolean {
    const [name, ...rest] = order.split(' ')
    const [first = 0, second = 0, third = 0] = rest.map(Number)
    if (name === 'echo') {
      if (this.input !== '') this.say(this.input)
      this.input = ''
      return false
    }
    if (name === 'drain') {
      this.input = ''
      return false
    }
    if (name === 'check' || name === 'checkvalues') {
      // Made once an order: the bytes may come one by one.
      this.expected ??= name === 'check' ? pattern(0, first) : ALL_VALUES
      return this.check(this.expected)
    }
    if (name === 'send') this.sendPieces(pattern(0, first), second || first, third)
    else if (name === 'values') this.say(ALL_VALUES)
    else if (name === 'say') this.say(order.slice(4))
    else if (name === 'hold') this.pause(first, true)
    else if (name === 'wait') this.pause(first, false)
    else if (name === 'fin') this.line.fin()
    else if (name === 'rst') {
      this.over = true
      this.line.rst()
    } else if (name === 'ask') {
      const asked = this.known.get(rest[0] ?? '')
      this.say(asked === undefined ? 'none.' : `${asked.how} ${asked.bytes}.`)
    } else this.say(`no order "${order}".`)
    return true
  }

  private check(expected: string): boolean {
    const right = this.checked
    let same = 0
    while (right + same < expected.length && same < this.input.length && this.input[same] === expected[right + same]) same += 1
    this.checked = right + same
    if (same === this.input.length && this.checked < expected.length) {
      this.input = ''
      return false
    }
    // What is wrong is read with the rest of its length.
    this.input = this.input.slice(expected.length - right)
    same = this.checked
    this.expected = undefined
    this.checked = 0
    this.say(same === expected.length ? 'ok.' : `bad at ${same}.`)
    return true
  }

  private pause(ms: number, holding: boolean): void {
    this.busy = true
    if (holding) this.line.hold(true)
    this.line.after(ms, () => {
      this.busy = false
      if (holding) this.line.hold(false)
      this.work()
      if (this.state.how !== 'open' && !this.busy) this.finish()
    })
  }

  private sendPieces(bytes: Bytes, size: number, gapMs: number): void {
    if (gapMs === 0) {
      for (let at = 0; at < bytes.length; at += size) this.say(bytes.slice(at, at + size))
      return
    }
    this.say(bytes.slice(0, size))
    if (bytes.length <= size) return
    this.busy = true
    this.line.after(gapMs, () => {
      this.busy = false
      this.sendPieces(bytes.slice(size) as Bytes, size, gapMs)
      this.work()
    })
  }

  private say(text: string): void {
    if (!this.over && this.state.how !== 'rst') this.line.send(text as Bytes)
  }
}
