/** Telemetry over Wi-Fi: a reading every period, the device's status with a will, and commands for the LED. */
import { create, run, type LinkState } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { wifi } from 'yieldmq/espruino/wifi'

const settings = {
  wifi: { ssid: 'my network', password: 'my password' },
  server: { host: 'broker.local', port: 1883 },
  /** ms between two readings. */
  periodMs: 10000
}

const hal = espruino({ network: wifi(settings.wifi) })
const utf8 = hal.text.utf8
const base = 'devices/' + hal.system.id()

const client = create(hal, {
  servers: [settings.server],
  will: { topic: base + '/status', payload: utf8('offline'), qos: 1, retain: true },
  onLink: (state: LinkState, _sessionPresent, cause) => {
    print('link ' + state + (cause < 0 ? ', code ' + cause : ''))
    // Retained, as the will is: who subscribes later knows too.
    if (state === 'up') client.publish(base + '/status', utf8('online'), 1, true)
  }
})

client.subscribe(base + '/led', 1, (_topic, payload) => {
  // A board without an LED of this name does nothing here.
  if (typeof global.LED1 !== 'undefined') digitalWrite(global.LED1, hal.text.text(payload) === 'on')
})

const started = client.connect()
if (started < 0) print('an option is wrong, code ' + started)

run(client, settings.periodMs, () => {
  // Of the chip itself, null where it has no sensor.
  const reading = JSON.stringify({ celsius: E.getTemperature(), free: process.memory().free })
  const token = client.publish(base + '/readings', utf8(reading), 1)
  if (token < 0) print('not accepted, code ' + token)
})
