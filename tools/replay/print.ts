/** Records as sentences: time, direction, packet, id, size, and the sentence of a cause. */
import { explain } from '../../firmware/explain.js'
import { Call, Event } from '../../firmware/recorder.js'
import type { Entry, PacketRecord, RecordingFile } from './format.js'
import type { Divergence } from './replay.js'

const PACKETS = ['?', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH']
const PHASES = ['offline', 'waiting', 'opening', 'connecting', 'up', 'draining']
const CALLS: Record<Call, string> = {
  [Call.Connect]: 'connect', [Call.Publish]: 'publish', [Call.Stream]: 'publishStream', [Call.Subscribe]: 'subscribe', [Call.Unsubscribe]: 'unsubscribe',
  [Call.Disconnect]: 'disconnect', [Call.Abort]: 'abort', [Call.Destroy]: 'destroy', [Call.Receive]: 'receive'
}
const FROM = ['', ' in onMessage', ' in onLink', ' in onReceipt', ' in onSubscribed', ' in a callback', ' in run()']

/** "d hh:mm:ss.mmm" */
export function clock(ms: number): string {
  const two = (n: number, size = 2): string => String(n).padStart(size, '0')
  const days = Math.floor(ms / 86_400_000)
  return `${days > 0 ? `${days}d ` : ''}${two(Math.floor(ms / 3_600_000) % 24)}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}.${two(ms % 1000, 3)}`
}

function cause(code: number, reason = 0): string {
  return explain({ code, reason, value: 0, limit: 0, detail: '' }).replace(/ ?~ ?/g, ' ').trim()
}

function packet(p: PacketRecord): string {
  const parts = [PACKETS[p.type]!]
  if (p.flags !== undefined) parts.push(`QoS ${Math.floor(p.flags / 2) % 4}${p.flags & 1 ? ' RETAIN' : ''}${p.flags & 8 ? ' DUP' : ''}`)
  if (p.id !== undefined) parts.push(`id ${p.id}`)
  if (p.size !== undefined) parts.push(`${p.size} bytes`)
  if (p.present === true) parts.push('session present')
  if ((p.reason ?? 0) > 0) parts.push(`reason ${p.reason}`)
  if (p.codes !== undefined && p.codes.length > 0) parts.push(`codes ${p.codes.join(' ')}`)
  if (p.stream === true) parts.push('in pieces')
  return parts.join(', ')
}

function event(kind: Event, value: number): string {
  if (kind === Event.Refused) return `refused: ${cause(-value)}`
  if (kind === Event.Socket) return `the port ended the socket: ${cause(-value)}`
  if (kind === Event.Partial) return `${value} bytes that are not yet a packet`
  if (kind === Event.Taken) return value > 0 ? `the socket took ${value} bytes and no more` : 'the socket took all that waited'
  if (kind === Event.Blocked) return 'the socket takes nothing'
  if (kind === Event.Bad) return value >= 128 ? `a packet that is not allowed, reason ${value}` : value === 1 ? 'a packet above the limit' : 'bytes that are not MQTT'
  if (kind === Event.Learned) return `the learned ping interval is ${value} s`
  if (kind === Event.Aside) return `filter ${value} is set aside: the server closes over it`
  return kind === Event.StreamIn ? 'the message in pieces has ended' : 'a callback threw'
}

/** What a record says, without its time. */
export function sentence(e: Entry): string {
  if (e.kind === 'link') return `link ${PHASES[e.phase]}${e.wait === undefined ? '' : ` for ${e.wait} ms`}${e.cause < 0 ? `: ${cause(e.cause, e.reason)}` : ''}`
  if (e.kind === 'event') return event(e.event, e.value)
  if (e.kind === 'boot') return `start, reset reason ${e.reason}${e.kept === 2 ? '; what an earlier life had stored was damaged' : ''}`
  if (e.kind === 'checkpoint') return `checkpoint: ${PHASES[e.checkpoint.state.phase!]}, ${e.checkpoint.flight.length} in flight, ${e.checkpoint.queue.length} queued, ${e.checkpoint.entries.length} filters`
  if (e.kind !== 'call') return `${e.kind === 'in' ? '<-' : '->'} ${packet(e)}`
  const n = e.numbers
  const detail = Object.entries({ topic: n.topic, payload: n.payload, total: n.total, filter: n.filter })
    .filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value} bytes`)
  if (n.flags !== undefined) detail.push(`QoS ${Math.floor(n.flags / 2) % 4}${n.flags & 1 ? ' RETAIN' : ''}`)
  return `${CALLS[e.call]}(${detail.join(', ')})${FROM[e.from] ?? ''}`
}

export function line(e: Entry): string {
  return `${clock(e.t).padStart(12)}  ${sentence(e)}`
}

/** What was recorded, as lines. */
export function listing(file: RecordingFile): string[] {
  const o = file.header.options
  const version = o.version === 3 ? '3.1' : o.version === 4 ? '3.1.1' : '5.0'
  return [`MQTT ${version}, clean ${o.clean === 1}, keepalive ${o.keepalive} s; ${file.entries.length} records in ${file.bytes} bytes`, ...file.entries.map(line)]
}

export function divergenceLines(d: Divergence): string[] {
  return [
    'before:', ...d.before.map((e) => `  ${line(e)}`),
    `recorded:  ${d.expected === undefined ? 'nothing more' : line(d.expected)}`,
    `this core: ${d.actual === undefined ? 'does nothing of the kind' : line(d.actual)}`
  ]
}
