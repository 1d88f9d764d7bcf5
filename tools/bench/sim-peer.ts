/**
 * The peer of the row `sim.days`, a process of its own: MQTT.js and aedes over a stream in memory, under fake timers.
 * That is how firmware that uses MQTT.js would be taken through days. Prints the milliseconds of processor time it took.
 *
 *     node tools/build/run.mjs tools/bench/sim-peer.ts HOURS
 */
import { duplexPair } from 'node:stream'
import { install } from '@sinonjs/fake-timers'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { KEEPALIVE_S, MESSAGE_EVERY_MS, PAYLOAD, TOPIC } from './sim-load.js'

const hours = Number(process.argv[2])
// Streams go on by process.nextTick and setImmediate, which stay real: only spans of time are virtual.
const clock = install({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const broker = await Aedes.createBroker()
const client = new mqtt.MqttClient(() => {
  const [ours, theirs] = duplexPair()
  broker.handle(theirs)
  return ours
}, { keepalive: KEEPALIVE_S, protocolVersion: 4, clientId: 'bench', timerVariant: 'native' })
let drops = 0
let acked = 0
client.on('close', () => { drops += 1 })
for (let i = 0; i < 1000 && !client.connected; i++) await turn()
if (!client.connected) throw new Error('MQTT.js was not connected after 1000 turns of the event loop')

const begun = process.cpuUsage()
const messages = hours * 3600000 / MESSAGE_EVERY_MS
for (let i = 0; i < messages; i++) {
  client.publish(TOPIC, PAYLOAD, { qos: 1 }, () => { acked += 1 })
  await clock.tickAsync(MESSAGE_EVERY_MS)
}
for (let i = 0; i < 1000 && acked < messages; i++) await turn()
const { user, system } = process.cpuUsage(begun)
const ms = (user + system) / 1000
if (drops > 0 || acked !== messages) throw new Error(`MQTT.js dropped its link ${drops} times, and ${acked} of ${messages} messages were acknowledged`)
console.log(JSON.stringify({ ms }))
process.exit()
