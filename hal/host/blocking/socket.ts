/**
 * A socket as the program's thread sees it: two rings and some words that the main thread serves (bridge.ts).
 */
import { LinkCode, SocketStatus, type Bytes, type Code, type Endpoint, type Socket, type SocketHal } from '../../hal.js'
import { SLOT_LIMIT, Slot, newSlot, type Message, type SlotMemory } from './shared.js'

export interface Line {
  send: (message: Message) => void
  /** Makes the main thread look at the slots. */
  bell: () => void
}

export function createBlockingSockets(line: Line, receiveBytes: number, sendBytes: number): SocketHal {
  const slots: SlotMemory[] = []
  const freeSlot = (): SlotMemory | undefined => {
    const released = slots.find(slot => Atomics.load(slot.words, Slot.Released) === 1)
    if (released !== undefined) {
      released.words.fill(0)
      return released
    }
    if (slots.length === SLOT_LIMIT) return undefined
    const slot = newSlot(receiveBytes, sendBytes)
    slots.push(slot)
    return slot
  }
  return {
    open(endpoint) {
      const slot = freeSlot()
      if (slot !== undefined) line.send({ kind: 'open', memory: slot.memory, endpoint: plain(endpoint) })
      return new BlockingSocket(slot, line)
    }
  }
}

/** What a message can carry: the members of the contract and no others that a program may have added. */
function plain({ host, port, tls, path }: Endpoint): Endpoint {
  const endpoint: Endpoint = { host, port }
  if (path !== undefined) endpoint.path = path
  if (tls !== undefined) {
    const { ca, cert, key, servername, alpn, insecureNoVerify } = tls
    endpoint.tls = { ca, cert, key, servername, alpn, insecureNoVerify }
  }
  return endpoint
}

class BlockingSocket implements Socket {
  /** Given back on close: the next socket may get it. */
  private slot: SlotMemory | undefined
  private readonly line: Line
  private ended: Code

  constructor(slot: SlotMemory | undefined, line: Line) {
    this.slot = slot
    this.line = line
    this.ended = slot === undefined ? LinkCode.NoSocket : LinkCode.Closed
  }

  status(): Code {
    const slot = this.slot
    if (slot === undefined) return this.ended
    // The status first: once it is final, the ring holds all that will ever come.
    const status = Atomics.load(slot.words, Slot.Status)
    return status < 0 && slot.receive.used() > 0 ? SocketStatus.Open : status
  }

  read(max: number): Bytes {
    const slot = this.slot
    if (slot === undefined) return '' as Bytes
    const bytes = slot.receive.take(max)
    if (Atomics.load(slot.words, Slot.ReceiveBlocked) === 1 && slot.receive.used() * 2 <= slot.receive.size) this.line.bell()
    return bytes
  }

  write(bytes: Bytes): Code {
    const slot = this.slot
    if (slot === undefined) return this.ended
    const status = Atomics.load(slot.words, Slot.Status)
    if (status < 0) return status
    if (status === SocketStatus.Opening) return 0
    const taken = slot.send.put(bytes)
    if (taken < bytes.length) this.credit()
    if (taken > 0) this.line.bell()
    return taken
  }

  credit(): number {
    const slot = this.slot
    if (slot === undefined || Atomics.load(slot.words, Slot.Status) !== SocketStatus.Open) return 0
    if (slot.send.used() > 0) Atomics.store(slot.words, Slot.CreditWanted, 1)
    // Read after the wish was made known: what the main thread took before, it took without waking anybody.
    return slot.send.free()
  }

  pending(): number {
    return this.slot === undefined ? 0 : this.slot.receive.used()
  }

  unacked(): number {
    return -1
  }

  close(): void {
    const slot = this.slot
    if (slot === undefined) return
    const status = Atomics.load(slot.words, Slot.Status)
    if (status < 0) this.ended = status
    this.slot = undefined
    Atomics.store(slot.words, Slot.Closed, 1)
    this.line.bell()
  }
}
