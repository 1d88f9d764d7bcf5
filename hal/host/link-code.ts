/**
 * Which layer ended a connection: Node's error codes, told as `LinkCode`.
 */
import { LinkCode, type Code } from '../hal.js'

/** How far a connection had come when it failed. */
export const enum Stage { Tcp, Tls, Open }

const BY_ERROR: Record<string, LinkCode> = {
  ENOTFOUND: LinkCode.DnsFailed,
  ECONNREFUSED: LinkCode.TcpRefused,
  ETIMEDOUT: LinkCode.TcpTimeout,
  ECONNRESET: LinkCode.Reset,
  ECONNABORTED: LinkCode.Reset,
  // The kernel says EPIPE for the second write after a reset.
  EPIPE: LinkCode.Reset,
  EMFILE: LinkCode.NoSocket,
  ENFILE: LinkCode.NoSocket,
  ENOBUFS: LinkCode.NoSocket,
  ENOMEM: LinkCode.NoSocket
}

/**
 * The `LinkCode` of what Node reported. With several addresses tried, Node gives an AggregateError: the code of its
 * first member counts.
 */
export function linkCodeOf(error: unknown, stage: Stage, certificateRefused: boolean): Code {
  if (certificateRefused) return LinkCode.TlsCertificate
  const name = errorCode(error)
  // A TLS 1.3 server refuses our certificate only after the handshake is over on our side.
  if (name.startsWith('ERR_SSL') || name.startsWith('ERR_TLS') || name === 'EPROTO') return LinkCode.TlsFailed
  if (name.startsWith('EAI_')) return LinkCode.DnsFailed
  // A peer that hangs up in the middle of the handshake did not agree to it.
  if (stage === Stage.Tls) return name === 'ETIMEDOUT' ? LinkCode.TcpTimeout : LinkCode.TlsFailed
  return BY_ERROR[name] ?? LinkCode.TcpFailed
}

function errorCode(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown[] }
  if (typeof code === 'string') return code
  return errors !== undefined && errors.length > 0 ? errorCode(errors[0]) : ''
}
