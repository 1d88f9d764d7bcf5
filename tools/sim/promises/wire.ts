/** What the client puts on the wire (docs/protocol.md, 7, 10, 12, 14 and 20), judged without the model broker. */
import type { Frame } from '../frames.js'
import type { Link } from '../link.js'
import type { World } from '../world.js'
import type { SimPromise } from './promise.js'

/** A publish of ours that has begun and not ended, in the session that lasts. */
interface Open {
  label: string
  qos: number
  /** The connection on which it was sent last. */
  link: number
  /** It was sent whole before. */
  whole: boolean
  /** PUBREC came; PUBREL left. */
  received: boolean
  released: boolean
  /** A cut came between: whether PUBREC was written down is not known. */
  unsure: boolean
}

export const protocolKept: SimPromise = {
  name: 'protocol-kept',
  profiles: ['honest', 'power', 'slow', 'session-losing'],
  sentence: 'The server finds no breach of the protocol in what the client sends.',
  watch: (world, name) => ({
    step: () => {
      const [first] = world.server.violations
      if (first !== undefined) world.fail(name, first)
    }
  })
}

export const idsAndDup: SimPromise = {
  name: 'ids-and-dup',
  sentence: 'A packet id is used again only after its last ack, a message keeps its id while the session lasts, and DUP is set exactly when the session was resumed and the whole PUBLISH had left before.',
  profiles: ['honest', 'session-losing', 'power', 'slow'],
  watch: (world, name) => {
    const open = new Map<number, Open>()
    const requests = new Map<number, number>()
    const opened = (frame: Frame, link: Link): void => {
      const known = open.get(frame.id)
      if (requests.has(frame.id)) world.fail(name, `PUBLISH ${frame.label} uses id ${frame.id}, which a SUBSCRIBE or UNSUBSCRIBE without its ack has`)
      if (known === undefined) {
        // After a cut nobody knows whether the whole packet had left: DUP is right for what may be a repeat.
        const sent = world.byLabel.get(frame.label)
        const cut = world.boot > 1 && world.script.client.journal === true && (sent === undefined || sent.boot < world.boot)
        if (frame.dup && !cut) world.fail(name, `PUBLISH ${frame.label} with id ${frame.id} has DUP, and this session has not seen it`)
        open.set(frame.id, { label: frame.label, qos: frame.qos, link: link.number, whole: true, received: false, released: false, unsure: false })
        return
      }
      if (known.label !== frame.label) world.fail(name, `id ${frame.id} of ${known.label} is used for ${frame.label} before its last ack`)
      else if (known.link === link.number) world.fail(name, `PUBLISH ${frame.label} with id ${frame.id} was sent twice on connection ${link.number}`)
      else if (known.received) world.fail(name, `PUBLISH ${frame.label} with id ${frame.id} was sent again after its PUBREC`)
      else if (!frame.dup) world.fail(name, `PUBLISH ${frame.label} with id ${frame.id} was sent again in its session without DUP`)
      known.link = link.number
    }
    return {
      in: (frame, link) => {
        if (frame.name === 'CONNACK' && frame.reason === 0) {
          requests.clear()
          const v31 = world.script.client.protocolVersion === 3 && world.script.client.clean === false
          if (!frame.sessionPresent && !v31) open.clear()
        } else if (frame.name === 'PUBACK' || frame.name === 'PUBCOMP' || frame.name === 'PUBREC') {
          const known = open.get(frame.id)
          // An ack of the wrong kind ends the connection, and not the message.
          if (known === undefined || (frame.name === 'PUBACK') !== (known.qos === 1) || frame.name === 'PUBCOMP' && !known.released) return
          if (frame.name === 'PUBREC' && frame.reason < 0x80) known.received = true
          else if (frame.name !== 'PUBREC' || !known.received) open.delete(frame.id)
        } else if (frame.name === 'SUBACK' || frame.name === 'UNSUBACK') requests.delete(frame.id)
        void link
      },
      out: (frame, link) => {
        if (frame.name === 'PUBLISH' && frame.qos > 0) opened(frame, link)
        else if (frame.name === 'SUBSCRIBE' || frame.name === 'UNSUBSCRIBE') {
          if (open.has(frame.id) || requests.has(frame.id)) world.fail(name, `${frame.name} uses id ${frame.id}, which is in use`)
          requests.set(frame.id, link.number)
        } else if (frame.name === 'PUBREL') {
          const known = open.get(frame.id)
          if (known !== undefined) known.released = true
          if (known !== undefined && !known.received && !known.unsure) world.fail(name, `PUBREL for id ${frame.id} of ${known.label} before its PUBREC`)
        }
      },
      reboot: () => {
        requests.clear()
        if (world.script.client.journal !== true) open.clear()
        // A PUBREC that the cut kept from being written down is forgotten; one that was answered is not.
        for (const known of open.values()) {
          known.unsure ||= known.received && !known.released
          known.received = known.released
        }
      }
    }
  }
}

export const windowKept: SimPromise = {
  name: 'window-kept',
  sentence: 'No more QoS 1 and 2 publishes are unfinished on a connection than limits.inflight and the server\'s Receive Maximum allow, and the window is used again as acks come.',
  watch: (world, name) => {
    const unfinished = new Set<number>()
    const { client, server } = world.script
    // One that lies may announce another maximum than it has.
    const most = Math.min(client.limits?.inflight ?? (world.script.features === 'tiny' ? 8 : 20), client.protocolVersion === 5 && world.script.profile !== 'dishonest' ? server.receiveMaximum ?? 65_535 : 65_535)
    return {
      slice: () => {
        const { inflight, outboxCount } = world.client.stats()
        if (inflight > outboxCount) world.fail(name, `${inflight} publishes count as unfinished, and only ${outboxCount} have not ended: the window does not open again`)
      },
      in: (frame) => {
        if (frame.name === 'CONNACK') unfinished.clear()
        else if (frame.name === 'PUBACK' || frame.name === 'PUBCOMP' || frame.name === 'PUBREC' && frame.reason >= 0x80) unfinished.delete(frame.id)
      },
      out: (frame) => {
        if (frame.name !== 'PUBLISH' || frame.qos === 0) return
        unfinished.add(frame.id)
        if (unfinished.size > most) world.fail(name, `${unfinished.size} unfinished publishes on one connection, ${most} are allowed`)
      }
    }
  }
}

/** Acks we owe on this connection, in the order in which the messages came. */
interface Owed {
  kind: 'PUBACK' | 'PUBREC'
  id: number
}

export const acksInOrder: SimPromise = {
  name: 'acks-in-order',
  sentence: 'Received messages are acknowledged once for each time they came, in the order in which they came, and every PUBREL is answered.',
  watch: (world, name) => {
    let owed: Owed[] = []
    let current = 0
    let releases: number[] = []
    const release = (frame: Frame): void => {
      if (releases[0] !== frame.id) world.fail(name, `PUBCOMP ${frame.id}, where ${releases[0] === undefined ? 'no PUBREL was' : `the PUBREL of ${releases[0]} is`} to be answered`)
      else releases.shift()
    }
    return {
      end: () => {
        // A server that lies may have sent what needs no answer; the program has emptied its cache.
        if (world.state !== 'up' || world.script.profile === 'dishonest') return
        if (owed.length > 0) world.fail(name, `${owed.length} messages are not acknowledged, the first: ${owed[0]!.kind} ${owed[0]!.id}`)
        else if (releases.length > 0) world.fail(name, `the PUBREL of ${releases[0]} is not answered`)
      },
      in: (frame, link) => {
        // A dishonest server says CONNACK twice: what is owed belongs to the connection.
        if (link.number !== current) {
          current = link.number
          owed = []
          releases = []
        }
        if (frame.name === 'PUBLISH' && frame.qos > 0) owed.push({ kind: frame.qos === 1 ? 'PUBACK' : 'PUBREC', id: frame.id })
        else if (frame.name === 'PUBREL') releases.push(frame.id)
      },
      out: (frame) => {
        if (frame.name === 'PUBCOMP') return release(frame)
        if (frame.name !== 'PUBACK' && frame.name !== 'PUBREC') return
        const at = owed.findIndex((one) => one.kind === frame.name && one.id === frame.id)
        // One that overflowed the receive set of a v3 client is not answered.
        if (at < 0) world.fail(name, `${frame.name} ${frame.id}, which is not owed`)
        else if (owed.slice(0, at).some((one) => one.kind === 'PUBACK')) world.fail(name, `${frame.name} ${frame.id} was sent before ${owed[0]!.kind} ${owed[0]!.id}`)
        else owed.splice(0, at + 1)
      }
    }
  }
}

function isFirstAllowed(world: World, frame: Frame, link: Link, first: boolean): string | undefined {
  if (first) return frame.name === 'CONNECT' ? undefined : `${frame.name} before CONNECT on connection ${link.number}`
  if (frame.name === 'CONNECT') return `a second CONNECT on connection ${link.number}`
  if (!link.accepted && frame.name !== 'AUTH') return `${frame.name} before CONNACK on connection ${link.number}`
  return undefined
}

export const connectionsInOrder: SimPromise = {
  name: 'connections-in-order',
  sentence: 'On every connection CONNECT comes first and alone until CONNACK, nothing follows DISCONNECT, and no topic alias of an earlier connection is used.',
  watch: (world, name) => {
    let connection = 0
    let left = false
    return {
      out: (frame, link) => {
        const first = link.number !== connection
        connection = link.number
        if (first) left = false
        const wrong = left ? `${frame.name} after DISCONNECT on connection ${link.number}` : isFirstAllowed(world, frame, link, first)
        if (wrong !== undefined) world.fail(name, wrong)
        if (frame.name === 'DISCONNECT') left = true
      },
      taken: (taken, sent) => {
        if (taken.topic !== sent.topic) world.fail(name, `${sent.label} was published to ${sent.topic} and taken under ${taken.topic}`)
      }
    }
  }
}
