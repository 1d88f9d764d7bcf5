/** Puts the state of a checkpoint into a core that was just created. */
import type { Core } from '../../firmware/core.js'
import { newLearn } from '../../firmware/learn.js'
import { newOutgoing, pushBack, sizeOf, type Chain, type Outgoing } from '../../firmware/outbox.js'
import type { Bytes } from '../../hal/hal.js'
import type { Checkpoint } from './format.js'
import { name } from './peer.js'

function field(topic: string): Bytes {
  return (String.fromCharCode(topic.length >> 8, topic.length & 255) + topic) as Bytes
}

/** A member that may be absent: -2 says so. */
function given(member: 'blame_' | 'acked_' | 'aside_' | 'needs_' | 'turns_', n: number): { [one in typeof member]?: number } {
  return n === -2 ? {} : { [member]: n }
}

function message(core: Core, n: Record<string, number>): Outgoing {
  const m = newOutgoing(n.token!, field(name(Math.max(1, n.field! - 2), 0, 't')), 'x'.repeat(n.payload!) as Bytes, n.flags!)
  m.step_ = n.step!
  m.packetId_ = n.packetId!
  m.epoch_ = n.epoch! < 0 ? 0 : core.epoch_ - n.epoch!
  m.taken_ = n.taken!
  m.timeouts_ = n.timeouts!
  m.renewed_ = n.renewed === 1
  // A user property of the same length: what was in it does not matter.
  m.properties_ = 'p'.repeat(n.properties!) as Bytes
  m.priority_ = n.priority!
  m.expirySeconds_ = n.expirySeconds!
  m.expiryMillis_ = n.expiryMillis!
  m.messageExpiry_ = n.messageExpiry!
  m.bornSeconds_ = n.bornSeconds!
  return m
}

function fill(core: Core, chain: Chain, messages: Record<string, number>[]): void {
  for (const one of messages) {
    const m = message(core, one)
    pushBack(chain, m)
    core.outbox_.count_ += 1
    core.outbox_.bytes_ += sizeOf(m)
    if (m.expirySeconds_ >= 0 && m.epoch_ === 0) {
      const left = (m.expirySeconds_ - core.clock_.seconds_) * 1000 + m.expiryMillis_ - core.clock_.millis_
      if (core.outbox_.soonest_ < 0 || left < core.outbox_.soonest_) core.outbox_.soonest_ = Math.max(0, left)
    }
  }
}

/** `t`: the checkpoint's time on the replay's clock. `handler` stands for every handler. */
export function restore(core: Core, checkpoint: Checkpoint, t: number, handler: () => void): void {
  const s = checkpoint.state as Record<string, number>
  const has = (bit: number): boolean => (s.bits! & bit) > 0
  core.clock_.stamp_ = t - s.late!
  core.clock_.seconds_ = s.seconds!
  core.clock_.millis_ = s.millis!
  core.phase_ = s.phase!
  core.age_ = s.age!
  core.wait_ = s.wait!
  const k = core.keepalive_
  k.interval_ = s.interval!
  k.timeout_ = s.timeout!
  k.sinceSent_ = s.sinceSent!
  k.sinceReceived_ = s.sinceReceived!
  k.waiting_ = s.waiting!
  core.ackAge_ = s.ackAge!
  core.sentNow_ = s.sentNow!
  core.hadSession_ = has(1)
  core.sessionPresent_ = has(2)
  core.resumed_ = has(4)
  core.resending_ = has(8)
  core.restoring_ = has(16)
  core.heard_ = has(32)
  core.alone_ = has(64)
  core.drainSent_ = has(128)
  core.registry_.dirty_ = has(256)
  core.registry_.watched_ = has(512)
  core.epoch_ = s.epoch!
  core.token_ = s.token!
  core.ids_.last_ = s.lastId!
  core.ids_.free_ = 0
  core.backoff_.attempts_ = s.attempts!
  core.servers_.index_ = s.server!
  core.suspect_ = s.suspect!
  core.suspicions_ = s.suspicions!
  const v = core.server_
  v.receiveMaximum_ = s.receiveMaximum!
  v.packetMax_ = s.packetMax!
  v.maxQos_ = s.maxQos!
  v.retain_ = (s.allows! & 1) > 0
  v.wildcard_ = (s.allows! & 2) > 0
  v.shared_ = (s.allows! & 4) > 0
  v.subscriptionIds_ = (s.allows! & 8) > 0
  v.aliasMax_ = s.aliasMax!
  v.keepalive_ = s.keepalive!
  core.drainMs_ = s.drainMs!
  fill(core, core.outbox_.flight_, checkpoint.flight)
  core.outbox_.flightCount_ = checkpoint.flight.length
  fill(core, core.outbox_.queue_, checkpoint.queue)
  core.outbox_.wanted_ = core.options_.onReceipt !== undefined
  checkpoint.entries.forEach((n, i) => {
    const filter = name(n.filter!, i, 'r')
    core.registry_.entries_.push({
      token_: n.token!, endToken_: n.endToken!, asked_: n.asked === 1, filter_: filter, bytes_: filter as Bytes, options_: n.options!,
      handler_: n.handler === 1 ? handler : undefined, want_: n.want!, subscriptionId_: n.subscriptionId!,
      properties_: '\0'.repeat(n.properties! > 0 ? 1 : 0) as Bytes,
      ...given('blame_', n.blame!), ...given('acked_', n.acked!), ...given('aside_', n.aside!), ...given('needs_', n.needs!), ...given('turns_', n.turns!)
    })
  })
  const g = core.governor_
  const from = checkpoint.governor
  if (g !== undefined && from !== undefined) {
    const n = from.numbers
    g.closed_ = (from.bits & 2) > 0
    g.conflict_ = (from.bits & 4) > 0
    g.bearer_ = (from.bits & 8) > 0
    g.last_ = n.last!
    g.seen_ = n.seen!
    g.told_ = n.told!
    g.wait_ = n.wait!
    g.excuses_ = n.excuses!
    g.period_ = n.period!
    g.ends_ = [...from.ends]
    g.lives_ = [...from.lives]
    g.starts_ = [...from.starts]
    g.drops_ = [...from.drops]
  }
  if (checkpoint.learned.interval > 0) {
    const server = core.options_.servers[core.servers_.index_] ?? core.options_.servers[0]!
    const learn = newLearn()
    learn.interval_ = checkpoint.learned.interval
    learn.most_ = checkpoint.learned.most
    core.learn_ = { learn_: learn, name_: `${server.host}:${server.port}` as Bytes, gap_: 0, tested_: 0, doubt_: 0, level_: 0, signal_: 0 }
  }
  for (const alias of checkpoint.aliases) core.aliases_.push({ field_: field(name(alias.length, alias.number, 't')), end_: core.tx_.appended_ })
  core.receiveSet_ = [...checkpoint.receiveSet]
  core.retired_ = [...checkpoint.retired]
}
