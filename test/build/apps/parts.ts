/** An application with every part of the port. */
import { create } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { crypto } from 'yieldmq/espruino/crypto'
import { device } from 'yieldmq/espruino/device'
import { storage } from 'yieldmq/espruino/storage'
import { wifi } from 'yieldmq/espruino/wifi'

export const hal = espruino({
  network: wifi({ ssid: 'shed', password: 'secret' }), storage: storage({ prefix: 'q.' }), crypto: crypto()
})
device(hal, { watchdog: 60 })
export const client = create(hal, { servers: [{ host: 'localhost', port: 1883 }] })
