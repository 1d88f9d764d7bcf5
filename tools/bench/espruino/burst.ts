/**
 * The rows `espruino.burst.out` and `espruino.burst`: 1000 messages of 32 bytes against mosquitto, offered as fast as `publish` accepts
 * them, and received as fast as the server sends them. Both clients have an interpreter of their own and take turns. A client of ours
 * that loses one fails its row.
 *
 * Sent: from before the first `publish` until the last is at a subscriber. Received: from the first call of the handler to the last.
 */
import { performance } from 'node:perf_hooks'
import { observe, type Observer } from '../../../test/support/clients.js'
import { startMosquitto, type Mosquitto } from '../../../test/support/mosquitto.js'
import { until } from '../../../test/support/until.js'
import type { Interpreter } from '../../../test/espruino/support/interpreter.js'
import { rowOf, type Row } from '../row.js'
import { ourBundle, PEER_NAME, PORT, withDevice } from './device.js'
import type { Run } from './rows.js'

const MESSAGES = 1000
const LIMIT_MS = 60_000
/** A lost message is known to be lost once nothing came for so long. */
const SILENCE_MS = 3000
const PAYLOAD = '0123456789abcdef0123456789abcdef'

/** What both programs share: `seen()` is the handler, `up()` is told that the subscription stands. */
const COMMON = `
var count = 0, first, last, n = 0, payload = "${PAYLOAD}";
function seen() { if (count === 0) first = getTime(); if (++count === ${MESSAGES}) { last = getTime(); } }
function up() { setTimeout(function() { say("up"); }, 100); }
setInterval(function() { say("count", count); if (last !== undefined) { say("received", last - first); last = undefined; } }, 100);
`

/** Refused once, it offers the rest when the interpreter was idle, which is when sockets move. */
const oursText = (port: number): string => `${COMMON}
var client;
function offer() {
  while (n < ${MESSAGES} && client.publish("burst/out", payload) > 0) n++;
  if (n < ${MESSAGES}) setTimeout(offer, 0);
}
client = require("yieldmq").create(${PORT}, {
  servers: [{ host: "127.0.0.1", port: ${port} }], clientId: "burst", onSubscribed: up
});
client.subscribe("burst/in", 0, seen);
client.subscribe("burst/go", 0, function() { say("begin", getTime()); offer(); });
client.connect();`

const theirsText = (port: number): string => `${COMMON}
var client = require("MQTT").create("127.0.0.1", { port: ${port}, client_id: "burst" });
client.on("connected", function() { client.subscribe(["burst/in", "burst/go"]); up(); });
client.on("message", function(topic) {
  if (topic === "burst/in") return seen();
  say("begin", getTime());
  for (; n < ${MESSAGES}; n++) client.publish("burst/out", payload);
});
client.connect();`

interface Rates { out: number; in: number }

/** Messages a second. Throws when one is lost. */
async function exchange(device: Interpreter, broker: Mosquitto, who: string): Promise<Rates> {
  const observer = await observe(broker.port)
  try {
    await observer.subscribe('burst/out', 0)
    await device.hears('up', LIMIT_MS, who === PEER_NAME ? 1 : 2)
    await observer.publish('burst/go', '')
    const arrived = await allOf(observer)
    const begin = await device.hears('begin') as number
    const out = MESSAGES / (arrived / 1000 - begin)
    for (let i = 0; i < MESSAGES; i += 1) observer.client.publish('burst/in', PAYLOAD)
    let at = performance.now()
    let seen = 0
    await until(() => {
      const now = device.all('count').at(-1) as number
      if (now > seen) [seen, at] = [now, performance.now()]
      if (performance.now() - at > SILENCE_MS) throw new Error(`${who} received ${seen} of ${MESSAGES} messages, and no more for ${SILENCE_MS} ms`)
      return device.all('received').length > 0
    }, LIMIT_MS, `${who} to receive ${MESSAGES} messages`, () => `it has ${seen}`)
    return { out, in: (MESSAGES - 1) / (device.all('received')[0] as number) }
  } finally {
    observer.client.end(true)
  }
}

/** When the last message came, in ms since 1970. */
async function allOf(observer: Observer): Promise<number> {
  let count = 0
  let at = performance.now()
  await until(() => {
    const now = observer.messages.length
    if (now > count) [count, at] = [now, performance.now()]
    if (performance.now() - at > SILENCE_MS) throw new Error(`${count} of ${MESSAGES} messages accepted by publish arrived, and no more for ${SILENCE_MS} ms`)
    return count >= MESSAGES
  }, LIMIT_MS, `${MESSAGES} messages at the subscriber`, () => `${count} came`)
  return performance.timeOrigin + at
}

/** One exchange of a fresh interpreter with the client `code`. Throws when a message is lost. */
export function burst(code: string, broker: Mosquitto, who: string): Promise<Rates> {
  const theirs = who === PEER_NAME
  return withDevice({ [theirs ? 'MQTT' : 'yieldmq']: code }, (theirs ? theirsText : oursText)(broker.port), 'loadRam', (device) => exchange(device, broker, who))
}

export async function burstRows({ rounds, peer, wanted, progress }: Run): Promise<Row[]> {
  const headings = [
    { name: 'espruino.burst.out', of: 'out' }, { name: 'espruino.burst', of: 'in' }
  ] as const
  const rows: Row[] = []
  for (const [profile, end] of [['tiny', ''], ['standard', '.standard']] as const) {
    const due = headings.filter(({ name }) => wanted(name + end))
    if (due.length === 0) continue
    const code = await ourBundle(profile)
    const ours: Rates[] = []
    const theirs: Rates[] = []
    // No limit of the server's own may drop a message, and its log would take its time.
    const broker = await startMosquitto({ maxInflight: 0, maxQueued: 0, lines: ['log_type none', 'log_type error', 'log_type information', 'connection_messages false'] })
    try {
      for (let round = 1; round <= rounds; round += 1) {
        progress(`burst, ${profile}: round ${round} of ${rounds}`)
        ours.push(await burst(code, broker, 'our client'))
        if (peer !== undefined) theirs.push(await burst(peer, broker, PEER_NAME))
      }
    } finally {
      await broker.remove()
    }
    for (const { name, of } of due) {
      rows.push(rowOf({ name: name + end, unit: 'messages/s', peerName: PEER_NAME, better: 'more', atLeast: 1.2 }, ours.map((one) => one[of]), peer === undefined ? null : theirs.map((one) => one[of])))
    }
  }
  return rows
}
