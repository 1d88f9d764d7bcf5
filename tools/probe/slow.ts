/** A server that works and is slow: said with its figures, since a device with short time-outs gives it up. */
import { defaults } from '../../firmware/defaults.js'
import type { Findings } from './report.js'
import type { Request } from './request.js'

/** How much longer than seen a device should be ready to wait: its own link comes on top. */
const MARGIN = 3
/** ms: `pingTimeout` when absent is half the keepalive, at most this. */
const PING_TIMEOUT = 20_000
/** Seconds beyond which a dead link is noticed late; keepalives are whole tens. */
const LEAST_KEEPALIVE = 120

/** Warns of connect time, round trips and losses over the thresholds. */
export function judgeSpeed(request: Request, findings: Findings): void {
  const { connectMs, echoes } = findings.figures
  const over: string[] = []
  if (connectMs !== null && connectMs > request.maxConnectMs) over.push(`connecting took ${connectMs} ms (threshold ${request.maxConnectMs} ms)`)
  for (const { qos, sent, lost, p95 } of echoes) {
    if (p95 !== null && p95 > request.maxRttMs) over.push(`95 % of the echoes with QoS ${qos} took up to ${p95} ms (threshold ${request.maxRttMs} ms)`)
    if (sent > 0 && (100 * lost) / sent > request.maxLossPercent) over.push(`${lost} of ${sent} echoes with QoS ${qos} were not back within ${request.timeoutMs} ms (threshold ${request.maxLossPercent} %)`)
  }
  if (over.length === 0) return
  const slowest = Math.max(0, ...echoes.map(({ max, lost }) => (lost > 0 ? request.timeoutMs : max ?? 0)))
  const connectTimeout = Math.max(defaults.connectTimeout, seconds(MARGIN * (connectMs ?? 0)))
  const pingTimeout = Math.max(PING_TIMEOUT, seconds(MARGIN * slowest))
  const keepalive = Math.max(LEAST_KEEPALIVE, Math.ceil((2 * pingTimeout) / 10_000) * 10)
  findings.warn('slow-broker', over.join('; '),
    `Choose a server nearer to the device or less busy; to live with this one, give the device connectTimeout: ${connectTimeout}, pingTimeout: ${pingTimeout} and keepalive: ${keepalive}.`)
}

/** ms, up to whole seconds. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000) * 1000
}
