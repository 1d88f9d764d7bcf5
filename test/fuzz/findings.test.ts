/** What fuzzing found, each as the shortest program that shows it. */
import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import type { Bytes } from '../../firmware/types.js'
import { checkCore } from '../support/invariants.js'
import { simClient } from '../support/harness.js'

describe('a finding of fuzzing', () => {
  it.each([['puback', 1], ['pubrec', 2]] as const)('%s for a message of which only pieces went out ends the connection, and not the message', (cmd, qos) => {
    const h = simClient({ sim: { waits: true, conditions: { sendBuffer: 100 } }, limits: { slicePackets: 1, packetOut: 50 } })
    h.up()
    const first = h.peer
    let answered = false
    const token = h.client.publishStream('t', 1000, (offset, max) => {
      if (offset >= 200 && !answered) {
        answered = true
        first.send({ cmd, messageId: h.client.core_!.streaming_!.packetId_ })
      }
      return 'x'.repeat(max) as Bytes
    }, qos)
    h.until(() => h.got.receipts.length > 0, 200000, 'the receipt')
    expect(h.got.links.map((link) => link.cause)).toContain(-108)
    expect(h.got.receipts).toMatchObject([{ token, outcome: 'delivered' }])
    expect(h.broker.messages.map((message) => message.payload.length)).toEqual([1000])
    expect(checkCore(h.client.core_!)).toEqual([])
  })

  it('a message of the journal that gave way with its packet id written already comes back from a reset once, as dropped', () => {
    const h = simClient({ sim: { waits: true }, clean: false, journal: true, whenFull: 'keep-latest' })
    h.up()
    h.client.publish('t', h.bytes('old'), 1)
    h.client.publish('t', h.bytes('new'), 1)
    h.device.powerCut()
    const client = create(h.device.reboot(), { servers: [{ host: 'broker', port: 1883 }], clean: false, journal: true, whenFull: 'keep-latest', onReceipt: () => {} })
    expect(checkCore(client.core_!)).toEqual([])
    expect(client.stats()).toMatchObject({ outboxCount: 1 })
  })
})
