/** Who the server takes us for: the session that was asked for, and another device with our id (docs/protocol.md, 4, 5 and 30). */
import { KEEPING, type SimPromise } from './promise.js'

export const sessionKept: SimPromise = {
  name: 'session-kept',
  sentence: 'With clean off the server has our session at every reconnect, and with clean on at none.',
  profiles: KEEPING,
  watch: (world, name) => {
    let had = false
    return {
      in: (frame, link) => {
        // 3.1 does not say.
        if (frame.name !== 'CONNACK' || frame.reason !== 0 || world.script.client.protocolVersion === 3) return
        const kept = world.script.client.clean === false
        if (frame.sessionPresent && !kept) world.fail(name, `connection ${link.number} resumed a session, with clean on`)
        if (!frame.sessionPresent && kept && had) world.fail(name, `connection ${link.number} found no session, with clean off`)
        had = true
      }
    }
  }
}

const HOUR_MS = 3_600_000
const MOST_TAKEOVERS = 6

export const fewTakeovers: SimPromise = {
  name: 'few-takeovers',
  sentence: 'Where another device has the same id, we end its connection at most six times in an hour, besides what the program asks for; not promised by the build tiny, which has no governor.',
  watch: (world, name) => {
    const times: number[] = []
    let asked = 0
    if (world.script.features === 'tiny') return {}
    return {
      tookOver: () => {
        // The program's wish comes before the governor's.
        if (world.lastCallAt > asked) {
          asked = world.lastCallAt
          return
        }
        times.push(world.now)
        const seventh = times[times.length - 1 - MOST_TAKEOVERS]
        if (seventh !== undefined && world.now - seventh < HOUR_MS) world.fail(name, `${MOST_TAKEOVERS + 1} takeovers within ${world.now - seventh} ms, at ${times.slice(-1 - MOST_TAKEOVERS).join(', ')} ms`)
      },
      reboot: () => { times.length = 0 }
    }
  }
}
