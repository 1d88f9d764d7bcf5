/** Writes the kept traces, test/differential/traces/*.trace: node tools/build/run.mjs tools/differential/keep.ts */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../build/root.js'
import type { Options } from '../../firmware/types.js'
import { Maker, randomTrace } from './generate.js'

const folder = path.join(ROOT, 'test/differential/traces')
const id = `text clientId ${Buffer.from('dev').toString('hex')}`
const v = (protocolVersion: 3 | 4 | 5): Partial<Options> => ({ protocolVersion, clientId: 'dev' })
const kept: Partial<Options> = { clean: false, clientId: 'dev' }
const KEPT = [id, 'flag clean 0']

/** Every packet type, each QoS both ways. */
function session(m: Maker): Maker {
  m.connect().run(100).subscribe('in/#', 2, true).subscribe('other', 1).run(100)
  for (const qos of [0, 1, 2] as const) m.publish('out/x', 'abc\0\xff', qos, qos === 1).server('in/y', '\x80z', qos).run(50)
  m.unsubscribe('other').run(100)
  return m.run(130_000).call('disconnect', (c) => c.disconnect()).run(6000)
}

const make: Record<string, () => Maker> = {
  'session-3.1': () => session(new Maker(1, v(3), [id])),
  'session-3.1.1': () => session(new Maker(2, v(4), [id])),
  'session-5.0': () => session(new Maker(3, v(5), [id])),
  'bytes-one-at-a-time': () => session(new Maker(4, v(4), [id], {}, 1)),
  'bytes-one-at-a-time-5.0': () => session(new Maker(5, v(5), [id], {}, 1)),
  'clock-turns-negative': () => session(new Maker(6, v(4), [id, 'ticks 2147483600'])),
  'clock-passes-zero': () => session(new Maker(7, v(4), [id, 'ticks -300'])),
  'resend-with-dup': () => new Maker(8, kept, KEPT, { silent: 0 }).connect().run(50).publish('a', '1', 1).publish('a', '2', 2).drop().run(20).publish('a', '3', 1).run(70_000),
  'resend-3.1': () => new Maker(9, { ...kept, protocolVersion: 3 }, KEPT).connect().run(50).publish('a', '1', 1).publish('a', '2', 2).drop(true).run(70_000),
  'session-lost': () => new Maker(10, kept, KEPT, { present: false }).connect().run(50).subscribe('in/#').publish('a', '1', 1).publish('a', '2', 2).drop().run(70_000),
  'session-lost-report': () => new Maker(11, { ...kept, onSessionLost: 'report' }, [...KEPT, `text onSessionLost ${Buffer.from('report').toString('hex')}`], { present: false }).connect().run(50).publish('a', '2', 2).drop().run(70_000),
  'filters-restored': () => { const m = new Maker(12, v(4), [id]).connect().run(50); for (let i = 0; i < 12; i += 1) m.subscribe(`f/${i}/#`, 1); return m.run(500).drop().run(70_000) },
  'topic-aliases': () => { const m = new Maker(13, { ...v(5), topicAliasOut: 3 }, [id, 'number topicAliasOut 3']).connect().run(50); for (let i = 0; i < 8; i += 1) m.publish(`alias/${i % 4}`, String(i), i % 2 === 0 ? 0 : 1).run(30); return m.drop().run(9000).publish('alias/0', 'x').run(100) },
  'properties-in': () => new Maker(14, v(5), [id]).connect().run(50).subscribe('#').run(50).server('p', 'x', 1, { properties: { contentType: 'text', responseTopic: 'r/t', messageExpiryInterval: 60, userProperties: { a: 'b' } } }).run(500),
  'properties-out': () => new Maker(15, v(5), [id]).connect().run(50).call('publish+ 61 62 1 0 5000 2 0 type 746578 user 61 62 reply 722f74 messageExpiryInterval 60', (c) => c.publish('a', 'b' as never, 1)).run(500),
  'pings': () => new Maker(16, { ...v(4), keepalive: 10 }, [id, 'number keepalive 10']).connect().run(120_000),
  // Silence for two keepalives: the ping, the close that follows, the attempts after it.
  'ping-unanswered': () => new Maker(17, { ...v(4), keepalive: 10 }, [id, 'number keepalive 10'], { deaf: true }).connect().run(5000).publish('a', '1', 1).run(60_000),
  // No room for five messages, then for one and a part of the next, then for all; at last a message cut in two, its rest a while later.
  'socket-fills': () => { const m = new Maker(34, { ...kept, keepalive: 10 }, [...KEPT, 'number keepalive 10']).connect().run(50).credit(0); for (let i = 0; i < 5; i += 1) m.publish('a/b', 'payload', (i % 3) as 0 | 1 | 2); return m.run(3000).credit(20).run(3000).credit(1_000_000).run(500).credit(3).publish('a/b', 'cut', 1).run(2000).credit(1_000_000).run(40_000) },
  // Room that never comes back: the ping cannot leave, the link ends, and the next one carries what is left.
  'socket-stays-full': () => new Maker(35, { ...kept, keepalive: 10 }, [...KEPT, 'number keepalive 10']).connect().run(50).credit(3).publish('a/b', 'cut', 1).publish('a/b', 'whole', 2).run(40_000),
  'large-message-in-pieces': () => new Maker(18, { ...v(4), onStream: () => 0 }, [id, 'stream']).connect().run(50).subscribe('#', 1).run(50).server('big', 'q'.repeat(30_000), 1).run(3000),
  'large-message-skipped': () => new Maker(19, v(4), [id]).connect().run(50).subscribe('#', 2).run(50).server('big', 'q'.repeat(9000), 2).server('small', 's', 1).run(3000),
  'stream-out': () => new Maker(20, v(4), [id]).connect().run(50).call('send 626967 20000 1', (c) => c.publishStream('big', 20_000, (_o, max) => 'z'.repeat(Math.min(46, max)) as never, 1)).run(3000),
  'not-mqtt': () => new Maker(21, v(4), [id]).connect().run(50).bytes('48 54 54 50 2f').run(5000),
  'malformed-suback': () => new Maker(22, v(5), [id]).connect().run(50).bytes('90 01 00').run(5000),
  'ack-of-the-wrong-kind': () => new Maker(23, v(4), [id], { deaf: true }).connect().run(50).publish('a', '1', 2).run(50).bytes('40 02 00 96').run(5000),
  'qos-3': () => new Maker(24, v(4), [id]).connect().run(50).bytes('36 05 00 01 61 00 01').run(5000),
  'length-too-long': () => new Maker(25, v(4), [id]).connect().run(50).bytes('30 ff ff ff ff ff').run(5000),
  'topics-in-unicode': () => new Maker(26, v(4), [id]).connect().run(50).subscribe('\u6e29\u5ea6/+', 1, true).run(50).publish('\u6e29\u5ea6/\u5ba4', '\xe6', 1).server('\u6e29\u5ea6/\u5ba4', 'x', 1).run(500),
  'topics-that-are-wrong': () => new Maker(27, v(4), [id]).connect().publish('a/#', 'x').publish('', 'x').subscribe('a#').subscribe('a/#/b').call('publish c0af 78 0 0', () => undefined).run(500),
  'outbox-refuses': () => { const m = new Maker(28, { ...v(4), limits: { outboxCount: 3 } }, [id, 'limit outboxCount 3']); for (let i = 0; i < 6; i += 1) m.publish('a', String(i), 1); return m.connect().run(900) },
  'outbox-drops-oldest': () => { const m = new Maker(29, { ...v(4), whenFull: 'drop-oldest', limits: { outboxCount: 3 } }, [id, 'limit outboxCount 3', `text whenFull ${Buffer.from('drop-oldest').toString('hex')}`]); for (let i = 0; i < 6; i += 1) m.publish('a', String(i), 1); return m.connect().run(900) },
  'outbox-keeps-latest': () => { const m = new Maker(30, { ...v(4), whenFull: 'keep-latest', limits: { outboxCount: 3 } }, [id, 'limit outboxCount 3', `text whenFull ${Buffer.from('keep-latest').toString('hex')}`]); for (let i = 0; i < 6; i += 1) m.publish(`a/${i % 3}`, String(i), 1); return m.connect().run(900) },
  'socket-takes-little': () => { const m = new Maker(31, v(4), [id]).connect().run(50).credit(5); for (let i = 0; i < 4; i += 1) m.publish('a/b', 'payload', (i % 3) as 0 | 1 | 2); for (let i = 0; i < 30; i += 1) m.run(20).credit(7); return m.run(100) },
  'cache': () => { const m = new Maker(32, { ...v(4), cache: 'overwrite-oldest', limits: { inboxCount: 3 } }, [id, 'limit inboxCount 3', `text cache ${Buffer.from('overwrite-oldest').toString('hex')}`]).connect().run(50).subscribe('#', 2).run(50); for (let i = 0; i < 5; i += 1) m.server('c', String(i), (i % 3) as 0 | 1 | 2); m.run(200); for (let i = 0; i < 4; i += 1) m.call('receive', (c) => c.receive(0)); return m.run(100) },
  'will-and-credentials': () => new Maker(33, { ...v(4), username: 'u', password: 'p\0\xff' as never, will: { topic: 'w', payload: 'gone' as never, qos: 1, retain: true } }, [id, 'text username 75', 'text password 7000ff', 'will 77 676f6e65 1 1']).connect().run(50).call('abort', (c) => c.abort()).run(50)
}

mkdirSync(folder, { recursive: true })
for (const [name, maker] of Object.entries(make)) writeFileSync(path.join(folder, `${name}.trace`), maker().trace(name), 'latin1')
for (let seed = 1; seed <= 6; seed += 1) writeFileSync(path.join(folder, `random-${seed}.trace`), randomTrace(1000 + seed), 'latin1')
