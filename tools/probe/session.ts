/**
 * From CONNECT to DISCONNECT, by the very client that runs on devices: what it makes of the server is what a device would.
 *
 * It runs on any port that wakes its programs: the host's, or a simulated device's under the virtual clock. Every wait has
 * a limit and a step that it belongs to; the client's own limits are set beyond them.
 */
import { ErrorCode } from '../../firmware/codes.js'
import { explain } from '../../firmware/explain.js'
import { create, type Client } from '../../firmware/index.js'
import type { Cause, LinkState } from '../../firmware/types.js'
import type { Endpoint, Hal } from '../../hal/hal.js'
import { UsageError } from '../usage.js'
import { Alarm } from './alarm.js'
import type { CauseId } from './causes.js'
import { EchoRound, type RoundEnd } from './echo.js'
import { causeOfConnect, causeOfOpening, connackText, happened, reasonWords } from './refusals.js'
import type { Findings, StepName } from './report.js'
import type { Request } from './request.js'
import { without } from './shown.js'
import { judgeSpeed } from './slow.js'

/** What is known of the way to the server before the session. */
export interface Way {
  endpoint: Endpoint
  /** ms that DNS took, which a device waits too. */
  dnsMs: number
  /** True: DNS, TCP and TLS were looked at one by one. False: the session tells what the port tells of them. */
  looked: boolean
}

/** More than any wait of the probe's own, ms. */
const NEVER_FIRST = 3_600_000

/** Calls `done` once, when the findings are complete. Throws a `UsageError` for what the client does not take. */
export function runSession(hal: Hal, request: Request, way: Way, findings: Findings, done: () => void): void {
  new Session(hal, request, way, findings, done).start()
}

class Session {
  private readonly client: Client
  private readonly alarm: Alarm
  private step: StepName
  private readonly startedAt: number
  private stepAt: number
  private opened = false
  private over = false
  private round: EchoRound | undefined

  constructor(private readonly hal: Hal, private readonly request: Request, private readonly way: Way, private readonly findings: Findings, private readonly done: () => void) {
    const { username, password, clientId, protocol } = request
    this.step = way.looked ? 'connect' : 'tcp'
    this.startedAt = hal.timer.ticks()
    this.stepAt = this.startedAt
    this.alarm = new Alarm(hal.timer)
    this.client = create(hal, {
      servers: [way.endpoint], clientId, protocolVersion: protocol, longClientId: true, clean: true, reconnectPeriod: 0, keepalive: 120,
      connectTimeout: NEVER_FIRST, requestTimeout: NEVER_FIRST, ackTimeout: NEVER_FIRST,
      ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }),
      onLink: (state, sessionPresent) => this.link(state, sessionPresent),
      onSubscribed: (_token, _filter, code) => this.subscribed(code),
      onReceipt: (token, outcome, reason) => {
        if (outcome === 'rejected') this.round?.rejected(token, reason)
      }
    })
  }

  start(): void {
    this.limit(this.way.looked ? 'connect-failed' : 'tcp-silent', 'the socket did not open')
    const code = this.client.connect()
    if (code >= 0) return
    const cause = this.client.explain()
    this.close()
    throw new UsageError(explain(cause))
  }

  private link(state: LinkState, sessionPresent: boolean): void {
    if (this.over) return
    if (state === 'connecting') this.open()
    else if (state === 'up') this.up(sessionPresent)
    else if (state === 'offline') this.ended(this.client.explain())
  }

  private open(): void {
    this.opened = true
    if (!this.way.looked) {
      this.findings.pass('tcp', this.stepMs(), `${this.way.endpoint.host}:${this.way.endpoint.port} answered${this.way.endpoint.tls === undefined ? '' : ', with TLS'}`)
      this.enter('connect')
    }
    this.limit('connect-silent', 'no CONNACK')
  }

  private up(sessionPresent: boolean): void {
    const server = this.client.server()
    const notes = [`CONNACK ${connackText(0)}`]
    if (sessionPresent) notes.push('session present')
    if (server?.assignedClientIdentifier !== undefined) notes.push('the server assigned an id')
    if (server?.serverKeepAlive !== undefined) notes.push(`the server wants a keepalive of ${server.serverKeepAlive} s`)
    if (server?.maximumQoS !== undefined) notes.push(`QoS ${server.maximumQoS} at most`)
    this.findings.figures.connectMs = Math.round(this.way.dnsMs + this.hal.timer.since(this.startedAt))
    this.findings.pass('connect', this.stepMs(), notes.join(', '))
    this.enter('subscribe')
    this.limit('subscribe-silent', 'no SUBACK')
    const token = this.client.subscribe(this.request.topic, 1, (_topic, payload) => this.round?.came(payload))
    if (token < 0) this.fail('subscribe-refused', this.words(this.client.explain()))
  }

  private subscribed(code: number): void {
    if (this.over || this.step !== 'subscribe') return
    if (code < 0) {
      this.fail('subscribe-refused', this.words(this.client.explain()))
      return
    }
    this.findings.pass('subscribe', this.stepMs(), `${this.request.topic} granted with QoS ${code}`)
    this.echo(0)
  }

  private echo(qos: 0 | 1): void {
    this.enter(`echo-qos${qos}`)
    this.round = new EchoRound(this.hal, this.client, this.alarm, this.request, qos, (end) => this.echoed(qos, end))
    this.round.next()
  }

  private echoed(qos: 0 | 1, end: RoundEnd): void {
    if (end.how === 'refused') {
      const mqtt = end.code > 0
      this.fail('echo-refused', mqtt ? `the server answered ${reasonWords(end.code)}` : this.words(this.client.explain()))
      return
    }
    if (end.how === 'unsupported') this.findings.skip(this.step, `the server takes no QoS ${qos}`)
    else {
      const { echoes } = end
      this.findings.figures.echoes.push(echoes)
      if (echoes.p50 === null) {
        this.fail('echo-lost', `none of ${echoes.sent} came back within ${this.request.timeoutMs} ms each`)
        return
      }
      this.findings.pass(this.step, this.stepMs(), `round trip p50 ${echoes.p50} ms, p95 ${echoes.p95} ms, max ${echoes.max} ms; ${echoes.lost} of ${echoes.sent} lost`)
    }
    if (qos === 0) this.echo(1)
    else this.leave()
  }

  private leave(): void {
    this.round = undefined
    this.enter('disconnect')
    this.limit('disconnect-silent', 'the connection did not end')
    // What was lost is no longer waited for.
    this.client.disconnect({ timeout: Math.min(1000, Math.floor(this.request.timeoutMs / 2)) })
  }

  /** The connection, or the attempt, is over. */
  private ended(cause: Cause): void {
    if (this.step === 'disconnect') {
      if (cause.code === ErrorCode.Disconnected) this.findings.pass('disconnect', this.stepMs(), 'DISCONNECT sent and the connection closed')
      else this.findings.fail('disconnect', this.stepMs(), 'disconnect-silent', this.words(cause))
      this.finish()
    } else if (this.step === 'subscribe') this.fail('subscribe-closed', this.words(cause))
    else if (this.step.startsWith('echo')) this.fail('echo-closed', this.words(cause))
    else if (this.opened) this.fail(causeOfConnect(cause, this.request.protocol), this.words(cause))
    else if (this.way.looked) this.fail('connect-failed', `a second connection did not open: ${this.words(cause)}`)
    else {
      const id = causeOfOpening(cause)
      this.step = id.startsWith('dns') ? 'dns' : id.startsWith('tls') ? 'tls' : 'tcp'
      this.fail(id, this.words(cause))
    }
  }

  /** What happened; a server that repeats our password in its reason does not get it printed. */
  private words(cause: Cause): string {
    const { password } = this.request
    const secret = password === undefined ? '' : this.hal.text.text(password)
    return happened({ ...cause, detail: without(secret, cause.detail) })
  }

  private enter(step: StepName): void {
    this.step = step
    this.stepAt = this.hal.timer.ticks()
  }

  private stepMs(): number {
    return this.hal.timer.since(this.stepAt)
  }

  private limit(cause: CauseId, what: string): void {
    const { timeoutMs } = this.request
    this.alarm.set(timeoutMs, () => this.fail(cause, `${what} within ${timeoutMs} ms`))
  }

  private fail(cause: CauseId, evidence: string): void {
    this.findings.fail(this.step, this.stepMs(), cause, evidence)
    this.finish()
  }

  private finish(): void {
    if (this.over) return
    this.close()
    judgeSpeed(this.request, this.findings)
    this.done()
  }

  private close(): void {
    this.over = true
    this.alarm.free()
    this.client.destroy()
  }
}
