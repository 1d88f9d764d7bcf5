/** What happens in a script: the program's calls and the world's faults, bunched where they hurt. */
import type { Qos } from '../../firmware/types.js'
import type { Draw } from './generate.js'
import { FILTERS, TOPICS, type Script, type ScriptEvent } from './script.js'

type Maker = (at: number) => ScriptEvent

const DIRECTIONS = ['in', 'out', 'both'] as const

/** ms that a fault lasts: mostly short against the script, sometimes most of it. */
function spell(draw: Draw, script: Script): number {
  return draw.logarithmic(50, Math.min(script.duration, 400_000))
}

function faultMakers(draw: Draw, script: Script): Maker[] {
  const ms = (): number => spell(draw, script)
  const common: Maker[] = [
    (at) => ({ at, do: 'partition', direction: draw.pick(DIRECTIONS), ms: ms() }),
    (at) => ({ at, do: 'partition', direction: draw.pick(DIRECTIONS), ms: ms() }),
    (at) => ({ at, do: 'halfOpen', direction: draw.pick(DIRECTIONS) }),
    (at) => ({ at, do: 'halfOpen', direction: draw.pick(DIRECTIONS) }),
    (at) => ({ at, do: draw.pick(['rst', 'fin', 'forget'] as const) }),
    (at) => ({ at, do: draw.pick(['rst', 'fin'] as const) }),
    (at) => ({ at, do: 'stall', ms: ms() }),
    (at) => ({ at, do: 'slowRead', rate: draw.pick([20, 200, 2000]), ms: ms() }),
    (at) => ({ at, do: 'link', conditions: draw.pick([{ latencyMs: 2000 }, { jitterMs: 1000 }, { sendBuffer: 20 }, { shortWriteChance: 0.9 }, { piecesIn: 1 }, { bandwidth: 300 }]), ms: ms() }),
    (at) => ({ at, do: draw.pick(['refuse', 'hang', 'dnsFail', 'dnsHang'] as const), ms: ms() }),
    (at) => ({ at, do: 'takeover' }),
    (at) => ({ at, do: 'restart', ms: ms(), lose: script.profile === 'session-losing' && draw.chance(0.7) }),
    (at) => ({ at, do: 'flap', ms: ms() }),
    (at) => ({ at, do: 'refuseConnect', code: script.client.protocolVersion === 5 ? draw.pick([0x88, 0x89, 0x87, 0x86]) : draw.pick([3, 4, 5]), ms: ms() }),
    (at) => ({ at, do: draw.pick(['muteAcks', 'muteSubacks'] as const), ms: ms() })
  ]
  if (script.client.protocolVersion === 5) common.push((at) => ({ at, do: 'refusePublish', code: draw.pick([0x87, 0x97, 0x80]), ms: ms() }))
  if (script.profile === 'session-losing') common.push((at) => ({ at, do: 'loseSession' }), (at) => ({ at, do: 'loseSession' }), (at) => ({ at, do: 'restart', ms: ms(), lose: true }))
  if (script.profile === 'power') {
    common.push(...Array.from({ length: 5 }, (): Maker => (at) => ({ at, do: 'reboot' })))
    if (script.client.journal === true) common.push(...Array.from({ length: 15 }, (): Maker => (at) => ({ at, do: 'powerCut', write: draw.int(1, 8), bytes: draw.pick([-1, -1, 0, draw.int(1, 60)]) })))
  }
  return common
}

/** Bytes of a payload: mostly small, sometimes at and above what a packet may hold. */
function payloadBytes(draw: Draw, limit: number): number {
  return draw.pick([6, 6, 20, 20, 60, Math.max(6, limit - 40), draw.int(6, limit)])
}

function publishMaker(draw: Draw, script: Script): Maker {
  const most = script.client.limits?.packetOut ?? 1024
  return (at) => ({
    at, do: 'publish', topic: draw.int(0, TOPICS.length - 1), qos: draw.pick((script.features === 'tiny' ? [0, 1, 1] : [0, 1, 1, 2, 2]) as Qos[]), bytes: payloadBytes(draw, most),
    ...(draw.chance(0.15) ? { times: draw.pick([2, 5, 20]) } : {}),
    ...(draw.chance(0.1) ? { retain: true } : {}),
    ...(script.features !== 'tiny' && draw.chance(0.15) ? { deadline: draw.logarithmic(10, 60_000) } : {}),
    ...(script.features !== 'tiny' && draw.chance(0.1) ? { priority: draw.pick([-5, 1, 9]) } : {}),
    ...(script.features !== 'tiny' && draw.chance(0.1) ? { keepLatest: true } : {}),
    ...(script.client.protocolVersion === 5 && draw.chance(0.1) ? { expiry: draw.pick([1, 5, 60, 3600]) } : {})
  })
}

function programMakers(draw: Draw, script: Script): Maker[] {
  const publish = publishMaker(draw, script)
  const qos = (script.features === 'tiny' ? [0, 1] : [0, 1, 2, 2]) as Qos[]
  const filter = (): number => draw.int(0, FILTERS.length - 1)
  const inMost = script.client.limits?.packetIn ?? 1024
  const makers: Maker[] = [
    ...Array.from({ length: 10 }, () => publish),
    (at) => ({ at, do: 'subscribe', filter: filter(), qos: draw.pick(qos) }),
    (at) => ({ at, do: 'unsubscribe', filter: filter() }),
    (at) => ({ at, do: 'disconnect', timeout: draw.pick([0, 50, 5000]) }),
    (at) => ({ at, do: 'abort' }),
    (at) => ({ at, do: 'connect' }),
    ...Array.from({ length: 6 }, (): Maker => (at) => ({
      at, do: 'brokerPublish', filter: filter(), qos: draw.pick(qos), bytes: draw.chance(0.1) ? draw.pick([inMost * 2, 3000]) : payloadBytes(draw, inMost - 40),
      ...(draw.chance(0.15) ? { times: draw.pick([2, 5, 30]) } : {}), ...(draw.chance(0.05) ? { retain: true } : {})
    }))
  ]
  if (script.features !== 'tiny') makers.push((at) => ({ at, do: 'publishStream', topic: draw.int(0, TOPICS.length - 1), qos: draw.pick([0, 1, 2] as Qos[]), bytes: draw.pick([20, 2000, 9000]), piece: draw.pick([1, 50, 5000]) }))
  return makers
}

/** Sorted by time; equal times keep their order. */
function inOrder(events: ScriptEvent[]): ScriptEvent[] {
  return events.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at || a.i - b.i).map(({ event }) => event)
}

/** The events of a script whose other members are chosen. `days` above 0: more of them, so that a long run is not an idle one. */
export function generateEvents(script: Script, draw: Draw, days: number): ScriptEvent[] {
  const events: ScriptEvent[] = []
  const faults = faultMakers(draw, script)
  const calls = programMakers(draw, script)
  const scale = days > 0 ? Math.max(1, Math.ceil(days * 4)) : 1
  for (let i = draw.int(0, 3); i > 0; i--) events.push({ at: 0, do: 'subscribe', filter: draw.int(0, FILTERS.length - 1), qos: draw.pick((script.features === 'tiny' ? [0, 1] : [0, 1, 2, 2]) as Qos[]) })
  if (draw.chance(0.9)) events.push({ at: draw.pick([0, 0, 500]), do: 'connect' })
  const times: number[] = []
  for (let i = draw.int(1, 7) * scale; i > 0; i--) {
    const at = draw.int(100, script.duration)
    times.push(at)
    events.push(draw.pick(faults)(at))
    // What happens twice in a row, or three times, is what governs poison, takeover and backoff.
    for (let again = draw.pick([0, 0, 0, 1, 3]); again > 0; again--) events.push(draw.pick(faults)(Math.min(script.duration, at + draw.logarithmic(1, 30_000))))
  }
  for (let i = draw.int(4, 40) * scale; i > 0; i--) {
    const near = draw.chance(0.6)
    const at = near ? draw.pick(times) + draw.pick([-1, 1]) * draw.logarithmic(1, 20_000) : draw.int(0, script.duration)
    events.push(draw.pick(calls)(Math.min(script.duration, Math.max(0, at))))
  }
  return inOrder(events)
}
