/** Lives of a device that are recorded: each ends with the recording, and the replay must not differ from it. */
import { recording, type Bytes, type Qos } from '../../firmware/index.js'
import { mute } from '../session/support.js'
import { simClient, type SimClient, type WorldOptions } from '../support/harness.js'

export interface Scenario {
  name: string
  options?: WorldOptions
  play: (h: SimClient) => void
}

/** Plays a scenario and gives what its recorder holds. */
export function record(scenario: Scenario, more: WorldOptions = {}): { bytes: Buffer; h: SimClient } {
  const h = simClient({ recorder: 4096, ...scenario.options, ...more })
  scenario.play(h)
  return { bytes: Buffer.from(recording(h.client), 'latin1'), h }
}

const x = (h: SimClient, size: number): Bytes => h.bytes('x'.repeat(size))

/** Some of each QoS, both ways. */
function traffic(h: SimClient): void {
  h.client.subscribe('in/#', 2)
  h.run(200)
  for (const qos of [0, 1, 2, 1, 0] as Qos[]) {
    h.client.publish('some/topic', x(h, 10 + qos), qos)
    h.run(37)
  }
  for (const qos of [0, 1, 2, 2, 0] as Qos[]) {
    h.broker.publish(`in/${qos}`, 'hello', { qos })
    h.run(53)
  }
  // Several in one slice.
  for (let i = 0; i < 6; i += 1) h.client.publish(`t/${i}`, x(h, i), (i % 3) as Qos)
  for (let i = 0; i < 4; i += 1) h.broker.publish('in/many', 'm', { qos: (i % 3) as Qos })
  h.run(500)
}

export const SCENARIOS: Scenario[] = [
  { name: 'connect, and publish and receive at each QoS', play: (h) => { h.up(); traffic(h); h.client.disconnect(); h.run(100) } },
  { name: 'the same under 5.0', options: { protocolVersion: 5 }, play: (h) => { h.up(); traffic(h); h.client.disconnect(); h.run(100) } },
  { name: 'the same under 3.1', options: { protocolVersion: 3 }, play: (h) => { h.up(); traffic(h); h.client.disconnect(); h.run(100) } },
  {
    name: 'the same on a port that waits, with bytes that trickle in', options: { sim: { waits: true, conditions: { piecesIn: [1, 1, 1, 3], pieceGapMs: 20 } } as never },
    play: (h) => { h.up(); traffic(h); h.run(3000) }
  },
  { name: 'pings for an hour', options: { keepalive: 60 }, play: (h) => { h.up(); h.run(3_600_000) } },
  {
    name: 'a ping that nobody answers', options: { keepalive: 30 },
    play: (h) => { h.up(); h.run(5000); mute(h, 'pingreq'); h.run(300_000) }
  },
  {
    name: 'refused, and later let in', options: { jitter: true, broker: { authorize: () => (refusals-- > 0 ? 5 : 0) } },
    play: (h) => { refusals = 3; h.client.connect(); h.run(200_000) }
  },
  {
    name: 'a kept session with messages in flight', options: { clean: false, clientId: 'kept' },
    play: (h) => {
      h.up()
      h.client.subscribe('in/#', 1)
      h.run(100)
      const quiet = mute(h, 'publish')
      for (let i = 0; i < 5; i += 1) h.client.publish('a/b', x(h, 20), (i % 2 + 1) as Qos)
      h.run(100)
      h.peer.close()
      quiet()
      h.run(60_000)
    }
  },
  {
    name: 'a session that the server lost, and filters that are sent again', options: { clean: false, clientId: 'lost' },
    play: (h) => {
      h.up()
      for (let i = 0; i < 3; i += 1) h.client.subscribe(`f/${i}`, 1)
      h.run(100)
      mute(h, 'publish')
      h.client.publish('a/b', x(h, 20), 1)
      h.client.publish('a/b', x(h, 20), 2)
      h.run(100)
      h.broker.loseSessions()
      h.run(60_000)
    }
  },
  {
    name: 'a queue that overflows while there is no link', options: { limits: { outboxCount: 4 }, whenFull: 'drop-oldest' },
    play: (h) => {
      for (let i = 0; i < 9; i += 1) h.client.publish('a/b', x(h, 20 + i), (i % 2) as Qos)
      h.up()
      h.run(2000)
      h.peer.wire.rst()
      for (let i = 0; i < 9; i += 1) h.client.publish('a/c', x(h, 30 + i), 1, false, { deadline: 500, priority: i % 3, keepLatest: i > 6 })
      h.run(120_000)
    }
  },
  {
    name: 'a queue that refuses', options: { limits: { outboxCount: 3 } },
    play: (h) => {
      for (let i = 0; i < 5; i += 1) h.client.publish('a/b', x(h, 5), 1)
      h.client.publish('a/#', x(h, 5), 1)
      h.up()
      h.run(2000)
    }
  },
  {
    name: 'calls made in callbacks',
    options: {
      onMessage: function (this: void) { within?.client.publish('echo', within.bytes('e'), 1) },
      onReceipt: function (this: void, token: number) { if (token % 5 === 0) within?.client.publish('after', within.bytes('r'), 0) }
    },
    play: (h) => {
      within = h
      h.up()
      h.client.subscribe('in/#', 1)
      h.run(100)
      for (let i = 0; i < 8; i += 1) {
        h.broker.publish('in/x', 'hello', { qos: 1 })
        h.run(i % 2 * 300)
      }
      h.run(1000)
      within = undefined
    }
  },
  {
    name: 'a socket that takes little', options: { sim: { conditions: { sendBuffer: 60, latencyMs: 30 } } as never },
    play: (h) => { h.up(); for (let i = 0; i < 12; i += 1) h.client.publish('a/b', x(h, 40), (i % 3) as Qos); h.run(5000) }
  },
  {
    name: 'a server that is not there, then sends what is not MQTT', options: { broker: false, connectTimeout: 5000 },
    play: (h) => {
      h.client.connect()
      h.run(30_000)
      h.sim.network.listen('broker', 1883, (connection) => { connection.send('HTTP/1.1 400 Bad Request\r\n' as Bytes) })
      h.run(60_000)
    }
  }
]

let refusals = 0
let within: SimClient | undefined
