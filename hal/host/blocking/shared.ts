/**
 * What the two threads of the blocking port share.
 *
 * The program's thread sleeps in `Atomics.wait` and cannot receive messages, so all that goes to it goes through shared
 * memory: the control words, and for each socket a slot of words and two rings. It can send messages at any
 * time, so what it asks of the main thread goes through a port.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Endpoint } from '../../hal.js'
import { Ring } from './ring.js'

/** Words of the control block. */
export const enum Control {
  /** Counts what happened; the program's thread waits on it. */
  Events,
  /** 1 when the program was asked to end and has not been told yet. */
  Stop,
  /** 1 while a bell is on its way to the main thread, so that a busy program sends one and not thousands. */
  Bell,
  Count
}

/** Words of a socket's slot. */
export const enum Slot {
  /** As in `Socket.status()`, but told as soon as the last byte is in the ring. */
  Status,
  ReceiveWritten,
  ReceiveRead,
  SendWritten,
  SendRead,
  /** The main thread has more than fits the receive ring. */
  ReceiveBlocked,
  /** The program saw less than the whole credit. */
  CreditWanted,
  /** The program closed the socket. */
  Closed,
  /** The main thread is done with the slot. */
  Released,
  Count
}

/** From the program's thread to the main thread. */
export type Message =
  | { kind: 'bell' }
  | { kind: 'open'; memory: SharedArrayBuffer; endpoint: Endpoint }
  | { kind: 'line'; text: string; isError: boolean }
  | { kind: 'report'; value: unknown }
  | { kind: 'restart'; reason: string }

/** What a program's thread starts with; in `workerData.yieldmq`. */
export interface Start {
  control: SharedArrayBuffer
  port: MessagePort
  args: string[]
  receiveBytes: number
  sendBytes: number
  resetReason: string
  id: string | undefined
}

/** Sockets that one program may have open or closing. */
export const SLOT_LIMIT = 64

export interface SlotMemory {
  memory: SharedArrayBuffer
  words: Int32Array
  receive: Ring
  send: Ring
}

const WORD_BYTES = Slot.Count * 4

export function newSlot(receiveBytes: number, sendBytes: number): SlotMemory {
  const memory = new SharedArrayBuffer(WORD_BYTES + 4 + receiveBytes + sendBytes)
  new Int32Array(memory, WORD_BYTES, 1)[0] = receiveBytes
  return slotOf(memory)
}

/** The same slot, seen from the other thread. */
export function slotOf(memory: SharedArrayBuffer): SlotMemory {
  const words = new Int32Array(memory, 0, Slot.Count)
  const from = WORD_BYTES + 4
  const receiveBytes = new Int32Array(memory, WORD_BYTES, 1)[0]!
  return {
    memory,
    words,
    receive: new Ring(words, Slot.ReceiveWritten, Slot.ReceiveRead, Buffer.from(memory, from, receiveBytes)),
    send: new Ring(words, Slot.SendWritten, Slot.SendRead, Buffer.from(memory, from + receiveBytes))
  }
}
