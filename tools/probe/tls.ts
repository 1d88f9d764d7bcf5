/**
 * The third question: does the handshake hold? It is done without verification and judged afterwards by the same rules,
 * so that a certificate that is refused is shown all the same.
 */
import net from 'node:net'
import tls from 'node:tls'
import type { TlsOptions } from '../../hal/hal.js'
import type { CauseId } from './causes.js'
import type { Findings } from './report.js'
import { shown } from './shown.js'

type TlsCause = Extract<CauseId, `tls-${string}`>

const DAY_MS = 86_400_000
/** Renewals are automatic 30 days before the end, as a rule: with less left, they have failed. */
const SOON_DAYS = 14
/** More than an alert takes, and less than any hello. */
const ALERT_BYTES = 32

/** Node's and OpenSSL's names of what ended a handshake. Names that are not here: `tls-failed`. */
const BY_CODE: Record<string, TlsCause> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls-none',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls-none',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls-no-common',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls-no-common',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'tls-no-common',
  ERR_SSL_NO_SHARED_CIPHER: 'tls-no-common',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'tls-no-common',
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': 'tls-no-common',
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: 'tls-no-common',
  ERR_SSL_DH_KEY_TOO_SMALL: 'tls-no-common',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'tls-name',
  ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME: 'tls-name',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'tls-client-certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'tls-client-certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'tls-client-certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'tls-client-certificate',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'tls-client-certificate'
}

/** The cause of a handshake that broke off with `code`, when the peer had sent `received` bytes. */
export function causeOfHandshake(code: string, received: number): TlsCause {
  const known = BY_CODE[code]
  // The same alert for two faults: alone it answers our hello, after more it answers our certificate or the lack of one.
  if (known === 'tls-no-common' && code.endsWith('HANDSHAKE_FAILURE') && received > ALERT_BYTES) return 'tls-client-certificate'
  if (known !== undefined) return known
  return received === 0 || code === '' || code === 'ECONNRESET' ? 'tls-closed' : 'tls-failed'
}

/** The cause of a certificate that was not accepted, by the name that Node gives the reason. */
export function causeOfCertificate(code: string): TlsCause {
  if (code === 'CERT_HAS_EXPIRED') return 'tls-expired'
  if (code === 'CERT_NOT_YET_VALID') return 'tls-not-yet'
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'tls-name' : 'tls-untrusted'
}

/** True: the handshake stands and the certificate is good, or `insecureNoVerify` accepts it. Takes the socket and closes it. */
export async function tryHandshake(socket: net.Socket, host: string, options: TlsOptions, timeoutMs: number, findings: Findings): Promise<boolean> {
  const name = options.servername ?? host
  const start = performance.now()
  const done = await handshake(socket, name, options, timeoutMs)
  const ms = performance.now() - start
  if (!(done instanceof tls.TLSSocket)) {
    const { code, received } = done
    socket.destroy()
    if (code === 'silent') findings.fail('tls', ms, 'tls-silent', `the handshake did not end within ${timeoutMs} ms; ${received} bytes came`)
    else findings.fail('tls', ms, causeOfHandshake(code, received), `${code === '' ? 'closed without a word' : code}; ${received} bytes came`)
    return false
  }
  const certificate = done.getPeerCertificate()
  const seen = `${done.getProtocol() ?? 'TLS'}, ${done.getCipher().standardName}; ${describe(certificate)}`
  const refused = done.authorized ? undefined : codeOf(done.authorizationError)
  done.destroySoon()
  if (refused !== undefined && options.insecureNoVerify !== true) {
    const why = refused === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `${shown(name)} is not in it (${shown(certificate.subjectaltname ?? 'no names')})` : refused
    findings.fail('tls', ms, causeOfCertificate(refused), `${why}; ${seen}${clock(refused)}`)
    return false
  }
  findings.pass('tls', ms, refused === undefined ? seen : `${seen}; NOT VERIFIED: ${refused}`)
  warn(refused, certificate, findings)
  return true
}

/** Does the port speak TLS, whatever its certificate? Asked when plain MQTT failed there. Takes the socket and closes it. */
export async function speaksTls(socket: net.Socket, host: string, timeoutMs: number): Promise<boolean> {
  const done = await handshake(socket, host, {}, timeoutMs)
  socket.destroy()
  return done instanceof tls.TLSSocket
}

function warn(refused: string | undefined, certificate: tls.PeerCertificate, findings: Findings): void {
  if (refused !== undefined) findings.warn('not-verified', `--insecure accepted a certificate that is refused for ${refused}`, 'Give --ca in its place: anyone on the way could read and change what passes.')
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY_MS)
  if (days >= 0 && days < SOON_DAYS) findings.warn('expires-soon', `the certificate ends in ${days} days`, 'Renew it now: on that day every device that verifies is out.')
}

/** How a handshake broke off: 'silent', or the name of the error, "" where the peer closed in order; and the bytes that came. */
interface Broken {
  code: string
  received: number
}

function handshake(socket: net.Socket, name: string, options: TlsOptions, timeoutMs: number): Promise<tls.TLSSocket | Broken> {
  return new Promise((resolve) => {
    const stream = tls.connect({
      socket,
      // As the host port has it: SNI knows no addresses, the certificate is checked against them all the same.
      servername: net.isIP(name) === 0 ? name : '',
      checkServerIdentity: (_: string, certificate: tls.PeerCertificate) => tls.checkServerIdentity(name, certificate),
      ca: buffer(options.ca), cert: buffer(options.cert), key: buffer(options.key),
      rejectUnauthorized: false
    })
    const end = (result: tls.TLSSocket | string): void => {
      clearTimeout(timer)
      if (typeof result !== 'string') return resolve(result)
      resolve({ code: result, received: socket.bytesRead })
      stream.destroy()
    }
    const timer = setTimeout(() => end('silent'), timeoutMs)
    stream.once('secureConnect', () => end(stream))
    stream.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    stream.once('end', () => end(''))
    stream.once('close', () => end(''))
  })
}

function buffer(bytes: string | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1')
}

/** Node keeps the code there, whatever its type says. */
function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
}

function day(date: string): string {
  const time = Date.parse(date)
  return Number.isNaN(time) ? shown(date) : new Date(time).toISOString().slice(0, 10)
}

function nameOf(fields: tls.Certificate | undefined): string {
  const name: string | string[] | undefined = fields?.CN ?? fields?.O
  return name === undefined ? '' : shown([name].flat().join(', '))
}

function describe(certificate: tls.PeerCertificate): string {
  if (certificate.valid_to === undefined) return 'no certificate'
  const subject = nameOf(certificate.subject) || shown(certificate.subjectaltname ?? 'no subject')
  const key = certificate.asn1Curve ?? (certificate.bits === undefined ? '' : `RSA ${certificate.bits} bits`)
  return `certificate of ${subject}, by ${nameOf(certificate.issuer) || 'nobody named'}, ${key === '' ? '' : `${key}, `}from ${day(certificate.valid_from)} to ${day(certificate.valid_to)}`
}

/** Where the date decides, the date that was used. */
function clock(code: string): string {
  return code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID' ? `; the clock of this PC says ${new Date().toISOString().slice(0, 10)}` : ''
}
