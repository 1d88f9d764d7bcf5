/** What is asked for, from the URL and the options; the first mistake in it is a `UsageError`. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Bytes, Endpoint, TlsOptions } from '../../hal/hal.js'
import { parseUrl, type ParsedUrl } from '../../hal/host/index.js'
import { text } from '../../hal/host/text.js'
import { UsageError } from '../usage.js'

/** Options as the command line has them. */
export interface Given {
  username?: string
  password?: string
  clientId?: string
  protocol?: string
  ca?: string
  insecure?: boolean
  cert?: string
  key?: string
  servername?: string
  topic?: string
  count?: string
  timeout?: string
  maxConnect?: string
  maxRtt?: string
  maxLoss?: string
}

export interface Request {
  /** Without user name and password. */
  url: string
  endpoint: Endpoint
  username?: string
  password?: Bytes
  clientId: string
  protocol: 3 | 4 | 5
  topic: string
  /** Echoes of each QoS. */
  count: number
  /** ms that each wait may take. */
  timeoutMs: number
  /** Thresholds of `slow-broker`: ms, ms, and percent of the echoes of one QoS. */
  maxConnectMs: number
  maxRttMs: number
  maxLossPercent: number
}

export const DEFAULTS = { protocol: '4', count: '10', timeout: '10000', maxConnect: '2000', maxRtt: '1000', maxLoss: '0' }

export function requestOf(url: string, given: Given): Request {
  const parsed = parsedUrl(url)
  const { endpoint } = parsed
  const protocol = protocolOf(given.protocol ?? DEFAULTS.protocol)
  const random = randomBytes(4).toString('hex')
  const clientId = given.clientId ?? `yieldmq-probe-${random}`
  const username = given.username ?? parsed.username
  const password = given.password === undefined ? parsed.password : text.utf8(given.password)
  const topic = given.topic ?? `yieldmq/probe/${random}`
  if (clientId === '' && protocol === 3) throw new UsageError('--client-id: MQTT 3.1 takes no empty client id.')
  if (password !== undefined && username === undefined && protocol < 5) throw new UsageError('A password without a user name is possible with --protocol 5 alone: give --username too.')
  if (topic === '' || /[+#\0]/.test(topic) || Buffer.byteLength(topic) > 65535) throw new UsageError('--topic takes a topic to publish to: 1 to 65535 bytes, no + and no #.')
  const tls = tlsOf(endpoint, given)
  const { host, port } = endpoint
  const shownHost = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://${shownHost}:${port}`,
    endpoint: { host, port, ...(tls === undefined ? {} : { tls }) },
    ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }),
    clientId, protocol, topic,
    count: amount('--count', given.count ?? DEFAULTS.count, 1, 1000),
    timeoutMs: amount('--timeout', given.timeout ?? DEFAULTS.timeout, 100, 300_000),
    maxConnectMs: amount('--max-connect', given.maxConnect ?? DEFAULTS.maxConnect, 0, 3_600_000),
    maxRttMs: amount('--max-rtt', given.maxRtt ?? DEFAULTS.maxRtt, 0, 3_600_000),
    maxLossPercent: amount('--max-loss', given.maxLoss ?? DEFAULTS.maxLoss, 0, 100)
  }
}

function parsedUrl(url: string): ParsedUrl {
  // Said here, because what stands before the @ of a URL without a scheme may be a password.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) throw new UsageError('The URL has no scheme: write mqtt://HOST or mqtts://HOST.')
  let parsed: ParsedUrl
  try {
    parsed = parseUrl(url)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  if (parsed.endpoint.path !== undefined) throw new UsageError('ws:// and wss:// are not probed: this version has no MQTT over WebSocket. Use the mqtt:// or mqtts:// port of the server.')
  return parsed
}

function protocolOf(given: string): 3 | 4 | 5 {
  if (given !== '3' && given !== '4' && given !== '5') throw new UsageError('--protocol takes 3 (MQTT 3.1), 4 (3.1.1) or 5 (5.0).')
  return Number(given) as 3 | 4 | 5
}

function amount(option: string, given: string, least: number, most: number): number {
  const value = Number(given)
  if (given.trim() === '' || !Number.isInteger(value) || value < least || value > most) throw new UsageError(`${option} takes a whole number from ${least} to ${most}.`)
  return value
}

/** Undefined for a plain server; then options of TLS are a mistake and not ignored. */
function tlsOf(endpoint: Endpoint, given: Given): TlsOptions | undefined {
  const { insecure, servername } = given
  if (endpoint.tls === undefined) {
    const unused = (['ca', 'insecure', 'cert', 'key', 'servername'] as const).find((name) => given[name] !== undefined && given[name] !== false)
    if (unused !== undefined) throw new UsageError(`--${unused} is for TLS: write mqtts:// in place of mqtt://.`)
    return undefined
  }
  if ((given.cert === undefined) !== (given.key === undefined)) throw new UsageError('--cert and --key are given together.')
  const ca = pemOf('--ca', given.ca)
  const cert = pemOf('--cert', given.cert)
  const key = pemOf('--key', given.key)
  try {
    createSecureContext({ cert: cert === undefined ? undefined : Buffer.from(cert, 'latin1'), key: key === undefined ? undefined : Buffer.from(key, 'latin1') })
  } catch {
    throw new UsageError('--cert and --key are no pair, or the key has a passphrase, which is not supported.')
  }
  return {
    ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }), ...(insecure === true ? { insecureNoVerify: true } : {})
  }
}

function pemOf(option: string, file: string | undefined): Bytes | undefined {
  if (file === undefined) return undefined
  let bytes: string
  try {
    bytes = readFileSync(file, 'latin1')
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${(error as NodeJS.ErrnoException).code ?? 'it cannot be read'}.`)
  }
  if (!bytes.includes('-----BEGIN ')) throw new UsageError(`${option} ${file}: no PEM (a file that begins with -----BEGIN) is in it.`)
  return bytes as Bytes
}
