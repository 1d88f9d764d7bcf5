/**
 * The server's end of one connection, in bytes: what a scripted server or a test's broker talks through. Whatever goes
 * wrong with a connection is switched on here.
 */
import type { Bytes } from '../hal.js'
import type { Clock } from './clock.js'
import { DEFAULT_CONDITIONS, type Conditions } from './conditions.js'
import { SimLimitError } from './errors.js'
import { Fifo } from './fifo.js'
import { Pipe, type Item } from './pipe.js'
import type { Random } from './random.js'
import type { Trace } from './trace.js'

/** Seen from the device: `out` is device to server. */
export type Direction = 'out' | 'in' | 'both'

/** The device's end, as the connection sees it. */
export interface DeviceEnd {
  /** Bytes of the piece that fit; for FIN 0 when it was taken. */
  arrive(item: Item): number
  resetByPeer(): void
  /** All bytes up to the total `total` since the connection began are acknowledged. */
  acknowledged(total: number): void
}

/** What a connection needs of its network. */
export interface Surroundings {
  /** The middlebox on the way: after how many ms of silence it forgets a flow, 0 for never, and what it does then. */
  idleCut: () => { ms: number; how: 'silent' | 'rst' }
  clock: Clock
  random: Random
  trace: Trace
  conditions: () => Readonly<Conditions>
  parted: (direction: 'out' | 'in') => boolean
}

/** Bytes that a server may have sent and the device not taken. */
const SERVER_SEND_LIMIT = 64 * 1024 * 1024

export class SimConnection {
  /** Bytes the server has read. */
  received = 0
  /** The device ended the connection: its FIN or RST has arrived. */
  closedByClient = false
  /** The server ended it: `fin`, `close`, `rst` or `forget` was called. */
  closedByServer = false
  /** Bytes given to `send` after the connection had ended: they went nowhere. */
  discarded = 0
  private readonly out: Pipe
  private readonly in: Pipe
  private readonly unread = new Fifo<Item>()
  private unreadBytes = 0
  private stalled = false
  private readRate = 0
  private drainScheduled = false
  /** The server's TCP no longer knows the connection: whatever arrives is answered with RST. */
  private gone = false
  /** The server's host has no power; something was sent to it meanwhile. */
  private crashed = false
  private unheard = false
  /** When either side last sent something, for the middlebox, and whether it has forgotten the flow. */
  private lastPacket: number
  private forgotten = false
  private takenBytes = 0
  private acksHeld = false
  private overrides: Partial<Conditions> = {}
  /** What `merged` was made from. */
  private base: Readonly<Conditions> | undefined
  private merged: Readonly<Conditions> = DEFAULT_CONDITIONS
  private dataFn: ((bytes: Bytes) => void) | undefined
  private endFn: ((how: 'fin' | 'rst') => void) | undefined

  /** @param id the connection's number in the trace, from 1. */
  constructor(readonly id: number, readonly host: string, readonly port: number,
    private readonly around: Surroundings, private readonly device: DeviceEnd) {
    const { clock, random } = around
    this.lastPacket = clock.now
    const conditions = (): Readonly<Conditions> => this.conditions()
    this.out = new Pipe(clock, random, {
      conditions, pieces: (c) => c.piecesOut, gapMs: () => 0,
      bandwidth: (c) => c.bandwidthOut || c.bandwidth, loss: (c) => c.lossOut, parted: () => around.parted('out'),
      accept: (item) => this.arrive(item), reset: () => this.resetByDevice()
    })
    this.in = new Pipe(clock, random, {
      conditions, pieces: (c) => c.piecesIn, gapMs: (c) => c.pieceGapMs,
      bandwidth: (c) => c.bandwidthIn || c.bandwidth, loss: (c) => c.lossIn, parted: () => around.parted('in'),
      accept: (item) => this.device.arrive(item), reset: () => this.device.resetByPeer()
    })
  }

  /** Milliseconds since the start of the simulation. */
  get now(): number {
    return this.around.clock.now
  }

  /** Neither side has ended it. */
  get open(): boolean {
    return !this.closedByClient && !this.closedByServer
  }

  /** A middlebox forgot it after a silence (`network.idleCut`): nothing passes any more. */
  get isForgotten(): boolean {
    return this.forgotten
  }

  /** Bytes sent by the server that the device's socket has not taken yet. */
  get backlog(): number {
    return this.in.bytes
  }

  /** `fn` gets every piece the server reads. One at a time; the last one set holds. */
  onData(fn: (bytes: Bytes) => void): void {
    this.dataFn = fn
  }

  /** `fn` is told once that the device ended the connection. */
  onEnd(fn: (how: 'fin' | 'rst') => void): void {
    this.endFn = fn
  }

  /** Sends bytes to the device. */
  send(bytes: Bytes): void {
    if (this.closedByServer || this.closedByClient) {
      this.discarded += bytes.length
      return
    }
    if (this.in.bytes + bytes.length > SERVER_SEND_LIMIT) {
      throw new SimLimitError(`connection ${this.id}: bytes sent by the server and not taken by the device`, SERVER_SEND_LIMIT, 'bytes', `${bytes.length} more`)
    }
    if (this.passes('in')) this.in.send(bytes)
  }

  /** Ends the server's direction in order (a half close): what the device still sends is read. */
  fin(): void {
    if (this.closedByServer) return
    this.closedByServer = true
    this.around.trace.event(this.now, this.id, 'server FIN')
    if (this.passes('in')) this.in.fin()
  }

  /** What a server's close() does: FIN, and an RST for whatever the device sends after it. */
  close(): void {
    this.fin()
    this.gone = true
  }

  /** Resets the connection. */
  rst(): void {
    if (this.gone && this.closedByServer) return
    this.closedByServer = true
    this.gone = true
    this.around.trace.event(this.now, this.id, 'server RST')
    this.in.rst()
  }

  /** The server lost the connection without a word (a crash and a quick restart): the device's next bytes meet an RST. */
  forget(): void {
    this.closedByServer = true
    this.gone = true
    this.crashed = false
    // What the device sent meanwhile its TCP sends again, and that meets the RST now.
    if (this.unheard) this.rstUnknown()
  }

  /** The server's host loses power: nothing is said, acknowledged or heard, until `forget` tells that it is back. */
  crash(): void {
    this.closedByServer = true
    this.crashed = true
  }

  /** From now on, what is sent in this direction vanishes without a sign, acknowledgements included: a half-open link. */
  halfOpen(direction: Direction): void {
    if (direction !== 'in') this.out.lost = true
    if (direction !== 'out') this.in.lost = true
  }

  /** The device lost its power: what left it arrives, what waited in it is gone, and nothing comes back from it. Called by its socket. */
  deviceGone(): void {
    this.out.senderGone()
    this.in.lost = true
  }

  /** True: the server stops reading. Its window fills, then the device's bytes stay unacknowledged and its credit runs out. */
  stall(on: boolean): void {
    this.stalled = on
    if (on) return
    this.readRate = 0
    this.drain(Infinity)
  }

  /** The server reads only this many bytes a second, 1 or more. `stall(false)` ends it. */
  slowRead(bytesPerSecond: number): void {
    this.stalled = true
    this.readRate = Math.max(1, bytesPerSecond)
    this.scheduleDrain()
  }

  /** Other conditions for this connection alone. */
  set(conditions: Partial<Conditions>): void {
    this.overrides = { ...this.overrides, ...conditions }
    this.base = undefined
  }

  /** What holds for this connection now. */
  conditions(): Readonly<Conditions> {
    const base = this.around.conditions()
    if (base !== this.base) {
      this.base = base
      this.merged = { ...base, ...this.overrides }
    }
    return this.merged
  }

  /** Runs `fn` after `ms`. */
  after(ms: number, fn: () => void): void {
    this.around.clock.schedule(ms, 'script', fn)
  }

  /** The network is whole again: what was held goes on. Called by the network. */
  healed(): void {
    this.out.pump()
    this.in.pump()
    if (this.acksHeld) {
      this.acksHeld = false
      this.acknowledge()
    }
  }

  /** The device's side, called by its socket: bytes out. */
  fromDevice(bytes: Bytes): void {
    if (this.passes('out')) this.out.send(bytes)
  }

  finFromDevice(): void {
    if (this.passes('out')) this.out.fin()
  }

  rstFromDevice(): void {
    this.out.rst()
  }

  /** The device has room again: one round trip later the rest arrives. */
  roomAtDevice(): void {
    if (this.in.bytes > 0 || this.closedByServer) this.around.clock.schedule(2 * this.conditions().latencyMs, 'net', () => this.in.pump())
  }

  /**
   * The middlebox lets a packet pass, or has forgotten the flow after too long a silence: then nothing passes any more, and
   * the sender is told by RST where the middlebox is of that kind. Looked at when somebody sends: silence costs nothing.
   */
  private passes(direction: 'out' | 'in'): boolean {
    const { ms, how } = this.around.idleCut()
    const idle = this.now - this.lastPacket
    this.lastPacket = this.now
    if (!this.forgotten && ms > 0 && idle >= ms) {
      this.forgotten = true
      this.around.trace.event(this.now, this.id, `the flow was forgotten after ${idle} ms of silence`)
      this.halfOpen('both')
    }
    if (!this.forgotten) return true
    if (how === 'rst') {
      this.around.clock.schedule(this.conditions().latencyMs, 'net', () => {
        if (direction === 'out') this.device.resetByPeer()
        else this.resetByDevice()
      })
    }
    return false
  }

  private rstUnknown(): void {
    this.around.trace.event(this.now, this.id, 'server RST')
    this.in.rst()
  }

  private arrive(item: Item): number {
    if (this.crashed) {
      this.unheard = true
      return item.length
    }
    if (this.gone) {
      if (item === 'FIN') return this.endByDevice('fin')
      this.rstUnknown()
      return item.length
    }
    if (!this.stalled) {
      this.take(item.length)
      this.deliver(item)
      return item === 'FIN' ? 0 : item.length
    }
    if (item === 'FIN') {
      this.unread.push(item)
      return 0
    }
    const room = Math.min(item.length, this.conditions().serverWindow - this.unreadBytes)
    if (room <= 0) return 0
    this.unread.push(item.substring(0, room) as Bytes)
    this.unreadBytes += room
    this.take(room)
    this.scheduleDrain()
    return room
  }

  private deliver(item: Item): void {
    if (item === 'FIN') {
      this.endByDevice('fin')
      return
    }
    this.received += item.length
    if (this.dataFn !== undefined) this.dataFn(item)
  }

  private resetByDevice(): void {
    this.unread.clear()
    this.endByDevice('rst')
  }

  private endByDevice(how: 'fin' | 'rst'): 0 {
    if (!this.closedByClient) {
      this.closedByClient = true
      if (this.endFn !== undefined) this.endFn(how)
    }
    return 0
  }

  private take(count: number): void {
    this.takenBytes += count
    this.acknowledge()
  }

  private acknowledge(): void {
    const total = this.takenBytes
    this.around.clock.schedule(this.conditions().latencyMs, 'net', () => {
      if (this.in.lost) return
      if (this.around.parted('in')) this.acksHeld = true
      else this.device.acknowledged(total)
    })
  }

  private scheduleDrain(): void {
    if (this.readRate <= 0 || this.drainScheduled || this.unread.length === 0) return
    this.drainScheduled = true
    const ms = Math.max(1, Math.ceil(1000 / this.readRate))
    this.around.clock.schedule(ms, 'script', () => {
      this.drainScheduled = false
      if (this.readRate > 0) this.drain(Math.max(1, Math.floor((this.readRate * ms) / 1000)))
      this.scheduleDrain()
    })
  }

  private drain(limitBytes: number): void {
    let left = limitBytes
    while (left > 0 && this.unread.length > 0) {
      const item = this.unread.peek()!
      if (item === 'FIN' || item.length <= left) {
        this.unread.shift()
        if (item !== 'FIN') {
          left -= item.length
          this.unreadBytes -= item.length
        }
        this.deliver(item)
      } else {
        this.unread.replaceHead(item.substring(left) as Bytes)
        this.unreadBytes -= left
        const part = item.substring(0, left) as Bytes
        left = 0
        this.deliver(part)
      }
    }
    this.out.pump()
  }
}
