/** One round of echoes: messages to a topic of our own, one after the other, each timed until it is back. */
import { ErrorCode } from '../../firmware/codes.js'
import type { Client } from '../../firmware/index.js'
import type { Bytes, Hal } from '../../hal/hal.js'
import type { Alarm } from './alarm.js'
import type { Echoes } from './report.js'
import type { Request } from './request.js'

/** Lost ones in a row after which no more are sent: the wait is long, and the answer known. */
const GIVE_UP = 3

/** How a round ended: `done`, `refused` by the server, or the server takes no such QoS. */
export type RoundEnd = { how: 'done'; echoes: Echoes } | { how: 'refused'; code: number } | { how: 'unsupported' }

export class EchoRound {
  private readonly times: number[] = []
  private sent = 0
  private lostInRow = 0
  private sentAt = 0
  private token = 0
  /** What is to come back; "" while nothing is. */
  private awaited = '' as Bytes

  constructor(private readonly hal: Hal, private readonly client: Client, private readonly alarm: Alarm, private readonly request: Request,
    readonly qos: 0 | 1, private readonly onEnd: (end: RoundEnd) => void) {}

  next(): void {
    const { request, qos } = this
    if (this.sent === request.count || this.lostInRow === GIVE_UP) {
      this.end({ how: 'done', echoes: { qos, sent: this.sent, ...figuresOf(this.times, this.sent) } })
      return
    }
    this.awaited = this.hal.text.utf8(`yieldmq probe ${request.clientId} qos ${qos} echo ${this.sent + 1}`)
    this.sentAt = this.hal.timer.ticks()
    this.token = this.client.publish(request.topic, this.awaited, qos)
    if (this.token < 0) {
      this.end(this.token === ErrorCode.QosUnsupported ? { how: 'unsupported' } : { how: 'refused', code: this.token })
      return
    }
    this.sent += 1
    this.alarm.set(request.timeoutMs, () => {
      this.lostInRow += 1
      this.next()
    })
  }

  /** A message came. What is not awaited is a stranger's, or too late. */
  came(payload: Bytes): void {
    if (this.awaited === '' || payload !== this.awaited) return
    this.times.push(this.hal.timer.since(this.sentAt))
    this.lostInRow = 0
    this.next()
  }

  rejected(token: number, reason: number): void {
    if (token === this.token) this.end({ how: 'refused', code: reason })
  }

  private end(end: RoundEnd): void {
    this.awaited = '' as Bytes
    this.token = 0
    this.alarm.clear()
    this.onEnd(end)
  }
}

/** Nearest rank: the smallest time that so many percent do not exceed. */
export function percentile(sorted: number[], percent: number): number | null {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? null
}

function figuresOf(times: number[], sent: number): Omit<Echoes, 'qos' | 'sent'> {
  const sorted = times.toSorted((a, b) => a - b)
  return { lost: sent - times.length, p50: percentile(sorted, 50), p95: percentile(sorted, 95), max: sorted.at(-1) ?? null }
}
