/** The device's socket in the virtual network. */
import { LinkCode, SocketStatus, type Bytes, type Code, type Socket } from '../hal.js'
import type { Clock, ScheduledEvent } from './clock.js'
import { DEFAULT_CONDITIONS, type Conditions } from './conditions.js'
import type { DeviceEnd, SimConnection } from './connection.js'
import { Fifo } from './fifo.js'
import type { Item } from './pipe.js'
import type { Random } from './random.js'
import type { Trace } from './trace.js'

const NONE = '' as Bytes
/** A character that is not a byte. */
const NO_BYTE = /[^\0-\xff]/

/** What a socket needs of its device. */
export interface SocketOwner {
  clock: Clock
  random: Random
  trace: Trace
  /** Data, credit or a new state. */
  wake: () => void
  /** The socket is free again. */
  released: () => void
  /** The program broke the contract. */
  violation: (what: string) => void
}

export class SimSocket implements Socket, DeviceEnd {
  /** The server's end, once the server has heard of us. */
  connection: SimConnection | undefined
  /** The device lost power: no packet of this connection leaves it any more. */
  vanished = false
  private opening = true
  private closed = false
  private endCode: Code = 0
  private readonly segments = new Fifo<Bytes>()
  private held = 0
  private starved = false
  private taken = 0
  private confirmed = 0
  private allowance = -1
  private wantsCredit = false
  private giveUp: ScheduledEvent | undefined

  constructor(readonly id: number, private readonly owner: SocketOwner, private readonly conditions: () => Readonly<Conditions>) {}

  /** A socket that never was: the device has none free. */
  static refused(owner: SocketOwner, code: Code): SimSocket {
    const socket = new SimSocket(0, owner, () => DEFAULT_CONDITIONS)
    socket.endCode = code
    return socket
  }

  /** Closed by the program, or by a power cut: its place is free. */
  get released(): boolean {
    return this.closed
  }

  status(): Code {
    if (this.closed) return this.endCode
    if (this.opening) return this.endCode < 0 ? this.endCode : SocketStatus.Opening
    return this.endCode < 0 && this.held === 0 ? this.endCode : SocketStatus.Open
  }

  read(max: number): Bytes {
    const segment = this.segments.peek()
    if (segment === undefined || max <= 0) return NONE
    let bytes = segment
    let limit = Math.min(max, segment.length)
    if (limit > 1 && this.owner.random.chance(this.conditions().shortReadChance)) limit = this.owner.random.int(1, limit - 1)
    if (segment.length > limit) {
      bytes = segment.substring(0, limit) as Bytes
      this.segments.replaceHead(segment.substring(limit) as Bytes)
    } else this.segments.shift()
    this.held -= bytes.length
    if (this.starved) {
      this.starved = false
      this.connection?.roomAtDevice()
    }
    // The end becomes visible with the last byte read, and nothing else would wake the program for it.
    if (this.held === 0 && this.endCode < 0) this.owner.clock.schedule(0, 'net', () => this.owner.wake())
    return bytes
  }

  write(bytes: Bytes): Code {
    if (this.status() < 0) return this.endCode
    if (this.opening || this.endCode < 0) return this.endCode
    const text = bytes.search(NO_BYTE)
    if (text >= 0) this.owner.violation(`write() was given text: character ${text} is ${bytes.charCodeAt(text)}, a byte is at most 255`)
    const conditions = this.conditions()
    let count = Math.min(bytes.length, this.room(conditions))
    if (count > 1 && this.owner.random.chance(conditions.shortWriteChance)) {
      count = this.owner.random.int(1, count - 1)
      this.owner.clock.schedule(1, 'net', () => this.creditGrew())
    }
    if (count < bytes.length) this.wantsCredit = true
    if (count <= 0) return 0
    const part = bytes.substring(0, count) as Bytes
    if (this.confirmed === this.taken) this.startGiveUp()
    this.taken += count
    this.spendAllowance(count, conditions)
    this.owner.trace.bytes(this.owner.clock.now, this.id, 'out', part)
    this.connection?.fromDevice(part)
    return count
  }

  credit(): number {
    if (this.opening || this.endCode < 0) return 0
    const conditions = this.conditions()
    const room = this.room(conditions)
    if (room < conditions.sendBuffer) this.wantsCredit = true
    return room
  }

  pending(): number {
    return this.held
  }

  unacked(): number {
    return this.conditions().knowsUnacked ? this.taken - this.confirmed : -1
  }

  close(): void {
    if (this.closed) return
    const status = this.status()
    this.closed = true
    this.segments.clear()
    this.held = 0
    this.owner.clock.cancel(this.giveUp)
    if (status >= 0) {
      this.owner.trace.event(this.owner.clock.now, this.id, 'device close')
      // Ended by the peer with bytes unread: its code stays, and there is nobody to send a FIN to.
      if (this.endCode === 0 && !this.opening) this.connection?.finFromDevice()
      if (this.endCode === 0) this.endCode = LinkCode.Closed
    } else if (this.endCode === LinkCode.Closed && !this.opening) this.connection?.finFromDevice()
    this.owner.released()
  }

  /** ms one way, as it stands now. */
  latency(): number {
    return this.conditions().latencyMs
  }

  /** Power is gone: what left the device still arrives, nothing else is sent, and the server is not told. */
  vanish(): void {
    if (this.closed) return
    this.closed = true
    this.vanished = true
    this.segments.clear()
    this.held = 0
    this.endCode = LinkCode.Closed
    this.owner.clock.cancel(this.giveUp)
    this.connection?.deviceGone()
  }

  /** The connection stands. Called by the network. */
  opened(): void {
    if (this.vanished) return
    if (this.closed || this.endCode < 0) {
      this.connection?.rstFromDevice()
      return
    }
    this.opening = false
    this.owner.trace.event(this.owner.clock.now, this.id, 'open')
    this.owner.wake()
  }

  /** The connection could not be made, or the device's TCP gave up. */
  failed(code: Code, note: string): void {
    if (this.closed || this.endCode < 0) return
    this.endCode = code
    this.owner.trace.event(this.owner.clock.now, this.id, note)
    this.owner.wake()
  }

  arrive(item: Item): number {
    if (this.vanished) return item.length
    if (this.closed || this.endCode < 0) {
      if (item !== 'FIN') this.connection?.rstFromDevice()
      return item.length
    }
    // The server's first bytes may come before our side knows that the connection stands.
    if (this.opening) return item === 'FIN' ? -1 : 0
    if (item === 'FIN') {
      this.failed(LinkCode.Closed, 'FIN arrived')
      return 0
    }
    const count = Math.min(item.length, this.conditions().receiveBuffer - this.held)
    if (count < item.length) this.starved = true
    if (count <= 0) return 0
    const part = item.substring(0, count) as Bytes
    this.segments.push(part)
    this.held += count
    this.owner.trace.bytes(this.owner.clock.now, this.id, 'in', part)
    this.owner.wake()
    return count
  }

  resetByPeer(): void {
    this.failed(LinkCode.Reset, 'RST arrived')
  }

  acknowledged(total: number): void {
    if (this.closed || total <= this.confirmed) return
    this.confirmed = total
    this.owner.clock.cancel(this.giveUp)
    if (this.confirmed < this.taken) this.startGiveUp()
    this.creditGrew()
  }

  private room({ sendBuffer, writeMax }: Readonly<Conditions>): number {
    const room = Math.max(0, sendBuffer - (this.taken - this.confirmed))
    if (writeMax <= 0) return room
    if (this.allowance < 0) this.allowance = writeMax
    return Math.min(room, this.allowance)
  }

  private spendAllowance(count: number, { writeMax, writeGapMs }: Readonly<Conditions>): void {
    if (writeMax <= 0) return
    if (this.allowance === writeMax) {
      this.owner.clock.schedule(Math.max(1, writeGapMs), 'net', () => {
        this.allowance = writeMax
        this.creditGrew()
      })
    }
    this.allowance -= count
  }

  private creditGrew(): void {
    // As stingy as the contract allows: a program that was never short of credit is not woken for more.
    if (!this.wantsCredit || this.closed) return
    this.wantsCredit = false
    this.owner.wake()
  }

  private startGiveUp(): void {
    const ms = this.conditions().giveUpMs
    if (ms > 0) this.giveUp = this.owner.clock.schedule(ms, 'timer', () => this.failed(LinkCode.TcpTimeout, 'TCP gave up sending'))
  }
}
