/** Faults that were or could be made in the core; each must be found by the promises that its `by` names. */
import { change, type Mutant } from './mutant.js'
import { SMALL_MUTANTS } from './list-small.js'

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'dup-into-fresh-session', by: ['ids-and-dup'], profile: 'honest',
    changes: [change('outbound.ts', 'm.taken_ === Taken.Whole && core.resumed_', 'm.epoch_ > 0')],
    why: 'A broker may answer an unknown id with DUP without publishing: a silent loss.'
  },
  {
    name: 'dup-left-out', by: ['ids-and-dup'], profile: 'honest',
    changes: [change('outbound.ts', 'const flags = again ? m.flags_ + 8 : m.flags_', 'const flags = m.flags_')],
    why: 'The server cannot tell a repeat from a new message.'
  },
  {
    name: 'part-taken-with-dup', by: ['ids-and-dup'], profile: 'slow',
    changes: [change('session.ts', 'Nothing && isTaken(core.tx_, (m.from_ + 1) % 1073741824)) m.taken_ = Taken.Part', 'Nothing && isTaken(core.tx_, (m.from_ + 1) % 1073741824)) m.taken_ = Taken.Whole')],
    why: 'The server never saw the message that DUP says it has.'
  },
  {
    name: 'id-reused', by: ['ids-and-dup'], profile: 'honest',
    changes: [change('session.ts', '  core.resumed_ = true\n', '  core.resumed_ = true\n  core.ids_.last_ = 0\n  core.ids_.free_ = 65535\n')],
    why: 'Ids start over with every connection: two messages share one, and one ack ends both.'
  },
  {
    name: 'id-always-the-same', by: ['ids-and-dup'], profile: 'honest',
    changes: [change('packet-ids.ts', '  ids.last_ = ids.last_ % 65535 + 1\n  ids.free_ = ids.free_ - 1', '  ids.last_ = ids.last_ % 3 + 1\n  ids.free_ = 0')],
    why: 'Ids repeat while their messages are unfinished.'
  },
  {
    name: 'receive-rule-left-out', by: ['dead-link-noticed'], profile: 'honest',
    changes: [
      change('keepalive.ts', 'k.sinceSent_ >= k.interval_ || !arrived && k.sinceReceived_ >= k.interval_', 'k.sinceSent_ >= k.interval_'),
      change('keepalive.ts', '!arrived && k.sinceReceived_ > k.sinceSent_ ? k.sinceReceived_ : k.sinceSent_', 'k.sinceSent_')
    ],
    why: 'A device that publishes often never asks whether anybody hears.'
  },
  {
    name: 'ping-deadline-cleared-by-sending', by: ['dead-link-noticed'], profile: 'honest',
    changes: [
      change('outbound.ts', '  m.from_ = core.tx_.appended_\n  m.epoch_ = core.epoch_\n', '  m.from_ = core.tx_.appended_\n  m.epoch_ = core.epoch_\n  core.keepalive_.waiting_ = -1\n'),
      change('publish.ts', '  core.keepalive_.sinceSent_ = ', '  core.keepalive_.waiting_ = -1\n  core.keepalive_.sinceSent_ = ')
    ],
    why: 'A dead link under traffic is believed in for ever.'
  },
  {
    name: 'ping-never-overdue', by: ['dead-link-noticed'], profile: 'honest',
    changes: [
      change('keepalive.ts', 'return k.waiting_ >= k.timeout_', 'return false'),
      change('keepalive.ts', 'if (k.waiting_ >= 0) return k.timeout_ - k.waiting_', 'if (k.waiting_ >= 0) return -1')
    ],
    why: 'A dead link is never noticed.'
  },
  {
    name: 'alias-kept-over-reconnect', by: ['protocol-kept', 'connections-in-order'], profile: 'honest',
    changes: [change('session.ts', '  core.aliases_ = []\n', '')],
    why: 'The new connection does not know the alias: it is closed for it, or the message goes astray.'
  },
  {
    name: 'backoff-reset-at-connack', by: ['no-hammering'], profile: 'honest',
    changes: [change('handshake.ts', 'core.sessionPresent_ = p.sessionPresent_', 'core.sessionPresent_ = p.sessionPresent_\n  core.backoff_.attempts_ = 0')],
    why: 'A server that accepts and closes is hammered.'
  },
  {
    name: 'backoff-never-grows', by: ['no-hammering'], profile: 'honest',
    changes: [change('backoff.ts', 'while (i > 0 && span < periodMax)', 'while (i > 0 && span < 0)')],
    why: 'A server that is down is hammered.'
  },
  {
    name: 'slow-lane-ignored', by: ['slow-lane'], profile: 'honest',
    changes: [change('backoff.ts', 'if (slow && span < Lane.Slow) span = Lane.Slow', 'slow = false')],
    why: 'A wrong password is tried every few seconds.'
  },
  {
    name: 'quota-leaked-by-rejected-pubrec', by: ['window-kept'], profile: 'honest',
    changes: [change('acks.ts', '      finish(core, m, ErrorCode.PublishRefused, reason)\n      return 0', '      finish(core, m, ErrorCode.PublishRefused, reason)\n      core.outbox_.flightCount_ = core.outbox_.flightCount_ + 1\n      return 0')],
    why: 'After some refusals nothing is sent any more.'
  },
  {
    name: 'pubcomp-not-awaited', by: ['window-kept', 'ids-and-dup', 'out-exactly-once'], profile: 'honest',
    changes: [change('acks.ts', '    m.step_ = Step.Pubcomp\n', '    m.step_ = Step.Pubcomp\n    send(core, writeAck(0x62, m.packetId_, 0, EMPTY))\n    finish(core, m, 0, 0)\n    return 0\n')],
    why: 'The id is free while the server still holds it: the next message under it is taken for a repeat.'
  },
  {
    name: 'publish-again-after-pubrec', by: ['ids-and-dup'], profile: 'honest',
    changes: [change('outbound.ts', 'if (m.step_ === Step.Pubcomp) {', 'if (m.step_ === Step.Told) {')],
    why: 'A message of which PUBREC came is published again.'
  },
  {
    name: 'receive-set-not-cleared', by: ['in-at-least-once'], profile: 'honest',
    changes: [change('session.ts', '  core.receiveSet_ = []\n', '')],
    why: 'New messages of a new session are taken for repeats.'
  },
  {
    name: 'receive-set-forgets', by: ['in-exactly-once'], profile: 'honest',
    changes: [change('session.ts', '  core.resumed_ = true\n', '  core.resumed_ = true\n  core.receiveSet_ = []\n')],
    why: 'A QoS 2 message is handed over twice.'
  },
  {
    name: 'inbound-id-never-removed', by: ['in-at-least-once'], profile: 'honest',
    changes: [change('inbound.ts', '  const known = removeFromReceiveSet(core, p.packetId_)', '  const known = isInReceiveSet(core, p.packetId_)')],
    why: 'The server uses an id again, and its message is taken for a repeat.'
  },
  {
    name: 'deadline-after-first-byte', by: ['unsent-stays-unsent'], profile: 'honest',
    changes: [change('outbox.ts', 'if (m.expirySeconds_ >= 0 && m.epoch_ === 0) {', 'if (m.expirySeconds_ >= 0) {')],
    why: 'A message that was sent is told as expired.'
  },
  {
    name: 'deadline-ignored-while-down', by: ['deadlines-kept'], profile: 'honest',
    changes: [
      change('slice.ts', 'if (box.soonest_ === 0) expire(', 'if (box.soonest_ === 0 && core.phase_ === Phase.Up) expire('),
      change('slice.ts', 'if (core.outbox_.soonest_ >= 0) due', 'if (core.outbox_.soonest_ >= 0 && core.phase_ === Phase.Up) due')
    ],
    why: 'What has expired offline goes out when the link is back.'
  },
  {
    name: 'subscriptions-not-restored', by: ['subscriptions-whole'], profile: 'honest',
    changes: [change('session.ts', '  restoreAll(core.registry_, true)\n', '')],
    why: 'The device is up and hears nothing.'
  },
  {
    name: 'unsubscribe-forgotten', by: ['subscriptions-whole'], profile: 'honest',
    changes: [change('subscriptions.ts', '    else if (e.want_ === Want.Unsuback) e.want_ = Want.Unsubscribe\n', '')],
    why: 'A filter that was given up stays in the session.'
  },
  {
    name: 'publish-before-suback', by: ['subscriptions-first'], profile: 'honest',
    changes: [change('handshake.ts', 'core.restoring_ = core.registry_.entries_.length > 0', 'core.restoring_ = false')],
    why: 'Answers to what is published are missed.'
  },
  {
    name: 'receipt-twice', by: ['one-receipt'], profile: 'honest',
    changes: [
      change('acks.ts', 'import { because, broken, forgetSuspect', 'import { because, broken, callUser, forgetSuspect'),
      change('acks.ts', '    if (FEATURE_JOURNAL) mustRecord(core)\n', '    if (FEATURE_JOURNAL) mustRecord(core)\n    if (core.options_.onReceipt !== undefined) callUser(core, core.options_.onReceipt, m.token_, \'delivered\', 0)\n')
    ],
    why: 'A QoS 2 message is told at PUBREC and again at PUBCOMP: the program counts one message as two.'
  },
  {
    name: 'receipt-lost-at-session-loss', by: ['one-receipt'], profile: 'honest',
    changes: [change('session.ts', '      end(box, m, \'unknown\', ErrorCode.SessionLost)', '      box.count_ = box.count_ - 1')],
    why: 'The program waits for ever for what became of a message.'
  },
  {
    name: 'report-resends', by: ['out-exactly-once'], profile: 'honest',
    changes: [change('session.ts', 'if (qosOf(m) === 2 && core.options_.onSessionLost === \'report\') {', 'if (qosOf(m) === 3) {')],
    why: 'What must not come twice comes twice.'
  },
  {
    name: 'resend-forgotten', by: ['one-receipt', 'settles', 'window-kept'], profile: 'honest',
    changes: [change('session.ts', 'core.resending_ = core.outbox_.flight_.head_ !== undefined', 'core.resending_ = false')],
    why: 'Messages in flight wait for acks that never come.'
  },
  {
    name: 'push-back-stops-reading', by: ['in-at-least-once', 'acks-in-order'], profile: 'honest',
    changes: [change('inbound.ts', '  if (inbox.withheld_.length === 0 || inbox.count_', '  if (inbox.withheld_.length < 1000 || inbox.count_')],
    why: 'Acks are withheld for ever, and the server sends no more.'
  },
  {
    name: 'push-back-overflows', by: ['limits-kept'], profile: 'honest',
    changes: [change('slice.ts', 'core.options_.cache !== \'push-back\' || core.phase_ < Phase.Up) return false', 'core.options_.cache !== \'push-back\' || core.phase_ > 0) return false')],
    why: 'The cache grows beyond its bound.'
  },
  {
    name: 'keep-latest-replaces-a-sent-one', by: ['unsent-stays-unsent'], profile: 'honest',
    changes: [change('outbox.ts', 'if (m.epoch_ === 0 && m.field_ === field) return m', 'if (m.field_ === field) return m')],
    why: 'A message that was sent is told as dropped.'
  },
  {
    name: 'session-expiry-0', by: ['session-kept'], profile: 'honest',
    changes: [change('handshake.ts', 'p.sessionExpiryInterval === undefined ? Default.SessionExpiry :', 'p.sessionExpiryInterval === undefined ? 0 :')],
    why: 'The server forgets at every drop what was asked to be kept.'
  },
  {
    name: 'window-ignored', by: ['window-kept'], profile: 'honest',
    changes: [change('outbound.ts', 'if (box.flightCount_ >= quota(core)) return', '')],
    why: 'A server closes over its Receive Maximum.'
  },
  {
    name: 'outbox-unbounded', by: ['limits-kept'], profile: 'honest',
    changes: [change('admission.ts', 'if (box.count_ >= s.outboxCount_) return because', 'if (box.count_ >= s.outboxCount_ * 2) return because')],
    why: 'The device runs out of memory while it is offline.'
  },
  {
    name: 'slice-reads-all', by: ['slice-bound'], profile: 'honest',
    changes: [change('slice.ts', 'const chunk = socket.read(bytes)', 'const chunk = socket.read(1000000)')],
    why: 'One slice keeps the processor for itself.'
  },
  {
    name: 'acks-out-of-order', by: ['acks-in-order'], profile: 'honest',
    changes: [change('transmit.ts', '  tx.parts_.push(packet)\n', '  if (packet.length === 4 && tx.parts_.length > 0 && tx.parts_[0].length === 4) tx.parts_.unshift(packet)\n  else tx.parts_.push(packet)\n')],
    why: 'Acks must go in the order of their messages.'
  },
  {
    name: 'pubrec-not-journalled', by: ['out-exactly-once', 'ids-and-dup'], profile: 'power',
    changes: [change('acks.ts', '    if (FEATURE_JOURNAL) mustRecord(core)\n', '')],
    why: 'After a cut the message is published again though PUBREL was sent: it comes twice.'
  },
  {
    name: 'id-not-journalled', by: ['out-exactly-once', 'ids-and-dup'], profile: 'power',
    changes: [change('outbound.ts', '    if (FEATURE_JOURNAL && m.noted_ !== m.packetId_) mustRecord(core)\n', '')],
    why: 'After a cut a message in flight starts anew under another id: it comes twice.'
  },
  {
    name: 'inbound-id-not-journalled', by: ['in-exactly-once'], profile: 'power',
    changes: [
      change('inbound.ts', '  if (FEATURE_JOURNAL) mustRecord(core)\n', ''),
      change('inbound.ts', '      if (FEATURE_JOURNAL && qos === 2) mustRecord(core)\n', '')
    ],
    why: 'After a cut a message is handed over again without a word.'
  },
  {
    name: 'handler-writes-the-id-away', by: ['in-exactly-once'], profile: 'power',
    changes: [change('inbound.ts', '      if (FEATURE_JOURNAL && qos === 2) mustRecord(core)\n', '')],
    why: 'A handler that publishes has the journal written without the id of its own message, and PUBREC leaves all the same.'
  },
  {
    name: 'conflict-not-slowed', by: ['few-takeovers'], profile: 'session-losing',
    changes: [change('judge.ts', '  if (g.conflict_) least = conflictWait(g, core.clock_.seconds_, noise)\n', '')],
    why: 'Two devices with one id put each other off for ever.'
  },
  {
    name: 'removal-not-journalled', by: ['in-at-least-once'], profile: 'power',
    changes: [change('inbound.ts', '  if (FEATURE_JOURNAL && known) mustRecord(core)\n', '')],
    why: 'After a cut a new message under the same id is taken for a repeat.'
  },
  ...SMALL_MUTANTS
]
