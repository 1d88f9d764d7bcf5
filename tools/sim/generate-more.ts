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
    server.forbids = 'refuse'
  }
  const program = { ...script.program, bearer: draw.chance(0.5) }
  const made: Script = { ...script, client, server, program }
  const kinds = kindsOf(made).filter((kind) => kind !== 'bearer' || program.bearer)
  const events = [...script.events]
  for (let i = draw.pick([0, 1, 1, 2, 4]); i > 0; i--) events.push(eventOf(draw.pick(kinds), draw.int(0, script.duration), draw, made))
  made.events = events.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at || a.i - b.i).map(({ event }) => event)
  return made
}
