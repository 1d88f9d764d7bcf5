import { create, run } from '../../firmware/index.js'
import { ModelBroker } from '../../hal/sim/broker/index.js'
import { createSim } from '../../hal/sim/index.js'

/** Readings every ten seconds over a broker that restarts and a device that loses power: what the broker took. */
export function readings(seed: number): string[] {
  const sim = createSim({ seed, conditions: { latencyMs: 80, lossOut: 0.02 } })
  const broker = new ModelBroker(sim, { maxInflight: 5 })
  const boot = (): void => {
    const { hal } = sim
    const client = create(hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'meter', clean: false })
    client.connect()
    run(client, 10000, () => client.publish('meter/power', hal.text.utf8(`${hal.timer.ticks()}`), 1))
  }
  boot()
  sim.after(60000, () => broker.restart({ how: 'rst', downMs: 5000, keepSessions: true }))
  sim.after(120000, () => sim.device.powerCut('brown-out'))
  sim.device.onPowerCut = () => {
    sim.after(3000, () => {
      sim.device.reboot()
      boot()
    })
  }
  sim.run(300000)
  sim.check()
  broker.check()
  return broker.oracle.taken.items.map((taken) => taken.payload)
}
