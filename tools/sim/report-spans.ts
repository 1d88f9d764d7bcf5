/** What a scenario does, in words, as the page draws it: faults as spans and points by their kind, calls of the program, messages of the server. */
import { FILTERS, TOPICS, type Script, type ScriptEvent } from './script.js'

/** `from` and `to` in ms; the same when it is a point in time. */
export interface Span {
  row: string
  from: number
  to: number
  text: string
}

export const CALLS = 'calls'
export const SERVER = 'server sends'

/** The faults' rows, by what a scenario calls them. */
const ROWS: Partial<Record<ScriptEvent['do'], string>> = {
  partition: 'partition', halfOpen: 'half-open', rst: 'RST', fin: 'FIN', forget: 'flow forgotten', takeover: 'takeover', stall: 'stall', slowRead: 'slow reader',
  link: 'link changes', refuse: 'refused', hang: 'connect hangs', dnsFail: 'name fails', dnsHang: 'name hangs', restart: 'restart', flap: 'closes at once',
  refuseConnect: 'CONNECT refused', refusePublish: 'publish refused', muteAcks: 'no acks', muteSubacks: 'no SUBACK', idleCut: 'idle cut', address: 'new address',
  bearer: 'no bearer', storeFails: 'store fails', storeFull: 'store full', second: 'second device', poison: 'poison', loseSession: 'session lost', reboot: 'reset', powerCut: 'power cut'
}

const PROGRAM: readonly string[] = ['publish', 'publishStream', 'subscribe', 'unsubscribe', 'connect', 'disconnect', 'abort']

function rowOf(event: ScriptEvent): string {
  if (PROGRAM.includes(event.do)) return CALLS
  if (event.do === 'brokerPublish') return SERVER
  return ROWS[event.do] ?? event.do
}

function value(name: string, given: unknown): string {
  if (name === 'topic') return TOPICS[given as number] ?? String(given)
  if (name === 'filter') return FILTERS[given as number]?.filter ?? String(given)
  if (name === 'code') return `0x${(given as number).toString(16)}`
  return typeof given === 'string' ? given : JSON.stringify(given)
}

/** `publish topic out/1, qos 1, bytes 6`. How long it lasts is drawn. */
function words(event: ScriptEvent): string {
  const rest = Object.entries(event).filter(([name]) => name !== 'at' && name !== 'do' && name !== 'ms')
  return [event.do, rest.map(([name, given]) => `${name} ${value(name, given)}`).join(', ')].join(' ').trim()
}

/** Every event of the script up to `end` (ms), in order of time. Faults end with the time of faults. */
export function spansOf(script: Script, end: number): Span[] {
  return script.events.filter((event) => event.at <= end).map((event) => {
    const ms = 'ms' in event ? event.ms : 0
    return { row: rowOf(event), from: event.at, to: Math.max(event.at, Math.min(event.at + ms, script.duration, end)), text: words(event) }
  })
}
