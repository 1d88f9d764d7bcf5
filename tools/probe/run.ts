/** The probe from this PC: address, DNS, TCP and TLS looked at one by one, then the client over the host port. */
import { createHostHal } from '../../hal/host/index.js'
import { findAddresses, type Lookup } from './dns.js'
import { Findings, type Report, type Step } from './report.js'
import type { Request } from './request.js'
import { runSession, type Way } from './session.js'
import { connectAgain, findListener } from './tcp.js'
import { speaksTls, tryHandshake } from './tls.js'

/** ms that a closed socket waits for the server to close too. */
const LINGER_MS = 500
/** ms for a guess that is not asked for. */
const GUESS_MS = 2000
/** How a TLS port answers plain MQTT. */
const LIKE_TLS: readonly string[] = ['connect-closed', 'connect-silent', 'connect-not-mqtt']

export interface Hooks {
  onStep?: (step: Step) => void
  lookup?: Lookup
}

/** Never rejects for what the server or the network does; rejects with a `UsageError` for options that the client does not take. */
export async function probe(request: Request, hooks: Hooks = {}): Promise<Report> {
  const findings = new Findings(request.url, hooks.onStep)
  findings.pass('address', 0, addressEvidence(request))
  const way = await findWay(request, findings, hooks.lookup)
  if (way !== undefined) {
    await new Promise<void>((resolve, reject) => {
      runSession(createHostHal({ lingerMs: LINGER_MS, onCallbackError: reject }), request, way, findings, resolve)
    })
    if (way.endpoint.tls === undefined && LIKE_TLS.includes(findings.verdict)) await guessTls(request, way, findings)
  }
  return findings.report()
}

/** The most usual mistake behind these causes is worth a look of its own. */
async function guessTls({ endpoint, timeoutMs }: Request, way: Way, findings: Findings): Promise<void> {
  const limit = Math.min(timeoutMs, GUESS_MS)
  const socket = await connectAgain(way.endpoint.host, way.endpoint.port, limit)
  if (socket === undefined || !await speaksTls(socket, endpoint.host, limit)) return
  findings.warn('speaks-tls', `a TLS handshake works on port ${endpoint.port}`, 'The port is for TLS: use mqtts:// in place of mqtt://.')
}

/** To the address that answered; undefined, with the reason in the findings, when there is no way. */
async function findWay(request: Request, findings: Findings, lookup: Lookup | undefined): Promise<Way | undefined> {
  const { endpoint, timeoutMs } = request
  const { host, port, tls } = endpoint
  const found = await findAddresses(host, timeoutMs, findings, lookup)
  if (found === undefined) return undefined
  const socket = await findListener(found.addresses, port, timeoutMs, findings)
  if (socket === undefined) return undefined
  const address = socket.remoteAddress ?? host
  if (tls === undefined) {
    findings.skip('tls', 'plain, as the URL asks')
    socket.destroySoon()
    return { endpoint: { host: address, port }, dnsMs: found.ms, looked: true }
  }
  if (!await tryHandshake(socket, host, tls, timeoutMs, findings)) return undefined
  return { endpoint: { host: address, port, tls: { ...tls, servername: tls.servername ?? host } }, dnsMs: found.ms, looked: true }
}

/** All that is used, and of user name and password only that they are there: user names are tokens at some servers. */
function addressEvidence({ endpoint, username, password, clientId, protocol }: Request): string {
  const { host, port, tls } = endpoint
  const version = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' }[protocol]
  const who = username === undefined ? (password === undefined ? 'no user name' : 'a password') : (password === undefined ? 'a user name without password' : 'a user name and a password')
  return `${host} port ${port}, ${tls === undefined ? 'plain' : 'TLS'}, ${version}, client id ${clientId === '' ? 'from the server' : clientId}, ${who}`
}
