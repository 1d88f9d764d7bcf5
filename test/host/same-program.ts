/**
 * One firmware program for both kinds of the port: QoS 0, 1 and 2 out, one message after the other; those of QoS 0 and 1 come
 * back to it.
 */
import { create, run } from '../../firmware/index.js'
import type { Client, Hal } from '../../firmware/index.js'
import type { Stats } from '../../firmware/types.js'

export const MESSAGES = 30

/** `ended` gets the client's counters. Where the port waits, it returns after that. */
export function sameProgram(hal: Hal, port: number, ended: (stats: Stats) => void): void {
  let next = 0
  let receipts = 0
  let echoes = 0
  let received = 0
  let up = false
  let leaving = false
  const client: Client = create(hal, {
    servers: [{ host: '127.0.0.1', port }],
    clientId: 'same',
    will: { topic: 'same/will', payload: hal.text.utf8('gone'), qos: 1 },
    onMessage: () => { received = received + 1 },
    onReceipt: () => { receipts = receipts + 1 },
    onSubscribed: () => { up = true },
    onLink: state => {
      if (state === 'offline') {
        ended(client.stats())
        client.destroy()
      }
    }
  })
  client.subscribe('same/echo', 1)
  client.connect()
  run(client, 5, () => {
    // Nothing is left to chance: the next message when the last one has its receipt and has come back.
    if (!up || leaving || receipts < next || received < echoes) return
    if (next === MESSAGES) {
      leaving = true
      client.disconnect()
      return
    }
    const qos = next % 3 as 0 | 1 | 2
    if (qos < 2) echoes = echoes + 1
    client.publish(qos < 2 ? 'same/echo' : 'same/twice', hal.text.utf8('x'.repeat(next * 10)), qos)
    next = next + 1
  })
}
