/**
 * What some scripts have besides: options and faults of rarer kinds. They are drawn from a stream of their own and laid
 * over a script that is otherwise as its seed made it.
 */
import type { Draw } from './generate.js'
import { FILTERS, TOPICS, type Script, type ScriptEvent } from './script.js'

type Kind = Extract<ScriptEvent['do'], 'idleCut' | 'address' | 'bearer' | 'storeFails' | 'storeFull' | 'second' | 'poison'>

/** Which kinds a script may have. */
function kindsOf(script: Script): Kind[] {
  const kinds: Kind[] = ['idleCut', 'address', 'bearer']
  if (script.client.journal === true) kinds.push('storeFails', 'storeFull')
  // The second device ends our session, and a message that is never taken ends as rejected.
  if (script.profile === 'session-losing') kinds.push('second')
  if (script.profile !== 'dishonest') kinds.push('poison')
  return kinds
}

function eventOf(kind: Kind, at: number, draw: Draw, script: Script): ScriptEvent {
  const ms = draw.logarithmic(100, Math.min(script.duration, 1_200_000))
  if (kind === 'idleCut') return { at, do: kind, idle: draw.pick([3000, 20_000, 60_000, 240_000]), how: draw.pick(['silent', 'silent', 'rst'] as const), ms: draw.pick([ms, script.duration]) }
  if (kind === 'storeFails') return { at, do: kind, writes: draw.int(1, 6) }
  if (kind === 'poison') return { at, do: kind, topic: draw.int(0, TOPICS.length - 1), ms }
  if (kind === 'address') return { at, do: kind }
  return { at, do: kind, ms }
}

/** The end of a connection in the middle of something: where exactly differs by a few times the way of a byte. */
function cut(at: number, draw: Draw, script: Script): ScriptEvent[] {
  const then = at + draw.int(0, 6 * (script.network.latencyMs ?? 10))
  if (script.profile === 'power' && draw.chance(0.7)) return [script.client.journal === true && draw.chance(0.7) ? { at: then, do: 'powerCut', write: draw.int(1, 5), bytes: -1 } : { at: then, do: 'reboot' }]
  const events: ScriptEvent[] = [{ at: then, do: draw.pick(['rst', 'fin', 'rst', 'takeover'] as const) }]
  if (draw.chance(0.5)) events.push({ at: then, do: 'refuse', ms: draw.logarithmic(100, 40_000) })
  return events
}

/** Handshakes of several packets that are cut short, and what uses their ids again. */
function cutShort(draw: Draw, script: Script): ScriptEvent[] {
  const events: ScriptEvent[] = []
  const tiny = script.features === 'tiny'
  const filter = draw.int(0, FILTERS.length - 1)
  const qos = tiny ? 1 : draw.pick([1, 2, 2] as const)
  let at = draw.int(500, Math.max(500, script.duration - 60_000))
  events.push({ at: Math.max(0, at - 5000), do: 'connect' })
  if (draw.chance(0.5)) {
    events.push({ at: 0, do: 'subscribe', filter, qos })
    for (let i = draw.pick([1, 2, 3]); i > 0; i--) {
      events.push({ at, do: 'brokerPublish', filter, qos, bytes: 6, times: draw.pick([1, 2, 8, 70]) }, ...cut(at, draw, script))
      at += draw.int(1000, 20_000)
    }
    events.push({ at, do: 'brokerPublish', filter, qos, bytes: 6, times: draw.pick([1, 3, 30]) })
  } else {
    for (let i = draw.pick([1, 2, 3]); i > 0; i--) {
      const more = tiny ? {} : draw.pick([{}, {}, { deadline: draw.int(500, 20_000) }, { keepLatest: true }])
      events.push({ at, do: 'publish', topic: draw.int(0, TOPICS.length - 1), qos, bytes: 6, times: draw.pick([1, 2, 5]), ...more }, ...cut(at, draw, script))
      at += draw.int(1000, 20_000)
    }
    events.push({ at, do: 'publish', topic: 0, qos, bytes: 6 })
  }
  return events.map((event) => ({ ...event, at: Math.min(event.at, script.duration) }))
}

/** The script with its additions, or as it was. */
export function extend(script: Script, draw: Draw): Script {
  if (draw.chance(0.5)) return script
  const client = { ...script.client }
  const server = { ...script.server }
  const full = script.features === 'full'
  if (full && draw.chance(0.4) && (client.keepalive ?? 120) >= 60) client.learnKeepalive = true
  if (full && draw.chance(0.3)) client.recorder = draw.pick([1024, 4096])
  if (script.profile === 'session-losing' && draw.chance(0.3)) server.sessionExpiry = draw.pick([1, 30, 3600])
  if (script.features !== 'tiny' && draw.chance(0.25)) {
    server.forbidden = [draw.int(0, FILTERS.length - 1)]
    server.forbids = draw.pick(['refuse', 'refuse', 'close'] as const)
  }
  if (draw.chance(0.5)) server.packetIds = 'lowest'
  const program = { ...script.program, bearer: draw.chance(0.5) }
  const made: Script = { ...script, client, server, program }
  const kinds = kindsOf(made).filter((kind) => kind !== 'bearer' || program.bearer)
  const events = [...script.events]
  for (let i = draw.pick([0, 1, 1, 2, 4]); i > 0; i--) events.push(eventOf(draw.pick(kinds), draw.int(0, script.duration), draw, made))
  if (draw.chance(0.6)) events.push(...cutShort(draw, made))
  made.events = events.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at || a.i - b.i).map(({ event }) => event)
  return made
}
