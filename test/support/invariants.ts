/** What must hold of a client's state between any two calls, whatever happened before. */
import type { Core } from '../../firmware/core.js'
import { Phase } from '../../firmware/core.js'
import { sizeOf, Step, type Chain, type Outgoing } from '../../firmware/outbox.js'
import { Want } from '../../firmware/subscriptions.js'

function chain(name: string, of: Chain, wrong: string[]): Outgoing[] {
  const all: Outgoing[] = []
  const seen = new Set<Outgoing>()
  for (let m = of.head_; m !== undefined; m = m.next_) {
    if (seen.has(m)) {
      wrong.push(`the chain ${name} goes round`)
      return all
    }
    seen.add(m)
    all.push(m)
  }
  if (of.tail_ !== all[all.length - 1]) wrong.push(`the tail of the chain ${name} is not its last`)
  return all
}

/** One sentence for each thing that is not as it must be; none when all is well. */
export function checkCore(core: Core): string[] {
  const wrong: string[] = []
  const same = (what: string, counted: number, real: number): void => {
    if (counted !== real) wrong.push(`${what}: ${counted} is counted, ${real} is there`)
  }
  const most = (what: string, seen: number, limit: number): void => {
    if (!(seen <= limit)) wrong.push(`${what} is ${seen}, the limit is ${limit}`)
  }
  const box = core.outbox_
  const s = core.settings_
  const queue = chain('queue', box.queue_, wrong)
  const flight = chain('flight', box.flight_, wrong)
  const leaving = chain('leaving', box.leaving_, wrong)
  const receipts = chain('receipts', box.receipts_, wrong)
  const open = [...queue, ...flight, ...leaving]
  if (new Set([...open, ...receipts]).size !== open.length + receipts.length) wrong.push('a message is in two chains')

  same('messages in the outbox', box.count_, open.length)
  same('bytes of the outbox', box.bytes_, open.reduce((n, m) => n + sizeOf(m), 0))
  same('messages in flight', box.flightCount_, flight.length)
  same('receipts owed', box.owed_, receipts.length)
  same('bytes to transmit', core.tx_.bytes_, core.tx_.parts_.reduce((n, part) => n + part.length, 0))
  same('bytes between what was appended and what was taken', (core.tx_.appended_ - core.tx_.taken_ + 1073741824) % 1073741824, core.tx_.bytes_)
  if (core.phase_ >= Phase.Up) same('messages in flight sent on this connection', core.sentNow_, flight.filter((m) => m.epoch_ === core.epoch_).length)
  // A journal written under larger limits brings back more than now fits.
  most('the outbox and receipts owed', box.count_ + box.owed_, Math.max(2 * s.outboxCount_, s.outboxCount_ + (core.journal_?.slots_ ?? 0)))

  for (const m of flight) if (m.step_ === Step.Send || m.step_ === Step.Told || m.packetId_ === 0) wrong.push(`message ${m.token_} is in flight without an id or in step ${m.step_}`)
  for (const m of receipts) if (m.step_ !== Step.Told) wrong.push(`message ${m.token_} has its receipt owed in step ${m.step_}`)
  const tokens = [...open, ...receipts].map((m) => m.token_)
  if (new Set(tokens).size !== tokens.length) wrong.push('two messages have one token')
  const ids = [...flight.map((m) => m.packetId_), ...core.registry_.requests_.map((q) => q.packetId_), ...core.retired_]
  if (new Set(ids).size !== ids.length) wrong.push(`a packet id is in use twice: ${ids.join(' ')}`)
  if (ids.some((id) => id < 1 || id > 65535)) wrong.push(`a packet id out of range: ${ids.join(' ')}`)
  if (new Set(core.receiveSet_).size !== core.receiveSet_.length) wrong.push('the receive set has an id twice')

  const filters = core.registry_.entries_.filter((e) => e.want_ !== Want.Unsubscribe && e.want_ !== Want.Unsuback).map((e) => e.bytes_)
  if (new Set(filters).size !== filters.length) wrong.push('a filter is wanted twice')
  if (core.socket_ === undefined && core.registry_.requests_.length > 0) wrong.push('requests without a connection')

  let cached = 0
  let cachedBytes = 0
  for (let m = core.inbox_.head_; m !== undefined; m = m.next_) {
    cached += 1
    cachedBytes += m.bytes_
    if (m.next_ === undefined && core.inbox_.tail_ !== m) wrong.push('the tail of the receive cache is not its last')
  }
  same('messages in the receive cache', core.inbox_.count_, cached)
  same('bytes of the receive cache', core.inbox_.bytes_, cachedBytes)
  same('bytes of a packet in parts', core.scanner_.held_, core.scanner_.small_.length + core.scanner_.parts_.reduce((n, part) => n + part.length, 0))

  most('acks behind a stream', core.behind_.length, 256 + s.inboxCount_ + 256)
  most('acks withheld', core.inbox_.withheld_.length, s.inboxCount_ + 256)
  most('requests not answered', core.registry_.requests_.length, 32)
  most('ids not used again', core.retired_.length, 64)
  most('topic aliases', core.aliases_.length, core.options_.topicAliasOut ?? 0)
  if (core.busy_ !== 0) wrong.push(`busy is ${core.busy_} between calls`)
  for (const [name, value] of Object.entries(core.stats_)) if (!(value >= 0)) wrong.push(`stats().${name} is ${String(value)}`)
  return wrong
}
