/** Ports that misbehave: the client stays in its bounds, never spins without waiting, and comes back. */
import { describe, expect, it } from 'vitest'
import { create } from '../../firmware/index.js'
import { createSim } from '../../hal/sim/index.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'
import { ScriptedBroker } from '../support/broker.js'
import { odd } from './odd.js'

describe('a socket', () => {
  it('that never takes a byte although it has credit is given up, without spinning', () => {
    const o = odd(() => ({ write: () => 0 }))
    o.client.connect()
    expect(o.slices(60000)).toBeLessThan(200)
    expect(o.client.stats().failures).toBeGreaterThan(1)
  })

  it('that reads more than it was asked for loses nothing', () => {
    const o = odd((real) => ({ read: () => real.read(1000000) }), { limits: { sliceBytes: 16, slicePackets: 1 } })
    o.client.connect()
    o.slices(1000)
    for (let i = 0; i < 100; i++) o.broker.peer.publish({ topic: 't', payload: `${i}`, qos: 1, messageId: i + 1 })
    o.slices(1000)
    expect(o.heard).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })

  it('whose state flaps between open and opening works on', () => {
    let n = 0
    const o = odd((real) => ({ status: () => { n += 1; const s = real.status(); return s === 1 && n % 3 === 0 ? 0 : s } }))
    o.client.connect()
    o.slices(1000)
    o.client.publish('t', o.bytes('x'), 1)
    o.slices(300000)
    expect(o.client.stats()).toMatchObject({ connects: 1, delivered: 1, drops: 0 })
  })
})

describe('a wait that ends early every time', () => {
  it('costs slices and nothing else', () => {
    const o = odd(() => ({}), {}, (hal) => ({ timer: { ...hal.timer, wait: (ms) => hal.timer.wait!(Math.min(ms, 1)) } }))
    o.client.connect()
    const slices = o.slices(200000)
    expect(o.client.stats()).toMatchObject({ connects: 1, drops: 0, pings: 3 })
    expect(slices).toBeLessThan(210000)
  })
})

describe('two clients on one port', () => {
  it.each([true, false])('do not touch each other, waits: %j', (waits) => {
    const sim = createSim({ waits })
    const broker = new ScriptedBroker()
    broker.listen(sim)
    const heard: string[][] = [[], []]
    const clients = [0, 1].map((i) => create(sim.hal, {
      servers: [{ host: 'broker', port: 1883 }], clientId: `c${i}`, jitter: false, keepalive: 10, onMessage: (_t, payload) => { heard[i]!.push(payload) }
    }))
    for (const [i, client] of clients.entries()) {
      client.subscribe(`to/${i}`, 1)
      expect(client.connect()).toBe(0)
    }
    const run = (ms: number): void => {
      const end = sim.now + ms
      while (sim.now < end) {
        if (waits) for (const client of clients) client.yield(10)
        else sim.run(10)
      }
    }
    run(1000)
    for (let n = 0; n < 20; n++) {
      clients[n % 2]!.publish(`to/${(n + 1) % 2}`, sim.hal.text.utf8(`${n}`), 1)
      run(100)
    }
    run(50000)
    clients[0]!.destroy()
    run(30000)
    expect(heard[0]).toEqual(['1', '3', '5', '7', '9', '11', '13', '15', '17', '19'])
    expect(heard[1]).toEqual(['0', '2', '4', '6', '8', '10', '12', '14', '16', '18'])
    expect(clients[1]!.stats()).toMatchObject({ connects: 1, drops: 0 })
    sim.check()
  })
})

describe('an idle client in every state', () => {
  const states: [string, (h: SimClient) => void, WorldOptions][] = [
    ['offline', () => undefined, {}],
    ['waiting', (h) => { h.client.connect(); h.run(500) }, { broker: false, reconnectPeriod: 60000 }],
    ['opening', (h) => { h.sim.network.partition('both'); h.client.connect(); h.run(100) }, { connectTimeout: 600000 }],
    ['connecting', (h) => { h.broker.on('connect', () => true); h.client.connect(); h.run(500) }, { connectTimeout: 600000 }],
    ['up with an empty queue', (h) => { h.up() }, { keepalive: 600 }],
    ['up with the window closed and a queue', (h) => { h.up(); h.broker.on('publish', () => true); for (let i = 0; i < 50; i++) h.client.publish('t', h.bytes('x'), 1); h.run(1000) }, { keepalive: 600, ackTimeout: 600000, limits: { inflight: 2 } }],
    ['up with a filter without its SUBACK', (h) => { h.up(); h.broker.on('subscribe', () => true); h.client.subscribe('a', 1); h.run(1000) }, { keepalive: 600, requestTimeout: 600000 }],
    ['up with a full push-back cache and more to read', (h) => { h.up(); for (let i = 0; i < 400; i++) h.peer.publish({ topic: 't', payload: 'x'.repeat(100) }); h.run(2000) }, { keepalive: 600, cache: 'push-back' }],
    ['up with a stream that has no credit', (h) => { h.up(); h.sim.network.last?.stall(true); h.client.publishStream('s', 9000, (_o, max) => h.bytes('x'.repeat(max)), 1); h.run(1000) }, { keepalive: 600, sim: { conditions: { sendBuffer: 50, serverWindow: 10 } } }],
    ['up with a message of which the socket took a part', (h) => { h.up(); h.sim.network.last?.stall(true); h.client.publish('s', h.bytes('x'.repeat(900)), 1); h.run(1000) }, { keepalive: 600, sim: { conditions: { sendBuffer: 50, serverWindow: 10 } } }],
    ['draining', (h) => { h.up(); h.broker.on('publish', () => true); h.client.publish('t', h.bytes('x'), 1); h.client.disconnect({ timeout: 600000 }); h.run(1000) }, { keepalive: 600, ackTimeout: 600000 }]
  ]
  it.each(states)('%s: needs few slices in ten seconds, on a port of events', (_name, enter, options) => {
    const h: SimClient = simClient({ ...options, sim: { ...(options.sim as object), waits: false, maxSpins: 5000 } })
    let slices = 0
    const feed = h.device.hal.system.feedWatchdog
    enter(h)
    h.device.hal.system.feedWatchdog = () => { slices += 1; feed() }
    h.run(10000)
    expect(slices).toBeLessThan(12)
  })

  it.each(states.filter(([name]) => name !== 'draining'))('%s: needs few slices in ten seconds, on a port that waits', (_name, enter, options) => {
    const h: SimClient = simClient({ ...options, sim: { ...(options.sim as object), waits: true, maxSpins: 5000 } })
    let slices = 0
    const feed = h.device.hal.system.feedWatchdog
    enter(h)
    h.device.hal.system.feedWatchdog = () => { slices += 1; feed() }
    h.run(10000)
    expect(slices).toBeLessThan(12)
  })
})
