/**
 * The dishonest broker: every promise of the protocol that a server can break, each with its own probability for each
 * opportunity, drawn from a stream of its own, so that switching one on moves no other part of a run.
 */
import type { Random } from '../random.js'

export const LIES = [
  /** CONNACK says Session Present 1 where there is no session. */
  'falseSessionPresent',
  /** CONNACK says Session Present 0 and goes on with the session. */
  'falseSessionAbsent',
  /** A PUBLISH is acknowledged and not taken. */
  'ackWithoutTaking',
  /** A PUBLISH is taken and acknowledged, and reaches no subscriber. */
  'loseAcked',
  /** An acknowledgement is never sent. */
  'neverAck',
  /** A QoS 2 PUBLISH comes again after its PUBCOMP. */
  'repeatAfterPubcomp',
  /** An acknowledgement for an id that is not in use. */
  'unknownAck',
  /** PUBREC for QoS 1, PUBACK for QoS 2, PUBACK for SUBSCRIBE. */
  'wrongAckKind',
  /** SUBACK with a code too many or too few. */
  'subackCount',
  /** An acknowledgement comes twice. */
  'duplicateAck',
  /** A message to a topic that nobody subscribed to. */
  'unsubscribedTopic',
  /** A message comes with a QoS above the granted one. */
  'qosAboveGranted',
  /** A PUBLISH of QoS 1 or 2, or an acknowledgement, with packet id 0. */
  'idZero',
  /** A packet with its bytes damaged. */
  'malformed',
  /** A packet that ends early, and the next one follows. */
  'truncated',
  /** A packet larger than anybody announced. */
  'oversize',
  /** Bytes by chance. */
  'garbage',
  /** A packet before CONNACK. */
  'beforeConnack',
  /** CONNACK comes twice. */
  'secondConnack',
  /** The link is closed for no reason: FIN or RST. */
  'close',
  /** A packet is late by up to 30 s, and others overtake it. */
  'delay',
  /** PINGREQ is never answered. */
  'deafToPing'
] as const

export type Lie = (typeof LIES)[number]

/** Probability of each lie for each opportunity, 0 to 1; absent is 0. */
export type Dishonesty = Partial<Record<Lie, number>>

/** Every lie with the same probability. */
export function everyLie(probability: number): Dishonesty {
  const dishonesty: Dishonesty = {}
  for (const lie of LIES) dishonesty[lie] = probability
  return dishonesty
}

export class Lies {
  /** How often each was told. */
  readonly told: Partial<Record<Lie, number>> = {}
  count = 0

  constructor(readonly random: Random, private readonly dishonesty: () => Dishonesty) {}

  /** Whether this lie is told now. Draws nothing where its probability is 0. */
  tells(lie: Lie): boolean {
    if (!this.random.chance(this.dishonesty()[lie] ?? 0)) return false
    this.count += 1
    this.told[lie] = (this.told[lie] ?? 0) + 1
    return true
  }
}
