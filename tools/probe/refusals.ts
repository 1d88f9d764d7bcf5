/** From what the client says of an end to the probe's causes, and the words for it. */
import { ErrorCode } from '../../firmware/codes.js'
import { explain, reasonText, returnCodeText, sentenceOf } from '../../firmware/explain.js'
import type { Cause } from '../../firmware/types.js'
import { LinkCode } from '../../hal/hal.js'
import type { CauseId } from './causes.js'
import { shown } from './shown.js'

/** CONNACK return codes of 3.1 and 3.1.1, and the reason codes of 5.0 that mean the same. */
const BY_REASON: Record<number, CauseId> = {
  1: 'connect-version', 2: 'connect-id', 3: 'connect-unavailable', 4: 'connect-credentials', 5: 'connect-not-authorized',
  0x84: 'connect-version', 0x85: 'connect-id', 0x86: 'connect-credentials', 0x87: 'connect-not-authorized', 0x88: 'connect-unavailable',
  0x89: 'connect-unavailable', 0x8a: 'connect-not-authorized', 0x8b: 'connect-unavailable', 0x8c: 'connect-credentials'
}

const OPENING: Record<number, CauseId> = {
  [LinkCode.DnsFailed]: 'dns-unknown',
  [LinkCode.TcpRefused]: 'tcp-refused',
  [LinkCode.TcpTimeout]: 'tcp-silent',
  [LinkCode.TlsFailed]: 'tls-failed',
  [LinkCode.TlsCertificate]: 'tls-untrusted'
}

/** Why the socket did not open. */
export function causeOfOpening(cause: Cause): CauseId {
  return OPENING[cause.code] ?? 'tcp-unreachable'
}

/** The type of a CONNACK, as `value` of a cause has it. */
const CONNACK = 2

/** Why CONNECT did not lead to a session. */
export function causeOfConnect(cause: Cause, protocol: 3 | 4 | 5): CauseId {
  // A server of 3.1.1 refuses 5.0 with the CONNACK of 3.1.1, which has no properties.
  if (isStrangeConnack(cause)) return protocol === 5 ? 'connect-version' : 'connect-refused'
  switch (cause.code) {
    case ErrorCode.ConnectRefused:
    case ErrorCode.ServerDisconnected:
      return BY_REASON[cause.reason] ?? 'connect-refused'
    case ErrorCode.ServerMoved: return 'connect-refused'
    case ErrorCode.ClosedByServer:
    case LinkCode.Reset: return 'connect-closed'
    case ErrorCode.ConnectTimeout: return 'connect-silent'
    case ErrorCode.NotMqtt:
    case ErrorCode.Malformed:
    case ErrorCode.ProtocolError: return 'connect-not-mqtt'
    // A TLS 1.3 server judges our certificate only after the handshake is over on our side.
    case LinkCode.TlsFailed: return 'tls-client-certificate'
    default: return 'connect-failed'
  }
}

/** What happened, in the client's words and without its advice, which is for devices. */
export function happened(cause: Cause): string {
  if (cause.code === ErrorCode.ConnectRefused) return `CONNACK ${connackText(cause.reason)}`
  const text = explain(cause)
  const advice = sentenceOf(cause.code).split('~')[1] ?? ''
  if (isStrangeConnack(cause)) return 'a CONNACK came that this version of MQTT does not have'
  const what = advice !== '' && text.endsWith(advice) ? text.slice(0, -advice.length).trimEnd() : text
  return shown(`${what}${cause.code === ErrorCode.NotMqtt ? speaker(cause.value) : ''}`)
}

/** Of another version, or with a code that is not defined. */
function isStrangeConnack({ code, value, detail }: Cause): boolean {
  return (code === ErrorCode.Malformed || code === ErrorCode.ProtocolError) && value === CONNACK && detail === ''
}

/** "5 (not authorized)", "0x87 (not authorized)". */
export function connackText(reason: number): string {
  return reason < 0x80 ? `${reason} (${returnCodeText(reason)})` : reasonWords(reason)
}

/** "0x87 (not authorized)". */
export function reasonWords(reason: number): string {
  return `0x${reason.toString(16).toUpperCase().padStart(2, '0')} (${reasonText(reason)})`
}

/** Who begins like this. TLS records of alert and handshake; "HTTP/1.1 400". */
function speaker(firstByte: number): string {
  if (firstByte === 0x15 || firstByte === 0x16) return ' TLS begins like this.'
  return firstByte === 0x48 ? ' A web server begins like this.' : ''
}
