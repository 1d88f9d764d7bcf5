/**
 * Our side: the event-driven host port with its defaults. The program keeps the outbox full: it publishes until it is
 * refused and goes on with every receipt, which is all that a bounded queue asks for. `limits.inflight` is the window.
 */
import { create, ErrorCode, type Client, type Options } from '../../../firmware/index.js'
import { bytes, createHostHal } from '../../../hal/host/index.js'
import type { Job } from '../job.js'
import { measure, type Session } from './measure.js'

function connect(job: Job): Promise<Session> {
  const payload = bytes(Buffer.alloc(job.payloadBytes, 'x'))
  let toSend = 0
  let ended = 0
  let expected = 0
  let confirmed: () => void = () => {}
  let failed: (error: Error) => void = () => {}
  let subscribed: () => void = () => {}
  let onMessage: (payloadBytes: number) => void = () => {}

  const options: Options = {
    servers: [{ host: '127.0.0.1', port: job.port }],
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    reconnectPeriod: 0,
    limits: { inflight: job.window },
    onMessage: (_topic, message) => onMessage(message.length),
    onSubscribed: (_token, filter, code) => code < 0 ? failed(new Error(`SUBSCRIBE ${filter}: code ${code}`)) : subscribed(),
    onReceipt: (token, outcome, reason) => {
      if (outcome !== 'sent' && outcome !== 'delivered') return failed(new Error(`publish ${token} was ${outcome}, code ${reason}`))
      ended += 1
      if (ended === expected) confirmed()
      else fill()
    }
  }
  const client: Client = create(createHostHal({ onCallbackError: (error) => failed(error as Error) }), options)

  /** Publishes until the outbox is full or all is given; QoS 0 ends with one QoS 1, whose PUBACK confirms the rest. */
  function fill() {
    while (toSend > 0) {
      const code = client.publish(job.topic, payload, toSend === 1 ? 1 : job.qos)
      if (code === ErrorCode.QueueFull || code === ErrorCode.QueueBytes) return
      if (code < 0) return failed(new Error(`publish refused with code ${code}`))
      toSend -= 1
    }
  }

  const session: Session = {
    publish: (count) => new Promise((resolve, reject) => {
      confirmed = resolve
      failed = reject
      ended = 0
      toSend = job.qos === 0 ? count + 1 : count
      expected = toSend
      fill()
    }),
    subscribe: (heard) => new Promise((resolve, reject) => {
      onMessage = heard
      subscribed = resolve
      failed = reject
      const code = client.subscribe(job.topic, job.qos)
      if (code < 0) reject(new Error(`subscribe refused with code ${code}`))
    }),
    end: () => { client.destroy() }
  }
  return new Promise((resolve, reject) => {
    failed = reject
    options.onLink = (state, _present, cause) => {
      if (state === 'up') resolve(session)
      else if (state === 'offline' || state === 'waiting') failed(new Error(`the link ended, code ${cause}`))
    }
    const code = client.connect()
    if (code < 0) reject(new Error(`connect refused with code ${code}`))
  })
}

await measure(connect)
