/**
 * Lives in which the client remembers much when a recording is made in the middle of a connection, long after its ring wrapped:
 * what the oldest record left starts from must say all of it.
 */
import type { Qos } from '../../firmware/index.js'
import { mute } from '../session/support.js'
import type { Scenario } from './scenarios.js'

const TOPICS = ['plant/1/temperature', 'plant/1/humidity', 'plant/2/temperature']

export const LIVES: Scenario[] = [
  {
    name: 'the governor: a duel over the id, found and lifted', options: { clientId: 'same' },
    play: (h) => {
      h.up()
      for (let i = 0; i < 9; i += 1) {
        h.run(4000 + i)
        for (let n = 0; n < 8; n += 1) h.client.publish('a/b', h.bytes('x'), (n % 3) as Qos)
        h.run(500)
        if (h.got.state === 'up') h.peer.close()
        h.until(() => h.got.state === 'up', 3_600_000, 'the link')
      }
      h.run(1_300_000)
      for (let n = 0; n < 4; n += 1) { h.client.publish('a/b', h.bytes('x'), 1); h.run(700) }
      h.peer.close()
      h.run(30_000)
    }
  },
  {
    name: 'the governor: a filter for which the server closes is set aside',
    play: (h) => {
      h.broker.on('subscribe', (packet, peer) => {
        if (!packet.subscriptions.some((one) => one.topic === 'bad/#')) return false
        peer.close()
        return true
      })
      for (const filter of ['good/1', 'bad/#', 'good/2']) h.client.subscribe(filter, 1)
      h.client.connect()
      h.run(200_000)
      for (let n = 0; n < 40; n += 1) { h.client.publish('a/b', h.bytes('x'), 1); h.run(2000) }
      h.run(3_700_000)
    }
  },
  {
    name: 'the learned keepalive on a path that forgets after 100 s', options: { keepalive: 600, learnKeepalive: true },
    play: (h) => { h.sim.network.idleCut(100_000); h.up(); h.run(4 * 3_600_000) }
  },
  {
    name: 'the journal, with messages of an earlier connection', options: { clean: false, clientId: 'kept', journal: true },
    play: (h) => {
      h.up()
      h.client.subscribe('in/#', 1)
      for (let n = 0; n < 60; n += 1) {
        h.client.publish(TOPICS[n % 3]!, h.bytes('xyz'), (n % 3) as Qos)
        h.run(n % 2 * 150)
        if (n % 20 === 19) {
          const quiet = mute(h, 'publish')
          h.client.publish('late', h.bytes('1'), 2)
          h.client.publish('later', h.bytes('2'), 1)
          h.run(200)
          quiet()
          h.peer.close()
          h.run(20_000)
        }
      }
    }
  },
  {
    name: 'aliases, more topics than the recorder tells apart', options: { protocolVersion: 5, topicAliasOut: 4, broker: { properties: { topicAliasMaximum: 10 } } },
    play: (h) => {
      h.up()
      for (let n = 0; n < 200; n += 1) {
        h.client.publish(TOPICS[n % 3]!, h.bytes('x'), (n % 3) as Qos)
        h.client.publish(`other/${n % 40}`, h.bytes('y'), 0)
        h.run(300)
      }
    }
  },
  {
    name: 'QoS 2 in flight both ways, and a link that is lost', options: { clean: false, clientId: 'two' },
    play: (h) => {
      h.up()
      h.client.subscribe('in/#', 2)
      h.run(100)
      for (let n = 0; n < 50; n += 1) {
        h.client.publish('a/b', h.bytes('x'), 2)
        h.broker.publish('in/x', 'hello', { qos: 2 })
        h.run(200)
        if (n % 10 !== 9) continue
        const rec = mute(h, 'publish')
        const rel = mute(h, 'pubrel')
        for (let i = 0; i < 3; i += 1) h.client.publish('c/d', h.bytes('z'), 2)
        h.broker.publish('in/y', 'hello', { qos: 2 })
        h.run(300)
        h.client.publish('e/f', h.bytes('0'), 0)
        h.run(300)
        rec()
        rel()
        h.peer.close()
        h.run(15_000)
      }
    }
  },
  {
    name: 'a ring that wrapped many times, a link that comes and goes', options: { keepalive: 20 },
    play: (h) => {
      h.up()
      for (let n = 0; n < 60; n += 1) {
        for (let i = 0; i < 12; i += 1) { h.client.publish(TOPICS[i % 3]!, h.bytes('x'.repeat(i)), (i % 3) as Qos); h.run(900) }
        if (n % 7 === 3) h.peer.wire.rst()
        h.run(40_000)
      }
    }
  }
]
