/** One run with everything in it, and its hash. Its program speaks MQTT by itself, so that only the simulator decides what comes out. */
import { createHash } from 'node:crypto'
import mqtt, { type Packet } from 'mqtt-packet'
import type { Hal, Socket } from '../../hal/hal.js'
import { everyLie, ModelBroker } from '../../hal/sim/broker/index.js'
import { faultPlan, runPlan } from '../../hal/sim/faults.js'
import { createSim, fromArray, type Sim } from '../../hal/sim/index.js'

const MINUTES = 30

function program(hal: Hal): void {
  const write = (packet: Packet): void => {
    socket.write(fromArray(mqtt.generate(packet)))
  }
  let socket: Socket = hal.socket.open({ host: 'broker', port: 1883 })
  let greeted = false
  let dueMs = 0
  let since = hal.timer.ticks()
  const handle = hal.timer.onWake!(() => {
    const status = socket.status()
    if (status < 0) {
      socket.close()
      greeted = false
      socket = hal.socket.open({ host: 'broker', port: 1883 })
    } else if (status > 0 && !greeted) {
      greeted = true
      write({ cmd: 'connect', clientId: 'mixed', protocolId: 'MQTT', protocolVersion: 4, clean: false, keepalive: 30 })
      write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] })
    } else if (status > 0) socket.read(300)
    if (hal.timer.since(since) < dueMs) return
    since = hal.timer.ticks()
    dueMs = 2000 + hal.system.random() % 3000
    hal.timer.wakeAfter!(handle, dueMs)
    if (greeted) {
      write({ cmd: 'publish', topic: `t/${hal.system.random() % 5}`, payload: `${hal.timer.ticks()}`, qos: 1, messageId: 1 + hal.system.random(), dup: false, retain: false })
    }
    hal.storage!.set(`k${hal.system.random() % 3}`, fromArray(new Uint8Array(hal.system.random() % 50)))
  })
  hal.timer.wakeAfter!(handle, 1)
}

/** The run of a seed: half an hour under every kind of fault and every lie. */
export function mixedRun(seed: number): Sim {
  const sim = createSim({ seed, bearer: true })
  const broker = new ModelBroker(sim, { dishonesty: everyLie(0.01) })
  runPlan(sim, broker, sim.device, faultPlan(sim.random.fork('faults'), { durationMs: MINUTES * 60000, rate: 240 }), program)
  program(sim.hal)
  sim.run(MINUTES * 60000)
  return sim
}

export function hashOf(sim: Sim): string {
  return createHash('sha256').update(sim.trace.print()).digest('hex')
}
