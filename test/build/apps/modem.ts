import { create } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { atNetwork } from 'yieldmq/espruino/at-network'

/** What the test calls: the client and the interpreter's own network, both behind the modem. */
export const hal = espruino({ apn: 'internet' })
atNetwork(hal)

export const client = create(hal, {
  servers: [{ host: 'broker.example', port: 1883 }],
  onLink: (state) => { print(`@@${JSON.stringify(['link', state])}`) }
})
client.connect()
