import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient, type SimClient } from '../support/harness.js'
import { allOf, BOTH_KINDS, mute, outcomes } from './support.js'
import type { LinkState } from '../../firmware/types.js'

type Where = 'onMessage' | 'onReceipt' | 'onSubscribed' | 'onLink' | 'handler'

/** A client that runs `fn` once inside one of its callbacks, a little after the link is up. */
function inside(where: Where, waits: boolean, fn: (h: SimClient) => void, options: object = {}): SimClient {
  let armed = false
  const once = (place: Where) => (): void => {
    if (place !== where || !armed) return
    armed = false
    fn(h)
  }
  const h = simClient({
    sim: { waits }, ...options,
    onMessage: once('onMessage'), onReceipt: once('onReceipt'), onSubscribed: once('onSubscribed'), onLink: once('onLink')
  })
  h.up()
  h.client.subscribe('handled', 0, once('handler'))
  h.run(100)
  armed = true
  if (where === 'onMessage') h.peer.publish({ topic: 'plain', payload: 'x' })
  else if (where === 'handler') h.peer.publish({ topic: 'handled', payload: 'x' })
  else if (where === 'onReceipt') h.client.publish('out', h.bytes('x'), 1)
  else if (where === 'onSubscribed') h.client.subscribe('more', 0)
  else h.peer.close()
  return h
}

const places: Where[] = ['onMessage', 'handler', 'onReceipt', 'onSubscribed', 'onLink']

describe.each(BOTH_KINDS)('inside a callback, waits: %j', (waits) => {
  it.each(places)('[S3-03] %s may throw: counted, named, and the link goes on', (where) => {
    const h = inside(where, waits, () => {
      throw new Error('mine')
    })
    h.run(5000)
    expect(h.client.stats().callbackErrors).toBe(1)
    expect(h.got.state).toBe('up')
    expect(h.client.explain()).toMatchObject({ code: ErrorCode.CallbackThrew, value: 1 })
    const token = h.client.publish('t', h.bytes('x'), 1)
    h.run(200)
    expect(outcomes(h, [token])).toEqual(['delivered'])
  })

  it.each(places)('%s may publish, subscribe and unsubscribe', (where) => {
    const tokens: number[] = []
    const h = inside(where, waits, (client) => {
      for (const qos of [0, 1, 2] as const) tokens.push(client.client.publish('t', client.bytes('x'), qos))
      expect(client.client.subscribe('new', 1)).toBeGreaterThan(0)
      expect(client.client.unsubscribe('handled')).toBeGreaterThan(0)
    })
    h.run(5000)
    expect(outcomes(h, tokens)).toEqual(['sent', 'delivered', 'delivered'])
    const session = [...h.broker.sessions.values()][0]!
    expect([...session.subscriptions.keys()].filter((filter) => filter !== 'more')).toEqual(['new'])
    h.check()
  })

  it.each(places)('%s may not wait: yield and receive say reentrant', (where) => {
    let code = 0
    const h = inside(where, waits, (client) => {
      code = client.client.yield(1000)
      expect(client.client.explain().code).toBe(ErrorCode.Reentrant)
      expect(client.client.receive(1000)).toBeUndefined()
    })
    const before = h.sim.now
    h.run(2000)
    expect(h.sim.now).toBe(before + 2000)
    expect(code).toBe(ErrorCode.Reentrant)
    h.check()
  })

  it.each(places)('%s may abort, and stays offline', (where) => {
    const h = inside(where, waits, (client) => void client.client.abort())
    h.run(60000)
    expect(h.got.links.at(-1)).toMatchObject({ state: 'offline', cause: ErrorCode.Aborted })
    expect(h.broker.peers).toHaveLength(1)
    expect(h.peer.disconnected).toBe(false)
    expect(h.device.openSockets).toBe(0)
    h.check()
  })

  it.each(places)('%s may destroy: later calls say so, nothing is left', (where) => {
    let code = 0
    const h = inside(where, waits, (client) => {
      client.client.publish('t', client.bytes('x'), 1)
      client.client.destroy()
      code = client.client.publish('t', client.bytes('x'), 1)
    })
    h.run(60000)
    expect(code).toBe(ErrorCode.Destroyed)
    expect(h.broker.peers).toHaveLength(1)
    expect(h.device.openSockets).toBe(0)
    expect(h.client.stats().accepted).toBe(h.got.receipts.length)
    if (!waits) {
      const wakes = h.device.timer.wakes
      h.run(600000)
      expect(h.device.timer.wakes).toBe(wakes)
    }
    h.check()
  })

  it.each(places)('%s may disconnect: DISCONNECT goes out when the link is up, and it stays offline', (where) => {
    const h = inside(where, waits, (client) => void client.client.disconnect())
    h.run(60000)
    expect(h.got.state).toBe('offline')
    expect(h.broker.peers).toHaveLength(1)
    expect(h.peer.disconnected).toBe(where !== 'onLink')
    h.check()
  })

  it.each(['abort', 'disconnect'] as const)('onLink may connect() again when %s led to offline', (how) => {
    const h = simClient({
      sim: { waits },
      onLink: (state) => {
        if (state === 'offline' && h.broker.peers.length === 1) expect(h.client.connect()).toBe(0)
      }
    })
    h.up()
    h.client[how]()
    h.run(10000)
    expect(h.got.state).toBe('up')
    expect(h.broker.peers).toHaveLength(2)
    h.check()
  })

  it('onLink may connect() again when abort() in a handler led to offline', () => {
    const h = simClient({
      sim: { waits },
      onMessage: () => void h.client.abort(),
      onLink: (state) => {
        if (state === 'offline' && h.broker.peers.length === 1) h.client.connect()
      }
    })
    h.up()
    h.peer.publish({ topic: 't' })
    h.run(10000)
    expect(h.got.state).toBe('up')
    expect(h.broker.peers).toHaveLength(2)
    h.check()
  })
})

describe('in each state of the link', () => {
  const states: LinkState[] = ['opening', 'connecting', 'up', 'waiting', 'draining', 'offline']
  for (const state of states) {
    for (const call of ['abort', 'disconnect', 'destroy'] as const) {
      it(`onLink may ${call}() at ${state}: the client ends offline and nothing is left open`, () => {
        let done = false
        const h = simClient({
          onLink: (now) => {
            if (now !== state || done) return
            done = true
            h.client[call]()
          }
        })
        h.client.connect()
        h.run(100)
        if (state === 'waiting') h.peer.close()
        if (state === 'draining' || state === 'offline') h.client.disconnect()
        h.run(60000)
        expect(done).toBe(true)
        expect(h.device.openSockets).toBe(0)
        expect(h.client.core_!.phase_).toBe(0)
        if (call !== 'destroy') {
          expect(h.client.connect()).toBe(0)
          h.run(100)
          expect(h.got.state).toBe('up')
        }
        h.check()
      })
    }
  }
})

describe('callbacks', () => {
  it('[S3-03] that are async and fail later are the port\'s to count, and the link stays', async () => {
    const h = simClient()
    h.up()
    h.client.subscribe('t', 0, (async () => {
      throw new Error('later')
    }) as unknown as () => void)
    h.peer.publish({ topic: 't' })
    h.run(100)
    await Promise.resolve()
    await Promise.resolve()
    expect(h.device.system.errorCount).toBe(1)
    expect(h.got.state).toBe('up')
  })

  it('[S3-03] that always throw end no link, lose no message and no receipt, whatever they are', () => {
    const thrower = (): never => {
      throw new Error('always')
    }
    const h = simClient({ onMessage: thrower, onReceipt: thrower, onSubscribed: thrower, onLink: thrower, keepalive: 10 })
    h.up()
    h.client.subscribe('t', 2)
    for (let i = 0; i < 50; i++) {
      h.client.publish('t', h.bytes(`${i}`), (i % 3) as 0 | 1 | 2)
      h.run(500)
    }
    h.run(1000)
    expect(h.got.receipts).toHaveLength(50)
    expect(h.got.messages).toHaveLength(50)
    expect(h.client.stats().drops).toBe(0)
    h.got.checkReceipts()
  })

  it('run one at a time: a publish inside onMessage does not call onReceipt within it', () => {
    const log: string[] = []
    const h = simClient({
      onMessage: () => {
        log.push('message begins')
        h.client.publish('x', h.bytes('y'), 0)
        log.push('message ends')
      },
      onReceipt: () => log.push('receipt')
    })
    h.up()
    h.peer.publish({ topic: 't' })
    h.run(100)
    expect(log).toEqual(['message begins', 'message ends', 'receipt'])
  })

  it('get one record that is used again, with what belongs to this message', () => {
    const seen: object[] = []
    const h = simClient()
    h.up()
    h.client.subscribe('t', 2, (_topic, _payload, packet) => seen.push(packet))
    h.run(100)
    h.broker.publish('t', '1', { qos: 2 })
    h.broker.publish('t', '2', { qos: 0 })
    h.run(200)
    expect(seen).toHaveLength(2)
    expect(seen[0]).toBe(seen[1])
  })

  it('onLink hears each state once, in order, with the cause', () => {
    const h = simClient()
    h.up()
    h.peer.close()
    h.run(5000)
    h.client.disconnect()
    h.run(100)
    expect(h.got.links.map((link) => [link.state, link.cause])).toEqual([
      ['opening', 0], ['connecting', 0], ['up', 0], ['waiting', ErrorCode.ClosedByServer], ['opening', 0], ['connecting', 0], ['up', 0], ['draining', 0], ['offline', ErrorCode.Disconnected]
    ])
  })

  it('a publish inside a full outbox of receipts is refused, not lost', () => {
    const h = simClient({ limits: { outboxCount: 4 } })
    h.up()
    mute(h, 'publish')
    const codes = Array.from({ length: 10 }, () => h.client.publish('t', h.bytes('x'), 1))
    expect(codes.filter((code) => code > 0)).toHaveLength(4)
    expect(codes.slice(4).every((code) => code === ErrorCode.QueueFull)).toBe(true)
    h.run(100)
    expect(allOf(h, 'publish')).toHaveLength(4)
  })
})
