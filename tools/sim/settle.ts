/** When a run has settled, and how long that may take. */
import { deniedFilters } from './script.js'
import { levelsOf } from './levels.js'
import type { World } from './world.js'

/** ms of all rungs of the recovery ladder together. */
const RUNGS_MS = 885_000

/** What a modem may need on top: the rest of a rest, another one, and two climbs of the whole ladder. */
function modemLimitMs(world: World): number {
  if (world.modem === undefined) return 0
  return 2 * RUNGS_MS + world.restsAtCalm
}

/** What the longest honest way back consists of: noticing, answers that were never given, delays, refusals; drained after it. */
export function settleLimitMs(world: World): number {
  const { client, program } = world.script
  const notice = 1500 * world.keepalive
  const acks = 2 * (client.ackTimeout ?? 60_000)
  const delays = 4 * Math.max(client.reconnectPeriodMax ?? 60_000, client.reconnectPeriod ?? 1000)
  const connects = 2 * program.servers * (client.connectTimeout ?? 10_000)
  // A suspected takeover allows one CONNECT in ten minutes, plus or minus half, and six in an hour.
  const conflict = world.client.stats().takeovers > 0 ? 3_600_000 + 900_000 : 0
  // A filter that was twice unlucky is left out for a minute, ten, or an hour, after up to 20 minutes of proof.
  const aside = levelsOf(world).aside.length > 0 ? 3_600_000 + 1_200_000 : 0
  return notice + acks + delays + connects + conflict + aside + modemLimitMs(world) + 300_000
}

/** Every filter that the program wants, and no other, is in the server's session. */
export function subscriptionsDiffer(world: World): string | undefined {
  const session = world.session()
  const have = session?.filters ?? new Map<string, number>()
  const most = world.script.server.maximumQoS ?? 2
  const denied = deniedFilters(world.script)
  for (const [filter, qos] of world.wanted) {
    // What the server does not allow, and what the program was told that it does not have.
    if (denied.has(filter) || world.refused.has(filter)) continue
    const granted = have.get(filter)
    if (granted === undefined) return `${filter} is wanted and not in the session`
    if (granted !== Math.min(qos, most)) return `${filter} was asked for with QoS ${qos} and is in the session with ${granted}`
  }
  // After a reset without a journal the device does not know what it had asked to end.
  const amnesia = world.boot > 1
  for (const filter of have.keys()) if (!world.wanted.has(filter) && !world.refused.has(filter) && !amnesia) return `${filter} is in the session and not wanted`
  return undefined
}

/** Messages that this session still owes the application. */
export function owed(world: World): string[] {
  const key = world.session()?.key
  if (key === undefined) return []
  const { client, program } = world.script
  const packetIn = client.limits?.packetIn ?? 1024
  const streamMax = client.limits?.streamMax ?? 262_144
  // The ids of the old session are still in the receive set.
  const blind = world.script.profile === 'session-losing' && client.protocolVersion === 3 && client.clean === false
  const waiting = [...world.coming.values()].filter((one) => {
    if (one.session !== key || one.qos === 0 || one.heard.length > 0 || blind && one.qos === 2) return false
    // What waited in the cache went with the memory.
    if (world.boot > 1 && one.t < world.bootedAt && client.cache !== undefined && client.cache !== 'direct') return false
    // Above the limit it is skipped, counted and acknowledged; 5.0 servers do not send it.
    const size = one.bytes + one.topic.length + 16
    return size <= packetIn || program.streams && one.bytes + one.topic.length + 5 > packetIn && size <= streamMax
  }).map((one) => `${one.label} (QoS ${one.qos}, published at ${one.t} ms)`)
  // Those that gave way in a full cache were counted.
  return client.cache === 'overwrite-oldest' && waiting.length <= world.client.stats().inboxDropped ? [] : waiting
}

/** Nothing is left to be done. */
export function isSettled(world: World): boolean {
  if (world.state !== 'up') return false
  const stats = world.client.stats()
  if (stats.outboxCount > 0) return false
  if (world.sent.some((sent) => world.mustEnd(sent) && sent.receipts.length === 0)) return false
  return subscriptionsDiffer(world) === undefined && owed(world).length === 0
}
