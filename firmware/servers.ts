/**
 * Which server next: the list in turn, and the Server Reference of MQTT 5 (section 4.13) when the user allows it.
 */
import { at, cut, type Bytes } from './bytes.js'
import type { Endpoint } from './types.js'

/** Attempts in a row that a server may fail which another one sent us to for good. */
const enum Reference { Misses = 5 }

const enum Ascii { Space = 32, Zero = 48, Colon = 58, Open = 91, Close = 93 }

export interface Servers {
  index_: number
  /** From a Server Reference: for one attempt (0x9C), or until reboot (0x9D). */
  reference_: Endpoint | undefined
  forGood_: boolean
  /** Attempts on it in a row that did not connect. */
  misses_?: number
}

export function newServers(): Servers {
  return { index_: 0, reference_: undefined, forGood_: false }
}

/** The server for the next attempt. */
export function currentServer(servers: Servers, list: Endpoint[]): Endpoint {
  if (FEATURE_V5 && servers.reference_ !== undefined) return servers.reference_
  return list[servers.index_ % list.length]
}

/**
 * An attempt failed or a link ended: the next attempt goes to the next server, or with `stay` to the same one. A reference
 * for one attempt is used up in either case. Returns whether the list has begun anew.
 */
export function rotate(servers: Servers, list: Endpoint[], stay: boolean): boolean {
  if (FEATURE_V5 && servers.reference_ !== undefined) {
    if (!servers.forGood_) servers.reference_ = undefined
    return true
  }
  if (stay || !FEATURE_FAILOVER) return true
  servers.index_ = (servers.index_ + 1) % list.length
  return servers.index_ === 0
}

/**
 * An attempt on the present server failed, or a connection to it ended (`wasUp`). One that another server sent us to for good
 * (0x9D) and that never answers is left: the list is tried again, whose first server may know better by now.
 */
export function judgeReference(servers: Servers, wasUp: boolean): void {
  if (servers.reference_ === undefined || !servers.forGood_) return
  servers.misses_ = wasUp || servers.misses_ === undefined ? wasUp ? 0 : 1 : servers.misses_ + 1
  if (servers.misses_ < Reference.Misses) return
  servers.reference_ = undefined
  servers.misses_ = 0
}

/**
 * The first server of a reference: "host", "host:port", "[v6]:port", separated by spaces; ASCII. It takes port and TLS
 * settings over from the endpoint that sent us there. Undefined when it cannot be read.
 */
export function parseReference(text: Bytes, from: Endpoint): Endpoint | undefined {
  let start = 0
  let end = -1
  let port = -1
  let i = 0
  if (text.length > 0 && at(text, 0) === Ascii.Open) {
    start = 1
    while (i < text.length && at(text, i) !== Ascii.Close) i = i + 1
    end = i
    i = i + 1
  }
  while (i < text.length && at(text, i) !== Ascii.Space) {
    const c = at(text, i)
    if (c === Ascii.Colon && port < 0) {
      if (end < 0) end = i
      port = 0
    } else if (port >= 0) {
      if (c < Ascii.Zero || c > Ascii.Zero + 9 || port > 6553) return undefined
      port = port * 10 + c - Ascii.Zero
    }
    i = i + 1
  }
  if (end < 0) end = i
  if (port < 0) port = from.port
  if (end <= start || port === 0 || port > 65535) return undefined
  const host: string = cut(text, start, end)
  const tls = from.tls
  if (tls === undefined) return { host: host, port: port }
  return { host: host, port: port, tls: { ca: tls.ca, cert: tls.cert, key: tls.key, alpn: tls.alpn, insecureNoVerify: tls.insecureNoVerify } }
}
