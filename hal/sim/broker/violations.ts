/** What a client must not do, and the statement of the specification that says so: [3.1.1, 5.0]. */
export const STATEMENTS = {
  beforeConnect: ['3.1.0-1', '3.1.0-1'],
  secondConnect: ['3.1.0-2', '3.1.0-2'],
  badConnect: ['3.1.2', '3.1.2'],
  serverPacket: ['4.8.0-1', '4.13.1'],
  malformed: ['4.8.0-1', '4.13.1-1'],
  badText: ['1.5.3-1', '1.5.4-1'],
  idZero: ['2.3.1-1', '2.2.1-3'],
  idInUse: ['2.3.1-2', '2.2.1-3'],
  dupOnQos0: ['3.3.1-2', '3.3.1-2'],
  dupInFreshSession: ['4.3.2-1', '4.3.2-2'],
  missingDup: ['3.3.1-1', '3.3.1-1'],
  resentOnLiveLink: ['4.4.0-1', '4.4.0-1'],
  publishAfterPubrec: ['4.3.3-1', '4.3.3-6'],
  pubrelWithoutPubrec: ['4.3.3-1', '4.3.3-4'],
  pubrelTwice: ['4.4.0-1', '4.4.0-1'],
  resentOutOfOrder: ['4.6.0-1', '4.6.0-1'],
  badTopic: ['3.3.2-2', '3.3.2-2'],
  receiveMaximum: ['', '3.3.4-7'],
  aliasRange: ['', '3.3.2-9'],
  aliasUndefined: ['', '3.3.2-7'],
  packetTooLarge: ['', '3.2.2-15'],
  retainNotAvailable: ['', '3.2.2-14'],
  qosNotSupported: ['', '3.2.2-11'],
  identifierInPublish: ['', '3.3.4-6'],
  afterDisconnect: ['3.14.4-2', '3.14.4-1'],
  badFilter: ['4.7.1-1', '4.7.1-1'],
  noFilter: ['3.8.3-3', '3.8.3-2'],
  noLocalShared: ['', '3.8.3-4'],
  ackForUnknown: ['2.3.1-6', '2.2.1-5'],
  secondAck: ['4.3.2-2', '4.3.2-4'],
  wrongAck: ['3.3.4-1', '3.3.4-1'],
  pubackOrder: ['4.6.0-2', '4.6.0-2'],
  pubrecOrder: ['4.6.0-3', '4.6.0-3'],
  pubrelOrder: ['4.6.0-4', '4.6.0-4'],
  expiryRaised: ['', '3.14.2.2.2'],
  unexpectedAuth: ['', '4.12.0-7']
} as const satisfies Record<string, readonly [string, string]>

export type ViolationKind = keyof typeof STATEMENTS

export interface Violation {
  t: number
  clientId: string
  /** The connection's number in the trace. */
  connection: number
  kind: ViolationKind
  /** The number of the statement in the client's version of the specification, "" where that version has none. */
  statement: string
  text: string
}

/** "12 ms a: idInUse (2.3.1-2): ...". */
export function describeViolation(violation: Violation): string {
  const { t, clientId, connection, kind, statement, text } = violation
  return `${t} ms, ${clientId} on connection ${connection}: ${kind}${statement === '' ? '' : ` (${statement})`}: ${text}`
}
