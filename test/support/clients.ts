/** An observer by MQTT.js: what a real broker really delivers, seen from outside our own code. */
import mqtt, { type IClientOptions, type IClientPublishOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import { until, within } from './until.js'

export interface Seen {
  topic: string
  /** The payload as a byte string. */
  payload: string
  qos: number
  retain: boolean
  packet: IPublishPacket
}

const STEP_MS = 10000

export class Observer {
  /** Every message, in order. */
  readonly messages: Seen[] = []

  constructor(readonly client: MqttClient) {
    client.on('message', (topic, payload, packet) => {
      this.messages.push({ topic, payload: payload.toString('latin1'), qos: packet.qos, retain: packet.retain, packet })
    })
  }

  /** Resolves with the SUBACK. */
  async subscribe(filter: string, qos: 0 | 1 | 2 = 2): Promise<void> {
    await within(this.client.subscribeAsync(filter, { qos }), STEP_MS, `SUBACK of the observer for ${filter}`)
  }

  /** Resolves with the broker's ack. */
  async publish(topic: string, payload: string, options: IClientPublishOptions = {}): Promise<void> {
    await within(this.client.publishAsync(topic, Buffer.from(payload, 'latin1'), options), STEP_MS, `the ack for the observer's publish to ${topic}`)
  }

  /** The payloads received on a topic. */
  payloads(topic: string): string[] {
    return this.messages.filter((message) => message.topic === topic).map((message) => message.payload)
  }

  /** Waits for a message on a topic: the first one from index `from` on. */
  async message(topic: string, ms = 5000, from = 0): Promise<Seen> {
    return until(() => this.messages.slice(from).find((message) => message.topic === topic), ms, `a message on ${topic} at the observer`, () => `it has ${JSON.stringify(this.messages.map((message) => message.topic))}`)
  }

  /** Waits until `count` messages came on a topic. */
  async count(topic: string, count: number, ms = 10000): Promise<void> {
    await until(() => this.payloads(topic).length >= count, ms, `${count} messages on ${topic} at the observer`, () => `${this.payloads(topic).length} came`)
  }

  /**
   * Shows that nothing came: publishes a marker of its own through the broker and waits until it is back, so that
   * whatever the broker had for us before has come too.
   */
  async fence(): Promise<void> {
    const topic = `fence/${this.client.options.clientId}/${this.messages.length}`
    await this.subscribe(topic, 0)
    await this.publish(topic, '', { qos: 0 })
    await this.message(topic)
  }

  /** Ends in order. */
  async end(): Promise<void> {
    await within(this.client.endAsync(), STEP_MS, 'the observer to end')
  }
}

let count = 0

/** A connected observer. `end()` it. */
export async function observe(port: number, options: IClientOptions = {}): Promise<Observer> {
  count += 1
  const client = mqtt.connect({ host: '127.0.0.1', port, protocol: 'mqtt', clientId: `observer-${process.pid}-${count}`, reconnectPeriod: 200, ...options })
  const observer = new Observer(client)
  try {
    await within(new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('error', reject)
    }), STEP_MS, `the observer to connect to port ${port}`)
  } catch (error) {
    client.end(true)
    throw error
  }
  return observer
}
