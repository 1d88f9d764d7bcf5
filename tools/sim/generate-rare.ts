/**
 * Situations that chance alone seldom makes, laid over some scripts: traffic over a dead link, a session that is lost while
 * its messages are half done, a filter that is not answered while what was sent before waits behind it, a long duel over
 * the id. They are drawn from a stream of their own, so that the other scripts stay as their seeds made them.
 */
import type { Draw } from './generate.js'
import { FILTERS, TOPICS, type ClientOptions, type Script, type ScriptEvent } from './script.js'

/** What one of them adds. */
interface Rare {
  events: ScriptEvent[]
  /** It takes a session that ends with its connection. */
  clean?: boolean
  /** It takes one that does not. */
  sessionKept?: boolean
  /** QoS 2 messages that may have been taken end as unknown. */
  reports?: boolean
  /** It takes a server that gives the same packet ids again. */
  lowestIds?: boolean
}

/** The connection ends, and nothing of it is known afterwards but what was on its way. */
function ended(at: number, draw: Draw, script: Script): ScriptEvent {
  if (script.profile === 'session-losing' && draw.chance(0.5)) return { at, do: 'loseSession' }
  return { at, do: draw.pick(['rst', 'fin'] as const) }
}

/** A program that publishes more often than the keepalive asks for a ping, over a link that is dead in one direction or both. */
function chatter(draw: Draw, script: Script): Rare {
  const seconds = script.client.protocolVersion === 5 ? script.server.serverKeepAlive ?? script.client.keepalive ?? 120 : script.client.keepalive ?? 120
  const keepalive = Math.min(seconds, 60) * 1000
  const at = draw.int(1000, Math.max(1000, script.duration - 3 * keepalive))
  const direction = draw.pick(['in', 'out', 'both'] as const)
  const events: ScriptEvent[] = [
    { at: Math.max(0, at - 5000), do: 'connect' },
    draw.chance(0.7) ? { at, do: 'halfOpen', direction } : { at, do: 'partition', direction, ms: 3 * keepalive }
  ]
  const every = Math.max(100, Math.round(keepalive * draw.pick([0.1, 0.2, 0.4])))
  for (let t = Math.max(0, at - 2 * every); t < at + 3 * keepalive; t += every) events.push({ at: t, do: 'publish', topic: draw.int(0, TOPICS.length - 1), qos: 0, bytes: 6 })
  return { events }
}

/** The session is lost with messages of ours in flight; they wait for a SUBACK that does not come, and may seem never to have been sent. */
function sentBefore(draw: Draw, script: Script): Rare {
  const at = draw.int(6000, Math.max(6000, script.duration - 40_000))
  const topic = draw.int(0, TOPICS.length - 1)
  const qos = script.features === 'tiny' ? 1 : draw.pick([1, 2] as const)
  const policies = script.features !== 'tiny'
  const first = policies ? draw.pick([{}, { deadline: draw.int(500, 8000) }, { deadline: draw.int(500, 8000) }]) : {}
  const events: ScriptEvent[] = [
    { at: 0, do: 'subscribe', filter: draw.int(0, FILTERS.length - 1), qos },
    { at: at - 5000, do: 'connect' },
    { at: at - 10, do: 'muteAcks', ms: draw.pick([1000, 20_000]) },
    { at: at - 10, do: 'muteSubacks', ms: draw.pick([5000, 30_000]) },
    { at, do: 'publish', topic, qos, bytes: 6, times: draw.pick([1, 2]), ...first },
    ended(at + draw.int(50, 2000), draw, script)
  ]
  for (let i = draw.int(1, 5); i > 0; i--) events.push({ at: at + draw.int(2000, 12_000), do: 'publish', topic, qos: draw.pick([0, qos] as const), bytes: 6, ...(policies ? { keepLatest: true } : {}) })
  return { events, clean: draw.chance(0.7), reports: draw.chance(0.4) }
}

/** The session is lost with QoS 2 messages for us half done, and the new one uses their packet ids again. */
function idsAgain(draw: Draw, script: Script): Rare {
  const filter = draw.int(0, FILTERS.length - 1)
  const way = script.network.latencyMs ?? 10
  const events: ScriptEvent[] = [{ at: 0, do: 'subscribe', filter, qos: 2 }]
  let at = draw.int(6000, Math.max(6000, script.duration - 60_000))
  events.push({ at: at - 5000, do: 'connect' })
  for (let i = draw.int(1, 3); i > 0; i--) {
    events.push({ at, do: 'brokerPublish', filter, qos: 2, bytes: 6, times: draw.pick([1, 3, 8]) }, ended(at + draw.int(way, 4 * way), draw, script))
    at += draw.int(2000, 20_000)
  }
  events.push({ at, do: 'brokerPublish', filter, qos: 2, bytes: 6, times: draw.pick([1, 3, 8]) })
  return { events, clean: draw.chance(0.7), lowestIds: true }
}

/** The power goes after our PUBREC, which never arrives: the server sends its message again, and a journal knows it. */
function answeredAndCut(draw: Draw, script: Script): Rare {
  const filter = draw.int(0, FILTERS.length - 1)
  const events: ScriptEvent[] = [{ at: 0, do: 'subscribe', filter, qos: 2 }]
  const at = draw.int(6000, Math.max(6000, script.duration - 20_000))
  events.push(
    { at: at - 5000, do: 'connect' },
    { at: at - 1, do: 'halfOpen', direction: 'out' },
    { at, do: 'brokerPublish', filter, qos: 2, bytes: 6, times: draw.pick([1, 1, 3]) },
    { at: at + (script.network.latencyMs ?? 10) + draw.int(10, 500), do: 'reboot' }
  )
  return { events, sessionKept: true }
}

/** Another device has our id, for most of the script. */
function duel(draw: Draw, script: Script): Rare {
  const at = draw.int(0, 10_000)
  return { events: [{ at: 0, do: 'connect' }, { at, do: 'second', ms: Math.max(1000, script.duration - at) }] }
}

function clientFor({ clean, sessionKept, reports }: Rare, client: ClientOptions): ClientOptions {
  return {
    ...client,
    // A 5.0 session that is to be kept for a while is none that ends with its connection.
    ...(clean === true && client.properties?.sessionExpiryInterval === undefined ? { clean: true } : {}),
    ...(sessionKept === true ? { clean: false } : {}),
    ...(reports === true ? { onSessionLost: 'report' } : {})
  }
}

/** The script with one of them, or as it was. */
export function addRare(script: Script, draw: Draw): Script {
  if (draw.chance(0.7)) return script
  const kinds = [chatter, chatter, sentBefore]
  if (script.features !== 'tiny') kinds.push(idsAgain)
  if (script.profile === 'session-losing') kinds.push(duel)
  if (script.profile === 'power' && script.client.journal === true) kinds.push(answeredAndCut, answeredAndCut, answeredAndCut)
  const rare = draw.pick(kinds)(draw, script)
  const events = [...script.events, ...rare.events].map((event, i) => ({ event: { ...event, at: Math.min(event.at, script.duration) }, i }))
  return {
    ...script,
    client: clientFor(rare, script.client),
    server: { ...script.server, ...(rare.lowestIds === true ? { packetIds: 'lowest' as const } : {}) },
    events: events.sort((a, b) => a.event.at - b.event.at || a.i - b.i).map(({ event }) => event)
  }
}
