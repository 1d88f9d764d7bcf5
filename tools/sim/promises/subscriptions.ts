/** Subscriptions survive what happens to the link, and answers find them in place (docs/protocol.md, 9 and 17). */
import { subscriptionsDiffer } from '../settle.js'
import { levelsOf } from '../levels.js'
import type { SimPromise } from './promise.js'

export const subscriptionsWhole: SimPromise = {
  name: 'subscriptions-whole',
  sentence: 'Once faults have stopped, the server\'s session has every filter that the program wants, with its QoS, and none that it ended; filters that the server forbids aside.',
  profiles: ['honest', 'power', 'slow', 'session-losing'],
  watch: (world, name) => ({
    end: () => {
      if (world.state !== 'up') return
      const wrong = subscriptionsDiffer(world)
      if (wrong !== undefined) world.fail(name, wrong)
    }
  })
}

export const subscriptionsFirst: SimPromise = {
  name: 'subscriptions-first',
  sentence: 'On a connection whose session is new, nothing queued is published before every filter has its SUBACK or its time is over, but for filters suspected of having got the link closed.',
  watch: (world, name) => {
    let open = new Set<string>()
    let connection = 0
    let acceptedAt = 0
    const requests = new Map<number, string[]>()
    const timeout = world.script.client.requestTimeout ?? 10_000
    return {
      in: (frame, link) => {
        if (frame.name === 'CONNACK' && frame.reason === 0) {
          connection = link.number
          // 3.1 does not say: with clean off the session is taken for resumed, and what was in flight goes at once.
          const { protocolVersion, clean } = world.script.client
          open = frame.sessionPresent || protocolVersion === 3 && clean === false ? new Set() : new Set(world.wanted.keys())
          for (const filter of levelsOf(world).blamed) open.delete(filter)
          acceptedAt = world.now
          requests.clear()
        } else if (frame.name === 'SUBACK') {
          for (const filter of requests.get(frame.id) ?? []) open.delete(filter)
        }
      },
      out: (frame, link) => {
        if (link.number !== connection) return
        if (frame.name === 'SUBSCRIBE') {
          requests.set(frame.id, frame.filters)
        } else if (frame.name === 'UNSUBSCRIBE') for (const filter of frame.filters) open.delete(filter)
        else if (frame.name === 'PUBLISH' && open.size > 0) {
          // One that was refused need not be asked for on every connection.
          for (const filter of [...open]) if (!world.wanted.has(filter) || world.refused.has(filter)) open.delete(filter)
          if (open.size > 0 && world.now - acceptedAt < timeout) world.fail(name, `${frame.label} was published ${world.now - acceptedAt} ms after CONNACK, before the SUBACK of ${[...open].join(' ')}`)
        }
      }
    }
  }
}
