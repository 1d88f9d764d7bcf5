import { create, run } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { title } from './parts/reading.js'

/** Where the broker listens: the test sets it before. */
declare const brokerPort: number

const hal = espruino()

/** What happens, in the form in which the test hears it. */
function tell(name: string, value: unknown): void {
  print(`@@${JSON.stringify([name, value])}`)
}

export const client = create(hal, {
  servers: [{ host: 'localhost', port: brokerPort }],
  onLink: (state) => { tell('link', state) },
  onMessage: (topic, payload) => { tell('message', [topic, btoa(hal.text.text(payload))]) }
})

tell('connect', client.connect())
client.subscribe('plant/7/#', 1)
let sent = 0
run(client, 200, () => {
  if (sent > 0) return
  sent = client.publish(title, hal.text.utf8('21.5 °C, 温度'), 1)
})
