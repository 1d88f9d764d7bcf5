/** Our client against the model broker. */
import { describe, expect, it } from 'vitest'
import { withModel, world } from './broker-support.js'


describe.each([3, 4, 5] as const)('our client and the model broker under version %i', (protocolVersion) => {
  it.each([false, true])('exchange every QoS both ways, over restarts with the sessions kept, each QoS 2 message once, waits: %j', (waits) => {
    const w = world({}, { waits, seed: 7, conditions: { jitterMs: 30 } })
    const h = withModel(w, { protocolVersion, clean: false })
    h.up()
    h.client.subscribe('in/#', 2)
    h.run(200)
    let sent = 0
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 10; i++) {
        sent += 1
        h.client.publish('out', h.bytes(`${sent}`), 2)
        w.broker.publish('in/x', h.bytes(`${sent}`), 2)
      }
      h.run(round * 11)
      w.broker.restart({ downMs: 300, how: round % 2 === 0 ? 'rst' : 'fin' })
      h.run(20000)
    }
    h.run(200000)
    const all = Array.from({ length: 60 }, (_, i) => `${i + 1}`)
    expect(w.broker.oracle.taken.items.map((taken) => taken.payload)).toEqual(all)
    expect(h.got.payloads('in/x').sort((a, b) => Number(a) - Number(b))).toEqual(all)
    expect(w.broker.oracle.acked.total).toBe(60)
    expect(w.broker.connects.length).toBe(7)
    w.broker.check()
    h.check()
  })

  it('go on after a restart that lost the sessions', () => {
    const w = world()
    const h = withModel(w, { protocolVersion, clean: false })
    h.up()
    h.client.subscribe('in', 1)
    h.run(200)
    w.broker.restart({ keepSessions: false, downMs: 1000 })
    const tokens = ([0, 1, 2] as const).map((qos) => h.client.publish('out', h.bytes(`${qos}`), qos))
    h.run(60000)
    expect(tokens.map((token) => h.got.receipt(token)?.outcome)).toEqual(['sent', 'delivered', 'delivered'])
    w.broker.publish('in', h.bytes('hello'), 1)
    h.run(200)
    expect(h.got.payloads('in')).toEqual(['hello'])
    w.broker.check()
    h.check()
  })
})
