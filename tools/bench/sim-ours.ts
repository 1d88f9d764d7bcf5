/**
 * Our side of the row `sim.days`, a process of its own: the client against the model broker on the virtual clock. Prints
 * the milliseconds of processor time it took.
 *
 *     node tools/build/run.mjs tools/bench/sim-ours.ts HOURS
 */
import { create } from '../../firmware/index.js'
import { ModelBroker } from '../../hal/sim/broker/index.js'
import { createSim } from '../../hal/sim/index.js'
import { KEEPALIVE_S, MESSAGE_EVERY_MS, PAYLOAD, TOPIC } from './sim-load.js'

const hours = Number(process.argv[2])
const sim = createSim({ traceLimit: 0 })
let taken = 0
new ModelBroker(sim, { onTaken: () => { taken += 1 } })
let drops = 0
let delivered = 0
const { hal } = sim
const client = create(hal, {
  servers: [{ host: 'broker', port: 1883 }], clientId: 'bench', keepalive: KEEPALIVE_S,
  onLink: (state) => { if (state === 'waiting') drops += 1 },
  onReceipt: (_token, outcome) => { if (outcome === 'delivered') delivered += 1 }
})
client.connect()
const payload = hal.text.utf8(PAYLOAD)
sim.until(() => client.stats().connects === 1, 10000, 'the link to be up')

const begun = process.cpuUsage()
const messages = hours * 3600000 / MESSAGE_EVERY_MS
for (let i = 0; i < messages; i++) {
  client.publish(TOPIC, payload, 1)
  sim.run(MESSAGE_EVERY_MS)
}
const { user, system } = process.cpuUsage(begun)
const ms = (user + system) / 1000
sim.check()
if (drops > 0 || delivered !== messages || taken !== messages) throw new Error(`the link dropped ${drops} times, and ${delivered} of ${messages} messages were delivered, ${taken} taken`)
console.log(JSON.stringify({ ms }))
