import { b2, cat, create, ErrorCode, run, type Client, type Hal } from 'yieldmq'
import { title, type Reading } from './parts/reading.js'

declare const hal: Hal

export const client: Client = create(hal, { servers: [{ host: 'broker', port: 1883 }], keepalive: 60 })
const reading: Reading = { value: 21.5 }

print(client.connect() === ErrorCode.NotStarted)
run(client, 1000, () => {
  client.publish(title, cat(b2(1, 2), hal.text.utf8(JSON.stringify(reading))))
})
