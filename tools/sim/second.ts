/** A second device with the same client id: another program of the same firmware, which comes back each time it is sent away. */
import type { Client } from '../../firmware/index.js'
import type { SimDevice } from '../../hal/sim/index.js'
import { CLIENT_ID, HOSTS } from './server.js'
import type { World } from './world.js'

export class Second {
  private device: SimDevice | undefined
  private client: Client | undefined

  constructor(private readonly world: World) {}

  /** It is switched on. It wants no session, and so ends ours. */
  begin(): void {
    this.end()
    const { sim, script } = this.world
    this.device ??= sim.addDevice({ id: 'second' })
    const device = this.device
    device.run(() => {
      this.client = this.world.under.create(device.hal, {
        servers: [{ host: HOSTS[0], port: 1883 }], clientId: CLIENT_ID, clean: true,
        ...(script.client.protocolVersion === undefined ? {} : { protocolVersion: script.client.protocolVersion })
      })
      this.client.connect()
    })
  }

  /** It is switched off. */
  end(): void {
    const { client } = this
    if (client === undefined) return
    this.device!.run(() => { client.destroy() })
    this.client = undefined
  }
}
