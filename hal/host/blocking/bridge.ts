/**
 * The main thread's side of the program's sockets: moves bytes between the rings and the event-driven sockets, and
 * wakes the program when there is something new for it.
 */
import { SocketStatus, type Bytes, type Endpoint } from '../../hal.js'
import { createSockets, type HostSocket, type SocketOptions } from '../socket.js'
import { Control, Slot, slotOf, type SlotMemory } from './shared.js'

interface Bridge {
  slot: SlotMemory
  socket: HostSocket
  closeBy: number
}

const LINGER_MS = 2_000

export interface Bridges {
  open: (memory: SharedArrayBuffer, endpoint: Endpoint) => void
  /** Serves all slots; called when the program rang. */
  serve: () => void
  /** The program is gone: what its sockets hold is sent, then they close. Resolves when all are closed, at the latest after twice the linger time. */
  end: () => Promise<void>
}

export function createBridges(control: Int32Array, options: SocketOptions): Bridges {
  const bridges = new Set<Bridge>()
  const closing = new Set<HostSocket>()
  const lingerMs = options.lingerMs ?? LINGER_MS
  let allClosed: (() => void) | undefined
  let scheduled = false

  const wakeProgram = (): void => {
    Atomics.add(control, Control.Events, 1)
    Atomics.notify(control, Control.Events)
  }
  const serve = (): void => {
    scheduled = false
    let news = false
    for (const bridge of bridges) {
      if (move(bridge)) news = true
      if (Atomics.load(bridge.slot.words, Slot.Closed) === 1) finish(bridge)
    }
    for (const socket of closing) if (socket.finished()) closing.delete(socket)
    if (news) wakeProgram()
    if (allClosed !== undefined && bridges.size === 0 && closing.size === 0) allClosed()
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(serve)
  }
  /** Closes once the send ring is empty, or cannot be emptied in time. */
  const finish = (bridge: Bridge): void => {
    if (bridge.closeBy === 0) {
      bridge.closeBy = performance.now() + lingerMs
      setTimeout(schedule, lingerMs + 1).unref()
    }
    const mustWait = bridge.socket.status() === SocketStatus.Open && bridge.slot.send.used() > 0
    if (mustWait && performance.now() < bridge.closeBy) return
    bridge.socket.close()
    bridges.delete(bridge)
    closing.add(bridge.socket)
    Atomics.store(bridge.slot.words, Slot.Released, 1)
  }
  const sockets = createSockets(schedule, options)

  return {
    open(memory, endpoint) {
      bridges.add({ slot: slotOf(memory), socket: sockets.open(endpoint), closeBy: 0 })
      schedule()
    },
    serve,
    end() {
      for (const bridge of bridges) Atomics.store(bridge.slot.words, Slot.Closed, 1)
      return new Promise(resolve => {
        allClosed = resolve
        serve()
      })
    }
  }
}

/** Moves what can be moved; true when the program has something new to look at. */
function move({ slot, socket }: Bridge): boolean {
  const { words, receive, send } = slot
  let news = false
  for (let credit = socket.credit(); credit > 0 && send.used() > 0; credit = socket.credit()) {
    socket.write(send.take(credit))
    if (Atomics.exchange(words, Slot.CreditWanted, 0) === 1) news = true
  }
  // A program that closed reads no more; the bytes are let go with the socket.
  if (Atomics.load(words, Slot.Closed) === 1) return news
  Atomics.store(words, Slot.ReceiveBlocked, 0)
  while (socket.pending() > 0) {
    const bytes: Bytes = socket.read(receive.free())
    if (bytes.length > 0) {
      receive.put(bytes)
      news = true
    } else if (Atomics.exchange(words, Slot.ReceiveBlocked, 1) === 1 && receive.free() === 0) {
      // Set, and looked at once more after that: the program rings when it has made room.
      break
    }
  }
  // After the bytes: who sees the end must see them first.
  const status = socket.status()
  if (Atomics.exchange(words, Slot.Status, status) !== status) news = true
  return news
}
