/** When the link is believed in, and how it is asked for again (docs/protocol.md, 1, 27 and 28). */
import type { Link } from '../link.js'
import type { World } from '../world.js'
import type { SimPromise } from './promise.js'

/** What the commands take that carry the last bytes. */
const MODEM_MS = 2000

/** How long a link of ours may have been dead: 1.5 x keepalive, plus what a slice and the way of the last byte take. */
function deadLimitMs(world: World): number {
  const { program, client, network } = world.script
  const conditions = world.sim.network.conditions()
  const way = 4 * ((network.latencyMs ?? 10) + (network.jitterMs ?? 0) + conditions.latencyMs + conditions.jitterMs)
  // A program that does not empty its cache makes us stop reading: then the answer's deadline rests for one keepalive.
  // A peer that reads slowly gets, and answers, what had left before.
  const slow = Math.max(0, ...world.script.events.map((event) => (event.do === 'slowRead' ? 2_048_000 / event.rate : 0)))
  const held = client.cache === 'push-back' ? world.keepalive * 1000 + program.periodMs * (program.takeEvery + 1) : 0
  // Behind a large message no ping can leave, and a port that takes bytes more slowly than they would go fills its buffer first.
  const fills = network.writeMax !== undefined && network.writeMax > 0 ? ((network.sendBuffer ?? 5840) * (network.writeGapMs ?? 1)) / network.writeMax : 0
  return Math.max(1500 * world.keepalive, 500 * world.keepalive + fills) + way + slow + held + (world.modem === undefined ? 100 : MODEM_MS)
}

/** ms since when nothing comes of it: a link whose way out is dead lives on as long as it brings something. */
function diedAt(link: Link): number {
  return Math.max(link.deadAt, link.heardAt)
}

export const deadLinkNoticed: SimPromise = {
  name: 'dead-link-noticed',
  sentence: 'With a keepalive, no link is believed up longer than 1.5 x keepalive after it died without a sign and the last byte came, under any traffic; while the program leaves a push-back cache full, one keepalive more; through a modem two seconds more; on a port that takes a large message more slowly than its buffer would, what fills the buffer and half a keepalive.',
  watch: (world, name) => {
    const look = (): void => {
      const { link } = world
      if (world.keepalive === 0 || link === undefined || link.deadAt < 0 || link.closed) return
      const since = world.now - diedAt(link)
      const limit = deadLimitMs(world)
      if (since > limit) world.fail(name, `connection ${link.number} died at ${diedAt(link)} ms and is believed ${world.state} ${since} ms later; the bound is ${limit} ms with a keepalive of ${world.keepalive} s`)
    }
    const believed = (): void => {
      if (world.state === 'up' || world.state === 'draining') look()
    }
    return {
      link: (_state, before) => {
        if (before !== 'up') return
        const { link } = world
        if (world.keepalive === 0 || link === undefined || link.deadAt < 0) return
        const since = world.now - diedAt(link)
        const limit = deadLimitMs(world)
        if (since > limit) world.fail(name, `connection ${link.number} died at ${diedAt(link)} ms and was given up ${since} ms later; the bound is ${limit} ms with a keepalive of ${world.keepalive} s`)
      },
      slice: believed,
      step: believed
    }
  }
}

const WINDOW_MS = 600_000

export const noHammering: SimPromise = {
  name: 'no-hammering',
  sentence: 'A device asks for a connection at most 40 times in ten minutes, for each of its servers, besides what its program and its resets ask for: delays of 1, 2, 4 ... 60 s, spread.',
  watch: (world, name) => {
    const { client, program } = world.script
    let asked: number[] = []
    const period = client.reconnectPeriod ?? 1000
    const most = (40 + (period < 1000 ? 4 : 0)) * program.servers
    let last = 0
    return {
      step: () => {
        if (world.lastCallAt !== last) {
          last = world.lastCallAt
          asked.push(world.now)
        }
      },
      reboot: () => asked.push(world.now),
      attempt: () => {
        const from = world.now - WINDOW_MS
        while (world.attempts.length > 0 && world.attempts[0]! < from) world.attempts.shift()
        asked = asked.filter((t) => t >= from)
        const limit = most + 3 * asked.length
        if (world.attempts.length > limit) world.fail(name, `${world.attempts.length} attempts in ten minutes up to ${world.now} ms, ${asked.length} calls of the program among them; the bound is ${limit}`)
      }
    }
  }
}

const SLOW_MS = 10_000
const SLOW_V3 = new Set([1, 2, 4, 5])
const SLOW_V5 = new Set([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x95, 0x99, 0x9a, 0x9b])

export const slowLane: SimPromise = {
  name: 'slow-lane',
  sentence: 'After a refusal that needs a human (wrong password, not authorized, banned) the next attempt comes 10 s later at the earliest, unless the program asks for it.',
  watch: (world, name) => {
    let refusedAt = -1
    return {
      in: (frame, link) => {
        // One after another CONNACK, with Session Present or malformed, is no refusal: it ends the connection as a violation.
        if (frame.name !== 'CONNACK' || frame.reason !== 0 && (link.accepted || frame.sessionPresent || !frame.wellFormed)) return
        const slow = world.script.client.protocolVersion === 5 ? SLOW_V5 : SLOW_V3
        refusedAt = slow.has(frame.reason) ? world.now : -1
      },
      attempt: () => {
        if (refusedAt >= 0 && world.lastCallAt < refusedAt && world.now - refusedAt < SLOW_MS) world.fail(name, `refused at ${refusedAt} ms, and the next attempt came ${world.now - refusedAt} ms later`)
        refusedAt = -1
      },
      reboot: () => { refusedAt = -1 }
    }
  }
}

/** Which state may follow which: docs/architecture.md. */
const FOLLOWS: Record<string, readonly string[]> = {
  offline: ['waiting', 'opening'],
  waiting: ['waiting', 'opening', 'offline'],
  opening: ['connecting', 'waiting', 'offline'],
  connecting: ['up', 'waiting', 'offline'],
  up: ['draining', 'waiting', 'offline'],
  draining: ['offline']
}

export const statesInOrder: SimPromise = {
  name: 'states-in-order',
  sentence: 'The link\'s states follow each other as documented, up only after a CONNACK that accepts, and callbacks come one at a time.',
  watch: (world, name) => ({
    link: (state, before, sessionPresent) => {
      if (FOLLOWS[before]?.includes(state) !== true) world.fail(name, `${state} after ${before}`)
      if (state === 'up' && world.link?.accepted !== true) world.fail(name, 'up without a CONNACK that accepts')
      if (state === 'up' && sessionPresent !== (world.link?.sessionPresent === true) && world.script.client.protocolVersion !== 3) world.fail(name, `up with sessionPresent ${sessionPresent}, CONNACK said ${world.link?.sessionPresent}`)
    },
    heard: (coming) => {
      if (world.state !== 'up' && world.state !== 'draining' && (world.script.client.cache ?? 'direct') === 'direct') world.fail(name, `${coming.label} was handed over while the link was ${world.state}`)
    }
  })
}
