/** Every lie of the dishonest broker, told and seen on the wire. */
import { describe, expect, it } from 'vitest'
import { LIES, type Lie } from '../../hal/sim/broker/index.js'
import { hex } from '../../hal/sim/index.js'
import { bytes, RawClient, world, type World } from './broker-support.js'

/** A client that reads nothing: what reached the device is in the trace. */
class Deaf extends RawClient {
  private from = 0

  constructor(private readonly w: World) {
    super(w, 4)
  }

  override pass(ms: number): this {
    this.w.sim.run(ms)
    return this
  }

  /** The bytes that came since the last time it was asked. */
  news(): string {
    const all = this.w.sim.trace.joined('in')
    const found = hex(all.substring(this.from))
    this.from = all.length
    return found
  }
}

/** Tells one lie at every opportunity once the client is up and subscribed to "t" (QoS 2) and "zero" (QoS 0). */
interface Case {
  lie: Lie
  act: (client: Deaf, w: World) => unknown
  seen: (news: string, client: Deaf, w: World) => unknown
}

const puback = (client: Deaf): unknown => client.publish('u', 'x', 1, 5)
const again = (client: Deaf): unknown => client.again().connect({ clean: false })

const CASES: Case[] = [
  { lie: 'falseSessionPresent', act: (c) => c.again().connect(), seen: (news) => expect(news).toBe('20 02 01 00') },
  { lie: 'falseSessionAbsent', act: again, seen: (news, _c, w) => {
    expect(news).toBe('20 02 00 00')
    expect(w.broker.session('raw')?.subscriptions).toHaveLength(2)
  } },
  { lie: 'ackWithoutTaking', act: puback, seen: (news, _c, w) => expect([news, w.broker.oracle.taken.total]).toEqual(['40 02 00 05', 0]) },
  { lie: 'loseAcked', act: (c) => c.publish('t', 'x', 1, 5), seen: (news, _c, w) => expect([news, w.broker.oracle.taken.total]).toEqual(['40 02 00 05', 1]) },
  { lie: 'neverAck', act: (c) => c.publish('u', 'x', 1, 5).subscribe(6, 'v').publish('u', 'x', 2, 7).send({ cmd: 'pingreq' }), seen: (news) => expect(news).toBe('') },
  { lie: 'repeatAfterPubcomp', act: (c, w) => {
    w.broker.publish('t', bytes('x'), 2)
    c.pass(100).ack('pubrec', 1).ack('pubcomp', 1)
  }, seen: (news) => expect(news).toBe('34 06 00 01 74 00 01 78 62 02 00 01 3c 06 00 01 74 00 01 78') },
  { lie: 'unknownAck', act: puback, seen: (news) => expect(news).toMatch(/^40 02 00 05( (40|62) 02 (?!00 05)\S\S \S\S){2}$/) },
  { lie: 'wrongAckKind', act: (c) => c.publish('u', 'x', 1, 5).publish('u', 'x', 2, 6).subscribe(7, 'v'), seen: (news) => expect(news).toBe('50 02 00 05 40 02 00 06 40 02 00 07') },
  { lie: 'subackCount', act: (c) => c.subscribe(5, 'v').subscribe(6, 'v', 'w'), seen: (news) => expect(news).toMatch(/^90 04 00 05 02 00 90 0[35] 00 06 02( 02 00)?$/) },
  { lie: 'duplicateAck', act: puback, seen: (news) => expect(news).toBe('40 02 00 05 40 02 00 05') },
  { lie: 'unsubscribedTopic', act: puback, seen: (news) => expect(news).toBe(`40 02 00 05 30 13 00 0e ${hex('nobody/asked/1')} 6c 69 65`) },
  { lie: 'qosAboveGranted', act: (c, w) => {
    w.broker.publish('zero', bytes('x'), 0)
    c.pass(100)
  }, seen: (news) => expect(news).toMatch(/^32 09 00 04 7a 65 72 6f \S\S \S\S 78$/) },
  { lie: 'idZero', act: (c, w) => {
    w.broker.publish('t', bytes('x'), 1)
    puback(c.pass(100))
  }, seen: (news) => expect(news).toBe('32 06 00 01 74 00 00 78 40 02 00 05 32 06 00 01 74 00 00 00') },
  { lie: 'malformed', act: puback, seen: (news) => {
    const wrong = news.split(' ').filter((byte, i) => byte !== ['40', '02', '00', '05'][i])
    expect([news.length, wrong.length]).toEqual([11, 1])
  } },
  { lie: 'truncated', act: (c) => { for (let i = 0; i < 10; i++) puback(c) }, seen: (news) => {
    expect(news.startsWith('40')).toBe(true)
    expect(news.split(' ').length).toBeLessThan(40)
  } },
  { lie: 'oversize', act: puback, seen: (news) => {
    expect(news.startsWith('40 02 00 05 30 a5 8d 06 00 03 62 69 67 78')).toBe(true)
    expect(news.split(' ').length).toBe(4 + 4 + 5 + 100000)
  } },
  { lie: 'garbage', act: puback, seen: (news) => {
    expect(news.startsWith('40 02 00 05 ')).toBe(true)
    expect(news.split(' ').length).toBeGreaterThan(4)
  } },
  { lie: 'beforeConnack', act: again, seen: (news) => expect(news).toMatch(/^(d0 00|30 07 00 05 65 61 72 6c 79) 20 02 01 00$/) },
  { lie: 'secondConnack', act: again, seen: (news) => expect(news).toBe('20 02 01 00 20 02 01 00') },
  { lie: 'close', act: puback, seen: (news, _c, w) => {
    expect(news).toBe('40 02 00 05')
    expect(w.sim.trace.notes().join()).toMatch(/(FIN|RST) arrived/)
  } },
  { lie: 'delay', act: puback, seen: (news, c) => expect([news, c.pass(30000).news()]).toEqual(['', '40 02 00 05']) },
  { lie: 'deafToPing', act: (c) => c.send({ cmd: 'pingreq' }).publish('u', 'x', 1, 5), seen: (news) => expect(news).toBe('40 02 00 05') }
]

describe('the dishonest broker', () => {
  it.each(CASES)('tells on the wire: $lie', ({ lie, act, seen }) => {
    for (const told of [true, false]) {
      const w = world({}, { conditions: { receiveBuffer: 200000 } })
      const client = new Deaf(w)
      client.connect({ clean: false }).subscribe(1, { topic: 't', qos: 2 }, { topic: 'zero', qos: 0 })
      expect(client.news()).toBe('20 02 00 00 90 04 00 01 02 00')
      if (told) w.broker.options.dishonesty = { [lie]: 1 }
      act(client, w)
      expect(w.broker.core.lies.told).toEqual(told ? { [lie]: expect.any(Number) as number } : {})
      // Without the lie the wire shows something else.
      if (told) seen(client.news(), client, w)
      else expect(() => { seen(client.news(), client, w) }).toThrow()
    }
  })

  it('has no other lie than these', () => {
    expect(CASES.map(({ lie }) => lie)).toEqual([...LIES])
  })
})
