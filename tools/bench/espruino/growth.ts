/**
 * The row `espruino.growth`: the variables in use at rest, after so many messages and reconnects, against those in use before. A server in
 * this process sends messages in small groups, QoS 0 and 1 by turns, and the program sends each back. Then the program ends the connection
 * and makes a new one, or, with `tiny`, the server resets it, by turns. From `standard` on a server that resets so often would be suspected.
 */
import { ScriptedBroker } from '../../../test/support/broker.js'
import { within } from '../../../test/support/until.js'
import type { Profile } from '../../build/profiles.js'
import type { Row } from '../row.js'
import { ourBundle, PORT, withDevice } from './device.js'
import { limitRow, type Run } from './rows.js'

/** Variables by which a client at rest may differ from before. */
export const ALLOWED = 5
/** Messages that are on their way to the program at a time. */
const GROUP = 8
/** How long the client rests before a look: a connection that was closed may take 2 s to be gone. */
const REST_MS = 2500
/** Subscriptions of the program. */
const FILTERS = 3
const STEP_MS = 20_000

const script = (port: number): string => `
var refused = 0;
var client = require("yieldmq").create(${PORT}, {
  servers: [{ host: "127.0.0.1", port: ${port} }], clientId: "growth", keepalive: 600,
  reconnectPeriod: 20, reconnectPeriodMax: 100, reconnectSpread: 1, jitter: false,
  onLink: function(state, present, cause) { if (state === "up") say("up"); if (cause < 0) say("cause", cause); }
});
client.subscribe("in", 1, function(topic, payload, packet) { if (client.publish("out", payload, packet.qos) < 0) refused++; });
client.subscribe("again", 0, function() { setTimeout(function() { client.abort(); client.connect(); }, 1); });
client.subscribe("look", 0, function() { setTimeout(function() { say("used", [used(), refused]); }, ${REST_MS}); });
client.connect();`

export interface Growth { before: number; after: number; messages: number; reconnects: number }

/**
 * @param messages in all, both ways. A fifth as many and two reconnects come before the first look, so that everything that is made once is
 * there, and that counters have passed the number (8191) from which one takes a variable more.
 */
export async function growth(profile: Profile, messages: number, reconnects: number, progress: (line: string) => void = () => {}): Promise<Growth> {
  const broker = new ScriptedBroker({ enforceKeepalive: false })
  const { port, stop } = await broker.serve()
  let back = 0
  let awaited = { count: Infinity, done: () => {} }
  broker.on('publish', (packet) => {
    if (packet.topic === 'out' && ++back >= awaited.count) awaited.done()
  })
  try {
    return await withDevice({ yieldmq: await ourBundle(profile) }, script(port), 'loadRam', async (device) => {
      let ups = 0
      let looks = 0
      const subscribed = async (): Promise<void> => {
        ups += 1
        const peer = ups
        await within(new Promise<void>((resolve) => {
          const off = broker.on('subscribe', () => {
            // The broker answers after this.
            setImmediate(() => {
              if (broker.client('growth')?.id !== peer || broker.sessions.get('growth')!.subscriptions.size < FILTERS) return
              off()
              resolve()
            })
          })
        }), STEP_MS, `the client to subscribe on connection ${peer}, after ${back} messages`)
      }
      const exchange = async (count: number): Promise<void> => {
        for (let sent = 0; sent < count; sent += GROUP) {
          const expected = back + Math.min(GROUP, count - sent)
          const all = new Promise<void>((resolve) => { awaited = { count: expected, done: resolve } })
          for (let i = back; i < expected; i += 1) broker.publish('in', `message ${i} of a number of them`, { qos: i % 2 as 0 | 1 })
          await within(all, STEP_MS, `message ${expected} to come back (${back} did; ${JSON.stringify(device.all('cause').slice(-3))})`)
        }
      }
      const look = async (): Promise<number> => {
        broker.publish('look', '')
        looks += 1
        const [variables, refused] = await device.hears('used', STEP_MS, looks) as [number, number]
        if (refused > 0) throw new Error(`${refused} messages were refused`)
        return variables
      }
      const cut = async (): Promise<void> => {
        const up = subscribed()
        if (profile === 'tiny' && ups % 2 === 0) broker.peer.rst()
        else broker.publish('again', '')
        await up
      }
      await subscribed()
      const each = Math.ceil(messages / 2 / reconnects)
      await exchange(Math.ceil(messages / 10))
      await cut()
      await cut()
      await exchange(GROUP)
      const before = await look()
      for (let i = 1; i <= reconnects; i += 1) {
        await exchange(each)
        await cut()
        if (i % 10 === 0) progress(`growth, ${profile}: ${back * 2} messages, ${i} reconnects`)
      }
      await exchange(GROUP)
      const after = await look()
      if (broker.violations.length > 0) throw new Error(`the client broke the rules: ${broker.violations.slice(0, 3).join('; ')}`)
      return { before, after, messages: back * 2, reconnects: ups - 1 }
    })
  } finally {
    await stop()
  }
}

export async function growthRows({ growth: size, wanted, progress }: Run): Promise<Row[]> {
  const rows: Row[] = []
  for (const [profile, end] of [['tiny', ''], ['standard', '.standard']] as const) {
    const name = `espruino.growth${end}`
    if (!wanted(name)) continue
    const { before, after, messages, reconnects } = await growth(profile, size.messages, size.reconnects, progress)
    rows.push(limitRow(name, 'variables', [after], before + ALLOWED, `${before} before ${messages} messages and ${reconnects} reconnects, and ${ALLOWED}`))
  }
  return rows
}
