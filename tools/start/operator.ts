/**
 * The operator: a second client at the same server, with MQTT.js, that sees what arrives there and sends a command.
 */
import mqtt, { type IClientOptions } from 'mqtt'
import { toBuffer } from '../../hal/host/bytes.js'
import type { ParsedUrl } from '../../hal/host/url.js'

const CONNECT_LIMIT_MS = 10_000

export interface Operator {
  /** How often each reading arrived, by its number. */
  seen: Map<number, number>
  answers: number
  /** The last status, "" before the first. */
  status: string
  command: (text: string) => void
  /** Resolves true when `condition` holds, false when it does not within `limitMs`. */
  until: (condition: () => boolean, limitMs: number) => Promise<boolean>
  close: () => Promise<void>
}

/** `onReading` is called with the count of different readings so far. Rejects when the server does not take us. */
export async function startOperator(
  server: ParsedUrl, ca: string | undefined, device: string, print: (line: string) => void, onReading: (count: number) => void
): Promise<Operator> {
  const { endpoint } = server
  const options: IClientOptions = {
    host: endpoint.host,
    port: endpoint.port,
    protocol: endpoint.tls === undefined ? 'mqtt' : 'mqtts',
    clientId: 'operator-' + device,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_LIMIT_MS
  }
  if (server.username !== undefined) options.username = server.username
  if (server.password !== undefined) options.password = toBuffer(server.password)
  if (ca !== undefined) options.ca = ca
  const client = await mqtt.connectAsync(options).catch((error: Error) => {
    throw new Error(`the operator cannot connect to ${endpoint.host}:${endpoint.port}: ${error.message}`)
  })
  const base = `devices/${device}`
  const watchers = new Set<() => void>()
  const operator: Operator = {
    seen: new Map(),
    answers: 0,
    status: '',
    command(text) {
      print(`sends the command "${text}"`)
      client.publish(`${base}/commands`, text, { qos: 1 })
    },
    until(condition, limitMs) {
      if (condition()) return Promise.resolve(true)
      return new Promise(resolve => {
        const end = (came: boolean): void => {
          clearTimeout(timer)
          watchers.delete(watch)
          resolve(came)
        }
        const watch = (): void => { if (condition()) end(true) }
        const timer = setTimeout(end, limitMs, false)
        watchers.add(watch)
      })
    },
    // The retained status is removed, so that nothing of the demonstration stays on the server.
    async close() {
      await client.unsubscribeAsync(`${base}/#`)
      await client.publishAsync(`${base}/status`, '', { qos: 1, retain: true })
      await client.endAsync()
    }
  }
  client.on('error', error => print(`failed: ${error.message}`))
  client.on('message', (topic, payload) => {
    const text = payload.toString()
    if (topic === `${base}/readings`) {
      const { n } = JSON.parse(text) as { n: number }
      const times = (operator.seen.get(n) ?? 0) + 1
      operator.seen.set(n, times)
      if (times > 1) print(`reading ${n} came again: sent twice, because its acknowledgement was lost`)
      else onReading(operator.seen.size)
    } else if (topic === `${base}/answers`) {
      operator.answers += 1
      print(`got the answer "${text}"`)
    } else if (topic === `${base}/status` && text !== '') {
      operator.status = text
      print(`sees the device ${text}`)
    }
    for (const watch of [...watchers]) watch()
  })
  await client.subscribeAsync(`${base}/#`, { qos: 1 })
  return operator
}
