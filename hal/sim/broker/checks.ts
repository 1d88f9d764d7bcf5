/** What one connection's packets are checked against: ids, acknowledgements, windows, order. Sections 2.2.1, 4.3, 4.4, 4.6, 4.9. */
import type { IPublishPacket, Packet } from 'mqtt-packet'
import type { Core } from './core.js'
import type { Link } from './link.js'
import { content } from './session.js'
import type { Message } from './types.js'
import type { ViolationKind } from './violations.js'

export class LinkChecks {
  /** CONNACK said that there is a session. */
  sessionPresent = false
  /** Requests of the client that were not finally answered on this connection: what holds the id. */
  private readonly open = new Map<number, 'puback' | 'pubrec' | 'pubcomp' | 'suback' | 'unsuback'>()
  /** Ids of PUBLISH of QoS 1 and 2 received here and not finished: what counts against Receive Maximum. */
  private readonly unfinished = new Set<number>()
  /** The place in the session's order of the message resent last. */
  private resentPlace = 0
  /** PUBRECs sent here whose PUBREL has not come, oldest first. */
  private readonly pubrecs: number[] = []
  /** Ids whose PUBREL came here after the last PUBREC for them. */
  private readonly released = new Set<number>()
  /** Ids of QoS 1 and QoS 2 messages sent here and not acknowledged, oldest first. */
  private readonly sent1: number[] = []
  private readonly sent2: number[] = []
  /** Ids whose final acknowledgement came here. */
  private readonly done = new Set<number>()

  constructor(private readonly core: Core, private readonly link: Link) {}

  violation(kind: ViolationKind, text: string, statement?: string): void {
    this.core.oracle.violation(this.link.clientId, this.link.connection.id, this.link.version, kind, text, statement)
  }

  /** A PUBLISH came. False: the connection must end. */
  publish(packet: IPublishPacket, message: Message): boolean {
    const id = packet.messageId ?? 0
    if (packet.qos === 0) {
      if (packet.dup) this.violation('dupOnQos0', 'DUP is set on a PUBLISH of QoS 0')
      return true
    }
    if (id === 0) {
      this.violation('idZero', `a PUBLISH of QoS ${packet.qos} with packet id 0`)
      return false
    }
    const holder = this.open.get(id)
    const session = this.link.session
    const incoming = session?.incoming.get(id)
    if (holder !== undefined) {
      if (packet.dup && (holder === 'puback' || holder === 'pubrec')) this.violation('resentOnLiveLink', `PUBLISH ${id} again while ${holder} is awaited on this connection`)
      else if (holder === 'pubcomp') this.violation('publishAfterPubrec', `PUBLISH ${id} while its PUBREL is due`)
      else this.violation('idInUse', `PUBLISH ${id} while ${holder} for that id is awaited`)
    } else if (packet.dup) {
      if (!this.sessionPresent && this.link.version > 3) this.violation('dupInFreshSession', `PUBLISH ${id} with DUP 1, and CONNACK said that there is no session`)
      else if (packet.qos === 2 && incoming === undefined && session?.released.get(id) === content(message)) {
        this.violation('publishAfterPubrec', `PUBLISH ${id} again after its PUBREL`)
      }
    } else if (incoming !== undefined) {
      if (content(incoming.message) === content(message)) this.violation('missingDup', `PUBLISH ${id} again over a reconnect with DUP 0`)
      else this.violation('idInUse', `PUBLISH ${id} of a new message while PUBREL for that id is awaited`)
    }
    this.order(packet, id)
    this.unfinished.add(id)
    const maximum = this.core.options.receiveMaximum
    if (this.link.version === 5 && this.unfinished.size > maximum) {
      this.violation('receiveMaximum', `${this.unfinished.size} unfinished PUBLISH packets, ${maximum} are allowed`)
      return false
    }
    this.open.set(id, packet.qos === 1 ? 'puback' : 'pubrec')
    this.released.delete(id)
    return true
  }

  /** SUBSCRIBE or UNSUBSCRIBE came. False: the connection must end. */
  request(id: number, awaits: 'suback' | 'unsuback'): boolean {
    if (id === 0) {
      this.violation('idZero', `a request for ${awaits} with packet id 0`)
      return false
    }
    const holder = this.open.get(id)
    if (holder !== undefined || this.link.session?.incoming.has(id) === true) this.violation('idInUse', `id ${id} asks for ${awaits} while ${holder ?? 'PUBREL'} for that id is awaited`)
    this.open.set(id, awaits)
    return true
  }

  /** We acknowledge a request of the client. */
  acknowledged(packet: Packet): void {
    const id = packet.messageId ?? 0
    const refused = 'reasonCode' in packet && (packet.reasonCode ?? 0) >= 0x80
    if (packet.cmd === 'pubrec' && !refused) {
      // A second PUBREC for the same PUBLISH does not make a second PUBREL due.
      if (this.open.get(id) !== 'pubcomp') this.pubrecs.push(id)
      this.open.set(id, 'pubcomp')
      this.released.delete(id)
      return
    }
    const held = this.open.get(id)
    if (packet.cmd === 'pingresp' || packet.cmd === 'connack' || held === undefined) return
    this.open.delete(id)
    this.unfinished.delete(id)
  }

  /** PUBREL came. */
  pubrel(id: number): void {
    if (id === 0) this.violation('idZero', 'PUBREL with packet id 0')
    if (this.released.has(id)) this.violation('pubrelTwice', `PUBREL ${id} twice on one connection`)
    const place = this.pubrecs.indexOf(id)
    if (place > 0) this.violation('pubrelOrder', `PUBREL ${id} before PUBREL ${this.pubrecs[0]}, whose PUBREC went out first`)
    if (place >= 0) this.pubrecs.splice(place, 1)
    const session = this.link.session
    const holder = this.open.get(id)
    const known = holder === 'pubcomp' || session?.incoming.has(id) === true || (this.sessionPresent && session?.released.has(id) === true)
    if (holder === 'pubrec' || holder === 'puback') this.violation('pubrelWithoutPubrec', `PUBREL ${id} before its PUBREC`)
    else if (!known && !this.released.has(id)) {
      // Under 3.1 the client cannot know that the session is gone.
      if (this.link.version > 3) this.violation('pubrelWithoutPubrec', `PUBREL ${id}, and no PUBLISH of that id awaits it`)
    }
    if (holder === undefined) this.open.set(id, 'pubcomp')
    this.released.add(id)
  }

  /** A PUBLISH of QoS 1 or 2 goes out here. */
  sending(id: number, qos: 1 | 2): void {
    if (qos === 1) this.sent1.push(id)
    else this.sent2.push(id)
    this.done.delete(id)
  }

  /** PUBACK, PUBREC or PUBCOMP came; `awaits` is what is awaited for that id. True: it is in its place. */
  answer(kind: 'puback' | 'pubrec' | 'pubcomp', id: number, awaits: 'puback' | 'pubrec' | 'pubcomp' | undefined): boolean {
    if (awaits === undefined) {
      if (this.done.has(id)) this.violation('secondAck', `${kind} ${id} after the last acknowledgement of that id`)
      else this.violation('ackForUnknown', `${kind} ${id}, and nothing of that id is in flight`)
      return false
    }
    if (kind !== awaits) {
      this.violation(kind === 'pubrec' && awaits === 'pubcomp' ? 'secondAck' : 'wrongAck', `${kind} ${id} while ${awaits} is awaited`)
      return false
    }
    const order = kind === 'puback' ? this.sent1 : kind === 'pubrec' ? this.sent2 : undefined
    if (order !== undefined) {
      const place = order.indexOf(id)
      if (place < 0) this.violation('ackForUnknown', `${kind} ${id} before its PUBLISH was sent on this connection`)
      else {
        if (place > 0) this.violation(kind === 'puback' ? 'pubackOrder' : 'pubrecOrder', `${kind} ${id} before ${kind} ${order[0]}, whose PUBLISH went out first`)
        order.splice(place, 1)
      }
    }
    if (kind !== 'pubrec') this.done.add(id)
    return true
  }

  /** What is sent again after a reconnect comes in the order of the first time, as far as we heard it. */
  private order(packet: IPublishPacket, id: number): void {
    const session = this.link.session
    if (session === undefined) return
    const place = packet.dup ? session.places.get(id) : undefined
    if (place === undefined) {
      session.places.set(id, session.nextPlace)
      session.nextPlace += 1
    } else if (place < this.resentPlace) this.violation('resentOutOfOrder', `PUBLISH ${id} is sent again after a message that came later the first time`)
    else this.resentPlace = place
  }
}
