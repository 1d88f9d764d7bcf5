/**
 * The peer MQTT.js. Ways of publishing QoS 0:
 * - '' calls publish in a loop, as its README does; its stream holds what the socket does not take;
 * - 'paced' waits for the callback of every 500th message, the fastest of the documented ways that were tried (64 at
 *   a time: 4 % slower; all at once: half as fast).
 * QoS 1 keeps `window` publishes outstanding, each callback starting the next. Longer keepalive, `reschedulePings` off
 * and `writeCache` off were tried and change nothing or cost.
 */
import mqtt from 'mqtt'
import type { Job } from '../job.js'
import { measure, type Session } from './measure.js'

const pacedBatch = 500

function connect(job: Job): Promise<Session> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${job.port}`, { protocolVersion: 4, clean: true, keepalive: 60, reconnectPeriod: 0 })
  const payload = Buffer.alloc(job.payloadBytes, 'x')
  const qos0 = { qos: 0 } as const
  const qos1 = { qos: 1 } as const

  function confirmed(done: () => void, failed: (error: Error) => void) {
    client.publish(job.topic, payload, qos1, (error) => error ? failed(error) : done())
  }

  function loop(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      for (let i = 0; i < count; i++) client.publish(job.topic, payload, qos0)
      confirmed(resolve, reject)
    })
  }

  function paced(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = 0
      function batch() {
        if (sent === count) return confirmed(resolve, reject)
        const last = Math.min(count, sent + pacedBatch) - 1
        for (; sent < last; sent++) client.publish(job.topic, payload, qos0)
        sent += 1
        client.publish(job.topic, payload, qos0, (error) => error ? reject(error) : batch())
      }
      batch()
    })
  }

  function windowed(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = 0
      let acked = 0
      function next() {
        sent += 1
        client.publish(job.topic, payload, qos1, onAck)
      }
      function onAck(error?: Error) {
        if (error) return reject(error)
        acked += 1
        if (acked === count) resolve()
        else if (sent < count) next()
      }
      while (sent < Math.min(count, job.window)) next()
    })
  }

  const session: Session = {
    publish: job.qos === 1 ? windowed : job.way === 'paced' ? paced : loop,
    async subscribe(onMessage) {
      client.on('message', (_topic, message) => onMessage(message.length))
      await client.subscribeAsync(job.topic, { qos: job.qos })
    },
    end: () => { client.end(true) }
  }
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(session))
    client.on('error', reject)
    client.on('close', () => reject(new Error('MQTT.js lost its connection')))
  })
}

await measure(connect)
