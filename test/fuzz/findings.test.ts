/** What fuzzing found, each as the shortest program that shows it. */
import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import { newState, readValue, writeValue } from '../../firmware/journal-format.js'
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

describe('a store that somebody else wrote, under checksums that fit', () => {
  it('in which ids stand twice or are 0 brings each back once', () => {
    const h = simClient({ sim: { waits: true }, clean: false, journal: true })
    const options = { servers: [{ host: 'broker', port: 1883 }], clean: false, journal: true, onReceipt: () => {} }
    for (let i = 0; i < 3; i += 1) h.client.publish(`t/${i}`, h.bytes('x'), 1)
    const { values } = h.device.storage
    const state = newState()
    readValue(values.get('yq2')!, state, 0)
    Object.assign(state, {
      sequence_: state.sequence_ + 1, markSlots_: [0, 1, 2], markKinds_: [1, 1, 1], markValues_: [7, 7, 0], received_: [5, 0, 5], retired_: [7, 9, 9, 0]
    })
    h.device.powerCut()
    values.set('yq3', writeValue(3, state, undefined, 0))
    const client = create(h.device.reboot(), options)
    expect(client.stats()).toMatchObject({ journalRestored: 3, journalDamaged: 0, outboxCount: 3, inflightMost: 1 })
    expect(client.core_).toMatchObject({ retired_: [9], receiveSet_: [5] })
    expect(checkCore(client.core_!)).toEqual([])
  })
})
