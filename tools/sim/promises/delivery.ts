/** How often and in which order messages come, both ways (docs/protocol.md, 6, 13 and 33). */
import { owed } from '../settle.js'
import type { Sent } from '../world.js'
import { HONEST, type SimPromise } from './promise.js'

export const outExactlyOnce: SimPromise = {
  name: 'out-exactly-once',
  sentence: 'A QoS 2 publish is taken by the server once while the session lasts; over a lost one at least once with onSessionLost "resend" and at most once with "report", where the version says that it was lost (3.1 does not). A QoS 0 publish is taken at most once.',
  profiles: HONEST,
  watch: (world, name) => {
    const takenUnder = new Map<string, object[]>()
    const { protocolVersion, clean, onSessionLost } = world.script.client
    const reports = onSessionLost === 'report' && !(protocolVersion === 3 && clean === false)
    return {
      taken: (taken, sent) => {
        if (sent.taken.length < 2) {
          takenUnder.set(sent.label, [world.session()?.key ?? {}])
          return
        }
        const sessions = takenUnder.get(sent.label)!
        const session = world.session()?.key ?? {}
        const again = sessions.includes(session)
        sessions.push(session)
        const once = sent.qos === 0 || sent.qos === 2 && (again || reports)
        // Without a journal the program's next life does not know of it.
        if (once && (world.boot === 1 || world.survives(sent))) world.fail(name, `${sent.label} of QoS ${sent.qos} was taken ${sent.taken.length} times, at ${sent.taken.map((one) => one.t).join(' and ')} ms${again ? ', in one session' : ''}`)
      }
    }
  }
}

export const inExactlyOnce: SimPromise = {
  name: 'in-exactly-once',
  sentence: 'A QoS 2 message reaches the callback once, and only what somebody published does; after a power cut with a journal it may come again, marked as repeated, unless its PUBREC had left.',
  profiles: HONEST,
  watch: (world, name) => {
    /** Ids of QoS 2 messages that came, and the life of the program in which their PUBREC left first. */
    const ids = new Map<number, string>()
    const answered = new Map<string, number>()
    return {
      in: (frame) => {
        if (frame.name === 'PUBLISH' && frame.qos === 2) ids.set(frame.id, frame.label)
      },
      out: (frame) => {
        const label = frame.name === 'PUBREC' && frame.reason < 0x80 ? ids.get(frame.id) : undefined
        if (label !== undefined && !answered.has(label)) answered.set(label, world.boot)
      },
      heard: (coming) => {
        if (coming.qos !== 2 || coming.retain || coming.session === undefined || coming.heard.length < 2) return
        const last = coming.heard[coming.heard.length - 1]!
        if (last.qos !== 2) return
        if (coming.heard.some((one) => one !== last && one.boot === last.boot && one.qos === 2)) world.fail(name, `${coming.label} was handed over ${coming.heard.length} times, at ${coming.heard.map((one) => one.t).join(' and ')} ms`)
        else if (world.script.client.journal !== true) return
        else if (!last.repeated) world.fail(name, `${coming.label} was handed over again after a reset, and not marked as repeated`)
        else if ((answered.get(coming.label) ?? last.boot) < last.boot) world.fail(name, `${coming.label} was handed over again after a reset, at ${coming.heard.map((one) => one.t).join(' and ')} ms, and its PUBREC had left before`)
      }
    }
  }
}

export const inAtLeastOnce: SimPromise = {
  name: 'in-at-least-once',
  sentence: 'A QoS 1 or 2 message published to a subscription reaches the application while the session lasts, unless it is larger than what may be taken or gave way in a cache that overwrites; where 3.1 with clean off cannot know that the session was lost, one of QoS 2 may be taken for a repeat.',
  profiles: HONEST,
  watch: (world, name) => ({
    end: () => {
      const waiting = owed(world)
      if (waiting.length > 0 && world.state === 'up') world.fail(name, `${waiting.length} messages never came, the first: ${waiting[0]}`)
    }
  })
}

export const inOrder: SimPromise = {
  name: 'in-order',
  sentence: 'Publishes of one topic, QoS and priority reach the server in the order of the calls, counting the first time of each; messages of one topic and QoS reach the application in the order in which the server sent them first, but for one that gave way in a cache that overwrites and was sent again.',
  profiles: ['honest', 'slow'],
  watch: (world, name) => {
    const lastOut = new Map<string, Sent>()
    const lastIn = new Map<string, { label: string; t: number }>()
    // A message refused without an answer is sent again, and may be taken then.
    const silentRefusals = world.script.events.some((event) => event.do === 'refusePublish') && world.script.events.some((event) => event.do === 'muteAcks')
    const { cache } = world.script.client
    const cached = cache !== undefined && cache !== 'direct'
    const sentOnce = new Set<string>()
    const sentAgain = new Set<string>()
    return {
      in: (frame) => {
        if (frame.name === 'PUBLISH' && cache === 'overwrite-oldest') (sentOnce.has(frame.label) ? sentAgain : sentOnce).add(frame.label)
      },
      taken: (_taken, sent) => {
        if (!sent.plain || sent.taken.length > 1 || silentRefusals) return
        const key = `${sent.topic} ${sent.qos}`
        const last = lastOut.get(key)
        if (last !== undefined && last.boot === sent.boot && last.token > sent.token) world.fail(name, `${sent.label} was taken after ${last.label}, which was published later, both on ${sent.topic} with QoS ${sent.qos}`)
        if (last === undefined || last.boot < sent.boot || last.token < sent.token) lastOut.set(key, sent)
      },
      heard: (coming) => {
        if (coming.heard.length > 1 || coming.retain || coming.session === undefined) return
        // What comes in pieces is heard at once, and what is cached when the program takes it.
        const way = cached && coming.bytes >= 100 ? 'at once' : ''
        const key = `${coming.topic} ${coming.qos} ${way}`
        const last = lastIn.get(key)
        if (last !== undefined && last.label > coming.label && coming.bytes < 100 && !sentAgain.has(coming.label)) world.fail(name, `${coming.label} came after ${last.label}, which was published later, both on ${coming.topic} with QoS ${coming.qos}`)
        if (last === undefined || last.label < coming.label) lastIn.set(key, { label: coming.label, t: coming.t })
      }
    }
  }
}
