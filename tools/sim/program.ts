/** The program on the device: what it calls, and what it does with what it is told. */
import { ErrorCode } from '../../firmware/codes.js'
import type { Bytes, Code, MessageHandler, PublishExtra, Qos } from '../../firmware/types.js'
import { FILTERS, LABEL_BYTES, TOPICS, type PublishEvent, type ScriptEvent } from './script.js'
import type { World } from './world.js'

/** What `publish` may answer in these scripts besides a token; anything else is a fault of the core or of the script. */
const REFUSALS = new Set<Code>([
  ErrorCode.QueueFull, ErrorCode.QueueBytes, ErrorCode.PacketTooLarge, ErrorCode.ServerPacketLimit, ErrorCode.QosUnsupported,
  ErrorCode.RetainUnavailable, ErrorCode.Disconnecting, ErrorCode.JournalFull, ErrorCode.JournalFailed
])
const SUBSCRIBE_REFUSALS = new Set<Code>([ErrorCode.TooManySubscriptions, ErrorCode.Disconnecting, ErrorCode.NotSubscribed, ErrorCode.PacketTooLarge])

/** What the program throws on purpose. */
export const THROWN = 'thrown by the program'

export class Program {
  private turns = 0
  private messages = 0

  constructor(private readonly world: World) {
    const { program } = world.script
    world.program.onMessage = (_topic, payload, packet) => this.hear(payload, packet.qos, packet.repeated === true)
    if (program.streams) {
      let whole = ''
      world.program.onStream = (_topic, chunk, offset, total, packet) => {
        whole = whole.slice(0, offset) + chunk
        if (offset + chunk.length === total) this.hear(whole as Bytes, packet.qos, packet.repeated === true)
        return 0
      }
    }
  }

  /** After every time that passed: a program that pulls takes what there is. */
  turn(): void {
    this.turns += 1
    const { cache } = this.world.script.client
    if (cache === undefined || cache === 'direct') return
    if (this.turns % this.world.script.program.takeEvery !== 0 && !this.world.calm) return
    for (let m = this.world.client.receive(0); m !== undefined; m = this.world.client.receive(0)) this.hear(m.payload, m.packet.qos, m.packet.repeated === true)
  }

  /** One of the program's own calls. */
  call(event: ScriptEvent): boolean {
    const { world } = this
    const { client } = world
    if (event.do === 'publish') this.publish(event)
    else if (event.do === 'publishStream') this.stream(event.topic, event.qos, event.bytes, event.piece)
    else if (event.do === 'subscribe') this.subscribe(FILTERS[event.filter]!.filter, event.qos)
    else if (event.do === 'unsubscribe') this.unsubscribe(FILTERS[event.filter]!.filter)
    else if (event.do === 'connect') {
      world.lastCallAt = world.now
      this.expect(client.connect(), new Set([ErrorCode.Disconnecting]), 'connect()')
    } else if (event.do === 'disconnect') {
      world.lastCallAt = world.now
      this.expect(client.disconnect({ timeout: event.timeout }), new Set(), 'disconnect()')
    } else if (event.do === 'abort') {
      world.lastCallAt = world.now
      this.expect(client.abort(), new Set(), 'abort()')
    } else return false
    return true
  }

  /** After a reboot the program asks for all it wants, and connects. */
  begin(): void {
    for (const [filter, qos] of this.world.wanted) this.subscribe(filter, qos)
    this.world.lastCallAt = this.world.now
    this.expect(this.world.client.connect(), new Set(), 'connect()')
  }

  private expect(code: Code, refusals: ReadonlySet<Code>, what: string): void {
    if (code < 0 && !refusals.has(code)) this.world.fail('no-crash', `${what} answered ${code}: ${JSON.stringify(this.world.client.explain())}`)
  }

  private publish(event: PublishEvent): void {
    for (let i = event.times ?? 1; i > 0; i--) this.publishOne(event, 'p')
  }

  private publishOne(event: PublishEvent, kind: string): void {
    const { world } = this
    const label = world.nextLabel(kind)
    const { deadline, priority, keepLatest, expiry } = event
    const extra: PublishExtra = {
      ...(deadline === undefined ? {} : { deadline }), ...(priority === undefined ? {} : { priority }), ...(keepLatest === undefined ? {} : { keepLatest }),
      ...(expiry === undefined ? {} : { properties: { messageExpiryInterval: expiry } })
    }
    const hasExtra = Object.keys(extra).length > 0
    const topic = TOPICS[event.topic]!
    const payload = label.padEnd(event.bytes, '.') as Bytes
    world.says(label, payload)
    world.interrupted += 1
    const code = hasExtra ? world.client.publish(topic, payload, event.qos, event.retain === true, extra) : world.client.publish(topic, payload, event.qos, event.retain === true)
    world.interrupted -= 1
    if (code <= 0) {
      this.expect(code === 0 ? -1 : code, REFUSALS, 'publish()')
      return
    }
    const plain = priority === undefined && keepLatest === undefined && expiry === undefined && world.script.client.whenFull !== 'keep-latest'
    world.accepted({ label, token: code, qos: event.qos, topic, deadline: deadline ?? 0, expiryMs: (expiry ?? 0) * 1000, plain })
  }

  private stream(topicNumber: number, qos: Qos, bytes: number, piece: number): void {
    const { world } = this
    const label = world.nextLabel('s')
    const topic = TOPICS[topicNumber]!
    const body = label.padEnd(Math.max(bytes, LABEL_BYTES), ',')
    world.says(label, body)
    const code = world.client.publishStream(topic, body.length, (offset, max) => body.substring(offset, offset + Math.min(max, piece)) as Bytes, qos)
    if (code <= 0) this.expect(code === 0 ? -1 : code, REFUSALS, 'publishStream()')
    else world.accepted({ label, token: code, qos, topic, deadline: 0, expiryMs: 0, plain: world.script.client.whenFull !== 'keep-latest' })
  }

  private subscribe(filter: string, qos: Qos): void {
    const { world } = this
    const handler: MessageHandler | undefined = filter.length % 2 === 0 ? undefined : (_topic, payload, packet) => this.hear(payload, packet.qos, packet.repeated === true)
    const code = handler === undefined ? world.client.subscribe(filter, qos) : world.client.subscribe(filter, qos, handler)
    if (code > 0) world.wanted.set(filter, qos)
    else this.expect(code, SUBSCRIBE_REFUSALS, 'subscribe()')
  }

  private unsubscribe(filter: string): void {
    const code = this.world.client.unsubscribe(filter)
    if (code > 0) this.world.wanted.delete(filter)
    else this.expect(code, SUBSCRIBE_REFUSALS, 'unsubscribe()')
  }

  private hear(payload: Bytes, qos: number, repeated: boolean): void {
    const { world } = this
    world.hears(payload, qos, repeated)
    this.messages += 1
    const { handler } = world.script.program
    if (handler === 'publishes') this.publishOne({ at: 0, do: 'publish', topic: 1, qos: Math.min(qos, world.script.features === 'tiny' ? 1 : 2) as Qos, bytes: 20 }, 'h')
    if (handler === 'throws' && this.messages % 2 === 1 && (world.script.client.cache ?? 'direct') === 'direct') throw new Error(THROWN)
  }
}
