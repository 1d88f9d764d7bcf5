/** Faults in the cores of tiny and standard, which are not made of the files that the other mutants are in. */
import { change, type Mutant } from './mutant.js'

function inTiny(name: string, by: readonly string[], file: string, find: string, replace: string, why: string, profile?: Mutant['profile']): Mutant {
  return { name: `tiny-${name}`, features: 'tiny', by, changes: [change(`tiny/${file}.ts`, find, replace)], why, ...(profile === undefined ? {} : { profile }) }
}

function inStandard(name: string, by: readonly string[], file: string, find: string, replace: string, why: string, profile?: Mutant['profile']): Mutant {
  return { name: `standard-${name}`, features: 'standard', by, changes: [change(`small/${file}.ts`, find, replace)], why, ...(profile === undefined ? {} : { profile }) }
}

export const SMALL_MUTANTS: readonly Mutant[] = [
  inTiny('dup-into-fresh-session', ['ids-and-dup'], 'receive', '      m.dup_ = 0\n', '', 'A broker may answer an unknown id with DUP without publishing: a silent loss.', 'session-losing'),
  inTiny('dup-left-out', ['ids-and-dup'], 'publish', '      } else if (m.qos_ > 0) m.dup_ = 8\n', '      } else if (m.qos_ > 0) m.tries_ = 0\n', 'The server cannot tell a repeat from a new message.', 'honest'),
  inTiny('id-of-a-waiting-message', ['ids-and-dup', 'one-receipt', 'delivered-was-taken'], 'core', '  let free = false\n', '  let free = true\n  core.token_ = core.token_ % 3 + 1\n', 'Two messages share an id, and one ack ends both.', 'honest'),
  inTiny('ping-hardly-ever-overdue', ['dead-link-noticed'], 'settings', 'core.patience_ = ms > Ms.Ping * 2 ? Ms.Ping : ms / 2', 'core.patience_ = ms * 3', 'A device talks into the void for minutes.', 'honest'),
  inTiny('no-backoff', ['no-hammering'], 'slice', 'i < core.attempts_ && wait', 'i < 0 && wait', 'A device without credit for its server asks for it every second.', 'honest'),
  inTiny('no-slow-lane', ['slow-lane'], 'slice', '  if (slow && wait < least) wait = least\n', '', 'A wrong password is tried until the account is locked.', 'honest'),
  inTiny('publishes-before-filters', ['subscriptions-first'], 'publish', ' && core.tx_.length === 0 && core.open_ === 0) {', ' && core.tx_.length === 0) {', 'The answer to a request comes before its filter stands, and is lost.', 'session-losing'),
  inTiny('filters-forgotten', ['subscriptions-whole'], 'receive', 'if (flags === 0 || core.unsure_) forget(core, flags === 0)', 'if (core.unsure_) forget(core, flags === 0)', 'After a session was lost the device hears nothing, and does not know.', 'session-losing'),
  inTiny('session-not-heard-of', ['subscriptions-whole'], 'slice', '  if (core.phase_ === Phase.Connecting) core.unsure_ = true\n', '', 'A CONNACK that was lost hid a new session: the filters are gone.', 'session-losing'),
  inTiny('unsubscribe-lost', ['subscriptions-whole'], 'filters', 'f.state_ === State.Ending && isNew', 'f.state_ === State.Ending', 'The server goes on sending what nobody wants.'),
  inTiny('early-ack-of-a-large-one', ['acks-in-order'], 'receive', '        if (last <= end) acknowledge(core, id)\n        else {', '        acknowledge(core, id)\n        if (last > end) {', 'An ack for what has not come: the connection is ended by a strict server.'),
  inTiny('room-behind-a-part', ['protocol-kept', 'in-order', 'at-least-once', 'out-exactly-once', 'settles'], 'publish', '  core.room_ = 0\n  const n = core.socket_!.write(tx)', '  const n = core.socket_!.write(tx)', 'A message is written into the middle of another.', 'slow'),
  inTiny('reads-without-end', ['slice-bound'], 'receive', '    most = most - n\n', '', 'One call of yield takes the device for itself.'),
  inTiny('window-ignored', ['window-kept'], 'publish', 'core.inflight_ + m.qos_ > core.limits_[Limit.Inflight]!', 'core.inflight_ + m.qos_ > 65535', 'The server closes for too many unanswered messages.'),
  inStandard('quick-way-takes-acks-too', ['acks-in-order'], 'inbound', 'at(b, from) === 0x30) {', 'at(b, from) <= 0x32) {', 'A message of QoS 1 is never acknowledged.'),
  inStandard('dup-into-fresh-session', ['ids-and-dup'], 'inbound', '      m.dup_ = 0\n', '', 'A broker may answer an unknown id with DUP without publishing: a silent loss.', 'session-losing')
]
