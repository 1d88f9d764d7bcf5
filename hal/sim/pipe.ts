/**
 * One direction of a connection: bytes and FIN in order, RST ahead of what waits. Pieces travel with latency, wait
 * while the network is parted (TCP sends them again), and vanish where the link is half open.
 */
import type { Bytes } from '../hal.js'
import type { Clock } from './clock.js'
import { pieceSize, type Conditions, type Pieces } from './conditions.js'
import { Fifo } from './fifo.js'
import type { Random } from './random.js'

/** A piece, or the end of the stream. */
export type Item = Bytes | 'FIN'

/** RFC 6298, 2.5: a limit on the time between two attempts is 60 s or more. */
const MAX_RTO_MS = 60000

export interface PipeEnds {
  conditions: () => Conditions
  pieces: (conditions: Conditions) => Pieces
  gapMs: (conditions: Conditions) => number
  /** Bytes a second in this direction, 0 for no limit. */
  bandwidth: (conditions: Conditions) => number
  /** Chance that a piece is lost in this direction. */
  loss: (conditions: Conditions) => number
  /** True while the network is parted in this direction. */
  parted: () => boolean
  /** How many bytes of the piece are taken; fewer than its length means that the rest waits for `pump`. -1: FIN or piece must wait. */
  accept: (item: Item) => number
  /** RST arrived. */
  reset: () => void
}

export class Pipe {
  /** Everything in this direction vanishes from now on, without a sign. */
  lost = false
  /** When the sender vanished: what had not left by then never arrives, and nothing is sent again. */
  private goneAt = Infinity
  /** Bytes that were sent and not yet taken at the other end, the vanished ones included. */
  bytes = 0
  private readonly arrived = new Fifo<Item>()
  private readonly travelling = new Fifo<{ item: Item; leavesAt: number }>()
  private lastArrival = -Infinity
  private wireFreeAt = 0
  private pieceCount = 0
  private pumping = false
  /** The next piece arrives: made once, not for each piece. */
  private readonly land = (): void => {
    const next = this.travelling.shift()
    if (next === undefined || this.lost) return
    // Whoever has no power sends nothing again, so what meets a parted network is lost.
    if (next.leavesAt > this.goneAt || (this.goneAt !== Infinity && this.ends.parted())) return
    this.arrived.push(next.item)
    this.pump()
  }

  constructor(private readonly clock: Clock, private readonly random: Random, private readonly ends: PipeEnds) {}

  /** Sends bytes in pieces. */
  send(bytes: Bytes): void {
    if (this.goneAt !== Infinity) return
    this.bytes += bytes.length
    let from = 0
    while (from < bytes.length) {
      const size = pieceSize(this.ends.pieces(this.ends.conditions()), this.pieceCount, this.random)
      this.pieceCount += 1
      this.post(bytes.substring(from, from + size) as Bytes, Math.min(size, bytes.length - from))
      from += size
    }
  }

  fin(): void {
    if (this.goneAt === Infinity) this.post('FIN', 0)
  }

  /** RST overtakes what waits at the receiver, is lost while the network is parted, and is not sent again. */
  rst(): void {
    if (this.goneAt !== Infinity) return
    const delay = Math.max(this.ends.conditions().latencyMs, this.lastArrival - this.clock.now)
    this.clock.schedule(delay, 'net', () => {
      if (this.lost || this.ends.parted()) return
      this.clear()
      this.ends.reset()
    })
  }

  /** The sender lost its power: what waits for room or for the network would have to be sent again. */
  senderGone(): void {
    this.goneAt = this.clock.now
    this.arrived.clear()
  }

  /** Hands over what has arrived, as far as it is taken. */
  pump(): void {
    if (this.pumping) return
    this.pumping = true
    while (this.arrived.length > 0 && !this.ends.parted()) {
      const item = this.arrived.peek()!
      if (this.lost) {
        this.arrived.shift()
        continue
      }
      const taken = this.ends.accept(item)
      if (item === 'FIN') {
        if (taken < 0) break
        this.arrived.shift()
        continue
      }
      if (taken <= 0) break
      this.bytes -= taken
      if (taken < item.length) {
        this.arrived.replaceHead(item.substring(taken) as Bytes)
        break
      }
      this.arrived.shift()
    }
    this.pumping = false
  }

  /** Forgets what waits and what travels. */
  clear(): void {
    this.arrived.clear()
    this.travelling.clear()
    this.bytes = 0
  }

  private arrival(length: number, c: Conditions): number {
    const jitter = c.jitterMs > 0 ? this.random.int(0, c.jitterMs) : 0
    const bandwidth = this.ends.bandwidth(c)
    const wire = bandwidth > 0 ? (length * 1000) / bandwidth : 0
    this.wireFreeAt = Math.max(this.clock.now, this.wireFreeAt) + wire
    const resent = this.resending(c.rtoMs, this.ends.loss(c))
    this.lastArrival = Math.max(this.wireFreeAt + resent + c.latencyMs + jitter, this.lastArrival + this.ends.gapMs(c))
    return this.lastArrival
  }

  /** ms that losses add: the stream stalls until the piece gets through. */
  private resending(rtoMs: number, chance: number): number {
    if (chance <= 0) return 0
    const loss = Math.min(chance, 0.99)
    let waited = 0
    let rto = rtoMs
    while (this.random.chance(loss)) {
      waited += rto
      rto = Math.min(rto * 2, MAX_RTO_MS)
    }
    return waited
  }

  private post(item: Item, length: number): void {
    const c = this.ends.conditions()
    const delay = this.arrival(length, c) - this.clock.now
    // A piece that must be sent again has not left for good until then.
    this.travelling.push({ item, leavesAt: Math.max(this.wireFreeAt, this.lastArrival - c.latencyMs - c.jitterMs) })
    this.clock.schedule(delay, 'net', this.land)
  }
}
