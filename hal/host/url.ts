/**
 * Server URLs, for programs and tools on Node: mqtt, tcp, mqtts, ssl, tls, ws, wss. The core knows only `Endpoint`.
 */
import type { Bytes, Endpoint } from '../hal.js'
import { text } from './text.js'

export interface ParsedUrl {
  endpoint: Endpoint
  username?: string
  password?: Bytes
}

interface Scheme {
  port: number
  secure: boolean
  webSocket: boolean
}

const SCHEMES: Record<string, Scheme> = {
  'mqtt:': { port: 1883, secure: false, webSocket: false },
  'tcp:': { port: 1883, secure: false, webSocket: false },
  'mqtts:': { port: 8883, secure: true, webSocket: false },
  'ssl:': { port: 8883, secure: true, webSocket: false },
  'tls:': { port: 8883, secure: true, webSocket: false },
  'ws:': { port: 80, secure: false, webSocket: true },
  'wss:': { port: 443, secure: true, webSocket: true }
}
const KNOWN = Object.keys(SCHEMES).map(scheme => scheme + '//').join(', ')

/**
 * `mqtt://user:password@host:port`. User name and password are percent-decoded, an IPv6 address stands in brackets, the
 * port is 1883 or 8883 (80 or 443 for WebSocket) when absent. A path is kept for WebSocket and refused elsewhere.
 *
 * Throws an Error that says what is wrong with the URL; the password is never part of it.
 */
export function parseUrl(url: string): ParsedUrl {
  const refuse = (why: string): never => { throw new Error(`The server URL ${shown(url)} ${why}.`) }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) refuse(`has no scheme; write mqtt://${shown(url).slice(1, -1)}`)
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return refuse('is malformed: expected mqtt://[user[:password]@]host[:port], with a port of 1 to 65535')
  }
  const scheme = SCHEMES[parsed.protocol] ?? refuse(`has the scheme ${parsed.protocol}//, which is none of ${KNOWN}`)
  const host = decode(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), () => refuse('has a host with a bad percent escape'))
  if (host === '') refuse('names no host')
  if (/[\s/\\@?#%]/.test(host)) refuse('has a host with characters that no host name has')
  const port = parsed.port === '' ? scheme.port : Number(parsed.port)
  if (port < 1) refuse('has port 0; a port is 1 to 65535')
  if (parsed.search !== '' && !scheme.webSocket) refuse('has a query, which MQTT over TCP has no use for')
  if (parsed.hash !== '') refuse('has a fragment (#...); write # in a user name or password as %23')
  const path = parsed.pathname + parsed.search
  if (!scheme.webSocket && path !== '' && path !== '/') refuse('has a path, which only ws:// and wss:// use')

  const endpoint: Endpoint = { host, port }
  if (scheme.secure) endpoint.tls = {}
  if (scheme.webSocket) endpoint.path = path === '' ? '/' : path
  const result: ParsedUrl = { endpoint }
  const bad = (): never => refuse('has a user name or password with a bad percent escape; write % as %25')
  if (parsed.username !== '') result.username = decode(parsed.username, bad)
  if (parsed.password !== '') result.password = text.utf8(decode(parsed.password, bad))
  return result
}

function decode(part: string, failed: () => never): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return failed()
  }
}

/** The URL in quotes, without its password. */
function shown(url: string): string {
  return '"' + url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/]*):.*@/i, '$1:***@') + '"'
}
