/** What a board does in the tests with a real broker: it says all that happens and does what it is sent. */
import { cat, type Bytes } from '../../../firmware/bytes.js'
import type { Client } from '../../../firmware/client.js'
import type { Options, Qos } from '../../../firmware/types.js'
import type { Hal } from '../../../hal/hal.js'

/** Told what happened: a word, and bytes or text. */
type Say = (this: void, word: string, value: Bytes) => void

export function start(
  create: (this: void, hal: Hal, options: Options) => Client, hal: Hal, port: number, version: 3 | 4 | 5, qos: Qos, all: Bytes, say: Say
): Client {
  const options: Options = {
    servers: [{ host: '127.0.0.1', port }], protocolVersion: version, clientId: 'board7', keepalive: 30, jitter: false, reconnectPeriod: 100,
    will: { topic: 'dev/will', payload: 'gone' as Bytes },
    onReceipt: (token, outcome, reason) => {
      say('receipt', (outcome + ' ' + token + ' ' + reason) as Bytes)
    },
    onSubscribed: (_token, filter, code) => {
      say('subscribed', (filter + ' ' + code) as Bytes)
    },
    onLink: (state, _present, cause) => {
      say('link', (state + ' ' + cause) as Bytes)
    }
  }
  const client = create(hal, options)
  client.subscribe('dev/in/#', qos, (topic, payload, packet) => {
    say('message', cat((topic + ' ' + packet.qos + ' ') as Bytes, payload))
  })
  // One message of each QoS, every byte value in it; then as often as it is told.
  client.subscribe('dev/go', 0, () => {
    for (let q = 0; q <= qos; q = q + 1) say('publish', ('' + client.publish('dev/out/' + q, all, q as Qos)) as Bytes)
  })
  client.subscribe('dev/leave', 0, () => {
    say('leave', ('' + client.disconnect()) as Bytes)
  })
  say('connect', ('' + client.connect()) as Bytes)
  return client
}
