/**
 * One TCP or TLS link of the module, on a socket of the world. Its receive buffer is bounded: when it is full, the
 * socket is not read any more, so that the peer feels it.
 */
import { LinkCode, SocketStatus, type Bytes, type Endpoint, type Socket, type SocketHal } from '../../hal.js'

/** Bytes a link holds unread. */
export const LINK_RECEIVE_BUFFER = 5760
/** Bytes a link holds that the world's socket has not taken. */
export const LINK_SEND_BUFFER = 8192
/** Calls kept for the end of a link; the oldest go. */
const ENDERS_LIMIT = 8

const NONE = '' as Bytes

/** What happens on a link. Each is called from the world's wakes, never from within a call. */
export interface LinkEvents {
  opened: () => void
  /** Could not be opened: a `LinkCode`. */
  failed: (code: number) => void
  /** `received` has more. `fresh`: it was empty before. */
  data: (fresh: boolean) => void
  /** The peer or the network ended it. What was received can still be read. */
  closed: (code: number) => void
}

/** What a link needs of the module. */
export interface LinkOwner {
  sockets: SocketHal
  /** Asks for a call of `poll` at the next wake. */
  soon: () => void
  receiveBuffer: number
}

interface Wait {
  readonly total: number
  readonly acknowledged: boolean
  readonly done: (good: boolean) => void
}

export type LinkState = 'opening' | 'open' | 'closed'

export class Link {
  state: LinkState = 'opening'
  /** Bytes written and bytes read, since it was opened. */
  sent = 0
  taken = 0
  private readonly socket: Socket | undefined
  private buffer = ''
  private unsent = ''
  private waits: Wait[] = []
  private readonly enders: (() => void)[] = []

  /**
   * @param number the module's own for it.
   * @param failure a `LinkCode`: it fails with it, and the world is not asked.
   */
  constructor(private readonly owner: LinkOwner, readonly number: number, readonly endpoint: Endpoint, private readonly events: LinkEvents, private readonly failure: number) {
    this.socket = failure < 0 ? undefined : owner.sockets.open(endpoint)
    owner.soon()
  }

  /** Bytes received and not read. */
  get pending(): number {
    return this.buffer.length
  }

  /** Bytes that `write` would take. */
  get room(): number {
    return this.state === 'open' ? LINK_SEND_BUFFER - this.unsent.length : 0
  }

  /** Bytes written that the peer has not acknowledged, as far as the world knows. */
  get unacked(): number {
    return this.unsent.length + Math.max(0, this.socket?.unacked() ?? 0)
  }

  /** Bytes received since it was opened. */
  get received(): number {
    return this.taken + this.buffer.length
  }

  read(max: number): Bytes {
    const bytes = this.buffer.substring(0, max) as Bytes
    this.buffer = this.buffer.substring(bytes.length)
    this.taken += bytes.length
    if (bytes.length > 0) this.owner.soon()
    return bytes
  }

  /** Takes all of `bytes`, or none. */
  write(bytes: Bytes): boolean {
    if (this.state !== 'open' || bytes.length > this.room) return false
    this.unsent += bytes
    this.sent += bytes.length
    this.flush()
    this.owner.soon()
    return true
  }

  /** Calls `done` when all that was written has left (or, `acknowledged`, has arrived); false where the link ends first. */
  whenSent(acknowledged: boolean, done: (good: boolean) => void): void {
    this.waits.push({ total: this.sent, acknowledged, done })
    this.settle()
  }

  /** Calls `done` when it ends, however it does. */
  whenClosed(done: () => void): void {
    this.enders.push(done)
    if (this.enders.length > ENDERS_LIMIT) this.enders.shift()
  }

  /** Looks at the socket. Called at every wake of the world. */
  poll(): void {
    if (this.state === 'closed') return
    const status = this.socket === undefined ? this.failure : this.socket.status()
    if (this.state === 'opening') {
      if (status === SocketStatus.Opening) return
      if (status < 0) {
        this.end()
        this.events.failed(status)
        return
      }
      this.state = 'open'
      this.events.opened()
      if (!this.stands()) return
    }
    this.flush()
    this.receive()
    if (!this.stands()) return
    this.settle()
    const now = this.socket === undefined ? LinkCode.Closed : this.socket.status()
    if (now < 0) {
      this.end()
      this.events.closed(now)
    }
  }

  /** Closes it without an event. What was received is gone. */
  close(): void {
    if (this.state === 'closed') return
    this.buffer = ''
    this.end()
  }

  /** The network ends it: as when the peer does, with what was received still there. */
  drop(code: number): void {
    if (this.state === 'closed') return
    const opening = this.state === 'opening'
    this.end()
    if (opening) this.events.failed(code)
    else this.events.closed(code)
  }

  /** An event's handler may have closed it. */
  private stands(): boolean {
    return (this.state as LinkState) === 'open'
  }

  private receive(): void {
    const fresh = this.buffer === ''
    let came = 0
    for (;;) {
      const bytes = this.socket?.read(this.owner.receiveBuffer - this.buffer.length) ?? NONE
      if (bytes === NONE) break
      this.buffer += bytes
      came += bytes.length
    }
    if (came > 0) this.events.data(fresh)
  }

  private flush(): void {
    while (this.unsent !== '' && this.socket !== undefined) {
      const count = Math.min(this.socket.credit(), this.unsent.length)
      const took = count > 0 ? this.socket.write(this.unsent.substring(0, count) as Bytes) : 0
      if (took <= 0) return
      this.unsent = this.unsent.substring(took)
    }
  }

  private settle(): void {
    const left = this.sent - this.unsent.length
    const arrived = this.sent - this.unacked
    const due = this.waits.filter((wait) => (wait.acknowledged ? arrived : left) >= wait.total)
    // A socket wakes us for credit only where it was asked for it.
    if (due.length < this.waits.length) this.socket?.credit()
    if (due.length === 0) return
    this.waits = this.waits.filter((wait) => !due.includes(wait))
    for (const wait of due) wait.done(true)
  }

  private end(): void {
    this.state = 'closed'
    this.socket?.close()
    const waits = this.waits
    this.waits = []
    for (const wait of waits) wait.done(false)
    for (const ender of this.enders.splice(0)) ender()
  }
}
